"""A histogram of many draws, with what theory expects as a line over it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from resnet_studio.gui.features.filters_chart import Chart, Frame, Ticks
from resnet_studio.gui.features.images import number
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.ranges import linear_ticks

if TYPE_CHECKING:
    from resnet_studio.data.distribution import Histogram, Numbers

_HEADROOM = 1.08
_BAR = 0.8
"""Part of the distance to its neighbour that the bar of a single value fills."""
_THINNEST = 5.0
"""Pixels that such a bar is wide at least, also where another value is closer."""
_ROOM = 0.02
"""Part of the axis that is left free beside the first and the last single value."""
_DOT = 4.0
_RATIOS = (0.25, 1 / 3, 0.4, 0.5, 0.6, 2 / 3, 0.75, 0.85, 1, 1.2, 4 / 3, 1.5, 1.75, 2, 2.5, 3, 4)
_TICK_GAP = 12.0


@dataclass(frozen=True, slots=True)
class Axis:
    """What the lower axis shows.

    Attributes:
        name: Its name with its unit, translated.
        scale: What a value is multiplied by on it: 100 shows shares as percent.
        log: Whether it is logarithmic: for ratios.
        whole: Whether only whole numbers can be.
    """

    name: str
    scale: float = 1.0
    log: bool = False
    whole: bool = False

    def place(self, value: float) -> float:
        """Returns where a value is on the axis."""
        return math.log(value) if self.log else value

    def text(self, value: float) -> str:
        """Returns a value as a person reads it."""
        return number(value * self.scale)


class DrawsChart(Chart):
    """Bars of how often what was drawn; a line, or dots, of what is to be expected."""

    def __init__(self, theme: Theme, axis: Axis, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.axis = axis
        self.histogram: Histogram | None = None
        self.drawn = ""
        self.expected = self.tr("theory")
        self.other: Numbers | None = None
        self.other_name = ""
        self.setAccessibleName(axis.name)

    def show_histogram(self, histogram: Histogram | None, drawn: str) -> None:
        """Shows what was counted; `drawn` names it in the legend."""
        self.histogram, self.drawn = histogram, drawn
        self.update()

    def show_other(self, expected: Numbers | None, name: str) -> None:
        """Draws another expectation as a dashed line; none without a name."""
        self.other, self.other_name = expected if name else None, name
        self.update()

    # -- what a chart is ----------------------------------------------------------------------

    def names(self) -> tuple[str, str]:
        """What the axes are."""
        return self.axis.name, self.tr("draws")

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """All bars, and all that is expected."""
        found = self.histogram
        if found is None:
            return None
        top = max(1.0, float(found.counts.max()))
        if found.expected is not None:
            top = max(top, float(found.expected.max()))
        if self.other is not None:
            top = max(top, float(self.other.max()))
        low, high = (self.axis.place(float(found.edges[end])) for end in (0, -1))
        room = 0.0 if found.values is None else _ROOM * (high - low)
        return (low - room, high + room), (0.0, top * _HEADROOM)

    def ticks(self, frame: Frame, across: int, down: int) -> tuple[Ticks, Ticks]:
        """Round values and counts."""
        if self.axis.log:
            lower: Ticks = self._ratio_ticks(frame)
        else:
            lower = linear_ticks(
                *frame.across, across, scale=self.axis.scale, whole=self.axis.whole
            )
        return lower, linear_ticks(*frame.up, down, whole=True)

    def frame_(self) -> Frame | None:
        """Leaves a line for the legend."""
        frame = super().frame_()
        if frame is None:
            return None
        area = frame.area.adjusted(0, self.fontMetrics().height(), 0, 0)
        return Frame(area, frame.across, frame.up)

    def paint_inside(self, painter: QPainter, frame: Frame) -> None:
        """Draws the bars and what is expected."""
        found = self.histogram
        assert found is not None
        colour = QColor(self.theme.curve_train)
        for index, count in enumerate(found.counts.tolist()):
            if count:
                left, right = self._ends(frame, index)
                top = frame.y(count)
                width = max(1.0, right - left)
                painter.fillRect(QRectF(left, top, width, frame.area.bottom() - top), colour)
        if self.other is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self._other_pen())
            painter.drawPolyline(QPolygonF(self._points(frame, self.other)))
        if found.expected is not None:
            self._paint_expected(painter, frame, found.expected)

    def text_at(self, point: QPointF) -> str:
        """The bar under the cursor."""
        frame, found = self.frame_(), self.histogram
        if frame is None or found is None or not frame.area.contains(point):
            return ""
        places = [frame.x(self.axis.place(float(edge))) for edge in found.edges]
        index = min(len(found.counts) - 1, max(0, int(np.searchsorted(places, point.x())) - 1))
        text = self.tr("{range}: {count:,} draws").format(
            range=self._range(index), count=int(found.counts[index])
        )
        if found.expected is None:
            return text
        return text + self.tr(", {expected:,.1f} expected").format(
            expected=float(found.expected[index])
        )

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the plot and the legend above it."""
        super().paintEvent(event)
        frame, found = self.frame_(), self.histogram
        if frame is None or found is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        right = frame.area.right()
        if self.other is not None:
            right = self._legend(painter, frame, right, self.other_name, line=True, other=True)
        if found.expected is not None:
            right = self._legend(painter, frame, right, self.expected, line=True)
        self._legend(painter, frame, right, self.drawn, line=False)
        painter.end()

    def _legend(
        self,
        painter: QPainter,
        frame: Frame,
        right: float,
        text: str,
        *,
        line: bool,
        other: bool = False,
    ) -> float:
        """Draws one entry that ends at `right`; returns where the one before it ends."""
        metrics = self.fontMetrics()
        wide, high = metrics.horizontalAdvance(text), metrics.height()
        top = frame.area.top() - high - 2
        painter.setPen(QColor(self.theme.text))
        painter.drawText(QRectF(right - wide, top, wide + 1, high), text)
        left = right - wide - 20
        middle = top + high / 2
        if other:
            painter.setPen(self._other_pen())
            painter.drawLine(QPointF(left - 6, middle), QPointF(left + 15, middle))
            return left - 18
        if line and self.histogram is not None and self.histogram.values is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.theme.curve_validation))
            painter.drawEllipse(QPointF(left + 9, middle), _DOT, _DOT)
        elif line:
            painter.setPen(QPen(QColor(self.theme.curve_validation), 2))
            painter.drawLine(QPointF(left, middle), QPointF(left + 15, middle))
        else:
            swatch = QRectF(left + 4, middle - 5, 10, 10)
            painter.fillRect(swatch, QColor(self.theme.curve_train))
        return left - 12

    def _other_pen(self) -> QPen:
        return QPen(QColor(self.theme.text), 2, Qt.PenStyle.DashLine)

    def _points(self, frame: Frame, expected: Numbers) -> list[QPointF]:
        points = []
        for index, value in enumerate(expected.tolist()):
            left, right = self._ends(frame, index)
            points.append(QPointF((left + right) / 2, frame.y(value)))
        return points

    def _paint_expected(self, painter: QPainter, frame: Frame, expected: Numbers) -> None:
        found = self.histogram
        assert found is not None
        points = self._points(frame, expected)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(self.theme.curve_validation)
        if found.values is None:
            painter.setPen(QPen(colour, 2.5))
            painter.drawPolyline(QPolygonF(points))
            return
        painter.setBrush(colour)
        painter.setPen(QPen(QColor(self.theme.surface), 1))
        for point in points:
            painter.drawEllipse(point, _DOT, _DOT)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _ends(self, frame: Frame, index: int) -> tuple[float, float]:
        """Returns where a bar begins and ends."""
        found = self.histogram
        assert found is not None
        left = frame.x(self.axis.place(float(found.edges[index])))
        right = frame.x(self.axis.place(float(found.edges[index + 1])))
        if found.values is None:
            return left, right - 0.5
        # Values may lie at uneven distances; a wide bar would look as if it counted more.
        gaps = np.diff(found.values)
        step = float(gaps.min()) if len(gaps) else float(found.edges[1] - found.edges[0])
        middle = float(found.values[index])
        half = max(
            _THINNEST / 2,
            _BAR * step / 2 * frame.area.width() / (frame.across[1] - frame.across[0]),
        )
        return frame.x(middle) - half, frame.x(middle) + half

    # -- words --------------------------------------------------------------------------------

    def _range(self, index: int) -> str:
        found = self.histogram
        assert found is not None
        if found.values is not None:
            return self.axis.text(float(found.values[index]))
        low, high = (self.axis.text(float(edge)) for edge in found.edges[index : index + 2])
        return self.tr("{low} to {high}").format(low=low, high=high)

    def _ratio_ticks(self, frame: Frame) -> list[tuple[float, str]]:
        """Returns ratios that people know, as far apart as their texts ask for; 1 first."""
        low, high = frame.across
        placed: list[tuple[float, str]] = []
        for ratio in sorted(_RATIOS, key=lambda ratio: (ratio != 1, ratio not in (0.5, 2), ratio)):
            place, text = math.log(ratio), f"{ratio:.2f}".rstrip("0").rstrip(".")
            room = self.fontMetrics().horizontalAdvance(text) + _TICK_GAP
            if low <= place <= high and all(
                abs(frame.x(place) - frame.x(other)) >= room for other, _ in placed
            ):
                placed.append((place, text))
        return sorted(placed)
