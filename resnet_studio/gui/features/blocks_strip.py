"""The strip of all blocks: how large a step each takes, |F(x)| / |x|, on a logarithmic axis.

Painted by hand like the plot of the learning rates: 600 blocks take 6 ms, and every mark has the
colour of its stage in the drawing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.architecture.elements import ShortcutForm
from resnet_studio.gui.features.blocks_words import form_name
from resnet_studio.gui.features.images import number
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.ranges import Range, log_ticks
from resnet_studio.probe.residual import Reading

_LEAST_HEIGHT = 130
_LARGEST_MARK, _SMALLEST_MARK = 5.0, 2.2
_LANE = 16.0
"""Height of the lanes for what a logarithm cannot show: zeros below, overflows above."""
_WIDEST_LABEL = "1e−12"


class BlockStrip(QWidget):
    """Draws a mark for each block and lets one be chosen.

    Signals:
        block_chosen(str): Name of the block that was clicked or gone to by the keyboard.
    """

    block_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._readings: Sequence[Reading] = ()
        self._chosen = -1
        self._hovered = -1
        self._range: Range = (-2.0, 1.0)
        self._zeros = self._broken = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("|F(x)| / |x| of every block"))

    # -- what is shown ------------------------------------------------------------------------

    @property
    def readings(self) -> Sequence[Reading]:
        """The blocks that are drawn, in order."""
        return self._readings

    @property
    def chosen(self) -> str:
        """Name of the block that is marked; "" for none."""
        return self._readings[self._chosen].block.name if self._chosen >= 0 else ""

    def show_readings(self, readings: Sequence[Reading]) -> None:
        """Shows the blocks of another network or picture."""
        self._readings = readings
        self._chosen = self._hovered = -1
        changes = [reading.figures.change for reading in readings]
        logs = [math.log10(c) for c in changes if math.isfinite(c) and c > 0]
        self._zeros = any(change == 0 for change in changes)
        self._broken = any(not math.isfinite(change) for change in changes)
        low, high = (min(logs), max(logs)) if logs else (-1.0, 0.0)
        room = max(0.08, 0.08 * (high - low))
        self._range = (low - room, high + room)
        self.update()

    def choose(self, name: str) -> None:
        """Marks a block."""
        names = [reading.block.name for reading in self._readings]
        self._chosen = names.index(name) if name in names else -1
        if self._chosen >= 0:
            self.setAccessibleDescription(self.describe(self._chosen))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def describe(self, index: int) -> str:
        """Returns a block in words: name, shortcut and ratio."""
        reading = self._readings[index]
        text = self.tr("{name}: |F(x)| / |x| = {ratio}, {shortcut}")
        return text.format(
            name=reading.block.name, ratio=_ratio_text(reading), shortcut=form_name(reading.block)
        )

    def place(self, index: int) -> QPointF:
        """Returns where a block's mark stands, in pixels of this widget."""
        return self._place(self._area(), index)

    def _place(self, area: QRectF, index: int) -> QPointF:
        x = area.left() + (index + 0.5) * area.width() / max(1, len(self._readings))
        change = self._readings[index].figures.change
        if not math.isfinite(change):
            return QPointF(x, area.top() - _LANE / 2)
        if change == 0:
            return QPointF(x, area.bottom() + _LANE / 2)
        return QPointF(x, self._y(area, math.log10(change)))

    def index_at(self, point: QPointF) -> int:
        """Returns the block whose column lies under a point; -1 for none."""
        area = self._area()
        if not (self._readings and area.left() <= point.x() < area.right()):
            return -1
        share = (point.x() - area.left()) / area.width()
        return min(len(self._readings) - 1, int(share * len(self._readings)))

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(640, 170)

    # -- geometry -----------------------------------------------------------------------------

    def _line(self) -> float:
        return QFontMetricsF(self.font()).height()

    def _area(self) -> QRectF:
        """Returns the box of the logarithmic axis."""
        metrics, line = QFontMetricsF(self.font()), self._line()
        left = 1.4 * line + metrics.horizontalAdvance(_WIDEST_LABEL) + 8
        top = line + 10 + (_LANE if self._broken else 0)
        bottom = line + 8 + (_LANE if self._zeros else 0)
        return QRectF(self.rect()).adjusted(left, top, -10, -bottom)

    def _y(self, area: QRectF, exponent: float) -> float:
        low, high = self._range
        return area.bottom() - area.height() * (exponent - low) / (high - low)

    def _mark_size(self) -> float:
        pitch = self._area().width() / max(1, len(self._readings))
        return min(_LARGEST_MARK, max(_SMALLEST_MARK, 0.42 * pitch))

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws axes, marks and legend."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        painter.setFont(self.font())
        area = self._area()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter, area)
        self._paint_stages(painter, area)
        self._paint_chosen(painter, area)
        self._paint_marks(painter, area)
        self._paint_head(painter, area)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        line, theme = self._line(), self._theme
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        lines = [(self._y(area, place), text) for place, text in self._ticks(area)]
        if self._zeros:
            lines.append((area.bottom() + _LANE / 2, "0"))
        if self._broken:
            lines.append((area.top() - _LANE / 2, "—"))
        for y, text in lines:
            painter.setPen(QPen(QColor(theme.border if text == "1" else theme.grid), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(theme.muted))
            painter.drawText(QRectF(0, y - line / 2, area.left() - 6, line), right, text)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
        self._paint_axis_name(painter, area)

    def _ticks(self, area: QRectF) -> list[tuple[float, str]]:
        """Returns as many ticks as there is room for, 1 and the powers of ten before others."""
        line, low, high = self._line(), *self._range
        ticks = log_ticks(low, high, max(3, int(area.height() / line)))
        taken: list[tuple[float, str]] = []
        for place, text in sorted(ticks, key=lambda tick: (tick[1] != "1", tick[0] % 1 != 0)):
            y = self._y(area, place)
            free = all(abs(y - self._y(area, other)) >= 1.1 * line for other, _ in taken)
            above = not self._broken or y - area.top() >= line - _LANE / 2
            below = not self._zeros or area.bottom() - y >= line - _LANE / 2
            if free and above and below:
                taken.append((place, text))
        return taken

    def _paint_axis_name(self, painter: QPainter, area: QRectF) -> None:
        line = self._line()
        painter.save()
        painter.translate(line * 0.75, area.center().y())
        painter.rotate(-90)
        painter.setPen(QColor(self._theme.text))
        beside = QRectF(-self.height() / 2, -line / 2, self.height(), line)
        painter.drawText(beside, Qt.AlignmentFlag.AlignCenter, self.tr("|F(x)| / |x|"))
        painter.restore()

    def _paint_stages(self, painter: QPainter, area: QRectF) -> None:
        """Names the stages below their blocks, with a line between them."""
        line, pitch = self._line(), area.width() / max(1, len(self._readings))
        bottom = area.bottom() + (_LANE if self._zeros else 0)
        for stage, first, last in self._stages():
            left, right = area.left() + first * pitch, area.left() + (last + 1) * pitch
            colour = QColor(self._theme.stage_colour(stage))
            painter.fillRect(QRectF(left + 1, bottom + 1, right - left - 2, 3), colour)
            if first:
                painter.setPen(QPen(QColor(self._theme.grid), 1))
                painter.drawLine(QPointF(left, area.top()), QPointF(left, bottom))
            painter.setPen(QColor(self._theme.text))
            words = QRectF(left, bottom + 5, right - left, line)
            text = self._stage_text(stage, last - first + 1, right - left)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, text)

    def _stages(self) -> list[tuple[int, int, int]]:
        """Returns number, first and last block of each stage."""
        found: list[tuple[int, int, int]] = []
        for index, reading in enumerate(self._readings):
            stage = reading.block.stage
            if found and found[-1][0] == stage:
                found[-1] = (stage, found[-1][1], index)
            else:
                found.append((stage, index, index))
        return found

    def _stage_text(self, stage: int, blocks: int, room: float) -> str:
        metrics = QFontMetricsF(self.font())
        texts = (
            self.tr("Stage {number} · {blocks} blocks").format(number=stage, blocks=blocks)
            if blocks > 1
            else self.tr("Stage {number} · 1 block").format(number=stage),
            self.tr("Stage {number}").format(number=stage),
            str(stage),
        )
        return next((text for text in texts if metrics.horizontalAdvance(text) < room), "")

    def _paint_chosen(self, painter: QPainter, area: QRectF) -> None:
        for index, colour in (
            (self._hovered, self._theme.grid),
            (self._chosen, self._theme.raised),
        ):
            if index < 0:
                continue
            pitch = area.width() / len(self._readings)
            wide = max(3.0, pitch)
            x = area.left() + (index + 0.5) * pitch
            painter.fillRect(QRectF(x - wide / 2, area.top(), wide, area.height()), QColor(colour))
        if self._chosen >= 0:
            x = self._place(area, self._chosen).x()
            painter.setPen(QPen(QColor(self._theme.accent), 1.5))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_marks(self, painter: QPainter, area: QRectF) -> None:
        size = self._mark_size()
        for index, reading in enumerate(self._readings):
            colour = QColor(self._theme.stage_colour(reading.block.stage))
            painter.setPen(QPen(colour.darker(135) if not self._theme.dark else colour, 1))
            painter.setBrush(colour)
            _paint_mark(painter, self._place(area, index), size, reading.block.shortcut_form)
        if self._chosen >= 0:
            reading = self._readings[self._chosen]
            painter.setPen(QPen(QColor(self._theme.text), 2))
            painter.setBrush(QColor(self._theme.stage_colour(reading.block.stage)))
            place = self._place(area, self._chosen)
            _paint_mark(painter, place, max(size, 4.0) + 1.5, reading.block.shortcut_form)

    def _paint_head(self, painter: QPainter, area: QRectF) -> None:
        """Names the plot and its marks above it, and the block that is meant."""
        line, metrics = self._line(), QFontMetricsF(self.font())
        x, middle = area.left(), 4 + line / 2
        for form in dict.fromkeys(reading.block.shortcut_form for reading in self._readings):
            painter.setPen(QPen(QColor(self._theme.text), 1))
            painter.setBrush(QColor(self._theme.raised))
            _paint_mark(painter, QPointF(x + 6, middle), 4.0, form)
            text = self._form_text(form)
            width = metrics.horizontalAdvance(text)
            painter.setPen(QColor(self._theme.text))
            words = QRectF(x + 16, middle - line / 2, width + 2, line)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, text)
            x += width + 34
        index = self._hovered if self._hovered >= 0 else self._chosen
        if index >= 0:
            room = QRectF(x, middle - line / 2, area.right() - x, line)
            shown = metrics.elidedText(
                self.describe(index), Qt.TextElideMode.ElideRight, int(room.width())
            )
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, right, shown)

    def _form_text(self, form: ShortcutForm) -> str:
        return {
            ShortcutForm.NONE: self.tr("no shortcut"),
            ShortcutForm.IDENTITY: self.tr("identity"),
            ShortcutForm.PROJECTION: self.tr("projection"),
            ShortcutForm.ZERO_PAD: self.tr("zero padding"),
        }[form]

    # -- pointing and keys --------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Says which block lies under the cursor."""
        self._hover(self.index_at(event.position()))
        text = "" if self._hovered < 0 else self.describe(self._hovered)
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def leaveEvent(self, event: QEvent) -> None:
        """Forgets the block under the cursor."""
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            if index < 0:
                self.unsetCursor()
            else:
                self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the block under the cursor."""
        index = self.index_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self._go(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go from block to block, Page Up and Down from stage to stage, Home and End."""
        last = len(self._readings) - 1
        firsts = [first for _, first, _ in self._stages()]
        goals = {
            Qt.Key.Key_Left: self._chosen - 1,
            Qt.Key.Key_Right: self._chosen + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
            Qt.Key.Key_PageUp: max((f for f in firsts if f < self._chosen), default=0),
            Qt.Key.Key_PageDown: min((f for f in firsts if f > self._chosen), default=last),
        }
        goal = goals.get(Qt.Key(event.key()))
        if goal is None:
            super().keyPressEvent(event)
        elif 0 <= goal <= last:
            self._go(goal)

    def _go(self, index: int) -> None:
        self.block_chosen.emit(self._readings[index].block.name)


