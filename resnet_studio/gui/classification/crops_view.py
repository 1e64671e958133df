"""The picture with the crops that the network sees of it, and the ten crops with their votes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.gui.features.images import percent, scaled
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.limit_height import limit_height

_SHADE = 0.6
_PIXELS_SHOWN = 3
"""From this enlargement on a picture's pixels are shown as they are instead of blurred."""
_SPACE = 4
_COLUMNS = 5

Box = tuple[float, float, float, float]
"""(left, top, width, height) in pixels of the picture."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One crop and what the network says of it.

    Attributes:
        box: Where it lies on the picture.
        mirrored: Whether left and right are exchanged.
        image: The crop as the network sees it.
        name: The class it votes for; empty before that is known.
        probability: How probable that is, 0 to 1.
        struck: Whether it does not count.
    """

    box: Box
    mirrored: bool
    image: QImage
    name: str = ""
    probability: float = 0.0
    struck: bool = False


class CropsView(QWidget):
    """Draws a picture as large as fits, with frames around its crops.

    Signals:
        clicked(int): A crop was clicked; its number. Of ten the one that is not mirrored.
    """

    clicked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image = QImage()
        self._smooth = QImage()
        self.original = QSize()
        self.tiles: tuple[Tile, ...] = ()
        self.lit = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        self.setAccessibleName(self.tr("The picture, with the crops that the network sees"))

    def show_picture(self, image: QImage, original: QSize) -> None:
        """Shows a picture, perhaps reduced for the screen, of that size in pixels."""
        self._image, self._smooth, self.original = image, QImage(), original
        self.tiles = ()
        self._limit_height()
        self.update()

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Frames crops."""
        self.tiles = tuple(tiles)
        self.setToolTip(
            self.tr("Click a crop to strike it out, or to let it count again.")
            if len(self.tiles) > 1
            else self.tr("The frame shows which part of the picture the network sees.")
        )
        self.update()

    def light(self, number: int) -> None:
        """Emphasises one crop; none if it is -1."""
        if number != self.lit:
            self.lit = number
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def area(self) -> QRectF:
        """Returns where the picture is drawn: with room for borders that a letterbox adds."""
        if self.original.isEmpty():
            return QRectF()
        whole = self._whole()
        scale = min(self.width() / whole.width(), self.height() / whole.height())
        left = (self.width() - whole.width() * scale) / 2 - whole.left() * scale
        top = -whole.top() * scale
        size = self.original
        return QRectF(left, top, size.width() * scale, size.height() * scale)

    def box_area(self, box: Box) -> QRectF:
        """Returns where a crop is drawn, in pixels of this widget."""
        area = self.area()
        scale = area.width() / self.original.width()
        left, top, width, height = box
        return QRectF(
            area.left() + left * scale, area.top() + top * scale, width * scale, height * scale
        )

    def sizeHint(self) -> QSize:
        """A landscape photograph in a narrow column."""
        return QSize(280, 200)

    def _whole(self) -> QRectF:
        """Returns the picture and its crops together, in pixels of the picture."""
        whole = QRectF(0, 0, self.original.width(), self.original.height())
        for tile in self.tiles:
            whole = whole.united(QRectF(*tile.box))
        return whole

    def _limit_height(self) -> None:
        if not self.original.isEmpty():
            whole = self._whole()
            limit_height(self, self.width() * whole.height() / whole.width())

    # -- Qt ---------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Resamples at the next paint."""
        super().resizeEvent(event)
        self._smooth = QImage()
        self._limit_height()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Strikes the crop out whose middle is nearest."""
        inside = [
            (number, self.box_area(tile.box))
            for number, tile in enumerate(self.tiles)
            if not tile.mirrored
        ]
        inside = [(number, box) for number, box in inside if box.contains(event.position())]
        if len(self.tiles) > 1 and inside:
            place = event.position()
            distances = [(_distance(box.center(), place), number) for number, box in inside]
            self.clicked.emit(min(distances)[1])

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws picture, shade and frames."""
        if self._image.isNull():
            return
        area = self.area()
        painter = QPainter(self)
        if area.width() >= _PIXELS_SHOWN * self._image.width():
            painter.drawImage(area, self._image)
        else:
            self._paint_smooth(painter, area)
        if self.tiles:
            self._shade(painter, area)
            for number in self._in_order():
                self._frame(painter, number)
        painter.end()

    def _paint_smooth(self, painter: QPainter, area: QRectF) -> None:
        size = area.size().toSize()
        if self._smooth.isNull() or self._smooth.deviceIndependentSize().toSize() != size:
            self._smooth = scaled(self._image, size, ratio=self.devicePixelRatioF())
        painter.drawImage(area.topLeft(), self._smooth)

    def _in_order(self) -> list[int]:
        """Returns the numbers of the crops, the lit one last: nothing covers it."""
        return sorted(range(len(self.tiles)), key=lambda number: number == self.lit)

    def _shade(self, painter: QPainter, area: QRectF) -> None:
        outside, inside = QPainterPath(), QPainterPath()
        inside.setFillRule(Qt.FillRule.WindingFill)
        outside.addRect(area)
        counting = [tile for tile in self.tiles if not tile.struck]
        lit = [self.tiles[self.lit]] if 0 <= self.lit < len(self.tiles) else counting
        for tile in lit:
            inside.addRect(self.box_area(tile.box))
        shade = QColor(self._theme.window)
        shade.setAlphaF(_SHADE)
        painter.fillPath(outside.subtracted(inside.simplified()), shade)

    def _frame(self, painter: QPainter, number: int) -> None:
        tile = self.tiles[number]
        if tile.mirrored and number != self.lit:
            return  # it lies where another lies already
        frame = self.box_area(tile.box).adjusted(1, 1, -1, -1)
        colour = self._theme.danger if tile.struck else self._theme.accent
        thick = number == self.lit or len(self.tiles) == 1
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for each, width in ((self._theme.surface, 5 if thick else 3), (colour, 2 if thick else 1)):
            pen = QPen(QColor(each), width, j=Qt.PenJoinStyle.MiterJoin)
            if tile.struck and each == colour:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawRect(frame)


