"""The levers of a running training: pause, resume, stop, snapshot. Safe from any thread.

They are flags that the loop reads between steps. Nothing is queued, so the newest wish counts
and a busy loop cannot miss it.
"""

from __future__ import annotations

import threading


class Control:
    """Flags shared by the thread that trains and the one that a person speaks to."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._paused = False
        self._stopping = False
        self._snapshot = False

    @property
    def paused(self) -> bool:
        """True while the run shall wait. A stop ends every pause."""
        with self._changed:
            return self._paused and not self._stopping

    @property
    def stopping(self) -> bool:
        """True once the run shall end; there is no way back."""
        with self._changed:
            return self._stopping

    def pause(self) -> None:
        """Asks the run to wait after the present step."""
        with self._changed:
            self._paused = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Lets a waiting run go on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def stop(self) -> None:
        """Asks the run to save and end after the present step, also while it waits."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def ask_snapshot(self) -> None:
        """Asks the run for its weights after the present step, also while it waits."""
        with self._changed:
            self._snapshot = True
            self._changed.notify_all()

    def take_snapshot_wish(self) -> bool:
        """Returns whether a snapshot is asked for; the wish is fulfilled by whoever takes it."""
        with self._changed:
            wanted, self._snapshot = self._snapshot, False
            return wanted

    def wait(self, seconds: float) -> None:
        """Blocks the calling thread until a lever is pulled, but no longer than this."""
        with self._changed:
            self._changed.wait(timeout=seconds)

    def wait_while_paused(self) -> None:
        """Blocks the calling thread, without using the processor, until a lever is pulled.

        Returns once the run shall go on or end, or a snapshot is asked for.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or not self._paused or self._snapshot)
