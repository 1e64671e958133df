"""The training curves of several runs, one over the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.curves import DEFAULT_SPAN, RunCurves
from resnet_studio.gui.training.plot import Line, Plot, PlotTexts
from resnet_studio.gui.training.ranges import values_range

MOST = 6
"""Runs that are compared at most: there are so many colours that are told apart."""


class ComparisonDialog(QDialog):
    """Draws the smoothed training loss and accuracy of up to `MOST` runs over the same steps.

    Attributes:
        plots: Loss and accuracy, with a curve for each run.
    """

    def __init__(
        self,
        studio: Studio,
        runs: Sequence[tuple[str, RunCurves]],
        parent: QWidget | None = None,
    ) -> None:
        """Draws the runs, each with the name it is shown under."""
        super().__init__(parent)
        self._studio = studio
        self._runs = tuple(runs)[:MOST]
        self.plots: tuple[Plot, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Runs compared"))
        self.resize(900, 600)
        self._build()
        self._colour()
        studio.theme_changed.connect(self._colour)

    def _build(self) -> None:
        import pyqtgraph

        text = self.tr("Training, smoothed over {span} recorded steps.").format(span=DEFAULT_SPAN)
        self.graphics = pyqtgraph.GraphicsLayoutWidget(parent=self)
        self.graphics.setAccessibleName(self.tr("Curves of the runs"))
        names = [name for name, _ in self._runs]
        loss = [curves.loss.smooth for _, curves in self._runs]
        accuracy = [curves.accuracy.smooth for _, curves in self._runs]
        self.plots = (
            self._plot(0, PlotTexts(self.tr("Loss (nats)")), names),
            self._plot(1, PlotTexts(self.tr("Accuracy (%)")), [""] * len(names), scale=100.0),
        )
        last = max((curves.last_step for _, curves in self._runs), default=1)
        for plot, several in zip(self.plots, (loss, accuracy), strict=True):
            plot.set_series(several)
            ends = [end for s in several for end in s.range_between(-math.inf, math.inf)]
            known = [end for end in ends if math.isfinite(end)] or [0.0, 1.0]
            plot.set_y_range(*values_range(min(known), max(known), None, log=False))
            plot.view.setXRange(0, last, padding=0.01)
        self.plots[1].view.setXLink(self.plots[0].view)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(text))
        layout.addWidget(self.graphics, 1)
        layout.addWidget(buttons)

    def _plot(
        self, row: int, texts: PlotTexts, names: Sequence[str], *, scale: float = 1.0
    ) -> Plot:
        lines = [
            Line(name, partial(_colour_of, number=number), width=2.0)
            for number, name in enumerate(names)
        ]
        item = self.graphics.addPlot(row=row, col=0)
        return Plot(item, texts, lines, parent=self, scale=scale)

    def _colour(self, *_: object) -> None:
        theme = self._studio.theme
        self.graphics.setBackground(theme.surface)
        for plot in self.plots:
            plot.set_theme(theme, self.font())
            plot.name_axis("top", "")
            plot.name_axis("bottom", self.tr("step") if plot is self.plots[-1] else "")


def _colour_of(theme: Theme, *, number: int) -> QColor:
    colours = (theme.curve_train, theme.curve_validation, *theme.stages[2:5], theme.stages[0])
    return QColor(colours[number % len(colours)])
