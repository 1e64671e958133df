from __future__ import annotations

import os
import shutil

import psutil
import pytest
import torch

from resnet_studio.training.checkpoint import DAMAGED, LAST, PREVIOUS
from resnet_studio.training.events import (
    CheckpointSaved,
    EpochDone,
    Progress,
    RunStarted,
    StepDone,
    Warned,
)
from resnet_studio.training.loop import fit
from resnet_studio.training.runs import RunFolder
from tests.training.conftest import tiny_config, tiny_spec, write_pictures
from tests.training.identity import identity
from tests.training.running import (
    assert_same_run,
    ended,
    last_state,
    of,
    run,
    run_until,
    step_is,
    untimed,
)


@pytest.fixture(scope="module", params=["fp32", "bf16"])
def whole(request, pictures, tmp_path_factory):
    """A run that was never stopped: its configuration, folder and events."""
    path = tmp_path_factory.mktemp("runs") / "whole"
    config = tiny_config(pictures, precision=request.param, nesterov=True, label_smoothing=0.05)
    return config, path, run(config, path)


@pytest.mark.parametrize("step", range(1, 12))
def test_a_run_stopped_after_any_step_and_resumed_gives_the_same_bits(tmp_path, whole, step):
    config, path, events = whole
    before = run_until(config, tmp_path / "run", step_is(step))
    assert (ended(before).outcome, ended(before).step) == ("stopped", step)
    after = run(config, tmp_path / "run", resume=True)
    assert of(RunStarted, after)[0].start_step == step
    assert of(Warned, after) == []
    assert untimed([*before, *after]) == untimed(events)
    assert_same_run(tmp_path / "run", path)


def test_a_run_stopped_after_every_step_gives_the_same_bits(tmp_path, whole):
    config, path, events = whole
    told = run_until(config, tmp_path / "run", step_is(1))
    for step in range(2, 13):
        told += run_until(config, tmp_path / "run", step_is(step), resume=True)
    told += run(config, tmp_path / "run", resume=True)
    assert untimed(told) == untimed(events)
    assert_same_run(tmp_path / "run", path)


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_a_run_stopped_within_a_validation_gives_the_same_bits(tmp_path, pictures, epoch):
    config = tiny_config(pictures, validation_batch_size=3)
    run(config, tmp_path / "whole")
    steps = []

    def reached(event):
        steps.append(isinstance(event, StepDone))
        return isinstance(event, Progress) and sum(steps) == 4 * epoch

    before = run_until(config, tmp_path / "run", reached)
    assert (ended(before).step, ended(before).epoch) == (4 * epoch, epoch - 1)
    after = run(config, tmp_path / "run", resume=True)
    assert len(of(StepDone, after)) == 12 - 4 * epoch
    assert_same_run(tmp_path / "run", tmp_path / "whole")


@pytest.mark.parametrize("closed_at", range(4, 30, 3))
def test_a_generator_closed_at_any_event_can_be_resumed(tmp_path, whole, closed_at):
    config, path, events = whole
    training = fit(config, run_dir=tmp_path / "run")
    for _ in range(min(closed_at, len(events) - 1)):
        next(training)
    training.close()
    assert ended(run(config, tmp_path / "run", resume=True)).outcome == "finished"
    assert_same_run(tmp_path / "run", path)


def test_two_threads_give_the_same_bits_as_well(tmp_path, pictures):
    config = tiny_config(pictures, threads=2)
    events = run(config, tmp_path / "whole")
    assert of(RunStarted, events)[0].threads == 2
    run_until(config, tmp_path / "run", step_is(6))
    run(config, tmp_path / "run", resume=True)
    assert_same_run(tmp_path / "run", tmp_path / "whole")
    assert torch.get_num_threads() == 1


def test_a_run_goes_on_with_the_threads_it_began_with(tmp_path, pictures, config):
    two = tiny_config(pictures, threads=2)
    run_until(two, tmp_path / "run", step_is(6))
    events = run(config, tmp_path / "run", resume=True)
    assert of(RunStarted, events)[0].threads == 2
    run(two, tmp_path / "whole")
    assert_same_run(tmp_path / "run", tmp_path / "whole")


