"""What a run leaves on the disk while it trains: curves, checkpoints, weights, status.

A disk that fails never ends a run: the person is told what, why and what to do, the last good
checkpoint stays, and the next save tries again. A disk that is full lets the run wait (`room`).
"""

from __future__ import annotations

import contextlib
import copy
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from resnet_studio.errors import CheckpointError, RunError
from resnet_studio.files import give_second_name, sweep_temporaries
from resnet_studio.models.checkpoints import save_weights
from resnet_studio.models.resnet import ResNet
from resnet_studio.training import checkpoint, metrics, retention, room
from resnet_studio.training.checkpoint import Best, Position, TrainingState
from resnet_studio.training.events import CheckpointSaved, EpochDone, RunEnded, StepDone, Warned
from resnet_studio.training.room import NoRoom
from resnet_studio.training.runs import RunFolder, RunStatus
from resnet_studio.training.steps import Stepper
from resnet_studio.training.tensorboard import EventFiles


@dataclass(frozen=True, slots=True)
class About:
    """What is the same in every save of a run.

    Attributes:
        config: The configuration as TOML.
        classes: Names of the classes.
        preprocessing: The validation pipeline as plain values.
        hardware: As `Hardware.describe` says.
        data: Sizes and classes of the data, to notice when they have changed.
        total_steps: Steps of the whole run.
        every_seconds: Longest time between two saves.
        keep_every: Epochs between two checkpoints that are kept for good; 0 for none.
        keep_most: Most of those.
        tensorboard: Whether event files are written.
        sections: Parts of the network whose gradient has a norm of its own.
    """

    config: str
    classes: tuple[str, ...]
    preprocessing: dict[str, Any]
    hardware: dict[str, Any]
    data: dict[str, Any]
    total_steps: int
    every_seconds: float
    keep_every: int = 0
    keep_most: int = 1
    tensorboard: bool = False
    sections: tuple[str, ...] = ()


class Keeper(Protocol):
    """What the loop asks of whoever keeps the run.

    Attributes:
        saved: The newest checkpoint that is known to be whole; None if there is none.
        saved_step: Its step; None if there is none.
    """

    saved: Path | None
    saved_step: int | None

    @property
    def due(self) -> bool:
        """Whether the longest time between two saves has passed."""

    def has(self, position: Position) -> bool:
        """Tells whether the newest checkpoint is of this position."""

    def log(self, event: StepDone | EpochDone | dict[str, Any]) -> None:
        """Appends a line to the curves."""

    def take_notices(self) -> list[Warned]:
        """Returns what a person should be told since the last call."""

    def keep_best(self) -> None:
        """Notes that the weights as they are now are the best; the next save writes them."""

    def save(self, position: Position, stepper: Stepper) -> CheckpointSaved | Warned | NoRoom:
        """Writes weights, checkpoint and status of this position."""

    def end(self, ended: RunEnded, position: Position) -> None:
        """Writes how the run ended."""

    def close(self) -> None:
        """Closes all files."""


