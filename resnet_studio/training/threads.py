"""How many of the processor's threads a step is computed with, so that a busy computer is borne.

torch divides each operation among its threads and waits for the last of them. Where another
program has one of the cores, that wait is long, hundreds of times a step: with two threads on two
cores, ResNet-20 at batch 64 fell from 1,400 images/s to between 6 and 80, and one thread alone
made 90 to 290 then (AMD EPYC, load average 5 to 8, three repeats). So the number is halved where
steps have become slow and fewer threads make them faster, and doubled again when there is room,
which is looked for after ten seconds and then ever more seldom.

The last bits of a result depend on the number of threads. On a computer that has its cores for
itself nothing ever changes, and the same seed gives the same bits: the one comparison that every
run makes is made in the same two steps, `COMPARED`, and decides for fewer threads only if they
are far faster; later nothing is tried unless several steps in a row are slow. Every change is
told, and so is every trial. A recipe that names a number of threads gets it, always.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

COMPARED: Final = range(2, 4)
"""Steps, counted from 0, that every run computes with half its threads to compare."""
FAR_FASTER: Final = 0.5
"""The comparison takes fewer threads if a step takes less than this part of the time."""
FASTER: Final = 0.8
"""A trial's number of threads is taken if a step takes less than this part of the time."""
SLOW: Final = 2.0
"""Fewer threads are tried when steps in a row take this many times as long as the fastest."""
RETRY_SECONDS: Final = 10.0
"""Time of steps after which more threads are tried again; doubled by every trial in vain."""
_LONGEST_RETRY: Final = 160.0
_WATCHED: Final = 3
# Where steps are long, one fewer decides: a second or more is lost with each.
_WATCHED_LONG: Final = 2
_LONG_SECONDS: Final = 1.0
_TRIED: Final = 2


@dataclass(slots=True)
class _Trial:
    """Some steps with another number of threads."""

    count: int
    reference: float
    seconds: list[float] = field(default_factory=list)


class Threads:
    """Decides the number of threads of each step from the time of those before.

    Attributes:
        count: The number that is settled on for now.
    """

    def __init__(self, most: int, *, count: int | None = None, fixed: bool = False) -> None:
        """Begins with all threads.

        Args:
            most: All threads that a step may have.
            count: The number that an earlier part of the run had settled on.
            fixed: Whether to use `most` for every step.
        """
        self.count = most if fixed else count or most
        self._most = most
        self._fixed = fixed or most == 1
        self._trial: _Trial | None = None
        self._comparing = False
        self._recent: deque[float] = deque(maxlen=_WATCHED)
        self._with_half: list[float] = []
        self._fastest = math.inf
        self._retry = self._patience = RETRY_SECONDS

    def for_step(self, step: int) -> int:
        """Returns the threads for the step that follows `step` others."""
        self._comparing = not self._fixed and step in COMPARED and self.count == self._most
        if self._comparing:
            return self._most // 2
        return self._trial.count if self._trial is not None else self.count

    def took(self, seconds: float, *, part: float = 1.0) -> str:
        """Notes how long the step took.

        Args:
            seconds: Its time.
            part: Pictures that it had, as a part of those of a whole batch; above 0.

        Returns:
            A sentence for the person if the number was changed, or was tried to be; else nothing.
        """
        if self._fixed:
            return ""
        whole = seconds / part
        if self._comparing:
            return self._compared(whole)
        if self._trial is not None:
            return self._tried(self._trial, whole)
        self._watch(whole)
        return ""

    def _compared(self, seconds: float) -> str:
        self._with_half.append(seconds)
        # A run that is resumed amid the comparison has nothing to compare with.
        complete = len(self._with_half) == len(COMPARED) and self._recent
        if complete and min(self._with_half) < FAR_FASTER * min(self._recent):
            return self._settle(self._most // 2)
        return ""

    def _tried(self, trial: _Trial, seconds: float) -> str:
        trial.seconds.append(seconds)
        # The first step of another number prepares itself; it only shows if all is lost.
        hopeless = seconds > 2 * trial.reference
        if len(trial.seconds) < _TRIED and not hopeless:
            return ""
        self._trial = None
        if min(trial.seconds) < FASTER * trial.reference:
            return self._settle(trial.count)
        if 1 < trial.count < self.count:  # fewer still may help
            self._trial = _Trial(trial.count // 2, trial.reference)
            return ""
        return self._in_vain(trial)

    def _in_vain(self, trial: _Trial) -> str:
        # What a slow step is, is to be found out again, or the trial would never end.
        self._forget()
        if trial.count > self.count:
            self._wait()
            return ""  # the bits are not those of an undisturbed run anyway, which was told
        return (
            "Steps became slow, and some were computed with fewer threads to see whether that is "
            "faster, which it is not. The last bits of the results may differ from those of an "
            "undisturbed run."
        )

    def _watch(self, seconds: float) -> None:
        self._recent.append(seconds)
        self._fastest = min(self._fastest, seconds)
        if self.count > 1 and self._slow():
            self._trial = _Trial(self.count // 2, min(self._recent))
        elif self.count < self._most:
            self._retry -= seconds
            if self._retry <= 0:
                self._trial = _Trial(min(2 * self.count, self._most), min(self._recent))

    def _slow(self) -> bool:
        """Tells whether the last steps were slow; shortens `_recent` to those that tell it."""
        recent = list(self._recent)
        for watched in (_WATCHED_LONG, _WATCHED):
            last = recent[-watched:]
            slow = len(last) == watched and min(last) > SLOW * self._fastest
            if slow and (watched == _WATCHED or min(last) > self._fastest + _LONG_SECONDS):
                self._recent = deque(last, maxlen=_WATCHED)
                return True
        return False

    def _settle(self, count: int) -> str:
        before, self.count = self.count, count
        self._forget()
        if count > before:
            return f"There is room for {count} threads again."
        self._wait()
        return (
            f"Other programs keep the processor busy, so training goes on with {count} of "
            f"{self._most} threads, which is faster now. The last bits of the results may differ "
            "from those of an undisturbed run."
        )

    def _wait(self) -> None:
        """Begins the time until more threads are tried."""
        self._retry, self._patience = self._patience, min(2 * self._patience, _LONGEST_RETRY)

    def _forget(self) -> None:
        self._recent.clear()
        self._with_half.clear()
        self._fastest = math.inf
