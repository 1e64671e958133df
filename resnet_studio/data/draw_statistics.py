"""What chance decided in many draws of a pipeline, as arrays: the numbers behind the histograms.

The draws are those of training: `draw_steps` with the numbers of (seed, epoch, index 0, 1, ...).
What is to be expected of them is in `draw_theory.py`. No torch here: 1,000 draws of the ImageNet
recipe take about 40 ms on one core of an AMD EPYC (best of 7, picture of 375 × 500).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.distribution import Numbers
from resnet_studio.data.draws import Draw, draw_steps
from resnet_studio.data.randomness import sample_numbers

FEWEST, USUAL, MOST = 100, 1_000, 10_000
"""How many draws a person may ask for."""
_CHUNK = 250
"""Draws between two looks at whether the work was cancelled."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class DrawStatistics:
    """Many draws of a pipeline on a picture; entry i of each array is sample i.

    Attributes:
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.
        kept: (N,) share of the picture's area that is seen, 0 to 1.
        distortion: (N,) how much wider things look than they are; 1 is undistorted.
        x: (N,) middle of the crop from the left edge, as a share of the picture's width.
        y: (N,) middle of the crop from the upper edge, as a share of the picture's height.
        flipped: (N,) bool, whether left and right are exchanged.
        attempts: (N,) how often the random resized crop tried; 0 without one.
        fallback: (N,) bool, whether none of its attempts fitted.
        short_side: (N,) shorter side after scale augmentation, in pixels; 0 without.
    """

    height: int
    width: int
    kept: Numbers
    distortion: Numbers
    x: Numbers
    y: Numbers
    flipped: NDArray[np.bool_]
    attempts: NDArray[np.int64]
    fallback: NDArray[np.bool_]
    short_side: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.kept)


def draws_of(
    spec: AugmentSpec,
    height: int,
    width: int,
    *,
    seed: int,
    epoch: int = 0,
    count: int = USUAL,
    first: int = 0,
    progress: Progress | None = None,
) -> Iterator[Draw]:
    """Yields what chance decides for the samples `first` to `first` + `count` - 1 of an epoch.

    Args:
        spec: The pipeline.
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.
        seed: The run's seed.
        epoch: The pass over the data set, from 0.
        count: How many samples.
        first: The first of them.
        progress: Called now and then with the draws done and `count`; may raise to stop the work.

    Raises:
        PictureError: The picture is too small or too elongated for a step.
    """
    for done in range(0, count, _CHUNK):
        if progress is not None:
            progress(done, count)
        indices = range(first + done, first + min(done + _CHUNK, count))
        for numbers in sample_numbers(seed, epoch, indices, spec.numbers).tolist():
            yield Draw(height, width, draw_steps(spec.steps, height, width, numbers))


def measure(
    spec: AugmentSpec,
    height: int,
    width: int,
    *,
    seed: int,
    epoch: int = 0,
    count: int = USUAL,
    progress: Progress | None = None,
) -> DrawStatistics:
    """Returns the figures of many draws; the first is sample 0, arguments as in `draws_of`.

    Raises:
        PictureError: The picture is too small or too elongated for a step.
    """
    draws = draws_of(spec, height, width, seed=seed, epoch=epoch, count=count, progress=progress)
    rows = np.array([_figures(drawn) for drawn in draws], dtype=np.float64).reshape(-1, 8)
    kept, distortion, x, y, flipped, attempts, fallback, short = rows.T
    return DrawStatistics(
        height=height,
        width=width,
        kept=kept,
        distortion=distortion,
        x=x,
        y=y,
        flipped=flipped.astype(np.bool_),
        attempts=attempts.astype(np.int64),
        fallback=fallback.astype(np.bool_),
        short_side=short.astype(np.int64),
    )


def _figures(drawn: Draw) -> tuple[float, ...]:
    box = drawn.crop_box
    tried, fallback, short = 0, False, 0
    for step in drawn.steps:
        if step.kind == "random_resized_crop":  # random erasing tries as well
            tried, fallback = len(step.attempts), not step.attempts[-1].accepted
        elif step.kind == "random_short_side":
            short = min(step.size)
    return (
        drawn.kept_fraction,
        drawn.distortion,
        (box.left + box.width / 2) / drawn.width,
        (box.top + box.height / 2) / drawn.height,
        drawn.flipped,
        tried,
        fallback,
        short,
    )
