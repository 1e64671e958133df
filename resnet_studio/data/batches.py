"""Batches for training: order, decoding ahead, augmentation, and what becomes of broken pictures.

An epoch is planned before anything is read (`plan.py`): which pictures, in which order, in which
batches, follow from (seed, epoch) alone. So `start` continues an epoch exactly where it was left,
and who decodes changes nothing but the speed: threads a little ahead of training (`reading.py`),
processes (`workers.py`), or nobody, where a `PictureCache` keeps the pictures between epochs
(`shelves.py`). Small pictures that are only shifted and flipped are augmented a whole batch at a
time, on a GPU by the GPU (`on_device.py`); others one by one. All give the bits that `preview.py`
shows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.dataset import Problem, Subset
from resnet_studio.data.making import Making, Numbers
from resnet_studio.data.on_device import apply_on_device, sent
from resnet_studio.data.plan import Planned, Share, numbered, planned, steps_per_epoch
from resnet_studio.data.reading import Read, Reader, read_in_processes
from resnet_studio.data.shelves import PictureCache, Shelf
from resnet_studio.data.transforms import apply_batch, normalise_batch
from resnet_studio.errors import DataError

__all__ = ["Batch", "PictureCache", "batches", "steps_per_epoch"]

Skipped = Callable[[Problem], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures for one step of training.

    Attributes:
        images: (N, 3, S, S) float32, normalised, in channels_last memory order, on the device.
        labels: (N,) int64, on the device.
        indices: (N,) int64, the pictures' indices in the data set.
        number: The batch's place in the epoch, from 0; an interrupted epoch goes on with `start`
            one higher.
        planned: Pictures planned for this batch, of all processes together and with the broken.
    """

    images: Tensor
    labels: Tensor
    indices: NDArray[np.int64]
    number: int
    planned: int


def batches(
    subset: Subset,
    augment: AugmentSpec,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    shuffle: bool,
    balanced: bool = False,
    device: torch.device | str = "cpu",
    start: int = 0,
    skipped: Skipped | None = None,
    cache: PictureCache | None = None,
    drop_last: bool = False,
    workers: int | None = None,
    share: Share | None = None,
) -> Generator[Batch, None, None]:
    """Yield the batches of one epoch.

    A broken picture is left out of its batch and reported; it never ends the epoch. A batch left
    empty by that is not given, nor, in a shuffled epoch, one left with a single picture, from
    which batch normalisation could not learn. With `share` every batch is given, even an empty
    one, because all processes must take the same steps. Closing the generator stops its threads.

    Args:
        subset: The pictures.
        augment: The pipeline. A sample's chance follows from (seed, epoch, its index in the data
            set), so that it can be previewed.
        batch_size: Pictures in a batch, of all processes together. The last batch holds what
            remains; a single remaining picture joins the batch before.
        seed: Decides order and augmentation.
        epoch: Decides order and augmentation, too.
        shuffle: Visit the pictures in random order, as for training, or as they come.
        balanced: Shuffle so that all classes come alike, pictures of rare ones several times, each
            time with chance of its own; an epoch has as many batches as before.
        device: Where the batches shall lie.
        start: How many planned batches to leave out, for going on with an interrupted epoch.
        skipped: Called with each broken picture, in this thread; once a run if there is a cache.
        cache: Keeps pictures for the next epochs, and the processes that decode if it has some;
            without it every epoch decodes anew, in threads.
        drop_last: Leave the last batch out if it is not full.
        workers: Threads that decode where no processes do; by default as many as there are
            cores, 8 at most.
        share: Chooses this process's part of each batch, if several train together.

    Raises:
        DataError: So few pictures could be read that the whole epoch has no batch; or a process
            that decodes has ended.
    """
    plan = planned(
        subset,
        batch_size=batch_size,
        seed=seed,
        epoch=epoch,
        shuffle=shuffle,
        balanced=balanced,
        drop_last=drop_last,
        share=share,
    )[start:]
    shelves = cache if cache is not None else PictureCache(limit_bytes=0)
    maker = _Maker(subset, augment, shelves, torch.device(device))
    fewest = 0 if share is not None else min(2, batch_size, len(subset)) if shuffle else 1
    given = 0
    rows = numbered(plan, seed=seed, epoch=epoch, numbers=augment.numbers)
    with contextlib.closing(maker.read(rows, workers)) as reader:
        for read in reader:
            maker.report(read, skipped or _ignore)
            if len(read.indices) >= fewest:
                given += len(read.indices) > 0
                yield maker.batch(read)
    if any(len(batch.indices) for batch in plan) and not given and start == 0:
        raise _too_few_readable(subset)


class _Maker:
    """Makes the batches of one epoch."""

    def __init__(
        self, subset: Subset, augment: AugmentSpec, cache: PictureCache, device: torch.device
    ) -> None:
        self._subset = subset
        self._labels = subset.dataset.labels
        self._augment = augment
        self._making = Making.of(augment, subset.dataset)
        self._cache = cache
        self._shelf: Shelf = cache.shelf(subset.dataset, self._making.fixed)
        self._device = device

    def read(
        self, rows: Iterable[tuple[Planned, Numbers]], threads: int | None
    ) -> Generator[Read, None, None]:
        """Yield what was planned, read; ends its threads."""
        workers = self._cache.workers(self._subset.dataset)
        if workers is not None:
            pinned = self._device.type == "cuda"
            yield from read_in_processes(self._making, self._shelf, workers, rows, pinned=pinned)
            return
        with Reader(self._making, self._shelf, threads) as reader:
            yield from reader.read(rows)

    def report(self, read: Read, skipped: Skipped) -> None:
        """Tell of the pictures that could not be read, each once."""
        for index in read.lost.tolist():
            if index not in self._shelf.reported:
                self._shelf.reported.add(index)
                skipped(self._shelf.broken[index])

    def batch(self, read: Read) -> Batch:
        """Return the finished batch on its device."""
        images = read.images if read.images is not None else self._from_shelf(read)
        labels = torch.from_numpy(self._labels[read.indices])
        return Batch(
            normalise_batch(self._augment, sent(images, self._device)),
            sent(labels, self._device),
            read.indices,
            read.planned.number,
            read.planned.count,
        )

    def _from_shelf(self, read: Read) -> Tensor:
        """Return (k, S, S, 3) uint8 pictures that lie in memory, here or on the device."""
        steps, shelf = self._making.chance, self._shelf
        if self._device.type == "cuda":
            resident = shelf.resident(self._subset, self._device)
            if resident is not None:
                places = resident.places[read.indices]
                return apply_on_device(steps, resident.images, places, read.numbers)
        assert shelf.rows is not None  # or the pictures would not lie there
        images = shelf.rows[read.indices]
        return torch.from_numpy(apply_batch(steps, images, read.numbers, overwrite=True))


def _ignore(problem: Problem) -> None:
    """Take no notice."""


def _too_few_readable(subset: Subset) -> DataError:
    return DataError(
        f"Of the {len(subset):,} pictures of {subset.dataset.name} too few can be read "
        "for a single batch.",
        remedy="See the list of problems, and choose another folder.",
    )
