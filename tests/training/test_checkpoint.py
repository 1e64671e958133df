from __future__ import annotations

import os
import resource
import zipfile
from pathlib import Path

import pytest
import torch

from resnet_studio.errors import CheckpointError
from resnet_studio.models.resnet import build_network
from resnet_studio.training.checkpoint import (
    DAMAGED,
    LAST,
    PREVIOUS,
    Best,
    Position,
    TrainingState,
    all_finite,
    load_state,
    read_state,
    restore,
    save_state,
    saving_problem,
)
from resnet_studio.training.metrics import Sums
from resnet_studio.training.optim import make_optimiser
from resnet_studio.training.recipe import Recipe
from tests.training.conftest import tiny_spec


def trained(step: int):
    """A network and an optimiser with momentum, different for each step."""
    model = build_network(tiny_spec(), seed=step).to(memory_format=torch.channels_last)
    optimiser = make_optimiser(model, Recipe())
    model(torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(step))).sum().backward()
    optimiser.step()
    return model, optimiser


def state_at(step: int) -> TrainingState:
    model, optimiser = trained(step)
    return TrainingState(
        position=Position(
            step=step,
            epoch=2,
            batch=5,
            sums=Sums(images=40, loss=31.5, correct=17, seconds=2.25),
            best=Best(epoch=1, accuracy=0.5, loss=0.7),
        ),
        model=model.state_dict(),
        optimiser=optimiser.state_dict(),
        config="[recipe]\nseed = 1\n# 数字\n",
        hardware={"device": "cpu", "threads": 2},
        data={"classes": ["é", "数"], "training pictures": 27},
    )


def assert_equal(found: TrainingState, expected: TrainingState) -> None:
    assert found.position == expected.position
    assert (found.config, found.hardware, found.data) == (
        expected.config,
        expected.hardware,
        expected.data,
    )
    assert found.model.keys() == expected.model.keys()
    assert all(found.model[name].equal(value) for name, value in expected.model.items())
    buffers = expected.optimiser["state"]
    assert found.optimiser["state"].keys() == buffers.keys()
    for key, value in buffers.items():
        assert found.optimiser["state"][key]["momentum_buffer"].equal(value["momentum_buffer"])


def test_what_is_saved_is_loaded_bit_for_bit(tmp_path):
    save_state(tmp_path, state_at(7))
    state, problems = load_state(tmp_path)
    assert problems == ()
    assert_equal(state, state_at(7))


def test_a_state_without_a_best_epoch_can_be_saved(tmp_path):
    expected = state_at(1)
    expected.position.best = None
    save_state(tmp_path, expected)
    assert load_state(tmp_path)[0].position == expected.position


def test_no_checkpoint_is_not_an_error(tmp_path):
    assert load_state(tmp_path) is None


def test_the_last_two_are_kept(tmp_path):
    for step in (1, 2, 3):
        save_state(tmp_path, state_at(step))
    assert sorted(path.name for path in tmp_path.iterdir()) == [LAST, PREVIOUS]
    assert read_state(tmp_path / LAST).position.step == 3
    assert read_state(tmp_path / PREVIOUS).position.step == 2