class Writer:
    """The keeper that writes the files of one run."""

    def __init__(self, folder: RunFolder, about: About, *, found: Position | None) -> None:
        """Opens the files for appending.

        Args:
            folder: The run's folder.
            about: What is the same in every save.
            found: The position of the newest checkpoint, if the run goes on from one.

        Raises:
            RunError: If a file cannot be opened, or TensorBoard is missing that is asked for.
        """
        self._folder = folder
        self._about = about
        self._best_waits = False
        self._best_aside: tuple[ResNet, Position] | None = None
        self._log_fails = False
        self._unswept = False
        self._saved_at = time.monotonic()
        self._notices: list[Warned] = []
        self.saved: Path | None = None
        self.saved_step: int | None = None
        self._saved_epoch = -1
        step = found.step if found else 0
        if found is not None:
            self._found(found)
        self._board: EventFiles | None = None
        if about.tensorboard:
            self._board = EventFiles(folder.tensorboard, start=step, sections=about.sections)
        try:
            self._log = metrics.MetricsLog(folder.metrics_path)
        except OSError as error:
            raise RunError(
                f"{folder.metrics_path} cannot be written: {error.strerror or error}.",
                remedy="Make the folder writable, or start a new run elsewhere.",
            ) from error

    def _found(self, position: Position) -> None:
        """Notes that the newest checkpoint is of this position."""
        self.saved = self._folder.checkpoints / checkpoint.LAST
        self.saved_step, self._saved_epoch = position.step, position.epoch

    def has(self, position: Position) -> bool:
        """Tells whether the newest checkpoint is of this position."""
        return (self.saved_step, self._saved_epoch) == (position.step, position.epoch)

    def log(self, event: StepDone | EpochDone | dict[str, Any]) -> None:
        """Appends a line to the curves; a failure becomes one notice until it works again."""
        try:
            self._log.write(event)
            if self._board is not None and isinstance(event, (StepDone, EpochDone)):
                self._board.write(event)
        except OSError as error:
            if not self._log_fails:
                self._notices.append(Warned(checkpoint.saving_problem(self._log.path, error)))
            self._log_fails = True
        else:
            self._log_fails = False

    def take_notices(self) -> list[Warned]:
        """Returns what a person should be told since the last call."""
        notices, self._notices = self._notices, []
        return notices

    def keep_best(self) -> None:
        """Notes that the weights as they are now are the best; the next save writes them."""
        self._best_waits, self._best_aside = True, None

    @property
    def due(self) -> bool:
        """True when the longest time between two saves has passed."""
        return time.monotonic() - self._saved_at >= self._about.every_seconds

    def save(self, position: Position, stepper: Stepper) -> CheckpointSaved | Warned | NoRoom:
        """Writes weights, checkpoint and status of this position.

        The best weights come first: a checkpoint must never speak of a best epoch whose weights
        are not on the disk.
        """
        self._saved_at = time.monotonic()
        path = self._folder.checkpoints / checkpoint.LAST
        state = self._state(position, stepper)
        try:
            self._write(state, stepper)
        except OSError as error:
            self._unswept = True
            if error.errno in room.FULL:
                needed = room.needed_bytes(state.model, state.optimiser, state.average or {})
                needed += room.needed_bytes(state.model, state.model)
                return NoRoom(path, needed, room.free_bytes(self._folder.path))
            self._set_best_aside(position, stepper)
            return Warned(checkpoint.saving_problem(path, error))
        self._sweep()
        return CheckpointSaved(path, position.step)

    def _set_best_aside(self, position: Position, stepper: Stepper) -> None:
        """Copies the best weights if they could not be written: training goes on without them."""
        if self._best_waits and self._best_aside is None:
            self._best_aside = copy.deepcopy(stepper.judged), replace(position)

    def _sweep(self) -> None:
        """Removes what a save that failed could not remove itself."""
        if self._unswept:
            with contextlib.suppress(OSError):
                sweep_temporaries(self._folder.checkpoints)
                sweep_temporaries(self._folder.path)
                self._unswept = False

    def _write(self, state: TrainingState, stepper: Stepper) -> None:
        """Writes a position; OSError if something of it cannot be written."""
        position = state.position
        self._log.flush()
        self._log.synchronise()
        if self._best_waits:
            best = self._best_aside or (stepper.judged, position)
            self._save_weights(self._folder.weights("best"), *best)
            self._best_waits, self._best_aside = False, None
        last = self._folder.weights("last")
        self._save_weights(last, stepper.judged, position)
        kept = None
        if self._kept_for_good(position):
            kept = retention.checkpoint_of(self._folder, position.epoch)
            give_second_name(last, kept.with_suffix(last.suffix))
        checkpoint.save_state(self._folder.checkpoints, state, kept=kept)
        self._found(position)
        if kept is not None:
            retention.drop_oldest(self._folder, most=self._about.keep_most)
        self._folder.write_status(self._status(position))

    def _kept_for_good(self, position: Position) -> bool:
        every = self._about.keep_every
        return (
            every > 0
            and position.batch == 0
            and position.epoch > 0
            and not (position.epoch % every)
        )

    def write_status(self, position: Position) -> None:
        """Writes that the run is running; a failure becomes a notice."""
        self._try_status(self._status(position))

    def end(self, ended: RunEnded, position: Position) -> None:
        """Writes how the run ended; a failure becomes a notice."""
        self.log({"event": "end", "outcome": ended.outcome, "step": ended.step})
        status = self._status(position)
        self._try_status(replace(status, state=ended.outcome, message=ended.message))

    def close(self) -> None:
        """Closes the metrics file and TensorBoard's; what the disk says of that changes nothing."""
        with contextlib.suppress(OSError):
            self._log.close()
        if self._board is not None:
            with contextlib.suppress(OSError):
                self._board.close()

    def _status(self, position: Position) -> RunStatus:
        return RunStatus(
            state="running",
            step=position.step,
            total_steps=self._about.total_steps,
            epoch=position.epoch,
            best_accuracy=position.best.accuracy if position.best else None,
        )

    def _try_status(self, status: RunStatus) -> None:
        try:
            self._folder.write_status(status)
        except OSError as error:
            self._notices.append(Warned(checkpoint.saving_problem(self._folder.path, error)))

    def _state(self, position: Position, stepper: Stepper) -> TrainingState:
        return TrainingState(
            position=position,
            model=stepper.model.state_dict(),
            optimiser=stepper.optimiser.state_dict(),
            config=self._about.config,
            hardware=self._about.hardware,
            data=self._about.data,
            average=None if stepper.average is None else stepper.average.state_dict(),
        )

    def _save_weights(self, path: Path, network: ResNet, position: Position) -> None:
        """Writes the weights to use: their running mean, where the recipe has one.

        Raises:
            OSError: If they cannot be written.
        """
        info = {"run": self._folder.name, "step": position.step, "epoch": position.epoch}
        best: Best | None = position.best
        if best is not None:
            info |= {"best_epoch": best.epoch, "best_validation_accuracy": best.accuracy}
        try:
            save_weights(
                path,
                network,
                classes=self._about.classes,
                preprocessing=self._about.preprocessing,
                info=info,
            )
        except CheckpointError as error:
            cause = error.__cause__
            raise cause if isinstance(cause, OSError) else OSError(error.message) from error


