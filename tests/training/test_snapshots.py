"""Copies of the weights between two steps: the right ones, at once, and the run none the wiser."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from safetensors.numpy import load_file

from resnet_studio.training.control import Control
from resnet_studio.training.events import Paused, Snapshot, StepDone, to_dict
from resnet_studio.training.loop import fit
from resnet_studio.training.runs import RunFolder
from tests.training.conftest import tiny_config, write_pictures
from tests.training.running import of, run, untimed


@pytest.fixture
def config(tmp_path):
    return lambda **recipe: tiny_config(write_pictures(tmp_path / "pictures"), epochs=2, **recipe)


def asking_at_every_step(config, path):
    control, events = Control(), []
    for event in fit(config, run_dir=path, control=control):
        if isinstance(event, StepDone):
            control.ask_snapshot()
        events.append(event)
    return events


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_snapshot_holds_the_weights_that_a_checkpoint_of_that_step_holds(config, tmp_path, ema):
    events = asking_at_every_step(config(ema_decay=ema), tmp_path / "run")
    saved = load_file(RunFolder(tmp_path / "run").weights("last"))
    last = of(Snapshot, events)[-1]
    assert last.step == of(StepDone, events)[-1].step
    assert last.weights.keys() == saved.keys()
    assert all(np.array_equal(last.weights[name], saved[name]) for name in saved)


def test_each_step_can_be_seen_and_the_run_has_the_bits_of_one_that_nobody_looked_at(
    config, tmp_path
):
    settings = config()
    watched = asking_at_every_step(settings, tmp_path / "watched")
    alone = run(settings, tmp_path / "alone")
    assert untimed(watched) == untimed(alone)
    one, other = (
        load_file(RunFolder(tmp_path / name).weights("last")) for name in ("watched", "alone")
    )
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)
    steps = [step.step for step in of(StepDone, watched)]
    # Figures are read some steps at a time where the device is slow to tell; here at each.
    assert [snapshot.step for snapshot in of(Snapshot, watched)] == steps


def test_a_snapshot_is_a_copy_that_later_steps_leave_alone(config, tmp_path):
    control, kept = Control(), []
    control.ask_snapshot()
    for event in fit(config(), run_dir=tmp_path / "run", control=control):
        if isinstance(event, Snapshot):
            kept.append((event, {name: each.copy() for name, each in event.weights.items()}))
            control.ask_snapshot()
    assert len(kept) > 3
    for snapshot, copies in kept:
        assert all(np.array_equal(snapshot.weights[name], copies[name]) for name in copies)
    assert not np.array_equal(kept[0][1]["conv1.weight"], kept[-1][1]["conv1.weight"])


def test_a_run_that_waits_gives_its_weights_and_goes_on_waiting(config, tmp_path):
    control, events = Control(), []
    control.pause()
    for event in fit(config(), run_dir=tmp_path / "run", control=control):
        events.append(event)
        if isinstance(event, Paused):
            threading.Thread(target=control.ask_snapshot).start()
        elif isinstance(event, Snapshot):
            assert control.paused
            control.resume()
    assert len(of(Snapshot, events)) == 1
    assert of(StepDone, events)


def test_a_snapshot_is_told_to_other_programs_without_its_weights():
    told = to_dict(Snapshot(3, 1, {"conv1.weight": np.zeros(2, np.float32)}))
    assert told == {"event": "Snapshot", "step": 3, "epoch": 1}
