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

    def __init__(self, view_box: pyqtgraph.ViewBox, names: Sequence[str]) -> None:
        super().__init__(view_box)
        self._view_box = view_box
        self._names = tuple(names)
        self._pens: tuple[QPen, ...] = ()
        self._dots: tuple[bool, ...] = ()
        self._font = QFont()
        self._text = QColor()
        self._ground = QColor()
        self.setZValue(15)
        view_box.sigResized.connect(self._place)

    def set_look(
        self,
        *,
        pens: Sequence[QPen],
        dots: Sequence[bool],
        font: QFont,
        text: QColor,
        ground: QColor,
    ) -> None:
        """Sets the samples and colours."""
        self.prepareGeometryChange()
        self._pens, self._dots = tuple(pens), tuple(dots)
        self._font, self._text, self._ground = font, text, ground
        self._place()
        self.update()

    def boundingRect(self) -> QRectF:
        """Returns the box."""
        metrics = QFontMetricsF(self._font)
        widest = max(metrics.horizontalAdvance(name) for name in self._names)
        width = _SAMPLE + widest + 3 * _ROOM
        return QRectF(0, 0, width, len(self._names) * metrics.lineSpacing() + _ROOM)

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Draws ground, samples and names."""
        box = self.boundingRect()
        painter.setFont(self._font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, self._ground)
        height = (box.height() - _ROOM) / len(self._names)
        for row, name in enumerate(self._names):
            line = QRectF(_ROOM, _ROOM / 2 + row * height, box.width(), height)
            self._paint_sample(painter, row, line.left(), line.center().y())
            painter.setPen(self._text)
            line.setLeft(2 * _ROOM + _SAMPLE)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)

    def _paint_sample(self, painter: QPainter, row: int, left: float, middle: float) -> None:
        if row >= len(self._pens):
            return
        pen = self._pens[row]
        painter.setPen(pen)
        painter.drawLine(QPointF(left, middle), QPointF(left + _SAMPLE, middle))
        if self._dots[row]:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pen.color())
            painter.drawEllipse(QPointF(left + _SAMPLE / 2, middle), 3.5, 3.5)

    def _place(self, *_: object) -> None:
        width = self._view_box.boundingRect().width()
        self.setPos(width - self.boundingRect().width() - _EDGE, _EDGE / 2)
