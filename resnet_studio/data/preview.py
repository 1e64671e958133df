"""What training will see of one picture: seeded samples, and the stages of each.

A sample is told by (seed, epoch, index). Training prepares picture number `index` of its data set
through the same functions with the same numbers, so what is shown here for the seed of a run is
what the run reads, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.augment import AugmentSpec, Draw, StepDraw, draw, sample_rng
from resnet_studio.data.imaging import Picture
from resnet_studio.data.transforms import apply_step, apply_steps


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture as training would see it.

    Attributes:
        image: (S, S, 3) uint8, before normalisation.
        draw: What chance decided, with the crop box on the original.
        index: The index of the sample whose numbers were drawn.
        epoch: The epoch whose numbers were drawn.
    """

    image: NDArray[np.uint8]
    draw: Draw
    index: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Stage:
    """The picture after one step.

    Attributes:
        title: The step's name.
        drawn: What the step did.
        image: (H, W, 3) uint8 that left it.
    """

    title: str
    drawn: StepDraw
    image: NDArray[np.uint8]


def preview(
    spec: AugmentSpec, picture: Picture, *, seed: int, count: int, epoch: int = 0, first: int = 0
) -> list[Sample]:
    """Return `count` samples of one picture, as if it stood at `first`, `first` + 1, ...

    Raises:
        PictureError: The picture is too small or too elongated for a step.
    """
    return [
        preview_sample(spec, picture, seed=seed, epoch=epoch, index=index)
        for index in range(first, first + count)
    ]


def preview_sample(
    spec: AugmentSpec, picture: Picture, *, seed: int, epoch: int, index: int
) -> Sample:
    """Return one sample: picture `index` of a data set, as it is in `epoch` of a run.

    Raises:
        PictureError: The picture is too small or too elongated for a step.
    """
    drawn = draw(spec, picture.height, picture.width, sample_rng(seed, epoch, index))
    image = apply_steps(spec.steps, picture.rgb, drawn.steps)
    if np.may_share_memory(image, picture.rgb):  # no step made another one
        image = image.copy()
    return Sample(image, drawn, index, epoch)


def stages(spec: AugmentSpec, picture: Picture, drawn: Draw) -> list[Stage]:
    """Return the picture after each step of a draw, for showing the pipeline step by step."""
    image = picture.rgb
    result: list[Stage] = []
    for step, step_draw in zip(spec.steps, drawn.steps, strict=True):
        image = apply_step(step, image, step_draw)
        result.append(Stage(step.title, step_draw, image.copy()))
    return result