def test_any_tool_can_open_the_file_as_torch_wrote_it(tmp_path):
    save_state(tmp_path, state_at(1))
    content = torch.load(tmp_path / LAST, weights_only=True)
    assert content["position"]["step"] == 1


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "grow", "foreign"])
def test_a_damaged_last_checkpoint_gives_way_to_the_one_before(tmp_path, damage):
    for step in (1, 2):
        save_state(tmp_path, state_at(step))
    last = tmp_path / LAST
    whole = last.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    last.write_bytes(
        {
            "flip": bytes(flipped),
            "cut": whole[: len(whole) // 2],
            "empty": b"",
            "grow": whole + b"\0",
            "foreign": b"no checkpoint at all, " * 100,
        }[damage]
    )
    state, problems = load_state(tmp_path)
    assert state.position.step == 1
    assert len(problems) == 1
    assert str(last) in problems[0]
    # Another save must not push the good one out with the bad one.
    assert (tmp_path / DAMAGED).exists()
    assert read_state(last).position.step == 1
    save_state(tmp_path, state_at(3))
    assert read_state(tmp_path / PREVIOUS).position.step == 1


def test_a_crash_between_the_two_renames_loses_nothing(tmp_path):
    for step in (1, 2):
        save_state(tmp_path, state_at(step))
    (tmp_path / LAST).replace(tmp_path / PREVIOUS)  # the crash: the new file has no name yet
    state, problems = load_state(tmp_path)
    assert (state.position.step, problems) == (2, ())
    assert read_state(tmp_path / LAST).position.step == 2


def test_two_damaged_checkpoints_are_an_error_that_names_both(tmp_path):
    for step in (1, 2):
        save_state(tmp_path, state_at(step))
    for name in (LAST, PREVIOUS):
        (tmp_path / name).write_bytes(b"torn")
    with pytest.raises(CheckpointError) as caught:
        load_state(tmp_path)
    assert LAST in caught.value.message
    assert PREVIOUS in caught.value.message
    assert caught.value.remedy


def test_a_save_that_fails_half_way_leaves_both_checkpoints_as_they_were(tmp_path):
    for step in (1, 2):
        save_state(tmp_path, state_at(step))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    size = len(before[LAST])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A write that crosses the limit fails as on a full disk: at the start, inside, in the trailer.
    for room in (0, 100, size // 4, size // 2, size - 100, size - 1):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            with pytest.raises(OSError, match="large"):
                save_state(tmp_path, state_at(3))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    save_state(tmp_path, state_at(3))
    assert load_state(tmp_path)[0].position.step == 3


class Hostile:
    """Creates a file when it is unpickled by a careless reader."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_hostile_checkpoint_with_a_right_hash_runs_nothing(tmp_path):
    victim = tmp_path / "executed"
    state = state_at(1)
    state.data["trap"] = Hostile(victim)
    save_state(tmp_path, state)
    with pytest.raises(CheckpointError):
        load_state(tmp_path)
    assert not victim.exists()
    assert zipfile.is_zipfile(tmp_path / LAST)  # the trap really was in a readable file


def test_a_checkpoint_that_claims_more_than_it_holds_is_refused_before_torch_reads_it(tmp_path):
    state = state_at(1)
    state.model["fc.weight"] = torch.zeros(1).expand(1 << 40)  # four bytes, said to be 4 TiB
    save_state(tmp_path, state)
    with pytest.raises(CheckpointError, match=r"last\.pt cannot be used") as caught:
        read_state(tmp_path / LAST)
    assert isinstance(caught.value.__cause__, CheckpointError)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_place_of_a_checkpoint_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / LAST)
    with pytest.raises(CheckpointError, match="no plain file"):
        load_state(tmp_path)


def test_a_checkpoint_of_a_later_version_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("resnet_studio.training.checkpoint.FORMAT", 99)
    save_state(tmp_path, state_at(1))
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="format 99"):
        read_state(tmp_path / LAST)


def test_a_state_goes_back_into_network_and_optimiser():
    model, optimiser = trained(8)
    restore(state_at(7), model, optimiser)
    expected, _ = trained(7)
    assert all(value.equal(expected.state_dict()[k]) for k, value in model.state_dict().items())


def test_a_state_of_another_network_is_refused_by_name():
    model = build_network(tiny_spec(depths=(2, 1)), seed=0)
    with pytest.raises(CheckpointError, match=r"layer1\.1"):
        restore(state_at(1), model, make_optimiser(model, Recipe()))


def test_a_value_that_is_not_finite_is_found():
    state = build_network(tiny_spec(), seed=0).state_dict()
    assert all_finite(state)
    state["fc.bias"][1] = float("inf")
    assert not all_finite(state)


@pytest.mark.parametrize(
    ("errno", "remedy"), [(28, "Free some space"), (13, "Make the folder writable"), (5, "Check")]
)
def test_a_save_that_failed_is_explained_with_file_cause_and_remedy(errno, remedy):
    text = saving_problem(Path("runs/last.pt"), OSError(errno, "the reason"))
    assert str(Path("runs/last.pt")) in text
    assert "the reason" in text
    assert remedy in text


def test_of_equal_accuracies_the_lower_loss_is_better():
    best = Best(epoch=1, accuracy=0.9, loss=0.3)
    assert best.beaten_by(0.91, 0.9)
    assert best.beaten_by(0.9, 0.2)
    assert not best.beaten_by(0.9, 0.3)
    assert not best.beaten_by(0.89, 0.1)
