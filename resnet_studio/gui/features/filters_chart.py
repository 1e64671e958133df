"""The frame of the plots of *Filters*: axes, ticks, names of the axes, columns that can be chosen.

Painted by hand like the strip of the blocks: a plot of 1,200 layers takes a few milliseconds.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.gui.theme import Theme

Ticks = Sequence[tuple[float, str]]

_GAP = 4.0
_TICK_ROOM = (64.0, 26.0)
"""Pixels that a tick's text needs across and down."""
_LEAST_HEIGHT = 170


@dataclass(frozen=True, slots=True)
class Frame:
    """Where values are in a plot.

    Attributes:
        area: Inside of the axes, in pixels of the widget.
        across: Lowest and highest value of the lower axis.
        up: Lowest and highest value of the left axis.
    """

    area: QRectF
    across: tuple[float, float]
    up: tuple[float, float]

    def x(self, value: float) -> float:
        """Returns where a value of the lower axis is."""
        low, high = self.across
        return self.area.left() + (value - low) / (high - low) * self.area.width()

    def y(self, value: float) -> float:
        """Returns where a value of the left axis is."""
        low, high = self.up
        return self.area.bottom() - (value - low) / (high - low) * self.area.height()


class Chart(QWidget):
    """A plot with named axes; what is in it is painted by its kinds."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # -- for the kinds ------------------------------------------------------------------------

    @abstractmethod
    def names(self) -> tuple[str, str]:
        """Returns what stands at the lower and at the left axis, with units."""

    @abstractmethod
    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Returns the ends of both axes; None if there is nothing to show."""

    @abstractmethod
    def ticks(self, frame: Frame, across: int, down: int) -> tuple[Ticks, Ticks]:
        """Returns the ticks of both axes: about so many have room."""

    @abstractmethod
    def paint_inside(self, painter: QPainter, frame: Frame) -> None:
        """Draws what is in the plot."""

    def labels(self, frame: Frame) -> Ticks:
        """Returns texts below the lower axis that belong to no tick."""
        del frame
        return ()

    def text_at(self, point: QPointF) -> str:
        """Returns what is to be said of what lies under a point; "" for nothing."""
        del point
        return ""

    # -- geometry -----------------------------------------------------------------------------

    def frame_(self) -> Frame | None:
        """Returns where values are; None if there is nothing to show."""
        ranges = self.ranges()
        if ranges is None:
            return None
        line = self.fontMetrics().height()
        left = 2 * _GAP + line + self.fontMetrics().horizontalAdvance("−0.0000")
        area = QRectF(self.rect()).adjusted(left, line / 2, -3 * _GAP, -2 * line - 2 * _GAP)
        return Frame(area, *ranges)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """A size in which it can be read."""
        return QSize(480, 210)

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws axes and content."""
        painter = QPainter(self)
        frame = self.frame_()
        if frame is not None and frame.area.width() > 0 and frame.area.height() > 0:
            painter.fillRect(frame.area, QColor(self.theme.surface))
            self._paint_axes(painter, frame)
            painter.save()
            painter.setClipRect(frame.area.adjusted(-1, -1, 1, 1))
            self.paint_inside(painter, frame)
            painter.restore()
        painter.end()

    def _paint_axes(self, painter: QPainter, frame: Frame) -> None:
        area, line = frame.area, self.fontMetrics().height()
        room = (int(area.width() / _TICK_ROOM[0]), int(area.height() / _TICK_ROOM[1]))
        lower, left = self.ticks(frame, max(2, room[0]), max(2, room[1]))
        for value, text in left:
            y = frame.y(value)
            self._line(painter, QLineF(area.left(), y, area.right(), y))
            place = QRectF(0, y - line / 2, area.left() - _GAP, line)
            painter.drawText(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text
            )
        for value, _ in lower:
            x = frame.x(value)
            self._line(painter, QLineF(x, area.top(), x, area.bottom()))
        for value, text in (*lower, *self.labels(frame)):
            half = self.fontMetrics().horizontalAdvance(text) / 2 + 1
            x = min(frame.x(value), self.width() - half)  # the last one would be cut off
            place = QRectF(x - half, area.bottom() + _GAP, 2 * half, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, text)
        painter.setPen(QPen(QColor(self.theme.border), 1))
        painter.drawRect(area)
        self._paint_names(painter, area, line)

    def _line(self, painter: QPainter, line: QLineF) -> None:
        painter.setPen(QPen(QColor(self.theme.grid), 1))
        painter.drawLine(line)
        painter.setPen(QColor(self.theme.muted))

    def _paint_names(self, painter: QPainter, area: QRectF, line: float) -> None:
        across, up = self.names()
        painter.setPen(QColor(self.theme.text))
        below = QRectF(area.left(), area.bottom() + _GAP + line, area.width(), line)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self._fitting(across, below.width()))
        painter.save()
        painter.translate(0, area.center().y())
        painter.rotate(-90)
        beside = QRectF(-self.height() / 2, 0, self.height(), line)
        painter.drawText(beside, Qt.AlignmentFlag.AlignHCenter, self._fitting(up, beside.width()))
        painter.restore()

    def _fitting(self, name: str, width: float) -> str:
        """Returns the name of an axis, ended by dots where it has no room."""
        return self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(width))

    # -- Qt -----------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Tells what lies under the cursor."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            point, frame = QPointF(event.pos()), self.frame_()
            text = self.text_at(point)
            if not text and frame is not None and point.y() > frame.area.bottom():
                text = self.names()[0]  # it may have no room below the axis
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


class ColumnChart(Chart):
    """A plot with one column a layer; a column can be chosen by mouse and arrow keys.

    Signals:
        chosen(str): Name of the layer of the column.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.layers: tuple[str, ...] = ()
        self.selected = self._last = -1
        self._beginnings: list[int] = []
        self._titles: list[str] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_layers(self, layers: Sequence[str]) -> None:
        """Shows the columns of a network."""
        self.layers = tuple(layers)
        self.selected = self._last = -1
        self._find_sections()
        self.update()

    def select(self, name: str) -> None:
        """Marks the column of a layer, or those of a block or section; emits nothing."""
        chosen = [
            index
            for index, layer in enumerate(self.layers)
            if layer == name or layer.startswith(f"{name}.")
        ]
        self.selected = chosen[0] if chosen else -1
        self._last = chosen[-1] if chosen else -1
        self.update()

    def column_at(self, point: QPointF) -> int | None:
        """Returns the column under a point."""
        frame = self.frame_()
        if frame is None or not frame.area.contains(point):
            return None
        share = (point.x() - frame.area.left()) / frame.area.width()
        return min(len(self.layers) - 1, int(share * len(self.layers)))

    def across(self) -> tuple[float, float]:
        """Returns the ends of the lower axis: column n is from n - 0.5 to n + 0.5."""
        return -0.5, len(self.layers) - 0.5

    def colour(self, index: int) -> QColor:
        """Returns the colour of the stage of a column, as in the drawing."""
        number = bisect_right(self._beginnings, index) - 1
        count = len(self._titles)
        whole = count if self._titles[-1] == self.tr("Head") else None
        return QColor(self.theme.stage_colour(number, whole))

    def _find_sections(self) -> None:
        """Notes where each section begins, and what it is called."""
        self._beginnings, self._titles = [], []
        for index, name in enumerate(self.layers):
            title = self._section(name)
            if not self._titles or self._titles[-1] != title:
                self._beginnings.append(index)
                self._titles.append(title)

    def _section(self, name: str) -> str:
        first = name.split(".")[0]
        if first.startswith("layer"):
            return self.tr("Stage {number}").format(number=first.removeprefix("layer"))
        stem = self.tr("Stem")
        return stem if self._titles in ([], [stem]) else self.tr("Head")

    def paint_selection(self, painter: QPainter, frame: Frame) -> None:
        """Draws a band behind what is chosen."""
        if self.selected < 0:
            return
        colour = QColor(self.palette().color(QPalette.ColorRole.Highlight))
        colour.setAlphaF(0.25)
        left, right = frame.x(self.selected - 0.5), frame.x(self._last + 0.5)
        room = max(0.0, 3.0 - (right - left)) / 2
        band = QRectF(left - room, frame.area.top(), right - left + 2 * room, frame.area.height())
        painter.fillRect(band, colour)

    def section_ticks(self) -> Ticks:
        """Returns where each section but the first begins, as ticks without a text."""
        return [(begin - 0.5, "") for begin in self._beginnings[1:]]

    def labels(self, frame: Frame) -> Ticks:
        """Returns the names of the sections below their middles, of long ones before short ones."""
        ends = (*self._beginnings[1:], len(self.layers))
        sections = zip(self._beginnings, ends, self._titles, strict=True)
        found: list[tuple[float, str]] = []
        taken: list[tuple[float, float]] = []
        for begin, end, title in sorted(sections, key=lambda each: each[0] - each[1]):
            middle, width = (begin + end - 1) / 2, self.fontMetrics().horizontalAdvance(title)
            left, right = frame.x(middle) - width / 2, frame.x(middle) + width / 2
            if all(right + 2 * _GAP < a or b + 2 * _GAP < left for a, b in taken):
                found.append((middle, title))
                taken.append((left, right))
        return sorted(found)

    # -- Qt -----------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the column under the cursor."""
        super().mousePressEvent(event)
        column = self.column_at(event.position())
        if column is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self.layers[column])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes to the next or the previous column."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self.layers:
            super().keyPressEvent(event)
            return
        column = min(len(self.layers) - 1, max(0, self.selected + step))
        self.chosen.emit(self.layers[column])
