from __future__ import annotations

import json
import math
import resource

import pytest

from resnet_studio.training.events import EpochDone, StepDone
from resnet_studio.training.metrics import (
    MetricsLog,
    Sums,
    Throughput,
    cut,
    read_lines,
    read_metrics,
)


def step(number: int, epoch: int = 1) -> StepDone:
    return StepDone(
        step=number,
        epoch=epoch,
        loss=1.0 / number,
        accuracy=0.5,
        learning_rate=0.1,
        images_per_second=900.0,
    )


def epoch(number: int, at: int) -> EpochDone:
    return EpochDone(
        epoch=number,
        step=at,
        train_loss=0.5,
        train_accuracy=0.8,
        validation_loss=0.6,
        validation_accuracy=0.7,
        seconds=1.5,
    )


@pytest.fixture
def log(tmp_path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    yield log
    log.close()


def test_sums_weigh_each_batch_by_its_pictures():
    sums = Sums()
    sums += Sums(images=3, loss=3.0, correct=3, correct5=3)
    sums += Sums(images=1, loss=5.0, correct=0, correct5=1)
    assert sums.mean_loss == 2.0
    assert sums.accuracy == 0.75


def test_empty_sums_are_not_a_number():
    assert math.isnan(Sums().mean_loss)
    assert math.isnan(Sums().accuracy)


def test_throughput_is_that_of_the_last_steps():
    speed = Throughput()
    speed.restart(0.0)
    assert speed.add(1.0, 100) == 100.0
    for second in range(2, 40):
        latest = speed.add(float(second), 300)
    assert latest == 300.0


def test_throughput_forgets_the_time_before_a_restart():
    speed = Throughput()
    speed.restart(0.0)
    speed.add(1.0, 100)
    speed.restart(60.0)
    assert speed.add(61.0, 200) == 200.0


def test_what_is_logged_is_read_back_equal(log):
    log.write({"event": "start", "step": 0, "note": "Ziffern, 数字"})
    log.write(step(1))
    log.write(step(2))
    log.write(epoch(1, 2))
    found = read_metrics(log.path)
    assert found.steps == (step(1), step(2))
    assert found.epochs == (epoch(1, 2),)


def test_a_line_can_be_read_as_soon_as_it_is_written(log):
    log.write(step(1))
    assert [line["event"] for line in read_lines(log.path)] == ["step"]


def test_no_file_means_no_curves(tmp_path):
    assert read_metrics(tmp_path / "metrics.jsonl").steps == ()


def test_a_torn_last_line_is_passed_over(log):
    log.write(step(1))
    log.write(step(2))
    whole = log.path.read_bytes()
    for length in range(len(whole) // 2 + 1, len(whole)):
        log.path.write_bytes(whole[:length])
        assert read_metrics(log.path).steps == (step(1),)


def test_foreign_lines_are_passed_over(log):
    log.write(step(1))
    with log.path.open("ab") as file:
        file.write(
            b'\xff\xfe\n[1]\n{"event": "step"}\n{"event": ["x"]}\n{"event": "step", "step": "x"}\n'
        )
    log.write(step(2))
    assert read_metrics(log.path).steps == (step(1), step(2))


def test_cutting_removes_what_lies_after_the_checkpoint_and_the_torn_line(log):
    log.write({"event": "start", "step": 0})
    for number in range(1, 4):
        log.write(step(number))
    log.write(epoch(1, 3))
    for number in range(4, 6):
        log.write(step(number, epoch=2))
    with log.path.open("ab") as file:
        file.write(b'{"event": "st')
    cut(log.path, step=4, epoch=1)
    found = read_metrics(log.path)
    assert [event.step for event in found.steps] == [1, 2, 3, 4]
    assert [event.epoch for event in found.epochs] == [1]
    assert next(iter(read_lines(log.path)))["event"] == "start"
    assert log.path.read_bytes().endswith(b"}\n")


def test_cutting_removes_an_epoch_whose_validation_the_checkpoint_did_not_have(log):
    log.write(step(3))
    log.write(epoch(1, 3))
    cut(log.path, step=3, epoch=0)
    assert read_metrics(log.path).epochs == ()
    assert len(read_metrics(log.path).steps) == 1


def test_a_line_that_finds_no_room_is_written_later_and_tears_nothing(log):
    log.write(step(1))
    size = log.path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))  # a disk with ten bytes left
    try:
        with pytest.raises(OSError, match="large"):
            log.write(step(2))
        assert log.path.stat().st_size == size
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    log.write(step(3))
    assert [json.loads(line)["step"] for line in log.path.read_text().splitlines()] == [1, 2, 3]
