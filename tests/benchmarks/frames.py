"""Frames of the drawing of ResNet-1202: what a person who pans and zooms waits for.

Each frame is one step of the camera and one painting of the drawing with all that lies over it:
folded to bars, at blocks, at layers, coloured by a quantity, with the overview, with what a
search found marked, and moving between two folds. 60 frames a second leave 16.7 ms for one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.common import (
    Spread,
    Table,
    in_fresh_process,
    load,
    percentile,
    without_display,
)

NETWORK = "cifar_resnet1202"
FRAME_MS = 1000 / 60
FRAMES = 240


@dataclass(frozen=True, slots=True)
class Scene:
    """Milliseconds for each frame of one scene.

    Attributes:
        wall: As a person waits.
        processor: That the thread computed: the same on a quiet machine, and what is left of it
            on one that does other things too.
    """

    wall: Spread
    processor: Spread


@dataclass(frozen=True, slots=True)
class Frames:
    """What the frames took.

    Attributes:
        scenes: By what was seen.
        load: Load averages at the start.
    """

    scenes: dict[str, Scene]
    load: str


def measure(*, frames: int = FRAMES) -> Frames:
    """Pans and zooms in a real window, in a process of its own."""
    without_display()
    load_before = load()
    return Frames(in_fresh_process(draw, frames), load_before)


def table(figures: Frames) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Frames of {NETWORK}: a step of the camera and its painting")
    for title, scene in figures.scenes.items():
        result.add(title, scene.wall, "ms")
        result.add("    99 % within", _late(scene.wall), "ms")
        result.add("    processor time", scene.processor, "ms")
        result.add("    99 % within", _late(scene.processor), "ms")
    result.notes.append(f"a frame of 60 a second has {FRAME_MS:.1f} ms")
    result.notes.append(f"load at start {figures.load}")
    return result


def _late(spread: Spread) -> Spread:
    return Spread((percentile(spread.values, 99),))


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(frames=60) if quick else measure()))


# -- in a process of its own ----------------------------------------------------------------------


def draw(frames: int) -> dict[str, Scene]:
    """Measures every scene in one window."""
    from tests.benchmarks.driving import open_workspace

    with open_workspace(NETWORK, "architecture") as workspace:
        panel: Any = workspace.panels["architecture"]
        return dict(_scenes(panel, frames))


def _scenes(panel: Any, frames: int) -> list[tuple[str, Scene]]:
    from resnet_studio.gui.architecture.quantities import Quantity

    view = panel.view
    found = [("seen whole, panned", _panned(view, frames))]
    view.semantic = False
    view.zoom_by(4)
    found.append(("blocks, panned, with overview", _panned(view, frames)))
    found.append(("blocks, zoomed", _zoomed(view, frames)))
    view.colour_by(Quantity.MACS)
    found.append(("blocks, coloured by MACs", _panned(view, frames)))
    panel.exploring.open_find()
    panel.exploring.find.line.setText("3x3")
    found.append(("blocks, 1,201 parts found", _panned(view, frames)))
    panel.exploring.find.close_bar()
    _unfold(view)
    found.append(("layers, panned, with overview", _panned(view, frames)))
    found.append(("layers, zoomed", _zoomed(view, frames)))
    found.append(("folding, motion", _moving(view, frames)))
    return found


def _unfold(view: Any) -> None:
    from resnet_studio.gui.architecture.outline import every_block_opened

    view.animated = False
    view.set_folds(every_block_opened(view.graph))
    view.centre_on(view.drawing.bounds.cx, 0.0)
    view.animated = True


def _panned(view: Any, frames: int) -> Scene:
    """Pans to and fro, so that something new comes into sight with each frame."""

    def step(number: int) -> None:
        view.pan(23.0 if number // 40 % 2 else -23.0, 0.0)

    return _timed(view, step, frames)


def _zoomed(view: Any, frames: int) -> Scene:
    from PySide6.QtCore import QPointF

    def step(number: int) -> None:
        factor = 1.02 if number // 20 % 2 else 1 / 1.02
        view.zoom_by(factor, QPointF(view.width() / 2, view.height() / 2))

    return _timed(view, step, frames)


def _moving(view: Any, frames: int) -> Scene:
    """Paints moments of the motion that folds one block among a thousand layers."""
    view.toggle("layer2.100")
    if view.motion is None or not view.motion.running:
        raise RuntimeError("the platform has motion switched off: nothing to measure")
    clock = view.motion._animation  # the loop does not run, so time is set by hand
    return _timed(view, lambda number: clock.setCurrentTime(number % 150), frames)


def _timed(view: Any, step: Callable[[int], None], frames: int) -> Scene:
    wall, processor = [], []
    for number in range(frames):
        began = time.perf_counter(), time.thread_time()
        step(number)
        view.repaint()
        wall.append(1000 * (time.perf_counter() - began[0]))
        processor.append(1000 * (time.thread_time() - began[1]))
    return Scene(Spread.of(wall), Spread.of(processor))
