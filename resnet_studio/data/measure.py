"""What the pictures of a data set are like: mean, spread and sizes, measured and not guessed.

Pixels are whole numbers from 0 to 255, so their sums are kept as whole numbers: mean and standard
deviation are exact up to one rounding at the end, however many pictures there are.

Two figures go by the name of "std of a data set". `std` is that of all pixels of all pictures
(population: divided by their number). `picture_std` is the mean of each picture's own standard
deviation, which is smaller; many published figures of CIFAR-10 (0.2023, 0.1994, 0.2010) are that.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnet_studio.data.augment_steps import Step
from resnet_studio.data.dataset import FileDataset, Problem, Subset
from resnet_studio.data.each_picture import each_picture
from resnet_studio.data.making import Pixels
from resnet_studio.data.stores import ScanProgress
from resnet_studio.errors import DataError

_WHITE = 255
_LEVELS = 256
_ARRAY_CHUNK = 512
_COMMONEST = 5

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class PixelStatistics:
    """Mean and spread of the pixels of a data set, for pictures in [0, 1].

    Attributes:
        mean: Of red, green and blue.
        std: Population standard deviation of red, green and blue over all pixels.
        pooled_mean: Over all pixels and channels together.
        pooled_std: Population standard deviation over all pixels and channels together.
        picture_std: Mean over the pictures of each picture's own standard deviation, of red,
            green and blue.
        histogram: (3, 256) int64, how many pixels have each level.
        pictures: How many pictures were measured.
        pixels: How many pixels they have.
        broken: Pictures that could not be read and are left out.
    """

    mean: Triple
    std: Triple
    pooled_mean: float
    pooled_std: float
    picture_std: Triple
    histogram: NDArray[np.int64]
    pictures: int
    pixels: int
    broken: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the values of one figure lie.

    Attributes:
        least: The smallest.
        median: The one in the middle.
        most: The largest.
        mean: Their mean.
    """

    least: float
    median: float
    most: float
    mean: float

    @classmethod
    def of(cls, values: NDArray[np.generic]) -> Extent:
        """Returns the extent of (N,) numbers, N at least 1."""
        numbers = values.astype(np.float64)
        middle = float(np.median(numbers))
        return cls(float(numbers.min()), middle, float(numbers.max()), float(numbers.mean()))


@dataclass(frozen=True, slots=True, eq=False)
class SizeStatistics:
    """The sizes of the pictures of a data set, as stored (before a turn by EXIF).

    Attributes:
        widths: (N,) int64 pixels.
        heights: (N,) int64 pixels.
        width: Extent of the widths in pixels.
        height: Extent of the heights in pixels.
        short_side: Extent of the shorter sides in pixels.
        ratio: Extent of width over height.
        distinct: How many sizes there are.
        commonest: The most frequent sizes (width, height), with how many pictures have each.
        portrait: How many pictures are higher than wide.
        square: How many are as high as wide.
        landscape: How many are wider than high.
    """

    widths: NDArray[np.int64]
    heights: NDArray[np.int64]
    width: Extent
    height: Extent
    short_side: Extent
    ratio: Extent
    distinct: int
    commonest: tuple[tuple[tuple[int, int], int], ...]
    portrait: int
    square: int
    landscape: int


def measure_pixels(
    pictures: Subset, *, steps: Sequence[Step] = (), threads: int | None = None
) -> Generator[ScanProgress, None, PixelStatistics]:
    """Measures mean and spread of all pixels; to cancel, close the generator.

    Args:
        pictures: What to measure; the training pictures, where it is for normalisation.
        steps: The fixed steps at the head of a pipeline, done to each picture before; none
            measures the pictures as stored.
        threads: How many decode; as many as there are cores if None.

    Yields:
        Progress in pictures.

    Raises:
        DataError: If no picture can be read.
    """
    sums = _Sums()
    if pictures.dataset.images is not None and not steps:
        yield from _add_arrays(sums, pictures, pictures.dataset.images)
    else:
        with contextlib.closing(
            each_picture(pictures, _histogram, steps=steps, threads=threads)
        ) as results:
            for some in results:
                for one in some:
                    sums.add(one)
                yield ScanProgress("measuring", sums.tried, len(pictures))
    return sums.statistics(pictures.dataset.name)


def measure_sizes(pictures: Subset) -> SizeStatistics | None:
    """Returns what sizes the pictures have; None if that is not known without decoding them."""
    dataset = pictures.dataset
    if dataset.images is not None:
        height, width = dataset.images.shape[1:3]
        sizes = np.tile(np.array([[width, height]], dtype=np.int64), (len(pictures), 1))
    elif isinstance(dataset, FileDataset) and dataset.sizes is not None:
        sizes = dataset.sizes[pictures.indices]
        sizes = sizes[sizes.min(axis=1) > 0]
    else:
        return None
    return _size_statistics(sizes) if len(sizes) else None


