"""How much memory a long run takes in the window, beyond what a short one takes.

The window follows a run of 100,000 steps through its session, with curves, figures and progress
drawn as always, eight times a second. Nothing is computed: the steps come from a generator in
place of `fit`, about a hundred times as fast as ResNet-20 would take them, so that the memory is
the window's and not torch's. Counted is the resident memory of the process, from a warm-up on.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.common import Spread, Table, in_fresh_process, load, without_display

if TYPE_CHECKING:
    from resnet_studio.training.config import RunConfig
    from resnet_studio.training.events import Event, StepDone

REPEATS = 3
STEPS = 100_000
WARM_UP = 4_800
_NETWORK = "cifar_resnet20"
_SECTIONS = ("stem", "stage 1", "stage 2", "stage 3", "head")
_EPOCH = 400
"""Steps in an epoch. It ends wherever memory is measured: steps may be kept back till then."""
_BURST = 4
_BURST_S = 0.002
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Growth:
    """One run.

    Attributes:
        before: Resident memory after the warm-up, in MB.
        growth: What was added to it by the steps that count, in MB.
        redraws: Redraws of the curves meanwhile.
        seconds: How long they took.
    """

    before: float
    growth: float
    redraws: int
    seconds: float


def measure(*, repeats: int = REPEATS, steps: int = STEPS) -> tuple[Growth, ...]:
    """Shows several runs, each in a process of its own."""
    without_display()
    return tuple(in_fresh_process(follow_run, steps) for _ in range(repeats))


def table(figures: tuple[Growth, ...], *, steps: int = STEPS) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Memory of the window over {steps:,} plotted steps")
    result.add("resident after the warm-up", Spread.of(run.before for run in figures), "MB")
    result.add("GROWTH", Spread.of(run.growth for run in figures), "MB")
    result.add("redraws of the curves", Spread.of(run.redraws for run in figures), "")
    result.add("time", Spread.of(run.seconds for run in figures), "s")
    result.notes.append(
        f"from step {WARM_UP:,} on; an epoch every {_EPOCH} steps, {len(_SECTIONS)} gradient "
        f"norms a step; load at the end {load()}"
    )
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    steps = STEPS // 10 if quick else STEPS
    print(table(measure(repeats=1 if quick else REPEATS, steps=steps), steps=steps))


# -- in a process of its own ----------------------------------------------------------------------


class _Steps:
    """Stands in for `fit`: a run of made-up figures that waits where memory is measured."""

    def __init__(self, steps: int) -> None:
        self._total = WARM_UP + steps
        self.may_go_on = threading.Event()
        self.may_end = threading.Event()

    def fit(self, config: RunConfig, *, run_dir: Path, **_: Any) -> Iterator[Event]:
        """Yields the events of a run; writes no file."""
        from resnet_studio.training.events import RunEnded, RunStarted

        yield RunStarted(
            run_dir=run_dir,
            classes=tuple(map(str, range(10))),
            train_size=50_000,
            validation_size=1_000,
            device="cpu",
            precision="fp32",
            threads=1,
            steps_per_epoch=_EPOCH,
            total_steps=self._total,
            start_step=0,
            parameters=270_000,
            sections=_SECTIONS,
        )
        for step in range(1, self._total + 1):
            yield from self._events(step)
            if step == WARM_UP:
                self.may_go_on.wait()
            elif step % _BURST == 0:
                # Between two bursts the window draws; without a pause its queue would grow.
                time.sleep(_BURST_S)
        self.may_end.wait()
        yield RunEnded("stopped", self._total, self._total // _EPOCH, "Followed to its end.")

    def _events(self, step: int) -> Iterator[Event]:
        from resnet_studio.training.events import EpochDone

        yield _made_up(step)
        if step % _EPOCH == 0:
            loss = 2.0 / (1 + step / 5000)
            yield EpochDone(step // _EPOCH, step, loss, 0.5, loss, 0.5, 4.0)


def _made_up(step: int) -> StepDone:
    from resnet_studio.training.events import StepDone

    wobble = (step * 7919 % 1000) / 1000
    return StepDone(
        step=step,
        epoch=(step - 1) // _EPOCH + 1,
        loss=2.0 / (1 + step / 5000) + 0.2 * wobble,
        accuracy=min(1.0, 0.1 + step / 200_000 + 0.2 * wobble),
        learning_rate=0.1 + 1e-7 * step,
        images_per_second=1000.0 + 100 * wobble,
        gradient_norms=tuple(0.1 * number + wobble for number in range(len(_SECTIONS))),
    )


def follow_run(steps: int) -> Growth:
    """Follows a run in the real window, its training panel in front."""
    from resnet_studio.training import loop
    from tests.benchmarks.driving import open_workspace, settle, wait_until
    from tests.benchmarks.training_rate import start_run

    run = _Steps(steps)
    loop.fit = run.fit
    with open_workspace(_NETWORK, "training") as workspace:
        panel: Any = workspace.panels["training"]
        start_run(workspace, epochs=(WARM_UP + steps) // _EPOCH)
        session = panel.session

        def reached(step: int) -> None:
            wait_until(
                lambda: session.latest is not None and session.latest.step >= step,
                told_by=session.changed,
            )
            settle()

        reached(WARM_UP)
        before, drawn, began = _resident(), panel.curves.redraws, time.perf_counter()
        run.may_go_on.set()
        reached(WARM_UP + steps)
        growth, seconds = _resident() - before, time.perf_counter() - began
        redraws = panel.curves.redraws - drawn
        if redraws < seconds:
            raise RuntimeError("the curves were not drawn while the steps came")
        run.may_end.set()
        wait_until(lambda: not session.running, told_by=session.ended)
    return Growth(before, growth, redraws, seconds)


def _resident() -> float:
    """Returns the resident memory of this process in MB, what Python can free left out."""
    import psutil

    gc.collect()
    return float(psutil.Process().memory_info().rss / _MB)
