"""The three plots of *Filters*: weights of a layer, scales of every normalisation, norms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from resnet_studio.gui.features.filters_chart import Chart, ColumnChart, Frame, Ticks
from resnet_studio.gui.features.images import number
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.ranges import linear_ticks, log_ticks
from resnet_studio.probe.filters import NEAR_ZERO, Histogram, LayerWeights, Scales

_FLOOR = math.log10(0.7)
"""Where bars begin on a logarithmic axis: a bin of one weight must be seen."""
_HEADROOM = 1.08
_WIDEST_MARK, _NARROWEST_MARK = 9.0, 1.5


class Quantity(StrEnum):
    """What the plot of the norms shows of each layer."""

    NORM = "norm"
    RMS = "rms"
    RATIO = "ratio"


class HistogramChart(Chart):
    """How many weights of one layer lie where, and where they would lie at the start."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.histogram: Histogram | None = None
        self.log = False
        self.setAccessibleName(self.tr("Histogram of the weights of a layer"))

    def show_histogram(self, histogram: Histogram | None) -> None:
        """Shows the weights of a layer."""
        self.histogram = histogram
        self.update()

    def set_log(self, log: bool) -> None:
        """Counts on a logarithmic axis, where single weights are seen too."""
        self.log = log
        self.update()

    def names(self) -> tuple[str, str]:
        """What the axes are."""
        return self.tr("weight (no unit)"), self.tr("weights per bin")

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """All bins; all counts, and those to be expected."""
        found = self.histogram
        if found is None:
            return None
        top = max(1.0, float(found.counts.max()), float(found.expected.max()))
        ends = (float(found.edges[0]), float(found.edges[-1]))
        return ends, (_FLOOR, math.log10(top) + 0.1) if self.log else (0.0, top * _HEADROOM)

    def ticks(self, frame: Frame, across: int, down: int) -> tuple[Ticks, Ticks]:
        """Round weights and counts."""
        lower = linear_ticks(*frame.across, across)
        if self.log:
            return lower, log_ticks(*frame.up, down)
        return lower, linear_ticks(*frame.up, down, whole=True)

    def paint_inside(self, painter: QPainter, frame: Frame) -> None:
        """Draws a bar for each bin, and the curve of the start."""
        found = self.histogram
        assert found is not None
        bars = QColor(self.theme.curve_train)
        for low, high, count in zip(found.edges, found.edges[1:], found.counts, strict=False):
            if count:
                top = frame.y(self._height(float(count)))
                left = frame.x(float(low))
                width = max(1.0, frame.x(float(high)) - left - 0.5)
                painter.fillRect(QRectF(left, top, width, frame.area.bottom() - top), bars)
        middles = (found.edges[:-1] + found.edges[1:]) / 2
        curve = QPolygonF(
            [
                QPointF(frame.x(float(x)), frame.y(self._height(float(y))))
                for x, y in zip(middles, found.expected, strict=True)
            ]
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.theme.curve_validation), 2))
        painter.drawPolyline(curve)

    def text_at(self, point: QPointF) -> str:
        """The bin under the cursor."""
        frame, found = self.frame_(), self.histogram
        if frame is None or found is None or not frame.area.contains(point):
            return ""
        share = (point.x() - frame.area.left()) / frame.area.width()
        index = min(len(found.counts) - 1, int(share * len(found.counts)))
        return self.tr("{low} to {high}: {count} weights, {expected} expected at the start").format(
            low=number(float(found.edges[index])),
            high=number(float(found.edges[index + 1])),
            count=f"{int(found.counts[index]):,}",
            expected=f"{float(found.expected[index]):,.1f}",
        )

    def _height(self, count: float) -> float:
        if not self.log:
            return count
        return math.log10(count) if count > 0.1 else _FLOOR - 1


