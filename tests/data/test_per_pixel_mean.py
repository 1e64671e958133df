from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from resnet_studio.data.augment import (
    AugmentSpec,
    CenterCrop,
    HorizontalFlip,
    PadCrop,
    RandomResizedCrop,
    Resize,
    draw,
)
from resnet_studio.data.dataset import ArrayDataset, Subset
from resnet_studio.data.per_pixel_mean import measure_mean
from resnet_studio.data.sources import DataConfig, open_dataset
from resnet_studio.data.transforms import apply_steps
from resnet_studio.errors import DataError

CIFAR = AugmentSpec(steps=(PadCrop(padding=4, size=32), HorizontalFlip()))


def in_memory(count=700, side=32):
    images = np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    return ArrayDataset("noise", ("a", "b"), images, np.arange(count) % 2)


def finished(generator):
    steps = []
    while True:
        try:
            steps.append(next(generator))
        except StopIteration as end:
            return end.value, steps


def within_rounding(ending, levels):
    return np.abs(ending.mean.astype(np.float64) * 255 - levels).max() <= 1 / 512 + 2e-5


def test_the_mean_of_pictures_in_memory_is_exact():
    dataset = in_memory()
    indices = np.arange(0, 700, 1)[::-1][:601].copy()
    ending, steps = finished(measure_mean(Subset(dataset, indices), CIFAR))
    assert within_rounding(ending, dataset.images[indices].mean(axis=0, dtype=np.float64))
    assert (ending.side, ending.pictures, ending.std) == (32, 601, (1, 1, 1))
    assert [(step.phase, step.done, step.total) for step in steps] == [
        ("measuring", 512, 601),
        ("measuring", 601, 601),
    ]


def test_pictures_of_another_size_are_resized_and_their_centre_is_averaged():
    dataset = in_memory(5, 40)
    spec = AugmentSpec(steps=(RandomResizedCrop(size=24), HorizontalFlip()))
    ending, _ = finished(measure_mean(Subset(dataset, np.arange(5)), spec, std=(0.2,) * 3))
    centre = AugmentSpec(steps=(Resize(size=24), CenterCrop(size=24)))
    seen = [
        apply_steps(centre.steps, image, draw(centre, 40, 40).steps) for image in dataset.images
    ]
    assert within_rounding(ending, np.mean(seen, axis=0))
    assert ending.std == (0.2, 0.2, 0.2)
    assert spec.with_ending(ending).ending == ending


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(1)
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for number in range(12):
            pixels = rng.integers(0, 256, (9 + number, 14, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    return tmp_path


def opened(folder):
    (*_, split) = open_dataset(DataConfig(source="folder", path=str(folder)))
    return split


def test_a_broken_file_is_left_out_and_the_fixed_steps_come_first(folder):
    split = opened(folder)
    (folder / split.train.dataset.file_of(int(split.train.indices[0]))).write_bytes(b"gone")
    spec = AugmentSpec(steps=(Resize(size=10), CenterCrop(size=8), HorizontalFlip()))
    ending, steps = finished(measure_mean(split.train, spec, threads=2))
    count = len(split.train)
    assert (ending.pictures, steps[-1].done, steps[-1].total) == (count - 1, count, count)
    seen = []
    for index in split.train.indices[1:]:
        rgb = split.train.dataset.picture(int(index))
        fixed = AugmentSpec(steps=spec.steps[:2])
        seen.append(apply_steps(fixed.steps, rgb, draw(fixed, *rgb.shape[:2]).steps))
    assert within_rounding(ending, np.mean(seen, axis=0))


def test_measuring_can_be_ended_early(folder):
    generator = measure_mean(opened(folder).train, AugmentSpec(steps=(CenterCrop(size=8),)))
    assert next(generator).done > 0
    generator.close()  # conftest fails if a thread is left


def test_what_cannot_be_measured_is_refused_in_words(folder):
    split = opened(folder)
    large = AugmentSpec(steps=(CenterCrop(size=300),))
    with pytest.raises(DataError, match="300 × 300 pixels; a mean picture can be 256 × 256"):
        next(measure_mean(split.train, large))
    for index in split.train.indices:
        (folder / split.train.dataset.file_of(int(index))).write_bytes(b"gone")
    with pytest.raises(DataError, match=r"None of the .* can be read"):
        finished(measure_mean(split.train, AugmentSpec(steps=(CenterCrop(size=8),))))
