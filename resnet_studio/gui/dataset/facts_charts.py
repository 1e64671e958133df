"""The two plots of *Facts*: how wide and high the pictures are, and how bright their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from resnet_studio.gui.features.filters_chart import Chart, Frame, Ticks
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.ranges import linear_ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from resnet_studio.data.measure import PixelStatistics, SizeStatistics

_ROOM = 1.06
_LEGEND_ROOM = 1.2
"""Above the highest line is place for the names of the lines."""
_DOT = 2.5
_LARGEST_DOT = 9.0
_MOST_DOTS = 20_000
"""So many are painted in about 20 ms; more sizes than that look like a cloud anyway."""
_NEAR = 8.0
_BINS = 64


_HEIGHT = 300


class SizesChart(Chart):
    """A dot for each size of pictures, the larger the more pictures have it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setMaximumHeight(_HEIGHT)
        self.sizes: NDArray[np.int64] | None = None
        self.counts: NDArray[np.int64] | None = None
        self.input_size = 0
        self.setAccessibleName(self.tr("Widths and heights of the pictures"))

    def show_sizes(self, sizes: SizeStatistics | None, input_size: int) -> None:
        """Shows the sizes of a data set, and the side of the network's input as two lines."""
        self.input_size = input_size
        self.sizes = self.counts = None
        if sizes is not None:
            both = np.stack([sizes.widths, sizes.heights], axis=1)
            found, counts = np.unique(both, axis=0, return_counts=True)
            order = np.argsort(-counts, kind="stable")[:_MOST_DOTS]
            self.sizes, self.counts = found[order], counts[order]
        self.update()

    def names(self) -> tuple[str, str]:
        """What the axes are."""
        return self.tr("width (px)"), self.tr("height (px)")

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """From nothing to the largest."""
        if self.sizes is None:
            return None
        width, height = (float(max(most, self.input_size)) for most in self.sizes.max(axis=0))
        return (0.0, width * _ROOM), (0.0, height * _ROOM)

    def ticks(self, frame: Frame, across: int, down: int) -> tuple[Ticks, Ticks]:
        """Round pixels."""
        lower = linear_ticks(*frame.across, across, whole=True)
        return lower, linear_ticks(*frame.up, down, whole=True)

    def paint_inside(self, painter: QPainter, frame: Frame) -> None:
        """Draws the input of the network, the diagonal of squares, and the dots."""
        assert self.sizes is not None
        assert self.counts is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.theme.border), 1, Qt.PenStyle.DashLine))
        most = min(frame.across[1], frame.up[1])
        painter.drawLine(QPointF(frame.x(0), frame.y(0)), QPointF(frame.x(most), frame.y(most)))
        if self.input_size:
            painter.setPen(QPen(QColor(self.theme.curve_validation), 2))
            x, y = frame.x(self.input_size), frame.y(self.input_size)
            painter.drawLine(QLineF(x, frame.area.top(), x, frame.area.bottom()))
            painter.drawLine(QLineF(frame.area.left(), y, frame.area.right(), y))
        colour = QColor(self.theme.curve_train)
        colour.setAlphaF(0.7)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        radii = _DOT + (_LARGEST_DOT - _DOT) * np.sqrt(self.counts / self.counts.max())
        for (width, height), radius in zip(self.sizes.tolist(), radii.tolist(), strict=True):
            painter.drawEllipse(QPointF(frame.x(width), frame.y(height)), radius, radius)
        if self.input_size:
            self._name_input(painter, frame, frame.x(self.input_size))

    def _name_input(self, painter: QPainter, frame: Frame, x: float) -> None:
        """Writes what the lines are, at the side of the upright one that has room."""
        text = self.tr("network's input, {side} px").format(side=self.input_size)
        wide = painter.fontMetrics().horizontalAdvance(text) + 4
        left = x + 5 if x + wide < frame.area.right() else x - wide - 3
        room = QRectF(left, frame.area.top() + 2, wide, painter.fontMetrics().height())
        plate = QColor(self.theme.surface)
        plate.setAlphaF(0.8)  # a dot below it still shows through
        painter.fillRect(room, plate)
        painter.setPen(QColor(self.theme.text))
        painter.drawText(room, 0, text)

    def text_at(self, point: QPointF) -> str:
        """The size that is nearest to the cursor."""
        frame = self.frame_()
        if frame is None or self.sizes is None or self.counts is None:
            return ""
        scale = np.array([frame.area.width() / frame.across[1], frame.area.height() / frame.up[1]])
        there = np.array([point.x() - frame.area.left(), frame.area.bottom() - point.y()])
        away = np.hypot(*(self.sizes * scale - there).T)
        nearest = int(away.argmin())
        if away[nearest] > _NEAR + _LARGEST_DOT:
            return ""
        width, height = self.sizes[nearest]
        return self.tr("{width} × {height} px: {count:,} pictures").format(
            width=width, height=height, count=int(self.counts[nearest])
        )


