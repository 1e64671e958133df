"""One curve on a plot: the envelope of a series, drawn in pixels.

pyqtgraph's own curve draws every point of every redraw. This item draws at most two corners per
pixel column, whatever the length of the run. Two plots of three curves, 660 x 500 pixels, took
3.9 ms a redraw with 1,000 points, 6.4 with 100,000 and 7.4 with a million (medians of 30 on two
shared cores, offscreen), where pyqtgraph's own items took 140 and more for a million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from resnet_studio.gui.training.envelope import Floats, Outline, Series

if TYPE_CHECKING:
    import pyqtgraph

_FAR = 20_000.0
"""Pixels beyond which corners are moved in: Qt's rasteriser needs small coordinates."""
_MANY_CORNERS = 500
_SHIFTS = ((0.0, -0.5), (0.0, 0.5), (0.5, 0.0))
_MARKER_ROOM = 7.0
"""Pixels between two points from which each is marked by a dot."""
_ARROW = QPolygonF([QPointF(0, 2), QPointF(-4.5, 10), QPointF(4.5, 10)])
_ARROW_ROOM = 7.0
"""Pixels from the middle of an arrow to its text."""


class CurveItem(QGraphicsObject):
    """Draws a `Series` in a pyqtgraph `ViewBox`.

    Attributes:
        outline: The corners of the line, kept from one drawing to the next.
    """

    def __init__(
        self,
        view_box: pyqtgraph.ViewBox,
        *,
        width: float = 1.0,
        dots: bool = False,
        scale: float = 1.0,
        row: int = 0,
    ) -> None:
        """Adds an empty curve to a view box.

        Args:
            view_box: Where it is drawn.
            width: In pixels.
            dots: Whether its points are marked: those above the view with an arrow and the value.
            scale: What a value is multiplied by in texts.
            row: Line of text, from the top, for the values above the view: each of several
                curves has its own, where they would lie over each other.
        """
        super().__init__()
        self._view_box = view_box
        self._width = width
        self._dots = dots
        self._text_scale = scale
        self._row = row
        self._font = QFont()
        self._series = Series()
        self.outline = Outline()
        self._log = False
        self._colour = QColor()
        self._key: tuple[Any, ...] = ()
        self._pieces: list[QPolygonF] = []
        view_box.addItem(self, ignoreBounds=True)
        view_box.sigRangeChanged.connect(self._range_changed)
        view_box.sigResized.connect(self._range_changed)

    def set_series(self, series: Series) -> None:
        """Draws `series` from now on; also called when it has grown."""
        self._series = series
        self.update()

    def set_log(self, log: bool) -> None:
        """Draws the decimal logarithm of the values; those that have none become gaps."""
        self._log = log
        self.update()

    def set_colour(self, colour: QColor) -> None:
        """Sets the colour of the line and its dots."""
        self._colour = colour
        self.update()

    def set_font(self, font: QFont) -> None:
        """Sets the font of the values above the view."""
        self._font = font
        self.update()

    def above(self) -> list[tuple[float, float]]:
        """Returns position and value of the points that lie above the view."""
        (left, right), (_, top) = self._view_box.viewRange()
        x, y = self._series.x, self._series.y
        height = _logarithm(y) if self._log else y
        found = np.flatnonzero((x >= left) & (x <= right) & (height > top))
        return [(float(x[at]), float(y[at])) for at in found]

    def boundingRect(self) -> QRectF:
        """Returns the view: the curve is drawn nowhere else."""
        return self._view_box.viewRect()

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Draws the envelope in the pixels of the painter."""
        if not len(self._series):
            return
        transform = painter.worldTransform()
        self._prepare(transform)
        painter.setWorldTransform(QTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = self._scale(transform)
        self._paint_lines(painter, scale)
        if self._dots:
            self._paint_dots(painter, scale)
            self._paint_above(painter, transform, scale)
        painter.setWorldTransform(transform)

    def _scale(self, transform: QTransform) -> float:
        """Returns how much larger than on the screen is drawn: 1 there, more in an export."""
        (left, right), _ = self._view_box.viewRange()
        width = self._view_box.width()
        return abs(transform.m11() * (right - left) / width) if width else 1.0

    def _paint_lines(self, painter: QPainter, scale: float) -> None:
        corners = sum(piece.size() for piece in self._pieces)
        if self._width <= 1.0 or corners < _MANY_CORNERS or scale > 1.01:
            painter.setPen(self._pen(self._width * scale))
            for piece in self._pieces:
                painter.drawPolyline(piece)
            return
        # Qt strokes one pixel 10 to 60 times faster than two: shifted hairlines look the same.
        painter.setPen(self._pen(1.0))
        for across, down in _SHIFTS:
            for piece in self._pieces:
                painter.drawPolyline(piece.translated(across, down))

    def _pen(self, width: float) -> QPen:
        pen = QPen(self._colour, width)
        # Round joins cost as much as the line itself and cannot be seen at two pixels.
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    def _paint_dots(self, painter: QPainter, scale: float) -> None:
        painter.setBrush(self._colour)
        painter.setPen(Qt.PenStyle.NoPen)
        for piece in self._pieces:
            room = (piece.last().x() - piece.first().x()) / max(1, piece.size() - 1)
            if piece.size() == 1 or room >= _MARKER_ROOM * scale:
                radius = 1.6 * self._width * scale
                for point in piece:
                    painter.drawEllipse(QPointF(point), radius, radius)

    def _paint_above(self, painter: QPainter, transform: QTransform, scale: float) -> None:
        """Points upwards where a point lies above the view, with its value: the highest first.

        A first validation of 159 nats would otherwise be a line to nowhere. What would stand
        over a higher one's arrow or value is left out.
        """
        (_, right), (_, top) = self._view_box.viewRange()
        corner = transform.map(QPointF(right, top))
        metrics = QFontMetricsF(self._font)
        painter.setFont(self._font)
        painter.setBrush(self._colour)
        y = corner.y() + scale * self._row * metrics.height()
        taken: list[tuple[float, float]] = []
        for x, value in sorted(self.above(), key=lambda point: -point[1]):
            text = f"{value * self._text_scale:,.4g}"
            width = metrics.horizontalAdvance(text)
            pixel = transform.map(QPointF(x, top)).x()
            fits = pixel + scale * (_ARROW_ROOM + width) < corner.x()
            text_left = _ARROW_ROOM if fits else -_ARROW_ROOM - width
            begin = pixel + scale * min(-_ARROW_ROOM, text_left)
            end = pixel + scale * max(_ARROW_ROOM, text_left + width)
            if any(begin < other_end and other < end for other, other_end in taken):
                continue
            taken.append((begin, end))
            painter.setWorldTransform(QTransform(scale, 0, 0, scale, pixel, y))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawPolygon(_ARROW)
            painter.setPen(self._colour)
            painter.drawText(QPointF(text_left, metrics.ascent() + 1), text)
        painter.setWorldTransform(QTransform())

    def _prepare(self, transform: QTransform) -> None:
        """Makes the polygons unless they are those of the last paint."""
        (left, right), _ = self._view_box.viewRange()
        columns = max(2, round(abs(right - left) * transform.m11()))
        place = (transform.m11(), transform.m22(), transform.dx(), transform.dy())
        key = (self._series, len(self._series), self._log, left, right, *place)
        if key == self._key:
            return
        x, y = self.outline.corners(self._series, left, right, columns)
        self._key = key
        self._pieces = _polygons(x, _logarithm(y) if self._log else y, place)

    def _range_changed(self, *_: object) -> None:
        self.prepareGeometryChange()
        self.update()


def _logarithm(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log10(values), np.nan)


def _polygons(x: Floats, y: Floats, place: tuple[float, ...]) -> list[QPolygonF]:
    """Returns the line in pixels, in one piece for each stretch without gaps."""
    import pyqtgraph

    across, down, left, top = place
    known = np.flatnonzero(np.isfinite(y))
    if not len(known):
        return []
    pieces = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)
    pixels_x = np.clip(x * across + left, -_FAR, _FAR)
    pixels_y = np.clip(y.astype(np.float64) * down + top, -_FAR, _FAR)
    return [
        pyqtgraph.functions.arrayToQPolygonF(pixels_x[piece], pixels_y[piece]) for piece in pieces
    ]
