"""`fit`: one training run as a generator of events.

The window and the command line run the same generator; neither it nor what it yields knows of
them. Between two steps everything is consistent: there the levers of `Control` are read, there a
checkpoint can be made, and there the generator may be closed.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.batches import Batch, PictureCache, batches
from resnet_studio.data.sources import Problem, Subset
from resnet_studio.errors import Cancelled, RunError, StudioError
from resnet_studio.training import checkpoint
from resnet_studio.training.checkpoint import Best
from resnet_studio.training.config import RunConfig
from resnet_studio.training.control import Control
from resnet_studio.training.devices import memory_error, out_of_memory
from resnet_studio.training.events import (
    EpochDone,
    Event,
    Outcome,
    Paused,
    Progress,
    Resumed,
    RunEnded,
    StepDone,
    Warned,
)
from resnet_studio.training.metrics import Sums, Throughput
from resnet_studio.training.optim import set_learning_rate
from resnet_studio.training.runs import RunFolder
from resnet_studio.training.schedules import learning_rate
from resnet_studio.training.seeding import step_randomness
from resnet_studio.training.setup import Prepared, prepare
from resnet_studio.training.steps import train_step, validation_step
from resnet_studio.training.threads import Threads

# A device with a queue is asked for its figures this often, so that it rarely has to wait.
_READ_SECONDS: Final = 0.1
_READ_STEPS: Final = 50
_PROGRESS_SECONDS: Final = 0.1


def fit(
    config: RunConfig,
    *,
    run_dir: Path,
    control: Control | None = None,
    resume: bool = False,
) -> Generator[Event, None, None]:
    """Trains a network, telling what happens as it happens.

    The last event is always `RunEnded`. Whatever a person can cause (data that is missing, a
    device that is not there or has too little memory, a learning rate that makes the loss
    infinite) is a `RunEnded` with the outcome "failed", a message and a remedy; it is never
    raised. What is raised is a defect of the program.

    A checkpoint is saved after every epoch, when pausing, stopping or closing the generator, and
    after `recipe.checkpoint_seconds` within an epoch. A run that is resumed gives the same bits as
    one that was never stopped, on the same device with as many threads.

    Args:
        config: The run; when resuming, that of the run, except for what may change
            (`setup.CHANGEABLE`), such as the number of epochs.
        run_dir: Folder of the run; made if it does not exist.
        control: Levers for another thread. While the run is paused, `next` blocks until it is
            resumed or stopped.
        resume: Whether to go on with the run that is in `run_dir`.

    Yields:
        Events: frozen, without tensors.
    """
    folder = RunFolder(run_dir)
    control = control or Control()
    with contextlib.ExitStack() as resources:
        try:
            prepared = yield from prepare(
                config, folder, control=control, resume=resume, resources=resources
            )
        except (StudioError, Cancelled, RuntimeError, MemoryError) as error:
            ended = _not_begun(folder, config, error)
        else:
            run = _Run(config, prepared, control)
            ended = yield from run.until_the_end()
    # Only now, so that whoever hears that the run has ended can open its folder at once.
    yield ended


def _not_begun(folder: RunFolder, config: RunConfig, error: Exception) -> RunEnded:
    """Returns the end of a run whose first step never came; its status stays as it was."""
    how = _explained(error, config.recipe.batch_size)
    status = folder.status()
    last = folder.checkpoints / checkpoint.LAST
    return RunEnded(
        outcome="stopped" if how is None else "failed",
        step=status.step,
        epoch=status.epoch,
        message="Stopped before the first step." if how is None else how.message,
        remedy="" if how is None else how.remedy,
        best_accuracy=status.best_accuracy,
        checkpoint=last if last.exists() else None,
    )


def _explained(error: Exception, batch_size: int) -> StudioError | None:
    """Returns what to tell a person; None if they asked for it. Raises what is a defect."""
    if isinstance(error, Cancelled):
        return None
    if isinstance(error, StudioError):
        return error
    if out_of_memory(error):
        return memory_error(batch_size)
    raise error


@dataclass(frozen=True, slots=True)
class _Pending:
    """A step whose figures may still be on their way from the device."""

    step: int
    epoch: int
    rate: float
    images: int
    images_per_second: float
    figures: Tensor


class _Run:
    """A prepared run while it trains. Its generators yield events and nothing else.

    Every method brings all attributes into agreement before it yields, because the generator may
    be closed at any yield and is then saved as it stands.
    """

    def __init__(self, config: RunConfig, prepared: Prepared, control: Control) -> None:
        self._config = config
        self._recipe = config.recipe
        self._prepared = prepared
        self._at = prepared.position
        self._keeper = prepared.keeper
        self._control = control
        self._pictures = PictureCache()
        self._pending: list[_Pending] = []
        self._told: list[Warned] = []
        self._threads = Threads(
            prepared.hardware.threads,
            count=self._at.threads,
            fixed=self._recipe.threads > 0 or not prepared.hardware.immediate,
        )
        # False while a step is under way and after NaN: then the state must not be saved.
        self._sound = True
        self._throughput = Throughput()
        self._lap_began = self._read_at = time.perf_counter()

    def until_the_end(self) -> Generator[Event, None, RunEnded]:
        """Trains all epochs that are left and returns how it ended."""
        try:
            yield from self._obey()
            while self._at.epoch < self._recipe.epochs:
                yield from self._train_epoch()
                yield from self._validate()
        except (GeneratorExit, KeyboardInterrupt):
            self._save_if_sound()
            self._end("stopped", f"Closed after step {self._at.step}.")
            raise
        except (StudioError, Cancelled, RuntimeError, MemoryError) as error:
            how = _explained(error, self._recipe.batch_size)
            yield from self._save_if_sound()
            if how is None:
                ended = self._end("stopped", f"Stopped after step {self._at.step}.")
            else:
                ended = self._end("failed", how.message, how.remedy)
        else:
            ended = self._end("finished", self._summary())
        yield from self._notices()
        return ended

    def _train_epoch(self) -> Iterator[Event]:
        at, ready = self._at, self._prepared
        ready.model.train()
        self._threads.try_more()
        self._restart_clock()
        source = self._batches(
            ready.split.train,
            self._config.train_augment,
            size=self._recipe.batch_size,
            epoch=at.epoch,
            start=at.batch,
        )
        with contextlib.closing(source):
            for batch in source:
                self._take_step(batch)
                yield from self._after_step()
        yield from self._read()
        # Batches without a readable picture have a number, too, so the last may not have come.
        at.batch = ready.steps_per_epoch
        at.step = (at.epoch + 1) * ready.steps_per_epoch

    def _batches(
        self,
        pictures: Subset,
        augment: AugmentSpec,
        *,
        size: int,
        epoch: int | None,
        start: int = 0,
    ) -> Generator[Batch, None, None]:
        """Yields one pass over pictures: shuffled in a training epoch, in order otherwise."""
        yield from batches(
            pictures,
            augment,
            batch_size=size,
            seed=self._recipe.seed,
            epoch=epoch or 0,
            shuffle=epoch is not None,
            device=self._prepared.hardware.device,
            start=start,
            skipped=self._skip,
            cache=self._pictures,
        )

    def _take_step(self, batch: Batch) -> None:
        at, ready = self._at, self._prepared
        begun = at.epoch * ready.steps_per_epoch + batch.number
        rate = learning_rate(self._recipe, begun, ready.steps_per_epoch)
        set_learning_rate(ready.optimiser, rate)
        hardware = replace(ready.hardware, threads=self._threads.for_step(begun))
        began = time.perf_counter()
        self._sound = False
        with step_randomness(self._recipe.seed, begun, hardware.device):
            figures = train_step(
                ready.model,
                ready.optimiser,
                images=batch.images,
                labels=batch.labels,
                hardware=hardware,
                label_smoothing=self._recipe.label_smoothing,
            )
        at.batch, at.step = batch.number + 1, begun + 1
        images, now = len(batch.labels), time.perf_counter()
        self._tell(self._threads.took(now - began), harmless=True)
        at.threads = self._threads.count
        speed = self._throughput.add(now, images)
        self._pending.append(_Pending(at.step, at.epoch + 1, rate, images, speed, figures))
        self._sound = True

    def _after_step(self) -> Iterator[Event]:
        late = time.perf_counter() - self._read_at >= _READ_SECONDS
        if self._prepared.hardware.immediate or late or len(self._pending) >= _READ_STEPS:
            yield from self._read()
        yield from self._notices()
        if self._keeper.due:
            yield from self._save()
        yield from self._obey()

    def _read(self) -> Iterator[Event]:
        """Yields the steps whose figures have not been read yet.

        Raises:
            RunError: If a loss is not finite.
        """
        broken = None
        for event in self._read_pending():
            if math.isfinite(event.loss):
                yield event
            else:
                broken = event
        if broken is not None:
            raise self._not_finite(
                f"The loss of step {broken.step} (epoch {broken.epoch}) is {broken.loss}"
            )

    def _read_pending(self) -> list[StepDone]:
        """Counts, logs and returns the waiting steps up to the first whose loss is not finite."""
        self._read_at = time.perf_counter()
        if not self._pending:
            return []
        figures = torch.stack([pending.figures for pending in self._pending]).tolist()
        waiting, self._pending = self._pending, []
        events = []
        for pending, (loss, correct) in zip(waiting, figures, strict=True):
            event = StepDone(
                step=pending.step,
                epoch=pending.epoch,
                loss=loss,
                accuracy=correct / pending.images,
                learning_rate=pending.rate,
                images_per_second=round(pending.images_per_second, 1),
            )
            events.append(event)
            if not math.isfinite(loss):
                self._sound = False
                break
            self._at.sums.add(images=pending.images, mean_loss=loss, correct=round(correct))
            self._keeper.log(event)
        return events

    def _validate(self) -> Iterator[Event]:
        """Ends the epoch: validates, tells, saves."""
        held_out = yield from self._judge_held_out()
        at, train = self._at, self._at.sums
        done = EpochDone(
            epoch=at.epoch + 1,
            step=at.step,
            train_loss=train.mean_loss,
            train_accuracy=train.accuracy,
            validation_loss=held_out.mean_loss,
            validation_accuracy=held_out.accuracy,
            seconds=round(train.seconds + self._lap(), 3),
        )
        if at.best is None or at.best.beaten_by(done.validation_accuracy, done.validation_loss):
            at.best = Best(done.epoch, done.validation_accuracy, done.validation_loss)
            self._keeper.keep_best()
        at.epoch, at.batch, at.sums = done.epoch, 0, Sums()
        self._keeper.log(done)
        yield done
        yield from self._notices()
        yield from self._save()
        if at.epoch < self._recipe.epochs:
            yield from self._obey()

    def _judge_held_out(self) -> Generator[Event, None, Sums]:
        """Validates the network as it is; changes nothing, so it can begin again any time."""
        self._prepared.model.eval()
        pictures, size = self._prepared.split.validation, self._recipe.validation_batch
        hardware = replace(self._prepared.hardware, threads=self._threads.count)
        figures: list[Tensor] = []
        counts: list[int] = []
        told = 0.0
        source = self._batches(pictures, self._config.validation_augment, size=size, epoch=None)
        with contextlib.closing(source):
            for batch in source:
                figures.append(
                    validation_step(
                        self._prepared.model,
                        images=batch.images,
                        labels=batch.labels,
                        hardware=hardware,
                    )
                )
                counts.append(len(batch.labels))
                if time.perf_counter() - told >= _PROGRESS_SECONDS:
                    told = time.perf_counter()
                    yield Progress("validation", batch.number + 1, -(-len(pictures) // size))
                yield from self._notices()
                yield from self._obey()
        return self._sums_of(figures, counts)

    def _sums_of(self, figures: list[Tensor], counts: list[int]) -> Sums:
        """Adds up a validation.

        Raises:
            RunError: If the loss is not finite.
        """
        sums = Sums()
        for images, (loss, correct) in zip(counts, torch.stack(figures).tolist(), strict=True):
            sums.add(images=images, mean_loss=loss, correct=round(correct))
        if not math.isfinite(sums.loss):
            raise self._not_finite(f"The validation loss after step {self._at.step} is {sums.loss}")
        return sums

    def _obey(self) -> Iterator[Event]:
        """Does what the levers say.

        Raises:
            Cancelled: If the run shall end; everything is saved then.
        """
        if self._control.paused:
            yield from self._save()
            self._lap_into_sums()
            yield Paused(self._at.step)
            self._control.wait_while_paused()
            self._restart_clock()
            if not self._control.stopping:
                yield Resumed(self._at.step)
        if self._control.stopping:
            yield from self._save()
            raise Cancelled

    def _save(self) -> Iterator[Event]:
        """Saves the run as it stands, unless that is what was saved last.

        Raises:
            RunError: If the weights are not finite; they are not saved then.
        """
        yield from self._read()
        self._lap_into_sums()
        at = self._at
        if self._keeper.has(at):
            return
        if not checkpoint.all_finite(self._prepared.model.state_dict()):
            raise self._not_finite(f"After step {at.step} (epoch {at.epoch + 1}) a weight is NaN")
        event = self._keeper.save(at, self._prepared.model, self._prepared.optimiser)
        self._throughput.restart(time.perf_counter())
        yield event

    def _save_if_sound(self) -> list[Event]:
        """Saves when the run ends early, if what there is deserves it."""
        if not self._sound:
            return []
        try:
            return list(self._save())
        except RunError:
            return []

    def _not_finite(self, what: str) -> RunError:
        """Returns the error for a loss or weights that are NaN or infinite."""
        self._sound = False
        rate = self._prepared.optimiser.param_groups[0]["lr"]
        good = ""
        if self._keeper.saved_step is not None:
            good = f" The checkpoint of step {self._keeper.saved_step} is still good."
        return RunError(
            f"{what}, with the learning rate {rate:g}.",
            remedy=f"Start a new run with a smaller learning rate, for example {rate / 10:g}, or a "
            f"longer warm-up.{good}",
        )

    def _end(self, outcome: Outcome, message: str, remedy: str = "") -> RunEnded:
        """Writes down how the run ended and returns the event for it."""
        at, kept = self._at, self._keeper
        if kept.saved_step not in {None, at.step}:
            message = f"{message} The last checkpoint is of step {kept.saved_step}."
        ended = RunEnded(
            outcome=outcome,
            step=at.step,
            epoch=at.epoch,
            message=message,
            remedy=remedy,
            best_accuracy=at.best.accuracy if at.best else None,
            checkpoint=kept.saved,
        )
        kept.end(ended, at)
        return ended

    def _summary(self) -> str:
        best = self._at.best
        length = f"{self._at.epoch} epoch{'' if self._at.epoch == 1 else 's'}"
        if best is None:
            return f"Finished after {length}."
        return (
            f"Finished after {length}; the best validation accuracy, "
            f"{best.accuracy:.2%}, was reached in epoch {best.epoch}."
        )

    def _skip(self, problem: Problem) -> None:
        """Notes a picture that turned out to be broken; called by the batch maker."""
        self._tell(f"{problem} It is left out.")

    def _tell(self, text: str, *, harmless: bool = False) -> None:
        if text:
            self._told.append(Warned(text, harmless))

    def _notices(self) -> Iterator[Event]:
        told, self._told = self._told, []
        yield from told
        yield from self._keeper.take_notices()

    def _restart_clock(self) -> None:
        self._lap_began = time.perf_counter()
        self._throughput.restart(self._lap_began)

    def _lap(self) -> float:
        """Returns the seconds since the last call."""
        now = time.perf_counter()
        seconds, self._lap_began = now - self._lap_began, now
        return seconds

    def _lap_into_sums(self) -> None:
        self._at.sums.seconds += self._lap()
