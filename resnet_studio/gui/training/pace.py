"""How long a run still takes, from how fast its last steps went. No Qt."""

from __future__ import annotations

from collections import deque

_SECONDS = 60.0
"""Steps of the last minute count: they hold validations, and yet follow a machine that slows."""


class Pace:
    """Counts steps against the clock; pauses are left out by `restart`."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def restart(self, step: int, now: float) -> None:
        """Forgets the past: the run starts, or goes on after a pause.

        Args:
            step: Steps done.
            now: Seconds of a clock that only goes forward.
        """
        self._marks.clear()
        self._marks.append((now, step))

    def mark(self, step: int, now: float) -> None:
        """Notes that `step` steps are done."""
        if self._marks and step <= self._marks[-1][1]:
            return
        self._marks.append((now, step))
        while len(self._marks) > 2 and now - self._marks[1][0] > _SECONDS:
            self._marks.popleft()

    def seconds_left(self, total: int) -> float | None:
        """Returns the seconds until `total` steps are done; None before there is a pace."""
        if len(self._marks) < 2:
            return None
        (start, before), (end, after) = self._marks[0], self._marks[-1]
        if end <= start or after <= before:
            return None
        return max(0, total - after) * (end - start) / (after - before)


def duration(seconds: float) -> str:
    """Returns a time as a clock shows it: 0:07, 12:30, 1:02:03."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