def test_what_was_lost_after_the_last_checkpoint_is_trained_again_and_does_not_double(
    tmp_path, whole
):
    config, path, _ = whole
    run_until(config, tmp_path / "run", step_is(6))
    kept = tmp_path / "kept"
    shutil.copytree(RunFolder(tmp_path / "run").checkpoints, kept)
    run_until(config, tmp_path / "run", step_is(11), resume=True)
    shutil.rmtree(RunFolder(tmp_path / "run").checkpoints)  # as if nothing later had been saved
    kept.rename(RunFolder(tmp_path / "run").checkpoints)
    run(config, tmp_path / "run", resume=True)
    assert_same_run(tmp_path / "run", path)


def test_a_run_killed_before_its_first_checkpoint_begins_anew(tmp_path, whole):
    config, path, _ = whole
    RunFolder(tmp_path / "run").prepare(config)
    with RunFolder(tmp_path / "run").metrics_path.open("w") as file:
        file.write('{"event": "step", "step": 1, "epoch": 1, "loss": 9.0}\n{"event": "st')
    events = run(config, tmp_path / "run", resume=True)
    assert of(RunStarted, events)[0].start_step == 0
    assert_same_run(tmp_path / "run", path)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04torn"])
def test_a_damaged_last_checkpoint_falls_back_to_the_one_before_and_says_so(
    tmp_path, whole, damage
):
    config, path, _ = whole
    run_until(config, tmp_path / "run", step_is(6))  # saved at 4 and at 6
    checkpoints = RunFolder(tmp_path / "run").checkpoints
    (checkpoints / LAST).write_bytes(damage)
    events = run(config, tmp_path / "run", resume=True)
    (warning,) = of(Warned, events)
    assert str(checkpoints / LAST) in warning.message
    assert "step 4" in warning.message
    assert of(RunStarted, events)[0].start_step == 4
    assert (checkpoints / DAMAGED).read_bytes() == damage
    assert_same_run(tmp_path / "run", path)


def test_two_damaged_checkpoints_end_in_a_message(tmp_path, config):
    run_until(config, tmp_path / "run", step_is(6))
    for name in (LAST, PREVIOUS):
        (RunFolder(tmp_path / "run").checkpoints / name).write_bytes(b"torn")
    end = ended(run(config, tmp_path / "run", resume=True))
    assert end.outcome == "failed"
    assert LAST in end.message
    assert PREVIOUS in end.message
    assert end.remedy


def test_a_finished_run_resumed_is_still_finished(tmp_path, whole):
    config, path, _ = whole
    shutil.copytree(path, tmp_path / "run")
    events = run(config, tmp_path / "run", resume=True)
    assert of(StepDone, events) == []
    assert ended(events).outcome == "finished"
    assert ended(events).best_accuracy is not None
    assert_same_run(tmp_path / "run", path)


def test_a_finished_run_may_get_more_epochs(tmp_path, config):
    run(config, tmp_path / "run")
    longer = config.model_copy(update={"recipe": config.recipe.replace(epochs=5)})
    events = run(longer, tmp_path / "run", resume=True)
    assert [event.epoch for event in of(EpochDone, events)] == [4, 5]
    assert ended(events).outcome == "finished"
    assert RunFolder(tmp_path / "run").config == longer


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"batch_size": 9}, "batch_size"),
        ({"learning_rate": 0.2, "seed": 9}, "learning_rate, seed"),
        ({"spec": tiny_spec(depths=(2, 1))}, "network"),
    ],
)
def test_a_run_cannot_be_resumed_as_another_run(tmp_path, pictures, config, change, named):
    run_until(config, tmp_path / "run", step_is(6))
    before = (RunFolder(tmp_path / "run").checkpoints / LAST).read_bytes()
    end = ended(run(tiny_config(pictures, **change), tmp_path / "run", resume=True))
    assert (end.outcome, end.step) == ("failed", 6)
    assert f"another configuration; {named} differ" in end.message
    assert end.checkpoint is not None
    assert (RunFolder(tmp_path / "run").checkpoints / LAST).read_bytes() == before
    assert RunFolder(tmp_path / "run").status().state == "stopped"  # as it was


