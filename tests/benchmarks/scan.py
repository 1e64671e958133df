"""Scanning 20,000 small pictures over what any program needs: `os.walk` and one `stat` a file.

Half are JPEG, half PNG, of 8 pixels or so, in 20 class folders. Both ways are taken in turns, with
the disk's cache warm.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.common import Spread, Table, in_fresh_process, load, without_display

PAIRS = 7
FILES = 20_000
_CLASSES = 20


@dataclass(frozen=True, slots=True)
class Scans:
    """What scanning takes.

    Attributes:
        walk: Seconds of `os.walk` and `stat`.
        scan: Seconds of the scan: lists, arranges in classes and reads each header.
        files: How many there are.
        load: Load averages at the start.
    """

    walk: Spread
    scan: Spread
    files: int
    load: str


def measure(*, pairs: int = PAIRS, files: int = FILES) -> Scans:
    """Scans several times, in a process of its own."""
    without_display()
    load_before = load()
    walk, scan = in_fresh_process(run_pairs, pairs, files)
    return Scans(walk, scan, files, load_before)


def table(figures: Scans) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Scanning {figures.files:,} small pictures")
    result.add("os.walk and stat", figures.walk.scaled(1000), "ms")
    result.add("scan, with every header", figures.scan.scaled(1000), "ms")
    result.add("scan over os.walk and stat", figures.scan.over(figures.walk), "x")
    result.notes.append(f"load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(pairs=2, files=2000) if quick else measure()))


# -- in a process of its own ----------------------------------------------------------------------


def run_pairs(pairs: int, files: int) -> tuple[Spread, Spread]:
    """Returns the seconds of both ways, in turns; the first pair is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder), files)
        walks, scans = [], []
        for _ in range(pairs + 1):
            walks.append(_seconds(lambda: _walk(folder)))
            scans.append(_seconds(lambda: _scan(Path(folder), files)))
    return Spread.of(walks[1:]), Spread.of(scans[1:])


def write_pictures(root: Path, files: int) -> None:
    """Writes pictures of one colour into 20 class folders."""
    import numpy as np
    from PIL import Image

    for number in range(files):
        folder = root / f"class{number % _CLASSES:02}"
        folder.mkdir(exist_ok=True)
        pixels = np.full((8 + number % 5, 8 + number % 7, 3), number % 256, dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG" if number // _CLASSES % 2 else "PNG")
        suffix = "jpg" if number // _CLASSES % 2 else "png"
        (folder / f"{number:06}.{suffix}").write_bytes(file.getvalue())


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _walk(root: str) -> None:
    for folder, _, files in os.walk(root):
        for name in files:
            os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 - what is compared with


def _scan(root: Path, files: int) -> None:
    from resnet_studio.data.scan import scan_folder

    steps = scan_folder(root)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            if len(end.value.files) != files:
                raise RuntimeError("the scan has lost files") from None
            return
