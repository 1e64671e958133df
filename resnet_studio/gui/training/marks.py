"""What belongs to a plot beside the curves: grid lines, and the line above with title and legend.

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

_SAMPLE = 22.0
_ROOM = 6.0


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


class Header(QGraphicsObject):
    """The title of a plot and the names of its curves, each beside a sample, above the plot.

    Outside of the axes, because a low plot has no corner that no curve crosses. Names that find
    no room beside each other go to further lines.
    """

    def __init__(self, item: pyqtgraph.PlotItem, left: float) -> None:
        """Makes an empty header.

        Args:
            item: The plot; its upper margin becomes as wide as the header.
            left: Where the title begins, in pixels.
        """
        super().__init__(item)
        # No reference to the plot itself: the garbage collector would end it before this child.
        self._view_box = item.getViewBox()
        self._left = left
        self._title = ""
        self._names: tuple[str, ...] = ()
        self._pens: tuple[QPen, ...] = ()
        self._dots: tuple[bool, ...] = ()
        self._font = QFont()
        self._text = QColor()
        self._view_box.sigResized.connect(self._place)

    @property
    def height(self) -> float:
        """What it takes from the top of the plot, in pixels."""
        line = QFontMetricsF(self._font).lineSpacing() + _ROOM
        return (self._places()[-1].y() + 1 if self._names else 1) * line

    def set_entries(
        self, *, title: str, names: Sequence[str], pens: Sequence[QPen], dots: Sequence[bool]
    ) -> None:
        """Sets title and names, and the line of each sample and whether it has a dot."""
        self._title = title
        self._names, self._pens, self._dots = tuple(names), tuple(pens), tuple(dots)
        self._place()

    def set_look(self, *, font: QFont, text: QColor) -> None:
        """Sets font and colour."""
        self._font, self._text = font, text
        self._place()

    def boundingRect(self) -> QRectF:
        """Returns the box."""
        return QRectF(0, 0, self._right, self.height)

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Draws title, samples and names."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QFontMetricsF(self._font).lineSpacing() + _ROOM
        words = QRectF(self._left, 0, self._right - self._left, line)
        painter.setPen(self._text)
        painter.setFont(self._title_font)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self._title)
        painter.setFont(self._font)
        for row, place in enumerate(self._places()):
            top = place.y() * line
            self._paint_sample(painter, row, place.x(), top + line / 2)
            painter.setPen(self._text)
            words = QRectF(place.x() + _SAMPLE + _ROOM, top, self._width(self._names[row]), line)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self._names[row])

    @property
    def _right(self) -> float:
        return self._left + float(self._view_box.boundingRect().width())

    @property
    def _title_font(self) -> QFont:
        font = QFont(self._font)
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _places(self) -> list[QPointF]:
        """Returns where each sample begins: pixels from the left, and its line."""
        title = QFontMetricsF(self._title_font).horizontalAdvance(self._title)
        left, row, found = self._left + title + 3 * _ROOM, 0, list[QPointF]()
        for name in self._names:
            width = self._width(name)
            if left + width > self._right and left > self._left:
                left, row = self._left, row + 1
            found.append(QPointF(left, row))
            left += width
        return found

    def _width(self, name: str) -> float:
        return _SAMPLE + QFontMetricsF(self._font).horizontalAdvance(name) + 4 * _ROOM

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
        layout = self._view_box.parentItem().layout
        left, top, right, bottom = layout.getContentsMargins()
        if top != self.height:
            layout.setContentsMargins(left, self.height, right, bottom)
        self.update()
