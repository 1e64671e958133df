"""Milliseconds for a frame while a person drags the curves of a run of a million steps.

A frame moves the view of the real window's curves and paints it at once. Measured at several
widths of the view, with the usual two plots and with all of them, slowly and fast.
"""

from __future__ import annotations

import time
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

STEPS = 1_000_000
FRAMES = 300
FRAME_MS = 1000 / 60
_EPOCH = 400
_SECTIONS = 5
_WARM_UP = 20
_NETWORK = "cifar_resnet20"


@dataclass(frozen=True, slots=True)
class View:
    """How the curves are looked at.

    Attributes:
        title: For the table.
        width: Steps in view.
        part: How far a frame moves the view, as a part of its width.
        everything: Whether all plots are shown, or the usual two.
    """

    title: str
    width: int
    part: float
    everything: bool = False


VIEWS = (
    View("half of the run, slowly", STEPS // 2, 0.002),
    View("a tenth of the run, slowly", STEPS // 10, 0.01),
    View("a tenth of the run, fast", STEPS // 10, 0.05),
    View("a thousandth of the run", STEPS // 1000, 0.05),
    View("a tenth of the run, all plots", STEPS // 10, 0.01, everything=True),
)


@dataclass(frozen=True, slots=True)
class Panned:
    """What the frames of one view took, in ms.

    Attributes:
        elapsed: By the clock.
        processor: Of the processor, which is what they take where nothing else runs.
    """

    elapsed: Spread
    processor: Spread


def measure(*, frames: int = FRAMES) -> tuple[Panned, ...]:
    """Returns what the frames of each of `VIEWS` took."""
    without_display()
    return in_fresh_process(pan_curves, frames)


def table(figures: tuple[Panned, ...]) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Curves of {STEPS:,} steps: a frame, {FRAME_MS:.1f} ms at 60 a second")
    for view, frames in zip(VIEWS, figures, strict=True):
        result.add(view.title, frames.elapsed, "ms")
        result.add("  p99", Spread((percentile(frames.elapsed.values, 99),)), "ms")
        result.add("  processor time", frames.processor, "ms")
    result.notes.append(f"view moved and painted at once; load at the end {load()}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(frames=40) if quick else measure()))


# -- in a process of its own ----------------------------------------------------------------------


def pan_curves(frames: int) -> tuple[Panned, ...]:
    """Pans the curves in the real window."""
    from resnet_studio.gui.training.quantities import USUAL, Quantity
    from tests.benchmarks.driving import open_workspace, settle

    with open_workspace(_NETWORK, "training") as workspace:
        view: Any = workspace.panels["training"]
        view.curves.show_curves(_million())
        settle()
        canvas = view.curves.canvas
        results = []
        for looked in VIEWS:
            canvas.show_plots(tuple(Quantity) if looked.everything else USUAL)
            settle()
            results.append(_pan(canvas, looked, frames))
        return tuple(results)


def _pan(canvas: Any, view: View, frames: int) -> Panned:
    """Moves the view to and fro and returns what each frame took."""
    viewport = canvas.graphics.viewport()
    low, part = (STEPS - view.width) / 2, view.part
    canvas.show_steps(low, low + view.width)
    elapsed, processor = [], []
    for _ in range(frames + _WARM_UP):
        began, worked = time.perf_counter(), time.thread_time()
        canvas.pan(part)
        viewport.repaint()
        processor.append((time.thread_time() - worked) * 1000)
        elapsed.append((time.perf_counter() - began) * 1000)
        left, right = canvas.steps_shown
        if left < 0 or right > STEPS:
            part = -part
    return Panned(Spread.of(elapsed[_WARM_UP:]), Spread.of(processor[_WARM_UP:]))


def _million() -> Any:
    """Returns made-up curves with noise on every step."""
    import numpy as np

    from resnet_studio.gui.training.curves import RunCurves
    from resnet_studio.training.events import EpochDone

    curves = RunCurves("a long run", steps_per_epoch=_EPOCH)
    curves.expect(STEPS)
    steps = np.arange(1, STEPS + 1)
    noise = np.random.default_rng(0).normal(size=(3, STEPS))
    loss = 2.0 / (1 + steps / 50_000) + 0.1 * noise[0]
    curves.extend(
        steps,
        loss=loss,
        accuracy=np.clip(1 - loss / 2.3, 0, 1),
        learning_rate=0.1 * (1 - steps / STEPS),
        images_per_second=1000 + 50 * noise[1],
        gradient_norms=np.exp(0.2 * noise[2])[:, np.newaxis] * np.arange(1, _SECTIONS + 1),
    )
    for epoch in range(1, STEPS // _EPOCH + 1):
        mean = float(loss[epoch * _EPOCH - 1])
        curves.add_epoch(EpochDone(epoch, epoch * _EPOCH, mean, 0.5, mean + 0.1, 0.5, 4.0))
    return curves