def _ratio_text(reading: Reading) -> str:
    """Returns |F(x)| / |x| in words, and why it is no number where it is none."""
    figures = reading.figures
    if math.isfinite(figures.change):
        return number(figures.change)
    if figures.input == 0:
        return QCoreApplication.translate("BlockStrip", "— (x is 0)")
    return QCoreApplication.translate("BlockStrip", "— (too large for any number)")


def _paint_mark(painter: QPainter, at: QPointF, size: float, form: ShortcutForm) -> None:
    """Draws a disc for the identity, a square for a projection, a rhomb for zero padding."""
    if form is ShortcutForm.IDENTITY:
        painter.drawEllipse(at, size, size)
    elif form is ShortcutForm.PROJECTION:
        painter.drawRect(QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size))
    elif form is ShortcutForm.ZERO_PAD:
        far = 1.35 * size
        corners = ((0.0, -far), (far, 0.0), (0.0, far), (-far, 0.0))
        painter.drawPolygon(QPolygonF([at + QPointF(*corner) for corner in corners]))
    else:
        far = 1.1 * size
        up, down, across = QPointF(0, -far), QPointF(0, far), QPointF(far, 0)
        painter.drawLine(at + up + across, at + down - across)
        painter.drawLine(at + up - across, at + down + across)
