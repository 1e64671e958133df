"""Where the chance in the data comes from: one keyed stream of numbers for each sample.

A sample's stream depends only on (seed, epoch, index of the picture), never on what was drawn
before it, in which batch it lies, or which thread prepares it. So a preview can show exactly what
training will see, a resumed run continues with the same bits, and the number of threads changes
nothing.

The stream is Philox4x64-10, a counter-based generator (Salmon et al. 2011, "Parallel random
numbers: as easy as 1, 2, 3"): the key holds (seed, epoch), the counter holds the index. numpy has
it for one stream at a time; making a generator per sample costs about 12 µs, more than all the
rest of the work on a 32-pixel picture. `sample_numbers` therefore computes the same function for
many indices in one go; the tests hold it to numpy's generator bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_MASK_64 = 2**64 - 1
_MASK_32 = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ROUNDS = 10
_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
# The last word of the counter says what a stream is for, so that no two uses share numbers.
_FOR_SAMPLES, _FOR_ORDER, _FOR_BALANCE = 0, 1, 2
# A picture that is visited several times in an epoch is another sample each time: the count stands
# above this bit of its index.
_VISIT_BIT = 40


def sample_rng(seed: int, epoch: int, index: int) -> np.random.Generator:
    """Return the random numbers of one sample: the only source of chance in augmentation.

    Args:
        seed: The seed a person sees; any integer, of which 64 bits count.
        epoch: The pass over the data set.
        index: The picture's index in its data set.
    """
    return np.random.Generator(_philox(seed, epoch, index, purpose=_FOR_SAMPLES))


def sample_numbers(
    seed: int, epoch: int, indices: Sequence[int] | NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    """Return `sample_rng(seed, epoch, i).random(count)` for every index, as rows.

    Returns:
        (N, count) float64 in [0, 1).
    """
    chosen = np.asarray(indices, dtype=np.int64).astype(np.uint64)
    if count == 0 or chosen.size == 0:
        return np.empty((chosen.size, count), dtype=np.float64)
    blocks = -(-count // 4)
    words = _philox_blocks(_key(seed, epoch), chosen, blocks)
    numbers = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return numbers.reshape(chosen.size, blocks * 4)[:, :count]


def streams_of(indices: NDArray[np.int64], visits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what stands for the index in a sample's stream at each visit of an epoch, from 0.

    The first visit has the picture's index itself, so that the numbers of an epoch which visits
    every picture once are those that a preview shows.
    """
    return indices + (visits << _VISIT_BIT)


def epoch_order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order in which an epoch visits `count` samples.

    Sorting raw words, rather than `Generator.permutation`, keeps the order the same in every
    version of numpy: only the words of a bit generator are promised not to change.
    """
    words = _philox(seed, epoch, 0, purpose=_FOR_ORDER).random_raw(count)
    return np.argsort(words, kind="stable").astype(np.int64)


def balanced_order(
    labels: NDArray[np.int64], seed: int, epoch: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return an order of as many visits as there are labels, in which all classes come alike.

    Each class gets the same number of visits, or one more by chance where it cannot be shared out
    evenly; within a class every picture is visited equally often, or once more by chance. Drawing
    every visit by itself, as with torch's `WeightedRandomSampler`, gives the same in the mean, but
    leaves more pictures out.

    Args:
        labels: (N,) the class of each picture.
        seed: The seed a person sees.
        epoch: The pass over the data set.

    Returns:
        (N,) positions in `labels`, and (N,) how often each was visited before, from 0.
    """
    count = len(labels)
    present, sizes = np.unique(labels, return_counts=True)
    words = _philox(seed, epoch, 0, purpose=_FOR_BALANCE).random_raw(2 * count + len(present))
    by_class = np.lexsort((words[:count], labels))  # class after class, by chance within each
    lucky = np.argsort(words[2 * count :], kind="stable")
    visits_of = np.full(len(present), count // max(1, len(present)), dtype=np.int64)
    visits_of[lucky[: count - visits_of.sum()]] += 1
    first = np.cumsum(sizes) - sizes
    turn = np.arange(count) - np.repeat(np.cumsum(visits_of) - visits_of, visits_of)
    size = np.repeat(sizes, visits_of)
    positions = by_class[np.repeat(first, visits_of) + turn % size]
    shuffled = np.argsort(words[count : 2 * count], kind="stable")
    return positions[shuffled].astype(np.int64), (turn // size)[shuffled].astype(np.int64)


def _key(seed: int, epoch: int) -> tuple[int, int]:
    return seed & _MASK_64, epoch & _MASK_64


def _philox(seed: int, epoch: int, index: int, *, purpose: int) -> np.random.Philox:
    key = np.array(_key(seed, epoch), dtype=np.uint64)
    counter = np.array([0, 0, index & _MASK_64, purpose], dtype=np.uint64)
    return np.random.Philox(key=key, counter=counter)


def _philox_blocks(
    key: tuple[int, int], indices: NDArray[np.uint64], blocks: int
) -> NDArray[np.uint64]:
    """Return the first `blocks` outputs (of four words) of each index's stream, (N, blocks, 4)."""
    shape = (indices.size, blocks)
    # numpy counts up before it computes, so its first block has counter 1.
    c0 = np.broadcast_to(np.arange(1, blocks + 1, dtype=np.uint64), shape)
    c1 = np.zeros(shape, dtype=np.uint64)
    c2 = np.broadcast_to(indices[:, None], shape)
    c3 = np.full(shape, _FOR_SAMPLES, dtype=np.uint64)
    k0, k1 = key
    for _ in range(_ROUNDS):
        high0, low0 = _multiply(c0, _MULTIPLIERS[0])
        high1, low1 = _multiply(c2, _MULTIPLIERS[1])
        c0, c1 = high1 ^ c1 ^ np.uint64(k0), low1
        c2, c3 = high0 ^ c3 ^ np.uint64(k1), low0
        k0, k1 = (k0 + _WEYL[0]) & _MASK_64, (k1 + _WEYL[1]) & _MASK_64
    return np.stack((c0, c1, c2, c3), axis=-1)


def _multiply(
    values: NDArray[np.uint64], factor: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the high and the low 64 bits of the 128-bit products, by schoolbook halves."""
    factor_high, factor_low = np.uint64(factor >> 32), np.uint64(factor & 0xFFFFFFFF)
    value_high, value_low = values >> _HALF, values & _MASK_32
    low_low = value_low * factor_low
    middle = value_high * factor_low + (low_low >> _HALF)
    cross = value_low * factor_high + (middle & _MASK_32)
    high = value_high * factor_high + (middle >> _HALF) + (cross >> _HALF)
    return high, values * np.uint64(factor)
