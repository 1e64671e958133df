"""Events reach the window in their order, and steps many at a time."""

from __future__ import annotations

from resnet_studio.gui.training import forwarding
from resnet_studio.gui.training.forwarding import Forwarder
from resnet_studio.training.events import Progress
from tests.gui.training.test_curves import step


def test_steps_are_delivered_together_and_before_what_follows_them(monkeypatch):
    monkeypatch.setattr(forwarding, "_SECONDS", 1e9)
    delivered = []
    forward = Forwarder(delivered.append)
    forward._delivered = forwarding.time.monotonic()
    steps = [step(n) for n in range(1, 6)]
    for event in steps[:3]:
        forward.add(event)
    assert delivered == []
    validation = Progress("validation", 0, 2)
    forward.add(validation)
    for event in steps[3:]:
        forward.add(event)
    forward.flush()
    forward.flush()
    assert delivered == [tuple(steps[:3]), validation, tuple(steps[3:])]


def test_no_step_waits_longer_than_the_window_looks(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(forwarding.time, "monotonic", lambda: now[0])
    delivered = []
    forward = Forwarder(delivered.append)
    for number in range(1, 100):
        now[0] += 0.01
        forward.add(step(number))
    sizes = [len(steps) for steps in delivered]
    assert sum(sizes) >= 99 - 7
    assert max(sizes) <= 7
    now[0] = 0.0
    forward.flush()
    for number in range(1, 2 * forwarding._MOST):
        forward.add(step(number))
    assert max(len(steps) for steps in delivered) <= forwarding._MOST
