"""The learning rate of every step, as a pure function of the recipe.

Pure, so that the window draws the schedule before training and a resumed run needs no state of
a scheduler. Only PLATEAU follows from what has happened; what it must remember is a `Plateau`,
three numbers that a checkpoint keeps. No torch here; the tests hold each course against torch's
scheduler of the same name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Schedule, Warmup

Curve: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plateau:
    """What the schedule PLATEAU knows of the run so far.

    The rate falls at the end of the `plateau_epochs`-th epoch in a row whose validation loss is not
    below the lowest before; then the waiting begins anew. In the words of torch's
    ReduceLROnPlateau: patience is `plateau_epochs` - 1, threshold, cooldown and min_lr are 0.

    Attributes:
        lowest: Lowest validation loss so far; None before the first.
        waited: Epochs since it was reached or the rate fell.
        factor: What the rate has been multiplied by so far.
    """

    lowest: float | None = None
    waited: int = 0
    factor: float = 1.0

    def after(self, validation_loss: float, recipe: Recipe) -> Plateau:
        """Returns the state after one more epoch; the same with any other schedule."""
        if recipe.schedule is not Schedule.PLATEAU:
            return self
        if self.lowest is None or validation_loss < self.lowest:
            return Plateau(validation_loss, 0, self.factor)
        if self.waited + 1 < recipe.plateau_epochs:
            return Plateau(self.lowest, self.waited + 1, self.factor)
        return Plateau(self.lowest, 0, self.factor * recipe.gamma)


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int, *, factor: float = 1.0) -> float:
    """Returns the rate that one step is taken with.

    Lengths that the recipe gives in epochs or as fractions of the run are rounded to whole steps.

    Args:
        recipe: The recipe.
        step: Steps done before this one: the first step of a run is 0. A `StepDone` event with
            `step == n` was taken with `learning_rate(recipe, n - 1, steps_per_epoch)`.
        steps_per_epoch: Optimiser steps in one epoch.
        factor: PLATEAU: `Plateau.factor` at this step.
    """
    total = recipe.total_steps(steps_per_epoch)
    if recipe.schedule is Schedule.ONE_CYCLE:
        return recipe.base_rate * _one_cycle(recipe, step, total)
    warm = _warmup_steps(recipe, steps_per_epoch)
    if step < warm:
        return recipe.base_rate * factor * _warmup_factor(recipe, step / warm)
    if recipe.schedule is Schedule.COSINE:
        course = _cosine(1.0, recipe.final_rate, _part(step, warm, total))
    else:
        course = float(recipe.gamma ** _falls(recipe, step, steps_per_epoch))
    return recipe.base_rate * factor * course


def curve(recipe: Recipe, steps_per_epoch: int, *, points: int = 2000) -> tuple[Curve, Curve]:
    """Returns what to draw: positions in epochs, and the rate at each.

    With PLATEAU that is the rate of a run in which the validation loss never stops falling: when
    it will stop is not known before.

    Args:
        recipe: The recipe.
        steps_per_epoch: Optimiser steps in one epoch.
        points: At most about this many; a long run is sampled evenly, and the step before and
            at each jump is always among them, so that a jump is drawn upright. Only where the
            rate jumps more often than that is no jump sampled on its own.
    """
    total = recipe.total_steps(steps_per_epoch)
    steps = set(range(0, total, max(1, total // points))) | {total - 1}
    for jump in _jumps(recipe, steps_per_epoch, most=points):
        steps |= {step for step in (jump - 1, jump) if 0 <= step < total}
    order = sorted(steps)
    rates = [learning_rate(recipe, step, steps_per_epoch) for step in order]
    return np.array(order, dtype=np.float64) / steps_per_epoch, np.array(rates)


def _warmup_factor(recipe: Recipe, part: float) -> float:
    """Returns the warm-up's factor after `part` (0 to 1) of it."""
    if recipe.warmup is Warmup.CONSTANT:
        return recipe.warmup_start
    return recipe.warmup_start + (1.0 - recipe.warmup_start) * part


def _one_cycle(recipe: Recipe, step: int, total: int) -> float:
    """Returns the factor of Smith & Topin 2017 (arXiv:1708.07120), with cosines for straight lines.

    As torch's OneCycleLR with two phases and its way of counting: the first step has
    `warmup_start` (torch: 1 / div_factor), step `peak` · total has 1, the last has `final_rate`
    (torch: 1 / div_factor / final_div_factor). The momentum stays as it is, whereas the paper, and
    torch unless told otherwise, lower it while the rate is high.
    """
    top = recipe.peak * total - 1.0
    if step <= top:
        return _cosine(recipe.warmup_start, 1.0, _part(step, 0.0, top))
    return _cosine(1.0, recipe.final_rate, _part(step, top, total - 1.0))


def _cosine(begin: float, end: float, part: float) -> float:
    """Returns the value after `part` (0 to 1) of half a cosine from `begin` to `end`."""
    return end + (begin - end) * 0.5 * (1.0 + math.cos(math.pi * part))


def _part(step: float, begin: float, end: float) -> float:
    """Returns how much of the way from `begin` to `end` is done, from 0 to 1."""
    return min(1.0, (step - begin) / (end - begin)) if end > begin else 1.0


def _falls(recipe: Recipe, step: int, steps_per_epoch: int) -> int:
    """Returns how often the rate has fallen by `gamma` before a step, by the recipe alone."""
    if recipe.schedule is Schedule.STEP:
        milestones = _milestone_steps(recipe, recipe.total_steps(steps_per_epoch))
        return sum(step >= milestone for milestone in milestones)
    if recipe.schedule is Schedule.PERIODIC:
        return step // _period_steps(recipe, steps_per_epoch)
    return 0


def _warmup_steps(recipe: Recipe, steps_per_epoch: int) -> int:
    # Whole steps: 400 / 352 epochs of 352 steps are 400.00000000000006.
    return round(recipe.warmup_epochs * steps_per_epoch)


def _period_steps(recipe: Recipe, steps_per_epoch: int) -> int:
    return max(1, round(recipe.period * steps_per_epoch))


def _milestone_steps(recipe: Recipe, total: int) -> list[int]:
    return [round(fraction * total) for fraction in recipe.milestones]


def _jumps(recipe: Recipe, steps_per_epoch: int, *, most: int) -> list[int]:
    """Returns the steps at which the rate changes at once; of PERIODIC none if above `most`."""
    total = recipe.total_steps(steps_per_epoch)
    if recipe.schedule is Schedule.ONE_CYCLE:
        return []
    jumps = [_warmup_steps(recipe, steps_per_epoch)]
    if recipe.schedule is Schedule.STEP:
        jumps += _milestone_steps(recipe, total)
    period = _period_steps(recipe, steps_per_epoch)
    if recipe.schedule is Schedule.PERIODIC and total <= most * period:
        jumps += range(period, total, period)
    return jumps
