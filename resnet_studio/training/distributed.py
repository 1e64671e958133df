"""The processes that share one training run: one alone, or several started by torchrun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class World:
    """This process among those that train together.

    Attributes:
        rank: Its number, from 0.
        size: How many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def main(self) -> bool:
        """True for the one process that writes files and tells what happens."""
        return self.rank == 0

    def share(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns this process's part of a batch: contiguous, sizes differ by one at most."""
        part: NDArray[np.int64] = np.array_split(indices, self.size)[self.rank]
        return part

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Returns, for each flag, whether it is set in any process; all must call together."""
        return flags

    def total(self, values: Tensor) -> Tensor:
        """Returns the sum of the values of all processes; all must call together."""
        return values

    def wrap(self, model: nn.Module) -> nn.Module:
        """Returns what computes a step so that gradients are averaged over the processes."""
        return model

    def barrier(self) -> None:
        """Waits until all processes are here."""


ALONE: Final = World()
