"""Pictures decoded by other processes: the same bits, and what happens when one is killed."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

import resnet_studio
from resnet_studio.data import sources
from resnet_studio.data.augment import PRESETS
from resnet_studio.data.batches import PictureCache, batches
from resnet_studio.data.dataset import ArrayDataset, FileDataset, Subset
from resnet_studio.data.imaging import UnreadablePictureError
from resnet_studio.data.sources import DataConfig, load_dataset
from resnet_studio.data.stores import ZipStore
from resnet_studio.errors import DataError
from tests.data.folders import make_zip
from tests.data.pictures import encoded

COUNT = 30
LABELS = np.arange(COUNT, dtype=np.int64) % 2


@dataclass(frozen=True)
class Reading:
    """Makes pictures of different sizes by their number, but for some that are broken."""

    broken: tuple[int, ...] = ()
    error: type[Exception] = UnreadablePictureError

    def __call__(self, key):
        number = int(key)
        if number in self.broken:
            if self.error is UnreadablePictureError:
                raise UnreadablePictureError(f"{key}.jpg", "it is cut off", remedy="")
            raise self.error(key)
        rng = np.random.default_rng(number)
        return rng.integers(0, 256, (40 + number, 60 - number, 3), dtype=np.uint8)


def made(**how):
    return made_by(Reading(**how))


def made_by(reading):
    keys = tuple(str(number) for number in range(COUNT))
    return FileDataset("made", ("a", "b"), keys, LABELS, reading)


def whole(dataset):
    return Subset(dataset, np.arange(len(dataset), dtype=np.int64))


def stream(subset, cache, *, style="imagenet_train", **changes):
    settings = {"batch_size": 7, "seed": 5, "epoch": 1, "shuffle": True} | changes
    return batches(subset, PRESETS[style], cache=cache, **settings)


def assert_same(one, other):
    assert len(one) == len(other) > 0
    for a, b in zip(one, other, strict=True):
        assert torch.equal(a.images, b.images)
        assert a.images.is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(a.labels, b.labels)
        assert a.indices.tolist() == b.indices.tolist()
        assert (a.number, a.planned) == (b.number, b.planned)


def processes():
    return multiprocessing.active_children()


@pytest.fixture
def two():
    """A cache that keeps nothing, with two processes; they end with the test."""
    with PictureCache(limit_bytes=0, processes=2) as cache:
        yield cache
    assert processes() == []


def test_processes_give_the_bits_of_threads_in_every_epoch_and_from_every_batch(two):
    alone, subset = PictureCache(limit_bytes=0), whole(made())
    for style in ("imagenet_train", "cifar_train", "imagenet_val"):
        for epoch in range(2):
            wanted = list(stream(subset, alone, style=style, epoch=epoch))
            assert_same(list(stream(subset, two, style=style, epoch=epoch)), wanted)
            rest = stream(subset, two, style=style, epoch=epoch, start=1 + epoch)
            assert_same(list(rest), wanted[1 + epoch :])
    uneven = Subset(subset.dataset, np.array([0, 2, 4, 6, 8, 10, 12, 1], dtype=np.int64))
    wanted = list(stream(uneven, alone, balanced=True))
    assert_same(list(stream(uneven, two, balanced=True)), wanted)
    assert len(processes()) == 2


def test_an_epoch_that_is_left_early_goes_on_with_the_same_bits(two):
    subset = whole(made())
    wanted = list(stream(subset, PictureCache(limit_bytes=0)))
    left = stream(subset, two)
    first = [next(left), next(left)]
    left.close()
    assert_same(first + list(stream(subset, two, start=2)), wanted)


def test_pictures_in_memory_reach_the_processes_too(two):
    images = np.random.default_rng(1).integers(0, 256, (COUNT, 36, 36, 3), dtype=np.uint8)
    subset = whole(ArrayDataset("array", ("a", "b"), images, LABELS))
    for style in ("imagenet_train", "digits_train"):
        wanted = list(stream(subset, PictureCache(), style=style))
        assert_same(list(stream(subset, two, style=style)), wanted)


def test_pictures_of_an_archive_reach_the_processes_too(two, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MEMORY_BYTES", 0)
    reading = Reading()
    members = [(f"{n % 2}/{n}.png", encoded(reading(n), "PNG")) for n in range(COUNT)]
    archive = make_zip(tmp_path / "a.zip", members)
    subset = load_dataset(DataConfig(source="folder", path=str(archive))).train
    wanted = list(stream(subset, PictureCache(limit_bytes=0)))
    assert_same(list(stream(subset, two)), wanted)


def test_an_archive_in_another_process_reads_the_same_and_says_when_it_is_gone(tmp_path):
    archive = make_zip(tmp_path / "a.zip", [("x/1.png", b"one"), ("y/2.png", b"two")])
    store = pickle.loads(pickle.dumps(ZipStore(archive)))
    again = pickle.loads(pickle.dumps(store))
    with store.opened("y/2.png") as content:
        assert content.read() == b"two"
    archive.unlink()
    with pytest.raises(UnreadablePictureError, match=r"x/1\.png"), again.opened("x/1.png"):
        pass


def test_broken_pictures_are_left_out_told_of_once_and_not_tried_again(two):
    subset, problems = whole(made(broken=(3, 4, 20))), []
    wanted = list(stream(subset, PictureCache(limit_bytes=0)))
    for _ in range(2):
        assert_same(list(stream(subset, two, skipped=problems.append)), wanted)
    assert sorted(problem.file for problem in problems) == ["20", "3", "4"]
    assert {problem.reason for problem in problems} == {"it is cut off"}


def test_a_killed_process_is_an_error_and_the_epoch_can_be_resumed(two):
    subset = whole(made())
    wanted = list(stream(subset, PictureCache(limit_bytes=0), batch_size=2))
    epoch = stream(subset, two, batch_size=2)  # more batches than are read ahead
    given = [next(epoch)]
    os.kill(processes()[0].pid, signal.SIGKILL)
    with pytest.raises(DataError, match="process that decodes pictures has ended") as caught:
        given += epoch
    assert "0 workers" in caught.value.remedy
    rest = stream(subset, two, batch_size=2, start=given[-1].number + 1)
    assert_same(given + list(rest), wanted)


def test_a_defect_in_a_process_is_not_hidden(two):
    with pytest.raises(KeyError):
        list(stream(whole(made(broken=(3,), error=KeyError)), two))


def test_processes_take_nothing_from_the_common_random_numbers(two):
    before = torch.get_rng_state()
    list(stream(whole(made()), two))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_second_epoch_at_the_same_time_does_without_the_processes(two):
    subset = whole(made())
    wanted = list(stream(subset, PictureCache(limit_bytes=0)))
    first = stream(subset, two)
    begun = [next(first)]
    assert_same(list(stream(subset, two)), wanted)
    assert_same(begun + list(first), wanted)


_STARTS_TWO = """
import multiprocessing, sys
from resnet_studio.data.augment import PRESETS
from resnet_studio.data.batches import PictureCache, batches
from resnet_studio.data.sources import load_dataset, DataConfig

