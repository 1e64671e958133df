"""The run whose curves are on the screen: the live one, or an earlier one read from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resnet_studio.gui.training.curves import RunCurves
from resnet_studio.training.config import RunConfig
from resnet_studio.training.metrics import Metrics
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
    return ShownRun(folder, config, status, curves_of(folder, status, folder.metrics()))


def curves_of(folder: RunFolder, status: RunStatus, metrics: Metrics) -> RunCurves:
    """Returns the curves of recorded metrics."""
    epochs = folder.config.recipe.epochs
    if status.total_steps:
        steps_per_epoch = status.total_steps // max(1, epochs)
    elif metrics.epochs:
        steps_per_epoch = metrics.epochs[0].step // max(1, metrics.epochs[0].epoch)
    else:
        steps_per_epoch = 1
    curves = RunCurves(folder.name, steps_per_epoch=steps_per_epoch, total_steps=status.total_steps)
    curves.add([*metrics.steps, *metrics.epochs])
    return curves


def weights_in(folder: RunFolder) -> Path | None:
    """Returns the best weights of a run, else its last; None if there are none."""
    for which in ("best", "last"):
        if (path := folder.weights(which)).is_file():
            return path
    return None
