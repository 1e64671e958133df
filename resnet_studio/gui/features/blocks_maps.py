"""The five maps of a block side by side: x, F(x), shortcut(x), the sum and the output.

All are coloured with zero in the middle. What lies under the cursor is shown in all of them at the
same place; where x is larger than the output, that is the same place of the picture.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.gui.features.blocks_layout import Frame
from resnet_studio.gui.features.blocks_scene import BlockScene, Look, Pointed
from resnet_studio.gui.features.blocks_words import part_tip, part_title
from resnet_studio.gui.features.colour_bar import paint_colour_bar
from resnet_studio.gui.features.images import number
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.residual import Dissection, Part

_BAR_WIDTH = 320.0
_BAR_ROOM = 16.0
_LEAST_GAP = 16.0
_LEAST_PANE = 64.0
_LEAST_LINES = 6.5
"""Side of one channel in lines of text: below, its numbers would not fit."""
_ROOM = 4.0
_CENTRE = Qt.AlignmentFlag.AlignCenter


class BlockMaps(QWidget):
    """Draws the maps of a block.

    Signals:
        channel_chosen(int): A channel was clicked, or chosen by the arrow keys.
        channel_opened(int): A channel was double-clicked, or Enter pressed on it.

    Attributes:
        channel: The channel that is shown, or marked among all.
        scene: What is drawn; None before there is a block.
        pointed: What the cursor points at; None for nothing.
    """

    channel_chosen = Signal(int)
    channel_opened = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._found: Dissection | None = None
        self._look = Look()
        self._height = 320.0
        self._images: dict[Part, QImage] = {}
        self.channel = 0
        self.scene: BlockScene | None = None
        self.pointed: Pointed | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Maps of the block"))

    # -- what is shown ------------------------------------------------------------------------

    def show_block(self, found: Dissection | None) -> None:
        """Shows another block; None shows nothing. The channel stays if the block has it."""
        self._found = found
        if found is not None:
            self.channel = min(self.channel, found.channels - 1)
        self._rebuild()

    def show_channel(self, channel: int) -> None:
        """Shows another channel, or marks it among all."""
        if channel == self.channel:
            return
        self.channel = channel
        if self._look.every and self.scene is not None:
            self.scene.channel = channel  # only the frame moves
            self.update()
        else:
            self._rebuild()

    def show_as(self, look: Look) -> None:
        """Shows one channel or all, with one colour scale or five."""
        if look != self._look:
            self._look = look
            self._rebuild()

    def set_room(self, height: float) -> None:
        """Says how tall the row may be without being scrolled."""
        if height != self._height:
            self._height = height
            self._rebuild()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """The width of five small maps, and the height in which they fit."""
        return QSize(560, 240)

    def minimumSizeHint(self) -> QSize:
        """As tall as the row is."""
        if self.scene is None:
            return QSize(round(5 * _LEAST_PANE), round(self._head() + _LEAST_PANE + self._foot()))
        width = len(self.scene.parts) * _LEAST_PANE + sum(self._gaps(self.scene)) + 2 * _ROOM
        return QSize(round(width), round(self.scene.boxes[0].bottom() + self._foot()))

    def _rebuild(self) -> None:
        """Lays out and colours anew: 30 ms for 256 channels of 56×56, less for one channel."""
        self.scene, self.pointed, self._images = None, None, {}
        if self._found is not None:
            scene = BlockScene(self._found, self._look, self.channel)
            scene.arrange(self._frame(scene))
            ratio = self.devicePixelRatioF()
            self._images = {part: scene.image(part, ratio) for part in scene.parts}
            self.scene = scene
        self.setMinimumHeight(self.minimumSizeHint().height())
        self.updateGeometry()
        self.update()

    def _frame(self, scene: BlockScene) -> Frame:
        return Frame(
            width=self.width(),
            height=self._height,
            head=self._head(),
            foot=self._foot(),
            gaps=self._gaps(scene),
            least=_LEAST_LINES * self._line(),
        )

    def _line(self) -> float:
        return QFontMetricsF(self.font()).height()

    def _head(self) -> float:
        return 2 * self._line() + 2 * _ROOM

    def _foot(self) -> float:
        """The lines of numbers below the maps, and the colour bar."""
        return 3 * self._line() + _BAR_ROOM + 4 * _ROOM

    def _gaps(self, scene: BlockScene) -> tuple[float, ...]:
        metrics = QFontMetricsF(_bold(self.font()))
        words = (max(sign.split(" "), key=len) for sign in scene.signs())
        return tuple(max(_LEAST_GAP, metrics.horizontalAdvance(word) + 8) for word in words)

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the maps, their names and numbers, and the colour bar."""
        if self.scene is None:
            return
        painter = QPainter(self)
        for part in self.scene.parts:
            self._paint_map(painter, self.scene, part)
            self._paint_head(painter, self.scene, part)
            self._paint_foot(painter, self.scene, part)
        self._paint_signs(painter, self.scene)
        self._paint_bars(painter, self.scene)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_map(self, painter: QPainter, scene: BlockScene, part: Part) -> None:
        if self._images[part].isNull():
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(scene.box(part), _CENTRE, self.tr("none in x"))
        else:
            for ground in scene.ground(part):  # a tile of zeros must be seen too
                painter.fillRect(ground, QColor(self._theme.border))
            painter.drawImage(scene.target(part), self._images[part])
        own = scene.own_channel(part, self.channel)
        if not self._look.every:
            painter.setPen(QPen(QColor(self._theme.border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(scene.box(part))
        elif own is not None:
            tile = scene.tile(part, own)
            _paint_frame(painter, tile, self._theme.surface, self._theme.accent, 4)
        cell = None if self.pointed is None else scene.cell(part, self.pointed)
        if cell is not None:
            _paint_frame(painter, cell, "#ffffff", "#000000", 3)

    def _paint_head(self, painter: QPainter, scene: BlockScene, part: Part) -> None:
        box, line = _widened(scene.box(part)), self._line()
        top = QRectF(box.left(), _ROOM / 2, box.width(), line)
        painter.setFont(_bold(self.font()))
        painter.setPen(QColor(self._theme.text))
        painter.drawText(top, _CENTRE, part_title(part))
        painter.setFont(self.font())
        painter.setPen(QColor(self._theme.muted))
        channels, height, width = scene.found.maps[part].shape
        size = self._cut(f"{channels} × {width}×{height}", box)
        painter.drawText(top.translated(0, line), _CENTRE, size)

    def _paint_foot(self, painter: QPainter, scene: BlockScene, part: Part) -> None:
        """Writes the lengths, or the value under the cursor."""
        box, line = _widened(scene.box(part)), self._line()
        top = QRectF(box.left(), box.bottom() + _ROOM, box.width(), line)
        length = scene.found.reading.figures.length(part)
        painter.setPen(QColor(self._theme.text))
        text = self.tr("length {length}").format(length=number(length or 0.0))
        painter.drawText(top, _CENTRE, self._cut(text, box))
        below = top.translated(0, line)
        if self.pointed is None:
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(below, _CENTRE, self._cut(scene.channel_text(part), box))
            return
        found = scene.value(part, self.pointed)
        painter.setFont(_bold(self.font()))
        painter.drawText(below, _CENTRE, "—" if found is None else number(found[0]))
        painter.setFont(self.font())

    def _cut(self, text: str, box: QRectF) -> str:
        metrics = QFontMetricsF(self.font())
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())

    def _paint_signs(self, painter: QPainter, scene: BlockScene) -> None:
        painter.setFont(_bold(self.font()))
        painter.setPen(QColor(self._theme.text))
        middle = min(scene.boxes[0].center().y(), self._head() + self._height / 3)
        tall = 4 * self._line()
        pairs = zip(scene.boxes, scene.boxes[1:], strict=False)
        for sign, (left, right) in zip(scene.signs(), pairs, strict=True):
            gap = QRectF(left.right(), middle - tall / 2, right.left() - left.right(), tall)
            painter.drawText(gap, _CENTRE, sign.replace(" ", "\n"))
        painter.setFont(self.font())

    def _paint_bars(self, painter: QPainter, scene: BlockScene) -> None:
        """Draws one colour bar for all maps, or one below each."""
        top = scene.boxes[0].bottom() + 2 * self._line() + 3 * _ROOM
        tall = self._line() + _BAR_ROOM
        if self._look.own_scale:
            for part, box in zip(scene.parts, scene.boxes, strict=True):
                if not self._images[part].isNull():
                    area = QRectF(box.left(), top, box.width(), tall)
                    paint_colour_bar(painter, area, scene.scale_of(part), self._theme)
            return
        left, right = scene.boxes[0].left(), scene.boxes[-1].right()
        wide = min(_BAR_WIDTH, right - left)
        area = QRectF((left + right - wide) / 2, top, wide, tall)
        paint_colour_bar(painter, area, scene.scale_of(Part.INPUT), self._theme)

    # -- pointing and keys --------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the values under the cursor; over a name, what it means."""
        at = self._point_at(event)
        text = "" if at is None or self.scene is None else self.scene.describe(at)
        if at != self.pointed:
            self.pointed = at
            self.setAccessibleDescription(text)
            self.update()
        if at is None:
            text = self._tip_at(event.position())
        elif self._look.every:
            text += "\n" + self.tr("Click to choose the channel, double-click to enlarge it")
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def _point_at(self, event: QMouseEvent) -> Pointed | None:
        return None if self.scene is None else self.scene.point_at(event.position())

    def _tip_at(self, point: QPointF) -> str:
        if self.scene is None or point.y() >= self._head():
            return ""
        for part, box in zip(self.scene.parts, self.scene.boxes, strict=True):
            if box.left() <= point.x() < box.right():
                return f"{part_title(part)}: {part_tip(part)}"
        return ""

    def leaveEvent(self, event: QEvent) -> None:
        """Shows the lengths again."""
        super().leaveEvent(event)
        self.pointed = None
        self.setAccessibleDescription("")
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the channel under the cursor."""
        at = self._point_at(event)
        if event.button() == Qt.MouseButton.LeftButton and at is not None:
            self.channel_chosen.emit(at.channel)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens the channel under the cursor."""
        at = self._point_at(event)
        if event.button() == Qt.MouseButton.LeftButton and at is not None:
            self.channel_opened.emit(at.channel)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down go through the channels, Enter opens the chosen one."""
        key = Qt.Key(event.key())
        if self.scene is None:
            super().keyPressEvent(event)
            return
        step = self.scene.tiles.columns
        steps = {Qt.Key.Key_Up: -step, Qt.Key.Key_Down: step}
        if key in steps:
            if 0 <= self.channel + steps[key] < self.scene.found.channels:
                self.channel_chosen.emit(self.channel + steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.channel_opened.emit(self.channel)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays out anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._rebuild()


def _widened(box: QRectF) -> QRectF:
    """Returns the box of a map with what its words may take of the gaps beside it."""
    return box.adjusted(-_LEAST_GAP / 2, 0, _LEAST_GAP / 2, 0)


def _paint_frame(painter: QPainter, box: QRectF, outer: str, inner: str, width: int) -> None:
    """Draws a line within a band of the opposite lightness: visible on every colour."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, pen in ((outer, width), (inner, max(1, width // 2))):
        painter.setPen(QPen(QColor(colour), pen, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(box)


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold
