"""What each block is worth: the accuracy that is lost when it alone is removed.

Veit et al. 2016 (arXiv:1605.06431, figure 3) remove one block after the other from a trained
ResNet and find that hardly any is missed, but for those that halve the maps. A removed block
passes on what its shortcut carries: F = 0. The same can be done with the shortcuts, which they
did not do: there the block passes on F alone.

A block changes nothing before it, so that each batch goes through the intact network once, what
each block reads is kept, and a lesion costs only what comes after it: on average half a pass.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from resnet_studio.architecture.graph import build_graph
from resnet_studio.data.dataset import Problem
from resnet_studio.errors import DeviceError
from resnet_studio.probe.answers import settled
from resnet_studio.probe.stepwise import logits_after, walk
from resnet_studio.probe.surgery import Operation, Surgery, operate
from resnet_studio.probe.validation import JudgedBatch, ValidationSet, answers_of, judged_batches

if TYPE_CHECKING:
    from resnet_studio.architecture.spec import NetworkSpec
    from resnet_studio.probe.network import LoadedNetwork
    from resnet_studio.probe.tally import Labels

KEPT_BYTES = 256 << 20
"""What the blocks of one batch read is kept in at most this much memory."""
_MOST_AT_ONCE = 100
"""Small pictures come in batches of this many, so that first results come early."""


class Side(StrEnum):
    """What of a block is taken away."""

    BRANCH = "branch"
    SHORTCUT = "shortcut"

    @property
    def operation(self) -> Operation:
        """The operation that takes it away."""
        return Operation(branch=0.0) if self is Side.BRANCH else Operation(shortcut=0.0)


@dataclass(frozen=True, slots=True)
class Lesion:
    """What is known so far of the network without one block.

    Attributes:
        block: Name of the block.
        seen: Pictures it was shown.
        intact: Those of them that the intact network names rightly.
        lost: Those of these that it names wrongly now.
        gained: Pictures that it names rightly and the intact network wrongly.
        changed: Pictures for which its answer is another one, right or wrong.
    """

    block: str
    seen: int
    intact: int
    lost: int
    gained: int
    changed: int

    @property
    def correct(self) -> int:
        """Pictures that the network without the block names rightly."""
        return self.intact - self.lost + self.gained

    @property
    def accuracy(self) -> float:
        """Share of the pictures that it names rightly, 0 to 1."""
        return self.correct / self.seen

    @property
    def points_lost(self) -> float:
        """Accuracy that is lost, in percentage points; negative if some is gained."""
        return 100 * (self.lost - self.gained) / self.seen

    @property
    def points_error(self) -> float:
        """Standard error of that, in percentage points, as both networks saw the same pictures."""
        difference = (self.lost - self.gained) / self.seen
        variance = (self.lost + self.gained) / self.seen - difference**2
        return 100 * math.sqrt(max(variance, 0.0) / self.seen)


@dataclass(frozen=True, slots=True, eq=False)
class LesionStudy:
    """The result.

    Attributes:
        side: What was taken away.
        lesions: One for each block, in the order of the network.
        correct: Pictures that the intact network names rightly.
        total: Pictures that were looked at.
        unread: Pictures that could not be read and count nowhere.
        seconds: How long it took.
    """

    side: Side
    lesions: tuple[Lesion, ...]
    correct: int
    total: int
    unread: tuple[Problem, ...]
    seconds: float

    @property
    def accuracy(self) -> float:
        """Share of the pictures that the intact network names rightly, 0 to 1."""
        return self.correct / self.total


def each_in_turn(
    network: LoadedNetwork,
    pictures: ValidationSet,
    *,
    side: Side = Side.BRANCH,
    batch_size: int | None = None,
    check: Callable[[], object] | None = None,
) -> Generator[Lesion, None, LesionStudy]:
    """Takes one block after the other away, each alone; to cancel, close the generator.

    The first batch gives a first result for every block, and each further one a better.

    Args:
        network: The network; what surgery did to it is left out.
        pictures: The sample, drawn for this network.
        side: What of each block is taken away.
        batch_size: Pictures at once; chosen by the memory if None. It changes no answer.
        check: Called before each block is computed; what it raises ends the study.

    Yields:
        What is known of a block, for each block of each batch.

    Raises:
        DataError: If no picture can be read.
        DeviceError: If the memory does not suffice.
    """
    started = time.perf_counter()
    intact = network.intact or network
    patients = {name: _without(intact, name, side) for name in intact.model.blocks}
    known = {name: Lesion(name, 0, 0, 0, 0, 0) for name in patients}
    unread: list[Problem] = []
    correct = total = 0
    size = batch_size or batch_that_fits(intact.spec)
    with contextlib.closing(judged_batches(pictures, size, unread)) as stream:
        for batch in stream:
            examined = _Examined(intact, batch, check)
            for name, patient in patients.items():
                known[name] = examined.added(known[name], patient)
                yield known[name]
            correct += int(np.count_nonzero(examined.answers == batch.labels))
            total += len(batch.labels)
    seconds = time.perf_counter() - started
    return LesionStudy(side, tuple(known.values()), correct, total, tuple(unread), seconds)


def batch_that_fits(spec: NetworkSpec) -> int:
    """Returns how many pictures may go through a network at once while its way is kept."""
    each = 4 * sum(math.prod(block.input_shape) for block in build_graph(spec).blocks)
    return max(1, min(_MOST_AT_ONCE, KEPT_BYTES // each))


class _Examined:
    """One batch on its way through the intact network, and what becomes of it without a block."""

    def __init__(
        self, intact: LoadedNetwork, batch: JudgedBatch, check: Callable[[], object] | None
    ) -> None:
        self._batch = batch
        self._check = check
        with _enough_memory(intact, len(batch.labels)):
            self._walk = walk(intact, batch.images, check)
        self.answers = self._settled(intact, self._walk.logits.numpy())

    def added(self, before: Lesion, patient: LoadedNetwork) -> Lesion:
        """Returns what is known of a block, this batch included."""
        with _enough_memory(patient, len(self._batch.labels)):
            logits = logits_after(patient, self._walk, self._check).numpy()
        del self._walk.inputs[before.block]  # no later lesion reads it
        answers, labels = self._settled(patient, logits), self._batch.labels
        was, now = self.answers == labels, answers == labels
        return Lesion(
            before.block,
            seen=before.seen + len(labels),
            intact=before.intact + int(was.sum()),
            lost=before.lost + int((was & ~now).sum()),
            gained=before.gained + int((now & ~was).sum()),
            changed=before.changed + int((answers != self.answers).sum()),
        )

    def _settled(self, network: LoadedNetwork, logits: np.ndarray) -> Labels:
        batch = self._batch
        return answers_of(settled(network, batch.images, batch.labels, "cpu", logits=logits))


def _without(network: LoadedNetwork, block: str, side: Side) -> LoadedNetwork:
    return operate(network, Surgery(MappingProxyType({block: side.operation})))


@contextlib.contextmanager
def _enough_memory(network: LoadedNetwork, pictures: int) -> Generator[None, None, None]:
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error):
            raise DeviceError(
                f"The memory does not suffice for {pictures} pictures at once in "
                f"{network.spec.name}.",
                remedy="Close other programs, or choose a smaller network.",
            ) from error
        raise
