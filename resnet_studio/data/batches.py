"""Batches for training: order, decoding ahead, augmentation, and what becomes of broken pictures.

An epoch is planned before anything is read: which pictures, in which order, in which batches,
follow from (seed, epoch) alone. So `start` continues an epoch exactly where it was left, and the
number of threads changes nothing but the speed.

Pictures are decoded in a few threads, a little ahead of training, in order; or taken from a
`PictureCache`, which keeps them between epochs. The steps before the first chance (bringing a
picture to the network's size) are done once and kept too. Small pictures that are then only
shifted and flipped are augmented a whole batch at a time; others one by one, in the threads. Both
give the bits that `preview.py` shows.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from torch import Tensor

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.augment_steps import Step
from resnet_studio.data.dataset import Dataset, Problem, Subset
from resnet_studio.data.draws import draw_steps
from resnet_studio.data.randomness import epoch_order, sample_numbers
from resnet_studio.data.transforms import (
    apply_batch,
    apply_steps,
    fixed_steps,
    normalise,
    works_on_batches,
)
from resnet_studio.errors import DataError, PictureError

Pixels = NDArray[np.uint8]
Skipped = Callable[[Problem], None]

_CACHE_BYTES = 512 << 20
_MOST_WORKERS = 8
_BATCHES_AHEAD = 2
_PICTURES_PER_TASK = 8


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures for one step of training.

    Attributes:
        images: (N, 3, S, S) float32, normalised, contiguous, on the device.
        labels: (N,) int64, on the device.
        indices: (N,) int64, the pictures' indices in the data set.
        number: The batch's place in the epoch, from 0; an interrupted epoch goes on with `start`
            one higher.
    """

    images: Tensor
    labels: Tensor
    indices: NDArray[np.int64]
    number: int


class PictureCache:
    """Decoded pictures, kept in memory from epoch to epoch; one for a whole run.

    Holds the pictures after the pipeline's fixed steps, as many as the limit allows; nothing is
    pushed out again, since an epoch needs every picture once. Also remembers which are broken.

    Args:
        limit_bytes: Most bytes of pictures to keep.
    """

    def __init__(self, *, limit_bytes: int = _CACHE_BYTES) -> None:
        self._free = limit_bytes
        self._limit = limit_bytes
        self._shelves: dict[tuple[int, tuple[Step, ...]], _Shelf] = {}
        self._lock = threading.Lock()

    @property
    def used_bytes(self) -> int:
        """How many bytes of pictures are kept."""
        return self._limit - self._free

    def _shelf(self, dataset: Dataset, steps: tuple[Step, ...]) -> _Shelf:
        """Return the pictures of one data set after one list of steps."""
        key = (id(dataset), steps)
        with self._lock:
            # The shelf holds the data set, so that no other can get its id.
            return self._shelves.setdefault(key, _Shelf(self, dataset, steps))

    def _take_room(self, size: int) -> bool:
        with self._lock:
            if size > self._free:
                return False
            self._free -= size
            return True


def batches(
    subset: Subset,
    augment: AugmentSpec,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    shuffle: bool,
    device: torch.device | str = "cpu",
    start: int = 0,
    skipped: Skipped | None = None,
    cache: PictureCache | None = None,
    drop_last: bool = False,
    workers: int | None = None,
) -> Generator[Batch, None, None]:
    """Yield the batches of one epoch.

    A broken picture is left out of its batch and reported; it never ends the epoch. A batch left
    empty by that is not given, nor, in a shuffled epoch, one left with a single picture, from
    which batch normalisation could not learn. Closing the generator stops its threads.

    Args:
        subset: The pictures.
        augment: The pipeline. A sample's chance follows from (seed, epoch, its index in the data
            set), so that it can be previewed.
        batch_size: Pictures in a batch. The last batch holds what remains; a single remaining
            picture joins the batch before.
        seed: Decides order and augmentation.
        epoch: Decides order and augmentation, too.
        shuffle: Visit the pictures in random order, as for training, or as they come.
        device: Where the batches shall lie.
        start: How many planned batches to leave out, for going on with an interrupted epoch.
        skipped: Called with each broken picture, in this thread; once a run if there is a cache.
        cache: Keeps pictures for the next epochs; without it every epoch decodes anew.
        drop_last: Leave the last batch out if it is not full.
        workers: Threads that decode; by default as many as there are cores, 8 at most.

    Raises:
        DataError: So few pictures could be read that the whole epoch has no batch.
    """
    order = _visiting_order(subset, seed=seed, epoch=epoch, shuffle=shuffle)
    plan = _planned(order, batch_size, drop_last=drop_last)[start:]
    shelves = cache if cache is not None else PictureCache(limit_bytes=0)
    maker = _Maker(subset.dataset, augment, shelves, seed=seed, epoch=epoch)
    fewest = min(2, batch_size, len(order)) if shuffle else 1
    given = 0
    with _Reader(maker, workers or _default_workers()) as reader:
        for number, read in enumerate(reader.read(plan), start=start):
            good = _good(read, maker, skipped or _ignore)
            if len(good.indices) >= fewest:
                given += 1
                yield maker.batch(good, number=number, device=torch.device(device))
    if plan and not given and start == 0:
        raise _too_few_readable(subset)


