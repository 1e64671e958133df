"""Channels sorted, and what is known of each."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from resnet_studio.probe.channels import (
    Order,
    channel_difference,
    channel_statistics,
    channel_variances,
    ordering,
    statistics_csv,
)


def _maps(channels: int = 6, seed: int = 0, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(channels, 3, 4)) + shift).astype(np.float32)


@pytest.mark.parametrize(
    ("order", "score"),
    [
        (Order.MEAN, lambda maps, _: maps.mean(axis=(1, 2))),
        (Order.MAX, lambda maps, _: maps.max(axis=(1, 2))),
        (Order.VARIANCE, lambda maps, _: maps.var(axis=(1, 2))),
        (Order.DIFFERENCE, lambda maps, other: np.abs(maps - other).mean(axis=(1, 2))),
    ],
)
def test_the_largest_channel_comes_first_and_equal_ones_by_number(order, score):
    maps, other = _maps(), _maps(seed=1)
    maps[4], other[4] = maps[1], other[1]
    found = ordering(maps, order, other)
    scores = score(maps.astype(np.float64), other.astype(np.float64))
    assert sorted(found) == list(range(6))
    assert np.diff(scores[found]).max() <= 1e-9
    places = found.tolist()
    assert places.index(4) == places.index(1) + 1


@pytest.mark.parametrize("order", [Order.MEAN, Order.MAX, Order.VARIANCE, Order.DIFFERENCE])
def test_a_channel_that_is_not_finite_comes_last(order):
    maps = _maps()
    maps[2, 1, 1] = np.nan
    assert ordering(maps, order, _maps(seed=1))[-1] == 2


def test_variances_are_exact_far_from_zero():
    # The mean of squares less the square of the mean would lose all digits here.
    maps = _maps(shift=1e4)
    np.testing.assert_allclose(
        channel_variances(maps), maps.astype(np.float64).var(axis=(1, 2)), rtol=1e-3
    )


def test_a_difference_needs_maps_of_the_same_shape():
    with pytest.raises(ValueError, match="cannot be compared"):
        channel_difference(_maps(), _maps(channels=5))
    with pytest.raises(ValueError, match="maps of another picture"):
        ordering(_maps(), Order.DIFFERENCE)


def test_the_table_says_of_each_channel_what_numpy_says():
    maps = _maps()
    maps[3, 0, 0] = np.inf
    found = channel_statistics(maps)
    rows = list(csv.DictReader(io.StringIO(statistics_csv(maps, [f"class {n}" for n in range(6)]))))
    for channel in (0, 1, 2, 4, 5):
        row, own = rows[channel], maps[channel].astype(np.float64)
        assert (int(row["channel"]), row["name"]) == (channel, f"class {channel}")
        assert float(row["mean"]) == pytest.approx(own.mean(), rel=1e-5, abs=1e-7)
        assert float(row["min"]) == pytest.approx(own.min())
        assert float(row["max"]) == pytest.approx(own.max())
        assert float(row["variance"]) == pytest.approx(own.var(), rel=1e-5)
        assert float(row["share above zero"]) == pytest.approx((own > 0).mean())
        assert row["not finite"] == "0"
    assert found.broken.tolist() == [0, 0, 0, 1, 0, 0]
    assert "name" not in statistics_csv(maps).splitlines()[0]
