"""Images a second in training: in the window with its curves live, against the same loop alone.

Both arms train `cifar_resnet20` on the digits with the same recipe, each in a process of its own
(a second thread pool in one process would slow the arm that comes later), in turns. The events
of `fit` are stamped where they are yielded, in the thread that trains, in both arms alike.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.benchmarks.common import Spread, Table, in_fresh_process, load, without_display

if TYPE_CHECKING:
    from resnet_studio.training.events import Event

PAIRS = 5
EPOCHS = 4
"""Epochs that count in each arm; one more before them warms up and does not."""
_NETWORK = "cifar_resnet20"


@dataclass(frozen=True, slots=True)
class Arm:
    """One run.

    Attributes:
        training: Median over the epochs of training images a second, without validation.
        whole: Training images over all the time of the epochs, validation and saving included.
        redraws: How often the curves were drawn; 0 without a window.
        hardware: Device, precision and threads in words.
    """

    training: float
    whole: float
    redraws: int
    hardware: str


@dataclass(frozen=True, slots=True)
class TrainingRate:
    """Images a second of both arms, pair by pair.

    Attributes:
        window: In the window.
        window_whole: The same with validation and saving in the time.
        headless: The loop alone, in the main thread.
        headless_whole: The same with validation and saving in the time.
        redraws: Redraws of the curves in each run in the window.
        hardware: Device, precision and threads in words.
        load: Load averages at the start.
    """

    window: Spread
    window_whole: Spread
    headless: Spread
    headless_whole: Spread
    redraws: Spread
    hardware: str
    load: str


def measure(*, pairs: int = PAIRS, epochs: int = EPOCHS) -> TrainingRate:
    """Trains in turns in the window and without it."""
    without_display()
    load_before = load()
    window, headless = [], []
    for _ in range(pairs):
        window.append(in_fresh_process(train_in_window, epochs))
        headless.append(in_fresh_process(train_headless, epochs))
    return TrainingRate(
        window=Spread.of(arm.training for arm in window),
        window_whole=Spread.of(arm.whole for arm in window),
        headless=Spread.of(arm.training for arm in headless),
        headless_whole=Spread.of(arm.whole for arm in headless),
        redraws=Spread.of(arm.redraws for arm in window),
        hardware=window[0].hardware,
        load=load_before,
    )


def table(figures: TrainingRate) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Training: {_NETWORK} on the digits, in the window over headless")
    result.add("in the window", figures.window, "images/s")
    result.add("headless", figures.headless, "images/s")
    result.add("in the window, with validation", figures.window_whole, "images/s")
    result.add("headless, with validation", figures.headless_whole, "images/s")
    result.add("redraws of the curves in a run", figures.redraws, "")
    result.add("RATIO window / headless", figures.window.over(figures.headless), "x")
    whole = figures.window_whole.over(figures.headless_whole)
    result.add("RATIO with validation", whole, "x")
    result.notes.append(f"{figures.hardware}; fresh processes in turns, load {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(pairs=1, epochs=2) if quick else measure()))


# -- in processes of their own --------------------------------------------------------------------


class Stamps:
    """Events with the time at which they were yielded."""

    def __init__(self) -> None:
        self.events: list[tuple[float, Event]] = []

    def follow(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yields the events on, noting the time of each."""
        for event in events:
            self.events.append((time.perf_counter(), event))
            yield event

    def arm(self, *, redraws: int) -> Arm:
        """Returns the rates of the run, its first epoch left out.

        Raises:
            RuntimeError: If the run did not finish.
        """
        from resnet_studio.training.events import EpochDone, RunEnded, RunStarted, StepDone

        end = self.events[-1][1]
        if not isinstance(end, RunEnded) or end.outcome != "finished":
            raise RuntimeError(f"the run did not finish: {end}")
        started = next(event for _, event in self.events if isinstance(event, RunStarted))
        spans: dict[int, tuple[float, float]] = {}
        before = self.events[0][0]
        for at, event in self.events:
            if isinstance(event, StepDone):
                spans[event.epoch] = (spans.get(event.epoch, (before, at))[0], at)
            before = at
        ends = [at for at, event in self.events if isinstance(event, EpochDone)]
        seconds = [spans[epoch][1] - spans[epoch][0] for epoch in sorted(spans)][1:]
        return Arm(
            training=median(started.train_size / span for span in seconds),
            whole=started.train_size * (len(ends) - 1) / (ends[-1] - ends[0]),
            redraws=redraws,
            hardware=f"{started.device}, {started.precision}, {started.threads} threads",
        )


def train_headless(epochs: int) -> Arm:
    """Trains in the main thread of a process without a window."""
    from resnet_studio.environment import prepare_for_torch

    prepare_for_torch()
    from resnet_studio.architecture.catalog import get
    from resnet_studio.data.sources import DataConfig
    from resnet_studio.training.config import default_config
    from resnet_studio.training.loop import fit

    config = default_config(get(_NETWORK).spec, DataConfig())
    recipe = config.recipe.replace(epochs=epochs + 1)
    stamps = Stamps()
    with tempfile.TemporaryDirectory() as folder:
        config = config.model_copy(update={"recipe": recipe})
        for _ in stamps.follow(fit(config, run_dir=Path(folder) / "run")):
            pass
    return stamps.arm(redraws=0)


def train_in_window(epochs: int) -> Arm:
    """Trains by the commands of the real window, its training panel in front."""
    from resnet_studio.training import loop
    from tests.benchmarks.driving import open_workspace

    stamps, fit = Stamps(), loop.fit

    def followed(*arguments: Any, **options: Any) -> Iterator[Event]:
        return stamps.follow(fit(*arguments, **options))

    loop.fit = followed
    with open_workspace(_NETWORK, "training") as workspace:
        panel: Any = workspace.panels["training"]
        start_run(workspace, epochs=epochs + 1)
        finish_run(workspace)
        return stamps.arm(redraws=panel.curves.redraws)


def await_start(workspace: Any) -> None:
    """Waits until the data set is open and a run can be started."""
    from tests.benchmarks.driving import wait_until

    action = workspace.studio.commands.action("training.start")
    wait_until(action.isEnabled, told_by=action.changed)


def start_run(workspace: Any, *, epochs: int) -> None:
    """Sets the number of epochs and presses Start, once that is possible."""
    form = workspace.panels["training"].setup.recipe
    form.show_recipe(form.recipe.replace(epochs=epochs))
    await_start(workspace)
    workspace.studio.commands.run("training.start")


def finish_run(workspace: Any) -> None:
    """Lets the run come to its end.

    Raises:
        RuntimeError: If nobody saw its curves: then it was not what is to be measured.
    """
    from tests.benchmarks.driving import wait_until

    panel = workspace.panels["training"]
    session = panel.session
    wait_until(lambda: not session.running, told_by=session.ended)
    if session.end.outcome != "finished":
        raise RuntimeError(f"the run did not finish: {session.end.message}")
    if not panel.isVisible() or panel.curves.redraws < session.config.recipe.epochs:
        raise RuntimeError("the curves were not drawn while training")
