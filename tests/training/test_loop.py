from __future__ import annotations

import queue
import threading
from dataclasses import fields
from pathlib import Path

import pytest
import torch

from resnet_studio.data.batches import batches
from resnet_studio.data.sources import load_dataset
from resnet_studio.models.checkpoints import read_weights
from resnet_studio.models.resnet import build_network
from resnet_studio.training.checkpoint import read_state
from resnet_studio.training.control import Control
from resnet_studio.training.events import (
    CheckpointSaved,
    EpochDone,
    Event,
    Paused,
    Progress,
    Resumed,
    RunEnded,
    RunStarted,
    StepDone,
    Warned,
)
from resnet_studio.training.loop import fit
from resnet_studio.training.retention import kept_epochs
from resnet_studio.training.runs import RunFolder
from resnet_studio.training.schedules import Plateau, learning_rate
from tests.training.conftest import CLASSES, tiny_config
from tests.training.running import (
    assert_same_run,
    curves,
    ended,
    last_state,
    of,
    run,
    run_until,
    step_is,
    untimed,
    weights,
)


@pytest.fixture(scope="module")
def whole(pictures, tmp_path_factory) -> tuple[Path, list[Event]]:
    """A run of three epochs that nobody disturbed."""
    path = tmp_path_factory.mktemp("runs") / "whole"
    return path, run(tiny_config(pictures), path)


def test_a_run_begins_trains_validates_saves_and_ends(whole):
    _, events = whole
    told = [type(event) for event in events if not isinstance(event, Progress)]
    epoch = [StepDone] * 4 + [EpochDone, CheckpointSaved]
    assert told == [RunStarted, *epoch, *epoch, *epoch, RunEnded]
    assert {event.phase for event in of(Progress, events)} == {"data", "network", "validation"}


def test_the_start_says_what_will_be_trained_on_what(whole):
    path, events = whole
    started = of(RunStarted, events)[0]
    assert (started.run_dir, started.classes) == (path, CLASSES)
    assert (started.train_size, started.validation_size) == (28, 8)
    assert (started.steps_per_epoch, started.total_steps, started.start_step) == (4, 12, 0)
    assert (started.device, started.precision, started.threads) == ("cpu", "fp32", 1)
    network = build_network(tiny_config(path).network)
    assert started.parameters == sum(value.numel() for value in network.parameters())


def test_steps_are_numbered_and_taken_with_the_rate_that_was_drawn(whole):
    path, events = whole
    recipe = RunFolder(path).config.recipe
    steps = of(StepDone, events)
    assert [step.step for step in steps] == list(range(1, 13))
    assert [step.epoch for step in steps] == [1] * 4 + [2] * 4 + [3] * 4
    assert [step.learning_rate for step in steps] == [
        learning_rate(recipe, step, 4) for step in range(12)
    ]
    assert all(step.images_per_second > 0 for step in steps)


def test_an_epoch_is_the_mean_over_its_pictures(whole):
    _, events = whole
    steps = of(StepDone, events)
    sizes = [8, 8, 8, 4]
    for number, epoch in enumerate(of(EpochDone, events)):
        part = steps[4 * number : 4 * number + 4]
        loss = sum(step.loss * size for step, size in zip(part, sizes, strict=True)) / 28
        hits = sum(round(step.accuracy * size) for step, size in zip(part, sizes, strict=True))
        assert epoch.train_loss == pytest.approx(loss)
        assert epoch.train_accuracy == hits / 28
        assert (epoch.epoch, epoch.step) == (number + 1, 4 * number + 4)
        assert epoch.seconds > 0


def test_the_validation_is_that_of_the_weights_that_were_saved(whole):
    path, events = whole
    config = RunFolder(path).config
    model = build_network(config.network)
    model.load_state_dict(weights(path, "last"))
    model.eval()
    held_out = load_dataset(config.data).validation
    batch = next(
        batches(held_out, config.validation_augment, batch_size=8, seed=0, epoch=0, shuffle=False)
    )
    with torch.no_grad():
        logits = model(batch.images)
    loss = torch.nn.functional.cross_entropy(logits, batch.labels).item()
    last = of(EpochDone, events)[-1]
    assert last.validation_loss == pytest.approx(loss, rel=1e-4)
    assert last.validation_accuracy == (logits.argmax(1) == batch.labels).float().mean().item()


def test_the_network_learns_the_pictures(tmp_path, pictures):
    events = run(tiny_config(pictures, epochs=12), tmp_path / "run")
    assert of(EpochDone, events)[-1].train_accuracy > 0.9
    assert ended(events).best_accuracy > 0.85


def test_the_curves_on_the_disk_are_the_events(whole):
    path, events = whole
    metrics = RunFolder(path).metrics()
    assert metrics.steps == tuple(of(StepDone, events))
    assert metrics.epochs == tuple(of(EpochDone, events))


