"""Helpers that run `fit` and compare what it left on the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from resnet_studio.training.checkpoint import LAST, TrainingState, read_state
from resnet_studio.training.config import RunConfig
from resnet_studio.training.control import Control
from resnet_studio.training.events import EpochDone, Event, RunEnded, StepDone
from resnet_studio.training.loop import fit
from resnet_studio.training.runs import RunFolder

Kind = TypeVar("Kind")


def run(config: RunConfig, path: Path, **options: Any) -> list[Event]:
    return list(fit(config, run_dir=path, **options))


def of(kind: type[Kind], events: list[Event]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def ended(events: list[Event]) -> RunEnded:
    assert isinstance(events[-1], RunEnded)
    assert len(of(RunEnded, events)) == 1
    return events[-1]


def run_until(
    config: RunConfig, path: Path, reached: Callable[[Event], bool], **options: Any
) -> list[Event]:
    """Runs and asks for a stop at the first event that `reached` accepts."""
    control = Control()
    events = []
    for event in fit(config, run_dir=path, control=control, **options):
        events.append(event)
        if reached(event):
            control.stop()
    return events


def step_is(number: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, StepDone) and event.step == number


def untimed(events: Iterator[Event] | tuple[Event, ...] | list[Event]) -> list[Event]:
    """Returns the steps and epochs without the figures that measure time."""
    kept: list[Event] = []
    for event in events:
        if isinstance(event, StepDone):
            kept.append(replace(event, images_per_second=0.0))
        elif isinstance(event, EpochDone):
            kept.append(replace(event, seconds=0.0))
    return kept


def curves(path: Path) -> list[Event]:
    metrics = RunFolder(path).metrics()
    return untimed([*metrics.steps, *metrics.epochs])


def last_state(path: Path) -> TrainingState:
    return read_state(RunFolder(path).checkpoints / LAST)


def assert_same_run(path: Path, expected: Path) -> None:
    """Asserts that two runs left the same bits: network, optimiser, curves, best weights."""
    ours, theirs = last_state(path), last_state(expected)
    ours.position.sums.seconds = theirs.position.sums.seconds = 0.0
    assert ours.position == theirs.position
    assert ours.model.keys() == theirs.model.keys()
    different = [name for name, value in ours.model.items() if not value.equal(theirs.model[name])]
    assert different == []
    buffers = theirs.optimiser["state"]
    assert ours.optimiser["state"].keys() == buffers.keys()
    for key, state in ours.optimiser["state"].items():
        assert state["momentum_buffer"].equal(buffers[key]["momentum_buffer"])
    assert curves(path) == curves(expected)
    for which in ("best", "last"):
        assert weights(path, which).keys() == weights(expected, which).keys()
        for name, value in weights(path, which).items():
            assert value.equal(weights(expected, which)[name])


def weights(path: Path, which: Any) -> dict[str, Any]:
    from resnet_studio.models.checkpoints import read_weights

    return read_weights(RunFolder(path).weights(which)).state
