"""What stands on a plot beside the curves: grid lines and the legend.

pyqtgraph's own grid took 17 of 30 ms of a redraw (two plots of 300 px height, offscreen, two
shared cores); a few plain lines at the ticks take none that can be measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

if TYPE_CHECKING:
    import pyqtgraph

_SAMPLE = 26.0
_ROOM = 8.0
_EDGE = 10.0
_LOW = 3.0
"""Heights of the legend below which a plot is too low for it."""


class Grid(QGraphicsObject):
    """Thin lines across a view box at the ticks of its axes."""

    def __init__(self, view_box: pyqtgraph.ViewBox) -> None:
        super().__init__()
        self._view_box = view_box
        self._upright: tuple[float, ...] = ()
        self._level: tuple[float, ...] = ()
        self._pen = QPen()
        view_box.addItem(self, ignoreBounds=True)
        self.setZValue(-10)

    def set_ticks(self, *, upright: Sequence[float], level: Sequence[float]) -> None:
        """Draws the lines at these places from now on, in view coordinates."""
        self.prepareGeometryChange()
        self._upright, self._level = tuple(upright), tuple(level)
        self.update()

    def set_colour(self, colour: QColor) -> None:
        """Sets the colour of the lines."""
        self._pen = QPen(colour, 1.0)
        self._pen.setCosmetic(True)
        self.update()

    def boundingRect(self) -> QRectF:
        """Returns the view."""
        return self._view_box.viewRect()

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Draws the lines."""
        view = self._view_box.viewRect()
        painter.setPen(self._pen)
        painter.drawLines([QLineF(x, view.top(), x, view.bottom()) for x in self._upright])
        painter.drawLines([QLineF(view.left(), y, view.right(), y) for y in self._level])


class Legend(QGraphicsObject):
    """Names of the curves beside a sample of each, in the upper right corner of a view box."""

    def __init__(self, view_box: pyqtgraph.ViewBox) -> None:
        super().__init__(view_box)
        self._view_box = view_box
        self._names: tuple[str, ...] = ()
        self._pens: tuple[QPen, ...] = ()
        self._dots: tuple[bool, ...] = ()
        self._font = QFont()
        self._text = QColor()
        self._ground = QColor()
        self.setZValue(15)
        view_box.sigResized.connect(self._place)

    def set_entries(
        self, *, names: Sequence[str], pens: Sequence[QPen], dots: Sequence[bool]
    ) -> None:
        """Sets the names, and the line of each sample and whether it has a dot."""
        self.prepareGeometryChange()
        self._names, self._pens, self._dots = tuple(names), tuple(pens), tuple(dots)
        self._place()

    def set_look(self, *, font: QFont, text: QColor, ground: QColor) -> None:
        """Sets the colours."""
        self.prepareGeometryChange()
        self._font, self._text, self._ground = font, text, ground
        self._place()
        self.update()

    def boundingRect(self) -> QRectF:
        """Returns the box."""
        if not self._names:
            return QRectF()
        metrics = QFontMetricsF(self._font)
        widths = [self._entry_width(name) for name in self._names]
        if self._in_a_row:
            return QRectF(0, 0, sum(widths), metrics.lineSpacing() + _ROOM)
        return QRectF(0, 0, max(widths), len(self._names) * metrics.lineSpacing() + _ROOM)

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Draws ground, samples and names."""
        if not self._names:
            return
        painter.setFont(self._font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.boundingRect(), self._ground)
        place = QRectF(_ROOM, _ROOM / 2, 0, QFontMetricsF(self._font).lineSpacing())
        for row, name in enumerate(self._names):
            place.setWidth(self._entry_width(name))
            self._paint_sample(painter, row, place.left(), place.center().y())
            painter.setPen(self._text)
            words = place.adjusted(_ROOM + _SAMPLE, 0, 0, 0)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, name)
            place.translate(place.width() if self._in_a_row else 0, 0)
            place.translate(0, 0 if self._in_a_row else place.height())

    @property
    def _in_a_row(self) -> bool:
        """Whether the plot is so low that the names stand beside each other."""
        line = QFontMetricsF(self._font).lineSpacing()
        box = self._view_box.boundingRect()
        fits = sum(map(self._entry_width, self._names)) < box.width()
        return fits and box.height() < _LOW * len(self._names) * line

    def _entry_width(self, name: str) -> float:
        return _SAMPLE + QFontMetricsF(self._font).horizontalAdvance(name) + 3 * _ROOM

    def _paint_sample(self, painter: QPainter, row: int, left: float, middle: float) -> None:
        pen = self._pens[row]
        painter.setPen(pen)
        painter.drawLine(QPointF(left, middle), QPointF(left + _SAMPLE, middle))
        if self._dots[row]:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pen.color())
            painter.drawEllipse(QPointF(left + _SAMPLE / 2, middle), 3.5, 3.5)

    def _place(self, *_: object) -> None:
        self.prepareGeometryChange()
        width = self._view_box.boundingRect().width()
        self.setPos(width - self.boundingRect().width() - _EDGE, _EDGE / 2)
