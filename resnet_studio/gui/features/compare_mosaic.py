"""A mosaic whose order and colours are given: three of them, laid out alike, show a comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.gui.features.images import levels_image, scaled
from resnet_studio.gui.features.tiling import Tiling, choose_tiling
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.mosaic import Grid, lay_out, to_levels

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from resnet_studio.probe.comparison import ColourRange
    from resnet_studio.probe.mosaic import FloatArray


class ComparedMosaic(QWidget):
    """Draws channels in an order that others share, and marks the channel that is meant.

    Signals:
        pointed(int): The channel under the cursor; -1 when there is none.
        chosen(int): The channel that was clicked, or that the arrow keys have reached.
    """

    pointed = Signal(int)
    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._maps: FloatArray | None = None
        self._order: npt.NDArray[np.int64] | None = None
        self._range: ColourRange | None = None
        self._tiling: Tiling | None = None
        self._smooth = QImage()
        self._budget = 260
        self.image = QImage()
        self.grid: Grid | None = None
        self.marked = -1
        self.describe: Callable[[int, int, int], str] = lambda channel, _row, _column: str(channel)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)

    # -- what is shown ----------------------------------------------------------------------------

    def show_maps(
        self, maps: FloatArray | None, order: npt.NDArray[np.int64], colours: ColourRange | None
    ) -> None:
        """Shows (C, H, W) maps in an order of their channels; None shows nothing."""
        self._maps, self._order, self._range = maps, order, colours
        self._tiling = None
        self._rebuild()

    def set_budget(self, height: int) -> None:
        """Says how tall it may become."""
        if height != self._budget:
            self._budget = height
            self._rebuild()

    def set_theme(self, theme: Theme) -> None:
        """Draws frames in the colours of `theme`."""
        self._theme = theme
        self.update()

    def mark(self, channel: int) -> None:
        """Frames a channel; -1 frames none."""
        if channel != self.marked:
            self.marked = channel
            self.update()

    def place_at(self, point: QPointF) -> tuple[int, int, int] | None:
        """Returns channel, row and column of the value drawn at a point of this widget."""
        if self.grid is None or self._order is None:
            return None
        x, y = point.x() / self._zoom, point.y() / self._zoom
        position = self.grid.tile_at(x, y)
        if position is None:
            return None
        left, top, _, _ = self.grid.box(position)
        return int(self._order[position]), int(y - top), int(x - left)

    def channel_box(self, channel: int) -> QRectF:
        """Returns where a channel is drawn; empty if it is not."""
        if self.grid is None or self._order is None or channel not in self._order:
            return QRectF()
        position = self._order.tolist().index(channel)
        left, top, width, height = (self._zoom * value for value in self.grid.box(position))
        return QRectF(left, top, width, height)

    def sizeHint(self) -> QSize:
        """The mosaic at its zoom."""
        return QSize(300, self._tall())

    @property
    def _zoom(self) -> float:
        return self._tiling.zoom if self._tiling is not None else 1.0

    def _tall(self) -> int:
        return 24 if self.grid is None else max(1, round(self.grid.height * self._zoom))

    def _rebuild(self) -> None:
        """Lays out and colours anew, if there is room and something to show."""
        if self._maps is None or self._range is None or self._order is None:
            self.grid, self.image = None, QImage()
        elif (tiling := self._wished()) != self._tiling or self.image.isNull():
            self._tiling = tiling
            count, height, width = self._maps.shape
            self.grid = Grid(count, tiling.columns, height, width, tiling.gap)
            colours = self._range
            levels = to_levels(self._maps[self._order], colours.low, colours.high, colours.palette)
            self.image = levels_image(lay_out(levels, self.grid), colours.palette)
        self._smooth = QImage()
        self.setFixedHeight(self._tall())
        self.update()

    def _wished(self) -> Tiling:
        assert self._maps is not None
        count, height, width = self._maps.shape
        return choose_tiling(count, height, width, width=self.width(), height=self._budget)

    # -- Qt ---------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts as many tiles into a row as fit."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._rebuild()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the mosaic; enlarged cells stay sharp, reduced ones are averaged."""
        if self.grid is None:
            return
        painter = QPainter(self)
        size = QSize(round(self.image.width() * self._zoom), self._tall())
        if self._zoom >= 1:
            painter.drawImage(QRectF(0, 0, size.width(), size.height()), self.image)
        else:
            if self._smooth.isNull():
                self._smooth = scaled(self.image, size, ratio=self.devicePixelRatioF())
            painter.drawImage(QPointF(0, 0), self._smooth)
        self._paint_mark(painter)
        painter.end()

    def _paint_mark(self, painter: QPainter) -> None:
        """Frames the channel in a band of the opposite lightness; thicker with the keyboard."""
        box = self.channel_box(self.marked)
        if box.isEmpty():
            return
        inner = 3 if self.hasFocus() else 2
        for colour, width in ((self._theme.surface, inner + 3), (self._theme.accent, inner)):
            painter.setPen(QPen(QColor(colour), width, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(box)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Says what lies under the cursor, here and in the other mosaics."""
        place = self.place_at(event.position())
        if place is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self.describe(*place), self)
        self.pointed.emit(-1 if place is None else place[0])

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the frame away."""
        super().leaveEvent(event)
        self.pointed.emit(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the channel under the cursor."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.chosen.emit(place[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go from channel to channel."""
        if self.grid is None or self._order is None:
            return super().keyPressEvent(event)
        columns = self.grid.columns
        step = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }.get(Qt.Key(event.key()))
        if step is None:
            return super().keyPressEvent(event)
        order = self._order.tolist()
        position = order.index(self.marked) + step if self.marked in order else 0
        if 0 <= position < len(order):
            self.chosen.emit(order[position])
        return None

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows that the keyboard is elsewhere."""
        super().focusOutEvent(event)
        self.update()
