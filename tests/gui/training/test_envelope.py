"""The envelope of a curve is what numpy says of the same points."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.gui.training.envelope import GrowingArray, Series, outline

VALUES = st.lists(
    st.floats(width=32, allow_nan=True, allow_infinity=True), min_size=0, max_size=400
)


def grown(values: list[float], pieces: list[int]) -> Series:
    """A series that arrived in pieces, as a run's does."""
    series, at = Series(), 0
    for piece in [*pieces, len(values)]:
        part = values[at : at + piece]
        series.extend(np.arange(at, at + len(part)), part)
        at += len(part)
    return series


def reference(values: np.ndarray, first: int, last: int) -> tuple[float, float]:
    part = values[first:last]
    part = part[np.isfinite(part)]
    return (part.min(), part.max()) if len(part) else (np.nan, np.nan)


@given(VALUES, st.lists(st.integers(1, 90), max_size=12), st.data())
@settings(max_examples=200, deadline=None)
def test_envelope_of_any_stretch_equals_numpys_minimum_and_maximum(values, pieces, data):
    series = grown(values, pieces)
    assert len(series) == len(values)
    ends = st.integers(0, len(values))
    stretches = data.draw(st.lists(st.tuples(ends, ends).map(sorted), min_size=1, max_size=20))
    first, last = np.array(stretches).T
    low, high = series.envelope(first, last)
    expected = [reference(np.array(values, np.float32), a, b) for a, b in stretches]
    np.testing.assert_array_equal(np.stack([low, high], axis=1), np.array(expected, np.float32))


@given(
    st.integers(0, 3000),
    st.floats(-100, 3000),
    st.floats(0.5, 4000),
    st.integers(2, 300),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=150, deadline=None)
def test_outline_shows_each_pixel_column_its_whole_range(count, left, width, columns, seed):
    values = np.random.default_rng(seed).normal(size=count).astype(np.float32)
    series = Series()
    series.extend(np.arange(count), values)
    right = left + width
    x, y = outline(series, left, right, columns)
    bounds = np.searchsorted(series.x, np.linspace(left, right, columns + 1))
    bounds[0] = max(bounds[0] - 1, 0)
    bounds[-1] = min(np.searchsorted(series.x, right, "right") + 1, count)
    if bounds[-1] - bounds[0] <= 2 * columns:
        np.testing.assert_array_equal(x, series.x[bounds[0] : bounds[-1]])
        np.testing.assert_array_equal(y, values[bounds[0] : bounds[-1]])
        return
    filled = [reference(values, first, last) for first, last in pairwise(bounds) if last > first]
    np.testing.assert_array_equal(np.sort(y.reshape(-1, 2), axis=1), np.array(filled))


def test_outline_joins_neighbouring_columns_by_their_like_ends():
    series = Series()
    series.extend(np.arange(1000), np.tile([0.0, 1.0], 500))
    _, y = outline(series, 0, 1000, 10)
    assert y.tolist() == [0, 1, 1, 0] * 5


def test_few_points_are_drawn_as_they_are_with_one_beyond_each_edge():
    series = Series()
    series.extend([1, 2, 3, 4, 5], [10, 20, 30, 40, 50])
    x, y = outline(series, 2.5, 3.5, 100)
    assert (x.tolist(), y.tolist()) == ([2, 3, 4], [20, 30, 40])


def test_range_between_covers_the_closed_interval():
    series = Series()
    series.extend([1, 2, 3, 4], [5, np.nan, -1, 9])
    assert series.range_between(1, 3) == (-1, 5)
    assert np.isnan(series.range_between(2, 2)).all()


def test_values_that_are_not_finite_become_gaps():
    series = Series()
    series.extend([1, 2, 3, 4], [np.inf, 1e300, -np.inf, 2.0])
    assert np.isnan(series.y[:3]).all()
    assert series.range_between(0, 9) == (2.0, 2.0)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 5000])
def test_growing_array_holds_what_was_appended(count):
    array = GrowingArray(np.int64)
    for start in range(0, count, 7):
        array.extend(np.arange(start, min(start + 7, count)))
    np.testing.assert_array_equal(array.values, np.arange(count))
