"""The time left follows the steps of the last minute, without pauses."""

from __future__ import annotations

import pytest

from resnet_studio.gui.training.pace import Pace, duration


def test_a_steady_pace_is_carried_on():
    pace = Pace()
    pace.restart(0, now=100.0)
    assert pace.seconds_left(50) is None
    for step in range(1, 21):
        pace.mark(step, now=100.0 + 0.5 * step)
    assert pace.seconds_left(50) == pytest.approx(15.0)
    assert pace.seconds_left(20) == 0.0


def test_a_pause_does_not_count():
    pace = Pace()
    pace.restart(0, now=0.0)
    pace.mark(10, now=10.0)
    pace.restart(10, now=5000.0)
    pace.mark(20, now=5010.0)
    assert pace.seconds_left(30) == pytest.approx(10.0)


def test_only_the_last_minute_counts():
    pace = Pace()
    pace.restart(0, now=0.0)
    for second in range(1, 301):
        pace.mark(second, now=float(second))
    for second in range(301, 501):
        pace.mark(300 + 10 * (second - 300), now=float(second))
    assert pace.seconds_left(2400) == pytest.approx(10.0, rel=0.05)


def test_events_that_arrive_together_give_no_infinite_pace():
    pace = Pace()
    pace.restart(0, now=1.0)
    pace.mark(5, now=1.0)
    pace.mark(5, now=2.0)
    assert pace.seconds_left(10) is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (750, "12:30"), (3723, "1:02:03")]
)
def test_durations_read_like_a_clock(seconds, text):
    assert duration(seconds) == text