def test_a_run_cannot_be_resumed_on_other_pictures(tmp_path):
    pictures = write_pictures(tmp_path / "pictures")
    config = tiny_config(pictures)
    run_until(config, tmp_path / "run", step_is(6))
    for number in range(4):
        (pictures / "dark" / f"{number:02}.png").unlink()
    end = ended(run(config, tmp_path / "run", resume=True))
    assert end.outcome == "failed"
    assert "data set has changed" in end.message


def test_other_conditions_are_told(tmp_path, config):
    run_until(config, tmp_path / "run", step_is(6))
    changed = config.model_copy(update={"recipe": config.recipe.replace(precision="bf16")})
    events = run(changed, tmp_path / "run", resume=True)
    (warning,) = of(Warned, events)
    assert "precision fp32 before, bf16 now" in warning.message
    assert ended(events).outcome == "finished"


def test_there_must_be_a_run_to_resume(tmp_path, config):
    end = ended(run(config, tmp_path / "nowhere", resume=True))
    assert end.outcome == "failed"
    assert "no run" in end.message
    assert not (tmp_path / "nowhere").exists()


def test_a_run_that_has_begun_is_not_begun_again(tmp_path, config):
    run_until(config, tmp_path / "run", step_is(6))
    end = ended(run(config, tmp_path / "run"))
    assert end.outcome == "failed"
    assert "already holds a run" in end.message
    assert "Resume" in end.remedy
    assert len(of(CheckpointSaved, run(config, tmp_path / "run", resume=True))) == 2


EVERYTHING = {
    "optimiser": "adamw",
    "learning_rate": 0.01,
    "ema_decay": 0.9,
    "schedule": "plateau",
    "plateau_epochs": 1,
    "mixup": 0.2,
    "cutmix": 1.0,
    "clip_norm": 1.0,
    "accumulate": 2,
    "class_weights": "balanced",
    "sampler": "balanced",
    "keep_every": 1,
}
PATHS = {
    "memory": {"data_path": "memory"},
    "stream": {"data_path": "stream", "workers": 0},
    "two processes": {"data_path": "stream", "workers": 2},
}


@pytest.fixture(scope="module")
def everything(pictures, tmp_path_factory) -> str:
    """The identity of a run with everything a recipe has, never stopped, its pictures in memory."""
    path = tmp_path_factory.mktemp("runs") / "everything"
    assert ended(run(tiny_config(pictures, **EVERYTHING, **PATHS["memory"]), path)).epoch == 3
    return identity(path)


@pytest.mark.parametrize(
    "place", ["memory", "stream", pytest.param("two processes", marks=pytest.mark.slow)]
)
def test_a_run_stopped_after_every_step_has_the_hash_of_one_never_stopped(
    tmp_path, pictures, everything, place
):
    """Network, optimiser, mean of the weights, plateau, position, curves: all in one SHA-256."""
    config, path = tiny_config(pictures, **EVERYTHING, **PATHS[place]), tmp_path / "run"
    for step in range(1, 13):
        events = run_until(config, path, step_is(step), resume=step > 1)
        assert (ended(events).outcome, ended(events).step) == ("stopped", step)
        assert of(Warned, events) == []
    assert ended(run(config, path, resume=True)).outcome == "finished"
    assert identity(path) == everything


def test_a_process_that_is_killed_ends_the_run_in_words_and_the_run_goes_on_exactly(
    tmp_path, pictures
):
    config = tiny_config(pictures, epochs=20, batch_size=3, **PATHS["two processes"])
    path, told = tmp_path / "run", []
    for event in fit(config, run_dir=path):
        told.append(event)
        if isinstance(event, StepDone) and event.step == 13:
            # The program's own children start the processes and clean up after them.
            children = psutil.Process().children(recursive=True)
            workers = [child for child in children if child.ppid() != os.getpid()]
            assert len(workers) == 2
            workers[0].kill()
    end = ended(told)
    assert end.outcome == "failed"
    assert "process that decodes pictures has ended" in end.message
    assert "Resume the run" in end.remedy
    step = of(StepDone, told)[-1].step
    assert last_state(path).position.step == end.step == step >= 13
    assert ended(run(config, path, resume=True)).outcome == "finished"
    run(config, tmp_path / "whole")
    assert identity(path) == identity(tmp_path / "whole")
