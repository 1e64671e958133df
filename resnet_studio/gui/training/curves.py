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

    def __init__(self, span: int) -> None:
        self.raw = Series()
        self.smooth = Series()
        self._smoother = Smoother(span)

    def extend(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Appends raw points and smooths them."""
        values = np.asarray(y, np.float64)
        self.raw.extend(x, values)
        self.smooth.extend(x, self._smoother.feed(values))

    def set_span(self, span: int) -> None:
        """Smooths everything anew."""
        self._smoother = Smoother(span)
        self.smooth = Series()
        self.smooth.extend(self.raw.x, self._smoother.feed(self.raw.y.astype(np.float64)))


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
    """

    step: int
    epochs: float
    loss: float
    smooth_loss: float
    validation_loss: float
    accuracy: float
    smooth_accuracy: float
    validation_accuracy: float


class RunCurves:
    """Everything that was measured in one run, in the order of its steps.

    Attributes:
        name: Name of the run.
        steps_per_epoch: Optimiser steps in one epoch.
        total_steps: Steps that the whole run will have; 0 if unknown.
        span: Steps that the smoothing averages over.
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
        self.loss = Smoothed(span)
        self.accuracy = Smoothed(span)
        self.learning_rate = GrowingArray(np.float32)
        self.images_per_second = GrowingArray(np.float32)
        self.epochs: list[EpochDone] = []
        self.validation_loss = Series()
        self.validation_accuracy = Series()

    @property
    def last_step(self) -> int:
        """The last step that was measured; 0 before the first."""
        steps = self.loss.raw.x
        last = int(steps[-1]) if len(steps) else 0
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

    def add_steps(self, steps: Sequence[StepDone]) -> None:
        """Appends steps; several at once cost little more than one."""
        if not steps:
            return
        x = [step.step for step in steps]
        self.loss.extend(x, [step.loss for step in steps])
        self.accuracy.extend(x, [step.accuracy for step in steps])
        self.learning_rate.extend([step.learning_rate for step in steps])
        self.images_per_second.extend([step.images_per_second for step in steps])

    def add_epoch(self, epoch: EpochDone) -> None:
        """Appends the end of an epoch."""
        self.epochs.append(epoch)
        self.validation_loss.extend([epoch.step], [epoch.validation_loss])
        self.validation_accuracy.extend([epoch.step], [epoch.validation_accuracy])

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
        count = int(np.searchsorted(self.loss.raw.x, step, "right"))
        x = self.loss.raw.x[:count]
        curves.loss.extend(x, self.loss.raw.y[:count])
        curves.accuracy.extend(x, self.accuracy.raw.y[:count])
        curves.learning_rate.extend(self.learning_rate.values[:count])
        curves.images_per_second.extend(self.images_per_second.values[:count])
        for epoch in self.epochs:
            if epoch.step <= step:
                curves.add_epoch(epoch)
        return curves

    def reading(self, x: float) -> Reading | None:
        """Returns what the curves say at the step nearest to `x`; None while there is none."""
        steps = self.loss.raw.x
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
        )


def _latest(series: Series, step: int) -> float:
    at = int(np.searchsorted(series.x, step, "right"))
    return float(series.y[at - 1]) if at else math.nan
