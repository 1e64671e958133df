"""Curves grow with the run, are smoothed as the span says, and can be read at any step."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.gui.training.curves import SPANS, RunCurves, Smoother, section_names
from resnet_studio.gui.training.envelope import Series
from resnet_studio.training.events import EpochDone, StepDone


def step(number: int, loss: float = 1.0, accuracy: float = 0.5) -> StepDone:
    return StepDone(number, 1 + (number - 1) // 4, loss, accuracy, 0.1, 100.0)


def epoch(number: int, accuracy: float = 0.5, loss: float = 1.0) -> EpochDone:
    return EpochDone(number, 4 * number, 1.0, 0.4, loss, accuracy, 2.0)


def plainly_smoothed(values: list[float], span: int) -> list[float]:
    """The definition, value by value."""
    keep, total, weight, result = 1 - 2 / (span + 1), 0.0, 0.0, []
    for value in values:
        total *= keep
        weight *= keep
        if math.isfinite(value):
            total, weight = total + value, weight + 1
        result.append(total / weight if math.isfinite(value) else math.nan)
    return result


@given(
    st.lists(st.floats(-1e3, 1e3) | st.just(math.nan), max_size=300),
    st.sampled_from(SPANS),
    st.integers(1, 50),
)
@settings(max_examples=150, deadline=None)
def test_smoothing_in_pieces_equals_its_definition(values, span, piece):
    smoother = Smoother(span)
    parts = [
        smoother.feed(np.array(values[start : start + piece], np.float64))
        for start in range(0, len(values), piece)
    ]
    found = np.concatenate(parts) if parts else np.empty(0)
    np.testing.assert_allclose(found, plainly_smoothed(values, span), rtol=1e-9, atol=1e-9)


def test_smoothing_a_long_run_stays_within_the_range_of_floats():
    values = np.full(200_000, 3.25)
    for span in SPANS:
        np.testing.assert_allclose(Smoother(span).feed(values), 3.25)


def test_changing_the_span_smooths_anew_what_is_there():
    early, late = RunCurves(span=1), RunCurves(span=50)
    events = [step(n, loss=math.sin(n)) for n in range(1, 200)]
    early.add(events)
    late.add(events)
    assert not np.array_equal(early.loss.smooth.y, late.loss.smooth.y)
    early.set_span(50)
    # The raw values are kept as float32, the smoothing of the live run saw float64.
    np.testing.assert_allclose(early.loss.smooth.y, late.loss.smooth.y, rtol=1e-5, atol=1e-6)


def test_a_reading_names_the_nearest_step_and_the_latest_validation():
    curves = RunCurves(steps_per_epoch=4, span=1)
    curves.add([step(n, loss=float(n)) for n in range(1, 9)])
    curves.add_epoch(epoch(1, accuracy=0.7))
    reading = curves.reading(5.4)
    assert (reading.step, reading.epochs, reading.loss) == (5, 1.25, 5.0)
    assert reading.validation_accuracy == pytest.approx(0.7)
    assert math.isnan(curves.reading(2).validation_accuracy)
    assert curves.reading(-100).step == 1
    assert curves.reading(1e9).step == 8
    assert RunCurves().reading(3) is None


def test_until_forgets_what_a_killed_run_did_after_its_checkpoint():
    curves = RunCurves("run", steps_per_epoch=4, total_steps=40)
    curves.add([*(step(n) for n in range(1, 11)), epoch(1), epoch(2, accuracy=0.9)])
    kept = curves.until(6)
    assert kept.last_step == 6
    assert len(kept.epochs) == 1
    assert kept.best_accuracy == 0.5
    assert (kept.name, kept.steps_per_epoch, kept.total_steps) == ("run", 4, 40)
    assert len(kept.learning_rate) == len(kept.loss.raw) == 6


def test_gradient_norms_are_kept_by_section_and_gaps_where_there_are_none():
    curves = RunCurves("run")
    curves.add([step(1), step(2)])  # of an older version
    curves.add([replace(step(3), gradient_norms=(0.5, 2.0))])
    curves.add([step(4)])
    for series, value in zip(curves.gradients, (0.5, 2.0), strict=True):
        np.testing.assert_array_equal(series.y, np.array([np.nan, np.nan, value, np.nan], "f4"))
    assert curves.reading(3).gradient_norms == (0.5, 2.0)
    np.testing.assert_array_equal(curves.until(3).gradients[1].y, curves.gradients[1].y[:3])


def held(series: Series) -> int:
    """Bytes of a series without its positions, filled or not."""
    return sum(array._store.nbytes for array in (series._y, *series._lows, *series._highs))


@pytest.mark.parametrize("announced", [0, 100_000])
def test_a_hundred_thousand_steps_take_less_than_ten_megabytes(announced):
    curves = RunCurves("run", steps_per_epoch=400)
    curves.expect(announced)
    for first in range(1, 100_001, 50):
        column = np.ones(50)
        curves.extend(
            np.arange(first, first + 50),
            loss=column,
            accuracy=column,
            learning_rate=column,
            images_per_second=column,
            gradient_norms=np.ones((50, 6)),
        )
    assert len(curves.steps) == curves.last_step == 100_000
    pairs = (curves.loss, curves.accuracy)
    all_series = [series for pair in pairs for series in (pair.raw, pair.smooth)]
    all_series += [curves.learning_rate, curves.images_per_second, *curves.gradients]
    assert len(all_series) == 12
    assert curves._steps._store.nbytes + sum(map(held, all_series)) < 9e6


def test_sections_of_older_runs_get_usual_names():
    assert section_names(5) == ("stem", "stage 1", "stage 2", "stage 3", "head")
    assert section_names(0) == ()


def test_best_accuracy_ignores_validations_that_failed():
    curves = RunCurves()
    assert curves.best_accuracy is None
    curves.add([epoch(1, accuracy=0.3), epoch(2, accuracy=math.nan), epoch(3, accuracy=0.2)])
    assert curves.best_accuracy == 0.3