def test_the_end_says_how_it_was(whole):
    path, events = whole
    end = ended(events)
    best = max(epoch.validation_accuracy for epoch in of(EpochDone, events))
    assert (end.outcome, end.step, end.epoch) == ("finished", 12, 3)
    assert end.best_accuracy == best
    assert f"{best:.2%}" in end.message
    assert end.checkpoint.exists()
    status = RunFolder(path).status()
    assert (status.state, status.step, status.total_steps) == ("finished", 12, 12)


def test_events_hold_plain_values_only(whole):
    _, events = whole
    plain = (int, float, str, tuple, Path, type(None))
    for event in events:
        assert all(isinstance(getattr(event, field.name), plain) for field in fields(event))


def test_the_weights_know_their_classes_and_preprocessing(whole):
    path, _ = whole
    config = RunFolder(path).config
    for which in ("best", "last"):
        found = read_weights(RunFolder(path).weights(which))
        assert found.spec == config.network
        assert found.classes == CLASSES
        assert found.preprocessing == config.validation_augment.to_dict()
        assert found.info["run"] == path.name


def test_the_best_weights_are_those_of_the_best_epoch(tmp_path, pictures):
    path = tmp_path / "run"
    kept: dict[int, dict] = {}
    epochs = []
    # Without warm-up and at a high rate, validation goes up and down.
    config = tiny_config(
        pictures, epochs=6, learning_rate=0.5, warmup_epochs=0, schedule="constant"
    )
    for event in fit(config, run_dir=path):
        if isinstance(event, EpochDone):
            epochs.append(event)
        if isinstance(event, CheckpointSaved):
            kept[len(epochs)] = weights(path, "last")
    best = max(epochs, key=lambda e: (e.validation_accuracy, -e.validation_loss)).epoch
    assert best != 6  # or this test would show nothing
    found = weights(path, "best")
    assert all(found[name].equal(value) for name, value in kept[best].items())


def test_the_same_seed_gives_the_same_run_and_another_seed_another(tmp_path, pictures, whole):
    path, events = whole
    again = run(tiny_config(pictures), tmp_path / "again")
    assert untimed(again) == untimed(events)
    assert_same_run(tmp_path / "again", path)
    other = run(tiny_config(pictures, seed=4), tmp_path / "other")
    assert untimed(other) != untimed(events)


def test_global_settings_of_torch_are_as_before(tmp_path, config):
    def settings():
        return (
            torch.get_num_threads(),
            torch.get_rng_state().tolist(),
            torch.get_default_dtype(),
            torch.is_autocast_enabled("cpu"),
            torch.is_grad_enabled(),
            torch.are_deterministic_algorithms_enabled(),
        )

    before = settings()
    for _ in fit(config, run_dir=tmp_path / "run"):
        assert settings() == before
    assert settings() == before


def test_bf16_learns_too(tmp_path, pictures):
    events = run(tiny_config(pictures, epochs=12, precision="bf16"), tmp_path / "run")
    assert of(RunStarted, events)[0].precision == "bf16"
    assert of(EpochDone, events)[-1].train_accuracy > 0.9


@pytest.mark.parametrize(
    "recipe",
    [
        {"schedule": "step", "milestones": (0.3, 0.6)},
        {"nesterov": True, "label_smoothing": 0.1},
        {"momentum": 0.0, "weight_decay": 0.0, "schedule": "constant", "warmup_epochs": 0},
        {"warmup": "constant", "warmup_epochs": 0.5},
        {"batch_size": 27},
        {"batch_size": 1000},
        {"batch_size": 8, "validation_batch_size": 3},
        {"optimiser": "adamw", "learning_rate": 1e-3, "decay_all": False},
        {"accumulate": 3, "clip_norm": 0.5, "class_weights": "balanced"},
        {"mixup": 0.2, "cutmix": 1.0, "ema_decay": 0.9},
        {"schedule": "one_cycle"},
        {"schedule": "periodic", "period": 1},
        {"data_path": "stream", "workers": 0},
        {"steps": 7},
    ],
)
def test_every_kind_of_recipe_runs_to_its_end(tmp_path, pictures, recipe):
    events = run(tiny_config(pictures, epochs=2, **recipe), tmp_path / "run")
    assert ended(events).outcome == "finished"
    assert len(of(StepDone, events)) == of(RunStarted, events)[0].total_steps


def test_a_run_of_so_many_steps_ends_after_them_and_validates(tmp_path, pictures):
    events = run(tiny_config(pictures, epochs=99, steps=6), tmp_path / "run")
    assert [event.step for event in of(StepDone, events)] == [1, 2, 3, 4, 5, 6]
    assert [(event.epoch, event.step) for event in of(EpochDone, events)] == [(1, 4), (2, 6)]
    assert (ended(events).outcome, ended(events).step, ended(events).epoch) == ("finished", 6, 2)


