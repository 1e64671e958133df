"""Previewing 64 samples of a picture over the bare transforms of torchvision on the same picture.

The preview draws each sample's numbers from seed, epoch and index, records what they decided, and
gives the bits that training reads. The bare transforms do the same work and record nothing: once
on the uint8 picture, as training does, both with one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.common import Spread, Table, in_fresh_process, load, without_display

PAIRS = 15
SAMPLES = 64
PIPELINES = ("imagenet_train", "cifar_train")


@dataclass(frozen=True, slots=True)
class Previews:
    """What previews take.

    Attributes:
        pairs: Seconds of preview and bare transforms, by pipeline.
        load: Load averages at the start.
    """

    pairs: dict[str, tuple[Spread, Spread]]
    load: str


def measure(*, pairs: int = PAIRS) -> Previews:
    """Makes samples several times, in a process of its own."""
    without_display()
    load_before = load()
    return Previews(in_fresh_process(run_pairs, pairs), load_before)


def table(figures: Previews) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Preview of {SAMPLES} samples")
    for name, (ours, bare) in figures.pairs.items():
        result.add(f"{name}: preview", ours.scaled(1000), "ms")
        result.add("    bare torchvision transforms", bare.scaled(1000), "ms")
        result.add("    preview over bare", ours.over(bare), "x")
    result.notes.append("imagenet_train on a photograph of 640 x 427, cifar_train on 32 x 32")
    result.notes.append(f"both without normalisation, one thread; load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(pairs=3) if quick else measure()))


# -- in a process of its own ----------------------------------------------------------------------


def run_pairs(pairs: int) -> dict[str, tuple[Spread, Spread]]:
    """Returns the seconds of both ways, in turns, by pipeline."""
    import torch

    torch.set_num_threads(1)
    return {name: _compared(_preview(name), _bare(name), pairs) for name in PIPELINES}


def _compared(
    ours: Callable[[], object], bare: Callable[[], object], pairs: int
) -> tuple[Spread, Spread]:
    seconds: tuple[list[float], list[float]] = [], []
    for _ in range(pairs + 1):
        for work, spent in zip((ours, bare), seconds, strict=True):
            began = time.perf_counter()
            work()
            spent.append(time.perf_counter() - began)
    return Spread.of(seconds[0][1:]), Spread.of(seconds[1][1:])


def _preview(name: str) -> Callable[[], object]:
    from resnet_studio.data.augment import PRESETS
    from resnet_studio.data.preview import preview_sample

    spec, picture = PRESETS[name], _picture(name)
    return lambda: [
        preview_sample(spec, picture, seed=1, epoch=0, index=index) for index in range(SAMPLES)
    ]


def _bare(name: str) -> Callable[[], object]:
    import torch
    from torchvision.transforms import v2

    crop: Any = (
        v2.RandomResizedCrop(224, antialias=True)
        if name == "imagenet_train"
        else v2.RandomCrop(32, padding=4)
    )
    transform = v2.Compose([crop, v2.RandomHorizontalFlip()])
    picture = torch.from_numpy(_picture(name).rgb).permute(2, 0, 1)

    def work() -> object:
        torch.manual_seed(1)
        return [transform(picture) for _ in range(SAMPLES)]

    return work


def _picture(name: str) -> Any:
    from resnet_studio.data.imaging import picture_from_array, sample_pictures

    photograph = sample_pictures()[0]
    if name == "imagenet_train":
        return photograph
    return picture_from_array(photograph.rgb[100:132, 200:232].copy())
