from __future__ import annotations

import numpy as np
import pytest
import torch

from resnet_studio.data import data_path
from resnet_studio.data.augment import PRESETS
from resnet_studio.data.batches import PictureCache, batches
from resnet_studio.data.data_path import choose_data_path
from resnet_studio.data.dataset import ArrayDataset, DataSplit, FileDataset, Subset

CPU = torch.device("cpu")
LABELS = np.arange(100, dtype=np.int64) % 2


def split_of(dataset):
    indices = np.arange(len(dataset), dtype=np.int64)
    return DataSplit(dataset.name, Subset(dataset, indices[20:]), Subset(dataset, indices[:20]))


def array(side=32):
    images = np.zeros((100, side, side, 3), dtype=np.uint8)
    return split_of(ArrayDataset("array", ("a", "b"), images, LABELS))


def files(width=400, height=300):
    def read(key):
        return np.full((height, width, 3), int(key), dtype=np.uint8)

    keys = tuple(str(number) for number in range(100))
    sizes = np.tile([width, height], (100, 1))
    return split_of(FileDataset("files", ("a", "b"), keys, LABELS, read, sizes=sizes))


def choose(split, style="cifar", device=CPU, **changes):
    settings = {"train": PRESETS[f"{style}_train"], "validation": PRESETS[f"{style}_val"]} | changes
    return choose_data_path(split, device=device, batch_size=10, **settings)


@pytest.fixture
def free(monkeypatch):
    """Sets the free memory."""
    return lambda count: monkeypatch.setattr(data_path, "_free_memory", lambda: count)


def test_what_fits_stays_in_memory_and_what_does_not_is_streamed(free):
    decoded = 80 * 400 * 300 * 3 + 20 * 224 * 224 * 3  # originals, and validation's centres
    free(2 * decoded)
    fits = choose(files(), "imagenet")
    assert (fits.kind, fits.workers, fits.keep_bytes) == ("memory", 0, decoded)
    free(2 * decoded - 2)
    streamed = choose(files(), "imagenet")
    assert (streamed.kind, streamed.keep_bytes) == ("stream", 0)
    assert "32 MB" in fits.why
    assert "32 MB" in streamed.why


def test_sizes_count_after_the_fixed_steps(free):
    free(2 * 100 * 32 * 32 * 3)
    assert choose(files(4000, 3000), "cifar").kind == "memory"
    assert choose(files(4000, 3000), "imagenet").kind == "stream"


def test_a_data_set_that_lies_in_memory_needs_no_more_of_it(free):
    free(0)
    assert choose(array(32)).kind == "memory"
    assert choose(array(40)).kind == "stream"  # resized, it would take more


def test_the_kept_bytes_are_the_estimated_ones(free):
    free(10**9)
    split = files(50, 40)
    with PictureCache.of(choose(split, "imagenet")) as cache:
        for part, name in ((split.train, "imagenet_train"), (split.validation, "imagenet_val")):
            list(
                batches(
                    part, PRESETS[name], batch_size=10, seed=0, epoch=0, shuffle=False, cache=cache
                )
            )
        assert cache.used_bytes == 80 * 50 * 40 * 3 + 20 * 224 * 224 * 3


def test_a_person_overrules_the_choice(free):
    free(10**12)
    streamed = choose(array(), data_path="stream", workers=3)
    assert (streamed.kind, streamed.workers) == ("stream", 3)
    assert "as asked" in streamed.why
    free(1000)
    kept = choose(files(), "imagenet", data_path="memory")
    assert (kept.kind, kept.keep_bytes) == ("memory", 900)
    assert kept.why.endswith("only a part is kept, and the others are decoded anew in each epoch.")


def test_the_processor_is_left_to_training_where_there_is_no_gpu(free):
    free(0)
    choice = choose(files(), "imagenet")
    assert choice.workers == 0
    assert choice.why.endswith("cores are busy with training as it is.")


@pytest.mark.parametrize(("cores", "workers"), [(2, 0), (4, 3), (64, 16)])
def test_a_gpu_is_fed_by_as_many_processes_as_cores_allow(monkeypatch, free, cores, workers):
    free(0)
    monkeypatch.setattr(data_path, "usable_cores", lambda: cores)
    assert choose(files(), "imagenet", torch.device("cuda")).workers == workers


def test_programs_on_one_computer_share_its_memory_and_its_cores(monkeypatch, free):
    decoded = 80 * 400 * 300 * 3 + 20 * 224 * 224 * 3
    free(2 * decoded)
    assert choose(files(), "imagenet", programs=1).kind == "memory"
    shared = choose(files(), "imagenet", programs=2)  # each of them would keep every picture
    assert shared.kind == "stream"
    monkeypatch.setattr(data_path, "usable_cores", lambda: 32)
    assert choose(files(), "imagenet", torch.device("cuda"), programs=4).workers == 7


def test_little_shared_memory_leaves_the_decoding_to_threads(monkeypatch, free):
    free(0)
    monkeypatch.setattr(data_path, "usable_cores", lambda: 16)
    monkeypatch.setattr(
        data_path.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 64 << 20})()
    )
    choice = choose(files(), "imagenet", torch.device("cuda"))
    if not data_path.Path("/dev/shm").is_dir():
        pytest.skip("this system has no /dev/shm")
    assert choice.workers == 0
    assert "/dev/shm" in choice.why


@pytest.mark.parametrize(("room", "bytes_kept"), [(10**9, 3 * 10**8), (10**5, 3 * 10**4)])
def test_pictures_that_are_only_moved_stay_on_the_gpu_if_it_has_room(monkeypatch, room, bytes_kept):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (room, 10**9))
    choice = choose(array(), device=torch.device("cuda"))
    assert (choice.kind, choice.device_bytes) == ("memory", bytes_kept)
    assert ("augmented on the GPU" in choice.why) == (room == 10**9)


def test_pictures_that_are_resized_each_time_stay_with_the_processor():
    choice = choose(array(), "imagenet", torch.device("cuda"))
    assert (choice.kind, choice.device_bytes) == ("memory", 0)
    assert "bits that are shown" in choice.why
