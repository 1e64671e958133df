"""Brings the events of a run from the worker to the window, many steps at a time.

A fast network takes hundreds of steps a second. One delivery for each would cost the window, and
so the training, more than the drawing of the curves. No Qt here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeAlias

from resnet_studio.training.events import StepDone

Steps: TypeAlias = tuple[StepDone, ...]

_SECONDS = 0.066
"""Steps are kept back no longer than the window takes to look for them anyway."""
_MOST = 1_000


class Forwarder:
    """Delivers events in order, the steps among them in tuples."""

    def __init__(self, deliver: Callable[[Any], None]) -> None:
        """Makes an empty one.

        Args:
            deliver: Called with an event, or with a tuple of steps; may block.
        """
        self._deliver = deliver
        self._steps: list[StepDone] = []
        self._delivered = 0.0

    def add(self, event: object) -> None:
        """Takes an event; a step may be kept back for a moment."""
        if not isinstance(event, StepDone):
            self.flush()
            self._deliver(event)
            return
        self._steps.append(event)
        if len(self._steps) >= _MOST or time.monotonic() - self._delivered >= _SECONDS:
            self.flush()

    def flush(self) -> None:
        """Delivers what was kept back; called before a wait and at the end."""
        if self._steps:
            steps, self._steps = tuple(self._steps), []
            self._delivered = time.monotonic()
            self._deliver(steps)
