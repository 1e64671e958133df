"""The learning rate of the whole run, drawn before training by the function that training uses."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.gui.studio import Studio
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Schedule
from resnet_studio.training.schedules import curve, learning_rate

_HEIGHT = 72
_POINTS = 400
_USUAL_STEPS = 100
"""Steps of an epoch that are drawn while nobody knows how many pictures there are."""
_ROOM = 6.0


class SchedulePlot(QWidget):
    """A small drawing: epochs to the right, learning rate upwards from zero."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._recipe: Recipe | None = None
        self._steps_per_epoch = 0
        self._epochs: list[float] = []
        self._rates: list[float] = []
        self._now: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Learning rate over the epochs"))
        studio.theme_changed.connect(lambda _theme: self.update())

    def show_recipe(self, recipe: Recipe | None, steps_per_epoch: int) -> None:
        """Draws the schedule of a recipe.

        Args:
            recipe: The recipe; None leaves the drawing empty.
            steps_per_epoch: Optimiser steps in one epoch; 0 if that is not known yet.
        """
        if recipe == self._recipe and steps_per_epoch == self._steps_per_epoch:
            return
        self._recipe, self._steps_per_epoch = recipe, steps_per_epoch
        self._epochs, self._rates = [], []
        if recipe is not None:
            epochs, rates = curve(recipe, self._steps, points=_POINTS)
            self._epochs, self._rates = epochs.tolist(), rates.tolist()
        self.setAccessibleDescription(self._described())
        self.update()

    def show_progress(self, epochs: float | None) -> None:
        """Marks how far the run is; None takes the mark away."""
        if epochs != self._now:
            self._now = epochs
            self.update()

    def sizeHint(self) -> QSize:
        """Returns a height of a few lines; the width follows the form."""
        return QSize(200, _HEIGHT + self.fontMetrics().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws frame, curve and labels."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, area = self._studio.theme, self._area()
        painter.setPen(QColor(theme.border))
        painter.setBrush(QColor(theme.surface))
        painter.drawRect(area)
        if not self._rates:
            painter.setPen(QColor(theme.muted))
            text = self.tr("The schedule appears once the recipe is valid.")
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(8, 4, -8, -4), centred, text)
            return
        self._paint_curve(painter, area)
        self._paint_labels(painter, area)

    def event(self, event: QEvent) -> bool:
        """Answers the pointer with the rate under it."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.reading_at(event.pos().x()), self)
            return True
        return super().event(event)

    def reading_at(self, x: float) -> str:
        """Returns the learning rate at a place of the drawing, in words."""
        if self._recipe is None:
            return ""
        area, total = self._area(), self._recipe.total_steps(self._steps)
        part = min(max((x - area.left()) / area.width(), 0.0), 1.0)
        step = min(int(part * total), total - 1)
        rate = learning_rate(self._recipe, step, self._steps)
        return self.tr("Learning rate {rate} after {epochs} epochs").format(
            rate=f"{rate:.4g}", epochs=f"{step / self._steps:.4g}"
        )

    @property
    def _steps(self) -> int:
        return self._steps_per_epoch or _USUAL_STEPS

    @property
    def _length(self) -> float:
        """Length of the run in epochs."""
        return self._recipe.total_steps(self._steps) / self._steps if self._recipe else 1.0

    def _described(self) -> str:
        if self._recipe is None:
            return ""
        rates = self._rates
        return self.tr("From {first} to at most {highest}, at the end {last}").format(
            first=f"{rates[0]:.3g}", highest=f"{max(rates):.3g}", last=f"{rates[-1]:.3g}"
        )

    def _area(self) -> QRectF:
        line = QFontMetricsF(self.font()).height()
        return QRectF(self.rect()).adjusted(0.5, line + 2.0, -0.5, -line - 2.0)

    def _paint_curve(self, painter: QPainter, area: QRectF) -> None:
        theme = self._studio.theme
        line = self._line(area.adjusted(0, _ROOM, 0, -1))
        ground = QPolygonF(line)
        ground.append(QPointF(line.last().x(), area.bottom()))
        ground.append(QPointF(line.first().x(), area.bottom()))
        fill = QColor(theme.accent)
        fill.setAlphaF(0.15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(ground)
        painter.setPen(QPen(QColor(theme.accent), 2.0))
        painter.drawPolyline(line)
        if self._now is not None and self._recipe is not None:
            x = area.left() + area.width() * min(1.0, self._now / self._length)
            painter.setPen(QPen(QColor(theme.text), 1.0, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _line(self, area: QRectF) -> QPolygonF:
        highest = max(self._rates)
        last = max(self._epochs[-1], 1e-9)
        return QPolygonF(
            [
                QPointF(
                    area.left() + area.width() * epoch / last,
                    area.bottom() - area.height() * rate / highest,
                )
                for epoch, rate in zip(self._epochs, self._rates, strict=True)
            ]
        )

    def _paint_labels(self, painter: QPainter, area: QRectF) -> None:
        if self._recipe is None:
            return
        painter.setPen(QColor(self._studio.theme.muted))
        line = QFontMetricsF(self.font()).height()
        top = QRectF(area.left(), area.top() - line - 2.0, area.width(), line)
        bottom = QRectF(area.left(), area.bottom() + 2.0, area.width(), line)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        if self._recipe.schedule is Schedule.PLATEAU:
            highest = self.tr("learning rate {rate} until the loss stalls")
        else:
            highest = self.tr("learning rate, at most {rate}")
        highest = highest.format(rate=f"{max(self._rates):.4g}")
        painter.drawText(top, left, highest)
        if self._steps_per_epoch or self._recipe.steps:
            steps = self.tr("{steps:,} steps")
            steps = steps.format(steps=self._recipe.total_steps(self._steps))
            painter.drawText(bottom, left, steps)
        if self._steps_per_epoch or not self._recipe.steps:
            epochs = self.tr("{epochs} epochs").format(epochs=f"{self._length:,.6g}")
            painter.drawText(bottom, right, epochs)
