"""`metrics.jsonl` whose last line a crash has torn: while resuming, appending and following."""

from __future__ import annotations

import json
import shutil
import threading

import pytest

from resnet_studio.training import following
from resnet_studio.training.events import StepDone
from resnet_studio.training.metrics import MetricsLog, read_metrics
from resnet_studio.training.runs import RunFolder
from tests.training.conftest import tiny_config
from tests.training.identity import identity
from tests.training.running import curves, run, run_until, step_is

TORN = b'{"event": "step", "step": 7, "epoch": 2, "lo'


@pytest.fixture(scope="module")
def six_steps(tmp_path_factory, pictures):
    """A run stopped after six steps, and one that never was."""
    folder, config = tmp_path_factory.mktemp("runs"), tiny_config(pictures)
    run_until(config, folder / "six", step_is(6))
    run(config, folder / "whole")
    return folder


@pytest.mark.parametrize("torn", [TORN, TORN[:1], b"\x00" * 4096, b"\xff\xfe"])
def test_a_run_with_a_torn_line_goes_on_as_if_it_had_never_been(tmp_path, config, six_steps, torn):
    path = tmp_path / "run"
    shutil.copytree(six_steps / "six", path)
    with RunFolder(path).metrics_path.open("ab") as file:
        file.write(torn)
    assert [step.step for step in RunFolder(path).metrics().steps] == [1, 2, 3, 4, 5, 6]
    run(config, path, resume=True)
    assert identity(path) == identity(six_steps / "whole")
    for line in RunFolder(path).metrics_path.read_text(encoding="utf-8").splitlines():
        assert "event" in json.loads(line)


def test_every_cut_of_the_last_line_costs_at_most_that_line(tmp_path, six_steps):
    whole = RunFolder(six_steps / "whole").metrics_path.read_bytes()
    path = tmp_path / "metrics.jsonl"
    begin = whole[:-1].rindex(b"\n") + 1
    for end in range(begin, len(whole)):
        path.write_bytes(whole[:end])
        assert read_metrics(path).steps == RunFolder(six_steps / "whole").metrics().steps


def test_a_line_appended_after_a_torn_one_can_be_read(tmp_path, six_steps):
    steps = RunFolder(six_steps / "six").metrics().steps
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(TORN)
    for step in steps[:2]:  # by two programs, one after the other
        log = MetricsLog(path)
        log.write(step)
        log.close()
    assert read_metrics(path).steps == steps[:2]


def test_a_line_that_could_not_be_taken_back_harms_no_other(tmp_path, six_steps):
    """A disk that fails in the middle of a line, and then at removing that half as well."""
    first, second, third, *_ = RunFolder(six_steps / "six").metrics().steps
    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.write(first)
    real, log._file = log._file, Failing(log._file)
    with pytest.raises(OSError, match="broken"):
        log.write(second)
    log._file = real
    log.write(third)
    log.close()
    assert read_metrics(log.path).steps == (first, second, third)


class Failing:
    """A file that takes half of what is written, then nothing more."""

    def __init__(self, file) -> None:
        self.file = file
        self.seek = file.seek
        self.broken = False

    def write(self, content: bytes) -> int:
        if self.broken:
            raise OSError("broken")
        self.broken = True
        return self.file.write(content[: len(content) // 2])

    def truncate(self, _size: int) -> None:
        raise OSError("broken")


def test_whoever_follows_a_run_sees_each_step_once_through_a_crash(tmp_path, config, six_steps):
    """The run is killed within a line, resumed, and ended, while somebody follows it."""
    path = tmp_path / "run"
    shutil.copytree(six_steps / "six", path)
    with RunFolder(path).metrics_path.open("ab") as file:
        file.write(TORN)
    seen: list[StepDone] = []
    stop = threading.Event()
    resumed = False
    for event in following.follow(path, stop=stop, poll_seconds=0.001):
        if isinstance(event, following.Reload):
            seen.clear()
        if isinstance(event, StepDone):
            seen.append(event)
        if len(seen) == 6 and not resumed:
            resumed = True
            run(config, path, resume=True)
        if len(seen) == 12:
            stop.set()
    assert tuple(seen) == RunFolder(path).metrics().steps
    assert curves(path) == curves(six_steps / "whole")
