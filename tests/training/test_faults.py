from __future__ import annotations

import contextlib
import errno
import functools
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from resnet_studio.data.sources import DataConfig
from resnet_studio.models.resnet import ResNet
from resnet_studio.training import feed
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
from resnet_studio.training.steps import Stepper
from tests.training.conftest import tiny_config, tiny_spec
from tests.training.identity import identity
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
    assert f"The last checkpoint is of step {state.position.step}." in end.message
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


class Short:
    """Stands for a function: has no memory left at its n-th call, before it or after it."""

    def __init__(self, real: Callable[..., Any], error: BaseException, *, at: int, after: bool):
        self._real, self._error, self._left, self._after = real, error, at, after

    def __call__(self, *args: Any, **options: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise self._error
        result = self._real(*args, **options)
        if self._left == 0:
            raise self._error
        return result

    def __get__(self, owner: object, _kind: type) -> Callable[..., Any]:
        # As a function is a method of its class.
        return self if owner is None else functools.partial(self, owner)


NO_MEMORY = {
    "the host's": MemoryError(),
    "torch's": RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate"),
    "CUDA's": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
}
PLACES = {
    "forward": (ResNet, "forward"),
    "backward": (torch.Tensor, "backward"),
    "optimiser": (torch.optim.SGD, "step"),
    "data": (feed, "batches"),
}


def lacking(monkeypatch, place: str, error: BaseException, *, at: int, after: bool = False) -> None:
    owner, name = PLACES[place]
    monkeypatch.setattr(owner, name, Short(getattr(owner, name), error, at=at, after=after))


@pytest.fixture(scope="module")
def undisturbed(pictures, tmp_path_factory) -> str:
    """The identity of a run that nothing happened to."""
    path = tmp_path_factory.mktemp("runs") / "whole"
    run(tiny_config(pictures), path)
    return identity(path)


@pytest.mark.parametrize(
    ("kind", "place", "at", "after", "saved"),
    [
        ("the host's", "forward", 8, False, 6),  # four steps, a validation, two steps
        ("torch's", "forward", 8, False, 6),
        ("CUDA's", "forward", 8, False, 6),
        ("torch's", "backward", 7, False, 6),
        ("CUDA's", "backward", 7, True, 6),
        ("the host's", "optimiser", 7, False, 4),  # it may have changed some weights only
        ("CUDA's", "optimiser", 7, True, 4),
        ("the host's", "data", 3, False, 4),  # training, validation, training
    ],
)
def test_memory_that_ends_leaves_whole_weights_and_offers_smaller_parts(
    tmp_path, config, undisturbed, monkeypatch, kind, place, at, after, saved
):
    path = tmp_path / "run"
    with monkeypatch.context() as context:
        lacking(context, place, NO_MEMORY[kind], at=at, after=after)
        end = ended(run(config, path))
    assert end.outcome == "failed"
    assert "too little memory" in end.message
    assert end.offer == (("accumulate", 2),)
    assert last_state(path).position.step == saved
    assert f"The last checkpoint is of step {saved}." in end.message or end.step == saved
    assert RunFolder(path).status().state == "failed"
    other = tmp_path / "in parts"
    shutil.copytree(path, other)
    run(config, path, resume=True)
    assert identity(path) == undisturbed
    parts = config.model_copy(update={"recipe": config.recipe.replace(**dict(end.offer))})
    assert ended(run(parts, other, resume=True)).outcome == "finished"
    assert RunFolder(other).config.recipe.accumulate == 2


def test_memory_that_does_not_come_back_costs_what_came_after_the_checkpoint_and_no_more(
    tmp_path, config, monkeypatch
):
    """Saving needs memory as well."""
    path = tmp_path / "run"
    with monkeypatch.context() as context:
        lacking(context, "forward", MemoryError(), at=8)
        for event in fit(config, run_dir=path):
            if isinstance(event, CheckpointSaved):
                context.setattr(Stepper, "finite", Short(len, MemoryError(), at=1, after=False))
    assert event.outcome == "failed"
    assert "too little memory" in event.message
    assert "The last checkpoint is of step 4." in event.message
    assert last_state(path).position.step == 4


def test_a_defect_of_the_program_is_raised_and_frees_the_folder(tmp_path, config, monkeypatch):
    path = tmp_path / "run"
    with monkeypatch.context() as context:
        lacking(context, "forward", RuntimeError("shapes cannot be multiplied"), at=1)
        with pytest.raises(RuntimeError, match="shapes"):
            run(config, path)
    assert RunFolder(path).status().state == "failed"
    assert ended(run(config, path, resume=True)).outcome == "finished"


def test_an_error_that_nobody_foresaw_costs_no_step(tmp_path, config, monkeypatch):
    path = tmp_path / "run"
    with monkeypatch.context() as context:
        lacking(context, "forward", OSError(errno.EMFILE, "too many open files"), at=7)
        with pytest.raises(OSError, match="too many open files"):
            run(config, path)
    assert last_state(path).position.step == 5  # after four steps, a validation and another step
    run(config, tmp_path / "whole")
    run(config, path, resume=True)
    assert_same_run(path, tmp_path / "whole")


def test_a_warm_up_that_is_longer_than_the_run_is_refused(tmp_path, pictures):
    end = ended(run(tiny_config(pictures, steps=3, warmup_epochs=2), tmp_path / "run"))
    assert end.outcome == "failed"
    assert "warmup_epochs is 2, which is 8 steps, and the whole run has 3." in end.message
    assert "at most 0.75" in end.remedy


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_too_little_memory_of_a_cuda_device_offers_smaller_parts(tmp_path, pictures):
    wide = tiny_spec(widths=(256, 256), stem_width=256)
    config = tiny_config(pictures, spec=wide, device="cuda", compile="off")
    path = tmp_path / "run"
    run_until(config, path, step_is(3))
    before = torch.cuda.memory_reserved() / torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, before + 1e-5))
    try:
        end = ended(run(config, path, resume=True))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert end.outcome == "failed"
    assert end.offer == (("accumulate", 2),)
    assert last_state(path).position.step >= 3
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
