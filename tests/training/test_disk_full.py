"""A disk without room: the run waits, says how much is needed, and loses nothing."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from resnet_studio import files
from resnet_studio.training import waiting
from resnet_studio.training.control import Control
from resnet_studio.training.events import (
    CheckpointSaved,
    EpochDone,
    Event,
    Paused,
    Resumed,
    StepDone,
    Warned,
)
from resnet_studio.training.loop import fit
from resnet_studio.training.runs import RunFolder
from tests.training.identity import identity
from tests.training.running import ended, last_state, of, run

DISK_BYTES = 8 << 20


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Looks for room often, so that no test waits."""
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.01)


@pytest.fixture
def whole(tmp_path, config) -> str:
    """The identity of a run that was never disturbed."""
    run(config, tmp_path / "whole")
    return identity(tmp_path / "whole")


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A real file system of a few megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except OSError:
        pytest.skip("this system has no mount")
    if done.returncode:
        pytest.skip("mounting is not permitted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path, *, free: int = 0) -> Path:
    """Takes all room of a disk but a little; returns the file to remove."""
    ballast = disk / "ballast"
    room = os.statvfs(disk)
    with ballast.open("wb") as file:
        file.write(bytes(room.f_bavail * room.f_bsize - free))
    return ballast


@pytest.mark.parametrize("free", [0, 4096, 12_000, 40_000])
def test_a_run_on_a_full_disk_waits_and_goes_on_to_the_same_bits(small_disk, config, whole, free):
    """With more room free it is a later file of the save that finds none."""
    path = small_disk / "run"
    events: list[Event] = []
    for event in fit(config, run_dir=path):
        events.append(event)
        if isinstance(event, CheckpointSaved) and event.step == 4:
            ballast = fill(small_disk, free=free)
        if isinstance(event, Paused):
            assert last_state(path).position.step >= of(CheckpointSaved, events)[-1].step
            ballast.unlink()  # a person makes room; nobody tells the run
    (paused,) = of(Paused, events)
    assert "no room on the disk" in paused.reason
    assert "free some space" in paused.reason
    assert paused.free_bytes < paused.needed_bytes < DISK_BYTES
    assert [event.step for event in of(Resumed, events)] == [paused.step]
    assert [event.step for event in of(CheckpointSaved, events)] == [4, 8, 12]
    assert ended(events).outcome == "finished"
    assert identity(path) == whole


def test_a_run_that_is_stopped_while_it_waits_ends_with_its_last_good_checkpoint(
    small_disk, config, whole
):
    path, control = small_disk / "run", Control()
    events: list[Event] = []
    for event in fit(config, run_dir=path, control=control):
        events.append(event)
        if isinstance(event, CheckpointSaved):
            ballast = fill(small_disk)
        if isinstance(event, Paused):
            control.stop()
    assert ended(events).outcome == "stopped"
    assert "The last checkpoint is of step 4." in ended(events).message
    assert of(Resumed, events) == []
    assert last_state(path).position.step == 4
    ballast.unlink()
    assert ended(run(config, path, resume=True)).outcome == "finished"
    assert identity(path) == whole


def test_a_waiting_run_whose_generator_is_closed_can_be_resumed(small_disk, config, whole):
    path = small_disk / "run"
    training = fit(config, run_dir=path)
    for event in training:
        if isinstance(event, CheckpointSaved):
            ballast = fill(small_disk)
        if isinstance(event, Paused):
            training.close()
    ballast.unlink()
    run(config, path, resume=True)
    assert identity(path) == whole


@contextmanager
def no_room(monkeypatch, number: int) -> Iterator[list[Path]]:
    """Within the body no file can be made durable; yields those that were tried."""
    tried: list[Path] = []

    def refuse(path: Path) -> None:
        tried.append(path)
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as context:
        context.setattr(files, "_synchronise", refuse)
        yield tried


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_save_that_finds_no_room_is_tried_again_until_it_does(
    tmp_path, config, whole, monkeypatch, number
):
    """The disk says that it has room, as where a person's share of it is used up."""
    tried: list[Path] = []

    def refuse(path: Path) -> None:
        tried.append(path)
        if len(tried) <= 5:
            raise OSError(number, os.strerror(number))

    events: list[Event] = []
    for event in fit(config, run_dir=tmp_path / "run"):
        events.append(event)
        if isinstance(event, EpochDone) and event.epoch == 2:
            monkeypatch.setattr(files, "_synchronise", refuse)
    assert len(tried) > 5
    assert len(of(Paused, events)) >= 1
    assert len(of(Resumed, events)) == 1
    assert ended(events).outcome == "finished"
    assert identity(tmp_path / "run") == whole


def test_a_person_may_have_it_tried_at_once(tmp_path, config, whole, monkeypatch):
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 3600.0)
    control = Control()
    events: list[Event] = []
    training = fit(config, run_dir=tmp_path / "run", control=control)
    for event in training:
        events.append(event)
        if isinstance(event, EpochDone) and event.epoch == 2:
            full = no_room(monkeypatch, errno.ENOSPC)
            full.__enter__()
        if isinstance(event, Paused):
            full.__exit__(None, None, None)
            control.resume()
    assert len(of(Paused, events)) == 1
    assert ended(events).outcome == "finished"
    assert identity(tmp_path / "run") == whole


def test_curves_that_find_no_room_are_written_once_there_is_some(small_disk, config, whole):
    """Steps go on while only their lines do not fit; no line is lost, torn or doubled."""
    path = small_disk / "run"
    told: list[Event] = []
    for event in fit(config, run_dir=path):
        told.append(event)
        if isinstance(event, StepDone) and event.step == 5:
            ballast = fill(small_disk)
            # The last page of the file has room for some more lines.
            with RunFolder(path).metrics_path.open("ab") as file:
                missing = -file.seek(0, os.SEEK_END) % 4096
                file.write(b"\n" * missing)
        if isinstance(event, StepDone) and event.step == 7:
            ballast.unlink()
    (warning,) = of(Warned, told)
    assert "metrics.jsonl" in warning.message
    assert [step.step for step in RunFolder(path).metrics().steps] == list(range(1, 13))
    assert identity(path) == whole


def test_a_run_cannot_begin_where_there_is_no_room_and_says_so(small_disk, config):
    ballast = fill(small_disk)
    path = small_disk / "run"
    end = ended(run(config, path))
    assert end.outcome == "failed"
    assert "No space left" in end.message
    assert end.remedy
    ballast.unlink()
    assert ended(run(config, path, resume=(path / "run.toml").exists())).outcome == "finished"
