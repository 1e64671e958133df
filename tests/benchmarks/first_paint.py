"""From the start of the process to the first picture of the window, against an empty window.

Each start is a process of its own, in turns with an empty PySide6 main window. The same start
also tells when the window was furnished, when torch was ready, and how the event loop fared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnet_studio.settings import HOME_VARIABLE
from tests.benchmarks.common import ROOT, Spread, Table, load, without_display

PAIRS = 9
_PATIENCE_S = 300.0
_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class FirstPaint:
    """Seconds from the start of the process, and lateness of the event loop in ms.

    Attributes:
        empty: Until the empty window was painted.
        painted: Until ours was painted for the first time.
        furnished: Until form, first panel, menus and toolbar were made.
        drawn: Until the drawing of the network was painted, form beside it.
        panels: Until every panel was made and the loading of torch began.
        torch: Until torch was ready.
        furnishing: Longest wait from the first paint until all panels were made.
        loading_p99: Lateness while torch was being loaded, 99th percentile.
        loading_worst: Longest wait then.
        loading_stalls: Waits of more than 50 ms then.
        load: Load averages at the start.
    """

    empty: Spread
    painted: Spread
    furnished: Spread
    drawn: Spread
    panels: Spread
    torch: Spread
    furnishing: Spread
    loading_p99: Spread
    loading_worst: Spread
    loading_stalls: Spread
    load: str


def measure(*, pairs: int = PAIRS) -> FirstPaint:
    """Starts both windows in turns; a first start of each warms the caches and is not counted."""
    without_display()
    load_before = load()
    empty, studio = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(pairs + 1):
            one = _start("start_empty.py", Path(folder))
            other = _start("start_studio.py", Path(folder))
            if number:
                empty.append(one)
                studio.append(other)
    return FirstPaint(
        empty=Spread.of(start["painted"] for start in empty),
        **{
            name: Spread.of(start[name] for start in studio)
            for name in ("painted", "furnished", "drawn", "panels", "torch")
        },
        furnishing=Spread.of(start["furnishing"]["worst"] for start in studio),
        loading_p99=Spread.of(start["loading"]["p99"] for start in studio),
        loading_worst=Spread.of(start["loading"]["worst"] for start in studio),
        loading_stalls=Spread.of(start["loading"]["stalls"] for start in studio),
        load=load_before,
    )


def table(figures: FirstPaint) -> Table:
    """Lays the figures out for printing."""
    result = Table("Start: process start to the first paint, studio over an empty QMainWindow")
    for title, figure in (
        ("empty QMainWindow painted", figures.empty),
        ("studio painted", figures.painted),
        ("studio furnished", figures.furnished),
        ("form and drawing painted", figures.drawn),
        ("all panels made", figures.panels),
        ("torch ready", figures.torch),
    ):
        result.add(title, figure.scaled(1000), "ms")
    result.add("longest wait while panels are made", figures.furnishing, "ms")
    result.add("event loop while torch loads, p99", figures.loading_p99, "ms")
    result.add("event loop while torch loads, worst", figures.loading_worst, "ms")
    result.add("waits over 50 ms while torch loads", figures.loading_stalls, "")
    result.add("RATIO first paint, studio / empty", figures.painted.over(figures.empty), "x")
    result.notes.append(f"fresh processes in turns, caches warm, load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(pairs=2 if quick else PAIRS)))


def _start(script: str, home: Path) -> dict[str, Any]:
    """Starts a script and returns what it printed on its last line.

    Raises:
        RuntimeError: If it failed, or torch did.
    """
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(_FOLDER / script), str(started)],
        cwd=home,
        env=_environment(home),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
    )
    if done.returncode or not done.stdout.strip():
        raise RuntimeError(f"{script} failed:\n{done.stdout}{done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    if told.get("state", "ready") != "ready":
        raise RuntimeError(f"torch could not be loaded:\n{done.stderr}")
    return told


def _environment(home: Path) -> dict[str, str]:
    """Returns the environment of a person, but for where settings and runs are kept.

    The folders are found as on a person's machine where that can be had without touching
    theirs: with `RESNET_STUDIO_HOME` the window would not need to look them up.
    """
    environment = dict(os.environ)
    environment["PYTHONPATH"] = str(ROOT)
    environment.pop(HOME_VARIABLE, None)
    if sys.platform.startswith("linux"):
        for name in ("CONFIG", "DATA", "STATE"):
            environment[f"XDG_{name}_HOME"] = str(home / name.lower())
    else:
        environment[HOME_VARIABLE] = str(home)
    return environment
