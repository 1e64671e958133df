"""What a run leaves on the disk while it trains: curves, checkpoints, weights, status.

A disk that is full or gone never ends a run: the person is told what, why and what to do, the
last good checkpoint stays, and the next save tries again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from resnet_studio.errors import CheckpointError, RunError
from resnet_studio.models.checkpoints import save_weights
from resnet_studio.models.resnet import ResNet
from resnet_studio.training import checkpoint, metrics
from resnet_studio.training.checkpoint import Best, Position, TrainingState
from resnet_studio.training.events import CheckpointSaved, EpochDone, RunEnded, StepDone, Warned
from resnet_studio.training.runs import RunFolder, RunStatus


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
    """

    config: str
    classes: tuple[str, ...]
    preprocessing: dict[str, Any]
    hardware: dict[str, Any]
    data: dict[str, Any]
    total_steps: int
    every_seconds: float


class Keeper:
    """Writes the files of one run.

    Attributes:
        saved: The newest checkpoint that is known to be whole; None if there is none.
        saved_step: Its step; None if there is none.
    """

    def __init__(self, folder: RunFolder, about: About) -> None:
        """Opens the metrics file for appending.

        Raises:
            RunError: If it cannot be opened.
        """
        self._folder = folder
        self._about = about
        self._best_waits = False
        self._log_fails = False
        self._saved_at = time.monotonic()
        self._notices: list[Warned] = []
        self.saved: Path | None = None
        self.saved_step: int | None = None
        self._saved_epoch = -1
        try:
            self._log = metrics.MetricsLog(folder.metrics_path)
        except OSError as error:
            raise RunError(
                f"{folder.metrics_path} cannot be written: {error.strerror or error}.",
                remedy="Make the folder writable, or start a new run elsewhere.",
            ) from error

    def found(self, position: Position) -> None:
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
        self._best_waits = True

    @property
    def due(self) -> bool:
        """True when the longest time between two saves has passed."""
        return time.monotonic() - self._saved_at >= self._about.every_seconds

    def save(self, position: Position, model: ResNet, optimiser: Any) -> CheckpointSaved | Warned:
        """Writes weights, checkpoint and status of this position.

        The best weights come first: a checkpoint must never speak of a best epoch whose weights
        are not on the disk.
        """
        self._saved_at = time.monotonic()
        path = self._folder.checkpoints / checkpoint.LAST
        try:
            self._log.flush()
            self._log.synchronise()
            if self._best_waits:
                self._save_weights(self._folder.weights("best"), model, position)
                self._best_waits = False
            self._save_weights(self._folder.weights("last"), model, position)
            checkpoint.save_state(self._folder.checkpoints, self._state(position, model, optimiser))
            self.found(position)
            self._folder.write_status(self._status(position))
        except OSError as error:
            return Warned(checkpoint.saving_problem(path, error))
        return CheckpointSaved(path, position.step)

    def write_status(self, position: Position) -> None:
        """Writes that the run is running; a failure becomes a notice."""
        self._try_status(self._status(position))

    def end(self, ended: RunEnded, position: Position) -> None:
        """Writes how the run ended; a failure becomes a notice."""
        self.log({"event": "end", "outcome": ended.outcome, "step": ended.step})
        status = self._status(position)
        self._try_status(replace(status, state=ended.outcome, message=ended.message))

    def close(self) -> None:
        """Closes the metrics file."""
        self._log.close()

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

    def _state(self, position: Position, model: nn.Module, optimiser: Any) -> TrainingState:
        return TrainingState(
            position=position,
            model=model.state_dict(),
            optimiser=optimiser.state_dict(),
            config=self._about.config,
            hardware=self._about.hardware,
            data=self._about.data,
        )

    def _save_weights(self, path: Path, model: ResNet, position: Position) -> None:
        """Writes a file of weights.

        Raises:
            OSError: If it cannot be written.
        """
        info = {"run": self._folder.name, "step": position.step, "epoch": position.epoch}
        best: Best | None = position.best
        if best is not None:
            info |= {"best_epoch": best.epoch, "best_validation_accuracy": best.accuracy}
        try:
            save_weights(
                path,
                model,
                classes=self._about.classes,
                preprocessing=self._about.preprocessing,
                info=info,
            )
        except CheckpointError as error:
            cause = error.__cause__
            raise cause if isinstance(cause, OSError) else OSError(error.message) from error
