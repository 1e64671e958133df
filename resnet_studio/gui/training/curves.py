"""The curves of one run as they grow: what every step and epoch measured, and its smoothing.

Holds numbers only; `curves_view` draws them, `export` writes them. numpy only; no Qt.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from resnet_studio.gui.training.envelope import Floats, GrowingArray, Series
from resnet_studio.training.events import EpochDone, StepDone

SPANS = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000)
"""Steps that smoothing may average over; 1 is none."""
DEFAULT_SPAN = 10
_AT_ONCE = 50_000
"""Steps that are smoothed or copied at once, so that no large arrays come and go."""
_LARGEST_POWER = 500.0
"""Exponent at which `Smoother` starts a new piece: e**500 is far below float64's end."""


class Smoother:
    """An exponential moving mean that counts only what it has seen.

    With span n a value loses weight by the factor 1 - 2 / (n + 1) at each step, which is the mean
    age of a plain mean over n. The first value is returned as it is; gaps (NaN) have no weight.
    """

    def __init__(self, span: int) -> None:
        self._keep = 1.0 - 2.0 / (span + 1)
        self._sum = 0.0
        self._weight = 0.0

    def feed(self, values: Floats) -> Floats:
        """Returns the smoothed values that belong to the next `values`."""
        known = np.isfinite(values)
        if self._keep == 0.0:
            return values.astype(np.float64)
        sums = self._decayed(np.where(known, values, 0.0), self._sum)
        weights = self._decayed(known.astype(np.float64), self._weight)
        if len(values):
            self._sum, self._weight = float(sums[-1]), float(weights[-1])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(known, sums / weights, np.nan)

    def _decayed(self, values: Floats, carry: float) -> Floats:
        """Returns s[k] = keep * s[k-1] + values[k] without a Python loop over the values.

        s[k] / keep**k is a plain cumulative sum; it is taken in pieces that keep the powers
        within the range of float64.
        """
        piece = max(1, int(_LARGEST_POWER / -math.log(self._keep)))
        result = np.empty(len(values))
        for start in range(0, len(values), piece):
            part = values[start : start + piece]
            powers = self._keep ** np.arange(1.0, len(part) + 1)
            result[start : start + len(part)] = powers * (carry + np.cumsum(part / powers))
            carry = float(result[start + len(part) - 1])
        return result


class Smoothed:
    """A series of raw values and its smoothed twin, kept in step."""

    def __init__(self, span: int, x: GrowingArray, *, room: int = 0) -> None:
        """Makes an empty pair.

        Args:
            span: Steps to average over.
            x: Positions, extended by their owner before the values are.
            room: Points that are expected.
        """
        self._x, self._room = x, room
        self.raw = Series(x, room=room)
        self.smooth = Series(x, room=room)
        self._smoother = Smoother(span)

    def extend_values(self, y: npt.ArrayLike) -> None:
        """Appends raw values and smooths them."""
        values = np.atleast_1d(np.asarray(y, np.float64))
        self.raw.extend_values(values)
        self.smooth.extend_values(self._smoother.feed(values))

    def set_span(self, span: int) -> None:
        """Smooths everything anew."""
        self._smoother = Smoother(span)
        self.smooth = Series(self._x, room=self._room)
        for start in range(0, len(self.raw), _AT_ONCE):
            values = self.raw.y[start : start + _AT_ONCE].astype(np.float64)
            self.smooth.extend_values(self._smoother.feed(values))


@dataclass(frozen=True, slots=True)
class Reading:
    """What the curves say at one step; NaN where nothing was measured yet.

    Attributes:
        step: The step nearest to where the person points.
        epochs: Epochs done then.
        loss: Loss of the step's batch.
        smooth_loss: The smoothed curve there.
        validation_loss: Of the latest validation up to then.
        accuracy: Fraction of the step's batch.
        smooth_accuracy: The smoothed curve there.
        validation_accuracy: Of the latest validation up to then.
        validation_top5: Of the latest validation up to then; NaN with few classes.
        learning_rate: The rate of the step.
        images_per_second: Throughput then.
        gradient_norms: Of each section; empty where none were measured.
    """

    step: int
    epochs: float
    loss: float
    smooth_loss: float
    validation_loss: float
    accuracy: float
    smooth_accuracy: float
    validation_accuracy: float
    validation_top5: float
    learning_rate: float
    images_per_second: float
    gradient_norms: tuple[float, ...]


