"""The pictures of a data set as an evaluation looks at them: as they are, or in ten crops.

Ten crops are those of Krizhevsky et al. 2012 ("ImageNet Classification with Deep Convolutional
Neural Networks", section 4.1), which He et al. 2015 call the standard 10-crop testing: the four
corners and the centre of the resized picture, and those of its mirror image. The network's
probabilities of the ten are averaged, as there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.augment import (
    AugmentSpec,
    CenterCrop,
    Normalise,
    Resize,
    ResizeExact,
    Step,
)
from resnet_studio.data.dataset import Dataset, Problem, Subset
from resnet_studio.data.draws import CropBox, Draw, draw_steps
from resnet_studio.errors import DataError, PictureError

TEN: Final = 10
AS_IT_IS: Final = Normalise(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
"""Colours scaled to [0, 1], and no more."""
# The views of one picture are asked for in turn, by a few threads; as many pictures are kept.
_KEPT: Final = 16

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Another data set with `count` views of each of its pictures, one after the other.

    Attributes:
        inner: The data set.
        classes: Names of the network's outputs.
        labels: (N × count,) int64 the output of each view; -1 where it is none of the network's.
        views: Returns the views of a picture of `inner`, each (H, W, 3) uint8; None if they are the
            pictures themselves. Called by any thread; raises PictureError.
        count: How many there are of each.
    """

    inner: Dataset
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    views: Callable[[int], tuple[Pixels, ...]] | None = None
    count: int = 1

    @property
    def name(self) -> str:
        """Name of the data set."""
        return self.inner.name

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was left out when it was opened."""
        return self.inner.problems

    @property
    def images(self) -> NDArray[np.uint8] | None:
        """All pictures, if they are in memory and are looked at as they are."""
        return self.inner.images if self.views is None else None

    def __len__(self) -> int:
        return len(self.labels)

    def picture(self, index: int) -> Pixels:
        """Returns a view as (H, W, 3) uint8.

        Raises:
            PictureError: If the picture is broken, or too small for the view.
        """
        if self.views is None:
            return self.inner.picture(index)
        return self.views(index // self.count)[index % self.count]

    def file_of(self, index: int) -> str:
        """Returns what to call the picture of a view."""
        return self.inner.file_of(index // self.count)

    def of(self, pictures: NDArray[np.int64]) -> Subset:
        """Returns all views of some pictures of `inner`, in order."""
        return Subset(self, (pictures[:, None] * self.count + np.arange(self.count)).ravel())


def whole_views(
    dataset: Dataset,
    classes: tuple[str, ...],
    labels: NDArray[np.int64],
    pipeline: AugmentSpec,
    *,
    leave_right_size: bool,
) -> tuple[Views, AugmentSpec]:
    """Returns each picture once, and what is then done to it.

    Args:
        dataset: The pictures.
        classes: Names of the network's outputs.
        labels: (N,) the output of each picture.
        pipeline: What the network's preprocessing does to a picture.
        leave_right_size: Spare a picture that has the network's input size already all of that.
    """
    if not leave_right_size:
        return Views(dataset, classes, labels), pipeline
    side, steps = pipeline.output_size, pipeline.pixel_steps

    def views(index: int) -> tuple[Pixels, ...]:
        rgb = dataset.picture(index)
        return (rgb if rgb.shape[:2] == (side, side) else _applied(steps, rgb),)

    return Views(dataset, classes, labels, views), _of_size(pipeline)


def ten_crops(
    dataset: Dataset, classes: tuple[str, ...], labels: NDArray[np.int64], pipeline: AugmentSpec
) -> tuple[Views, AugmentSpec]:
    """Returns ten views of each picture, and what is then done to each.

    They are cut where the pipeline cuts its centre, out of what its steps before that give.

    Raises:
        DataError: If the pipeline does not end with a centre crop.
    """
    before = steps_before_crop(pipeline)

    @functools.lru_cache(maxsize=_KEPT)
    def views(index: int) -> tuple[Pixels, ...]:
        return ten(_applied(before, dataset.picture(index)), pipeline.output_size)

    return Views(dataset, classes, np.repeat(labels, TEN), views, TEN), _of_size(pipeline)


def steps_before_crop(pipeline: AugmentSpec) -> tuple[Step, ...]:
    """Returns what the pipeline does to a picture before it cuts the centre out.

    Raises:
        DataError: If it does not end with a centre crop, so that there is nothing to cut from.
    """
    steps = pipeline.pixel_steps
    if not steps or not isinstance(steps[-1], CenterCrop):
        raise DataError(
            f"Ten crops need a picture that is larger than the network's input, and the pipeline "
            f"{pipeline.name} has no centre crop at its end.",
            remedy="Give the size of the input, so that pictures are resized and cut: --size 224.",
        )
    return steps[:-1]


def ten_crops_of(pipeline: AugmentSpec, rgb: Pixels) -> tuple[tuple[Pixels, CropBox], ...]:
    """Returns the ten crops of one picture and where each lies on it, not mirrored.

    The order is that of `ten_crops`: the last five are of the mirror image.

    Args:
        pipeline: What the network's preprocessing does to a picture.
        rgb: (H, W, 3) uint8.

    Raises:
        DataError: If the pipeline does not end with a centre crop.
        PictureError: If the picture is too elongated to be resized.
    """
    before, side = steps_before_crop(pipeline), pipeline.output_size
    height, width = rgb.shape[:2]
    drawn = Draw(height, width, draw_steps(before, height, width, ()))
    frame, resized = drawn.crop_box, _applied(before, rgb)
    across, down = frame.width / resized.shape[1], frame.height / resized.shape[0]

    def on_picture(left: int, top: int) -> CropBox:
        return CropBox(
            frame.left + left * across, frame.top + top * down, side * across, side * down
        )

    places = ten_places(resized.shape[0], resized.shape[1], side)
    mirrored = [(resized.shape[1] - side - left, top) for left, top in places]
    boxes = [on_picture(*place) for place in (*places, *mirrored)]
    return tuple(zip(ten(resized, side), boxes, strict=True))


def crops_alike(pipeline: AugmentSpec) -> bool:
    """Tells whether ten crops of a square picture are but the picture and its mirror image."""
    steps = pipeline.pixel_steps
    before = steps[-2] if len(steps) > 1 else None
    return isinstance(before, (Resize, ResizeExact)) and before.size == pipeline.output_size


def _of_size(pipeline: AugmentSpec) -> AugmentSpec:
    """Returns what is left to do to pictures that have the size of the input."""
    steps = (CenterCrop(size=pipeline.output_size), pipeline.ending or AS_IT_IS)
    return AugmentSpec(name=pipeline.name, steps=steps)


def _applied(steps: Sequence[Step], rgb: Pixels) -> Pixels:
    from resnet_studio.data.transforms import apply_steps  # needs torch

    return apply_steps(steps, rgb, draw_steps(steps, rgb.shape[0], rgb.shape[1], ()))


def ten(rgb: Pixels, side: int) -> tuple[Pixels, ...]:
    """Returns the corners from the upper left on and the centre, then those of the mirror image.

    As torchvision's TenCrop, bit for bit: where the centre cannot lie in the middle, that of the
    mirror image lies a pixel beside the mirrored centre.

    Raises:
        PictureError: If the picture is smaller than the crop.
    """
    places = ten_places(rgb.shape[0], rgb.shape[1], side)
    return tuple(
        image[top : top + side, left : left + side].copy()
        for image in (rgb, rgb[:, ::-1])
        for left, top in places
    )


def ten_places(height: int, width: int, side: int) -> tuple[tuple[int, int], ...]:
    """Returns (left, top) of the four corners and the centre in a picture of that size in pixels.

    Raises:
        PictureError: If the picture is smaller than the crop.
    """
    if min(height, width) < side:
        raise PictureError(f"it is {width} × {height} pixels, too small for crops of {side}")
    (centre,) = draw_steps((CenterCrop(size=side),), height, width, ())
    assert centre.region is not None
    right, bottom = width - side, height - side
    corners = ((0, 0), (right, 0), (0, bottom), (right, bottom))
    return (*corners, (centre.region.left, centre.region.top))