def test_a_run_of_so_many_steps_is_the_beginning_of_a_longer_one(tmp_path, pictures):
    recipe = {"schedule": "constant", "warmup_epochs": 0}
    short = run(tiny_config(pictures, steps=6, **recipe), tmp_path / "short")
    long = run(tiny_config(pictures, epochs=3, **recipe), tmp_path / "long")
    assert untimed(of(StepDone, short)) == untimed(of(StepDone, long)[:6])


def test_a_run_that_gets_no_better_ends_early_and_says_so(tmp_path, pictures):
    config = tiny_config(pictures, epochs=60, schedule="constant", early_stopping=2)
    events = run(config, tmp_path / "run")
    epochs, end = of(EpochDone, events), ended(events)
    judged = [(event.validation_accuracy, -event.validation_loss) for event in epochs]
    best = judged.index(max(judged))
    assert len(judged) == best + 3 < 60
    assert end.outcome == "finished"
    assert "of 60, since 2 brought nothing better" in end.message
    assert end.best_accuracy == judged[best][0]


def test_the_plateau_lowers_the_rate_by_what_validation_says(tmp_path, pictures):
    config = tiny_config(
        pictures, epochs=8, schedule="plateau", plateau_epochs=1, gamma=0.5, warmup_epochs=0
    )
    events = run(config, tmp_path / "run")
    plateau = Plateau()
    for epoch in of(EpochDone, events):
        rates = {e.learning_rate for e in of(StepDone, events) if e.epoch == epoch.epoch}
        assert rates == {config.recipe.learning_rate * plateau.factor}
        plateau = plateau.after(epoch.validation_loss, config.recipe)
    assert plateau.factor < 1.0


def test_the_mean_of_the_weights_is_what_is_validated_and_kept(tmp_path, pictures):
    config = tiny_config(pictures, ema_decay=0.7)
    run(config, tmp_path / "run")
    kept = weights(tmp_path / "run", "last")
    state = last_state(tmp_path / "run")
    assert state.average is not None
    assert not kept["conv1.weight"].equal(state.model["conv1.weight"])
    network = build_network(config.network)
    network.load_state_dict(kept)
    assert accuracy_of(network, config) == curves(tmp_path / "run")[-1].validation_accuracy


def accuracy_of(network, config) -> float:
    split = load_dataset(config.data)
    (batch,) = batches(
        split.validation,
        config.validation_augment,
        batch_size=1000,
        seed=0,
        epoch=0,
        shuffle=False,
    )
    with torch.no_grad():
        right = network.eval()(batch.images).argmax(dim=1) == batch.labels
    return right.sum().item() / len(right)


def test_every_step_tells_the_gradient_of_each_section(whole):
    _, events = whole
    started = of(RunStarted, events)[0]
    assert started.sections == ("stem", "stage 1", "stage 2", "head")
    for event in of(StepDone, events):
        assert len(event.gradient_norms) == 4
        assert all(norm > 0 for norm in event.gradient_norms)


def test_the_start_says_what_the_program_chose_and_why(whole):
    _, events = whole
    chosen = {what: (kind, why) for what, kind, why in of(RunStarted, events)[0].choices}
    assert chosen["data path"][0] == "memory"
    assert chosen["compilation"][0] == "off"
    assert chosen["precision"][0] == "fp32"
    assert all(why for _, why in chosen.values())


def test_checkpoints_are_kept_for_good_and_the_oldest_go_first(tmp_path, pictures):
    config = tiny_config(pictures, epochs=4, keep_every=1, keep_most=2)
    run(config, tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    assert kept_epochs(folder) == [3, 4]
    assert read_state(folder.checkpoints / "epoch-0003.pt").position.epoch == 3
    assert not (folder.checkpoints / "epoch-0002.safetensors").exists()
    earlier = read_weights(folder.checkpoints / "epoch-0003.safetensors").state
    assert not earlier["conv1.weight"].equal(weights(tmp_path / "run", "last")["conv1.weight"])


def test_a_kept_checkpoint_is_a_run_that_was_shorter(tmp_path, pictures):
    recipe = {"schedule": "constant", "warmup_epochs": 0}
    run(tiny_config(pictures, epochs=3, keep_every=2, **recipe), tmp_path / "run")
    run(tiny_config(pictures, epochs=2, **recipe), tmp_path / "short")
    kept = read_state(RunFolder(tmp_path / "run").checkpoints / "epoch-0002.pt")
    assert all(
        kept.model[name].equal(v) for name, v in last_state(tmp_path / "short").model.items()
    )


class Listener:
    """Runs `fit` in a thread, as the window does, and hands its events over."""

    def __init__(self, config, path: Path) -> None:
        self.control = Control()
        self.events: queue.Queue[Event] = queue.Queue()
        self._run = fit(config, run_dir=path, control=self.control)
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self) -> None:
        for event in self._run:
            self.events.put(event)

    def wait_for(self, kind: type) -> list[Event]:
        heard = []
        while not heard or not isinstance(heard[-1], kind):
            heard.append(self.events.get(timeout=30))
        return heard


