"""Frames of the picture browser with 100,000 pictures: a step of the scroll bar and its painting.

Cold: nothing is made yet, so that placeholders are painted while workers make thumbnails of a
folder of JPEGs. Warm: all that comes into sight lies in memory. Flung: a page at a time, so that
everything is new in each frame. Between two frames the window answers what has arrived, which is
counted in. 60 frames a second leave 16.7 ms for one.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.common import (
    Spread,
    Table,
    in_fresh_process,
    load,
    percentile,
    without_display,
)

FRAMES = 240
PICTURES = 100_000
FRAME_MS = 1000 / 60
_FILES = 512
_SIZE = (1600, 900)
_STEP = 40
"""Pixels a frame: 2,400 a second, as fast as a person reads along."""


@dataclass(frozen=True, slots=True)
class Scrolling:
    """What the frames took.

    Attributes:
        wall: Milliseconds of each frame as a person waits, by scene.
        processor: Milliseconds that the window's thread computed, by scene.
        load: Load averages at the start.
    """

    wall: dict[str, Spread]
    processor: dict[str, Spread]
    load: str


def measure(*, frames: int = FRAMES, pictures: int = PICTURES) -> Scrolling:
    """Scrolls in a process of its own."""
    without_display()
    load_before = load()
    scenes = in_fresh_process(scroll, frames, pictures)
    wall = {title: both[0] for title, both in scenes.items()}
    return Scrolling(wall, {title: both[1] for title, both in scenes.items()}, load_before)


def table(figures: Scrolling) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Frames of the picture browser with {PICTURES:,} pictures")
    for title, wall in figures.wall.items():
        processor = figures.processor[title]
        result.add(title, wall, "ms")
        result.add("    99 % within", Spread((percentile(wall.values, 99),)), "ms")
        result.add("    processor time", processor, "ms")
        result.add("    99 % within", Spread((percentile(processor.values, 99),)), "ms")
    result.notes.append(f"a frame of 60 a second has {FRAME_MS:.1f} ms")
    result.notes.append(f"{_SIZE[0]} x {_SIZE[1]} pixels, thumbnails of 96; {_STEP} pixels a frame")
    result.notes.append(f"load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(frames=40, pictures=10_000) if quick else measure()))


# -- in a process of its own ----------------------------------------------------------------------


def scroll(frames: int, pictures: int) -> dict[str, tuple[Spread, Spread]]:
    """Returns wall and processor time of each frame, by scene."""
    from resnet_studio.gui.app import make_application
    from resnet_studio.gui.studio import Studio
    from resnet_studio.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        application = make_application()
        studio = Studio(Settings(root / "settings.json"))
        try:
            return _scenes(application, studio, root, frames, pictures)
        finally:
            studio.shutdown()


def _scenes(
    application: Any, studio: Any, root: Path, frames: int, pictures: int
) -> dict[str, tuple[Spread, Spread]]:
    grid = _make_grid(application, studio, root, pictures)
    bar = grid.verticalScrollBar()

    def step(number: int) -> None:
        bar.setValue(_STEP * number)

    def page(number: int) -> None:
        bar.setValue(bar.maximum() // frames * number)

    found = {"cold, scrolled": _timed(application, grid, step, frames)}
    _until(application, lambda: _all_there(grid))
    for number in range(frames):  # so that everything on the way has been made once
        step(number)
        application.processEvents()
        if number % 10 == 0:
            _until(application, lambda: _all_there(grid))
    _until(application, lambda: _all_there(grid))
    found["warm, scrolled"] = _timed(application, grid, step, frames)
    found["flung, all new in each frame"] = _timed(application, grid, page, frames)
    grid.close()
    grid.loader.stop()
    return found


def _make_grid(application: Any, studio: Any, root: Path, pictures: int) -> Any:
    import numpy as np

    from resnet_studio.gui.dataset.browser_grid import PictureGrid
    from resnet_studio.gui.dataset.browser_list import listing_of
    from resnet_studio.gui.dataset.browser_thumbnails import ThumbnailLoader

    grid = PictureGrid(studio.theme, ThumbnailLoader(studio))
    grid.resize(*_SIZE)
    grid.show()
    application.processEvents()  # fonts and frames are made with the first painting of a window
    listing = listing_of(_pictures(root / "set", pictures))
    grid.loader.open(listing)
    grid.show_listing(listing, np.arange(len(listing)))
    return grid


def _pictures(root: Path, count: int) -> Any:
    """Returns a data set of `count` pictures in 512 files, 400 pixels wide, and twenty classes."""
    import numpy as np
    from PIL import Image

    from resnet_studio.data.dataset import DataSplit, FileDataset, Subset
    from resnet_studio.data.imaging import sample_pictures
    from resnet_studio.data.sources import _Reading
    from resnet_studio.data.stores import FolderStore

    root.mkdir()
    photograph = Image.fromarray(sample_pictures()[0].rgb)
    for number in range(_FILES):
        left, top = 7 * number % 200, 5 * number % 100
        photograph.crop((left, top, left + 400, top + 300)).save(root / f"{number}.jpg", quality=90)
    keys = tuple(f"{number % _FILES}.jpg" for number in range(count))
    dataset = FileDataset(
        "many",
        tuple(f"class {number}" for number in range(20)),
        keys,
        np.arange(count) % 20,
        _Reading(FolderStore(root)),
    )
    half = np.arange(0, count, 2)
    return DataSplit("many", Subset(dataset, half), Subset(dataset, half + 1))


def _all_there(grid: Any) -> bool:
    first = grid.place_at(grid.viewport().rect().topLeft()) or 0
    count = grid.columns * (grid.viewport().height() // grid.row_height + 1)
    rows = grid.rows[first : first + count].tolist()
    return all(grid.loader.thumbnail(row) is not None for row in rows)


def _until(application: Any, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("the thumbnails were not made within a minute")
        application.processEvents()
        time.sleep(0.005)


def _timed(
    application: Any, grid: Any, step: Callable[[int], None], frames: int
) -> tuple[Spread, Spread]:
    wall, processor = [], []
    for number in range(frames):
        began = time.perf_counter(), time.thread_time()
        step(number)
        application.processEvents()  # paints, and takes what the workers have brought
        wall.append(1000 * (time.perf_counter() - began[0]))
        processor.append(1000 * (time.thread_time() - began[1]))
        rest = FRAME_MS / 1000 - (time.perf_counter() - began[0])
        time.sleep(max(0.0, rest))  # a screen waits for its next picture, too; workers go on
    return Spread.of(wall), Spread.of(processor)
