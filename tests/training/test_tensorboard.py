"""Event files, read back with TensorBoard's own reader."""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
from dataclasses import replace

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from resnet_studio.errors import RunError
from resnet_studio.training.events import EpochDone, StepDone
from resnet_studio.training.tensorboard import EventFiles

STEP = StepDone(1, 1, 0.5, 0.25, 0.1, 1000.0, (1.0, 2.0, 4.0))
EPOCH = EpochDone(1, 3, 0.5, 0.75, 0.625, 0.5, 2.0)


def curve(path, tag: str) -> list[tuple[int, float]]:
    reader = EventAccumulator(str(path))
    reader.Reload()
    return [(event.step, event.value) for event in reader.Scalars(tag)]


def tags(path) -> set[str]:
    reader = EventAccumulator(str(path))
    reader.Reload()
    return set(reader.Tags()["scalars"])


def test_steps_and_epochs_are_read_back(tmp_path):
    files = EventFiles(tmp_path / "tensorboard", sections=("stem", "stage 1", "head"))
    for step in (1, 2, 3):
        files.write(replace(STEP, step=step, loss=step / 4))
    files.write(EPOCH)
    files.close()
    path = tmp_path / "tensorboard"
    assert curve(path, "step/loss") == [(1, 0.25), (2, 0.5), (3, 0.75)]
    assert curve(path, "step/images per second") == [(1, 1000.0), (2, 1000.0), (3, 1000.0)]
    assert curve(path, "gradient norm/stage 1")[0] == (1, 2.0)
    assert curve(path, "loss/validation") == [(3, 0.625)]
    assert curve(path, "accuracy/train") == [(3, 0.75)]
    assert not {tag for tag in tags(path) if tag.startswith("top 5")}


def test_the_top_five_are_written_where_there_are_any(tmp_path):
    files = EventFiles(tmp_path)
    files.write(replace(EPOCH, train_top5=0.875, validation_top5=1.0))
    files.close()
    assert curve(tmp_path, "top 5/train") == [(3, 0.875)]
    assert curve(tmp_path, "top 5/validation") == [(3, 1.0)]


def test_what_a_resumed_run_does_anew_takes_the_place_of_what_was(tmp_path):
    for start, loss in ((0, 1.0), (3, 0.5)):
        files = EventFiles(tmp_path, start=start)
        for step in range(start + 1, 6):
            files.write(replace(STEP, step=step, loss=loss))
        files.close()
    assert len(list(tmp_path.iterdir())) == 2
    steps = dict(curve(tmp_path, "step/loss"))
    assert steps == {1: 1.0, 2: 1.0, 3: 1.0, 4: 0.5, 5: 0.5}
    assert len(curve(tmp_path, "step/loss")) == 5


def test_a_figure_that_is_written_is_in_the_file_at_once(tmp_path):
    files = EventFiles(tmp_path)
    files.write(STEP)
    assert curve(tmp_path, "step/loss") == [(1, 0.5)]
    files.close()


def test_a_full_disk_leaves_whole_records_and_the_next_figures_find_room(tmp_path):
    files = EventFiles(tmp_path)
    files.write(STEP)
    (file,) = tmp_path.iterdir()
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.getsignal(signal.SIGXFSZ)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 20, before[1]))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            files.write(replace(STEP, step=2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    files.write(replace(STEP, step=3))
    files.close()
    assert [step for step, _ in curve(tmp_path, "step/loss")] == [1, 3]


def test_a_folder_that_cannot_be_made_is_refused_with_its_name(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="file/tensorboard cannot be written"):
        EventFiles(tmp_path / "file" / "tensorboard")


def test_without_the_package_the_remedy_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(RunError) as caught:
        EventFiles(tmp_path / "tensorboard")
    assert "pip install tensorboard" in caught.value.remedy
    assert not (tmp_path / "tensorboard").exists()