if __name__ == "__main__":
    cache = PictureCache(limit_bytes=0, processes=2)
    subset = load_dataset(DataConfig()).train
    spec = PRESETS["digits_train"]
    stream = batches(
        subset, spec, batch_size=8, seed=0, epoch=0, shuffle=True, cache=cache
    )
    next(stream)
    print(*(process.pid for process in multiprocessing.active_children()), flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
def test_processes_end_with_a_program_that_is_killed(tmp_path):
    script = tmp_path / "start.py"
    script.write_text(_STARTS_TWO)
    # The package under test, which need not be the one that is installed.
    environment = {**os.environ, "PYTHONPATH": str(Path(resnet_studio.__file__).parents[1])}
    pipe = subprocess.PIPE
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as program:
        assert program.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in program.stdout.readline().split()]
        assert len(workers) == 2
        program.kill()
    assert psutil.wait_procs(workers, timeout=60)[1] == []


class InterruptedAtOnce(Reading):
    """Interrupts the process that it comes to, before that has begun with anything."""

    def __reduce__(self):
        return _interrupted, ()


def _interrupted():
    for number in (signal.SIGINT, signal.SIGHUP):
        os.kill(os.getpid(), number)
    return Reading()


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_an_interrupt_from_the_keyboard_is_left_to_the_program_from_the_start(two):
    if sys.platform == "linux":
        forkserver._forkserver._stop()  # another test may have started it in its own way
    wanted = list(stream(whole(made()), PictureCache(limit_bytes=0)))
    epoch = stream(whole(made_by(InterruptedAtOnce())), two)
    given = [next(epoch)]
    for process in processes():
        os.kill(process.pid, signal.SIGINT)
    assert_same(given + list(epoch), wanted)
