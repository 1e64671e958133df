from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from resnet_studio.data.sources import DataConfig
from resnet_studio.training.checkpoint import all_finite
from resnet_studio.training.events import (
    CheckpointSaved,
    EpochDone,
    Event,
    RunStarted,
    StepDone,
    Warned,
)
from resnet_studio.training.loop import fit
from resnet_studio.training.runs import RunFolder
from tests.training.conftest import tiny_config, tiny_spec
from tests.training.running import assert_same_run, ended, last_state, of, run, run_until, step_is


@contextlib.contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """Within the body a write past `size` bytes of a file fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_the_run_goes_on_with_its_last_good_checkpoint(tmp_path, config):
    path = tmp_path / "run"
    events: list[Event] = []
    with contextlib.ExitStack() as full:
        for event in fit(config, run_dir=path):
            events.append(event)
            if isinstance(event, CheckpointSaved) and event.step == 4:
                full.enter_context(files_at_most(15_000))  # metrics fit, checkpoints do not
            if isinstance(event, EpochDone) and event.epoch == 3:
                assert last_state(path).position.step == 4
                full.close()
    (warning,) = of(Warned, events)
    assert "last.pt" in warning.message
    assert "too large" in warning.message.lower()
    assert [event.step for event in of(CheckpointSaved, events)] == [4, 12]
    assert ended(events).outcome == "finished"
    run(config, tmp_path / "whole")
    assert_same_run(path, tmp_path / "whole")


def test_a_disk_that_stays_full_leaves_the_last_good_checkpoint_and_says_so(tmp_path, config):
    path = tmp_path / "run"
    events: list[Event] = []
    with contextlib.ExitStack() as full:
        for event in fit(config, run_dir=path):
            events.append(event)
            if isinstance(event, CheckpointSaved):
                full.enter_context(files_at_most(RunFolder(path).metrics_path.stat().st_size + 5))
    end = ended(events)
    assert "The last checkpoint is of step 4." in end.message
    assert last_state(path).position.step == 4
    assert len(of(Warned, events)) >= 2  # the curves and the checkpoint
    assert all("Check the disk" in event.message for event in of(Warned, events))
    run(config, tmp_path / "whole")
    run(config, path, resume=True)
    assert_same_run(path, tmp_path / "whole")


def test_a_checkpoint_folder_that_vanishes_is_made_again(tmp_path, config):
    path = tmp_path / "run"
    gone = tmp_path / "gone"
    for event in fit(config, run_dir=path):
        if isinstance(event, CheckpointSaved) and event.step == 4:
            RunFolder(path).checkpoints.rename(gone)
            RunFolder(path).checkpoints.write_text("a file in its place")
        if isinstance(event, Warned):
            assert "checkpoints" in event.message
            RunFolder(path).checkpoints.unlink()
    assert last_state(path).position.step == 12
    assert event.outcome == "finished"


def diverging(pictures: Path, **changes: object):
    """A recipe whose weight decay turns into growth: the weights overflow within some steps."""
    return tiny_config(
        pictures,
        epochs=30,
        learning_rate=10.0,
        weight_decay=1.0,
        warmup_epochs=0,
        schedule="constant",
        **changes,
    )


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("seconds", [1e-6, 60.0])
def test_a_loss_that_is_not_finite_ends_the_run_and_harms_no_checkpoint(
    tmp_path, pictures, precision, seconds
):
    config = diverging(pictures, precision=precision, checkpoint_seconds=seconds)
    path = tmp_path / "run"
    events = run(config, path)
    end = ended(events)
    assert end.outcome == "failed"
    assert "learning rate 10" in end.message
    assert f"step {end.step}" in end.message
    assert "smaller learning rate" in end.remedy
    assert "for example 1," in end.remedy
    state = last_state(path)
    assert f"checkpoint of step {state.position.step} is still good" in end.remedy
    assert all_finite(state.model)
    assert RunFolder(path).status().state == "failed"
    assert all(step.loss < float("inf") for step in RunFolder(path).metrics().steps)


def test_a_loss_that_is_not_finite_at_once_is_told_although_there_is_no_checkpoint(
    tmp_path, pictures
):
    config = diverging(pictures, batch_size=2)  # 14 steps before the first checkpoint
    config = config.model_copy(update={"recipe": config.recipe.replace(learning_rate=100.0)})
    end = ended(run(config, tmp_path / "run"))
    assert end.checkpoint is None
    assert end.outcome == "failed"
    assert "learning rate 100" in end.message
    assert "checkpoint" not in end.remedy


SHORT_OF_MEMORY = """
import resource, sys
from pathlib import Path
import psutil, torch
torch.set_num_threads(1)
from resnet_studio.training.loop import fit
from resnet_studio.training.runs import RunFolder
from tests.training.conftest import tiny_config, tiny_spec
from tests.training.running import ended, run, run_until, step_is, last_state

