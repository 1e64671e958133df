"""One run in progress: started by a worker, steered by flags, followed by its events.

It is trained in this process or, where several were asked for, in processes of its own whose
folder is followed.

The session knows no widget. It keeps the curves and the figures of the run; the panel shows them
when `changed` says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.curves import RunCurves
from resnet_studio.gui.training.forwarding import Forwarder
from resnet_studio.gui.training.pace import Pace
from resnet_studio.gui.training.shown_run import lengths
from resnet_studio.gui.workers import TaskState
from resnet_studio.training.config import RunConfig
from resnet_studio.training.control import Control
from resnet_studio.training.events import (
    CheckpointSaved,
    EpochDone,
    Paused,
    Progress,
    Resumed,
    RunEnded,
    RunStarted,
    Snapshot,
    StepDone,
    Warned,
)
from resnet_studio.training.following import Reload, StatusRead

LANE = "train"
_LOOK_SECONDS = 0.2


class TaskControl(Control):
    """Levers that also obey the cancelling of the task, which the end of the program uses."""

    def __init__(self) -> None:
        super().__init__()
        self.cancelled: Callable[[], bool] = lambda: False

    @property
    def paused(self) -> bool:
        """True while the run shall wait."""
        return super().paused and not self.cancelled()

    @property
    def stopping(self) -> bool:
        """True once the run shall end."""
        return super().stopping or self.cancelled()

    def wait_while_paused(self) -> None:
        """Blocks until the run shall go on or end.

        A cancelled task wakes nobody, so the flags are looked at a few times a second.
        """
        while self.paused and not self._snapshot:
            with self._changed:
                self._changed.wait(timeout=_LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class Activity:
    """What a run does now.

    Attributes:
        phase: "starting", "data", "network", "resume", "compile", "training", "validation",
            "pausing", "paused", "held", "saving" or "ended".
        done: Units done of the phase.
        total: Units in all; 0 where nobody can tell.
        text: What a person must know of it; empty for the usual words.
    """

    phase: str
    done: int = 0
    total: int = 0
    text: str = ""


class Session(QObject):
    """A run from its start to its end.

    Signals (all in the GUI thread):
        changed(): Figures or curves have changed.
        activity_changed(Activity): The run does something else now.
        warned(Warned): Something to tell that does not end the run.
        held(Paused): The run waits although nobody asked for it, and says why.
        snapshot_taken(Snapshot): The weights, after `ask_snapshot`.
        ended(RunEnded): The last one; `running` is False already.
    """

    changed = Signal()
    activity_changed = Signal(object)
    warned = Signal(object)
    held = Signal(object)
    snapshot_taken = Signal(object)
    ended = Signal(object)

    def __init__(
        self,
        studio: Studio,
        config: RunConfig,
        *,
        runs_dir: Path,
        resume: Path | None = None,
        curves: RunCurves | None = None,
        changes: Mapping[str, Any] | None = None,
        processes: int = 1,
        parent: QObject | None = None,
    ) -> None:
        """Prepares a run; `start` begins it.

        Args:
            studio: The shared state.
            config: The run.
            runs_dir: Where the folder of a new run is made.
            resume: Folder of the run to go on with.
            curves: What is known of a resumed run.
            changes: Fields of the recipe that are changed when it is resumed.
            processes: How many processes share each batch.
            parent: Owner.
        """
        super().__init__(parent)
        self._changes = dict(changes or {})
        recipe = config.recipe.replace(**self._changes)
        self.config = config.model_copy(update={"recipe": recipe})
        self.processes = processes
        self.run_dir = resume
        self.curves = curves or RunCurves(config.network.name)
        if processes > 1:  # their folder is followed from its first step on
            self.curves = self.curves.until(0)
        self.started: RunStarted | None = None
        self.latest: StepDone | None = None
        self.checkpoint: CheckpointSaved | None = None
        self.end: RunEnded | None = None
        self.activity = Activity("starting")
        self.running = False
        self._studio = studio
        self._runs_dir = runs_dir
        self._resume = resume is not None
        self._control = TaskControl()
        self._pace = Pace()
        self._waiting: list[StepDone] = []
        self._held = False

    @property
    def paused(self) -> bool:
        """Whether the run waits, or will after the present step."""
        return self.running and (self._control.paused or self._held)

    @property
    def can_pause(self) -> bool:
        """Whether it can wait: processes of their own can only be stopped."""
        return self.processes == 1

    @property
    def stopping(self) -> bool:
        """Whether the run has been asked to end."""
        return self.running and self._control.stopping

    @property
    def epochs_done(self) -> float:
        """Epochs done, with the fraction of the present one."""
        return self.curves.last_step / self.curves.steps_per_epoch if self.known else 0.0

    @property
    def known(self) -> bool:
        """Whether it is known how many steps the run and an epoch have."""
        return self.curves.total_steps > 0

    @property
    def epochs(self) -> int:
        """Epochs of the whole run, the last of them perhaps a part of one."""
        recipe = self.config.recipe
        return recipe.total_epochs(self.curves.steps_per_epoch) if self.known else recipe.epochs

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the run has finished at its present pace; None while unknown."""
        if not self.known or self.paused:
            return None
        return self._pace.seconds_left(self.curves.total_steps)

    def start(self) -> None:
        """Begins the run in a worker."""
        self.running = True
        self._studio.set_training(True)
        self._studio.workers.start(
            self._job,
            title=self.tr("Training {name}").format(name=self.config.network.name),
            lane=LANE,
            cancellable=False,
            on_event=self._take,
            on_error=self._crashed,
            on_done=self._done,
        )
        self._set_activity(Activity("starting"))

    def pause(self) -> None:
        """Lets the run wait after the present step."""
        if self.can_pause:
            self._control.pause()
            self._set_activity(Activity("pausing"))

    def resume(self) -> None:
        """Lets a waiting run go on; one that waits for room on the disk tries again."""
        self._control.resume()
        self._held = False
        self._set_activity(Activity("training"))

    def ask_snapshot(self) -> None:
        """Asks for the weights after the present step; not of processes of their own."""
        self._control.ask_snapshot()

    def stop(self) -> None:
        """Saves and ends the run after the present step."""
        self._control.stop()
        self._set_activity(Activity("saving"))

    def flush(self) -> None:
        """Appends the steps that have arrived to the curves; called before they are drawn."""
        steps, self._waiting = self._waiting, []
        self.curves.add_steps(steps)

    # -- in the worker ----------------------------------------------------------------------

    def _job(self, state: TaskState) -> None:
        """Trains; a plain function, so that a cancelled task still ends by its own rules."""
        from resnet_studio.errors import StudioError

        self._control.cancelled = lambda: state.cancelled
        forward = Forwarder(lambda event: self._tell(state, event))
        try:
            for event in self._events(state, forward):
                forward.add(event)
        except StudioError as error:  # before the first event: `fit` tells it by one
            forward.add(RunEnded("failed", 0, 0, error.message, error.remedy))
        forward.flush()

    def _events(self, state: TaskState, forward: Forwarder) -> Iterator[object]:
        from resnet_studio.gui.training.jobs import train_in_processes
        from resnet_studio.training.loop import fit
        from resnet_studio.training.runs import RunFolder

        run_dir = self.run_dir or RunFolder.create(self._runs_dir, self.config).path
        if self.processes == 1:
            return fit(self.config, run_dir=run_dir, control=self._control, resume=self._resume)
        self.run_dir = run_dir
        return train_in_processes(
            run_dir,
            state,
            processes=self.processes,
            control=self._control,
            changes=self._changes,
            idle=forward.flush,
        )

    def _tell(self, state: TaskState, event: object) -> None:
        """Hands an event, or a tuple of steps, to the window.

        The end is also kept here: the events of a cancelled task are not delivered.
        """
        if isinstance(event, RunEnded):
            self.end = event
        last = event[-1] if isinstance(event, tuple) else event
        if isinstance(last, (StepDone, Paused)) and self.known:
            state.progress(last.step, self.curves.total_steps, self._status_text(last))
        state.event(event)

    def _status_text(self, step: StepDone | Paused) -> str:
        if isinstance(step, Paused):
            return self.tr("Paused: {name}").format(name=self.config.network.name)
        return self.tr("Training {name}: epoch {epoch} of {epochs}").format(
            name=self.config.network.name, epoch=step.epoch, epochs=self.epochs
        )

    # -- in the GUI thread ------------------------------------------------------------------

    def _take(self, event: object) -> None:
        if isinstance(event, tuple):
            self._steps(event)
        elif isinstance(event, RunStarted):
            self._begin(event)
        elif isinstance(event, EpochDone):
            self.flush()
            self.curves.add_epoch(event)
        elif isinstance(event, Progress):
            self._set_activity(Activity(event.phase, event.done, event.total))
        elif isinstance(event, CheckpointSaved):
            self.checkpoint = event
        elif isinstance(event, Paused):
            self._paused(event)
        elif isinstance(event, Resumed):
            self._held = False
            self._pace.restart(event.step, time.monotonic())
            self._set_activity(Activity("training"))
        elif isinstance(event, Warned):
            self.warned.emit(event)
        elif isinstance(event, Snapshot):
            self.snapshot_taken.emit(event)
        else:
            self._take_of_folder(event)
        self.changed.emit()

    def _take_of_folder(self, event: object) -> None:
        """Takes what following a folder tells beside steps and epochs."""
        if isinstance(event, Reload):
            self._waiting.clear()
            self.curves = self.curves.until(0)
        elif isinstance(event, StatusRead) and event.status.total_steps:
            self.curves.name = self.run_dir.name if self.run_dir is not None else ""
            lengths(self.curves, self.config.recipe, event.status)

    def _begin(self, event: RunStarted) -> None:
        self.started = event
        self.run_dir = event.run_dir
        if self.curves.last_step > event.start_step:
            self.curves = self.curves.until(event.start_step)
        self.curves.name = event.run_dir.name
        self.curves.sections = event.sections
        self.curves.steps_per_epoch = event.steps_per_epoch
        self.curves.expect(event.total_steps)
        self._pace.restart(event.start_step, time.monotonic())
        self._set_activity(Activity("training"))

    def _steps(self, events: tuple[StepDone, ...]) -> None:
        if self.latest is None and self.started is None:
            self._pace.restart(events[0].step, time.monotonic())
        self.latest = events[-1]
        self._waiting.extend(events)
        self._pace.mark(events[-1].step, time.monotonic())
        if self.activity.phase not in ("training", "pausing", "paused", "held", "saving"):
            self._set_activity(Activity("training"))

    def _paused(self, event: Paused) -> None:
        if not event.reason:
            self._set_activity(Activity("paused"))
            return
        self._held = True
        self._set_activity(Activity("held", text=event.reason))
        self.held.emit(event)

    def _set_activity(self, activity: Activity) -> None:
        """Shows what happens; a wish to stop or to pause stands until it is fulfilled."""
        if self.stopping and activity.phase != "saving":
            activity = Activity("saving")
        elif self.paused and activity.phase not in ("pausing", "paused", "held"):
            activity = Activity("pausing")
        if activity != self.activity:
            self.activity = activity
            self.activity_changed.emit(activity)

    def _crashed(self, error: BaseException) -> None:
        """A defect of the program: `fit` tells everything else by `RunEnded`."""
        self._studio.show_error(error)
        step = self.curves.last_step
        message = self.tr("The run ended at step {step} because of an error in the program.")
        self.end = RunEnded("failed", step, int(self.epochs_done), message.format(step=step))

    def _done(self) -> None:
        self.flush()
        self.running = False
        if self.end is None:
            message = self.tr("The run was ended.")
            self.end = RunEnded("stopped", self.curves.last_step, int(self.epochs_done), message)
        self.activity = Activity("ended")
        self._studio.set_training(False)
        self.activity_changed.emit(self.activity)
        self.changed.emit()
        self.ended.emit(self.end)
