"""What other programs do to training: images a second beside 0, 1 and 2 that keep a core busy.

Two threads of OpenMP wait for each other hundreds of times a step. Where another program has one
of the cores, a loop that insists on both falls far below a single thread. The engine may choose.
Held against it, in turns: the engine with one thread, which loses nothing beside other programs
but is slow alone; the engine told to use all threads; and a plain loop with all threads and
OpenMP's default, whose threads spin while they wait. All have the same network, batch and
arithmetic.

Then the engine alone while others come and go: how it falls, how soon it has adapted, and whether
it comes back.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.benchmarks.common import Spread, Table, in_fresh_process, load
from tests.benchmarks.engine_over_bare import Case

ROUNDS = 5
BLOCK_S = 3.0
BUSY = (0, 1, 2)
PHASE_S = 20.0
ENGINE, ONE, ALL, PLAIN = "engine", "engine, one thread", "engine, all threads", "plain loop"
_CASE = Case("cifar_resnet20", 32, 128, 2560)
_VALIDATION = 64


@dataclass(frozen=True, slots=True)
class Disturbed:
    """The engine while other programs come and go.

    Attributes:
        before: Images a second of the last part of the time before they came.
        during: Likewise while they ran.
        after: Likewise after they had gone.
        slowest: Seconds of the longest step while they ran.
        told: What the run told meanwhile.
    """

    before: float
    during: float
    after: float
    slowest: float
    told: tuple[str, ...]


def measure(*, rounds: int = ROUNDS, block_s: float = BLOCK_S) -> dict[int, dict[str, Spread]]:
    """Returns images a second by number of busy programs and by arm, block by block."""
    with tempfile.TemporaryDirectory() as folder, _arms(Path(folder)) as arms:
        return {busy: _beside(arms, busy, rounds, block_s) for busy in BUSY}


def table(busy: int, figures: dict[str, Spread]) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Contention: {_CASE}, beside {busy} busy programs")
    for arm, rates in figures.items():
        result.add(arm, rates, "images/s")
    for arm in (ONE, ALL, PLAIN):
        result.add(f"RATIO engine / {arm}", figures[ENGINE].over(figures[arm]), "x")
    result.notes.append(f"{_processors()} processors, blocks in turns, load at the end {load()}")
    return result


def disturbed_table(figures: Disturbed, phase_s: float) -> Table:
    """Lays out how the engine met others that came and went."""
    result = Table(
        f"Contention: the engine, three times {phase_s:.0f} s, 2 busy programs in the middle"
    )
    for title, value in (
        ("before", figures.before),
        ("beside them", figures.during),
        ("after", figures.after),
    ):
        result.add(title, Spread((value,)), "images/s")
    result.add("longest step beside them", Spread((figures.slowest,)), "s")
    result.notes += figures.told
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    figures = measure(rounds=2, block_s=1.5) if quick else measure()
    for busy, arms in figures.items():
        print(table(busy, arms), flush=True)
    phase_s = 5.0 if quick else PHASE_S
    print(disturbed_table(in_fresh_process(disturb, phase_s), phase_s), flush=True)


# -- programs beside each other -------------------------------------------------------------------


def _beside(
    arms: dict[str, Connection], busy: int, rounds: int, block_s: float
) -> dict[str, Spread]:
    """Lets the arms take blocks in turns; those whose turn it is not wait without working."""
    rates: dict[str, list[float]] = {}
    with _busy(busy):
        for round_number in range(rounds + 1):
            for name, pipe in arms.items():
                pipe.send(block_s)
                rate = pipe.recv()
                # In the first round each finds out about its surroundings.
                if round_number:
                    rates.setdefault(name, []).append(rate)
    return {name: Spread.of(values) for name, values in rates.items()}


@contextmanager
def _arms(folder: Path) -> Iterator[dict[str, Connection]]:
    """Starts a process for each arm; they are ready when this is entered."""
    context = multiprocessing.get_context("spawn")
    _write_pictures(folder)
    with ExitStack() as stack:
        arms = {}
        for number, name in enumerate((ENGINE, ONE, ALL, PLAIN)):
            here, there = context.Pipe()
            process = context.Process(
                target=serve, args=(name, there, folder, folder / f"run{number}"), daemon=True
            )
            process.start()
            there.close()  # so that an arm that fails is noticed, not waited for
            stack.callback(process.join)
            stack.callback(here.send, None)
            arms[name] = here
        for name, pipe in arms.items():
            if pipe.recv() != "ready":
                raise RuntimeError(f"{name} did not start")
        yield arms


@contextmanager
def _busy(count: int) -> Iterator[None]:
    """Keeps so many processes busy with nothing."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=spin, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def spin() -> None:
    """Uses one core until it is killed."""
    while True:
        pass


# -- in processes of their own --------------------------------------------------------------------


def serve(name: str, pipe: Connection, pictures: Path, run_dir: Path) -> None:
    """Trains as one arm: for each number of seconds received, sends images a second."""
    if name != PLAIN:
        from resnet_studio.environment import prepare_for_torch

        prepare_for_torch()
    take, end = _taker(name, pictures, run_dir)
    take(2)
    pipe.send("ready")
    while (seconds := pipe.recv()) is not None:
        began, steps = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            take(1)
            steps += 1
        pipe.send(steps * _CASE.batch / (time.perf_counter() - began))
    end()


def _taker(name: str, pictures: Path, run_dir: Path) -> tuple[Any, Any]:
    """Returns what takes steps and what ends it."""
    import torch

    from resnet_studio.training.devices import choose_hardware
    from tests.benchmarks.engine_arm import EngineArm
    from tests.benchmarks.engine_over_bare import Bare

    threads = {ONE: 1, ENGINE: 0}.get(name, torch.get_num_threads())
    config = _config(pictures, threads)
    if name == PLAIN:
        return Bare(config, choose_hardware(config.recipe)).take, lambda: None
    arm = EngineArm(config, run_dir)
    return arm.take, lambda: arm.__exit__(None, None, None)


def disturb(phase_s: float) -> Disturbed:
    """Trains by the engine in three phases; in the middle one two programs are busy."""
    from resnet_studio.environment import prepare_for_torch

    prepare_for_torch()
    from tests.benchmarks.engine_arm import EngineArm

    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        _write_pictures(Path(name))
        arm = stack.enter_context(EngineArm(_config(Path(name), 0), Path(name) / "run"))
        arm.take(4)
        before = _phase(arm, phase_s)
        with _busy(2):
            during = _phase(arm, phase_s)
        after = _phase(arm, phase_s)
        return Disturbed(
            _settled(before), _settled(during), _settled(after), max(during), tuple(arm.told)
        )


def _phase(arm: Any, seconds: float) -> list[float]:
    """Returns the seconds of each step taken within some time."""
    began, times = time.perf_counter(), []
    while time.perf_counter() - began < seconds:
        times.append(arm.take(1))
    return times


def _settled(times: list[float]) -> float:
    """Returns images a second in the second half of the steps."""
    late = times[len(times) // 2 :]
    return len(late) * _CASE.batch / sum(late)


def _write_pictures(folder: Path) -> None:
    from tests.benchmarks.pictures import pictures

    pictures(train=_CASE.pictures, validation=_VALIDATION).write(folder / "data")


def _config(folder: Path, threads: int) -> Any:
    from tests.benchmarks.engine_arm import config_for

    return config_for(
        _CASE.network,
        _CASE.size,
        folder / "data",
        batch_size=_CASE.batch,
        epochs=10_000,
        threads=threads,
    )


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
