from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.data.randomness import epoch_order, sample_numbers, sample_rng

WORD = st.integers(0, 2**63 - 1)


@settings(max_examples=60, deadline=None)
@given(
    seed=WORD, epoch=WORD, indices=st.lists(WORD, min_size=1, max_size=5), count=st.integers(1, 40)
)
def test_numbers_for_many_samples_equal_numpys_generator_for_each(seed, epoch, indices, count):
    rows = sample_numbers(seed, epoch, indices, count)
    for row, index in zip(rows, indices, strict=True):
        assert row.tolist() == sample_rng(seed, epoch, index).random(count).tolist()


def test_negative_and_huge_seeds_are_seeds_too():
    for seed in (-1, -(2**40), 2**70 + 5):
        numbers = sample_numbers(seed, 0, [3], 4)[0]
        assert numbers.tolist() == sample_rng(seed, 0, 3).random(4).tolist()


def test_a_sample_gets_the_same_numbers_alone_and_in_any_company():
    together = sample_numbers(7, 2, np.arange(100), 5)
    alone = sample_numbers(7, 2, [42], 5)
    assert np.array_equal(together[42], alone[0])
    # Asking for more never changes the first ones.
    assert np.array_equal(sample_numbers(7, 2, [42], 32)[0, :5], alone[0])


@pytest.mark.parametrize("other", [(8, 2, 42), (7, 3, 42), (7, 2, 43)])
def test_seed_epoch_and_index_each_change_every_number(other):
    mine = sample_numbers(7, 2, [42], 8)
    seed, epoch, index = other
    assert not np.any(mine == sample_numbers(seed, epoch, [index], 8))


def test_numbers_are_uniform_and_uncorrelated_between_neighbours():
    numbers = sample_numbers(0, 0, np.arange(50_000), 4)
    assert numbers.min() >= 0.0
    assert numbers.max() < 1.0
    # Standard errors: 0.2887/sqrt(50,000) = 0.0013 of a mean, 1/sqrt(50,000) = 0.0045 of r.
    assert np.abs(numbers.mean(axis=0) - 0.5).max() < 0.0065
    assert np.abs(numbers.var(axis=0) - 1 / 12).max() < 0.002
    between_numbers = np.corrcoef(numbers.T)[np.triu_indices(4, 1)]
    between_samples = np.corrcoef(numbers[:-1, 0], numbers[1:, 0])[0, 1]
    assert np.abs(between_numbers).max() < 0.02
    assert abs(between_samples) < 0.02


def test_no_numbers_and_no_samples_are_empty_tables():
    assert sample_numbers(0, 0, [1, 2], 0).shape == (2, 0)
    assert sample_numbers(0, 0, [], 3).shape == (0, 3)


def test_order_is_a_permutation_that_depends_on_seed_and_epoch_only():
    order = epoch_order(1000, 5, 1)
    assert sorted(order.tolist()) == list(range(1000))
    assert np.array_equal(order, epoch_order(1000, 5, 1))
    assert not np.array_equal(order, epoch_order(1000, 5, 2))
    assert not np.array_equal(order, epoch_order(1000, 6, 1))
    assert order.dtype == np.int64


def test_order_shares_no_numbers_with_the_samples():
    ranks = np.argsort(sample_numbers(0, 0, [0], 400)[0])
    assert not np.array_equal(epoch_order(400, 0, 0), ranks)
