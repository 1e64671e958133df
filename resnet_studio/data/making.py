"""What becomes of each picture of an epoch, apart from who does it: thread, process or device.

A pipeline has three parts. Its fixed steps come before the first chance and give the same in every
epoch; the steps from there on take the sample's random numbers; normalisation ends it, and is done
to whole batches on the device. A picture that cannot be read, or not be brought through the steps,
becomes the `Problem` that says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.augment_steps import Step
from resnet_studio.data.dataset import Dataset, Problem
from resnet_studio.data.draws import draw_steps
from resnet_studio.data.transforms import (
    apply_batch,
    apply_steps,
    fixed_steps,
    works_on_batches,
)
from resnet_studio.errors import PictureError

Pixels = NDArray[np.uint8]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Making:
    """The pixel steps of a pipeline, for the pictures of one data set.

    Attributes:
        fixed: The steps before the first chance; they take no random numbers.
        chance: The steps from the first chance on, but for normalisation.
        whole: Whether `chance` can be done to whole batches with the same bits.
        side: Side of the square picture that results, in pixels.
        numbers: Random numbers that one picture takes.
    """

    fixed: tuple[Step, ...]
    chance: tuple[Step, ...]
    whole: bool
    side: int
    numbers: int

    @classmethod
    def of(cls, augment: AugmentSpec, dataset: Dataset) -> Making:
        """Return the parts of a pipeline."""
        border = fixed_steps(augment)
        fixed, chance = augment.pixel_steps[:border], augment.pixel_steps[border:]
        one_size = shape_after(dataset, fixed) is not None
        return cls(
            fixed,
            chance,
            one_size and works_on_batches(chance),
            augment.output_size,
            augment.numbers,
        )


def shape_after(dataset: Dataset, steps: Sequence[Step]) -> tuple[int, int] | None:
    """Return height and width of all pictures after fixed steps; None if they may differ."""
    if dataset.images is not None:
        height, width = dataset.images.shape[1:3]
        try:
            return draw_steps(steps, height, width, ())[-1].size if steps else (height, width)
        except PictureError:
            return None
    side: int | None = None
    for step in steps:
        side = step.side_after(side)
    return None if side is None else (side, side)


def fixed_picture(dataset: Dataset, steps: Sequence[Step], index: int) -> Pixels | Problem:
    """Return picture `index` after fixed steps as (H, W, 3) uint8, or what is wrong with it."""
    try:
        image = dataset.picture(index)
        draws = draw_steps(steps, image.shape[0], image.shape[1], ())
        return apply_steps(steps, image, draws)
    except (PictureError, OSError) as error:
        return _problem_of(dataset, index, error)


def augmented(
    making: Making, dataset: Dataset, index: int, image: Pixels | Problem, numbers: Sequence[float]
) -> Pixels | Problem:
    """Return a picture after the steps with chance, unless these are done to whole batches."""
    if making.whole or isinstance(image, Problem):
        return image
    try:
        draws = draw_steps(making.chance, image.shape[0], image.shape[1], numbers)
    except PictureError as error:
        return _problem_of(dataset, index, error)
    return apply_steps(making.chance, image, draws)


def together(
    making: Making, results: Sequence[Pixels | Problem], numbers: Numbers
) -> tuple[Pixels, NDArray[np.bool_]]:
    """Put the pictures of a batch together, with the steps that are done to all at once.

    Returns:
        (k, S, S, 3) uint8, and which of the results are among them, (n,) bool.
    """
    images = [result for result in results if not isinstance(result, Problem)]
    good = np.array([not isinstance(result, Problem) for result in results], dtype=np.bool_)
    if not images:
        return np.empty((0, making.side, making.side, 3), dtype=np.uint8), good
    stacked = np.stack(images)
    if making.whole:
        stacked = apply_batch(making.chance, stacked, numbers[good], overwrite=True)
    return stacked, good


def _problem_of(dataset: Dataset, index: int, error: Exception) -> Problem:
    reason = getattr(error, "reason", None) or getattr(error, "message", None) or str(error)
    remedy = getattr(error, "remedy", "")
    return Problem(dataset.file_of(index), str(reason).rstrip("."), remedy)