def _size_statistics(sizes: NDArray[np.int64]) -> SizeStatistics:
    widths, heights = sizes[:, 0], sizes[:, 1]
    counted = Counter(map(tuple, sizes.tolist()))
    return SizeStatistics(
        widths=widths,
        heights=heights,
        width=Extent.of(widths),
        height=Extent.of(heights),
        short_side=Extent.of(sizes.min(axis=1)),
        ratio=Extent.of(widths / heights),
        distinct=len(counted),
        commonest=tuple(counted.most_common(_COMMONEST)),
        portrait=int((widths < heights).sum()),
        square=int((widths == heights).sum()),
        landscape=int((widths > heights).sum()),
    )


class _Sums:
    """What is kept while pictures go by: counts of levels, and each picture's own spread."""

    def __init__(self) -> None:
        self._histogram = np.zeros((3, _LEVELS), dtype=np.int64)
        self._picture_std = np.zeros(3, dtype=np.float64)
        self._pictures = 0
        self._broken: list[Problem] = []

    @property
    def tried(self) -> int:
        """How many pictures have gone by."""
        return self._pictures + len(self._broken)

    def add(self, one: NDArray[np.int64] | Problem) -> None:
        """Adds the (3, 256) levels of one picture, or notes why it is left out."""
        if isinstance(one, Problem):
            self._broken.append(one)
            return
        self._histogram += one
        count = one[0].sum()
        self._picture_std += _spread(one @ _LEVEL, one @ _LEVEL**2, count)
        self._pictures += 1

    def add_array(self, images: NDArray[np.uint8]) -> None:
        """Adds (n, H, W, 3) pictures."""
        flat = images.reshape(len(images), -1, 3)
        for channel in range(3):
            levels = np.bincount(flat[..., channel].ravel(), minlength=_LEVELS)
            self._histogram[channel] += levels
        sums = flat.sum(axis=1, dtype=np.int64)
        squares = np.square(flat, dtype=np.uint32).sum(axis=1, dtype=np.int64)
        self._picture_std += _spread(sums, squares, flat.shape[1]).sum(axis=0)
        self._pictures += len(images)

    def statistics(self, name: str) -> PixelStatistics:
        """Returns the figures.

        Raises:
            DataError: If there was no picture.
        """
        if not self._pictures:
            raise DataError(
                f"No picture of {name} can be read, so that there is nothing to measure.",
                remedy="See its problems.",
            )
        channels = [_mean_and_std(levels) for levels in self._histogram]
        pooled = _mean_and_std(self._histogram.sum(axis=0))
        own = self._picture_std / (self._pictures * _WHITE)
        return PixelStatistics(
            mean=_triple([mean for mean, _ in channels]),
            std=_triple([std for _, std in channels]),
            pooled_mean=pooled[0],
            pooled_std=pooled[1],
            picture_std=_triple(own.tolist()),
            histogram=self._histogram,
            pictures=self._pictures,
            pixels=int(self._histogram[0].sum()),
            broken=tuple(self._broken),
        )


_LEVEL = np.arange(_LEVELS, dtype=np.int64)


def _add_arrays(
    sums: _Sums, pictures: Subset, images: NDArray[np.uint8]
) -> Generator[ScanProgress, None, None]:
    for begin in range(0, len(pictures), _ARRAY_CHUNK):
        sums.add_array(images[pictures.indices[begin : begin + _ARRAY_CHUNK]])
        yield ScanProgress("measuring", sums.tried, len(pictures))


def _histogram(pixels: Pixels) -> NDArray[np.int64]:
    """Returns the (3, 256) counts of levels; Pillow counts without holding Python's lock."""
    return np.array(Image.fromarray(pixels).histogram(), dtype=np.int64).reshape(3, _LEVELS)


def _spread(
    sums: NDArray[np.int64], squares: NDArray[np.int64], count: int | np.int64
) -> NDArray[np.float64]:
    """Returns the population standard deviation, in levels."""
    mean = sums / count
    return np.asarray(np.sqrt(np.maximum(squares / count - mean * mean, 0.0)))


def _mean_and_std(levels: NDArray[np.int64]) -> tuple[float, float]:
    """Returns both of pictures in [0, 1], from how often each level occurs."""
    counts = levels.tolist()  # Python's own numbers do not overflow
    count = sum(counts)
    total = sum(level * n for level, n in enumerate(counts))
    squares = sum(level * level * n for level, n in enumerate(counts))
    variance = squares * count - total * total
    return total / (count * _WHITE), math.sqrt(variance / (count * count)) / _WHITE


def _triple(values: Sequence[float]) -> Triple:
    red, green, blue = values
    return red, green, blue
