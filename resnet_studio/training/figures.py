"""The figures of steps and validations, from the device to plain numbers, of all processes.

A device with a queue works on while its figures are waited for, so they are read rarely and many
at once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from resnet_studio.training.distributed import World
from resnet_studio.training.events import StepDone
from resnet_studio.training.metrics import Sums

_READ_SECONDS: Final = 0.1
_READ_STEPS: Final = 50
_READ_STEPS_TOGETHER: Final = 10


@dataclass(frozen=True, slots=True)
class Pending:
    """A step whose figures may still be on their way from the device.

    Attributes:
        step: Its number, from 1.
        epoch: Its epoch, from 1.
        rate: The learning rate that it was taken with.
        images: Pictures of this process in its batch.
        images_per_second: Throughput over the last steps.
        figures: What `Stepper.train` returned.
    """

    step: int
    epoch: int
    rate: float
    images: int
    images_per_second: float
    figures: Tensor


class Figures:
    """Steps that have been taken and not yet told."""

    def __init__(self, world: World, *, eager: bool) -> None:
        """Has none yet.

        Args:
            world: The processes that share each step.
            eager: Whether to read every step at once, which costs nothing on the processor.
        """
        self._world = world
        self._eager = eager
        self._pending: list[Pending] = []
        self._read_at = time.perf_counter()

    @property
    def waiting(self) -> bool:
        """Whether there are steps that have not been told."""
        return bool(self._pending)

    @property
    def due(self) -> bool:
        """Whether it is time to read."""
        if self._eager:
            return True
        if self._world.size > 1:  # they must read at the same steps, whatever their clocks say
            return len(self._pending) >= _READ_STEPS_TOGETHER
        late = time.perf_counter() - self._read_at >= _READ_SECONDS
        return late or len(self._pending) >= _READ_STEPS

    def add(self, pending: Pending) -> None:
        """Notes a step."""
        self._pending.append(pending)

    def take(self) -> list[tuple[StepDone, Sums]]:
        """Returns the steps that wait, each with what it adds to the sums of its epoch.

        All processes must take together.

        Raises:
            RunError: If another process is gone; the steps wait on then.
        """
        self._read_at = time.perf_counter()
        if not self._pending:
            return []
        # Two moves: Metal has no float64, and one would convert there.
        rows = torch.stack([each.figures for each in self._pending]).cpu().to(torch.float64)
        images = torch.tensor([[float(each.images)] for each in self._pending], dtype=rows.dtype)
        sums = self._world.total(torch.cat((images, rows[:, :3]), dim=1)).tolist()
        taken, self._pending = self._pending, []
        norms = rows[:, 3:].tolist()
        return [_told(*each) for each in zip(taken, sums, norms, strict=True)]


def total_of(figures: Sequence[Tensor], images: int, world: World) -> Sums:
    """Adds up the batches of a validation; all processes must call together.

    Args:
        figures: What `Stepper.validate` returned for each batch of this process.
        images: Pictures in them.
        world: The processes that share the validation.
    """
    columns = zip(*(torch.stack(list(figures)).tolist() if figures else [[0.0] * 3]), strict=True)
    # Added exactly, so that the order and the number of processes make no difference.
    parts = [float(images), *(math.fsum(column) for column in columns)]
    count, loss, right, among = world.total(torch.tensor(parts, dtype=torch.float64)).tolist()
    return Sums(round(count), loss, round(right), round(among))


def _told(pending: Pending, row: Sequence[float], norms: Sequence[float]) -> tuple[StepDone, Sums]:
    images, loss, correct, among = row
    event = StepDone(
        step=pending.step,
        epoch=pending.epoch,
        loss=loss / images if images else 0.0,
        accuracy=correct / images if images else 0.0,
        learning_rate=pending.rate,
        images_per_second=pending.images_per_second,
        gradient_norms=tuple(norms),
    )
    if not math.isfinite(loss):
        return event, Sums()
    return event, Sums(round(images), loss, round(correct), round(among))
