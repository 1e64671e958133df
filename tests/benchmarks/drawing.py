"""How fast networks and curves are drawn: the work that the window itself does.

Networks: the graph (pure arithmetic), then from choosing a network to its drawing and table on
the screen, then one more painting of the drawing. Curves: one redraw of a run of many steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.benchmarks.common import Spread, Table, in_fresh_process, load, without_display

if TYPE_CHECKING:
    from resnet_studio.gui.training.curves import RunCurves
    from resnet_studio.gui.workspace import Workspace

NETWORKS = ("resnet18", "resnet152", "cifar_resnet110")
STEPS = (1_000, 100_000, 1_000_000)
REPEATS = 15
_STEPS_PER_EPOCH = 1_000
_GROWTH = 10
"""Steps that arrive between two redraws."""


@dataclass(frozen=True, slots=True)
class NetworkDrawing:
    """Milliseconds for one network.

    Attributes:
        graph: Building its graph.
        chosen: From choosing it until drawing and table were painted.
        repaint: Painting the drawing once more.
    """

    graph: Spread
    chosen: Spread
    repaint: Spread


@dataclass(frozen=True, slots=True)
class Drawing:
    """Milliseconds.

    Attributes:
        networks: By id of the catalogue.
        curves: By number of steps: appending a few steps and painting both plots.
        load: Load averages at the start.
    """

    networks: dict[str, NetworkDrawing]
    curves: dict[int, Spread]
    load: str


def measure(*, repeats: int = REPEATS, steps: Sequence[int] = STEPS) -> Drawing:
    """Draws in a real window, in a process of its own."""
    without_display()
    load_before = load()
    networks, curves = in_fresh_process(draw, repeats, tuple(steps))
    return Drawing(networks, curves, load_before)


def table(figures: Drawing) -> Table:
    """Lays the figures out for printing."""
    result = Table("Drawing: networks and curves")
    for name, network in figures.networks.items():
        result.add(f"{name}: graph", network.graph, "ms")
        result.add("    chosen to painted", network.chosen, "ms")
        result.add("    painted once more", network.repaint, "ms")
    for steps, figure in figures.curves.items():
        result.add(f"curves of {steps:,} steps, one redraw", figure, "ms")
    result.notes.append(f"load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(repeats=3, steps=STEPS[:2]) if quick else measure()))


# -- in a process of its own ----------------------------------------------------------------------


def draw(
    repeats: int, steps: tuple[int, ...]
) -> tuple[dict[str, NetworkDrawing], dict[int, Spread]]:
    """Measures networks, then curves, in one window."""
    from tests.benchmarks.driving import open_workspace

    with open_workspace(NETWORKS[0], "architecture") as workspace:
        networks = _networks(workspace, repeats)
        panel: Any = workspace.show_panel("training")
        curves = {count: _curves(panel.curves, count, repeats) for count in steps}
        panel.curves.show_curves(None)
    return networks, curves


def _networks(workspace: Workspace, repeats: int) -> dict[str, NetworkDrawing]:
    from resnet_studio.architecture.catalog import get
    from resnet_studio.architecture.graph import build_graph

    specs = {name: get(name).spec for name in NETWORKS}
    chosen: dict[str, list[float]] = {name: [] for name in NETWORKS}
    repaint: dict[str, list[float]] = {name: [] for name in NETWORKS}
    panel: Any = workspace.panels["architecture"]
    for _ in range(repeats):
        for name in NETWORKS:  # in turns, so that each choice is a change
            if workspace.studio.spec != specs[name]:
                chosen[name].append(_choose(workspace, specs[name]))
            repaint[name].append(_timed(panel.view.repaint))
    return {
        name: NetworkDrawing(
            graph=Spread.of(_timed(partial(build_graph, spec)) for _ in range(repeats)),
            chosen=Spread.of(chosen[name]),
            repaint=Spread.of(repaint[name]),
        )
        for name, spec in specs.items()
    }


def _choose(workspace: Workspace, spec: Any) -> float:
    """Returns the milliseconds from the choice until the drawing has been painted."""
    from tests.benchmarks.driving import settle, wait_until
    from tests.benchmarks.paint_watch import PaintWatch

    at: list[float] = []
    panel: Any = workspace.panels["architecture"]
    watch = PaintWatch(panel.view)
    watch.painted.connect(lambda: at.append(time.perf_counter()))
    began = time.perf_counter()
    workspace.studio.set_spec(spec)
    wait_until(lambda: bool(at), told_by=watch.painted)
    watch.deleteLater()
    settle()
    return (at[0] - began) * 1000


def _curves(view: Any, count: int, repeats: int) -> Spread:
    """Returns the milliseconds of a redraw as a run grows beyond `count` steps."""
    from resnet_studio.gui.training.curves import RunCurves

    curves = RunCurves("measured")
    curves.steps_per_epoch = _STEPS_PER_EPOCH
    curves.total_steps = 2 * count
    _grow(curves, count)
    view.show_curves(curves)
    _shown(view)
    milliseconds = []
    for _ in range(repeats):

        def redraw() -> None:
            _grow(curves, _GROWTH)
            view.redraw()
            _shown(view)

        milliseconds.append(_timed(redraw))
    return Spread.of(milliseconds)


def _grow(curves: RunCurves, count: int) -> None:
    """Appends steps whose loss falls and trembles, as a real one does."""
    import numpy as np

    from resnet_studio.training.events import StepDone

    first = curves.last_step + 1
    rng = np.random.default_rng(first)
    steps = np.arange(first, first + count)
    losses = 2.3 * np.exp(-steps / (0.3 * curves.total_steps)) * rng.lognormal(0, 0.2, count)
    curves.add_steps(
        [
            StepDone(
                step=step,
                epoch=1 + step // _STEPS_PER_EPOCH,
                loss=loss,
                accuracy=max(0.0, 1 - loss / 2.4),
                learning_rate=0.1,
                images_per_second=1_000.0,
            )
            for step, loss in zip(steps.tolist(), losses.tolist(), strict=True)
        ]
    )


def _shown(view: Any) -> None:
    """Paints the plots at once instead of at the next turn of the loop."""
    view.canvas.graphics.viewport().repaint()


def _timed(work: Callable[[], object]) -> float:
    """Returns the milliseconds that `work` takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
