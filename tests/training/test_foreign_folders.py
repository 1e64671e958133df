"""Run folders that somebody, or some accident, filled with other things."""

from __future__ import annotations

import json
import os

import pytest

from resnet_studio.errors import RunError
from resnet_studio.training import lock, metrics
from resnet_studio.training.events import EpochDone, StepDone
from resnet_studio.training.runs import RunFolder, RunStatus, list_runs

DEEP = "[" * 100_000
STEP = {
    "event": "step",
    "step": 1,
    "epoch": 1,
    "loss": 2.0,
    "accuracy": 0.1,
    "learning_rate": 0.1,
    "images_per_second": 100.0,
}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "runs" / "one"
    path.mkdir(parents=True)
    (path / "run.toml").write_text("")
    return RunFolder(path)


@pytest.mark.parametrize(
    "content",
    [
        DEEP,
        "null",
        '{"state": "weird"}',
        '{"state": ["a"]}',
        '{"step": "x"}',
        '{"step": -1}',
        '{"step": 1e999}',
        '{"step": true}',
        '{"epoch": null}',
        '{"best_accuracy": "high"}',
        '{"best_accuracy": NaN}',
        '{"best_accuracy": 2}',
        '{"message": 5}',
        '{"message": "' + "x" * 100_000 + '"}',
    ],
)
def test_a_status_that_makes_no_sense_counts_as_none(folder, content):
    (folder.path / "status.json").write_text(content)
    assert folder.status() == RunStatus()


def test_a_status_of_ours_is_read(folder):
    status = RunStatus("stopped", 3, 10, 1, 0.5, "Stopped.")
    folder.write_status(status)
    assert folder.status() == status


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of Unix")
@pytest.mark.parametrize("name", ["status.json", ".lock", "metrics.jsonl", "run.toml"])
def test_a_pipe_in_place_of_a_file_does_not_hang_the_list(folder, name):
    (folder.path / name).unlink(missing_ok=True)
    os.mkfifo(folder.path / name)
    listed = list_runs(folder.path.parent)
    assert [listing.folder.name for listing in listed] == ["one"]
    if name == "metrics.jsonl":
        with pytest.raises(RunError, match="plain file"):
            folder.metrics()
    if name == ".lock":
        with pytest.raises(OSError, match="plain file"):
            lock.acquire(folder.path)


@pytest.mark.parametrize("content", [DEEP, '{"pid": 1e999, "host": "a", "started": 0}', "5"])
def test_a_lock_that_makes_no_sense_is_nobodys(folder, content):
    (folder.path / ".lock").write_text(content)
    assert not lock.in_use(folder.path)


@pytest.mark.parametrize("text", ["a." * 50_000 + "a=1", "x" * 70_000, "not toml", ""])
def test_a_configuration_that_makes_no_sense_is_named(folder, text):
    (folder.path / "run.toml").write_text(text)
    with pytest.raises(RunError, match=r"run\.toml"):
        _ = folder.config
    (listing,) = list_runs(folder.path.parent)
    assert listing.config is None
    assert "run.toml" in listing.problem


@pytest.mark.parametrize(
    "line",
    [
        {**STEP, "step": "x"},
        {**STEP, "step": float("nan")},
        {**STEP, "step": True},
        {**STEP, "step": 10**400},
        {**STEP, "loss": 10**400},
        {**STEP, "loss": None},
        {**STEP, "event": ["step"]},
    ],
)
def test_a_line_of_metrics_that_makes_no_sense_is_passed_over(tmp_path, line):
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in (line, STEP)))
    read = metrics.read_metrics(path)
    assert [step.step for step in read.steps] == [1]
    metrics.cut(path, step=1, epoch=0)
    assert [step.step for step in metrics.read_metrics(path).steps] == [1]


def test_deep_and_endless_lines_are_passed_over(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(DEEP + "\n" + "x" * 1_000_000 + "\n" + json.dumps(STEP) + "\n")
    assert len(metrics.read_metrics(path).steps) == 1


def test_an_infinite_loss_is_a_figure_all_the_same(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(json.dumps({**STEP, "loss": float("inf")}) + "\n")
    (step,) = metrics.read_metrics(path).steps
    assert isinstance(step, StepDone)
    assert not isinstance(step, EpochDone)


@pytest.mark.parametrize("name", ["nul\0", "x" * 300])
def test_a_name_that_no_disk_can_hold_is_refused(tmp_path, name):
    folder = RunFolder(tmp_path / name)
    assert not folder.exists
    with pytest.raises(RunError, match="Choose another folder"):
        folder._write({})
    assert list_runs(tmp_path / name) == ()
