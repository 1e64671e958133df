"""The residual microscope: what every block adds to what it passes on, for one picture.

A residual block computes `sum = F(x) + shortcut(x)` (He et al. 2015, arXiv:1512.03385). Here the
two are measured as they arrive at the sum: behind constants, gates (Srivastava et al. 2015,
arXiv:1505.00387) and the factors of a surgery. `survey` measures all blocks in one forward pass
and keeps few maps; `dissect` then computes the maps of one block from the nearest kept input, so
that going from block to block costs milliseconds in a network of a thousand layers as well. How
small F(x) is beside x in trained networks is what Greff et al. 2017 (arXiv:1612.07771) and
Jastrzebski et al. 2018 (arXiv:1710.04773) build on. Imports without torch.
"""

from __future__ import annotations

import contextlib
import csv
import io
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from resnet_studio.architecture.elements import Block, LayerKind, ShortcutForm
from resnet_studio.architecture.graph import build_graph
from resnet_studio.probe.framing import USUAL, Framing
from resnet_studio.probe.mosaic import FloatArray
from resnet_studio.probe.predict import forward, prepare

if TYPE_CHECKING:
    from torch import Tensor, nn

    from resnet_studio.data.imaging import Picture
    from resnet_studio.models import ResNet
    from resnet_studio.probe.network import LoadedNetwork

_KEPT_BYTES = 64 * 2**20
"""Block inputs that a survey may keep: all of ResNet-152 at 224 px (53 MB), all of ResNet-1202."""

_ONE_OF = 1000
"""One value in so many may lie beyond the colours of a scale that all channels share."""


class Part(StrEnum):
    """One of the five maps of a block, in the order in which they arise."""

    INPUT = "input"
    BRANCH = "branch"
    SHORTCUT = "shortcut"
    SUM = "sum"
    OUTPUT = "output"


