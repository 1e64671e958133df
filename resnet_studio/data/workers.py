"""Processes that decode and augment pictures ahead of training, by torch's `DataLoader`.

They pay where many cores stand idle beside a fast device: threads of one process share Python's
lock, which decoding leaves now and then only. What they send is 8-bit colours, a quarter of what
the network reads; normalisation is done on the device. Order, chance and pixels are those of the
threads: a process is told which pictures to read and with which random numbers, and draws none.

Processes are started fresh, not as copies of this one, since it has threads and windows. They live
from epoch to epoch, leave the keyboard's interrupt to the program, and end with it, however it
ends.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import re
import signal
import sys
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.context import BaseContext
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from resnet_studio.data.dataset import ArrayDataset, Dataset, Problem
from resnet_studio.data.making import Making, Numbers, augmented, fixed_picture, together
from resnet_studio.errors import DataError

# Batches that each process works ahead.
AHEAD: Final = 2
_PROCESS_GONE: Final = re.compile(r"DataLoader worker \(pid|Pin memory thread exited")


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A batch as a process is told of it.

    Attributes:
        making: What is done to each picture.
        indices: (n,) int64, which pictures.
        numbers: (n, ...) float64, their random numbers.
    """

    making: Making
    indices: NDArray[np.int64]
    numbers: Numbers


# (k, S, S, 3) uint8 pictures, (n,) bool which of the job's these are, and why not the others.
Done = tuple[Tensor, Tensor, list[tuple[int, Problem]]]


class Workers:
    """The processes of one data set. Started with the first epoch; used by one at a time.

    Args:
        dataset: The pictures; sent to each process, an array by shared memory.
        count: How many processes.
    """

    def __init__(self, dataset: Dataset, count: int) -> None:
        self.busy = False
        self.closed = False
        # Held: whoever keeps the workers knows them by the data set's id.
        self._dataset = dataset
        self._count = count
        self._jobs = _Jobs()
        self._loader: DataLoader[Done] | None = None
        self._epoch: Iterator[Done] | None = None
        self._feeders: list[threading.Thread] = []

    def done(self, jobs: Iterator[Job], *, pinned: bool) -> Generator[Done, None, None]:
        """Yield the pictures of each job, in order.

        Args:
            jobs: Taken as the processes need them, a few ahead.
            pinned: Whether the pictures shall lie where a GPU can fetch them by itself.

        Raises:
            DataError: A process has ended; the next call starts new ones.
        """
        self.busy = True
        self._jobs.coming = jobs
        try:
            yield from self._begun(pinned=pinned)
        except (RuntimeError, OSError, EOFError) as error:
            if not _process_is_gone(error):
                raise
            self.close()
            raise DataError(
                f"A process that decodes pictures has ended ({error}).",
                remedy="Resume the run. If it happens again, there may be too little memory: "
                "choose 0 workers.",
            ) from error
        finally:
            self.busy = False

    def close(self) -> None:
        """End the processes; one that is decoding is waited for."""
        self.closed = True
        # torch ends them when nobody holds the iterator any more; an error that is being handled
        # may hold it for long.
        end = getattr(self._epoch, "_shutdown_workers", None)
        self._loader = self._epoch = None
        if end is not None:
            end()
        while self._feeders:
            # They have nothing left to do; unless they are waited for, they may outlive the run.
            self._feeders.pop().join(timeout=1.0)

    def _begun(self, *, pinned: bool) -> Iterator[Done]:
        before = set(threading.enumerate())
        if self._loader is None:
            self._loader = self._started(pinned=pinned)
        # torch would have a signal handler of the main thread report a dead process, in the
        # middle of whatever that thread does; begun in another, only taking a batch reports it.
        with ThreadPoolExecutor(1, "pictures", initializer=_hold_interrupts) as aside:
            self._epoch = aside.submit(iter, self._loader).result()
        self._feeders += [
            thread
            for thread in threading.enumerate()
            if thread not in before and thread.name == "QueueFeederThread"
        ]
        return self._epoch

    def _started(self, *, pinned: bool) -> DataLoader[Done]:
        return DataLoader(
            _Pictures(self._dataset),
            batch_size=None,
            sampler=self._jobs,
            num_workers=self._count,
            prefetch_factor=AHEAD,
            persistent_workers=True,
            pin_memory=pinned,
            worker_init_fn=_begin_in_process,
            multiprocessing_context=_context(),
            # Its own, so that torch's common one is not advanced: a run's bits do not depend on
            # how its pictures are read.
            generator=torch.Generator(),
        )


class _Jobs:
    """The jobs of the present epoch, for a loader that outlives it."""

    def __init__(self) -> None:
        self.coming: Iterator[Job] = iter(())

    def __iter__(self) -> Iterator[Job]:
        return self.coming


class _Pictures(TorchDataset[Done]):
    """A data set as a process has it; its items are asked for by jobs."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._shared: Tensor | None = None
        if isinstance(dataset, ArrayDataset):
            self._shared = torch.tensor(dataset.images)
            self._shared.share_memory_()  # type: ignore[no-untyped-call]
            self._dataset = dataclasses.replace(dataset, images=dataset.images[:0])

    def __getitem__(self, job: Job) -> Done:
        dataset = self._opened()
        results = [
            augmented(
                job.making, dataset, index, fixed_picture(dataset, job.making.fixed, index), n
            )
            for index, n in zip(job.indices.tolist(), job.numbers.tolist(), strict=True)
        ]
        images, good = together(job.making, results, job.numbers)
        problems = [
            (index, result)
            for index, result in zip(job.indices.tolist(), results, strict=True)
            if isinstance(result, Problem)
        ]
        return torch.from_numpy(images), torch.from_numpy(good), problems

    def _opened(self) -> Dataset:
        if self._shared is not None and isinstance(self._dataset, ArrayDataset):
            whole = dataclasses.replace(self._dataset, images=self._shared.numpy())
            self._dataset, self._shared = whole, None
        return self._dataset


def _process_is_gone(error: Exception) -> bool:
    """Tell the end of a process, noticed by torch or by a broken pipe, from a defect."""
    if isinstance(error, RuntimeError):
        return _PROCESS_GONE.search(str(error)) is not None
    # What was raised in a process comes out with its traceback for a text.
    return not str(error).startswith("Caught ")


def _context() -> BaseContext:
    """Return how processes are started.

    On Linux from a server that has loaded torch once: each costs 0.1 s and shares that memory,
    where a process of its own takes 3 s and 200 MB. Elsewhere such a server is not safe.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _interrupts() -> list[signal.Signals]:
    """Return what a terminal sends to every process in it; what to do then is the program's affair.

    Windows has no SIGHUP.
    """
    return [signal.Signals[name] for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)]


def _hold_interrupts() -> None:
    """Keep interrupts from this thread, and so from the processes that it starts.

    They inherit that, and are safe before they have come to `_begin_in_process`.
    """
    if not hasattr(signal, "pthread_sigmask"):
        return
    from multiprocessing import resource_tracker

    # It is started with the first process, and would let SIGINT through to this thread again.
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, _interrupts())


def _begin_in_process(_: int) -> None:
    """Prepare a worker process; torch has limited it to one thread."""
    for number in _interrupts():
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the program is gone, even if that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
