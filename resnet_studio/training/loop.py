"""`fit`: one training run as a generator of events.

The window, the command line and the processes of torchrun run the same generator; neither it nor
what it yields knows of them. Between two steps everything is consistent: there the levers of
`Control` are read, there a checkpoint can be made, and there the generator may be closed.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from torch import Tensor

from resnet_studio.data.batches import Batch
from resnet_studio.data.dataset import Problem
from resnet_studio.errors import Cancelled, RunError, StudioError
from resnet_studio.training import checkpoint, gradients, held, snapshots, waiting
from resnet_studio.training.checkpoint import Best
from resnet_studio.training.config import RunConfig
from resnet_studio.training.control import Control
from resnet_studio.training.devices import out_of_memory
from resnet_studio.training.distributed import ALONE, World
from resnet_studio.training.events import (
    CheckpointSaved,
    EpochDone,
    Event,
    Outcome,
    Paused,
    Progress,
    Resumed,
    RunEnded,
    Warned,
)
from resnet_studio.training.figures import Figures, Pending, total_of
from resnet_studio.training.metrics import Sums, Throughput
from resnet_studio.training.optim import set_learning_rate
from resnet_studio.training.room import NoRoom
from resnet_studio.training.runs import RunFolder
from resnet_studio.training.schedules import learning_rate
from resnet_studio.training.seeding import step_randomness
from resnet_studio.training.setup import Prepared, prepare
from resnet_studio.training.threads import Threads
from resnet_studio.training.wording import Reason, explained, fault_of, finished, not_finite

_PROGRESS_SECONDS: Final = 0.1


def fit(
    config: RunConfig,
    *,
    run_dir: Path,
    control: Control | None = None,
    resume: bool = False,
    world: World = ALONE,
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
            (`checks.CHANGEABLE`), such as the number of epochs.
        run_dir: Folder of the run; made if it does not exist.
        control: Levers for another thread. While the run is paused, `next` blocks until it is
            resumed or stopped.
        resume: Whether to go on with the run that is in `run_dir`.
        world: The processes that train together, each of which calls this; all get the events,
            and only the main one writes.

    Yields:
        Events: frozen, without tensors.
    """
    folder = RunFolder(run_dir)
    control = control or Control()
    with contextlib.ExitStack() as resources:
        try:
            prepared = yield from prepare(
                config, folder, control=control, resume=resume, world=world, resources=resources
            )
        except (StudioError, Cancelled, RuntimeError, MemoryError) as error:
            ended = _not_begun(folder, explained(error, config.recipe, world))
        else:
            run = _Run(config, prepared, control)
            ended = yield from run.until_the_end()
    # Only now, so that whoever hears that the run has ended can open its folder at once.
    yield ended


def _not_begun(folder: RunFolder, how: Reason) -> RunEnded:
    """Returns the end of a run whose first step never came; its status stays as it was."""
    status = folder.status()
    last = folder.checkpoints / checkpoint.LAST
    return RunEnded(
        outcome="failed" if how.message else "stopped",
        step=status.step,
        epoch=status.epoch,
        message=how.message or "Stopped before the first step.",
        remedy=how.remedy,
        best_accuracy=status.best_accuracy,
        checkpoint=last if last.exists() else None,
        offer=how.offer,
    )


class _Run:
    """A prepared run while it trains. Its generators yield events and nothing else.

    Every method brings all attributes into agreement before it yields, because the generator may
    be closed at any yield and is then saved as it stands.
    """

    def __init__(self, config: RunConfig, prepared: Prepared, control: Control) -> None:
        self._recipe = config.recipe
        self._stepper = prepared.stepper
        self._world = prepared.stepper.world
        self._at = prepared.position
        self._keeper = prepared.keeper
        self._control = control
        self._feed = prepared.feed
        self._feed.skipped = self._skip
        self._per_epoch = prepared.steps_per_epoch
        self._steps = config.recipe.total_steps(self._per_epoch)
        self._epochs = config.recipe.total_epochs(self._per_epoch)
        self._classes = len(prepared.split.classes)
        self._batch: Batch | None = None
        self._figures = Figures(self._world, eager=prepared.stepper.hardware.immediate)
        self._told: list[Warned] = []
        hardware = prepared.stepper.hardware
        alone = self._world.size == 1
        self._threads = Threads(
            hardware.threads,
            count=self._at.threads,
            # A compiled network would be compiled anew for another number of threads.
            fixed=self._recipe.threads > 0
            or not (hardware.immediate and alone)
            or self._stepper.forward is not self._stepper.model,
        )
        # False while a step is under way and after NaN: then the state must not be saved.
        self._sound = True
        self._throughput = Throughput()
        self._lap_began = time.perf_counter()

    def until_the_end(self) -> Generator[Event, None, RunEnded]:
        """Trains all epochs that are left and returns how it ended."""
        try:
            yield from self._obey()
            while self._at.epoch < self._epochs and not self._given_up:
                yield from self._train_epoch()
                yield from self._validate()
        except (GeneratorExit, KeyboardInterrupt):
            self._save_if_sound()
            self._end("stopped", Reason(f"Closed after step {self._at.step}."))
            raise
        except Exception as error:
            how = self._why(error)
            if out_of_memory(error):
                error.__traceback__ = None  # its frames hold the activations
                self._stepper.give_back()
            yield from self._save_if_sound()
            if how.message:
                ended = self._end("failed", how)
            else:
                ended = self._end("stopped", Reason(f"Stopped after step {self._at.step}."))
        else:
            ended = self._end(
                "finished", Reason(finished(self._at, self._epochs, early=self._given_up))
            )
        yield from self._notices()
        return ended

    def _why(self, error: Exception) -> Reason:
        """Returns why the run ends; raises a defect of the program, having saved what is sound."""
        try:
            return explained(error, self._recipe, self._world, stopping=self._control.stopping)
        except Exception:
            # A second failure must not hide the first one, which is being raised.
            with contextlib.suppress(Exception):
                self._save_if_sound()
                self._end("failed", Reason("An error in the program has ended the run."))
            raise

    @property
    def _given_up(self) -> bool:
        """Whether so many epochs have brought nothing better that the run ends early."""
        best, patience = self._at.best, self._recipe.early_stopping
        return patience > 0 and best is not None and self._at.epoch - best.epoch >= patience

    # -- an epoch ---------------------------------------------------------------------------

    def _train_epoch(self) -> Iterator[Event]:
        at = self._at
        self._stepper.begin_training()
        self._restart_clock()
        end = min((at.epoch + 1) * self._per_epoch, self._steps)
        with contextlib.closing(self._feed.training(at.epoch, start=at.batch)) as source:
            while at.step < end and (batch := next(source, None)) is not None:
                self._take_step(batch)
                yield from self._after_step()
        yield from self._read()
        # Batches without a readable picture have a number, too, so the last may not have come.
        at.batch, at.step = self._per_epoch, end

    def _take_step(self, batch: Batch) -> None:
        at = self._at
        begun = at.epoch * self._per_epoch + batch.number
        rate = learning_rate(self._recipe, begun, self._per_epoch, factor=at.plateau.factor)
        set_learning_rate(self._stepper.optimiser, rate)
        self._compute_with(self._threads.for_step(begun))
        began = time.perf_counter()
        figures = self._trained(batch, begun)
        if not self._stepper.intact:  # else its gradient is not finite
            at.batch, at.step = batch.number + 1, begun + 1
        images, now = len(batch.indices), time.perf_counter()
        part = batch.planned / self._recipe.batch_size
        self._tell(self._threads.took(now - began, part=part), harmless=True)
        at.threads = self._threads.count
        speed = self._throughput.add(now, batch.planned)
        self._figures.add(Pending(begun + 1, at.epoch + 1, rate, images, round(speed, 1), figures))

    def _trained(self, batch: Batch, begun: int) -> Tensor:
        """Takes the step that follows `begun` others and returns its figures."""
        self._sound, self._batch = False, batch
        device, rank = self._stepper.hardware.device, self._world.rank
        try:
            with step_randomness(self._recipe.seed, begun, device, rank=rank):
                figures = self._stepper.train(
                    batch.images,
                    batch.labels,
                    # Alone, the mean is over the pictures that could be read.
                    planned=len(batch.indices) if self._world.size == 1 else batch.planned,
                )
        except BaseException:
            self._sound = self._stepper.intact
            raise
        self._sound = True
        return figures

    def _compute_with(self, threads: int) -> None:
        """Sets the threads of the processor for what is computed next."""
        if threads != self._stepper.hardware.threads:
            self._stepper.hardware = replace(self._stepper.hardware, threads=threads)

    def _after_step(self) -> Iterator[Event]:
        if self._figures.due:
            yield from self._read()
        yield from self._notices()
        yield from self._obey()

    def _read(self) -> Iterator[Event]:
        """Counts, logs and yields the steps whose figures have not been read yet.

        Raises:
            RunError: If a loss or a gradient is not finite.
        """
        events, fault = [], ""
        taken = self._figures.take()
        for number, (event, sums) in enumerate(taken):
            if fault := fault_of(event):
                back = held.gone_back(self._at, self._stepper, self._feed, taken[number:])
                self._sound = self._stepper.intact or back is not None
                self._batch = back or self._batch
                break
            self._at.sums += sums
            self._keeper.log(event)
            events.append(event)
        yield from events  # only now: the generator may be closed at each of them
        if fault:
            raise self._not_finite(fault)

    # -- validation -------------------------------------------------------------------------

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
            train_top5=train.top5(self._classes),
            validation_top5=held_out.top5(self._classes),
        )
        if at.best is None or at.best.beaten_by(done.validation_accuracy, done.validation_loss):
            at.best = Best(done.epoch, done.validation_accuracy, done.validation_loss)
            self._keeper.keep_best()
        at.plateau = at.plateau.after(done.validation_loss, self._recipe)
        at.epoch, at.batch, at.sums = done.epoch, 0, Sums()
        self._keeper.log(done)
        yield done
        yield from self._notices()
        yield from self._save()
        if at.epoch < self._epochs and not self._given_up:
            yield from self._obey()

    def _judge_held_out(self) -> Generator[Event, None, Sums]:
        """Validates the network as it is; changes nothing, so it can begin again any time.

        Raises:
            RunError: If the loss is not finite.
        """
        self._stepper.begin_validation()
        self._compute_with(self._threads.count)
        figures: list[Tensor] = []
        images = 0
        told = 0.0
        with contextlib.closing(self._feed.validation()) as source:
            for batch in source:
                if len(batch.indices):
                    figures.append(self._stepper.validate(batch.images, batch.labels))
                    images += len(batch.indices)
                if time.perf_counter() - told >= _PROGRESS_SECONDS:
                    told = time.perf_counter()
                    yield Progress("validation", batch.number + 1, self._feed.validation_batches)
                yield from self._notices()
                yield from self._obey()
        sums = total_of(figures, images, self._world)
        if not math.isfinite(sums.loss):
            self._sound = False
            what = f"The validation loss after step {self._at.step} is {sums.loss}"
            raise self._not_finite(what, held_out=True)
        return sums

    # -- levers -----------------------------------------------------------------------------

    def _obey(self) -> Iterator[Event]:
        """Does what the levers say, of whichever process, and saves where that is due.

        Raises:
            Cancelled: If the run shall end; everything is saved then.
        """
        snapshot = partial(snapshots.asked_for, self._control, self._at, self._stepper)
        yield from snapshot()
        stopping, paused, due = self._world.any(
            self._control.stopping or self._world.deserted,
            self._control.paused,
            self._keeper.due and self._at.step > 0,
        )
        if due and not stopping:
            yield from self._save()
        if paused and not stopping:
            yield from self._save()
            self._lap_into_sums()
            yield Paused(self._at.step)
            stopping = yield from waiting.through_pause(self._control, self._world, snapshot)
            self._restart_clock()
            if not stopping:
                yield Resumed(self._at.step)
        if stopping:
            yield from self._save(waits=False)
            raise Cancelled

    # -- saving -----------------------------------------------------------------------------

    def _save(self, *, waits: bool = True) -> Iterator[Event]:
        """Saves the run as it stands, unless that is what was saved last.

        Args:
            waits: Whether to wait for room on a full disk; without, its lack is told and borne.

        Raises:
            RunError: If the weights are not finite; they are not saved then.
            Cancelled: If the run is ended while it waits.
        """
        yield from self._read()
        self._lap_into_sums()
        at = self._at
        # The writer's word counts: it knows which of its saves came through.
        (wanted,) = self._world.any(self._world.main and not self._keeper.has(at))
        if not wanted:
            return
        if not self._stepper.finite():
            self._sound = False
            raise self._not_finite(f"After step {at.step} a weight or the optimiser is not finite")
        event = yield from self._written(waits=waits)
        self._throughput.restart(time.perf_counter())
        yield Warned(event.lost) if isinstance(event, NoRoom) else event

    def _written(self, *, waits: bool) -> Generator[Event, None, CheckpointSaved | Warned | NoRoom]:
        """Writes the run as it stands, as soon as there is room for it; see `_save`."""
        seconds, told, asked = waiting.LOOK_SECONDS, None, self._control.paused
        while True:
            event = self._keeper.save(self._at, self._stepper)
            lack = event if isinstance(event, NoRoom) else None
            (full,) = self._world.any(lack is not None)
            if not full or not waits:
                break
            self._control.pause()  # before it is told: the answer may come at once
            if told is None or told != lack:
                told = lack or NoRoom(Path(), 0, None)
                yield Paused(self._at.step, told.reason, told.needed_bytes, told.free_bytes)
            if not waiting.for_room(lack, self._control, self._world, seconds=seconds):
                raise Cancelled
            seconds = min(2 * seconds, waiting.LONGEST_LOOK_SECONDS)
        if told is not None:
            if not asked:
                self._control.resume()
            self._restart_clock()
            yield Resumed(self._at.step)
        return event

    def _save_if_sound(self) -> list[Event]:
        """Saves when the run ends early, if what there is deserves it."""
        if not self._sound:
            return []
        if self._world.size > 1:
            return self._saved_alone()
        try:
            return list(self._save(waits=False))
        except RunError:
            return []
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            return []

    def _saved_alone(self) -> list[Event]:
        """Saves without the other processes, which may not be there any more."""
        kept = self._keeper
        if self._figures.waiting or kept.has(self._at) or not self._stepper.finite():
            return []
        event = kept.save(self._at, self._stepper)
        return [] if isinstance(event, NoRoom) else [event]

    def _not_finite(self, what: str, *, held_out: bool = False) -> RunError:
        """Returns the error for what is NaN or infinite: a loss, gradients, the network itself."""
        stepper, batches = self._stepper, [] if self._batch is None else [self._batch]
        culprit = gradients.culprit_among(
            stepper.judged if held_out else stepper.model,
            self._feed.validation() if held_out else batches,
            stepper.hardware,
        )
        return not_finite(
            what,
            rate=stepper.optimiser.param_groups[0]["lr"],
            culprit=culprit or ("the loss, from outputs that are still finite" if held_out else ""),
        )

    # -- the end ----------------------------------------------------------------------------

    def _end(self, outcome: Outcome, how: Reason) -> RunEnded:
        """Writes down how the run ended and returns the event for it."""
        at, kept, message = self._at, self._keeper, how.message
        if kept.saved_step is not None and (outcome == "failed" or kept.saved_step != at.step):
            message = f"{message} The last checkpoint is of step {kept.saved_step}."
        ended = RunEnded(
            outcome=outcome,
            step=at.step,
            epoch=at.epoch,
            message=message,
            remedy=how.remedy,
            best_accuracy=at.best.accuracy if at.best else None,
            checkpoint=kept.saved,
            offer=how.offer,
        )
        kept.end(ended, at)
        return ended

    # -- notices and clocks -----------------------------------------------------------------

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
