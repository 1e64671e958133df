"""A run that another program trains, perhaps on another computer, shown as it grows."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.forwarding import Forwarder
from resnet_studio.gui.training.jobs import follow_folder
from resnet_studio.gui.training.pace import Pace
from resnet_studio.gui.training.shown_run import ShownRun, lengths
from resnet_studio.gui.workers import Task, TaskState
from resnet_studio.training.events import EpochDone, RunEnded, StepDone
from resnet_studio.training.following import Reload, Silent, StatusRead
from resnet_studio.training.runs import RunFolder

LANE = "follow"


class Follower(QObject):
    """Reads a run folder in a worker and keeps the curves; only looks, writes nothing.

    Signals (all in the GUI thread):
        changed(): Figures or curves have changed.
        status_changed(): How far the run is, or whether it was heard of, has changed.
        ended(RunEnded): The run has ended; it may go on later, and is followed then, too.

    Attributes:
        run: The run as it is now.
        latest: The newest step; None before the first.
        silent_seconds: For how long nothing was heard of a run that should be running; 0 if it was.
    """

    changed = Signal()
    status_changed = Signal()
    ended = Signal(object)

    def __init__(self, studio: Studio, run: ShownRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._waiting: list[StepDone] = []
        self._pace = Pace()
        self._task: Task | None = None
        self.run = run
        self.latest: StepDone | None = None
        self.silent_seconds = 0.0

    @property
    def running(self) -> bool:
        """Whether a program trains the run."""
        return self.run.status.state == "running"

    @property
    def known(self) -> bool:
        """Whether it is known how many steps the run has."""
        return self.run.curves.total_steps > 0

    @property
    def epochs(self) -> int:
        """Epochs of the whole run."""
        recipe = self.run.config.recipe
        return recipe.total_epochs(self.run.curves.steps_per_epoch)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the run has finished at its present pace; None while unknown."""
        return self._pace.seconds_left(self.run.curves.total_steps) if self.known else None

    def start(self) -> None:
        """Begins to follow."""
        self._task = self._studio.workers.start(
            partial(_follow, folder=self.run.folder),
            title=self.tr("Following {name}").format(name=self.run.folder.name),
            lane=LANE,
            replace=True,
            visible=False,
            on_event=self._take,
        )

    def stop(self) -> None:
        """Follows no more."""
        if self._task is not None:
            self._task.cancel()

    def flush(self) -> None:
        """Appends the steps that have arrived to the curves; called before they are drawn."""
        steps, self._waiting = self._waiting, []
        self.run.curves.add_steps(steps)

    def _take(self, event: object) -> None:
        if isinstance(event, tuple):
            self._steps(event)
        elif isinstance(event, EpochDone):
            self.flush()
            self.run.curves.add_epoch(event)
        elif isinstance(event, Reload):
            self._waiting.clear()
            self.run = replace(self.run, curves=self.run.curves.until(0))
        elif isinstance(event, StatusRead):
            self._status(event)
        elif isinstance(event, Silent):
            self.silent_seconds = event.seconds
            self.status_changed.emit()
        elif isinstance(event, RunEnded):
            self.ended.emit(event)
        self.changed.emit()

    def _steps(self, events: tuple[StepDone, ...]) -> None:
        if self.latest is None:
            self._pace.restart(events[-1].step, time.monotonic())
        self.latest = events[-1]
        self._waiting.extend(events)
        self._pace.mark(events[-1].step, time.monotonic())
        if self.silent_seconds:
            self.silent_seconds = 0.0
            self.status_changed.emit()

    def _status(self, event: StatusRead) -> None:
        self.silent_seconds = 0.0
        self.run = replace(self.run, status=event.status)
        lengths(self.run.curves, self.run.config.recipe, event.status)
        self.status_changed.emit()


def _follow(state: TaskState, *, folder: RunFolder) -> None:
    forward = Forwarder(state.event)
    for event in follow_folder(folder.path, state, idle=forward.flush):
        forward.add(event)
