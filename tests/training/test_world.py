"""`fit` in several processes: the same run as in one."""

from __future__ import annotations

import shutil

import pytest
import torch
from PIL import Image

from resnet_studio.training.control import Control
from resnet_studio.training.distributed import ALONE
from resnet_studio.training.events import (
    EpochDone,
    Event,
    RunStarted,
    StepDone,
    Warned,
)
from resnet_studio.training.lock import acquire
from resnet_studio.training.loop import fit
from resnet_studio.training.runs import RunFolder
from tests.training.conftest import SIZE, tiny_config, write_pictures
from tests.training.running import assert_same_run, curves, ended, last_state, of, run, untimed
from tests.training.worlds import in_world


def train(world, config, path, resume=False, stop_at=None, stopper=0) -> list[Event]:
    """Runs `fit`; process number `stopper` asks for a stop after step `stop_at`."""
    control, events = Control(), []
    for event in fit(config, run_dir=path, control=control, resume=resume, world=world):
        events.append(event)
        if isinstance(event, StepDone) and event.step == stop_at and world.rank == stopper:
            control.stop()
    return events


def assert_close(path, expected, *, only_weights: bool = False) -> None:
    """Asserts that two runs agree but for rounding: weights, statistics, curves."""
    ours, theirs = last_state(path), last_state(expected)
    assert (ours.position.step, ours.position.epoch) == (
        theirs.position.step,
        theirs.position.epoch,
    )
    assert ours.model.keys() == theirs.model.keys()
    for name, value in theirs.model.items():
        if not ((only_weights and "running" in name) or "num_batches" in name):
            torch.testing.assert_close(ours.model[name], value, rtol=1e-4, atol=1e-5, msg=name)
    for one, other in zip(steps(path), steps(expected), strict=True):
        assert (one.step, one.epoch, one.learning_rate) == (
            other.step,
            other.epoch,
            other.learning_rate,
        )
        assert one.loss == pytest.approx(other.loss, rel=1e-4)
        assert one.accuracy == other.accuracy
        assert one.gradient_norms == pytest.approx(other.gradient_norms, rel=1e-3)


def steps(path) -> list[StepDone]:
    return of(StepDone, curves(path))


@pytest.mark.parametrize("batch_size", [8, pytest.param(7, marks=pytest.mark.slow)])
def test_with_synchronised_batch_norm_two_processes_are_one(tmp_path, pictures, batch_size):
    config = tiny_config(pictures, sync_batch_norm=True, batch_size=batch_size)
    first, second = in_world(train, config, tmp_path / "two")
    run(config, tmp_path / "one")
    assert_close(tmp_path / "two", tmp_path / "one")
    assert curves_of_epochs(tmp_path / "two") == curves_of_epochs(tmp_path / "one")
    assert ended(first).outcome == ended(second).outcome == "finished"
    assert of(RunStarted, first)[0].processes == 2


def curves_of_epochs(path):
    """Returns what was counted in each epoch: exactly the same however the work is divided."""
    return [
        (epoch.epoch, epoch.step, epoch.train_accuracy, epoch.validation_accuracy)
        for epoch in of(EpochDone, curves(path))
    ]


@pytest.mark.parametrize("recipe", [{}, {"clip_norm": 0.1, "ema_decay": 0.9, "nesterov": True}])
def test_two_processes_train_as_one_that_accumulates_two_parts(tmp_path, pictures, recipe):
    config = tiny_config(pictures, **recipe)
    in_world(train, config, tmp_path / "two")
    run(tiny_config(pictures, accumulate=2, **recipe), tmp_path / "one")
    assert_close(tmp_path / "two", tmp_path / "one", only_weights=True)


def in_a_folder_of_its_own(world, config, path):
    return train(world, config, path / str(world.rank))


def test_only_the_first_process_writes_and_all_tell_the_same(tmp_path, config):
    first, second, third = in_world(in_a_folder_of_its_own, config, tmp_path, size=3)
    assert steps_of(first) == steps_of(second) == steps_of(third) == steps(tmp_path / "0")
    assert [folder.name for folder in tmp_path.iterdir()] == ["0"]
    assert RunFolder(tmp_path / "0").status().state == "finished"


def steps_of(events):
    return of(StepDone, untimed(events))


@pytest.mark.parametrize("stopper", [0, 1])
def test_a_stop_of_either_process_stops_both_at_one_step_saved(tmp_path, config, stopper):
    path = tmp_path / "run"
    both = in_world(train, config, path, False, 6, stopper)
    assert [ended(events).step for events in both] == [6, 6]
    assert [ended(events).outcome for events in both] == ["stopped", "stopped"]
    assert last_state(path).position.step == 6


