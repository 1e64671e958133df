"""What a worker does for a run: trains it here, in several processes, or follows its folder.

Each is a generator of events; nothing here touches a widget. torch is imported by the training
itself, when a job runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from resnet_studio.gui.workers import TaskState
from resnet_studio.training.control import Control
from resnet_studio.training.events import RunEnded
from resnet_studio.training.following import Followed, follow
from resnet_studio.training.launching import LaunchedRun, launch

_LOOK_SECONDS = 0.25


class _UntilCancelled(threading.Event):
    """Is set once the task is cancelled; tells before each wait that nothing comes for a while."""

    def __init__(self, state: TaskState, idle: Callable[[], None]) -> None:
        super().__init__()
        self._state, self._idle = state, idle

    def is_set(self) -> bool:
        return super().is_set() or self._state.cancelled

    def wait(self, timeout: float | None = None) -> bool:
        self._idle()
        self._state.wait(_LOOK_SECONDS if timeout is None else timeout)
        return self.is_set()


class _UntilEnded(_UntilCancelled):
    """Is also set once the processes have ended and the folder was looked at since."""

    def __init__(
        self, state: TaskState, idle: Callable[[], None], run: LaunchedRun, control: Control
    ) -> None:
        super().__init__(state, idle)
        self._run, self._control = run, control
        self._ended = self._asked = False

    def wait(self, timeout: float | None = None) -> bool:
        if self._ended:
            self.set()
            return True
        if self._control.stopping and not self._asked:
            self._asked = True
            self._run.stop()
        self._ended = self._run.poll() is not None
        return self._ended or super().wait(timeout)


def follow_folder(
    run_dir: Path, state: TaskState, *, idle: Callable[[], None]
) -> Generator[Followed, None, None]:
    """Follows a run that another program writes, until the task is cancelled.

    Args:
        run_dir: Its folder.
        state: The task.
        idle: Called before each wait.
    """
    yield from follow(run_dir, stop=_UntilCancelled(state, idle), poll_seconds=_LOOK_SECONDS)


def train_in_processes(
    run_dir: Path,
    state: TaskState,
    *,
    processes: int,
    control: Control,
    changes: Mapping[str, Any],
    idle: Callable[[], None],
) -> Generator[Followed, None, None]:
    """Trains the run of a folder in several processes; the last event is `RunEnded`.

    They are stopped, with a checkpoint, when the control says so or the task is cancelled, and
    none is left when this ends.

    Args:
        run_dir: The folder, with its configuration.
        state: The task.
        processes: How many share the work.
        control: Its stop is obeyed; a pause is not.
        changes: Fields of the recipe that are changed when a run is resumed.
        idle: Called before each wait.

    Raises:
        RunError: If they cannot be started.
    """
    end: RunEnded | None = None
    with launch(run_dir, processes=processes, changes=changes) as run:
        until = _UntilEnded(state, idle, run, control)
        for event in follow(run_dir, stop=until, poll_seconds=_LOOK_SECONDS):
            if isinstance(event, RunEnded):
                end = event
            else:
                yield event
        complaint = run.error_text()  # before the run is closed, which forgets it
        code = run.close()
    yield end or _end_of(run, code, complaint)


def _end_of(run: LaunchedRun, code: int, complaint: str) -> RunEnded:
    """Returns the end of a run whose folder does not tell of one."""
    status = run.folder.status()
    if code == 0:
        return RunEnded("stopped", status.step, status.epoch, status.message or "Stopped.")
    message = complaint or f"The processes of the run ended with exit code {code}."
    remedy = "" if complaint else "Train it in one process to see why."
    return RunEnded("failed", status.step, status.epoch, message, remedy)
