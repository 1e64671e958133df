"""NaN and infinity: the run ends within the step, names the layer, and saves none of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from resnet_studio.training import feed
from resnet_studio.training.config import RunConfig
from resnet_studio.training.devices import Hardware
from resnet_studio.training.distributed import World
from resnet_studio.training.events import Event, StepDone
from resnet_studio.training.figures import Figures
from resnet_studio.training.runs import RunFolder
from resnet_studio.training.steps import Stepper
from tests.training.conftest import tiny_config
from tests.training.identity import identity
from tests.training.running import curves, ended, last_state, of, run, run_until, step_is
from tests.training.worlds import in_world

RECIPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "mean of the weights": {"ema_decay": 0.9},
    "bf16": {"precision": "bf16"},
    "bf16 and a mean of the weights": {"precision": "bf16", "ema_decay": 0.9},
    "clipped": {"clip_norm": 1.0},
    "in parts": {"accumulate": 2},
    "adamw": {"optimiser": "adamw", "learning_rate": 0.01},
}


def tensors(value: object) -> list[torch.Tensor]:
    """Returns the tensors in a value of any depth."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [each for part in value for each in tensors(part)] if isinstance(value, list) else []


def assert_all_saved_is_finite(path: Path) -> None:
    files = sorted(RunFolder(path).checkpoints.iterdir())
    assert {"last.pt", "last.safetensors"} <= {file.name for file in files}
    for file in files:
        whole = file.suffix == ".pt"
        content = torch.load(file, weights_only=True) if whole else load_file(file)
        found = tensors(content)
        assert len(found) > 10
        assert all(bool(tensor.isfinite().all()) for tensor in found if tensor.is_floating_point())


def at_step(monkeypatch, number: int, change: Callable[[Stepper], None]) -> None:
    """Changes what the steps share right before a step."""
    real, calls = Stepper.train, []

    def train(self: Stepper, *args: Any, **options: Any) -> torch.Tensor:
        calls.append(1)
        if len(calls) == number:
            change(self)
        return real(self, *args, **options)

    monkeypatch.setattr(Stepper, "train", train)


def break_weight(stepper: Stepper) -> None:
    with torch.no_grad():
        stepper.model.layer2[0].conv1.weight[1, 0, 0, 0] = torch.nan


@pytest.mark.parametrize(
    ("kind", "seconds"), [("plain", 60.0), *((kind, 1e-6) for kind in RECIPES)]
)
def test_a_weight_that_is_not_a_number_ends_the_run_before_its_step(
    tmp_path, pictures, monkeypatch, kind, seconds
):
    config = tiny_config(pictures, checkpoint_seconds=seconds, **RECIPES[kind])
    path = tmp_path / "run"
    with monkeypatch.context() as context:
        at_step(context, 7, break_weight)
        events = run(config, path)
    end = ended(events)
    assert end.outcome == "failed"
    assert (end.step, of(StepDone, events)[-1].step) == (6, 6)
    assert "of step 7" in end.message
    assert "the weights of layer2.0.conv1" in end.message
    assert last_state(path).position.step == (6 if seconds < 1 else 4)
    assert_all_saved_is_finite(path)
    assert len(RunFolder(path).metrics().steps) == 6
    run(config, tmp_path / "whole")
    run(config, path, resume=True)
    assert identity(path) == identity(tmp_path / "whole")


@pytest.mark.parametrize("kind", ["plain", "bf16 and a mean of the weights"])
def test_pictures_that_are_not_numbers_are_blamed_and_the_state_before_is_saved(
    tmp_path, pictures, monkeypatch, kind
):
    config, path = tiny_config(pictures, **RECIPES[kind]), tmp_path / "run"
    real = feed.batches

    def broken(*args: Any, **options: Any):
        for batch in real(*args, **options):
            if options["shuffle"] and options["epoch"] == 1 and batch.number == 2:
                images = batch.images.clone()
                images[1, 2, 3, 4] = torch.nan
                yield replace(batch, images=images)
            else:
                yield batch

    with monkeypatch.context() as context:
        context.setattr(feed, "batches", broken)
        end = ended(run(config, path))
    assert (end.outcome, end.step) == ("failed", 6)
    assert "of step 7" in end.message
    assert "It began in the pictures." in end.message
    assert last_state(path).position.step == 6  # the step was not taken
    assert_all_saved_is_finite(path)
    run(config, tmp_path / "whole")
    run(config, path, resume=True)
    assert identity(path) == identity(tmp_path / "whole")


# --- a device with a queue ------------------------------------------------------------------------

