"""Augmentation pipelines as data: a validated list of steps, and the presets.

A pipeline's chance is drawn apart from its effect, so that it can be shown:

    numbers  = sample_rng(seed, epoch, index)      what chance gives this sample, and only this
    draw     = draw(spec, height, width, numbers)  what each step will do: regions, sizes, words
    picture  = transforms.apply(spec, rgb, draw)   the pixels

`draw` is quick and needs no torch. `preview.py` and `batches.py` go through the same three steps.
What a pipeline is: `augment_spec.py`; the known ones: `augment_presets.py`. What a step is:
`augment_steps.py`; what it decides: `draws.py`; its numbers: `randomness.py`.
"""

from __future__ import annotations

import numpy as np

from resnet_studio.data.augment_presets import (
    CIFAR10,
    DIGITS,
    HALVES,
    IMAGENET,
    PRESETS,
    pipelines_for,
)
from resnet_studio.data.augment_spec import AugmentSpec, Ending
from resnet_studio.data.augment_steps import (
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    RandomRotation,
    RandomShortSide,
    Resize,
    ResizeExact,
    Step,
    VerticalFlip,
)
from resnet_studio.data.draws import Attempt, CropBox, Draw, StepDraw, draw_steps
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.data.published import SourceKind
from resnet_studio.data.randomness import sample_numbers, sample_rng

__all__ = [
    "CIFAR10",
    "DIGITS",
    "HALVES",
    "IMAGENET",
    "PRESETS",
    "Attempt",
    "AugmentSpec",
    "CenterCrop",
    "CropBox",
    "Draw",
    "Ending",
    "HorizontalFlip",
    "Normalise",
    "PadCrop",
    "PerPixelMean",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomShortSide",
    "Resize",
    "ResizeExact",
    "SourceKind",
    "Step",
    "StepDraw",
    "VerticalFlip",
    "draw",
    "pipelines_for",
    "sample_numbers",
    "sample_rng",
]


def draw(
    spec: AugmentSpec, height: int, width: int, rng: np.random.Generator | None = None
) -> Draw:
    """Decide what the pipeline does to a picture of that size.

    Args:
        spec: The pipeline.
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.
        rng: The sample's `sample_rng`, fresh; may be left out for a pipeline without chance.

    Raises:
        PictureError: The picture is too small or too elongated for a step.
        ValueError: The pipeline has chance and no generator was given.
    """
    if rng is None and spec.numbers:
        raise ValueError(f"the pipeline {spec.name!r} needs random numbers")
    numbers = rng.random(spec.numbers).tolist() if rng is not None else []
    return Draw(height, width, draw_steps(spec.steps, height, width, numbers))
