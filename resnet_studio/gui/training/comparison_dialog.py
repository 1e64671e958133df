"""The training curves of several runs, one over the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.curves import DEFAULT_SPAN, RunCurves
from resnet_studio.gui.training.envelope import Series
from resnet_studio.gui.training.export import compared_to_csv, to_image, to_svg
from resnet_studio.gui.training.plot import Line, Plot, PlotTexts
from resnet_studio.gui.training.quantities import Quantity, extremes
from resnet_studio.gui.training.ranges import Range, values_range
from resnet_studio.gui.widgets.export import copy_image, png_bytes, save_bytes
from resnet_studio.gui.widgets.export_button import make_export_button

MOST = 6
"""Runs that are compared at most: there are so many colours that are told apart."""


class ComparisonDialog(QDialog):
    """Draws loss and accuracy of up to `MOST` runs over the same steps.

    A run has one colour: a line for training, smoothed, and a thin one with dots for validation.

    Attributes:
        plots: Loss and accuracy; first the training curve of each run, then the validations.
        note: What is drawn, in words, and how many runs are not.
    """

    def __init__(
        self,
        studio: Studio,
        runs: Sequence[tuple[str, RunCurves]],
        parent: QWidget | None = None,
        *,
        chosen: int = 0,
    ) -> None:
        """Draws the runs.

        Args:
            studio: The shared state.
            runs: Runs, each with the name it is shown under; the first `MOST` are drawn.
            parent: The window.
            chosen: How many runs the person chose, if that is more than `runs` has.
        """
        super().__init__(parent)
        self._studio = studio
        self._runs = tuple(runs)[:MOST]
        self._chosen = max(chosen, len(runs))
        self.plots: tuple[Plot, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Runs compared"))
        self.resize(900, 600)
        self._build()
        self._colour()
        studio.theme_changed.connect(self._colour)

    def drawing_size(self) -> QSize:
        """Returns the size of the plots on the screen, which files take over."""
        return self.graphics.size()

    def render_to(self, painter: QPainter, target: QRectF) -> None:
        """Draws the plots as they are shown, for a file or the clipboard."""
        self.graphics.render(painter, target, self.graphics.viewport().rect())

    def copy(self) -> None:
        """Puts the picture into the clipboard."""
        copy_image(to_image(self, self.windowTitle(), self._studio.theme))
        self.said.setText(self.tr("The picture is in the clipboard."))

    def save(self, suffix: str) -> None:
        """Saves the picture as "png" or "svg", or the numbers of the curves as "csv"."""
        kinds = {
            "png": self.tr("PNG picture (*.png)"),
            "svg": self.tr("SVG drawing (*.svg)"),
            "csv": self.tr("CSV table (*.csv)"),
        }
        title, name = self.tr("Save the comparison"), f"runs_compared.{suffix}"
        path = self._studio.save_file(title, name, kinds[suffix])
        if path is None:
            return
        path = path.with_suffix(f".{suffix}")
        if save_bytes(self._studio, self._content(suffix), path) is not None:
            self.said.setText(self.tr("Saved {file}.").format(file=path.name))

    def _content(self, suffix: str) -> bytes:
        title, theme = self.windowTitle(), self._studio.theme
        if suffix == "csv":
            return compared_to_csv(self._runs).encode("utf-8")
        if suffix == "svg":
            return to_svg(self, title, theme)
        return png_bytes(to_image(self, title, theme))

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        import pyqtgraph

        self.note = QLabel(self._told())
        self.note.setWordWrap(True)
        self.graphics = pyqtgraph.GraphicsLayoutWidget(parent=self)
        self.graphics.setAccessibleName(self.tr("Curves of the runs"))
        self.plots = (
            self._plot(0, PlotTexts(self.tr("Loss (nats)")), named=True),
            self._plot(1, PlotTexts(self.tr("Accuracy (%)")), scale=100.0),
        )
        several = [curves for _, curves in self._runs]
        loss = [c.loss.smooth for c in several] + [c.validation_loss for c in several]
        accuracy = [c.accuracy.smooth for c in several] + [c.validation_accuracy for c in several]
        ranges = [extremes(Quantity.LOSS, curves, log=False) for curves in several]
        self._fill(self.plots[0], loss, ranges)
        whole = [series.range_between(-math.inf, math.inf) for series in accuracy]
        self._fill(self.plots[1], accuracy, whole)
        self.plots[1].view.setXLink(self.plots[0].view)
        layout = QVBoxLayout(self)
        layout.addWidget(self.note)
        layout.addWidget(self.graphics, 1)
        layout.addLayout(self._buttons())

    def _told(self) -> str:
        text = self.tr(
            "Training, smoothed over {span} recorded steps; thin with dots: validation after"
            " each epoch."
        ).format(span=DEFAULT_SPAN)
        if self._chosen > len(self._runs):
            left_out = self.tr("Of {chosen} chosen runs the first {shown} are drawn.")
            text += " " + left_out.format(chosen=self._chosen, shown=len(self._runs))
        return text

    def _plot(
        self, place: int, texts: PlotTexts, *, named: bool = False, scale: float = 1.0
    ) -> Plot:
        colours = [partial(_colour_of, number=number) for number in range(len(self._runs))]
        names = [name if named else "" for name, _ in self._runs]
        lines = [
            *(Line(name, colour, width=2.0) for name, colour in zip(names, colours, strict=True)),
            *(Line("", colour, dots=True, row=row) for row, colour in enumerate(colours)),
        ]
        item = self.graphics.addPlot(row=place, col=0)
        return Plot(item, texts, lines, parent=self, scale=scale)

    def _fill(self, plot: Plot, several: Sequence[Series], ranges: Sequence[Range]) -> None:
        plot.set_series(several)
        known = [end for ends in ranges for end in ends if math.isfinite(end)] or [0.0, 1.0]
        plot.set_y_range(*values_range(min(known), max(known), None, log=False))
        last = max((curves.last_step for _, curves in self._runs), default=1)
        plot.view.setXRange(0, last, padding=0.01)

    def _buttons(self) -> QHBoxLayout:
        self.said = QLabel()
        self.said.setProperty("muted", True)
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        self.export = make_export_button(self.copy, self.save)
        row.addWidget(self.export)
        row.addWidget(self.said, 1)
        row.addWidget(close)
        return row

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