def test_a_pause_saves_waits_and_changes_nothing(tmp_path, config, whole):
    path = tmp_path / "run"
    listener = Listener(config, path)
    listener.wait_for(StepDone)
    listener.control.pause()
    heard = listener.wait_for(Paused)
    paused_at = heard[-1].step
    saved = of(CheckpointSaved, heard)
    assert saved == [] or saved[-1].step == paused_at
    listener.thread.join(0.05)
    assert listener.thread.is_alive()
    assert listener.events.empty()
    listener.control.resume()
    resumed, *_ = listener.wait_for(Resumed)
    assert resumed == Resumed(paused_at)
    listener.wait_for(RunEnded)
    listener.thread.join(5)
    assert_same_run(path, whole[0])


def test_a_paused_run_can_be_stopped(tmp_path, config):
    listener = Listener(config, tmp_path / "run")
    listener.control.pause()
    listener.wait_for(Paused)
    listener.control.stop()
    *between, end = listener.wait_for(RunEnded)
    listener.thread.join(5)
    assert end.outcome == "stopped"
    assert of(Resumed, between) == []


def test_a_stop_ends_after_the_present_step_with_a_checkpoint(tmp_path, config):
    path = tmp_path / "run"
    events = run_until(config, path, step_is(6))
    assert of(StepDone, events)[-1].step == 6
    assert of(CheckpointSaved, events)[-1] == CheckpointSaved(ended(events).checkpoint, 6)
    end = ended(events)
    assert (end.outcome, end.step, end.epoch) == ("stopped", 6, 1)
    assert RunFolder(path).status().state == "stopped"
    assert RunFolder(path).status().resumable


def test_a_stop_is_heard_while_the_data_is_opened(tmp_path, config):
    events = run_until(config, tmp_path / "run", lambda event: isinstance(event, Progress))
    assert of(RunStarted, events) == []
    assert (ended(events).outcome, ended(events).step) == ("stopped", 0)


def test_a_stop_is_heard_between_validation_batches(tmp_path, pictures):
    config = tiny_config(pictures, validation_batch_size=2)
    events = run_until(
        config,
        tmp_path / "run",
        lambda event: isinstance(event, Progress) and event.phase == "validation",
    )
    assert of(EpochDone, events) == []
    assert (ended(events).outcome, ended(events).step) == ("stopped", 4)


def test_a_long_epoch_is_saved_in_between(tmp_path, pictures):
    events = run(tiny_config(pictures, checkpoint_seconds=1e-6), tmp_path / "run")
    assert [event.step for event in of(CheckpointSaved, events)][:4] == [1, 2, 3, 4]


def test_closing_the_generator_leaves_a_good_checkpoint(tmp_path, config):
    path = tmp_path / "run"
    training = fit(config, run_dir=path)
    for event in training:
        if isinstance(event, StepDone) and event.step == 6:
            training.close()
    folder = RunFolder(path)
    assert folder.status().state == "stopped"
    assert folder.status().step == 6
    assert [event.step for event in folder.metrics().steps] == list(range(1, 7))
    assert ended(run(config, path, resume=True)).outcome == "finished"


def test_the_folder_is_free_when_the_end_is_told(tmp_path, config):
    path = tmp_path / "run"
    for event in fit(config, run_dir=path):
        if isinstance(event, RunEnded):
            assert ended(run(config, path, resume=True)).outcome == "finished"


def test_a_run_made_by_run_folder_create_is_trained_in_place(tmp_path, config):
    folder = RunFolder.create(tmp_path, config)
    created = folder.created
    assert ended(run(config, folder.path)).outcome == "finished"
    assert folder.created == created
    assert len(curves(folder.path)) == 15


def test_a_picture_that_breaks_is_told_once_and_left_out(tmp_path):
    from tests.training.conftest import write_pictures

    pictures = write_pictures(tmp_path / "pictures")
    config = tiny_config(pictures)
    training = fit(config, run_dir=tmp_path / "run")
    events = []
    for event in training:
        events.append(event)
        if isinstance(event, Progress) and event.phase == "data" and event.done == 0:
            (pictures / "dark" / "05.png").write_bytes(b"no picture any more")
    told = [event.message for event in of(Warned, events)]
    told += of(RunStarted, events)[0].problems
    assert len([text for text in told if "05.png" in text]) == 1
    assert ended(events).outcome == "finished"