def steps_per_epoch(count: int, batch_size: int, *, drop_last: bool = False) -> int:
    """Return how many batches an epoch over `count` pictures has, if none is broken."""
    return len(_sizes(count, batch_size, drop_last=drop_last))


# --- the plan -------------------------------------------------------------------------------------


def _visiting_order(subset: Subset, *, seed: int, epoch: int, shuffle: bool) -> NDArray[np.int64]:
    if not shuffle:
        return subset.indices
    return subset.indices[epoch_order(len(subset.indices), seed, epoch)]


def _planned(
    order: NDArray[np.int64], batch_size: int, *, drop_last: bool
) -> list[NDArray[np.int64]]:
    sizes = _sizes(len(order), batch_size, drop_last=drop_last)
    ends = np.cumsum(sizes, dtype=np.int64)
    return [order[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def _sizes(count: int, batch_size: int, *, drop_last: bool) -> list[int]:
    full, rest = divmod(count, batch_size)
    sizes = [batch_size] * full
    if rest == 0 or drop_last:
        return sizes
    if rest == 1 and full:
        sizes[-1] += 1
        return sizes
    return [*sizes, rest]


# --- one picture ----------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Shelf:
    """Pictures of one data set after the fixed steps, as far as there is room."""

    cache: PictureCache
    dataset: Dataset
    steps: tuple[Step, ...]
    images: dict[int, Pixels] = field(default_factory=dict)
    reported: set[int] = field(default_factory=set)
    broken: dict[int, Problem] = field(default_factory=dict)

    def get(self, index: int) -> Pixels | Problem | None:
        """Return what is known of a picture already."""
        known = self.images.get(index)
        return known if known is not None else self.broken.get(index)

    def load(self, index: int) -> Pixels | Problem:
        """Return picture `index` after the fixed steps as (H, W, 3) uint8, or what is wrong."""
        if (known := self.get(index)) is not None:
            return known
        try:
            image = self.dataset.picture(index)
            draws = draw_steps(self.steps, image.shape[0], image.shape[1], ())
            image = apply_steps(self.steps, image, draws)
        except (PictureError, OSError) as error:
            return self.broken.setdefault(index, problem_of(self.dataset, index, error))
        if self.cache._take_room(image.nbytes):
            self.images[index] = image
        return image


def problem_of(dataset: Dataset, index: int, error: Exception) -> Problem:
    """Return the entry for the list of problems that says why a picture was left out."""
    reason = getattr(error, "reason", None) or getattr(error, "message", None) or str(error)
    remedy = getattr(error, "remedy", "")
    return Problem(dataset.file_of(index), str(reason).rstrip("."), remedy)


# --- batches --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Read:
    """The pictures of a planned batch as they were read: each a picture or what is wrong."""

    indices: NDArray[np.int64]
    results: list[Pixels | Problem]


@dataclass(frozen=True, slots=True)
class _Good:
    """The pictures of a batch that could be read."""

    indices: NDArray[np.int64]
    images: list[Pixels]


class _Maker:
    """Makes the batches of one epoch from pictures; knows nothing of threads."""

    def __init__(
        self, dataset: Dataset, augment: AugmentSpec, cache: PictureCache, *, seed: int, epoch: int
    ) -> None:
        self.dataset = dataset
        self.augment = augment
        self.seed = seed
        self.epoch = epoch
        fixed = fixed_steps(augment)
        self.chance = augment.pixel_steps[fixed:]
        # Fixed steps bring all pictures to one size; without them they must have it.
        one_size = fixed > 0 or dataset.images is not None
        self.whole_batches = one_size and works_on_batches(self.chance)
        self.shelf = cache._shelf(dataset, augment.pixel_steps[:fixed])

    def known(self, indices: Sequence[int]) -> list[Pixels | Problem] | None:
        """Return the pictures if nothing of them needs decoding or work in a thread."""
        if not self.whole_batches:
            return None
        found = [self.shelf.get(index) for index in indices]
        known = [result for result in found if result is not None]
        return known if len(known) == len(found) else None

    def numbers(self, indices: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the random numbers of samples, as rows.

        The fixed steps take no numbers, so these are the numbers of the other steps.
        """
        return sample_numbers(self.seed, self.epoch, indices, self.augment.numbers)

    def prepare(
        self, indices: Sequence[int], numbers: NDArray[np.float64]
    ) -> list[Pixels | Problem]:
        """Return pictures as far as they are made one by one; runs in the threads."""
        loaded = [self.shelf.load(index) for index in indices]
        if self.whole_batches:
            return loaded
        rows = numbers.tolist()
        return [
            result if isinstance(result, Problem) else self._augmented(result, index, row)
            for result, index, row in zip(loaded, indices, rows, strict=True)
        ]

    def batch(self, good: _Good, *, number: int, device: torch.device) -> Batch:
        """Return the finished batch on its device."""
        images = np.stack(good.images)
        if self.whole_batches:
            images = apply_batch(self.chance, images, self.numbers(good.indices))
        planes = torch.from_numpy(images).permute(0, 3, 1, 2).to(device)
        labels = torch.from_numpy(self.dataset.labels[good.indices]).to(device)
        return Batch(normalise(self.augment, planes), labels, good.indices, number)

    def _augmented(self, image: Pixels, index: int, numbers: list[float]) -> Pixels | Problem:
        try:
            draws = draw_steps(self.chance, image.shape[0], image.shape[1], numbers)
        except PictureError as error:
            return self.shelf.broken.setdefault(index, problem_of(self.dataset, index, error))
        return apply_steps(self.chance, image, draws)


def _good(read: _Read, maker: _Maker, skipped: Skipped) -> _Good:
    """Return the pictures that could be read, and report those that could not."""
    images: list[Pixels] = []
    readable = np.ones(len(read.indices), dtype=bool)
    for place, result in enumerate(read.results):
        if not isinstance(result, Problem):
            images.append(result)
            continue
        readable[place] = False
        index = int(read.indices[place])
        if index not in maker.shelf.reported:
            maker.shelf.reported.add(index)
            skipped(result)
    return _Good(read.indices[readable], images)


def _ignore(problem: Problem) -> None:
    """Take no notice."""


def _too_few_readable(subset: Subset) -> DataError:
    return DataError(
        f"Of the {len(subset):,} pictures of {subset.dataset.name} too few can be read "
        "for a single batch.",
        remedy="See the list of problems, and choose another folder.",
    )


# --- reading ahead --------------------------------------------------------------------------------

_Pending = Future[list[Pixels | Problem]]


class _Reader:
    """Reads planned batches in threads, at most `_BATCHES_AHEAD` ahead, and in order.

    Bounded: at any time so many batches of finished pictures, and one decoded original in each
    thread.
    """

    def __init__(self, maker: _Maker, workers: int) -> None:
        self._maker = maker
        self._workers = workers
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the threads; a picture that is being decoded is waited for."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def read(self, plan: Sequence[NDArray[np.int64]]) -> Iterator[_Read]:
        """Yield the pictures of each planned batch."""
        ahead: deque[tuple[NDArray[np.int64], list[Pixels | Problem] | list[_Pending]]] = deque()
        waiting = iter(plan)
        while True:
            while len(ahead) <= _BATCHES_AHEAD and (indices := next(waiting, None)) is not None:
                ahead.append((indices, self._begin(indices.tolist())))
            if not ahead:
                return
            indices, begun = ahead.popleft()
            yield _Read(indices, _finished(begun))

    def _begin(self, indices: list[int]) -> list[Pixels | Problem] | list[_Pending]:
        known = self._maker.known(indices)
        if known is not None:
            return known
        if self._pool is None:
            self._pool = ThreadPoolExecutor(
                self._workers, thread_name_prefix="pictures", initializer=_one_thread_each
            )
        numbers = self._maker.numbers(indices)
        share = max(1, min(_PICTURES_PER_TASK, len(indices) // self._workers))
        return [
            self._pool.submit(
                self._maker.prepare, indices[begin : begin + share], numbers[begin : begin + share]
            )
            for begin in range(0, len(indices), share)
        ]


def _finished(begun: list[Pixels | Problem] | list[_Pending]) -> list[Pixels | Problem]:
    results: list[Pixels | Problem] = []
    for item in begun:
        if isinstance(item, Future):
            results.extend(item.result())
        else:
            results.append(item)
    return results


def _one_thread_each() -> None:
    """Keep torch from starting more threads for a decoding thread, which would crowd the cores.

    `torch.set_num_threads` would set the number for every thread started later, training's too;
    OpenMP's own setting holds for this thread only. torch must have set up the thread before.
    """
    torch.get_num_threads()
    threadpool_limits(1, user_api="openmp")


def _default_workers() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(_MOST_WORKERS, cores or 1))
