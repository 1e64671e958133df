"""What every benchmark shares: spreads of repeated figures, ratios of pairs, tables, conditions.

A figure alone says little on a machine that does other things too. So whatever is compared is
measured in turns (A B A B ...), and the ratio is that of each pair. No Qt and no torch here.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

ROOT = Path(__file__).resolve().parents[2]
"""Folder of the checkout that is measured."""
_BUSY = 0.3
"""Load for each processor from which the conditions carry a warning."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The same figure measured several times.

    Attributes:
        values: In the order in which they were measured; at least one.
    """

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Collects the values."""
        return cls(tuple(values))

    @property
    def median(self) -> float:
        """The middle value: one disturbed repetition does not move it."""
        return statistics.median(self.values)

    @property
    def fastest(self) -> Spread:
        """The rate that the fastest tenth reached: what other programs have disturbed least."""
        ordered = sorted(self.values, reverse=True)
        return Spread((ordered[len(ordered) // 10],))

    def scaled(self, factor: float) -> Spread:
        """Returns the same figure in another unit."""
        return Spread.of(value * factor for value in self.values)

    def over(self, other: Spread) -> Spread:
        """Returns the ratio of each pair that was measured in turns.

        Raises:
            ValueError: If there are not as many of one as of the other.
        """
        return Spread.of(a / b for a, b in zip(self.values, other.values, strict=True))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes:
        title: What was measured.
        figure: How much of it.
        unit: "ms", "images/s"; "x" for a ratio.
    """

    title: str
    figure: Spread
    unit: str


@dataclass(slots=True)
class Table:
    """The result of one benchmark, as it is printed.

    Attributes:
        title: What was compared.
        rows: The figures; ratios stand at the end.
        notes: Under which conditions, a line each.
    """

    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, title: str, figure: Spread, unit: str) -> None:
        """Adds a line."""
        self.rows.append(Row(title, figure, unit))

    def __str__(self) -> str:
        """Returns the table as aligned text."""
        head = ("", "median", "min - max", "", "n")
        cells = [head, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
        lines = [self.title]
        for line in cells:
            title, median, extent, unit, count = (
                text.ljust(width) if column in (0, 3) else text.rjust(width)
                for column, (text, width) in enumerate(zip(line, widths, strict=True))
            )
            lines.append(f"  {title}  {median}  {extent}  {unit}  {count}".rstrip())
        return "\n".join([*lines, *(f"  ({note})" for note in self.notes)])


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    values = row.figure.values
    extent = f"{_number(min(values))} - {_number(max(values))}"
    return (row.title, _number(row.figure.median), extent, row.unit, str(len(values)))


def _number(value: float) -> str:
    """Returns three figures or so: more would pretend a precision that is not there."""
    if value == 0 or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def percentile(values: Sequence[float], percent: float) -> float:
    """Returns the smallest value that at least `percent` % of all do not exceed."""
    ordered = sorted(values)
    index = -(-len(ordered) * percent // 100) - 1
    return ordered[max(0, int(index))]


def conditions() -> str:
    """Returns what the figures depend on: machine, load, versions."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    count = processors or os.cpu_count() or 1
    versions = ", ".join(
        f"{name} {metadata.version(name)}" for name in ("torch", "PySide6-Essentials", "numpy")
    )
    lines = [
        f"{count} processors ({_processor()}), load {load()}",
        f"Python {platform.python_version()}, {versions}",
        f"{platform.platform()}, Qt platform {os.environ.get('QT_QPA_PLATFORM', 'of the desktop')}",
    ]
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > _BUSY * count:
        lines.append("The machine was busy at the start: only ratios count; measure again.")
    return "\n".join(lines)


def load() -> str:
    """Returns the load averages of 1, 5 and 15 minutes."""
    if not hasattr(os, "getloadavg"):
        return "unknown"
    return " / ".join(f"{value:.2f}" for value in os.getloadavg())


def _processor() -> str:
    """Returns the model of the processor; Linux does not tell it through `platform`."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def in_fresh_process(function: Callable[..., Result], *arguments: object) -> Result:
    """Calls a module's function in the main thread of a new interpreter and returns its result.

    What an earlier measurement left behind (thread pools, caches, compiled kernels, a Qt
    application) then touches no later one.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(function, *arguments).result()


def without_display() -> None:
    """Paints into memory unless a Qt platform was asked for; called before anything of Qt."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    # The offscreen platform says of every window that it has no size hints, in no category.
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
