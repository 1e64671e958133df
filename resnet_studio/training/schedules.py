"""The learning rate of every step, as a pure function of the recipe.

Pure, so that the window draws the schedule before training and a resumed run needs no state of
a scheduler. No torch here.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Schedule, Warmup

Curve: TypeAlias = npt.NDArray[np.float64]


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Returns the rate that one step is taken with.

    Args:
        recipe: The recipe.
        step: Steps done before this one: the first step of a run is 0. A `StepDone` event with
            `step == n` was taken with `learning_rate(recipe, n - 1, steps_per_epoch)`.
        steps_per_epoch: Optimiser steps in one epoch.
    """
    warm = recipe.warmup_epochs * steps_per_epoch
    if step < warm:
        return recipe.learning_rate * _warmup_factor(recipe, step / warm)
    return recipe.learning_rate * _factor(recipe, step, warm, recipe.epochs * steps_per_epoch)


def curve(recipe: Recipe, steps_per_epoch: int, *, points: int = 2000) -> tuple[Curve, Curve]:
    """Returns what to draw: positions in epochs, and the rate at each.

    Args:
        recipe: The recipe.
        steps_per_epoch: Optimiser steps in one epoch.
        points: At most about this many; a long run is sampled evenly, and the step before and
            at each jump is always among them, so that a jump is drawn upright.
    """
    total = recipe.epochs * steps_per_epoch
    steps = set(range(0, total, max(1, total // points))) | {total - 1}
    for jump in _jumps(recipe, steps_per_epoch):
        steps |= {step for step in (jump - 1, jump) if 0 <= step < total}
    order = sorted(steps)
    rates = [learning_rate(recipe, step, steps_per_epoch) for step in order]
    return np.array(order, dtype=np.float64) / steps_per_epoch, np.array(rates)


def _warmup_factor(recipe: Recipe, part: float) -> float:
    """Returns the warm-up's factor after `part` (0 to 1) of it."""
    if recipe.warmup is Warmup.CONSTANT:
        return recipe.warmup_start
    return recipe.warmup_start + (1.0 - recipe.warmup_start) * part


def _factor(recipe: Recipe, step: int, warm: float, total: int) -> float:
    """Returns the schedule's factor at a step after the warm-up."""
    if recipe.schedule is Schedule.STEP:
        passed = sum(step >= milestone for milestone in _milestone_steps(recipe, total))
        return float(recipe.gamma**passed)
    if recipe.schedule is Schedule.COSINE:
        return 0.5 * (1.0 + math.cos(math.pi * (step - warm) / (total - warm)))
    return 1.0


def _milestone_steps(recipe: Recipe, total: int) -> list[int]:
    return [round(fraction * total) for fraction in recipe.milestones]


def _jumps(recipe: Recipe, steps_per_epoch: int) -> list[int]:
    """Returns the steps at which the rate changes at once."""
    total = recipe.epochs * steps_per_epoch
    jumps = [math.ceil(recipe.warmup_epochs * steps_per_epoch)]
    if recipe.schedule is Schedule.STEP:
        jumps += _milestone_steps(recipe, total)
    return jumps