def test_two_processes_that_are_resumed_give_the_bits_of_two_never_stopped(tmp_path, config):
    in_world(train, config, tmp_path / "whole")
    in_world(train, config, tmp_path / "parts", False, 6, 1)
    in_world(train, config, tmp_path / "parts", True)
    assert_same_run(tmp_path / "parts", tmp_path / "whole")


@pytest.mark.slow
def test_a_run_of_two_processes_goes_on_in_one_and_in_three(tmp_path, pictures):
    config = tiny_config(pictures, sync_batch_norm=True)
    run(config, tmp_path / "one")
    path = tmp_path / "run"
    in_world(train, config, path, False, 3)
    assert ended(train(ALONE, config, path, True, 6)).step == 6
    in_world(train, config, path, True, None, 0, size=3)
    assert_close(path, tmp_path / "one")


def spoiling(world, config, path, spoiled):
    """Pictures that were whole when the data was opened are spoiled before the first batch."""
    events = []
    for event in fit(config, run_dir=path, world=world):
        events.append(event)
        if isinstance(event, RunStarted):
            for picture in spoiled if world.main else ():
                picture.write_bytes(picture.read_bytes()[:60])
            world.barrier()
    return events


def test_pictures_that_one_process_cannot_read_are_left_out_by_all(tmp_path):
    folder = write_pictures(tmp_path / "pictures")
    # Where all have one size, they are decoded when the data is opened.
    Image.new("RGB", (SIZE + 1, SIZE)).save(folder / "light" / "wide.png")
    whole = shutil.copytree(folder, tmp_path / "again")
    config = tiny_config(folder, sync_batch_norm=True, epochs=2, data_path="stream", workers=0)
    spoiled = [folder / "dark" / f"{number:02}.png" for number in range(10)]
    both = in_world(spoiling, config, tmp_path / "two", spoiled)
    assert [ended(events).outcome for events in both] == ["finished", "finished"]
    told = {event.message for events in both for event in of(Warned, events)}
    assert len(told) == len(spoiled)
    shutil.rmtree(folder)
    whole.rename(folder)
    alone = spoiling(ALONE, config, tmp_path / "one", spoiled)
    assert {event.message for event in of(Warned, alone)} == told
    # Not the same weights: several processes divide by the pictures that were planned.
    assert [step.step for step in steps(tmp_path / "two")] == list(range(1, 9))


@pytest.mark.slow
def test_a_batch_smaller_than_the_processes_is_shared_all_the_same(tmp_path, pictures):
    config = tiny_config(pictures, sync_batch_norm=True, batch_size=25)  # 28 pictures: 25 and 3
    in_world(train, config, tmp_path / "four", size=4)
    run(config, tmp_path / "one")
    assert_close(tmp_path / "four", tmp_path / "one")


def test_what_only_the_first_process_meets_ends_all_with_its_sentence(tmp_path, config):
    folder = RunFolder(tmp_path / "run")
    folder.prepare(config)
    lock = acquire(folder.path)
    first, second = in_world(train, config, folder.path)
    lock.release()
    assert "is being trained by another program" in ended(first).message
    assert ended(second).message.startswith("Process 0 of this run failed: The run run is being")
    assert [ended(events).outcome for events in (first, second)] == ["failed", "failed"]


def with_other_data(world, config, path, folder):
    """The second process looks for its pictures elsewhere."""
    if world.rank == 1:
        data = config.data.model_copy(update={"path": str(folder)})
        config = config.model_copy(update={"data": data})
    return train(world, config, path)


def test_processes_that_see_other_pictures_are_refused(tmp_path, config):
    other = write_pictures(tmp_path / "other", each=19)
    both = in_world(with_other_data, config, tmp_path / "run", other)
    for events in both:
        assert ended(events).message == "The processes of this run do not see the same pictures."


def test_what_only_another_process_meets_ends_all_with_its_sentence(tmp_path, config):
    missing = tmp_path / "missing"
    first, second = in_world(with_other_data, config, tmp_path / "run", missing)
    assert str(missing) in ended(second).message
    assert ended(first).message == f"Process 1 of this run failed: {ended(second).message}"


@pytest.mark.slow
def test_a_loss_that_is_not_finite_ends_all_at_the_same_step(tmp_path, pictures):
    config = tiny_config(pictures, learning_rate=100.0, epochs=20, warmup_epochs=0, momentum=0.99)
    first, second = in_world(train, config, tmp_path / "run")
    one, other = ended(first), ended(second)
    assert one.outcome == other.outcome == "failed"
    assert (one.step, one.message) == (other.step, other.message)
