from __future__ import annotations

import numpy as np
import pytest

from resnet_studio.data.dataset import ArrayDataset, Subset
from resnet_studio.data.plan import numbered, planned, steps_per_epoch
from resnet_studio.data.randomness import sample_numbers


def subset(count):
    images = np.zeros((count, 1, 1, 3), dtype=np.uint8)
    dataset = ArrayDataset("some", ("a", "b"), images, np.zeros(count, dtype=np.int64))
    return Subset(dataset, np.arange(count, dtype=np.int64))


def plan_of(count, **changes):
    settings = {"batch_size": 5, "seed": 3, "epoch": 2, "shuffle": True} | changes
    return planned(subset(count), **settings)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_processes_together_read_each_planned_batch_once(size):
    alone = plan_of(23)
    shares = [
        plan_of(23, share=lambda indices, rank=rank: np.array_split(indices, size)[rank])
        for rank in range(size)
    ]
    for whole, *parts in zip(alone, *shares, strict=True):
        assert np.array_equal(np.concatenate([part.indices for part in parts]), whole.indices)
        assert {(part.number, part.count) for part in parts} == {(whole.number, whole.count)}


def test_a_plan_has_as_many_batches_as_it_is_said_to_have():
    for count in range(30):
        assert len(plan_of(count)) == steps_per_epoch(count, 5)


@pytest.mark.parametrize("numbers", [0, 1, 3, 32])
@pytest.mark.parametrize("count", [0, 1, 23, 3000])
def test_numbers_drawn_for_many_batches_are_those_of_each_sample(count, numbers):
    plan = plan_of(count, batch_size=64)
    given = list(numbered(plan, seed=3, epoch=2, numbers=numbers))
    assert [batch for batch, _ in given] == plan
    for batch, rows in given:
        assert np.array_equal(rows, sample_numbers(3, 2, batch.indices, numbers))
