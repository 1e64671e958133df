"""Pictures that stay in memory from epoch to epoch, and which of them are broken.

A shelf holds the pictures of one data set after a pipeline's fixed steps (those before the first
chance), since these give the same in every epoch. Pictures of one size lie in one array, from
which whole batches are taken; a data set that is an array already is not copied.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_studio.data.augment_steps import Step
from resnet_studio.data.dataset import Dataset, Problem, Subset
from resnet_studio.data.making import Pixels, fixed_picture, shape_after
from resnet_studio.data.transforms import leaves_alone

if TYPE_CHECKING:
    from resnet_studio.data.data_path import DataPathChoice
    from resnet_studio.data.workers import Workers

_LIMIT_BYTES = 512 << 20


class PictureCache:
    """What a run keeps from epoch to epoch: decoded pictures, and processes that decode others.

    As many pictures as the limit allows; nothing is pushed out again, since an epoch needs every
    picture once. Also remembers which are broken. One for a whole run; close it at its end.

    Args:
        limit_bytes: Most bytes of pictures to keep.
        device_bytes: Most bytes to keep on the device as well, if it has a memory of its own.
        processes: Processes that decode what is not kept; 0 decodes in threads of this one.
    """

    def __init__(
        self, *, limit_bytes: int = _LIMIT_BYTES, device_bytes: int = 0, processes: int = 0
    ) -> None:
        self._free = limit_bytes
        self._limit = limit_bytes
        self._device_free = device_bytes
        self._shelves: dict[tuple[int, tuple[Step, ...]], Shelf] = {}
        self._lock = threading.Lock()
        self._processes = processes
        self._workers: dict[int, Workers] = {}

    @classmethod
    def of(cls, choice: DataPathChoice) -> PictureCache:
        """Return a cache that does what was chosen."""
        return cls(
            limit_bytes=choice.keep_bytes,
            device_bytes=choice.device_bytes,
            processes=choice.workers,
        )

    def __enter__(self) -> PictureCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, if there are any; the pictures stay."""
        while self._workers:
            self._workers.popitem()[1].close()

    @property
    def used_bytes(self) -> int:
        """How many bytes of pictures are kept, besides those of data sets in memory."""
        return self._limit - self._free

    def shelf(self, dataset: Dataset, steps: tuple[Step, ...]) -> Shelf:
        """Return the pictures of one data set after one list of steps."""
        key = (id(dataset), steps)
        with self._lock:
            if key not in self._shelves:
                # It holds the data set, so that no other can get its id.
                self._shelves[key] = Shelf(self, dataset, steps)
            return self._shelves[key]

    def workers(self, dataset: Dataset) -> Workers | None:
        """Return the processes that decode a data set, if this is how it is to be decoded.

        None while they are at work on another epoch.
        """
        from resnet_studio.data.workers import Workers  # it is needed by few

        if not self._processes:
            return None
        found = self._workers.get(id(dataset))
        if found is None or found.closed:
            found = self._workers[id(dataset)] = Workers(dataset, self._processes)
        return None if found.busy else found

    def take_room(self, size: int) -> bool:
        """Set so many bytes aside, if they are left."""
        with self._lock:
            if size > self._free:
                return False
            self._free -= size
            return True

    def has_room(self, size: int) -> bool:
        """Return whether so many bytes could be kept in all."""
        return size <= self._limit

    def take_device_room(self, size: int) -> bool:
        """Set so many bytes of the device aside, if they are left."""
        if size > self._device_free:
            return False
        self._device_free -= size
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Resident:
    """The pictures of a subset on a device.

    Attributes:
        subset: Which; held so that no other can get its id.
        images: (n, H, W, 3) uint8.
        places: (N,) int64, for each picture of the data set its row in `images`.
    """

    subset: Subset
    images: Tensor
    places: NDArray[np.int64]


class Shelf:
    """Pictures of one data set after fixed steps, as far as there is room.

    Attributes:
        rows: (N, H, W, 3) uint8, valid where `kept`; None if the pictures are not kept that way.
        kept: (N,) bool, which pictures lie in `rows`.
        broken: What is wrong with pictures that cannot be used.
        lost: (N,) bool, which pictures those are.
        reported: Broken pictures that were told of.
    """

    def __init__(self, cache: PictureCache, dataset: Dataset, steps: tuple[Step, ...]) -> None:
        self.dataset = dataset
        self.steps = steps
        self.kept = np.zeros(len(dataset), dtype=np.bool_)
        self.lost = np.zeros(len(dataset), dtype=np.bool_)
        self.broken: dict[int, Problem] = {}
        self.reported: set[int] = set()
        self._cache = cache
        self._loose: dict[int, Pixels] = {}
        self._residents: dict[int, Resident] = {}
        self.rows = self._place_for_all()

    def has(self, indices: NDArray[np.int64]) -> bool:
        """Return whether all these pictures lie in `rows` or are known to be broken."""
        if self.rows is None:
            return False
        return bool((self.kept[indices] | self.lost[indices]).all())

    def load(self, index: int) -> Pixels | Problem:
        """Return picture `index` as (H, W, 3) uint8, or what is wrong; for any thread."""
        if (known := self._known(index)) is not None:
            return known
        result = fixed_picture(self.dataset, self.steps, index)
        if isinstance(result, Problem):
            return self.lose(index, result)
        if self._cache.take_room(result.nbytes):
            if self.rows is None:
                self._loose[index] = result
            else:
                self.rows[index] = result
                self.kept[index] = True
        return result

    def lose(self, index: int, problem: Problem) -> Problem:
        """Note that a picture is broken, and why."""
        self.lost[index] = True
        return self.broken.setdefault(index, problem)

    def resident(self, subset: Subset, device: torch.device) -> Resident | None:
        """Return the subset's pictures on the device, once all are known; None if there are none.

        They are copied when they are first asked for, if the device has room for them.
        """
        if self.rows is None or not self.has(subset.indices):
            return None
        found = self._residents.get(id(subset))
        if found is None and self._cache.take_device_room(self.rows[0].nbytes * len(subset)):
            images = torch.from_numpy(self.rows[subset.indices]).to(device)
            places = np.zeros(len(self.dataset), dtype=np.int64)
            places[subset.indices] = np.arange(len(subset))
            found = self._residents[id(subset)] = Resident(subset, images, places)
        return found

    def _known(self, index: int) -> Pixels | Problem | None:
        if self.lost[index]:
            return self.broken[index]
        if self.rows is not None and self.kept[index]:
            row: Pixels = self.rows[index]
            return row
        return self._loose.get(index)

    def _place_for_all(self) -> Pixels | None:
        """Return the array for pictures of one size, if there is room for all of them."""
        images = self.dataset.images
        if images is not None and leaves_alone(self.steps, *images.shape[1:3]):
            self.kept[:] = True
            return images
        size = shape_after(self.dataset, self.steps)
        if size is None:
            return None
        shape = (len(self.dataset), *size, 3)
        # Not touched yet, so that it takes no memory yet.
        return np.empty(shape, np.uint8) if self._cache.has_room(int(np.prod(shape))) else None
