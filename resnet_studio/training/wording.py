"""What a run that cannot go on says: what happened, why, and what to do about it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from resnet_studio.errors import Cancelled, DataError, RunError, StudioError
from resnet_studio.training.checkpoint import Position
from resnet_studio.training.devices import memory_error, more_parts, out_of_memory
from resnet_studio.training.distributed import World
from resnet_studio.training.events import StepDone
from resnet_studio.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a run has ended before its last epoch.

    Attributes:
        message: What happened; empty if a person asked for it.
        remedy: What to do.
        offer: Changes of the recipe with which the run can be resumed.
    """

    message: str = ""
    remedy: str = ""
    offer: tuple[tuple[str, int], ...] = ()


def explained(error: Exception, recipe: Recipe, world: World, *, stopping: bool = False) -> Reason:
    """Returns what to tell a person of an error; raises it if it is a defect of the program.

    Other processes of the run are told as well.

    Args:
        error: What ended the run.
        recipe: Its recipe.
        world: Its processes.
        stopping: Whether the run was asked to end. Who ends a whole group of processes may hit
            those that decode the pictures first, which then is no failure.
    """
    if stopping and isinstance(error, DataError):
        return Reason()
    how = _reason(world.explained(error) or error, recipe)
    if how.message:
        world.fail(how.message)
    return how


def _reason(error: Exception, recipe: Recipe) -> Reason:
    if isinstance(error, Cancelled):
        return Reason()
    if isinstance(error, StudioError):
        return Reason(error.message, error.remedy)
    if out_of_memory(error):
        told = memory_error(recipe.batch_size, accumulate=recipe.accumulate)
        parts = more_parts(recipe.batch_size, accumulate=recipe.accumulate)
        offer = () if parts is None else (("accumulate", parts),)
        return Reason(told.message, told.remedy, offer)
    raise error


def finished(at: Position, epochs: int, *, early: bool) -> str:
    """Says how a run has ended that nobody stopped.

    Args:
        at: Where it stands.
        epochs: Epochs that it could have had.
        early: Whether so many epochs had brought nothing better that it ended before the last.
    """
    length = f"{at.epoch} epoch{'' if at.epoch == 1 else 's'}"
    if at.best is None:
        return f"Finished after {length}."
    if early and at.epoch < epochs:
        length += f" of {epochs}, since {at.epoch - at.best.epoch} brought nothing better"
    return (
        f"Finished after {length}; the best validation accuracy, {at.best.accuracy:.2%}, was "
        f"reached in epoch {at.best.epoch}."
    )


def fault_of(event: StepDone) -> str:
    """Says which figure of a step is not finite, as the beginning of a sentence; or nothing."""
    of = f"of step {event.step} (epoch {event.epoch})"
    if not math.isfinite(event.loss):
        return f"The loss {of} is {event.loss}"
    return "" if all(map(math.isfinite, event.gradient_norms)) else f"The gradient {of} is infinite"


def not_finite(what: str, *, rate: float, culprit: str) -> RunError:
    """Returns the error for a loss, gradients or weights that are NaN or infinite.

    Args:
        what: What was seen, as the beginning of a sentence.
        rate: The learning rate of the step.
        culprit: The layer in which it began, in words; empty if nobody knows.
    """
    began = f" It began in {culprit}." if culprit else ""
    return RunError(
        f"{what}, with the learning rate {rate:g}.{began}",
        remedy=f"Start a new run with a smaller learning rate, for example {rate / 10:g}, or a "
        "longer warm-up.",
    )
