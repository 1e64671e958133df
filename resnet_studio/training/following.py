"""Follows a run folder while a program writes it, wherever that program runs.

The folder may lie on a disk that another computer shares, so nothing is expected of the disk but
that files can be read: it is looked at every now and then, no file is kept open or locked, and
times are taken from this computer's clock alone. No torch and no window here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from resnet_studio.training import metrics
from resnet_studio.training.events import EpochDone, RunEnded, StepDone
from resnet_studio.training.runs import RunFolder, RunStatus

POLL_SECONDS: Final = 0.5
QUIET_SECONDS: Final = 120.0
"""A run says something at least once a minute (`recipe.checkpoint_seconds`) while it trains."""
_CHUNK_BYTES: Final = 1 << 18
_MARK_BYTES: Final = 1 << 9
_LAST: Final = "last.pt"  # `checkpoint.LAST`; that module loads torch
_ENDED: Final = {"finished", "stopped", "failed"}


@dataclass(frozen=True, slots=True)
class Reload:
    """The curves were cut, because the run goes on from an earlier checkpoint.

    Forget all steps and epochs: those that still hold follow now, from the first.
    """


@dataclass(frozen=True, slots=True)
class StatusRead:
    """The run's status has changed, or is told for the first time."""

    status: RunStatus


@dataclass(frozen=True, slots=True)
class Silent:
    """The run counts as running, and nothing in its folder has changed for long.

    Its program may have died on another computer, or the shared disk is gone; or an epoch's
    validation takes that long. Any other event means that it was heard of again.

    Attributes:
        seconds: How long by now.
    """

    seconds: float


Followed: TypeAlias = StepDone | EpochDone | RunEnded | Reload | StatusRead | Silent


def follow(
    run_dir: Path,
    *,
    from_start: bool = True,
    stop: threading.Event,
    poll_seconds: float = POLL_SECONDS,
    quiet_seconds: float = QUIET_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Followed, None, None]:
    """Tells what happens in a run folder, until `stop` is set; that ends every wait at once.

    A run that ends is told by `RunEnded`, and following goes on: it may be resumed. A folder or
    file that is missing or cannot be read is tried again; `Silent` tells if that lasts.

    Args:
        run_dir: The folder.
        from_start: Whether to tell the steps and epochs that are there already.
        stop: Set it, from any thread, to end the generator.
        poll_seconds: Time between two looks.
        quiet_seconds: After how long without a change a running run is called silent.
        clock: Time in seconds.

    Yields:
        Steps and epochs in the order of the file, before the status of the same moment.
    """
    folder = RunFolder(run_dir)
    tail = Tail(folder.metrics_path)
    if not from_start:
        tail.skip()
    status: RunStatus | None = None
    heard, told_silent = clock(), False
    while not stop.is_set():
        now = folder.status()  # first: a run that has ended writes no more steps
        changed = False
        for event in tail.news():
            changed = True
            yield event
            if stop.is_set():
                return
        for news in _news(folder, status, now):
            changed = True
            yield news
        status = now
        if changed:
            heard, told_silent = clock(), False
        elif status.state == "running" and not told_silent and clock() - heard >= quiet_seconds:
            told_silent = True
            yield Silent(clock() - heard)
        stop.wait(poll_seconds)


def _news(folder: RunFolder, before: RunStatus | None, now: RunStatus) -> Iterator[Followed]:
    if now == before:
        return
    yield StatusRead(now)
    if before is None or before.state in _ENDED:
        return
    if now.state == "finished" or now.state == "stopped" or now.state == "failed":
        last = folder.checkpoints / _LAST
        yield RunEnded(
            outcome=now.state,
            step=now.step,
            epoch=now.epoch,
            message=now.message,
            best_accuracy=now.best_accuracy,
            checkpoint=last if last.exists() else None,
        )


class Tail:
    """The end of a metrics file that grows, is cut, or is replaced by another.

    It remembers how far it has read and the last bytes before that place. Where these are not what
    they were, the file is another one and everything is read again; a file that was rewritten with
    the same lines goes on as if nothing had happened. The numbers that disks give to files are of
    no use for that: they are given anew at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._mark = b""

    def skip(self) -> None:
        """Passes over the whole lines that are there; never raises."""
        while self._chunk():
            pass

    def news(self) -> Iterator[StepDone | EpochDone | Reload]:
        """Yields what came since the last call; nothing if the file cannot be read now."""
        while lines := self._chunk():
            for line in lines:
                event = Reload() if line is None else metrics.parse_line(line)
                if event is not None:
                    yield event

    def _chunk(self) -> list[bytes | None]:
        """Returns some new whole lines, with None before them if the file is another one now."""
        lines: list[bytes | None] = []
        try:
            with self._path.open("rb") as file:
                if not self._is_known(file):
                    self._read, self._mark = 0, b""
                    lines.append(None)
                file.seek(self._read)
                content = file.read(_CHUNK_BYTES)
        except OSError:
            return []
        # A torn line may still be written to; it is read again, unless it is no line at all.
        end = content.rfind(b"\n") + 1 or (len(content) if len(content) == _CHUNK_BYTES else 0)
        self._read += end
        self._mark = (self._mark + content[:end])[-_MARK_BYTES:]
        lines += content[:end].splitlines(keepends=True)
        return lines

    def _is_known(self, file: BinaryIO) -> bool:
        """Tells whether the file still has what was read of it."""
        file.seek(self._read - len(self._mark))
        return file.read(len(self._mark)) == self._mark
