"""The same layer seen twice: by one network of two pictures, or by two networks of one picture.

Both are coloured by one range, so that equal colours are equal activations, and the channels are
compared one by one where both have the same ones. Channels of networks that were trained apart
do not correspond to each other: only their patterns can be compared then, not their numbers.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resnet_studio.errors import SpecError
from resnet_studio.probe.channels import Order, channel_difference, channel_means, ordering
from resnet_studio.probe.colours import Palette
from resnet_studio.probe.framing import USUAL, CropBox, Framing
from resnet_studio.probe.mosaic import Colouring, FloatArray, mosaic
from resnet_studio.probe.predict import Prediction, forward, prepare, rank

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture
    from resnet_studio.probe.network import LoadedNetwork


class ComparedOrder(StrEnum):
    """In which order the channels of both mosaics stand."""

    CHANNEL = "channel"
    FIRST = "first"
    """The largest mean of the first one first."""
    DIFFERENCE = "difference"
    """The largest distance first."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two that are compared.

    Attributes:
        network: The network, operated on or not.
        picture: What it looks at.
        framing: What of the picture it sees.
    """

    network: LoadedNetwork
    picture: Picture
    framing: Framing = USUAL


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What one side makes of its picture.

    Attributes:
        side: The network and the picture.
        layer: Name of the layer, block or section.
        maps: (C, H, W) float32; (C, 1, 1) for a vector.
        means: (C,) float32, the mean of each channel.
        crop_rgb: What the network saw before it was normalised: (S, S, 3) uint8.
        crop_box: Where that lies on the picture.
        predictions: The most probable classes.
    """

    side: Side
    layer: str
    maps: FloatArray
    means: FloatArray
    crop_rgb: npt.NDArray[np.uint8]
    crop_box: CropBox
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class ColourRange:
    """What the colours of a mosaic mean.

    Attributes:
        low: Value of the first colour.
        high: Value of the last colour.
        clipped: Some values lie beyond and share the last colour.
        palette: Which colours; `DIVERGING` has zero in the middle.
    """

    low: float
    high: float
    clipped: bool
    palette: Palette

    @classmethod
    def of(cls, values: FloatArray, colouring: Colouring) -> ColourRange:
        """Returns the range by which a mosaic of these values would be coloured."""
        made = mosaic(values.reshape(1, 1, -1), columns=1, colouring=colouring)
        return cls(made.low, made.high, made.clipped, made.palette)


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """How the maps of the second side differ from those of the first.

    Attributes:
        values: (C, H, W) float32, second minus first.
        distance: (C,) float64, the mean absolute difference of each channel.
        range: By which `values` are coloured: zero in the middle.
        relative: Norm of the difference over the norm of the first; NaN if that is 0.
        cosine: Cosine between all values of both, -1 to 1; NaN if one is all zeros.
    """

    values: FloatArray
    distance: npt.NDArray[np.float64]
    range: ColourRange
    relative: float
    cosine: float


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The same layer of both sides.

    Attributes:
        wished: The layer that was asked for; another one is shown where only one side has it.
        first: What the first side makes of its picture.
        second: The same of the second.
        range: By which the maps of both are coloured.
        change: How they differ; None where they have different shapes.
    """

    wished: str
    first: Seen
    second: Seen
    range: ColourRange
    change: Change | None

    def order(self, order: ComparedOrder) -> npt.NDArray[np.int64]:
        """Returns the channel numbers of the first side in the wished order, equal ones by number.

        Without a common shape there is no difference to sort by: they stand by number then.
        """
        if order is ComparedOrder.FIRST:
            return ordering(self.first.maps, Order.MEAN)
        if order is ComparedOrder.DIFFERENCE and self.change is not None:
            return ordering(self.first.maps, Order.DIFFERENCE, self.second.maps)
        return np.arange(len(self.first.maps), dtype=np.int64)

    def as_csv(self) -> str:
        """Returns number, mean of both sides and distance of each channel; "" without a change."""
        if self.change is None:
            return ""
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["channel", "mean of the first", "mean of the second", "mean distance"])
        columns = (self.first.means, self.second.means, self.change.distance)
        for channel, row in enumerate(zip(*columns, strict=True)):
            writer.writerow([channel, *(f"{float(value):.9g}" for value in row)])
        return target.getvalue()


def compare(
    layer: str, first: Side, second: Side, *, check: Callable[[], object] | None = None
) -> Comparison:
    """Runs both sides once and compares what leaves a layer.

    Args:
        layer: Name of a layer, block or section in the graph of the first side's network.
        first: The one side.
        second: The other.
        check: Called between the passes; an exception it raises (Cancelled) ends the work.

    Raises:
        SpecError: If the networks have nothing in common where the layer is.
        PictureError: If a picture or a network's input does not fit.
        DeviceError: If the memory does not suffice.
    """
    common = common_layer(layer, first.network, second.network)
    one = _see(first, common)
    if check is not None:
        check()
    two = _see(second, common)
    both = np.concatenate([one.maps.ravel(), two.maps.ravel()])
    return Comparison(
        wished=layer,
        first=one,
        second=two,
        range=ColourRange.of(both, Colouring.AUTOMATIC),
        change=_change(one.maps, two.maps) if one.maps.shape == two.maps.shape else None,
    )


def common_layer(layer: str, first: LoadedNetwork, second: LoadedNetwork) -> str:
    """Returns the layer if both networks have it, else the block or section around it.

    Raises:
        SpecError: If one of them has not even the section.
    """
    inner = {"stem": "maxpool", "head": "fc"}.get(layer, layer)
    parts = inner.split(".")
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        if all(_has(network, name) for network in (first, second)):
            return name
    lacking = second if _has(first, parts[0]) else first
    raise SpecError(
        f"{lacking.spec.name} has no {parts[0]}.",
        field="depths",
        remedy="Choose another layer, or compare with another network.",
    )


def _has(network: LoadedNetwork, name: str) -> bool:
    try:
        network.model.get_submodule(name)
    except AttributeError:
        return False
    return True


def _see(side: Side, layer: str) -> Seen:
    prepared = prepare(side.network, side.picture, side.framing)
    taken: list[FloatArray] = []
    mine = threading.get_ident()

    def take(_module: Any, _inputs: Any, output: Any) -> None:
        # Another thread may look into the same network now: its pass runs through this hook too.
        if threading.get_ident() == mine:
            taken.append(_as_maps(output))

    handle = side.network.model.get_submodule(layer).register_forward_hook(take)
    try:
        logits = forward(side.network, prepared.batch)
    finally:
        handle.remove()
    return Seen(
        side=side,
        layer=layer,
        maps=taken[0],
        means=channel_means(taken[0]),
        crop_rgb=prepared.rgb,
        crop_box=prepared.crop_box,
        predictions=rank(side.network, logits, top=5),
    )


def _as_maps(output: Any) -> FloatArray:
    """Copies the output, which a later layer may change in place."""
    values: FloatArray = output[0].detach().float().cpu().contiguous().numpy().copy()
    maps = values.reshape(-1, 1, 1) if values.ndim == 1 else values
    maps.setflags(write=False)
    return maps


def _change(first: FloatArray, second: FloatArray) -> Change:
    with np.errstate(invalid="ignore", over="ignore"):
        values = second - first
    values.setflags(write=False)
    one, two = _norm(first), _norm(second)
    inner = float(np.einsum("ijk,ijk->", first, second, dtype=np.float64))
    return Change(
        values=values,
        distance=channel_difference(first, second),
        range=ColourRange.of(values, Colouring.SYMMETRIC),
        relative=_norm(values) / one if one else float("nan"),
        cosine=inner / (one * two) if one and two else float("nan"),
    )


def _norm(values: FloatArray) -> float:
    """Returns the Euclidean norm of all values, summed in double."""
    return float(np.sqrt(np.einsum("ijk,ijk->", values, values, dtype=np.float64)))
