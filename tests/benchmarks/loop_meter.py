"""How late the event loop serves what is due: the wait that a click or a key press would have.

Something is due every few milliseconds on a fixed grid. A stall of 100 ms makes all that is due
meanwhile late, not one thing: each is counted, or the percentiles would flatter the program.
Imports next to nothing, because it also runs while the window is being furnished.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer

from tests.benchmarks.common import percentile

TICK_MS = 5
"""Finer would take processor time from what runs beside the window; lateness has no such grain."""
STALL_MS = 50.0
"""A wait from which a person begins to notice."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late the event loop was during some time, in ms.

    Attributes:
        p50: Median.
        p99: 99 % of what was due was served within this time.
        worst: The longest wait.
        stalls: Times without any service of more than `STALL_MS`.
        seconds: How long was measured.
    """

    p50: float
    p99: float
    worst: float
    stalls: int
    seconds: float


class LoopMeter(QObject):
    """Measures the event loop of the thread that it lives in, from `start` on."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._began = self._served = 0.0
        self._ticks = 0
        self._late: list[float] = []
        self._stalls = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._serve)

    def start(self) -> None:
        """Forgets everything and measures from now."""
        self._began = self._served = time.perf_counter()
        self._ticks = self._stalls = 0
        self._late = []
        self._timer.start()

    def take(self) -> Lateness:
        """Returns what was measured since `start` or the last `take`, and goes on.

        Called between two turns of the loop, so a stall that is under way is counted as well.

        Raises:
            RuntimeError: If the event loop has not run meanwhile.
        """
        self._serve()
        late, stalls, seconds = self._late, self._stalls, self._served - self._began
        if not late:
            raise RuntimeError("the event loop has not run")
        self.start()
        return Lateness(
            p50=percentile(late, 50),
            p99=percentile(late, 99),
            worst=max(late),
            stalls=stalls,
            seconds=seconds,
        )

    def stop(self) -> None:
        """Measures no more."""
        self._timer.stop()

    def _serve(self) -> None:
        """Notes how late everything is that has come due since the last time."""
        now = time.perf_counter()
        if (now - self._served) * 1000 > STALL_MS + TICK_MS:
            self._stalls += 1
        self._served = now
        elapsed = (now - self._began) * 1000
        while (due := (self._ticks + 1) * TICK_MS) <= elapsed:
            self._ticks += 1
            self._late.append(elapsed - due)
