"""Feature maps of a picture: what leaves the stem and each stage, from one forward pass."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resnet_studio.architecture.spec import ActivationOrder, NetworkSpec, StemKind
from resnet_studio.probe.framing import USUAL, CropBox, Framing
from resnet_studio.probe.mosaic import FloatArray, channel_means
from resnet_studio.probe.predict import Prediction, forward, prepare, rank

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture
    from resnet_studio.models import ResNet
    from resnet_studio.probe.network import LoadedNetwork


@dataclass(frozen=True, slots=True, eq=False)
class SectionMaps:
    """What leaves one section of the network.

    Attributes:
        name: "stem", "layer1", ...
        title: The section as a person calls it: "Stem", "Stage 1".
        module: The module whose output this is: "maxpool", "relu", "layer1"; "bn1" or "conv1"
            where the first block begins with what the stem of others ends with.
        maps: (C, H, W) float32, C-contiguous, read-only.
        channel_mean: (C,) float32, the mean of each channel.
        broken: How many values are not finite.
    """

    name: str
    title: str
    module: str
    maps: FloatArray
    channel_mean: FloatArray
    broken: int


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """All that one forward pass tells of a picture.

    Attributes:
        picture: The picture.
        crop_rgb: What the network saw before it was normalised: (S, S, 3) uint8.
        crop_box: Where that lies on the picture: (left, top, width, height) in its pixels.
        sections: The stem and each stage, in order.
        predictions: The most probable classes; empty if the outputs overflowed.
        seconds: How long it took, from the picture to this record.
    """

    picture: Picture
    crop_rgb: npt.NDArray[np.uint8]
    crop_box: CropBox
    sections: tuple[SectionMaps, ...]
    predictions: tuple[Prediction, ...]
    seconds: float


def examine(
    network: LoadedNetwork,
    picture: Picture,
    *,
    top: int = 5,
    framing: Framing = USUAL,
    check: Callable[[], object] | None = None,
) -> Examination:
    """Classifies the picture and keeps what the stem and each stage make of it.

    Stem maps are taken after the max pool, or after the first ReLU where a CIFAR stem has no
    pool. The network is left as it was, whatever happens. Several threads may examine the same
    network at once.

    Args:
        network: The network to look into.
        picture: Any picture.
        top: How many classes to name.
        framing: Which part of the picture the network sees.
        check: Called after each section; an exception it raises (Cancelled) ends the pass.

    Raises:
        PictureError: If the picture or the network's input does not fit.
        DeviceError: If the memory does not suffice.
    """
    started = time.perf_counter()
    prepared = prepare(network, picture, framing)
    with _taking(network, check or _nothing) as taken:
        logits = forward(network, prepared.batch)
    return Examination(
        picture=picture,
        crop_rgb=prepared.rgb,
        crop_box=prepared.crop_box,
        sections=tuple(taken),
        predictions=rank(network, logits, top=top),
        seconds=time.perf_counter() - started,
    )


def section_modules(spec: NetworkSpec) -> dict[str, str]:
    """Returns for each section the module whose output are its maps."""
    # With a CIFAR stem `maxpool` is the identity; its output is that of the ReLU before it.
    return {"stem": "maxpool"} | {
        f"layer{number}": f"layer{number}" for number in range(1, len(spec.depths) + 1)
    }


@contextlib.contextmanager
def _taking(network: LoadedNetwork, check: Callable[[], object]) -> Iterator[list[SectionMaps]]:
    """Hooks the sections' modules while the body runs; yields the list that they fill."""
    taken: list[SectionMaps] = []
    model: ResNet = network.model
    handles = [
        model.get_submodule(module).register_forward_hook(_hook(network.spec, name, taken, check))
        for name, module in section_modules(network.spec).items()
    ]
    try:
        yield taken
    finally:
        for handle in handles:
            handle.remove()


def _hook(
    spec: NetworkSpec, name: str, taken: list[SectionMaps], check: Callable[[], object]
) -> Callable[..., None]:
    mine = threading.get_ident()

    def take(_module: Any, _inputs: Any, output: Any) -> None:
        # Another thread may examine the same network now: its pass runs through this hook too.
        if threading.get_ident() == mine:
            taken.append(_section(spec, name, output))
            check()

    return take


def _section(spec: NetworkSpec, name: str, output: Any) -> SectionMaps:
    """Copies the output: a later module that works in place must not change what is shown."""
    maps: FloatArray = output[0].detach().float().cpu().contiguous().numpy().copy()
    maps.setflags(write=False)
    return SectionMaps(
        name=name,
        title="Stem" if name == "stem" else f"Stage {name.removeprefix('layer')}",
        module=_stem_module(spec) if name == "stem" else name,
        maps=maps,
        channel_mean=channel_means(maps),
        broken=int(maps.size - np.count_nonzero(np.isfinite(maps))),
    )


def _stem_module(spec: NetworkSpec) -> str:
    """Returns the last module of the stem that is no identity."""
    if spec.stem is not StemKind.CIFAR:
        return "maxpool"
    if spec.order is ActivationOrder.FULL_PREACTIVATION:
        return "conv1"
    return "bn1" if spec.order.preactivated else "relu"


def _nothing() -> None:
    """Checks nothing."""