QUEUED: dict[str, dict[str, Any]] = {
    "plain": {},
    "no momentum": {"momentum": 0.0},
    "mean of the weights, bf16": {"ema_decay": 0.9, "precision": "bf16"},
    "mean of the weights, adamw": {"ema_decay": 0.9, **RECIPES["adamw"]},
    "clipped, in parts": {"clip_norm": 1.0, "accumulate": 2},
}
BLAMED = {
    "pictures": "It began in the pictures.",
    "output": "It began in the output of conv1.",
    "gradient": "It began in the gradient of layer1.0.conv2.weight.",
}


def break_batch(monkeypatch, step: int, fault: str) -> list[int]:
    """Breaks what one batch of seven brings about, whenever it is computed; returns the steps."""
    batches, train, steps = feed.batches, Stepper.train, []

    def given(*args: Any, **options: Any):
        for batch in batches(*args, **options):
            if options["shuffle"]:
                steps.append(options["epoch"] * 7 + batch.number + 1)
            yield batch

    def break_images(images: torch.Tensor) -> torch.Tensor:
        return images.sign() * (torch.nan if fault == "pictures" else 3e38)

    def broken(self: Stepper, images: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
        if steps[-1] != step:
            return train(self, images, *args, **options)
        if fault != "gradient":
            images.copy_(break_images(images))
            return train(self, images, *args, **options)
        weight = self.model.layer1[0].conv2.weight
        handle = weight.register_hook(lambda gradient: gradient * torch.inf)
        try:
            return train(self, images, *args, **options)
        finally:
            handle.remove()

    monkeypatch.setattr(feed, "batches", given)
    monkeypatch.setattr(Stepper, "train", broken)
    return steps


@pytest.mark.parametrize(
    ("kind", "fault", "step"),
    [
        *((kind, "pictures", 9) for kind in QUEUED),
        ("plain", "output", 9),
        ("mean of the weights, adamw", "gradient", 9),
        ("plain", "gradient", 1),
        ("mean of the weights, adamw", "gradient", 1),
    ],
)
def test_steps_queued_behind_a_broken_one_are_counted_back_and_the_state_before_it_is_saved(
    tmp_path, pictures, monkeypatch, kind, fault, step
):
    monkeypatch.setattr(Hardware, "immediate", property(lambda _self: False))
    monkeypatch.setattr(Figures, "due", property(lambda self: len(self._pending) >= 6))
    config = tiny_config(pictures, batch_size=4, epochs=2, **QUEUED[kind])
    path = tmp_path / "run"
    with monkeypatch.context() as context:
        taken = break_batch(context, step, fault)
        events = run(config, path)
    end = ended(events)
    assert (end.outcome, end.step) == ("failed", step - 1)
    assert f"of step {step}" in end.message
    assert BLAMED[fault] in end.message
    assert taken == [*range(1, 14 if step == 9 else 7), step]  # and once more for the culprit
    rate = of(StepDone, run(config, tmp_path / "whole"))[step - 1].learning_rate
    assert f"learning rate {rate:g}." in end.message
    assert last_state(path).position.step == step - 1
    assert_all_saved_is_finite(path)
    assert len(of(StepDone, events)) == step - 1
    run(config, path, resume=True)
    assert identity(path) == identity(tmp_path / "whole")


def train_together(world: World, config: RunConfig, path: Path, step: int | None) -> list[Event]:
    """Trains as one of several processes; the pictures of the last one are broken in a step.

    Without such a step, stops before the ninth.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Hardware, "immediate", property(lambda _self: False))
        patch.setattr(
            Figures, "due", property(lambda self: len(self._pending) >= (6 if step else 1))
        )
        if step is not None and world.rank == world.size - 1:
            break_batch(patch, step, "pictures")
        if step is None:
            return run_until(config, path, step_is(8), world=world)
        return run(config, path, world=world)


@pytest.mark.slow
def test_three_processes_count_back_the_steps_queued_behind_a_broken_one(tmp_path, pictures):
    """The mean of three equal numbers may be another, by rounding; none is taken of them."""
    config = tiny_config(pictures, batch_size=4, epochs=2, ema_decay=0.9)
    path, whole = tmp_path / "run", tmp_path / "whole"
    all_events = in_world(train_together, config, path, 9, size=3)
    assert [(ended(e).outcome, ended(e).step) for e in all_events] == [("failed", 8)] * 3
    assert "It began in the pictures." in ended(all_events[2]).message
    assert last_state(path).position.step == 8
    in_world(train_together, config, whole, None, size=3)
    ours, theirs = last_state(path), last_state(whole)
    assert theirs.position.step == 8
    # The rate beside it is that of the step to come, where one was tried.
    for found, expected in (
        (ours.model, theirs.model),
        (ours.optimiser["state"], theirs.optimiser["state"]),
        (ours.average, theirs.average),
    ):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)
    assert curves(path) == curves(whole)


def test_a_loss_that_is_not_finite_although_its_gradient_is_was_not_held_back(
    tmp_path, pictures, monkeypatch
):
    monkeypatch.setattr(Hardware, "immediate", property(lambda _self: False))
    config, path = tiny_config(pictures, ema_decay=0.9), tmp_path / "run"
    real, calls = Stepper.train, []

    def train(self: Stepper, *args: Any, **options: Any) -> torch.Tensor:
        figures = real(self, *args, **options)
        calls.append(1)
        if len(calls) == 6:
            figures[0] = torch.inf
        return figures

    monkeypatch.setattr(Stepper, "train", train)
    end = ended(run(config, path))
    assert end.outcome == "failed"
    assert "loss of step 6" in end.message
    assert last_state(path).position.step == 4  # that step was taken, so the state is not known


# --- validation -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value"), [("plain", torch.nan), ("mean of the weights", torch.inf)]
)
def test_a_validation_that_is_not_finite_ends_the_run_with_the_checkpoint_before(
    tmp_path, pictures, monkeypatch, kind, value
):
    config, path = tiny_config(pictures, **RECIPES[kind]), tmp_path / "run"
    real, calls = Stepper.validate, []

    def validate(self: Stepper, *args: Any, **options: Any) -> torch.Tensor:
        calls.append(1)
        figures = real(self, *args, **options)
        if len(calls) == 2:
            figures[0] = value
        return figures

    monkeypatch.setattr(Stepper, "validate", validate)
    end = ended(run(config, path))
    assert (end.outcome, end.step, end.epoch) == ("failed", 8, 1)
    assert "validation loss after step 8" in end.message
    assert last_state(path).position.epoch == 1
    assert_all_saved_is_finite(path)
    assert RunFolder(path).status().state == "failed"


@pytest.mark.parametrize("average", [False, True])
def test_the_layer_that_breaks_a_validation_is_named(tmp_path, pictures, monkeypatch, average):
    """Training does not read the running statistics, so only the validation shows it."""
    config = tiny_config(pictures, ema_decay=0.9 if average else 0.0)
    path = tmp_path / "run"
    real, calls = Stepper.validate, []

    def validate(self: Stepper, *args: Any, **options: Any) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 2:
            self.judged.layer1[0].bn2.running_var[2] = torch.inf
            self.judged.layer1[0].bn2.running_mean[2] = torch.inf
        return real(self, *args, **options)

    with monkeypatch.context() as context:
        context.setattr(Stepper, "validate", validate)
        end = ended(run(config, path))
    assert (end.outcome, end.step) == ("failed", 8)
    assert "validation loss" in end.message
    assert "It began in the running statistics of layer1.0.bn2." in end.message
    assert_all_saved_is_finite(path)
    run(config, tmp_path / "whole")
    run(config, path, resume=True)
    assert identity(path) == identity(tmp_path / "whole")


def test_an_optimiser_that_is_not_finite_is_not_saved(tmp_path, pictures, monkeypatch):
    """An infinite mean square makes steps of nothing: no loss and no weight shows it."""
    config = tiny_config(pictures, optimiser="adamw", checkpoint_seconds=1e-6)

    def overflow(stepper: Stepper) -> None:
        state = next(iter(stepper.optimiser.state.values()))
        state["exp_avg_sq"][0, 0, 0, 0] = torch.inf

    at_step(monkeypatch, 7, overflow)
    end = ended(run(config, tmp_path / "run"))
    assert end.outcome == "failed"
    assert "optimiser" in end.message
    assert last_state(tmp_path / "run").position.step == 6
    assert_all_saved_is_finite(tmp_path / "run")


@pytest.mark.parametrize("kind", ["plain", "mean of the weights", "bf16", "adamw"])
def test_a_learning_rate_that_makes_the_weights_infinite_saves_none_of_them(
    tmp_path, pictures, kind
):
    recipe = RECIPES[kind] | {"learning_rate": 100.0, "weight_decay": 1.0, "warmup_epochs": 0}
    config = tiny_config(
        pictures, epochs=60, schedule="constant", checkpoint_seconds=1e-6, **recipe
    )
    path = tmp_path / "run"
    events = run(config, path)
    end = ended(events)
    assert end.outcome == "failed"
    assert end.step == of(StepDone, events)[-1].step
    assert "It began in the " in end.message
    assert "smaller learning rate" in end.remedy
    assert_all_saved_is_finite(path)
