"""The run whose curves are on the screen: the live one, or an earlier one read from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resnet_studio.gui.training.curves import RunCurves
from resnet_studio.training.config import RunConfig
from resnet_studio.training.metrics import Metrics
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.runs import RunFolder, RunStatus


@dataclass(frozen=True, slots=True)
class ShownRun:
    """An earlier run, read from its folder.

    Attributes:
        folder: Where it lies.
        config: What was trained, and how.
        status: How far it came.
        curves: What was measured.
    """

    folder: RunFolder
    config: RunConfig
    status: RunStatus
    curves: RunCurves

    @property
    def weights(self) -> Path | None:
        """Its best weights, else its last; None if it has none."""
        return weights_in(self.folder)


def read_run(folder: RunFolder) -> ShownRun:
    """Reads a run from its folder; runs in a worker.

    Raises:
        RunError: If the folder holds no run, or a broken one.
    """
    config, status = folder.config, folder.status()
    if status.state == "running":  # its curves are followed from the first step
        return ShownRun(folder, config, status, curves_of(folder, status, Metrics()))
    return ShownRun(folder, config, status, curves_of(folder, status, folder.metrics()))


def curves_of(folder: RunFolder, status: RunStatus, metrics: Metrics) -> RunCurves:
    """Returns the curves of recorded metrics."""
    curves = RunCurves(folder.name)
    lengths(curves, folder.config.recipe, status)
    curves.add([*metrics.steps, *metrics.epochs])
    return curves


def lengths(curves: RunCurves, recipe: Recipe, status: RunStatus) -> None:
    """Tells the curves how long the run and its epochs are, as far as its status says."""
    if not status.total_steps:
        return
    if status.total_steps != curves.total_steps:
        curves.expect(status.total_steps)
    if recipe.steps is None:
        curves.steps_per_epoch = max(1, status.total_steps // max(1, recipe.epochs))


def weights_in(folder: RunFolder) -> Path | None:
    """Returns the best weights of a run, else its last; None if there are none."""
    for which in ("best", "last"):
        if (path := folder.weights(which)).is_file():
            return path
    return None
