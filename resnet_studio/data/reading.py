"""Planned batches become pictures: from memory, by threads ahead of training, or by processes.

All three give the same pictures in the same order; none of them knows of a network.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from torch import Tensor

from resnet_studio.data.dataset import Problem
from resnet_studio.data.making import Making, Numbers, Pixels, augmented, together
from resnet_studio.data.plan import Planned
from resnet_studio.data.shelves import Shelf
from resnet_studio.data.workers import Job, Workers

_MOST_THREADS = 8
_BATCHES_AHEAD = 2
_PICTURES_PER_TASK = 8


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A planned batch, read.

    Attributes:
        planned: The batch.
        indices: (k,) int64, the pictures that could be read.
        images: (k, S, S, 3) uint8 after all steps but normalisation; None if they still lie on
            the shelf.
        numbers: (k, ...) random numbers of those that lie there.
        lost: (n - k,) int64, the pictures that could not; the shelf knows why.
    """

    planned: Planned
    indices: NDArray[np.int64]
    images: Tensor | None
    numbers: Numbers
    lost: NDArray[np.int64]

    @classmethod
    def of(cls, batch: Planned, good: NDArray[np.bool_], images: Tensor | None, n: Numbers) -> Read:
        """Return a batch of which the pictures in `good`, (n,) bool, could be read."""
        if good.all():
            return cls(batch, batch.indices, images, n, batch.indices[:0])
        return cls(batch, batch.indices[good], images, n[good], batch.indices[~good])


class Reader:
    """Reads planned batches in threads, at most `_BATCHES_AHEAD` ahead, and in order.

    Bounded: at any time so many batches of finished pictures, and one decoded original in each
    thread. Whole batches on the shelf take no thread.
    """

    def __init__(self, making: Making, shelf: Shelf, threads: int | None) -> None:
        self._making = making
        self._shelf = shelf
        self._threads = threads or _default_threads()
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the threads; a picture that is being decoded is waited for."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def read(self, plan: Iterable[tuple[Planned, Numbers]]) -> Iterator[Read]:
        """Yield the pictures of each planned batch."""
        ahead: deque[tuple[Planned, Numbers, list[_Pending] | None]] = deque()
        waiting = iter(plan)
        while True:
            while len(ahead) <= _BATCHES_AHEAD and (item := next(waiting, None)) is not None:
                ahead.append((*item, self._begin(*item)))
            if not ahead:
                return
            batch, numbers, begun = ahead.popleft()
            if begun is None:
                yield Read.of(batch, ~self._shelf.lost[batch.indices], None, numbers)
            else:
                results = [result for task in begun for result in task.result()]
                images, good = together(self._making, results, numbers)
                yield Read.of(batch, good, torch.from_numpy(images), numbers)

    def _begin(self, batch: Planned, numbers: Numbers) -> list[_Pending] | None:
        """Set the threads to work; None if all pictures are there."""
        if self._making.whole and self._shelf.has(batch.indices):
            return None
        if self._pool is None:
            self._pool = ThreadPoolExecutor(
                self._threads, thread_name_prefix="pictures", initializer=one_thread_each
            )
        indices = batch.indices.tolist()
        share = max(1, min(_PICTURES_PER_TASK, len(indices) // self._threads))
        return [
            self._pool.submit(
                self._prepare, indices[begin : begin + share], numbers[begin : begin + share]
            )
            for begin in range(0, len(indices), share)
        ]

    def _prepare(self, indices: Sequence[int], numbers: Numbers) -> list[Pixels | Problem]:
        """Return pictures as far as they are made one by one; runs in the threads."""
        return [self._one(index, row) for index, row in zip(indices, numbers.tolist(), strict=True)]

    def _one(self, index: int, numbers: list[float]) -> Pixels | Problem:
        image = self._shelf.load(index)
        result = augmented(self._making, self._shelf.dataset, index, image, numbers)
        return self._shelf.lose(index, result) if isinstance(result, Problem) else result


_Pending = Future[list[Pixels | Problem]]


def read_in_processes(
    making: Making,
    shelf: Shelf,
    workers: Workers,
    plan: Iterable[tuple[Planned, Numbers]],
    *,
    pinned: bool,
) -> Iterator[Read]:
    """Yield the pictures of each planned batch, made by worker processes; the same as `Reader`.

    Args:
        making: What is done to each picture.
        shelf: Knows which pictures are broken.
        workers: The processes.
        plan: The batches, with their random numbers.
        pinned: Whether the pictures shall lie where a GPU can fetch them by itself.

    Raises:
        DataError: A process has ended.
    """
    waiting: deque[tuple[Planned, Numbers, NDArray[np.bool_]]] = deque()

    def jobs() -> Iterator[Job]:
        for batch, numbers in plan:
            tried = ~shelf.lost[batch.indices]  # what is known to be broken is not read again
            waiting.append((batch, numbers, tried))
            yield Job(making, batch.indices[tried], numbers[tried])

    with contextlib.closing(workers.done(jobs(), pinned=pinned)) as done:
        for images, found, problems in done:
            batch, numbers, good = waiting.popleft()
            good[good] = found.numpy()
            for index, problem in problems:
                shelf.lose(index, problem)
            yield Read.of(batch, good, images, numbers)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _default_threads() -> int:
    return max(1, min(_MOST_THREADS, usable_cores()))


def one_thread_each() -> None:
    """Keep torch from starting more threads for a decoding thread, which would crowd the cores.

    `torch.set_num_threads` would set the number for every thread started later, training's too;
    OpenMP's own setting holds for this thread only. torch must have set up the thread before.
    """
    torch.get_num_threads()
    threadpool_limits(1, user_api="openmp")