class RunCurves:
    """Everything that was measured in one run, in the order of its steps.

    Attributes:
        name: Name of the run.
        steps_per_epoch: Optimiser steps in one epoch.
        total_steps: Steps that the whole run will have; 0 if unknown.
        span: Steps that the smoothing averages over.
        sections: Names of the parts of the network that have a gradient norm each.
        gradients: Norm of each section's gradient; empty until some were measured.
    """

    def __init__(
        self,
        name: str = "",
        *,
        steps_per_epoch: int = 1,
        total_steps: int = 0,
        span: int = DEFAULT_SPAN,
    ) -> None:
        self.name = name
        self.steps_per_epoch = max(1, steps_per_epoch)
        self.total_steps = total_steps
        self.span = span
        self.sections: tuple[str, ...] = ()
        self._begin(total_steps)

    @property
    def steps(self) -> Floats:
        """The steps that were measured, ascending."""
        return self._steps.values

    @property
    def last_step(self) -> int:
        """The last step that was measured; 0 before the first."""
        last = int(self.steps[-1]) if len(self.steps) else 0
        return max(last, self.epochs[-1].step if self.epochs else 0)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw yet."""
        return self.last_step == 0

    @property
    def best_accuracy(self) -> float | None:
        """The highest validation accuracy; None before the first validation."""
        known = [e.validation_accuracy for e in self.epochs if math.isfinite(e.validation_accuracy)]
        return max(known, default=None)

    def expect(self, total_steps: int) -> None:
        """Says how many steps the run will have; room for them is set aside before the first."""
        self.total_steps = total_steps
        if self.empty:
            self._begin(total_steps)

    def add_steps(self, steps: Sequence[StepDone]) -> None:
        """Appends steps; several at once cost little more than one."""
        if not steps:
            return
        norms = [step.gradient_norms for step in steps]
        widest = max(map(len, norms))
        self.extend(
            [step.step for step in steps],
            loss=[step.loss for step in steps],
            accuracy=[step.accuracy for step in steps],
            learning_rate=[step.learning_rate for step in steps],
            images_per_second=[step.images_per_second for step in steps],
            gradient_norms=[n if len(n) == widest else (math.nan,) * widest for n in norms],
        )

    def extend(
        self,
        steps: npt.ArrayLike,
        *,
        loss: npt.ArrayLike,
        accuracy: npt.ArrayLike,
        learning_rate: npt.ArrayLike,
        images_per_second: npt.ArrayLike,
        gradient_norms: npt.ArrayLike = (),
    ) -> None:
        """Appends steps as columns of numbers.

        Args:
            steps: Numbers of the steps, ascending.
            loss: As many losses; NaN where there is none, as in the other columns.
            accuracy: Fractions from 0 to 1.
            learning_rate: Rates.
            images_per_second: Throughput.
            gradient_norms: (steps, sections), or empty.
        """
        count = len(self._steps)
        self._steps.extend(steps)
        self.loss.extend_values(loss)
        self.accuracy.extend_values(accuracy)
        self.learning_rate.extend_values(learning_rate)
        self.images_per_second.extend_values(images_per_second)
        self._extend_gradients(np.asarray(gradient_norms, np.float64), before=count)

    def add_epoch(self, epoch: EpochDone) -> None:
        """Appends the end of an epoch, and learns from the first one how long an epoch is."""
        if not self.epochs and epoch.epoch == 1:
            self.steps_per_epoch = max(1, epoch.step)
        self.epochs.append(epoch)
        self.validation_loss.extend([epoch.step], [epoch.validation_loss])
        self.validation_accuracy.extend([epoch.step], [epoch.validation_accuracy])
        top5 = epoch.validation_top5
        self.validation_top5.extend([epoch.step], [math.nan if top5 is None else top5])

    def add(self, events: Iterable[StepDone | EpochDone]) -> None:
        """Appends steps and epochs in the order in which they happened."""
        steps: list[StepDone] = []
        for event in events:
            if isinstance(event, StepDone):
                steps.append(event)
            else:
                self.add_epoch(event)
        self.add_steps(steps)

    def set_span(self, span: int) -> None:
        """Smooths over `span` steps from now on, also what is there."""
        if span != self.span:
            self.span = span
            self.loss.set_span(span)
            self.accuracy.set_span(span)

    def until(self, step: int) -> RunCurves:
        """Returns the curves up to and with `step`.

        A run that was killed has measured steps after its last checkpoint; resumed, it takes
        them again.
        """
        curves = RunCurves(
            self.name,
            steps_per_epoch=self.steps_per_epoch,
            total_steps=self.total_steps,
            span=self.span,
        )
        curves.sections = self.sections
        count = int(np.searchsorted(self.steps, step, "right"))
        for start in range(0, count, _AT_ONCE):
            part = slice(start, min(start + _AT_ONCE, count))
            curves.extend(
                self.steps[part],
                loss=self.loss.raw.y[part],
                accuracy=self.accuracy.raw.y[part],
                learning_rate=self.learning_rate.y[part],
                images_per_second=self.images_per_second.y[part],
                gradient_norms=np.array([series.y[part] for series in self.gradients]).T,
            )
        for epoch in self.epochs:
            if epoch.step <= step:
                curves.add_epoch(epoch)
        return curves

    def reading(self, x: float) -> Reading | None:
        """Returns what the curves say at the step nearest to `x`; None while there is none."""
        steps = self.steps
        if not len(steps):
            return None
        after = int(np.clip(np.searchsorted(steps, x), 0, len(steps) - 1))
        before = max(after - 1, 0)
        at = before if x - steps[before] <= steps[after] - x else after
        step = int(steps[at])
        return Reading(
            step=step,
            epochs=step / self.steps_per_epoch,
            loss=float(self.loss.raw.y[at]),
            smooth_loss=float(self.loss.smooth.y[at]),
            validation_loss=_latest(self.validation_loss, step),
            accuracy=float(self.accuracy.raw.y[at]),
            smooth_accuracy=float(self.accuracy.smooth.y[at]),
            validation_accuracy=_latest(self.validation_accuracy, step),
            validation_top5=_latest(self.validation_top5, step),
            learning_rate=float(self.learning_rate.y[at]),
            images_per_second=float(self.images_per_second.y[at]),
            gradient_norms=tuple(float(series.y[at]) for series in self.gradients),
        )

    def _begin(self, room: int) -> None:
        """Makes everything empty, with room for so many steps."""
        self._room = room
        self._steps = GrowingArray(np.float64, room=room)
        self.loss = Smoothed(self.span, self._steps, room=room)
        self.accuracy = Smoothed(self.span, self._steps, room=room)
        self.learning_rate = Series(self._steps, room=room)
        self.images_per_second = Series(self._steps, room=room)
        self.gradients: tuple[Series, ...] = ()
        self.epochs: list[EpochDone] = []
        self.validation_loss = Series()
        self.validation_accuracy = Series()
        self.validation_top5 = Series()

    def _extend_gradients(self, norms: Floats, *, before: int) -> None:
        """Appends the norms; steps without any, as older versions wrote them, become gaps."""
        count = len(self._steps) - before
        if norms.size and not self.gradients:
            self.gradients = tuple(Series(self._steps, room=self._room) for _ in norms[0])
            for series in self.gradients:
                series.extend_values(np.full(before, np.nan))
        if not norms.size or norms.shape != (count, len(self.gradients)):
            norms = np.full((count, len(self.gradients)), np.nan)
        for series, values in zip(self.gradients, norms.T, strict=True):
            series.extend_values(values)


def names_of(curves: RunCurves) -> tuple[str, ...]:
    """Returns the names of the sections that have a gradient norm."""
    count = len(curves.gradients)
    return curves.sections if len(curves.sections) == count else section_names(count)


def section_names(count: int) -> tuple[str, ...]:
    """Returns what the sections of a network are called, for runs that did not say."""
    return ("stem", *(f"stage {number}" for number in range(1, count - 1)), "head")[:count]


def _latest(series: Series, step: int) -> float:
    at = int(np.searchsorted(series.x, step, "right"))
    return float(series.y[at - 1]) if at else math.nan
