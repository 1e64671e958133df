"""Data sets, subsets and the stratified split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_studio.data.dataset import (
    ArrayDataset,
    Dataset,
    FileDataset,
    Problem,
    Subset,
    stratified_split,
)
from resnet_studio.errors import PictureError


def dataset_of(counts: list[int]) -> ArrayDataset:
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.zeros((len(labels), 2, 2, 3), np.uint8)
    images[:, 0, 0, 0] = np.arange(len(labels)) % 256
    return ArrayDataset("test", tuple(f"c{n}" for n in range(len(counts))), images, labels)


@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=8),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**63 - 1),
)
def test_a_split_covers_everything_once_and_validates_every_class(counts, fraction, seed):
    dataset = dataset_of(counts)
    train, validation, problems = stratified_split(dataset, fraction=fraction, seed=seed)
    both = np.concatenate([train.indices, validation.indices])
    assert sorted(both) == list(range(sum(counts)))
    for count, trained, validated in zip(counts, train.counts, validation.counts, strict=True):
        if count == 1:
            assert (trained, validated) == (1, 0)
        else:
            assert min(trained, validated) >= 1
            assert abs(validated - count * fraction) <= 1
    assert len(problems) == counts.count(1)
    assert (np.diff(train.indices) > 0).all()


def test_the_seed_decides_who_is_validated_on():
    dataset = dataset_of([50, 50])

    def chosen(seed: int) -> list[int]:
        return stratified_split(dataset, fraction=0.2, seed=seed)[1].indices.tolist()

    assert chosen(0) == chosen(0)
    assert chosen(0) != chosen(1)


def test_the_split_of_a_seed_never_changes():
    # A run that is resumed years later must not train on what it was validated on.
    validation = stratified_split(dataset_of([6, 6]), fraction=0.34, seed=5)[1]
    assert validation.indices.tolist() == [1, 4, 6, 8]


def test_a_class_of_one_picture_is_reported():
    _, _, problems = stratified_split(dataset_of([3, 1]), fraction=0.2, seed=0)
    assert [problem.file for problem in problems] == ["c1"]
    assert "one picture" in problems[0].reason


def test_a_subset_shows_its_part_of_the_whole():
    subset = Subset(dataset_of([3, 2]), np.array([1, 3]))
    assert len(subset) == 2
    assert subset.classes == ("c0", "c1")
    assert subset.labels.tolist() == [0, 1]
    assert subset.counts.tolist() == [1, 1]
    assert subset.picture(1)[0, 0, 0] == 3


def test_an_array_dataset_gives_views_not_copies():
    dataset = dataset_of([2, 2])
    assert np.shares_memory(dataset.picture(2), dataset.images)
    assert dataset.file_of(2) == "test picture 2"
    assert isinstance(dataset, Dataset)


def test_a_file_dataset_reads_when_asked():
    asked = []

    def read(key: str) -> np.ndarray:
        asked.append(key)
        if key == "b/1.png":
            raise PictureError("b/1.png is gone.")
        return np.full((3, 4, 3), 7, np.uint8)

    dataset = FileDataset(
        name="lazy",
        classes=("a", "b"),
        keys=("a/0.png", "b/1.png"),
        labels=np.array([0, 1]),
        read=read,
    )
    assert isinstance(dataset, Dataset)
    assert (len(dataset), dataset.images, asked) == (2, None, [])
    assert dataset.picture(0).shape == (3, 4, 3)
    with pytest.raises(PictureError):
        dataset.picture(1)
    assert asked == ["a/0.png", "b/1.png"]
    assert dataset.file_of(1) == "b/1.png"


def test_a_problem_reads_as_one_line():
    assert (
        str(Problem("a/1.png", "it is empty", "Remove it.")) == "a/1.png: it is empty. Remove it."
    )
    assert str(Problem("a/1.png", "it is empty")) == "a/1.png: it is empty."
