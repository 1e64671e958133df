"""An epoch before anything is read: which pictures, in which order, in which batches.

The plan follows from (seed, epoch) alone. So an interrupted epoch continues exactly where it was
left, processes that share a run agree on it without a word, and how the pictures are read changes
nothing. Pure functions on numbers; no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.dataset import Subset
from resnet_studio.data.randomness import (
    balanced_order,
    epoch_order,
    sample_numbers,
    streams_of,
)

Share = Callable[[NDArray[np.int64]], NDArray[np.int64]]

# Random words computed in one go: enough for numpy's own cost not to count (128 pictures at a time
# take 1.7 µs a picture, 10,000 at a time 0.24), and no more than 10 MB of scratch space.
_WORDS = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A batch that is to be read.

    Attributes:
        number: Its place in the epoch, from 0.
        count: Pictures in it, of all processes together.
        indices: (n,) the pictures that this process reads.
        streams: (n,) what stands for the index where their random numbers are drawn: the index,
            and at another visit in the same epoch another number.
    """

    number: int
    count: int
    indices: NDArray[np.int64]
    streams: NDArray[np.int64]


def planned(
    subset: Subset,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    shuffle: bool,
    balanced: bool = False,
    drop_last: bool = False,
    share: Share | None = None,
) -> list[Planned]:
    """Return all batches of an epoch; see `batches.batches`."""
    order = streams = subset.indices
    if balanced:
        positions, visits = balanced_order(subset.labels, seed, epoch)
        order = order[positions]
        streams = streams_of(order, visits)
    elif shuffle:
        order = streams = order[epoch_order(len(order), seed, epoch)]
    sizes = batch_sizes(len(order), batch_size, drop_last=drop_last)
    ends = np.cumsum(sizes, dtype=np.int64)
    mine = share or _all_of_it
    return [
        Planned(number, size, mine(order[end - size : end]), mine(streams[end - size : end]))
        for number, (size, end) in enumerate(zip(sizes, ends, strict=True))
    ]


def _all_of_it(part: NDArray[np.int64]) -> NDArray[np.int64]:
    return part


def batch_sizes(count: int, batch_size: int, *, drop_last: bool = False) -> list[int]:
    """Return how many pictures each batch of an epoch over `count` pictures has."""
    full, rest = divmod(count, batch_size)
    sizes = [batch_size] * full
    if rest == 0 or drop_last:
        return sizes
    if rest == 1 and full:
        sizes[-1] += 1
        return sizes
    return [*sizes, rest]


def steps_per_epoch(count: int, batch_size: int, *, drop_last: bool = False) -> int:
    """Return how many batches an epoch over `count` pictures has, if none is broken."""
    return len(batch_sizes(count, batch_size, drop_last=drop_last))


def numbered(
    plan: Sequence[Planned], *, seed: int, epoch: int, numbers: int
) -> Iterator[tuple[Planned, NDArray[np.float64]]]:
    """Yield each batch with the random numbers of its pictures, (n, numbers) float64."""
    words = 4 * max(1, -(-numbers // 4))
    begin = 0
    while begin < len(plan):
        end, size = begin, 0
        while end < len(plan) and (end == begin or size < _WORDS):
            size += words * len(plan[end].indices)
            end += 1
        some = plan[begin:end]
        rows = sample_numbers(
            seed, epoch, np.concatenate([batch.streams for batch in some]), numbers
        )
        ends = np.cumsum([len(batch.indices) for batch in some])[:-1]
        yield from zip(some, np.split(rows, ends), strict=True)
        begin = end
