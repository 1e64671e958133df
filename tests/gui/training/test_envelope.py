"""The envelope of a curve is what numpy says of the same points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.gui.training.envelope import GrowingArray, Outline, Series

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
def test_outline_shows_each_column_its_whole_range(count, left, width, columns, seed):
    values = np.random.default_rng(seed).normal(size=count).astype(np.float32)
    series = Series()
    series.extend(np.arange(count), values)
    right = left + width
    x, y = Outline().corners(series, left, right, columns)
    inside = np.flatnonzero((series.x >= left) & (series.x <= right))
    if count == 0 or len(inside) == 0:
        return
    first, last = max(inside[0] - 1, 0), min(inside[-1] + 2, count)
    if last - first <= 2 * columns:
        np.testing.assert_array_equal(x, series.x[first:last])
        np.testing.assert_array_equal(y, values[first:last])
        return
    numbers = np.floor(series.x / (width / columns))
    start, stop = np.floor(left / (width / columns)) - 1, np.ceil(right / (width / columns)) + 1
    kept = [n for n in np.unique(numbers) if start <= n < stop]
    expected = [(values[numbers == n].min(), values[numbers == n].max()) for n in kept]
    # A point on the border of two columns may be counted to either: the ends of all are the same.
    assert len(y) == pytest.approx(2 * len(expected), abs=4)
    assert y.min() == pytest.approx(np.min(expected), abs=0) or len(y) != 2 * len(expected)
    assert x[0] <= max(left, series.x[0]) + width / columns
    assert x[-1] >= min(right, series.x[-1]) - width / columns


@given(
    st.lists(
        st.tuples(st.floats(-0.6, 0.6), st.sampled_from([1.0, 1.0, 1.0, 0.7, 1.4]), st.booleans()),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=100, deadline=None)
def test_an_outline_that_is_moved_and_grows_equals_a_fresh_one(moves, seed):
    random = np.random.default_rng(seed)
    series, kept = Series(), Outline()
    left, width, columns = 500.0, 2000.0, 80
    for part, zoom, grows in [(0.0, 1.0, True), *moves]:
        if grows:
            count = len(series)
            series.extend(np.arange(count, count + 1500), random.normal(size=1500))
        left, width = left + part * width, width * zoom
        fresh = Outline()
        fresh._width = kept._width  # of two widths that differ by rounding the first is kept
        fresh._series = series
        found = kept.corners(series, left, left + width, columns)
        wanted = fresh.corners(series, left, left + width, columns)
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(a, b)


def test_growth_computes_only_the_columns_at_the_end():
    series, outline = Series(), Outline()
    series.extend(np.arange(100_000), np.sin(np.arange(100_000)))
    outline.corners(series, 0, 200_000, 500)
    before = outline.computed
    series.extend(np.arange(100_000, 100_400), np.zeros(400))
    outline.corners(series, 0, 200_000, 500)
    assert outline.computed - before < 260  # the empty half and the last filled column


def test_outline_joins_neighbouring_columns_by_their_like_ends():
    series = Series()
    series.extend(np.arange(1000), np.tile([0.0, 1.0], 500))
    _, y = Outline().corners(series, 0, 1000, 10)
    assert y.tolist() == [0, 1, 1, 0] * 5


def test_few_points_are_drawn_as_they_are_with_one_beyond_each_edge():
    series = Series()
    series.extend([1, 2, 3, 4, 5], [10, 20, 30, 40, 50])
    x, y = Outline().corners(series, 2.5, 3.5, 100)
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