class ScalesChart(ColumnChart):
    """The scales of every batch normalisation: a line from lowest to highest, a bar in between.

    The bar holds the middle half of the channels, the mark is the median. Normalisations that end
    a residual branch are drawn strong, the others faint.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.scales: Sequence[Scales] = ()
        self._points: tuple[tuple[float, ...], ...] = ()
        self.setAccessibleName(self.tr("Scales of the batch normalisations"))

    def show_scales(self, scales: Sequence[Scales]) -> None:
        """Shows the normalisations of a network."""
        self.scales = scales
        self._points = tuple(
            tuple(float(v) for v in np.quantile(np.nan_to_num(each.gamma), (0, 0.25, 0.5, 0.75, 1)))
            for each in scales
        )
        self.show_layers([each.name for each in scales])

    def names(self) -> tuple[str, str]:
        """What the axes are."""
        return self.tr("batch normalisations, in order"), self.tr("scale γ (no unit)")

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """All normalisations, from zero or the lowest scale on."""
        if not self._points:
            return None
        low = min(0.0, *(points[0] for points in self._points))
        high = max(0.1, *(points[-1] for points in self._points))
        room = 0.06 * (high - low)
        return self.across(), (low - room, high + room)

    def ticks(self, frame: Frame, across: int, down: int) -> tuple[Ticks, Ticks]:
        """Stages and round scales."""
        del across
        return self.section_ticks(), linear_ticks(*frame.up, down)

    def paint_inside(self, painter: QPainter, frame: Frame) -> None:
        """Draws the normalisations."""
        self.paint_selection(painter, frame)
        zero = QPen(QColor(self.theme.muted), 1)
        painter.setPen(zero)
        painter.drawLine(QLineF(frame.area.left(), frame.y(0), frame.area.right(), frame.y(0)))
        pitch = frame.area.width() / len(self._points)
        width = max(_NARROWEST_MARK, min(_WIDEST_MARK, 0.6 * pitch))
        for index, each in enumerate(self.scales):
            self._paint_column(painter, frame, index, width, strong=each.ends_branch)

    def _paint_column(
        self, painter: QPainter, frame: Frame, index: int, width: float, *, strong: bool
    ) -> None:
        low, lower, median, upper, high = (frame.y(value) for value in self._points[index])
        x, colour = frame.x(index), self.colour(index)
        if not strong:
            colour.setAlphaF(0.45)
        painter.setPen(QPen(colour, 1.2))
        painter.drawLine(QLineF(x, low, x, high))
        painter.fillRect(QRectF(x - width / 2, upper, width, max(1.0, lower - upper)), colour)
        painter.setPen(QPen(QColor(self.theme.text), 1.5))
        painter.drawLine(QLineF(x - width / 2, median, x + width / 2, median))

    def text_at(self, point: QPointF) -> str:
        """The normalisation under the cursor."""
        column = self.column_at(point)
        if column is None:
            return ""
        each, points = self.scales[column], self._points[column]
        text = self.tr(
            "{name}: {low} to {high}, median {median}; {near} of {count} within ±{limit}"
        ).format(
            name=each.name,
            low=number(points[0]),
            high=number(points[-1]),
            median=number(points[2]),
            near=each.near_zero,
            count=each.gamma.size,
            limit=NEAR_ZERO,
        )
        return text + "\n" + self.tr("ends its residual branch") if each.ends_branch else text


class NormsChart(ColumnChart):
    """How large the weights of each layer are, and what they would be at the start."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.weights: Sequence[LayerWeights] = ()
        self.quantity = Quantity.NORM
        self.setAccessibleName(self.tr("Size of the weights of every layer"))

    def show_weights(self, weights: Sequence[LayerWeights]) -> None:
        """Shows the layers of a network."""
        self.weights = weights
        self.show_layers([each.name for each in weights])

    def set_quantity(self, quantity: Quantity) -> None:
        """Shows something else of each layer."""
        self.quantity = quantity
        self.update()

    def value(self, each: LayerWeights) -> float:
        """Returns what is shown of a layer."""
        if self.quantity is Quantity.NORM:
            return each.norm
        return each.rms if self.quantity is Quantity.RMS else each.rms / each.expected_std

    def expected(self, each: LayerWeights) -> float:
        """Returns what that would be at the start."""
        if self.quantity is Quantity.NORM:
            return each.expected_norm
        return each.expected_std if self.quantity is Quantity.RMS else 1.0

    def names(self) -> tuple[str, str]:
        """What the axes are."""
        up = {
            Quantity.NORM: self.tr("L2 norm (no unit)"),
            Quantity.RMS: self.tr("RMS weight (no unit)"),
            Quantity.RATIO: self.tr("RMS over that at the start"),
        }
        return self.tr("convolutions and linear layer, in order"), up[self.quantity]

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """All layers, from zero on."""
        if not self.weights:
            return None
        both = [(self.value(each), self.expected(each)) for each in self.weights]
        return self.across(), (0.0, max(max(pair) for pair in both) * _HEADROOM or 1.0)

    def ticks(self, frame: Frame, across: int, down: int) -> tuple[Ticks, Ticks]:
        """Stages and round values."""
        del across
        return self.section_ticks(), linear_ticks(*frame.up, down)

    def paint_inside(self, painter: QPainter, frame: Frame) -> None:
        """Draws a bar for each layer, and a line across where it would end at the start."""
        self.paint_selection(painter, frame)
        pitch = frame.area.width() / len(self.weights)
        width = max(1.0, 0.7 * pitch)
        for index, each in enumerate(self.weights):
            top, x = frame.y(self.value(each)), frame.x(index)
            bar = QRectF(x - width / 2, top, width, frame.area.bottom() - top)
            painter.fillRect(bar, self.colour(index))
            y = frame.y(self.expected(each))
            painter.setPen(QPen(QColor(self.theme.text), 1.5, c=Qt.PenCapStyle.FlatCap))
            painter.drawLine(QLineF(x - pitch / 2, y, x + pitch / 2, y))

    def text_at(self, point: QPointF) -> str:
        """The layer under the cursor."""
        column = self.column_at(point)
        if column is None:
            return ""
        each = self.weights[column]
        return self.tr(
            "{name}: {count} weights, L2 norm {norm} ({expected} at the start), "
            "standard deviation {std} ({expected_std}), {low} to {high}"
        ).format(
            name=each.name,
            count=f"{each.count:,}",
            norm=number(each.norm),
            expected=number(each.expected_norm),
            std=number(each.std),
            expected_std=number(each.expected_std),
            low=number(each.low),
            high=number(each.high),
        )
