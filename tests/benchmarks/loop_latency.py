"""How late the window's event loop is while a network is trained, and in an idle window.

The whole of a run counts, from the press of Start to its end: the first drawing of the curves,
validations and checkpoints are part of what a person waits through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.benchmarks.common import Spread, Table, in_fresh_process, load, without_display
from tests.benchmarks.training_rate import await_start, finish_run, start_run

if TYPE_CHECKING:
    from tests.benchmarks.loop_meter import Lateness

REPEATS = 3
EPOCHS = 8
IDLE_S = 5.0
_NETWORK = "cifar_resnet20"


@dataclass(frozen=True, slots=True)
class LoopLatency:
    """Lateness of the event loop, one record for each repetition.

    Attributes:
        idle: In the furnished window, training panel in front, nothing going on.
        starting: From the press of Start until the run has begun.
        training: From then to its end.
        load: Load averages at the start.
    """

    idle: tuple[Lateness, ...]
    starting: tuple[Lateness, ...]
    training: tuple[Lateness, ...]
    load: str


def measure(*, repeats: int = REPEATS, epochs: int = EPOCHS, idle_s: float = IDLE_S) -> LoopLatency:
    """Trains in several windows one after another, each in a process of its own."""
    without_display()
    load_before = load()
    runs = [in_fresh_process(one_run, epochs, idle_s) for _ in range(repeats)]
    return LoopLatency(
        idle=tuple(run[0] for run in runs),
        starting=tuple(run[1] for run in runs),
        training=tuple(run[2] for run in runs),
        load=load_before,
    )


def table(figures: LoopLatency) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Event loop: lateness while {_NETWORK} learns the digits")
    for title, records in (
        ("idle", figures.idle),
        ("start of the run", figures.starting),
        ("training", figures.training),
    ):
        _add(result, title, records)
    seconds = ", ".join(f"{record.seconds:.0f}" for record in figures.training)
    result.notes.append(f"training took {seconds} s; load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(repeats=1, epochs=2, idle_s=2.0) if quick else measure()))


def _add(result: Table, title: str, records: Sequence[Lateness]) -> None:
    result.add(f"{title}, p50", Spread.of(record.p50 for record in records), "ms")
    result.add(f"{title}, p99", Spread.of(record.p99 for record in records), "ms")
    result.add(f"{title}, max", Spread.of(record.worst for record in records), "ms")
    result.add(f"{title}, waits over 50 ms", Spread.of(record.stalls for record in records), "")


def one_run(epochs: int, idle_s: float) -> tuple[Lateness, Lateness, Lateness]:
    """Measures an idle window, then a run from its start to its end; in a process of its own."""
    from tests.benchmarks.driving import open_workspace, run_loop, wait_until
    from tests.benchmarks.loop_meter import LoopMeter

    with open_workspace(_NETWORK, "training") as workspace:
        await_start(workspace)
        meter = LoopMeter(workspace)
        meter.start()
        run_loop(idle_s)
        idle = meter.take()
        start_run(workspace, epochs=epochs)
        panel: Any = workspace.panels["training"]
        session = panel.session
        wait_until(lambda: session.latest is not None, told_by=session.changed)
        starting = meter.take()
        finish_run(workspace)
        training = meter.take()
        meter.stop()
    return idle, starting, training