class VotesView(QWidget):
    """Draws crops as tiles with what each votes for; a click strikes one out.

    The keys: arrows go from crop to crop, space strikes out.

    Signals:
        clicked(int): A crop is to be struck out, or to count again.
        lit(int): The pointer or the keyboard is on a crop; -1 for none.
    """

    clicked = Signal(int)
    lit = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.tiles: tuple[Tile, ...] = ()
        self.current = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("The ten crops and their votes"))

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Shows crops."""
        self.tiles = tuple(tiles)
        self.setAccessibleDescription(", ".join(self._told(tile) for tile in self.tiles))
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def tile_area(self, number: int) -> QRect:
        """Returns where a crop is drawn with its vote, in pixels of this widget."""
        side = self._side()
        row, column = divmod(number, _COLUMNS)
        height = self._height()
        return QRect(column * (side + _SPACE), row * height, side, height - _SPACE)

    def sizeHint(self) -> QSize:
        """Two rows of five."""
        rows = max(1, -(-len(self.tiles) // _COLUMNS))
        return QSize(_COLUMNS * 56, rows * self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wider tiles are higher, too."""
        super().resizeEvent(event)
        self.updateGeometry()

    def _side(self) -> int:
        return max(24, (self.width() - (_COLUMNS - 1) * _SPACE) // _COLUMNS)

    def _height(self) -> int:
        return self._side() + 2 * self.fontMetrics().height() + 2 * _SPACE

    def _at(self, place: QPointF) -> int:
        for number in range(len(self.tiles)):
            if self.tile_area(number).contains(place.toPoint()):
                return number
        return -1

    def _make_current(self, number: int) -> None:
        if number != self.current:
            self.current = number
            self.lit.emit(number)
            self.update()

    def _told(self, tile: Tile) -> str:
        parts = [self.tr("mirrored") if tile.mirrored else "", tile.name]
        parts.append(percent(tile.probability) if tile.name else "")
        parts.append(self.tr("struck out") if tile.struck else "")
        return " ".join(filter(None, parts))

    # -- Qt ---------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Lights the crop under the pointer on the picture."""
        self._make_current(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Lights none."""
        super().leaveEvent(event)
        self._make_current(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Strikes the crop under the pointer out."""
        if (number := self._at(event.position())) >= 0:
            self.clicked.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Goes from crop to crop, and strikes out."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -_COLUMNS,
            Qt.Key.Key_Down: _COLUMNS,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is not None and self.tiles:
            number = max(0, self.current + step) if self.current >= 0 else 0
            self._make_current(min(len(self.tiles) - 1, number))
        elif event.key() == Qt.Key.Key_Space and 0 <= self.current < len(self.tiles):
            self.clicked.emit(self.current)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tells the whole vote of the crop under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self._at(QPointF(event.pos()))
            text = self._told(self.tiles[number]) if number >= 0 else ""
            more = self.tr("Click to strike it out, or to let it count again.")
            QToolTip.showText(event.globalPos(), f"{text}\n{more}" if text else "", self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the tiles."""
        painter = QPainter(self)
        for number, tile in enumerate(self.tiles):
            self._paint_tile(painter, number, tile)
        painter.end()

    def _paint_tile(self, painter: QPainter, number: int, tile: Tile) -> None:
        area = self.tile_area(number)
        side = area.width()
        square = QRect(area.left(), area.top(), side, side)
        image = scaled(tile.image, square.size(), ratio=self.devicePixelRatioF())
        painter.setOpacity(0.35 if tile.struck else 1.0)
        painter.drawImage(square.topLeft(), image)
        painter.setOpacity(1.0)
        if tile.struck:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self._theme.danger), 2))
            painter.drawLine(square.topLeft(), square.bottomRight())
            painter.drawLine(square.topRight(), square.bottomLeft())
        if number == self.current:
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(square.adjusted(1, 1, -1, -1))
        self._paint_vote(painter, area, side, tile)

    def _paint_vote(self, painter: QPainter, area: QRect, side: int, tile: Tile) -> None:
        if not tile.name:
            return
        metrics = self.fontMetrics()
        line = QRect(area.left(), area.top() + side + 1, side, metrics.height())
        painter.setPen(QColor(self._theme.muted if tile.struck else self._theme.text))
        name = metrics.elidedText(tile.name, Qt.TextElideMode.ElideRight, side)
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, name)
        line.translate(0, metrics.height())
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, percent(tile.probability))


def _distance(one: QPointF, other: QPointF) -> float:
    return (one.x() - other.x()) ** 2 + (one.y() - other.y()) ** 2