class LevelsChart(Chart):
    """How many pixels have which brightness, for red, green and blue."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setMaximumHeight(_HEIGHT)
        self.shares: NDArray[np.float64] | None = None
        self.grey = False
        self.setAccessibleName(self.tr("Histogram of the colours"))

    def show_levels(self, measured: PixelStatistics | None) -> None:
        """Shows what was measured, in 64 bins of four levels."""
        self.shares = None
        if measured is not None:
            binned = measured.histogram.reshape(3, _BINS, -1).sum(axis=2)
            self.shares = 100.0 * binned / max(1, measured.pixels)
            self.grey = bool((binned == binned[:1]).all())
        self.update()

    def names(self) -> tuple[str, str]:
        """What the axes are."""
        return self.tr("brightness of a pixel, 0 to 1"), self.tr("pixels (%)")

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """All levels; all shares."""
        if self.shares is None:
            return None
        return (0.0, 1.0), (0.0, max(1.0, float(self.shares.max())) * _LEGEND_ROOM)

    def ticks(self, frame: Frame, across: int, down: int) -> tuple[Ticks, Ticks]:
        """Round numbers."""
        return linear_ticks(*frame.across, min(5, across)), linear_ticks(*frame.up, down)

    def paint_inside(self, painter: QPainter, frame: Frame) -> None:
        """Draws a line of steps for each channel."""
        assert self.shares is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for channel, colour in enumerate(self.colours):
            painter.setPen(QPen(QColor(colour), 2))
            line = QPolygonF()
            for bin_, share in enumerate(self.shares[channel].tolist()):
                line.append(QPointF(frame.x(bin_ / _BINS), frame.y(share)))
                line.append(QPointF(frame.x((bin_ + 1) / _BINS), frame.y(share)))
            painter.drawPolyline(line)
        self._paint_legend(painter, frame.area)

    @property
    def colours(self) -> tuple[str, ...]:
        """One for each channel; one alone where the pictures are grey."""
        if self.grey:
            return (self.theme.text,)
        return ("#ff6b5e", "#3ecf6b", "#5aa7ff") if self.theme.dark else (
            "#d0312d", "#1b8a3c", "#1f5fd0"
        )  # fmt: skip

    def _paint_legend(self, painter: QPainter, area: QRectF) -> None:
        names = (
            (self.tr("grey"),) if self.grey else (self.tr("red"), self.tr("green"), self.tr("blue"))
        )
        metrics, right = painter.fontMetrics(), area.right() - 6.0
        y, height = area.top() + 3, metrics.height()
        for name, colour in reversed(list(zip(names, self.colours, strict=True))):
            wide = metrics.horizontalAdvance(name)
            painter.setPen(QColor(self.theme.text))
            painter.drawText(QRectF(right - wide, y, wide + 2, height), 0, name)
            painter.setPen(QPen(QColor(colour), 3))
            right -= wide + 6
            painter.drawLine(QLineF(right - 16, y + height / 2, right, y + height / 2))
            right -= 30

    def text_at(self, point: QPointF) -> str:
        """The bin under the cursor."""
        frame = self.frame_()
        if frame is None or self.shares is None or not frame.area.contains(point):
            return ""
        share = (point.x() - frame.area.left()) / frame.area.width()
        bin_ = min(_BINS - 1, int(share * _BINS))
        return self.tr("levels {low} to {high}: red {red:.2f} %, green {green:.2f} %, blue"
                       " {blue:.2f} %").format(
            low=bin_ * 4, high=bin_ * 4 + 3, red=self.shares[0, bin_],
            green=self.shares[1, bin_], blue=self.shares[2, bin_],
        )  # fmt: skip