_Parts = dict[Part, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """One block in numbers. Lengths are L2 norms over all channels and pixels.

    Not finite where the network has overflowed; NaN where a length of 0 leaves nothing to say.

    Attributes:
        input: Length of x.
        branch: Length of F(x) as it arrives at the sum.
        shortcut: Length of what the shortcut brings to the sum; None in a plain network.
        sum: Length of the sum; None in a plain network.
        output: Length of the block's output.
        branch_to_shortcut: Cosine of the angle between F(x) and shortcut(x), -1 to 1; None in a
            plain network.
        input_to_output: Cosine between x and output; None where their shapes differ.
        zeroed: Share of the outputs (0 to 1) that the last ReLU leaves at zero; None where no
            ReLU ends the block.
    """

    input: float
    branch: float
    shortcut: float | None
    sum: float | None
    output: float
    branch_to_shortcut: float | None
    input_to_output: float | None
    zeroed: float | None

    @property
    def change(self) -> float:
        """|F(x)| / |x|: how large a step the block takes."""
        return ratio(self.branch, self.input)

    @property
    def balance(self) -> float | None:
        """|F(x)| / |shortcut(x)|: which of the two makes up the sum; None in a plain network."""
        return None if self.shortcut is None else ratio(self.branch, self.shortcut)

    def length(self, part: Part) -> float | None:
        """Returns the length of one of the five maps; None if the block has none such."""
        lengths: dict[Part, float | None] = {
            Part.INPUT: self.input,
            Part.BRANCH: self.branch,
            Part.SHORTCUT: self.shortcut,
            Part.SUM: self.sum,
            Part.OUTPUT: self.output,
        }
        return lengths[part]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A block and its numbers.

    Attributes:
        block: The block in the graph, with the shapes at the size of the picture.
        figures: What was measured.
    """

    block: Block
    figures: Figures


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """All blocks for one picture.

    Attributes:
        network: What was looked into.
        picture: The picture.
        readings: All blocks in order.
        kept: Inputs of some blocks, the first among them: name to (1, C, H, W) tensor.
        seconds: How long it took.
    """

    network: LoadedNetwork
    picture: Picture
    readings: tuple[Reading, ...]
    kept: Mapping[str, Tensor]
    seconds: float

    def index(self, name: str) -> int:
        """Returns the position of a block; KeyError if there is none such."""
        for position, reading in enumerate(self.readings):
            if reading.block.name == name:
                return position
        raise KeyError(name)


class Reach(NamedTuple):
    """How far values go from zero, to either side.

    Attributes:
        usual: All but one in a thousand lie within; what a colour scale of all channels shows.
        most: All finite ones lie within.
    """

    usual: float
    most: float


@dataclass(frozen=True, slots=True, eq=False)
class Dissection:
    """The maps of one block.

    Attributes:
        reading: The block and its numbers.
        maps: (C, H, W) float32, read-only, of each part that the block has: all five, but in a
            plain network input, branch and output.
        reaches: How far the values of each part go from zero.
    """

    reading: Reading
    maps: Mapping[Part, FloatArray]
    reaches: Mapping[Part, Reach]

    @property
    def channels(self) -> int:
        """Channels of F(x), and of all that follows."""
        return len(self.maps[Part.BRANCH])

    def channel_lengths(self, part: Part) -> npt.NDArray[np.float64]:
        """Returns the length of each channel of a part: (C,) float64."""
        return channel_lengths(self.maps[part])

    def channel_balance(self) -> npt.NDArray[np.float64] | None:
        """Returns |F| / |shortcut| of each channel: (C,) float64; None in a plain network.

        Infinite where the shortcut brings nothing (the new channels of a zero padding), NaN where
        neither brings anything.
        """
        if Part.SHORTCUT not in self.maps:
            return None
        branch = self.channel_lengths(Part.BRANCH)
        with np.errstate(divide="ignore", invalid="ignore"):
            balance: npt.NDArray[np.float64] = branch / self.channel_lengths(Part.SHORTCUT)
        return balance


def survey(
    network: LoadedNetwork,
    picture: Picture,
    *,
    framing: Framing = USUAL,
    check: Callable[[], object] | None = None,
) -> Survey:
    """Measures every block in one forward pass.

    The network is left as it was, whatever happens. Several threads may survey the same network,
    intact or operated on, at once.

    Args:
        network: The network to look into.
        picture: Any picture.
        framing: Which part of it the network sees.
        check: Called after each block; an exception it raises (Cancelled) ends the pass.

    Raises:
        PictureError: If the picture or the network's input does not fit.
        DeviceError: If the memory does not suffice.
    """
    started = time.perf_counter()
    batch = prepare(network, picture, framing).batch
    blocks = build_graph(network.spec, input_size=batch.shape[-1]).blocks
    stride = _stride(blocks)
    readings: list[Reading] = []
    kept: dict[str, Tensor] = {}

    def take(block: Block, parts: _Parts) -> None:
        if len(readings) % stride == 0:
            kept[block.name] = parts[Part.INPUT]
        readings.append(Reading(block, _measure(block, parts)))
        if check is not None:
            check()

    with _listening(network.model, blocks, take):
        forward(network, batch)
    return Survey(
        network, picture, tuple(readings), MappingProxyType(kept), time.perf_counter() - started
    )


def dissect(found: Survey, name: str, *, check: Callable[[], object] | None = None) -> Dissection:
    """Computes the maps of one block, to the bit those of the survey's pass.

    Args:
        found: The survey of the picture.
        name: Name of the block ("layer1.0").
        check: Called after each block on the way; an exception it raises ends the work.

    Raises:
        KeyError: If the network has no such block.
    """
    import torch

    position = found.index(name)
    reading, modules = found.readings[position], found.network.model.blocks
    names = [each.block.name for each in found.readings[: position + 1]]
    start = max(index for index, each in enumerate(names) if each in found.kept)
    maps: dict[Part, FloatArray] = {}

    def take(_block: Block, parts: _Parts) -> None:
        maps.update({part: _copied(tensor) for part, tensor in parts.items()})

    with torch.inference_mode():
        x = found.kept[names[start]]
        for earlier in names[start:-1]:
            x = modules[earlier](x)
            if check is not None:
                check()
        with _listening(found.network.model, [reading.block], take):
            modules[name](x)
    reaches = {part: reach(values) for part, values in maps.items()}
    ordered = {part: maps[part] for part in Part if part in maps}
    return Dissection(reading, MappingProxyType(ordered), MappingProxyType(reaches))


def counterpart(block: Block, channel: int) -> int | None:
    """Returns which channel of x the shortcut brings to `channel` of the sum; None if no single.

    A projection mixes all channels, the new channels of a zero padding come from none, and a
    plain block has no shortcut.
    """
    if block.shortcut_form is ShortcutForm.IDENTITY:
        return channel
    if block.shortcut_form is not ShortcutForm.ZERO_PAD:
        return None
    padding = next(layer for layer in block.shortcut if layer.kind is LayerKind.ZERO_PAD)
    source = channel - padding.zeros[0]
    return source if 0 <= source < block.input_shape[0] else None


def beside(block: Block, channel: int) -> int | None:
    """Returns which channel of x to show beside `channel` of the sum; None for none.

    That is its counterpart, or the one of the same number where all of them are mixed.
    """
    source = counterpart(block, channel)
    if source is not None or block.shortcut_form is ShortcutForm.ZERO_PAD:
        return source
    return channel if channel < block.input_shape[0] else None


def ends_in_relu(block: Block) -> bool:
    """Returns whether a ReLU makes the block's output."""
    return bool(block.merge) and block.merge[-1].kind is LayerKind.RELU


def channel_lengths(maps: FloatArray) -> npt.NDArray[np.float64]:
    """Returns the L2 norm of each channel of (C, H, W) `maps`, summed in double: (C,) float64."""
    wide = maps.astype(np.float64)
    lengths: npt.NDArray[np.float64] = np.sqrt(np.einsum("chw,chw->c", wide, wide))
    return lengths


def reach(values: FloatArray) -> Reach:
    """Returns how far values of any shape go from zero; (0, 0) if none is finite."""
    sizes = np.abs(values[np.isfinite(values)])
    if sizes.size == 0:
        return Reach(0.0, 0.0)
    place = sizes.size - 1 - sizes.size // _ONE_OF
    usual, most = float(np.partition(sizes, place)[place]), float(sizes.max())
    # Sparse maps may hold zeros alone below the quantile: then the peak is all there is to see.
    return Reach(usual or most, most)


def ratio(above: float, below: float) -> float:
    """Returns above / below; infinite where only `below` is 0, NaN where both are."""
    if below == 0:
        return math.nan if above == 0 or math.isnan(above) else math.inf
    return above / below


def survey_csv(found: Survey) -> str:
    """Returns the numbers of all blocks as CSV text with a header line; empty where there is none.

    Numbers have all their digits, so that a spreadsheet computes with what was measured.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(
        (
            *("block", "stage", "shortcut", "|x|", "|F(x)|", "|shortcut(x)|", "|sum|", "|output|"),
            *("|F(x)|/|x|", "|F(x)|/|shortcut(x)|", "cos(F(x), shortcut(x))", "cos(x, output)"),
            "share of outputs zeroed by the ReLU",
        )
    )
    for reading in found.readings:
        block, figures = reading.block, reading.figures
        lengths = [figures.length(part) for part in Part]
        cosines = (figures.branch_to_shortcut, figures.input_to_output)
        numbers = (*lengths, figures.change, figures.balance, *cosines, figures.zeroed)
        row = ["" if number is None else repr(number) for number in numbers]
        writer.writerow((block.name, block.stage, str(block.shortcut_form), *row))
    return target.getvalue()


# -- listening to a forward pass ------------------------------------------------------------------


@contextlib.contextmanager
def _listening(
    model: ResNet, blocks: Sequence[Block], take: Callable[[Block, _Parts], None]
) -> Iterator[None]:
    """Calls `take` with the parts of each block as soon as it is through, while the body runs.

    Only passes of the calling thread are heard: another may use the same network now.
    """
    modules, handles, parts = model.blocks, [], _Parts()
    mine = threading.get_ident()

    def meet(_module: Any, inputs: tuple[Any, ...], output: Any) -> None:
        if threading.get_ident() == mine:
            branch, shortcut = _arriving(_module, *inputs)
            parts.update({Part.BRANCH: branch, Part.SHORTCUT: shortcut, Part.SUM: output})

    def end_branch(_module: Any, _inputs: Any, output: Any) -> None:
        if threading.get_ident() == mine:
            parts[Part.BRANCH] = output

    def through(block: Block) -> Callable[..., None]:
        def hook(_module: Any, inputs: tuple[Any, ...], output: Any) -> None:
            if threading.get_ident() == mine:
                whole = {Part.INPUT: inputs[0], **parts, Part.OUTPUT: output}
                parts.clear()
                take(block, whole)

        return hook

    try:
        for block in blocks:
            module = modules[block.name]
            if module.add is not None:
                handles.append(_adding(module.add).register_forward_hook(meet))
            else:
                last = model.get_submodule(block.residual[-1].name)
                handles.append(last.register_forward_hook(end_branch))
            handles.append(module.register_forward_hook(through(block)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _adding(add: nn.Module) -> nn.Module:
    """Returns the module that adds: in an operated block it lies behind the factors."""
    from resnet_studio.models.layers import Weighted

    return add.add if isinstance(add, Weighted) else add


def _arriving(add: nn.Module, branch: Tensor, shortcut: Tensor, *gate: Tensor) -> Any:
    """Returns the two that an addition adds; a gate weighs them inside of it."""
    from resnet_studio.models.gates import GatedAdd

    if not isinstance(add, GatedAdd):
        return branch, shortcut
    weight = gate[0]
    return (weight * branch if add.gates_branch else branch), (1 - weight) * shortcut


# -- measuring ------------------------------------------------------------------------------------


def _measure(block: Block, parts: _Parts) -> Figures:
    lengths = {part: _length(tensor) for part, tensor in parts.items()}

    def cosine(one: Part, other: Part) -> float | None:
        if one not in parts or other not in parts or parts[one].shape != parts[other].shape:
            return None
        return _cosine(parts[one], parts[other], lengths[one] * lengths[other])

    output = parts[Part.OUTPUT]
    return Figures(
        input=lengths[Part.INPUT],
        branch=lengths[Part.BRANCH],
        shortcut=lengths.get(Part.SHORTCUT),
        sum=lengths.get(Part.SUM),
        output=lengths[Part.OUTPUT],
        branch_to_shortcut=cosine(Part.BRANCH, Part.SHORTCUT),
        input_to_output=cosine(Part.INPUT, Part.OUTPUT),
        zeroed=_share_of_zeros(output) if ends_in_relu(block) else None,
    )


def _length(tensor: Tensor) -> float:
    # In double: the squares of a million numbers lose four digits in float32.
    return float(tensor.double().norm())


def _cosine(one: Tensor, other: Tensor, lengths: float) -> float:
    if lengths == 0:
        return math.nan  # a map of zeros has no direction
    product = float((one.double() * other.double()).sum())
    return min(1.0, max(-1.0, product / lengths)) if math.isfinite(product / lengths) else math.nan


def _share_of_zeros(tensor: Tensor) -> float:
    if bool(tensor.isnan().any()):
        return math.nan
    return float((tensor == 0).double().mean())


def _copied(tensor: Tensor) -> FloatArray:
    maps: FloatArray = tensor[0].detach().float().cpu().contiguous().numpy().copy()
    maps.setflags(write=False)
    return maps


def _stride(blocks: Sequence[Block]) -> int:
    """Returns how many blocks lie between two whose input is kept."""
    total = sum(4 * math.prod(block.input_shape) for block in blocks)
    return max(1, math.ceil(total / _KEPT_BYTES))
