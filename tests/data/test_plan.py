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


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_balanced_plan_keeps_its_steps_and_processes_agree_on_it(size):
    labels = np.repeat(np.arange(2), (20, 3))
    dataset = ArrayDataset("some", ("a", "b"), np.zeros((23, 1, 1, 3), np.uint8), labels)
    settings = {"batch_size": 5, "seed": 3, "epoch": 2, "shuffle": True, "balanced": True}
    alone = planned(Subset(dataset, np.arange(23)), **settings)
    assert [batch.count for batch in alone] == [batch.count for batch in plan_of(23)]
    for rank in range(size):
        share = planned(
            Subset(dataset, np.arange(23)),
            share=lambda indices, rank=rank: np.array_split(indices, size)[rank],
            **settings,
        )
        for whole, part in zip(alone, share, strict=True):
            assert part.indices.tolist() == np.array_split(whole.indices, size)[rank].tolist()
            assert part.streams.tolist() == np.array_split(whole.streams, size)[rank].tolist()
    rare = np.concatenate([batch.streams[batch.indices >= 20] for batch in alone])
    assert len(rare) in (11, 12)
    assert len(np.unique(rare)) == len(rare)
