"""Measures the mean picture of a training set, for the ending `PerPixelMean`.

What is averaged is what the steps without chance at the head of a pipeline leave of each picture.
Where that is not of the size of the result (a random crop out of a larger picture, a random size),
it is resized to that size by its shorter side and the centre is cut out: the mean of all crops
there could be is not known beforehand, and the centre is what the validation sees. For the recipe
of CIFAR the pictures themselves are averaged, as in He et al. 2015 (arXiv:1512.03385, 4.2).

Levels are whole numbers, and so are their sums: the mean is the same in whatever order pictures
come, and exact up to the stored 1/256 of a level.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.augment_spec import AugmentSpec
from resnet_studio.data.augment_steps import CenterCrop, Resize, Step
from resnet_studio.data.dataset import Dataset, Problem, Subset
from resnet_studio.data.each_picture import each_picture
from resnet_studio.data.making import Pixels, shape_after
from resnet_studio.data.mean_picture import LARGEST_SIDE, PerPixelMean, packed
from resnet_studio.data.step_base import Triple
from resnet_studio.data.stores import ScanProgress
from resnet_studio.data.transforms import fixed_steps, leaves_alone
from resnet_studio.errors import DataError

_AT_ONCE = 512


def measure_mean(
    pictures: Subset,
    spec: AugmentSpec,
    *,
    std: Triple = (1.0, 1.0, 1.0),
    threads: int | None = None,
) -> Generator[ScanProgress, None, PerPixelMean]:
    """Measure the mean picture; to end early, close the generator.

    Args:
        pictures: The training pictures, and none of the validation.
        spec: The training pipeline, with any ending.
        std: What the ending shall divide by.
        threads: How many decode; as many as there are cores if None.

    Yields:
        How many pictures are done.

    Returns:
        The ending; `spec.with_ending` puts it into both pipelines of a run.

    Raises:
        DataError: Results are too large for a mean picture, or no picture can be read.
    """
    side = spec.output_size
    if side > LARGEST_SIDE:
        raise DataError(
            f"The pipeline makes pictures of {side} × {side} pixels; a mean picture can be "
            f"{LARGEST_SIDE} × {LARGEST_SIDE} at most.",
            remedy="End with Normalise, which has one mean for each channel.",
        )
    steps = measured_steps(spec, pictures.dataset)
    total = np.zeros((side, side, 3), dtype=np.int64)
    count = done = 0
    for some, good, tried in _sums(pictures, steps, threads):
        if good:
            total += some
        count, done = count + good, done + tried
        yield ScanProgress("measuring", done, len(pictures))
    if not count:
        raise DataError(
            f"None of the {len(pictures):,} pictures of {pictures.dataset.name} can be read.",
            remedy="See the list of problems, and choose another folder.",
        )
    return packed(total / count, pictures=count, std=std)


def measured_steps(spec: AugmentSpec, dataset: Dataset) -> tuple[Step, ...]:
    """Return what is done to a picture before it is averaged: it has the result's size then."""
    side = spec.output_size
    fixed = spec.pixel_steps[: fixed_steps(spec)]
    if shape_after(dataset, fixed) == (side, side):
        return fixed
    return (*fixed, Resize(size=side), CenterCrop(size=side))


def _sums(
    pictures: Subset, steps: tuple[Step, ...], threads: int | None
) -> Generator[tuple[NDArray[np.int64], int, int], None, None]:
    """Yield the sum of some pictures, of how many it is, and how many were tried."""
    images = pictures.dataset.images
    if images is not None and leaves_alone(steps, images.shape[1], images.shape[2]):
        for begin in range(0, len(pictures), _AT_ONCE):
            chosen = images[pictures.indices[begin : begin + _AT_ONCE]]
            yield chosen.sum(axis=0, dtype=np.int64), len(chosen), len(chosen)
        return
    with contextlib.closing(
        each_picture(pictures, _itself, steps=steps, threads=threads)
    ) as results:
        for some in results:
            good = [each for each in some if not isinstance(each, Problem)]
            yield np.sum(good, axis=0, dtype=np.int64), len(good), len(some)


def _itself(pixels: Pixels) -> Pixels:
    return pixels