pictures, path = Path(sys.argv[1]), Path(sys.argv[2])
config = tiny_config(pictures, batch_size=20)
run_until(config, path, step_is(3))
before = {name: value.clone() for name, value in last_state(path).model.items()}
room = psutil.Process().memory_info().vms + (48 << 20)
resource.setrlimit(resource.RLIMIT_AS, (room, room))
wide = tiny_spec(widths=(512, 512), stem_width=512, depths=(1, 1))
end = ended(run(tiny_config(pictures, batch_size=20, spec=wide), path.with_name("wide")))
print(end.outcome, "|", end.message, "|", end.remedy)
after = last_state(path).model
print(all(value.equal(after[name]) for name, value in before.items()))
"""


def test_too_little_memory_ends_in_a_message_with_a_smaller_batch(tmp_path, pictures):
    done = subprocess.run(
        [sys.executable, "-c", SHORT_OF_MEMORY, str(pictures), str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told, intact = done.stdout.splitlines()
    assert told.startswith("failed | There is too little memory for batches of 20 pictures.")
    assert "batch size of 10" in told
    assert intact == "True"


def test_memory_that_ends_within_a_step_leaves_the_checkpoint_of_the_step_before(
    tmp_path, config, monkeypatch
):
    from resnet_studio.training import loop

    path = tmp_path / "run"
    real, steps = loop.train_step, []

    def short(model, *args, **options):
        steps.append(1)
        if len(steps) == 7:
            real(model, *args, **options)  # the state is touched, then memory ends
            torch.empty(1 << 60, dtype=torch.uint8)
        return real(model, *args, **options)

    monkeypatch.setattr(loop, "train_step", short)
    end = ended(run(config, path))
    monkeypatch.undo()
    assert (end.outcome, end.step) == ("failed", 6)
    assert "too little memory" in end.message
    assert "The last checkpoint is of step 4." in end.message
    run(config, tmp_path / "whole")
    run(config, path, resume=True)
    assert_same_run(path, tmp_path / "whole")


def test_a_defect_of_the_program_is_raised_and_frees_the_folder(tmp_path, config, monkeypatch):
    from resnet_studio.training import loop

    path = tmp_path / "run"

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(loop, "train_step", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        run(config, path)
    monkeypatch.undo()
    assert RunFolder(path).status().state == "interrupted"
    assert ended(run(config, path, resume=True)).outcome == "finished"


def test_the_network_must_have_as_many_outputs_as_there_are_classes(tmp_path, pictures):
    config = tiny_config(pictures, spec=tiny_spec(classes=5))
    end = ended(run(config, tmp_path / "run"))
    assert end.outcome == "failed"
    assert "5 outputs" in end.message
    assert "2 classes" in end.message
    assert "classes to 2" in end.remedy


def test_the_network_must_read_three_channels(tmp_path, pictures):
    config = tiny_config(pictures, spec=tiny_spec(in_channels=1))
    end = ended(run(config, tmp_path / "run"))
    assert end.outcome == "failed"
    assert "1 channels" in end.message


def test_batches_of_one_are_refused_only_where_nothing_can_be_normalised(tmp_path, pictures):
    deep = tiny_spec(depths=(1, 1, 1, 1), widths=(4, 4, 4, 4))  # 8, 4, 2, then 1 pixel
    end = ended(run(tiny_config(pictures, spec=deep, batch_size=1), tmp_path / "deep"))
    assert end.outcome == "failed"
    assert "layer4.0.bn1" in end.message
    assert "at least 2" in end.remedy
    events = run(tiny_config(pictures, batch_size=1, epochs=1), tmp_path / "run")
    assert ended(events).outcome == "finished"
    assert len(of(StepDone, events)) == 28


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_missing_device_is_told_with_a_remedy(tmp_path, pictures, device):
    if torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available():
        pytest.skip(f"this computer has {device}")
    end = ended(run(tiny_config(pictures, device=device), tmp_path / "run"))
    assert end.outcome == "failed"
    assert "cpu" in end.remedy


def test_missing_data_is_told_with_a_remedy(tmp_path, config):
    lost = config.model_copy(
        update={"data": DataConfig(source="folder", path=str(tmp_path / "nowhere"))}
    )
    end = ended(run(lost, tmp_path / "run"))
    assert end.outcome == "failed"
    assert "nowhere" in end.message
    assert end.remedy


def test_a_folder_that_cannot_be_written_is_told_with_a_remedy(tmp_path, config):
    (tmp_path / "file").write_text("")
    end = ended(run(config, tmp_path / "file" / "run"))
    assert end.outcome == "failed"
    assert str(tmp_path / "file") in end.message
    assert end.remedy


def test_a_run_that_is_being_trained_is_left_alone(tmp_path, config):
    path = tmp_path / "run"
    told = []
    training = fit(config, run_dir=path)
    for event in training:
        if isinstance(event, RunStarted):
            told = run(config, path, resume=True)
    assert "another program" in ended(told).message
    assert event.outcome == "finished"


def test_stray_temporaries_of_a_crash_are_swept(tmp_path, config):
    path = tmp_path / "run"
    run_until(config, path, step_is(6))
    strays = [path / ".studio-abc.tmp", RunFolder(path).checkpoints / ".studio-def.tmp"]
    for stray in strays:
        stray.write_bytes(b"torn")
    run(config, path, resume=True)
    assert not any(stray.exists() for stray in strays)
