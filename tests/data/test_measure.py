"""Mean, spread and sizes of data sets, against numpy in 64 bits over all pixels."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import numpy as np
import pytest
from sklearn.datasets import load_sample_images

from resnet_studio.data.augment_steps import CenterCrop, Resize
from resnet_studio.data.dataset import ArrayDataset, FileDataset, Subset
from resnet_studio.data.imaging import UnreadablePictureError
from resnet_studio.data.measure import PixelStatistics, measure_pixels, measure_sizes
from resnet_studio.data.stores import ScanProgress
from resnet_studio.errors import DataError

Result = TypeVar("Result")
CLOSE = 1e-9


def result_of(steps: Generator[ScanProgress, None, Result]) -> Result:
    last = None
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            assert last is None or last.done == last.total
            return end.value
        assert last is None or step.done >= last.done
        last = step


def photographs() -> list[np.ndarray]:
    """Parts of real photographs, each of its own size."""
    return [
        np.ascontiguousarray(image[20 * n : 20 * n + 60 + 7 * n, 30 * n : 30 * n + 80])
        for n, image in enumerate([*load_sample_images().images] * 10)
    ]


def as_files(pictures: list[np.ndarray], broken: tuple[int, ...] = ()) -> Subset:
    def read(key: str) -> np.ndarray:
        if int(key) in broken:
            raise UnreadablePictureError(key, "it is empty", remedy="Copy it again.")
        return pictures[int(key)]

    sizes = np.array([(p.shape[1], p.shape[0]) for p in pictures])
    keys = tuple(str(n) for n in range(len(pictures)))
    labels = np.zeros(len(keys), dtype=np.int64)
    dataset = FileDataset("photographs", ("all",), keys, labels, read, sizes=sizes)
    return Subset(dataset, np.arange(len(keys)))


def check(found: PixelStatistics, pictures: list[np.ndarray]) -> None:
    pixels = np.concatenate([picture.reshape(-1, 3) for picture in pictures]) / 255.0
    own = np.mean([picture.reshape(-1, 3).std(axis=0) for picture in pictures], axis=0) / 255.0
    assert found.mean == pytest.approx(pixels.mean(axis=0), abs=CLOSE)
    assert found.std == pytest.approx(pixels.std(axis=0), abs=CLOSE)
    assert found.pooled_mean == pytest.approx(pixels.mean(), abs=CLOSE)
    assert found.pooled_std == pytest.approx(pixels.std(), abs=CLOSE)
    assert found.picture_std == pytest.approx(own, abs=CLOSE)
    assert (found.pictures, found.pixels) == (len(pictures), len(pixels))
    levels = np.rint(pixels * 255).astype(int)
    for channel in range(3):
        assert np.array_equal(
            found.histogram[channel], np.bincount(levels[:, channel], minlength=256)
        )


def test_pictures_of_many_sizes_are_measured_as_stored():
    pictures = photographs()
    check(result_of(measure_pixels(as_files(pictures), threads=2)), pictures)


def test_pictures_in_memory_give_the_same_and_only_those_of_the_subset_count():
    images = np.random.default_rng(0).integers(0, 256, (700, 5, 4, 3), dtype=np.uint8)
    dataset = ArrayDataset("noise", ("a",), images, np.zeros(700, dtype=np.int64))
    some = np.arange(3, 700, 2)
    check(result_of(measure_pixels(Subset(dataset, some))), list(images[some]))


def test_a_broken_picture_is_counted_and_left_out():
    pictures = photographs()
    found = result_of(measure_pixels(as_files(pictures, broken=(0, 7))))
    check(found, [picture for n, picture in enumerate(pictures) if n not in (0, 7)])
    assert [problem.file for problem in found.broken] == ["0", "7"]
    with pytest.raises(DataError, match="nothing to measure"):
        result_of(measure_pixels(as_files(pictures[:1], broken=(0,))))


def test_fixed_steps_are_done_before():
    pictures = photographs()
    steps = (Resize(size=32), CenterCrop(size=32))
    found = result_of(measure_pixels(as_files(pictures), steps=steps))
    assert found.pixels == len(pictures) * 32 * 32
    assert found.std != result_of(measure_pixels(as_files(pictures))).std


def test_measuring_ends_when_it_is_closed():
    read = []

    class Counted(list):
        def __getitem__(self, n):
            read.append(n)
            return super().__getitem__(n)

    pictures = Counted(photographs() * 100)
    subset = as_files(pictures)
    read.clear()
    steps = measure_pixels(subset, threads=1)
    next(steps)
    steps.close()
    assert len(read) < len(pictures) / 2


def test_sizes_are_counted_without_decoding():
    subset = as_files(photographs(), broken=tuple(range(20)))
    found = measure_sizes(subset)
    sizes = subset.dataset.sizes
    assert found.ratio.median == np.median(sizes[:, 0] / sizes[:, 1])
    assert (found.width.least, found.width.most) == (sizes[:, 0].min(), sizes[:, 0].max())
    assert found.height.mean == sizes[:, 1].mean()
    assert found.short_side.most == sizes.min(axis=1).max()
    assert found.portrait + found.square + found.landscape == len(sizes)
    assert sum(count for _, count in found.commonest) <= len(sizes)
    assert found.distinct == len({tuple(size) for size in sizes.tolist()})
    unknown = FileDataset("u", ("a",), ("1",), np.zeros(1, dtype=np.int64), read=None)
    assert measure_sizes(Subset(unknown, np.arange(1))) is None
