"""The picture of a learning-rate range test: loss against rate, and the rate that is suggested."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.ranges import Range, linear_ticks, log_ticks

_HIGHEST = 1.25
"""Losses above the first by this factor leave the picture: at its end the loss runs away."""
_TICK_ROOM = 60.0
_MARK_ROOM = 6.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One step of the test, as it is drawn.

    Attributes:
        rate: The rate of the step.
        loss: Loss of its batch.
        smoothed: Mean of the losses so far.
    """

    rate: float
    loss: float
    smoothed: float


class RatePlot(QWidget):
    """Draws a test: rates to the right on a logarithmic axis, losses upwards."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._points: Sequence[Measured] = ()
        self._rates: Range = (1e-6, 10.0)
        self._mark: float | None = None
        self.setAccessibleName(self.tr("Loss against learning rate"))
        self.setMinimumSize(320, 200)
        studio.theme_changed.connect(self._colours_changed)  # a lambda would outlive the plot

    def _colours_changed(self, _theme: object) -> None:
        self.update()

    def show_points(self, points: Sequence[Measured], rates: Range) -> None:
        """Draws the steps so far.

        Args:
            points: The steps, by rising rate.
            rates: Lowest and highest rate of the axis.
        """
        self._points, self._rates = points, rates
        self.update()

    def mark(self, rate: float | None) -> None:
        """Marks the rate that is suggested; None takes the mark away."""
        self._mark = rate
        text = "" if rate is None else self.tr("Suggested: {rate:.3g}").format(rate=rate)
        self.setAccessibleDescription(text)
        self.update()

    def sizeHint(self) -> QSize:
        """Returns a size in which the curve can be read."""
        return QSize(640, 360)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the picture."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._studio.theme.surface))
        self.render_to(painter, QRectF(self.rect()))

    def drawing_size(self) -> QSize:
        """Returns the size on the screen, which files take over."""
        return self.size()

    def render_to(self, painter: QPainter, target: QRectF) -> None:
        """Draws axes, curve and mark, for the screen or a file."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        line = QFontMetricsF(self.font()).height()
        area = target.adjusted(line + 48, 12, -16, -2 * line - 10)
        losses = self._losses()
        self._paint_axes(painter, area, losses)
        painter.save()
        painter.setClipRect(area)
        self._paint_points(painter, area, losses)
        painter.restore()
        if self._mark is not None:
            self._paint_mark(painter, area, self._mark)

    def _losses(self) -> Range:
        known = [p.smoothed for p in self._points if math.isfinite(p.smoothed)]
        known += [p.loss for p in self._points if math.isfinite(p.loss)]
        if not known:
            return 0.0, 1.0
        first = next(p.smoothed for p in self._points if math.isfinite(p.smoothed))
        high = min(max(known), _HIGHEST * first)
        low = min(known)
        return max(0.0, low - 0.1 * (high - low)), high + 0.1 * max(high - low, 0.01 * high)

    def _paint_axes(self, painter: QPainter, area: QRectF, losses: Range) -> None:
        theme, line = self._studio.theme, QFontMetricsF(self.font()).height()
        low, high = map(math.log10, self._rates)
        across = [(self._x(area, 10**place), text) for place, text in log_ticks(low, high)]
        down = linear_ticks(*losses, max(2, int(area.height() / _TICK_ROOM)))
        painter.setPen(QPen(QColor(theme.grid), 1.0))
        for x, _ in across:
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        for value, _ in down:
            y = _y(area, value, losses)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(QColor(theme.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
        painter.setPen(QColor(theme.muted))
        centred = Qt.AlignmentFlag.AlignCenter
        for x, text in across:
            painter.drawText(QRectF(x - 40, area.bottom() + 3, 80, line), centred, text)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value, text in down:
            y = _y(area, value, losses)
            painter.drawText(QRectF(area.left() - 60, y - line / 2, 54, line), right, text)
        self._paint_names(painter, area, line)

    def _paint_names(self, painter: QPainter, area: QRectF, line: float) -> None:
        painter.setPen(QColor(self._studio.theme.text))
        below = QRectF(area.left(), area.bottom() + line + 6, area.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.tr("learning rate"))
        painter.save()
        painter.translate(area.left() - 48 - line / 2, area.center().y())
        painter.rotate(-90)
        beside = QRectF(-area.height() / 2, -line / 2, area.height(), line)
        painter.drawText(beside, Qt.AlignmentFlag.AlignCenter, self.tr("loss (nats)"))
        painter.restore()

    def _paint_points(self, painter: QPainter, area: QRectF, losses: Range) -> None:
        colour = QColor(self._studio.theme.curve_train)
        pale = QColor(colour)
        pale.setAlphaF(0.35)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pale)
        for point in self._points:
            if math.isfinite(point.loss):
                place = QPointF(self._x(area, point.rate), _y(area, point.loss, losses))
                painter.drawEllipse(place, 2.5, 2.5)
        painter.setPen(QPen(colour, 2.0))
        smooth = [
            QPointF(self._x(area, point.rate), _y(area, point.smoothed, losses))
            for point in self._points
            if math.isfinite(point.smoothed)
        ]
        painter.drawPolyline(QPolygonF(smooth))

    def _paint_mark(self, painter: QPainter, area: QRectF, rate: float) -> None:
        theme, metrics = self._studio.theme, QFontMetricsF(self.font())
        x = self._x(area, rate)
        painter.setPen(QPen(QColor(theme.curve_validation), 2.0, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        text = self.tr("suggested: {rate:.3g}").format(rate=rate)
        width = metrics.horizontalAdvance(text) + 2 * _MARK_ROOM
        left = x + _MARK_ROOM if x + _MARK_ROOM + width < area.right() else x - _MARK_ROOM - width
        box = QRectF(left, area.bottom() - metrics.height() - 2 * _MARK_ROOM, width, 0)
        box.setHeight(metrics.height() + _MARK_ROOM)
        painter.fillRect(box, QColor(theme.raised))
        painter.setPen(QColor(theme.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _x(self, area: QRectF, rate: float) -> float:
        low, high = map(math.log10, self._rates)
        return area.left() + area.width() * (math.log10(rate) - low) / (high - low)


def _y(area: QRectF, loss: float, losses: Range) -> float:
    low, high = losses
    return area.bottom() - area.height() * min(max((loss - low) / (high - low), -9.0), 9.0)
