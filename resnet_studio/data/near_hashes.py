"""A 64-bit hash that similar pictures share nearly, and the search for hashes that are close.

The hash is that of the discrete cosine transform (Zauner 2010, "Implementation and benchmarking of
perceptual image hash functions", with signs in place of the median): the luminance at 32 x 32
pixels, of which the 64 lowest frequencies that vary along both axes say by their signs whether a
bit is 1. A picture stored again as JPEG, resized or brightened keeps nearly all of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LARGEST_THRESHOLD = 11
"""Beyond, unrelated pictures are as close as related ones, and the search takes minutes."""

_SIDE = 32
_FREQUENCIES = 8
_BLOCKS = 4
_BLOCK_BITS = 16
_QUERIES = 4096
"""At a time: their candidates take some megabytes."""
_CANDIDATES = 1 << 22
"""At a time, of pictures that share a block, as those of a camera that stands still: 200 MB."""
_FLAT = 2.0
"""A picture whose luminance varies less (std in levels) has no structure: its signs are noise."""


def near_hash(pixels: NDArray[np.uint8]) -> tuple[int, bool]:
    """Returns the 64-bit hash of (H, W, 3) uint8, and whether the picture is flat."""
    grey = Image.fromarray(pixels).convert("L")
    small = np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR), dtype=np.float64)
    waves = _waves()
    signs = (waves @ small @ waves.T) > 0
    bits = np.packbits(signs.reshape(-1))
    return int.from_bytes(bits.tobytes(), "big"), float(small.std()) < _FLAT


@functools.cache
def _waves() -> NDArray[np.float64]:
    """Returns (8, 32) cosines of the frequencies 1 to 8 (type II, not normalised)."""
    places = np.arange(_SIDE) + 0.5
    return np.cos(np.pi / _SIDE * np.outer(np.arange(1, _FREQUENCIES + 1), places))


def _mirror() -> int:
    """Returns the bits that a mirrored picture has inverted: those of odd waves along the rows."""
    odd = np.tile(np.arange(1, _FREQUENCIES + 1) % 2 == 1, _FREQUENCIES)
    return int.from_bytes(np.packbits(odd).tobytes(), "big")


MIRROR = np.uint64(_mirror())
"""`hash ^ MIRROR` is the hash of the picture with left and right exchanged."""


@dataclass(frozen=True, slots=True, eq=False)
class Close:
    """Pairs of hashes that are close.

    Attributes:
        first: (P,) int64 positions among the queries.
        second: (P,) int64 positions among the hashes.
        distance: (P,) int64 number of bits in which they differ.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: NDArray[np.int64]


def close_pairs(
    queries: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    threshold: int,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Close:
    """Finds all pairs (i, j), i < j, of queries[i] and hashes[j] that differ in few bits.

    Of two hashes that differ in at most t bits, one of the four blocks of 16 bits differs in at
    most t // 4 (Norouzi, Punjani and Fleet 2012, arXiv 1307.2982): only hashes with such a block
    are compared.

    Args:
        queries: (N,) uint64.
        hashes: (N,) uint64.
        threshold: Most bits that may differ, 0 to `LARGEST_THRESHOLD`.
        progress: Told how many queries are done; what it raises ends the search.
    """
    tables = [_table(hashes, block) for block in range(_BLOCKS)]
    found: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for begin in range(0, len(queries), _QUERIES):
        progress(begin)
        some = np.arange(begin, min(begin + _QUERIES, len(queries)))
        pairs = [
            _within(queries, hashes, some, block, tables[block], mask, threshold)
            for block in range(_BLOCKS)
            for mask in _masks(threshold // _BLOCKS)
        ]
        found.append(_once(pairs, len(hashes)))
    if not found:
        empty = np.empty(0, dtype=np.int64)
        return Close(empty, empty, empty)
    first, second = (np.concatenate(side) for side in zip(*found, strict=True))
    distance = np.bitwise_count(queries[first] ^ hashes[second]).astype(np.int64)
    return Close(first, second, distance)


_Table = tuple[NDArray[np.int64], NDArray[np.int64]]


def _block(hashes: NDArray[np.uint64], block: int) -> NDArray[np.int64]:
    shifted = hashes >> np.uint64(block * _BLOCK_BITS)
    return (shifted & np.uint64(2**_BLOCK_BITS - 1)).astype(np.int64)


def _table(hashes: NDArray[np.uint64], block: int) -> _Table:
    """Returns positions sorted by the value of a block, and where each value begins among them."""
    values = _block(hashes, block)
    counts = np.bincount(values, minlength=2**_BLOCK_BITS)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return np.argsort(values, kind="stable"), starts


@functools.cache
def _masks(radius: int) -> tuple[int, ...]:
    """Returns all numbers of 16 bits of which at most `radius` are 1."""
    return tuple(
        sum(1 << bit for bit in bits)
        for count in range(radius + 1)
        for bits in combinations(range(_BLOCK_BITS), count)
    )


def _within(
    queries: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    some: NDArray[np.int64],
    block: int,
    table: _Table,
    mask: int,
    threshold: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the pairs of some queries with hashes whose block differs by just that mask."""
    order, starts = table
    wanted = _block(queries[some], block) ^ mask
    begins, counts = starts[wanted], starts[wanted + 1] - starts[wanted]
    if len(some) > 1 and counts.sum() > _CANDIDATES:
        halves = [
            _within(queries, hashes, half, block, table, mask, threshold)
            for half in np.array_split(some, 2)
        ]
        return np.concatenate([f for f, _ in halves]), np.concatenate([s for _, s in halves])
    first = np.repeat(some, counts)
    # Position within each run: a count up that begins again with each query.
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    second = order[np.repeat(begins, counts) + within]
    differ = np.bitwise_count(queries[first] ^ hashes[second])
    kept = (differ <= threshold) & (first < second)
    return first[kept], second[kept]


def _once(
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64]]], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns each pair once, though several blocks may have found it."""
    keys = np.unique(np.concatenate([first * size + second for first, second in pairs]))
    return keys // size, keys % size
