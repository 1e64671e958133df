"""One run in progress: started in a worker, steered by flags, followed by its events.

The session knows no widget. It keeps the curves and the figures of the run; the panel shows them
when `changed` says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.curves import RunCurves
from resnet_studio.gui.training.pace import Pace
from resnet_studio.gui.workers import TaskState
from resnet_studio.training.config import RunConfig
from resnet_studio.training.control import Control
from resnet_studio.training.events import (
    CheckpointSaved,
    EpochDone,
    Event,
    Paused,
    Progress,
    Resumed,
    RunEnded,
    RunStarted,
    StepDone,
    Warned,
)

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
        while self.paused:
            with self._changed:
                self._changed.wait(timeout=_LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class Activity:
    """What a run does now.

    Attributes:
        phase: "starting", "data", "network", "resume", "training", "validation", "pausing",
            "paused", "saving" or "ended".
        done: Units done of the phase.
        total: Units in all; 0 where nobody can tell.
    """

    phase: str
    done: int = 0
    total: int = 0


class Session(QObject):
    """A run from its start to its end.

    Signals (all in the GUI thread):
        changed(): Figures or curves have changed.
        activity_changed(Activity): The run does something else now.
        warned(Warned): Something to tell that does not end the run.
        ended(RunEnded): The last one; `running` is False already.
    """

    changed = Signal()
    activity_changed = Signal(object)
    warned = Signal(object)
    ended = Signal(object)

    def __init__(
        self,
        studio: Studio,
        config: RunConfig,
        *,
        runs_dir: Path,
        resume: Path | None = None,
        curves: RunCurves | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Prepares a run; `start` begins it.

        Args:
            studio: The shared state.
            config: The run.
            runs_dir: Where the folder of a new run is made.
            resume: Folder of the run to go on with.
            curves: What is known of a resumed run.
            parent: Owner.
        """
        super().__init__(parent)
        self.config = config
        self.run_dir = resume
        self.curves = curves or RunCurves(config.network.name)
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

    @property
    def paused(self) -> bool:
        """Whether the run waits, or will after the present step."""
        return self.running and self._control.paused

    @property
    def stopping(self) -> bool:
        """Whether the run has been asked to end."""
        return self.running and self._control.stopping

    @property
    def epochs_done(self) -> float:
        """Epochs done, with the fraction of the present one."""
        steps = self.curves.last_step
        return steps / self.started.steps_per_epoch if self.started else 0.0

    @property
    def epochs(self) -> int:
        """Epochs of the whole run, the last of them perhaps a part of one."""
        recipe = self.config.recipe
        return recipe.total_epochs(self.started.steps_per_epoch) if self.started else recipe.epochs

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the run has finished at its present pace; None while unknown."""
        if self.started is None or self.paused:
            return None
        return self._pace.seconds_left(self.started.total_steps)

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
        self._control.pause()
        self._set_activity(Activity("pausing"))

    def resume(self) -> None:
        """Lets a waiting run go on."""
        self._control.resume()
        self._set_activity(Activity("training"))

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
        """Runs `fit`; a plain function, so that a cancelled task still ends by its own rules."""
        from resnet_studio.errors import StudioError
        from resnet_studio.training.loop import fit
        from resnet_studio.training.runs import RunFolder

        self._control.cancelled = lambda: state.cancelled
        try:
            run_dir = self.run_dir or RunFolder.create(self._runs_dir, self.config).path
        except StudioError as error:
            self._tell(state, RunEnded("failed", 0, 0, error.message, error.remedy))
            return
        for event in fit(self.config, run_dir=run_dir, control=self._control, resume=self._resume):
            self._tell(state, event)

    def _tell(self, state: TaskState, event: Event) -> None:
        """Hands an event to the window.

        The end is also kept here: the events of a cancelled task are not delivered.
        """
        if isinstance(event, RunEnded):
            self.end = event
        if isinstance(event, (StepDone, Paused)) and self.started is not None:
            state.progress(event.step, self.started.total_steps, self._status_text(event))
        state.event(event)

    def _status_text(self, step: StepDone | Paused) -> str:
        if isinstance(step, Paused):
            return self.tr("Paused: {name}").format(name=self.config.network.name)
        return self.tr("Training {name}: epoch {epoch} of {epochs}").format(
            name=self.config.network.name, epoch=step.epoch, epochs=self.epochs
        )

    # -- in the GUI thread ------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        if isinstance(event, StepDone):
            self._step(event)
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
            self._set_activity(Activity("paused"))
        elif isinstance(event, Resumed):
            self._pace.restart(event.step, time.monotonic())
            self._set_activity(Activity("training"))
        elif isinstance(event, Warned):
            self.warned.emit(event)
        self.changed.emit()

    def _begin(self, event: RunStarted) -> None:
        self.started = event
        self.run_dir = event.run_dir
        if self.curves.last_step > event.start_step:
            self.curves = self.curves.until(event.start_step)
        self.curves.name = event.run_dir.name
        self.curves.steps_per_epoch = event.steps_per_epoch
        self.curves.total_steps = event.total_steps
        self._pace.restart(event.start_step, time.monotonic())
        self._set_activity(Activity("training"))

    def _step(self, event: StepDone) -> None:
        self.latest = event
        self._waiting.append(event)
        self._pace.mark(event.step, time.monotonic())
        if self.activity.phase in ("validation", "network", "data", "resume", "starting"):
            self._set_activity(Activity("training"))

    def _set_activity(self, activity: Activity) -> None:
        """Shows what happens; a wish to stop or to pause stands until it is fulfilled."""
        if self.stopping and activity.phase != "saving":
            activity = Activity("saving")
        elif self.paused and activity.phase not in ("pausing", "paused"):
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
