"""The five maps of a block side by side: x, F(x), shortcut(x), the sum and the output.

All are coloured with zero in the middle. What lies under the cursor is shown in all of them at the
same place; where x is larger than the output, that is the same place of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
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

from resnet_studio.gui.features.blocks_layout import Frame, Tiles, all_channels, one_channel
from resnet_studio.gui.features.blocks_words import after_sum, part_tip, part_title
from resnet_studio.gui.features.colour_bar import Scale, paint_colour_bar
from resnet_studio.gui.features.images import levels_image, number, scaled
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.colours import Palette
from resnet_studio.probe.mosaic import FloatArray, Grid, lay_out, to_levels
from resnet_studio.probe.residual import Dissection, Part, beside, reach

_BAR_WIDTH = 320.0
_BAR_ROOM = 16.0
_LEAST_GAP = 16.0
_LEAST_PANE = 64.0
_LEAST_LINES = 6.5
"""Side of one channel in lines of text: below, its numbers would not fit."""
_ROOM = 4.0


@dataclass(frozen=True, slots=True)
class Look:
    """How the maps are shown.

    Attributes:
        every: All channels as tiles instead of one.
        own_scale: Each map has a colour scale of its own instead of one for all five.
    """

    every: bool = False
    own_scale: bool = False


@dataclass(frozen=True, slots=True)
class Pointed:
    """What the cursor points at.

    Attributes:
        channel: Channel of F(x) and what follows.
        across: Place within the map, 0 at the left to 1 at the right.
        down: Place within the map, 0 at the top to 1 at the bottom.
    """

    channel: int
    across: float
    down: float


class BlockMaps(QWidget):
    """Draws the maps of a block.

    Signals:
        channel_chosen(int): A channel was clicked, or chosen by the arrow keys.
        channel_opened(int): A channel was double-clicked, or Enter pressed on it.
    """

    channel_chosen = Signal(int)
    channel_opened = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._found: Dissection | None = None
        self._look = Look()
        self._room = 320.0
        self._boxes: tuple[QRectF, ...] = ()
        self._tiles = Tiles(1, 1.0, 1.0)
        self._images: dict[Part, QImage] = {}
        self._pointed: Pointed | None = None
        self.channel = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Maps of the block"))

    # -- what is shown ------------------------------------------------------------------------

    @property
    def parts(self) -> tuple[Part, ...]:
        """The maps that are shown, from left to right."""
        return () if self._found is None else tuple(self._found.maps)

    @property
    def pointed(self) -> Pointed | None:
        """What the cursor points at."""
        return self._pointed

    def show_block(self, found: Dissection | None) -> None:
        """Shows another block; None shows nothing. The channel stays if the block has it."""
        self._found = found
        self._pointed = None
        if found is not None:
            self.channel = min(self.channel, found.channels - 1)
        self._rebuild()

    def show_channel(self, channel: int) -> None:
        """Shows another channel, or marks it among all."""
        if channel != self.channel:
            self.channel = channel
            self._pointed = None
            if self._look.every:
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
        if height != self._room:
            self._room = height
            self._rebuild()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def box(self, part: Part) -> QRectF:
        """Returns where a map is drawn, in pixels of this widget."""
        return self._boxes[self.parts.index(part)]

    def reach_of(self, part: Part) -> tuple[float, bool]:
        """Returns the value of the last colour of a map, and whether some values lie beyond."""
        parts = [part] if self._look.own_scale else list(self.parts)
        reaches = [self._reach(each) for each in parts]
        usual = max(usual for usual, _ in reaches)
        return usual, max(most for _, most in reaches) > usual

    def own_channel(self, part: Part, channel: int) -> int | None:
        """Returns which channel of a map belongs to `channel` of the sum; None for none."""
        assert self._found is not None
        return beside(self._found.reading.block, channel) if part is Part.INPUT else channel

    def value(self, part: Part, at: Pointed) -> tuple[float, int, int] | None:
        """Returns value, row and column of what is pointed at in one of the maps."""
        assert self._found is not None
        own = self.own_channel(part, at.channel)
        if own is None:
            return None
        values = self._found.maps[part][own]
        row, column = int(at.down * values.shape[0]), int(at.across * values.shape[1])
        return float(values[row, column]), row, column

    def sizeHint(self) -> QSize:
        """The width of five small maps, and the height in which they fit."""
        return QSize(560, 240)

    def minimumSizeHint(self) -> QSize:
        """As tall as the row is."""
        width = len(self.parts) * _LEAST_PANE + sum(self._gaps()) + 2 * _ROOM
        bottom = self._boxes[0].bottom() if self._boxes else self._head() + _LEAST_PANE
        return QSize(round(width), round(bottom + self._foot()))

    # -- laying out ---------------------------------------------------------------------------

    def _rebuild(self) -> None:
        self._images = {}
        self._boxes = ()
        if self._found is not None:
            least = _LEAST_LINES * self._line()
            frame = Frame(self.width(), self._room, self._head(), self._foot(), self._gaps(), least)
            counts = [len(maps) for maps in self._found.maps.values()]
            height, width = next(iter(self._found.maps.values())).shape[1:]
            if self._look.every:
                self._tiles, self._boxes = all_channels(frame, counts, height / width)
            else:
                self._tiles, self._boxes = one_channel(frame, height / width)
            self._images = {part: self._image(part) for part in self.parts}
        self.setMinimumHeight(self.minimumSizeHint().height())
        self.updateGeometry()
        self.update()

    def _line(self) -> float:
        return QFontMetricsF(self.font()).height()

    def _head(self) -> float:
        return 2 * self._line() + 2 * _ROOM

    def _foot(self) -> float:
        """The lines of numbers below the maps, and the colour bar."""
        return 3 * self._line() + _BAR_ROOM + 4 * _ROOM

    def _signs(self) -> list[str]:
        """Returns what stands between the maps."""
        if self._found is None:
            return []
        follows = after_sum(self._found.reading.block)
        last = f"{follows} →" if follows else "="
        if Part.SHORTCUT not in self._found.maps:
            return ["→", last]
        return ["", "+", "=", last]

    def _gaps(self) -> tuple[float, ...]:
        metrics = QFontMetricsF(_bold(self.font()))
        words = (max(sign.split(" "), key=len) for sign in self._signs())
        return tuple(max(_LEAST_GAP, metrics.horizontalAdvance(word) + 8) for word in words)

    # -- pictures -----------------------------------------------------------------------------

    def _reach(self, part: Part) -> tuple[float, float]:
        assert self._found is not None
        if self._look.every:
            return self._found.reaches[part]
        own = self.own_channel(part, self.channel)
        if own is None:
            return 0.0, 0.0
        most = reach(self._found.maps[part][own]).most
        return most, most

    def _image(self, part: Part) -> QImage:
        """Returns a map as a picture of the size in which it is drawn, or smaller."""
        assert self._found is not None
        maps, limit = self._found.maps[part], self.reach_of(part)[0]
        if self._look.every:
            return self._mosaic(maps, limit)
        own = self.own_channel(part, self.channel)
        return QImage() if own is None else self._reduced(_coloured(maps[own], limit), 1.0)

    def _mosaic(self, maps: FloatArray, limit: float) -> QImage:
        count, height, width = maps.shape
        gap = max(1, round(width / self._tiles.across))
        grid = Grid(count, min(count, self._tiles.columns), height, width, gap)
        levels = lay_out(to_levels(maps, -limit, limit, Palette.DIVERGING), grid)
        image = levels_image(levels, Palette.DIVERGING)
        return self._reduced(image, grid.width / (width + gap))

    def _reduced(self, image: QImage, tiles: float) -> QImage:
        """Averages cells where the screen has fewer pixels; `tiles` stand beside each other."""
        wide = self._tiles.across * tiles
        if wide >= image.width():
            return image
        tall = max(1, round(image.height() * wide / image.width()))
        return scaled(image, QSize(max(1, round(wide)), tall), ratio=self.devicePixelRatioF())

    def _target(self, part: Part) -> QRectF:
        """Returns where the picture of a map is drawn."""
        box = self.box(part)
        if not self._look.every or self._found is None:
            return box
        count, height, width = self._found.maps[part].shape
        gap = max(1, round(width / self._tiles.across))
        grid = Grid(count, min(count, self._tiles.columns), height, width, gap)
        factor = self._tiles.across / (width + gap)
        down = self._tiles.down / (height + gap)
        return QRectF(box.left(), box.top(), grid.width * factor, grid.height * down)

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the maps, their names and numbers, and the colour bar."""
        if self._found is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        for part in self.parts:
            self._paint_map(painter, part)
            self._paint_head(painter, part)
            self._paint_foot(painter, part)
        self._paint_signs(painter)
        self._paint_bars(painter)
        if self._look.every:
            self._paint_chosen(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _paint_map(self, painter: QPainter, part: Part) -> None:
        box, image = self.box(part), self._images[part]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        if image.isNull():
            painter.setPen(QColor(self._theme.muted))
            text = self.tr("none in x")
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
        else:
            self._paint_ground(painter, part)
            painter.drawImage(self._target(part), image)
        if not self._look.every:
            painter.setPen(QPen(QColor(self._theme.border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
        if self._pointed is not None:
            self._paint_cell(painter, part, self._pointed)

    def _paint_ground(self, painter: QPainter, part: Part) -> None:
        """Fills what shows in the gaps between tiles: a tile of zeros must be seen too."""
        if self._look.every and self._found is not None:
            rows, rest = divmod(len(self._found.maps[part]), self._tiles.columns)
            target, colour = self._target(part), QColor(self._theme.border)
            whole = QRectF(target)
            whole.setHeight(min(target.height(), rows * self._tiles.down))
            painter.fillRect(whole, colour)
            if rest:
                last = QRectF(target.left(), target.top() + rows * self._tiles.down, 0, 0)
                last.setBottomRight(
                    QPointF(last.left() + rest * self._tiles.across, target.bottom())
                )
                painter.fillRect(last, colour)

    def _paint_cell(self, painter: QPainter, part: Part, at: Pointed) -> None:
        """Frames the cell under the cursor, light and dark, to be seen on every colour."""
        found = self.value(part, at)
        own = self.own_channel(part, at.channel)
        if found is None or own is None or self._found is None:
            return
        _, row, column = found
        height, width = self._found.maps[part].shape[1:]
        tile = self._tile(part, own)
        cell = QRectF(
            tile.left() + column * tile.width() / width,
            tile.top() + row * tile.height() / height,
            max(3.0, tile.width() / width),
            max(3.0, tile.height() / height),
        )
        _paint_frame(painter, cell, "#ffffff", "#000000", 3)

    def _tile(self, part: Part, own: int) -> QRectF:
        box = self.box(part)
        if not self._look.every:
            return box
        tile = self._tiles.place(own).translated(box.topLeft())
        gap = self._tiles.across / 16 if self._tiles.across > 16 else 1.0
        return tile.adjusted(0, 0, -gap, -gap)

    def _paint_chosen(self, painter: QPainter) -> None:
        for part in self.parts:
            own = self.own_channel(part, self.channel)
            if own is not None:
                tile = self._tile(part, own)
                _paint_frame(painter, tile, self._theme.surface, self._theme.accent, 4)

    def _paint_head(self, painter: QPainter, part: Part) -> None:
        assert self._found is not None
        box, line = self._words_box(part), self._line()
        middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(_bold(self.font()))
        painter.setPen(QColor(self._theme.text))
        top = QRectF(box.left(), _ROOM / 2, box.width(), line)
        painter.drawText(top, middle, part_title(part))
        painter.setFont(self.font())
        painter.setPen(QColor(self._theme.muted))
        channels, height, width = self._found.maps[part].shape
        size = f"{channels} × {width}×{height}"
        painter.drawText(top.translated(0, line), middle, self._cut(size, box))

    def _paint_foot(self, painter: QPainter, part: Part) -> None:
        """Writes the lengths, or the value under the cursor."""
        assert self._found is not None
        box, line = self._words_box(part), self._line()
        middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        length = self._found.reading.figures.length(part)
        top = QRectF(box.left(), self.box(part).bottom() + _ROOM, box.width(), line)
        painter.setPen(QColor(self._theme.text))
        text = self.tr("length {length}").format(length=number(length or 0.0))
        painter.drawText(top, middle, self._cut(text, box))
        below = top.translated(0, line)
        if self._pointed is None:
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(below, middle, self._cut(self._channel_line(part), box))
            return
        painter.setFont(_bold(self.font()))
        painter.drawText(below, middle, self._value_line(part, self._pointed))
        painter.setFont(self.font())

    def _cut(self, text: str, box: QRectF) -> str:
        metrics = QFontMetricsF(self.font())
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())

    def _words_box(self, part: Part) -> QRectF:
        """Returns the box of a map, widened for the words above and below it."""
        return self.box(part).adjusted(-_LEAST_GAP / 2, 0, _LEAST_GAP / 2, 0)

    def _channel_line(self, part: Part) -> str:
        assert self._found is not None
        own = self.own_channel(part, self.channel)
        if own is None:
            return "—"
        length = float(np.linalg.norm(self._found.maps[part][own].astype(np.float64)))
        text = self.tr("channel {number}: {length}")
        return text.format(number=own, length=number(length))

    def _value_line(self, part: Part, at: Pointed) -> str:
        found = self.value(part, at)
        return "—" if found is None else number(found[0])

    def _paint_signs(self, painter: QPainter) -> None:
        painter.setFont(_bold(self.font()))
        painter.setPen(QColor(self._theme.text))
        middle = min(self._boxes[0].center().y(), self._head() + self._room / 3)
        pairs = zip(self._boxes, self._boxes[1:], strict=False)
        for sign, (left, right) in zip(self._signs(), pairs, strict=True):
            height = 4 * self._line()
            gap = QRectF(left.right(), middle - height / 2, right.left() - left.right(), height)
            centre = Qt.AlignmentFlag.AlignCenter
            painter.drawText(gap, centre, sign.replace(" ", "\n"))
        painter.setFont(self.font())

    def _paint_bars(self, painter: QPainter) -> None:
        """Draws one colour bar for all maps, or one below each."""
        top = self._boxes[0].bottom() + 2 * self._line() + 3 * _ROOM
        height = self._line() + _BAR_ROOM
        if self._look.own_scale:
            for part in self.parts:
                if not self._images[part].isNull():
                    box = self.box(part)
                    area = QRectF(box.left(), top, box.width(), height)
                    paint_colour_bar(painter, area, self.scale_of(part), self._theme)
            return
        left, right = self._boxes[0].left(), self._boxes[-1].right()
        wide = min(_BAR_WIDTH, right - left)
        area = QRectF((left + right - wide) / 2, top, wide, height)
        paint_colour_bar(painter, area, self.scale_of(self.parts[0]), self._theme)

    def scale_of(self, part: Part) -> Scale:
        """Returns what the colours of a map mean."""
        limit, clipped = self.reach_of(part)
        return Scale(-limit, limit, clipped, palette=Palette.DIVERGING)

    # -- pointing -----------------------------------------------------------------------------

    def point_at(self, point: QPointF) -> Pointed | None:
        """Returns what lies under a point of this widget."""
        if self._found is None:
            return None
        for part, box in zip(self.parts, self._boxes, strict=True):
            if not box.contains(point):
                continue
            within = point - box.topLeft()
            if not self._look.every:
                return _pointed(self.channel, QRectF(0, 0, box.width(), box.height()), within)
            own = self._tiles.position(within, len(self._found.maps[part]))
            channel = None if own is None else self._seen_channel(part, own)
            if own is None or channel is None:
                return None
            return _pointed(channel, self._tile(part, own).translated(-box.topLeft()), within)
        return None

    def _seen_channel(self, part: Part, own: int) -> int | None:
        """Returns the channel of the sum beside which channel `own` of a map is shown."""
        if part is not Part.INPUT or self._found is None:
            return own
        channels = range(self._found.channels)
        return next((c for c in channels if self.own_channel(part, c) == own), None)

    def _show_pointed(self, at: Pointed | None) -> None:
        if at != self._pointed:
            self._pointed = at
            self.setAccessibleDescription("" if at is None else self.describe(at))
            self.update()

    def describe(self, at: Pointed) -> str:
        """Returns channel, places and values of what is pointed at, a line for each map."""
        lines = [self.tr("channel {number}").format(number=at.channel)]
        for part in self.parts:
            found = self.value(part, at)
            if found is not None:
                text = self.tr("{name}: {value} at row {row}, column {column}")
                value, row, column = found
                lines.append(
                    text.format(name=part_title(part), value=number(value), row=row, column=column)
                )
        return "\n".join(lines)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the values under the cursor; over a name, what it means."""
        at = self.point_at(event.position())
        self._show_pointed(at)
        text = "" if at is None else self.describe(at)
        if at is None and event.position().y() < self._head():
            text = self._tip_at(event.position().x())
        elif at is not None and self._look.every:
            text += "\n" + self.tr("Click to choose the channel, double-click to enlarge it")
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def _tip_at(self, x: float) -> str:
        for part, box in zip(self.parts, self._boxes, strict=True):
            if box.left() <= x < box.right():
                return f"{part_title(part)}: {part_tip(part)}"
        return ""

    def leaveEvent(self, event: QEvent) -> None:
        """Shows the lengths again."""
        super().leaveEvent(event)
        self._show_pointed(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the channel under the cursor."""
        at = self.point_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at is not None:
            self.channel_chosen.emit(at.channel)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens the channel under the cursor."""
        at = self.point_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at is not None:
            self.channel_opened.emit(at.channel)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down go through the channels, Enter opens the chosen one."""
        if self._found is None:
            super().keyPressEvent(event)
            return
        step = self._tiles.columns if self._look.every else 1
        steps = {Qt.Key.Key_Up: -step, Qt.Key.Key_Down: step}
        key = Qt.Key(event.key())
        if key in steps:
            wished = self.channel + steps[key]
            if 0 <= wished < self._found.channels:
                self.channel_chosen.emit(wished)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.channel_opened.emit(self.channel)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays out anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._rebuild()


def _pointed(channel: int, box: QRectF, point: QPointF) -> Pointed:
    across = (point.x() - box.left()) / box.width()
    down = (point.y() - box.top()) / box.height()
    most = 1 - 1e-9
    return Pointed(channel, min(max(across, 0.0), most), min(max(down, 0.0), most))


def _coloured(values: FloatArray, limit: float) -> QImage:
    levels = to_levels(values, -limit, limit, Palette.DIVERGING)
    return levels_image(levels, Palette.DIVERGING)


def _paint_frame(painter: QPainter, box: QRectF, outer: str, inner: str, width: int) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, pen in ((outer, width), (inner, max(1, width // 2))):
        painter.setPen(QPen(QColor(colour), pen, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(box)


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold
