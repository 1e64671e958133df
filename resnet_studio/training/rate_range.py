"""The learning-rate range test: which rates a network learns at, found in a few dozen steps.

Smith 2015 (arXiv:1506.01186) trains while the rate rises and reads the useful rates off the curve.
There the rate rises in a straight line over epochs; here it is multiplied by the same factor at
each step, from far too low to far too high, so that a hundred steps span all rates that anybody
uses. What is suggested, a third of the rate with the lowest loss, is a rule of thumb and not the
paper's.

The test trains a network of its own, through the same data, augmentation and steps as a run. It
writes nothing and leaves torch's random generators as they were, so a run is the same bit for bit
whether or not there was a test before it or beside it.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from resnet_studio.data.batches import Batch, PictureCache
from resnet_studio.data.sources import DataSplit
from resnet_studio.errors import Cancelled, CheckpointError, RunError
from resnet_studio.models.resnet import ResNet
from resnet_studio.training import checkpoint
from resnet_studio.training.checks import check_fit
from resnet_studio.training.config import RunConfig
from resnet_studio.training.control import Control
from resnet_studio.training.devices import choose_hardware, memory_error, out_of_memory
from resnet_studio.training.distributed import ALONE
from resnet_studio.training.events import Event, Warned
from resnet_studio.training.feed import Feed
from resnet_studio.training.optim import set_learning_rate
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.runs import RunFolder
from resnet_studio.training.seeding import step_randomness
from resnet_studio.training.setup import make_stepper, open_split
from resnet_studio.training.steps import Stepper
from resnet_studio.training.threads import Threads

FEWEST_STEPS: Final = 20
MOST_STEPS: Final = 10_000
_LOST: Final = 4.0
"""The test ends when the smoothed loss is so many times the lowest before."""
_SMOOTHING: Final = 0.9
# The least share by which the loss must have fallen for its lowest point to mean anything.
_LEAST_FALL: Final = 0.02
# ResNet-20 on the digits, their preset but for 6 epochs, two seeds: the lowest smoothed loss is at
# 0.12 both times; training with a rate of 0.012 ends at 96.1 and 94.4 % of the pictures held out,
# with 0.04 at 99.7 and 97.8, with 0.1 at 99.2 and 98.6, with 0.3 at 98.6 and 98.3 %.
_SAFETY: Final = 3.0


@dataclass(frozen=True, slots=True)
class RatePoint:
    """One step of the test.

    Attributes:
        step: Its number, from 1.
        rate: The rate that it was taken with.
        loss: Mean cross entropy of its batch, before the step.
        smoothed: Running mean of the losses so far, each 0.9 times as heavy as the next.
    """

    step: int
    rate: float
    loss: float
    smoothed: float


@dataclass(frozen=True, slots=True)
class RangeFound:
    """The result; the last that `find` yields.

    Attributes:
        points: All steps; the last is the one that ended the test, if it ended early.
        suggested: Rate for the optimiser, two significant digits; None if the loss never fell.
        learning_rate: What to write into the recipe for that: the same, or the rate for
            `reference_batch_size` pictures if the recipe names a number.
        reason: Why this rate, or why none, as sentences for a person.
    """

    points: tuple[RatePoint, ...]
    suggested: float | None
    learning_rate: float | None
    reason: str


def find(
    config: RunConfig,
    *,
    control: Control | None = None,
    steps: int = 100,
    low: float = 1e-6,
    high: float = 10.0,
    run_dir: Path | None = None,
) -> Generator[Event | RatePoint | RangeFound, None, None]:
    """Tries rising rates on a network of its own.

    It ends before `steps` when the smoothed loss is four times the lowest, or a loss is not finite.

    Args:
        config: The run whose rate is sought; its own rate, schedule and warm-up are not used.
        control: Levers for another thread: a pause makes `next` wait, a stop ends the test.
        steps: Steps, from `FEWEST_STEPS` to `MOST_STEPS`.
        low: Rate of the first.
        high: Rate of the last.
        run_dir: Folder of a run with this network, to begin with its present weights, which are
            only read; None begins as a new run does. The optimiser is new in both cases.

    Yields:
        `Progress` while the data is opened, a `RatePoint` for each step, `Warned` where other
        programs slow it down, at last `RangeFound`.

    Raises:
        StudioError: Whatever prevents the test; a number out of its range is a `RunError`.
        Cancelled: When the control says stop.
    """
    _check(steps, low, high)
    control = control or Control()
    hardware = choose_hardware(config.recipe)
    split = yield from open_split(config, control)
    check_fit(config, split)
    rates = [low * (high / low) ** (number / (steps - 1)) for number in range(steps)]
    points: list[RatePoint] = []
    try:
        stepper = make_stepper(config, split, hardware, ALONE)
        if run_dir is not None:
            _take_weights(stepper.model, RunFolder(run_dir))
        for item in _climb(stepper, config, split, rates):
            yield item
            if isinstance(item, RatePoint):
                points.append(item)
                _obey(control)
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        recipe = config.recipe
        raise memory_error(recipe.batch_size, accumulate=recipe.accumulate) from error
    yield judge(points, config.recipe)


def judge(points: list[RatePoint], recipe: Recipe) -> RangeFound:
    """Returns what the steps of a test say.

    Args:
        points: The steps, in order, at least one.
        recipe: Tells what its rate is meant for.
    """
    steady = [point for point in points if math.isfinite(point.smoothed)]
    first = steady[0].loss if steady else math.nan
    best = min(steady, key=lambda point: point.smoothed, default=points[0])
    if not best.smoothed < (1.0 - _LEAST_FALL) * first:
        reason = (
            f"The loss fell at no rate from {points[0].rate:.2g} to {points[-1].rate:.2g}. Try "
            "more steps or lower rates, and look at the data."
        )
        return RangeFound(tuple(points), None, None, reason)
    rate = float(f"{best.rate / _SAFETY:.1e}")
    field = float(f"{rate * recipe.learning_rate / recipe.base_rate:.6g}")
    reason = (
        f"The loss was lowest, {best.smoothed:.3g}, at the rate {best.rate:.2g}; a third of that "
        "leaves room before the loss rises."
    )
    if best is points[-1]:
        reason = (
            f"The loss was still falling at the highest rate, {best.rate:.2g}; a third of that "
            "is safe, and a test of higher rates may find a better one."
        )
    return RangeFound(tuple(points), rate, field, reason)


def _check(steps: int, low: float, high: float) -> None:
    """Refuses numbers that make no test.

    Raises:
        RunError: Naming value and range.
    """
    if not FEWEST_STEPS <= steps <= MOST_STEPS:
        raise RunError(
            f"The range test shall take {steps:,} steps.",
            remedy=f"Choose from {FEWEST_STEPS:,} to {MOST_STEPS:,}.",
        )
    if not 0.0 < low < high < math.inf:
        raise RunError(
            f"The range test shall go from the rate {low:g} to {high:g}.",
            remedy="Choose a first rate above 0 and a higher last one.",
        )


def _climb(
    stepper: Stepper, config: RunConfig, split: DataSplit, rates: list[float]
) -> Iterator[RatePoint | Warned]:
    """Takes a step with each rate, until the loss is lost; tells a change of threads."""
    mean, lowest = 0.0, math.inf
    hardware, recipe = stepper.hardware, config.recipe
    threads = Threads(hardware.threads, fixed=recipe.threads > 0 or not hardware.immediate)
    source = _endless(config, split, stepper)
    with contextlib.closing(source):
        for step, (rate, batch) in enumerate(zip(rates, source, strict=False), start=1):
            stepper.hardware = replace(hardware, threads=threads.for_step(step - 1))
            began = time.perf_counter()
            loss = _step(stepper, batch, rate, step)
            took = time.perf_counter() - began
            if told := threads.took(took, part=len(batch.labels) / recipe.batch_size):
                yield Warned(told, harmless=True)
            mean = _SMOOTHING * mean + (1.0 - _SMOOTHING) * loss
            # The mean began with nothing: without this the first losses would look low.
            smoothed = mean / (1.0 - _SMOOTHING**step)
            yield RatePoint(step, rate, loss, smoothed)
            if not smoothed <= _LOST * lowest:  # also true if it is not a number
                return
            lowest = min(lowest, smoothed)


def _step(stepper: Stepper, batch: Batch, rate: float, step: int) -> float:
    """Takes one step and returns the batch's mean loss before it."""
    set_learning_rate(stepper.optimiser, rate)
    with step_randomness(stepper.recipe.seed, step - 1, stepper.hardware.device):
        figures = stepper.train(batch.images, batch.labels, planned=batch.planned)
    return float(figures[0]) / len(batch.labels)


def _endless(config: RunConfig, split: DataSplit, stepper: Stepper) -> Generator[Batch, None, None]:
    """Yields the training batches of a run, epoch after epoch."""
    with PictureCache() as cache:
        feed = Feed(config, split, stepper, cache)
        for epoch in itertools.count():
            yield from feed.training(epoch, start=0)


def _obey(control: Control) -> None:
    control.wait_while_paused()
    if control.stopping:
        raise Cancelled


def _take_weights(model: ResNet, folder: RunFolder) -> None:
    """Copies the newest weights of a run into the network; nothing in its folder is changed.

    Raises:
        RunError: If it has no checkpoint yet.
        CheckpointError: If it cannot be read, or is of another network.
    """
    paths = [folder.checkpoints / name for name in checkpoint.NAMES]
    found = next((path for path in paths if path.exists()), None)
    if found is None:
        raise RunError(
            f"{folder.path} holds no checkpoint to begin the range test with.",
            remedy="Test with new weights, or train the run first.",
        )
    try:
        model.load_state_dict(checkpoint.read_state(found).model)
    except RuntimeError as error:
        raise CheckpointError(
            f"{found} is of another network than the one to test: {str(error)[:300]}",
            remedy="Test the network of the run.",
        ) from error
