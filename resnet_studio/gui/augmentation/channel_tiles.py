"""The three channels that a network reads beside the colours, with one cursor for all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.gui.augmentation.painting import bold, scaled
from resnet_studio.gui.augmentation.reading import Reading
from resnet_studio.gui.augmentation.samples import rgb_image
from resnet_studio.gui.features.images import levels_image
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.colours import MIDDLE_LEVEL, Palette

_TILES = 4
_GAP = 10.0
_STRIDE = 8
"""Shift and an arrow key move the cursor by so many pixels."""


class ChannelTiles(QWidget):
    """Draws colours, red, green and blue; the pointer and the arrow keys choose a pixel.

    Signals:
        pointed(): Another pixel is chosen; see `cursor`.
    """

    pointed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._reading: Reading | None = None
        self._images: tuple[QImage, ...] = ()
        self._smooth: dict[int, QImage] = {}
        self.as_it_is = True
        self.cursor_at = (0, 0)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(220, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("What the network reads, channel by channel"))
        self.setToolTip(
            self.tr("Point at a pixel, or go there with the arrow keys (Shift: eight at a time).")
        )

    # -- what is shown ------------------------------------------------------------------------

    def show_reading(self, reading: Reading | None) -> None:
        """Shows another sample; the cursor stays where it is."""
        before = self._reading
        self._reading = reading
        if reading is not None and (before is None or before.side != reading.side):
            self.cursor_at = (reading.side // 2, reading.side // 2)
        self._make_images()

    def set_as_it_is(self, as_it_is: bool) -> None:
        """Shows the numbers as they are, or turned back into colours."""
        self.as_it_is = as_it_is
        self._make_images()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def image(self, tile: int) -> QImage:
        """Returns a tile's picture, a pixel for each number: 0 colours, then red, green, blue."""
        return self._images[tile]

    def titles(self) -> tuple[str, ...]:
        """Returns what stands above the tiles."""
        first = self.tr("Numbers as colours") if self.as_it_is else self.tr("Colours")
        return first, self.tr("Red"), self.tr("Green"), self.tr("Blue")

    def move_cursor(self, x: int, y: int) -> None:
        """Chooses a pixel."""
        if self._reading is None:
            return
        last = self._reading.side - 1
        place = (min(max(0, x), last), min(max(0, y), last))
        if place != self.cursor_at:
            self.cursor_at = place
            self.update()
            self.pointed.emit()

    def _make_images(self) -> None:
        self._smooth.clear()
        reading = self._reading
        if reading is None:
            self._images = ()
        elif self.as_it_is:
            self._images = (
                rgb_image(_cut_to_colours(reading.values)),
                *(
                    levels_image(_levels(channel, reading.reach), Palette.DIVERGING)
                    for channel in reading.values
                ),
            )
        else:
            grey = [np.repeat(reading.back[..., c : c + 1], 3, axis=2) for c in range(3)]
            self._images = tuple(rgb_image(colours) for colours in (reading.back, *grey))
        self.update()

    # -- geometry -------------------------------------------------------------------------------

    def picture(self, tile: int) -> QRectF:
        """Returns where a tile's picture lies: in one row or two, whichever makes it larger."""
        line = float(self.fontMetrics().lineSpacing()) + 2
        columns = max((1, 2, _TILES), key=lambda count: self._side(count, line))
        side = max(8.0, float(int(self._side(columns, line))))
        row, column = divmod(tile, columns)
        return QRectF(column * (side + _GAP), row * (side + _GAP + line) + line, side, side)

    def _side(self, columns: int, line: float) -> float:
        rows = -(-_TILES // columns)
        across = (self.width() - (columns - 1) * _GAP) / columns
        down = (self.height() - (rows - 1) * _GAP) / rows - line
        return min(across, down)

    def pixel_at(self, point: QPointF) -> tuple[int, int] | None:
        """Returns which pixel lies at a point."""
        if self._reading is None:
            return None
        side = self._reading.side
        for tile in range(_TILES):
            area = self.picture(tile)
            if area.contains(point):
                x = int((point.x() - area.left()) / area.width() * side)
                y = int((point.y() - area.top()) / area.height() * side)
                return min(x, side - 1), min(y, side - 1)
        return None

    def sizeHint(self) -> QSize:
        return QSize(520, 420)

    # -- painting -------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the tiles and the cursor on each."""
        if self._reading is None:
            return
        painter = QPainter(self)
        for tile, title in enumerate(self.titles()):
            area = self.picture(tile)
            painter.setFont(bold(self.font()))
            painter.setPen(QColor(self._theme.text))
            metrics = QFontMetrics(painter.font())
            shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, int(area.width()))
            painter.drawText(QPointF(area.left(), area.top() - metrics.descent() - 2), shown)
            painter.drawImage(area.topLeft(), self._resampled(tile, area))
            self._paint_cursor(painter, area)
        painter.end()

    def _resampled(self, tile: int, area: QRectF) -> QImage:
        if tile not in self._smooth:
            size, ratio = area.size().toSize(), self.devicePixelRatioF()
            self._smooth[tile] = scaled(self._images[tile], size, ratio=ratio)
        return self._smooth[tile]

    def _paint_cursor(self, painter: QPainter, area: QRectF) -> None:
        """Draws a frame around the chosen pixel, and a larger one where that would be tiny."""
        assert self._reading is not None
        step = area.width() / self._reading.side
        x, y = self.cursor_at
        frame = QRectF(area.left() + x * step, area.top() + y * step, step, step)
        grown = max(0.0, (9.0 - step) / 2)
        frame.adjust(-grown, -grown, grown, grown)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = 3 if self.hasFocus() else 2
        for colour, wide in ((self._theme.surface, width + 2), (self._theme.accent, width)):
            painter.setPen(QPen(QColor(colour), wide, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(frame)

    # -- pointer and keys -------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Chooses the pixel under the pointer."""
        place = self.pixel_at(event.position())
        if place is not None:
            self.move_cursor(*place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys move the cursor."""
        by = _STRIDE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        across, down = {
            Qt.Key.Key_Left: (-by, 0),
            Qt.Key.Key_Right: (by, 0),
            Qt.Key.Key_Up: (0, -by),
            Qt.Key.Key_Down: (0, by),
        }.get(Qt.Key(event.key()), (0, 0))
        if across or down:
            self.move_cursor(self.cursor_at[0] + across, self.cursor_at[1] + down)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Resamples at the next paint."""
        super().resizeEvent(event)
        self._smooth.clear()

    def changeEvent(self, event: QEvent) -> None:
        """Makes room for larger words."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._smooth.clear()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Draws the cursor more strongly."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Draws it as before."""
        super().focusOutEvent(event)
        self.update()


def _levels(channel: NDArray[np.float32], reach: float) -> NDArray[np.uint8]:
    """Returns the levels of the diverging map, zero in its middle."""
    arm = MIDDLE_LEVEL - 1
    levels: NDArray[np.uint8] = np.clip(
        np.round(MIDDLE_LEVEL + channel * (arm / reach)), 1, 2 * MIDDLE_LEVEL - 1
    ).astype(np.uint8)
    return levels


def _cut_to_colours(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Returns what comes of showing the numbers as a picture: cut to [0, 1]."""
    cut: NDArray[np.uint8] = np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return cut.transpose(1, 2, 0)
