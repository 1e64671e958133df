from __future__ import annotations

import numpy as np
import pytest
import torch

from resnet_studio.data import shelves
from resnet_studio.data.augment_steps import CenterCrop, Resize, ResizeExact
from resnet_studio.data.dataset import ArrayDataset, FileDataset, Problem, Subset
from resnet_studio.data.imaging import UnreadablePictureError
from resnet_studio.data.shelves import PictureCache

CPU = torch.device("cpu")
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
LABELS = np.zeros(20, dtype=np.int64)
ARRAY = ArrayDataset("array", ("a", "b"), IMAGES, LABELS)
SUBSET = Subset(ARRAY, np.array([3, 17, 4], dtype=np.int64))


def files(*, broken=()):
    def read(key):
        if int(key) in broken:
            raise UnreadablePictureError(key, "it is empty", remedy="Copy it again.")
        return IMAGES[int(key)]

    return FileDataset("files", ("a", "b"), tuple(str(n) for n in range(20)), LABELS, read)


@pytest.mark.parametrize("steps", [(), (Resize(size=8), CenterCrop(size=8))])
def test_an_array_that_the_steps_leave_alone_is_not_copied(steps):
    cache = PictureCache(limit_bytes=0)
    shelf = cache.shelf(ARRAY, steps)
    assert shelf.rows is IMAGES
    assert shelf.has(SUBSET.indices)
    assert cache.used_bytes == 0


def test_pictures_are_there_once_they_were_loaded():
    shelf = PictureCache().shelf(ARRAY, (ResizeExact(size=4),))
    assert not shelf.has(SUBSET.indices)
    loaded = [shelf.load(index) for index in SUBSET.indices]
    assert shelf.has(SUBSET.indices)
    assert shelf.rows is not None
    assert np.array_equal(np.stack(loaded), shelf.rows[SUBSET.indices])


def test_the_broken_ones_are_known_too():
    subset = Subset(files(broken=(4,)), SUBSET.indices)
    shelf = PictureCache().shelf(subset.dataset, (ResizeExact(size=4),))
    results = [shelf.load(index) for index in SUBSET.indices]
    assert results[2] == Problem("4", "it is empty", "Copy it again.")
    assert shelf.has(SUBSET.indices)
    assert shelf.lost[SUBSET.indices].tolist() == [False, False, True]


def test_a_device_gets_the_pictures_of_a_subset_once_all_are_known():
    shelf = PictureCache(device_bytes=10**6).shelf(ARRAY, (ResizeExact(size=4),))
    assert shelf.resident(SUBSET, CPU) is None
    for index in SUBSET.indices:
        shelf.load(index)
    resident = shelf.resident(SUBSET, CPU)
    assert resident is not None
    assert resident is shelf.resident(SUBSET, CPU)
    for index in SUBSET.indices:
        row = resident.images[resident.places[index]]
        assert np.array_equal(row.numpy(), shelf.load(index))


def test_a_device_without_room_gets_none():
    size = 3 * 8 * 8 * 3
    assert PictureCache(device_bytes=size - 1).shelf(ARRAY, ()).resident(SUBSET, CPU) is None
    shelf = PictureCache(device_bytes=size).shelf(ARRAY, ())
    assert shelf.resident(SUBSET, CPU) is not None
    assert shelf.resident(Subset(ARRAY, SUBSET.indices), CPU) is None


def test_a_shelf_is_made_once_since_its_place_may_be_large(monkeypatch):
    made = []
    real = shelves.Shelf
    monkeypatch.setattr(shelves, "Shelf", lambda *wanted: made.append(wanted) or real(*wanted))
    cache = PictureCache()
    assert cache.shelf(ARRAY, ()) is cache.shelf(ARRAY, ())
    assert len(made) == 1
