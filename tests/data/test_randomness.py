from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.data.randomness import (
    balanced_order,
    epoch_order,
    sample_numbers,
    sample_rng,
    streams_of,
)

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


# --- all classes alike ----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(0, 40), min_size=1, max_size=9),
    seed=st.integers(0, 2**63 - 1),
    epoch=st.integers(0, 99),
)
def test_a_balanced_epoch_visits_classes_alike_and_pictures_of_a_class_alike(counts, seed, epoch):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    positions, visits = balanced_order(labels, seed, epoch)
    assert len(positions) == len(visits) == len(labels)
    by_class = np.bincount(labels[positions], minlength=len(counts))[np.array(counts) > 0]
    assert by_class.size == 0 or by_class.max() - by_class.min() <= 1
    by_picture = np.bincount(positions, minlength=len(labels))
    for label in np.unique(labels):
        mine = by_picture[labels == label]
        assert mine.max() - mine.min() <= 1
    # A picture's visits are counted from 0.
    pairs = sorted(zip(positions.tolist(), visits.tolist(), strict=True))
    expected = [(index, n) for index, times in enumerate(by_picture) for n in range(times)]
    assert pairs == expected


def test_over_many_epochs_every_class_and_every_picture_of_it_has_the_share_of_theory():
    counts = np.array([70, 20, 7, 3])  # 100 visits, 25 for each class
    labels = np.repeat(np.arange(4), counts)
    total = np.zeros(100)
    epochs = 2_000
    for epoch in range(epochs):
        total += np.bincount(balanced_order(labels, 5, epoch)[0], minlength=100)
    assert np.bincount(labels, weights=total).tolist() == [25 * epochs] * 4
    expected = 25 / counts[labels]
    deviation = np.sqrt(epochs * (expected % 1) * (1 - expected % 1))
    assert (np.abs(total - epochs * expected) <= 4.5 * deviation).all()
    # Where visits cannot be shared out evenly, chance decides who gets one more.
    odd = np.repeat(np.arange(3), (5, 2, 1))
    more = sum(np.bincount(odd[balanced_order(odd, 5, e)[0]]) for e in range(epochs)) / epochs
    assert more == pytest.approx(8 / 3, abs=0.05)


def test_a_balanced_order_follows_from_seed_and_epoch_and_is_shuffled():
    labels = np.repeat(np.arange(2), (90, 10))
    first = balanced_order(labels, 1, 0)
    for seed, epoch, alike in ((1, 0, True), (1, 1, False), (2, 0, False)):
        again = balanced_order(labels, seed, epoch)
        assert (again[0].tolist() == first[0].tolist()) == alike
    rare = np.flatnonzero(labels[first[0]] == 1)
    assert rare.min() < 10
    assert rare.max() > 90


def test_each_visit_of_a_picture_draws_numbers_of_its_own():
    indices = np.array([0, 3, 2**39], dtype=np.int64)
    assert streams_of(indices, np.zeros(3, dtype=np.int64)).tolist() == indices.tolist()
    visits = np.arange(50, dtype=np.int64)
    streams = np.concatenate([streams_of(np.full(50, index), visits) for index in indices])
    assert len(np.unique(sample_numbers(1, 2, streams, 1))) == 150
