"""Ranges fit the curves and move rarely; a logarithmic axis always has ticks to read."""

from __future__ import annotations

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from resnet_studio.gui.training.ranges import linear_ticks, log_ticks, steps_range, values_range


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_every_measured_step_is_shown(last, total):
    low, high = steps_range(last, total)
    assert low == 0
    assert high >= max(last, 1)


def test_the_steps_shown_change_only_a_few_times_in_a_run():
    ranges = [steps_range(step, 64_000) for step in range(1, 64_001, 7)]
    assert len(set(ranges)) <= 8
    assert 64_000 < ranges[-1][1] < 66_000


@given(st.floats(1e-6, 1e3), st.floats(1e-6, 1e3), st.booleans())
def test_the_values_shown_contain_the_curves(a, b, log):
    low, high = sorted((a, b))
    bottom, top = values_range(low, high, None, log=log)
    scale = math.log10 if log else float
    assert bottom <= scale(low) <= scale(high) < top


def test_a_range_that_fits_is_kept():
    shown = values_range(0.2, 2.0, None, log=False)
    assert values_range(0.15, 1.9, shown, log=False) == shown


def test_a_range_shrinks_once_the_curves_fill_little_of_it():
    shown = values_range(0.2, 20.0, None, log=False)
    assert values_range(0.2, 2.0, shown, log=False)[1] < 3.0


def test_curves_without_values_leave_the_range():
    assert values_range(math.nan, math.nan, (1.0, 2.0), log=False) == (1.0, 2.0)
    assert values_range(math.nan, math.nan, None, log=True)[0] < 0


def test_a_loss_of_zero_leaves_the_logarithmic_axis_readable():
    bottom, top = values_range(0.0, 1.0, None, log=True)
    assert bottom < 0 <= top


@given(st.floats(-8, 4), st.floats(0.002, 12))
def test_a_logarithmic_axis_has_a_few_ticks_with_distinct_texts(low, span):
    ticks = log_ticks(low, low + span)
    assert 2 <= len(ticks) <= 30
    assert all(low - 1e-9 <= place <= low + span + 1e-9 for place, _ in ticks)
    texts = [text for _, text in ticks]
    assert len(set(texts)) == len(texts)
    for place, text in ticks:
        assert math.isclose(float(text), 10.0**place, rel_tol=1e-4)


def test_an_empty_logarithmic_axis_has_no_ticks():
    assert log_ticks(0.0, 0.0) == []
    assert log_ticks(math.nan, 1.0) == []


@given(st.floats(-1e12, 1e12), st.floats(1e-3, 1e12), st.integers(2, 12), st.booleans())
def test_a_linear_axis_has_no_more_ticks_than_it_has_room_for(low, span, count, whole):
    assume(span > 1e-9 * abs(low))  # a float cannot tell the places of such an axis apart
    ticks = linear_ticks(low, low + span, count, whole=whole)
    assert len(ticks) <= count + 1
    assert all(low - 1e-3 * span <= place <= low + 1.001 * span for place, _ in ticks)


def test_ticks_are_round_and_short():
    assert linear_ticks(0, 1.04, 6, scale=100) == [
        (0.0, "0"), (0.2, "20"), (0.4, "40"), (0.6, "60"), (0.8, "80"), (1.0, "100")
    ]  # fmt: skip
    assert [text for _, text in linear_ticks(0, 64_000, 4, whole=True)][1:] == [
        "20,000",
        "40,000",
        "60,000",
    ]
    assert [text for _, text in linear_ticks(0, 3, 30, whole=True)] == ["0", "1", "2", "3"]
    assert all(len(text) <= 6 for _, text in linear_ticks(0, 3e9, 5))