class Bystander:
    """The keeper of a process that shares a run and writes nothing: another one does.

    It believes that every save came through; the loop learns from the writer where it did not.
    """

    def __init__(self, found: Position | None) -> None:
        self.saved: Path | None = None
        self.saved_step: int | None = None
        self._saved_epoch = -1
        if found is not None:
            self.saved_step, self._saved_epoch = found.step, found.epoch

    @property
    def due(self) -> bool:
        """Never: the writer says when."""
        return False

    def has(self, position: Position) -> bool:
        """Tells whether the last save was of this position."""
        return (self.saved_step, self._saved_epoch) == (position.step, position.epoch)

    def log(self, event: StepDone | EpochDone | dict[str, Any]) -> None:
        """Writes nothing."""

    def take_notices(self) -> list[Warned]:
        """Returns nothing."""
        return []

    def keep_best(self) -> None:
        """Keeps nothing."""

    def save(self, position: Position, stepper: Stepper) -> CheckpointSaved | Warned | NoRoom:
        """Notes the position."""
        self.saved_step, self._saved_epoch = position.step, position.epoch
        return CheckpointSaved(Path(), position.step)

    def end(self, ended: RunEnded, position: Position) -> None:
        """Writes nothing."""

    def close(self) -> None:
        """Has nothing to close."""
