"""Back to the step whose gradient is not finite, on a device that had others queued behind it.

None of them changed anything (`steps`), so all that is left to do is to count them back, and to
compute the gradient of the broken one once more: its culprit is looked for in what it leaves.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence

from resnet_studio.data.batches import Batch
from resnet_studio.training.checkpoint import Position
from resnet_studio.training.events import StepDone
from resnet_studio.training.feed import Feed
from resnet_studio.training.metrics import Sums
from resnet_studio.training.optim import set_learning_rate
from resnet_studio.training.seeding import step_randomness
from resnet_studio.training.steps import Stepper


def gone_back(
    at: Position, stepper: Stepper, feed: Feed, told: Sequence[tuple[StepDone, Sums]]
) -> Batch | None:
    """Goes back to before a broken step, if it was held back; all processes must call together.

    Args:
        at: Where the run believes to be, in the epoch of the broken step; corrected.
        stepper: Its last step is the last one of `told`; gets the gradient and the learning rate
            of the broken one.
        feed: Gives the batch of the broken step again.
        told: The broken step and all that were taken after it.

    Returns:
        The batch of the broken step; None if the step was taken, and then nothing is changed:
        its device holds none back, or its gradient was finite and only its loss was not.
    """
    broken, _ = told[0]
    if not stepper.holding or all(map(math.isfinite, broken.gradient_norms)):
        return None
    at.batch -= at.step - (broken.step - 1)
    at.step = broken.step - 1
    stepper.forget(len(told))
    set_learning_rate(stepper.optimiser, broken.learning_rate)
    with contextlib.closing(feed.training(at.epoch, start=at.batch)) as source:
        batch = next(source)
    device, world = stepper.hardware.device, stepper.world
    planned = len(batch.indices) if world.size == 1 else batch.planned
    with step_randomness(stepper.recipe.seed, at.step, device, rank=world.rank):
        stepper.train(batch.images, batch.labels, planned=planned)  # is held back as well
    stepper.forget(1)
    return batch
