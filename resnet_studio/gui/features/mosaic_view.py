"""The channels of a stage or layer as one picture: hover tells, click and Enter enlarge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
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

from resnet_studio.gui.features.images import levels_image, number, scaled
from resnet_studio.gui.features.reading import Reading, place_words
from resnet_studio.gui.features.tiling import (
    FIT,
    LARGEST_FIT,
    Tiling,
    choose_tiling,
    page_capacity,
)
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.colours import Palette
from resnet_studio.probe.mosaic import Colouring, Grid, Mosaic, Order, mosaic

if TYPE_CHECKING:
    from resnet_studio.probe.channels import ChannelMaps, FloatArray

_SQUARE = 8


@dataclass(frozen=True, slots=True)
class Display:
    """How the mosaics are shown; one choice for all stages.

    Attributes:
        order: Order of the channels.
        per_channel: Each channel stretched to its own range instead of one range for the stage.
        tile: Wished width of a tile in screen pixels, or `tiling.FIT`.
        colouring: Whether zero lies in the middle of the colours.
        paged: Channels that would be too small to read, or do not fit, go to further pages.
        largest: How large a tile may become where it is to fit, in screen pixels.
    """

    order: Order = Order.CHANNEL
    per_channel: bool = False
    tile: int = FIT
    colouring: Colouring = Colouring.AUTOMATIC
    paged: bool = False
    largest: int = LARGEST_FIT


class MosaicView(QWidget):
    """Draws the mosaic of one section or layer; as tall as it needs to be at its width.

    Signals:
        channel_chosen(int): The channel that was clicked, or chosen by Enter.
        scale_changed(): Another mosaic is shown: the colour bar has other numbers.
        read(Reading | None): The number under the cursor.
    """

    channel_chosen = Signal(int)
    scale_changed = Signal()
    read = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._maps: ChannelMaps | None = None
        self._other: FloatArray | None = None
        self._names: tuple[str, ...] = ()
        self._display = Display()
        self._budget = 320
        self._tiling: Tiling | None = None
        self._image = QImage()
        self._smooth = QImage()
        self._position = 0
        self._page = 0
        self._page_size = 1
        self._hovered: int | None = None
        self.mosaic: Mosaic | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(160)

    # -- what is shown ------------------------------------------------------------------------

    @property
    def maps(self) -> ChannelMaps | None:
        """The feature maps that are drawn."""
        return self._maps

    @property
    def image(self) -> QImage:
        """The coloured mosaic, one pixel a cell."""
        return self._image

    @property
    def zoom(self) -> float:
        """Screen pixels per cell."""
        return self._tiling.zoom if self._tiling is not None else 1.0

    @property
    def current_channel(self) -> int | None:
        """The channel that the keyboard stands on."""
        return None if self.mosaic is None else int(self.mosaic.order[self._position])

    @property
    def page(self) -> int:
        """Number of the page that is shown, from 0."""
        return self._page

    @property
    def page_count(self) -> int:
        """Number of pages."""
        return 1 if self._maps is None else -(-len(self._maps.maps) // self._page_size)

    def show_maps(
        self,
        maps: ChannelMaps,
        *,
        other: FloatArray | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        """Shows other feature maps.

        Args:
            maps: What is to be shown.
            other: What another picture made of the same layer, to sort by the difference.
            names: A name for each channel, such as the classes; none if empty.
        """
        if self._maps is None or len(maps.maps) != len(self._maps.maps):
            self._position = self._page = 0
        self._maps, self._other, self._names = maps, other, names
        self._rebuild()

    def show_as(self, display: Display) -> None:
        """Sorts, colours and sizes in another way."""
        if display != self._display:
            self._display = display
            self._position = self._page = 0
            self._rebuild()

    def show_page(self, page: int) -> None:
        """Shows another page, within those that there are; the first tile becomes current."""
        page = min(max(page, 0), self.page_count - 1)
        if page != self._page:
            self._page, self._position = page, 0
            self._rebuild()

    def set_budget(self, height: int) -> None:
        """Says how tall a mosaic may become when the tile size is left to the panel."""
        if height != self._budget:
            self._budget = height
            measured = self._display.tile == FIT or self._display.paged
            if measured and self._wished() != (self._tiling, self._page_size):
                self._rebuild()

    def set_theme(self, theme: Theme) -> None:
        """Draws the frame of the current tile in the colours of `theme`."""
        self._theme = theme
        self.update()

    def set_current_channel(self, channel: int) -> None:
        """Puts the keyboard on a channel, and shows the page on which it is."""
        if self.mosaic is not None:
            self._go_to(self.mosaic.rank_of(channel))

    def channel_box(self, channel: int) -> QRectF:
        """Returns where a channel is drawn, in pixels of this widget."""
        assert self.mosaic is not None
        left, top, width, height = self.mosaic.grid.box(self.mosaic.position_of(channel))
        zoom = self.zoom
        return QRectF(left * zoom, top * zoom, width * zoom, height * zoom)

    def channel_at(self, point: QPoint) -> int | None:
        """Returns the channel drawn at a point of this widget."""
        if self.mosaic is None:
            return None
        return self.mosaic.channel_at(point.x() / self.zoom, point.y() / self.zoom)

    def reading_at(self, point: QPoint) -> Reading | None:
        """Returns the number drawn at a point of this widget."""
        channel = self.channel_at(point)
        if channel is None or self._maps is None:
            return None
        box = self.channel_box(channel)
        values = self._maps.maps[channel]
        # The last row and column of a reduced tile would else be rounded beyond its end.
        row = min(int((point.y() - box.top()) / self.zoom), values.shape[0] - 1)
        column = min(int((point.x() - box.left()) / self.zoom), values.shape[1] - 1)
        row, column = max(0, row), max(0, column)
        return Reading(self._maps.name, channel, row, column, float(values[row, column]))

    def describe(self, channel: int) -> str:
        """Returns the number, the name if it has one, and the mean of a channel in words."""
        assert self._maps is not None
        text = self.tr("channel {number} · mean {mean}").format(
            number=channel, mean=number(float(self._maps.channel_mean[channel]))
        )
        return f"{self._names[channel]}: {text}" if self._names else text

    def sizeHint(self) -> QSize:
        """The mosaic at its zoom."""
        return QSize(480, self._tall())

    def _tall(self) -> int:
        return 40 if self.mosaic is None else max(1, round(self.mosaic.grid.height * self.zoom))

    def _wished(self) -> tuple[Tiling | None, int]:
        """Returns how the tiles are to stand, and how many on a page."""
        if self._maps is None:
            return None, 1
        count, height, width = _drawn(self._maps.maps).shape
        room = {"width": self.width(), "height": self._budget, "tile": self._display.tile}
        if self._display.paged:
            count = page_capacity(count, height, width, **room)
        tiling = choose_tiling(count, height, width, **room, largest=self._display.largest)
        return tiling, count

    def _rebuild(self) -> None:
        """Lays out and colours anew: about three milliseconds for 2,048 channels of 7 x 7."""
        if self._maps is None:
            return
        first = self._page * self._page_size
        self._tiling, self._page_size = self._wished()
        assert self._tiling is not None
        self._page = min(first, len(self._maps.maps) - 1) // self._page_size
        order = self._display.order
        self.mosaic = mosaic(
            _drawn(self._maps.maps),
            columns=self._tiling.columns,
            order=Order.CHANNEL if self._cannot_compare() else order,
            gap=self._tiling.gap,
            per_channel=self._display.per_channel,
            colouring=self._display.colouring,
            other=None if self._other is None else _drawn(self._other),
            page=slice(self._page * self._page_size, (self._page + 1) * self._page_size),
        )
        self._position = min(self._position, self.mosaic.grid.count - 1)
        self._image = levels_image(self.mosaic.levels, self.mosaic.palette)
        self._smooth = QImage()
        self._hovered = None
        self.setFixedHeight(self._tall())
        self.updateGeometry()
        self.update()
        self.scale_changed.emit()

    def _cannot_compare(self) -> bool:
        """Whether the order is by difference and there is nothing to compare with."""
        other = None if self._other is None else self._other.shape
        assert self._maps is not None
        return self._display.order == Order.DIFFERENCE and other != self._maps.maps.shape

    def _go_to(self, rank: int) -> None:
        """Makes the channel at a place of the order the current one, on whichever page it is."""
        self.show_page(rank // self._page_size)
        self._position = rank % self._page_size
        self.update()

    # -- Qt -------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts as many tiles into a row as fit."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            wished = self._wished()
            if wished[0] is not None and wished != (self._tiling, self._page_size):
                self._rebuild()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the exposed part; enlarged cells stay sharp, reduced ones are averaged."""
        if self.mosaic is None:
            return
        painter = QPainter(self)
        self._paint_ground(painter)
        target = QRectF(event.rect())
        source, factor = self._source()
        part = QRectF(
            target.left() * factor,
            target.top() * factor,
            target.width() * factor,
            target.height() * factor,
        )
        painter.drawImage(target, source, part)
        self._paint_frames(painter)
        painter.end()

    def _paint_ground(self, painter: QPainter) -> None:
        """Shades the gaps of a symmetric mosaic: a tile of zeros would vanish in a light window."""
        assert self.mosaic is not None
        if self.mosaic.palette == Palette.DIVERGING:
            grid, zoom = self.mosaic.grid, self.zoom
            painter.fillRect(ground(grid, zoom, last=False), QColor(self._theme.border))
            painter.fillRect(ground(grid, zoom, last=True), QColor(self._theme.border))

    def _source(self) -> tuple[QImage, float]:
        """Returns the picture to draw from and its pixels per logical pixel of this widget."""
        if self.zoom >= 1.0:
            return self._image, 1.0 / self.zoom
        ratio = self.devicePixelRatioF()
        if self._smooth.isNull() or self._smooth.devicePixelRatio() != ratio:
            size = QSize(round(self._image.width() * self.zoom), self._tall())
            self._smooth = scaled(self._image, size, ratio=ratio)
        return self._smooth, self._smooth.height() / self._tall()

    def _paint_frames(self, painter: QPainter) -> None:
        if self._hovered is not None:
            self._paint_frame(painter, self._hovered)
        if self.hasFocus() and (channel := self.current_channel) is not None:
            self._paint_frame(painter, channel)

    def _paint_frame(self, painter: QPainter, channel: int) -> None:
        """Draws a line within a band of the opposite lightness: visible on every colour."""
        box = self.channel_box(channel)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((self._theme.surface, 6), (self._theme.accent, 3)):
            painter.setPen(QPen(QColor(colour), width, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(box)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Says which number of which channel lies under the cursor."""
        reading = self.reading_at(event.position().toPoint())
        if reading is not None:
            text = self.tr("{channel}\n{place}\nClick to enlarge it over the picture").format(
                channel=self.describe(reading.channel), place=place_words(reading)
            )
            QToolTip.showText(event.globalPosition().toPoint(), text, self)
        else:
            QToolTip.hideText()
        self._hover(None if reading is None else reading.channel)
        self.read.emit(reading)

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the frame away."""
        super().leaveEvent(event)
        self._hover(None)
        self.read.emit(None)

    def _hover(self, channel: int | None) -> None:
        if channel != self._hovered:
            self._hovered = channel
            if channel is None:
                self.unsetCursor()
            else:
                self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Makes the tile under the cursor the current one."""
        channel = self.channel_at(event.position().toPoint())
        if channel is not None and self.mosaic is not None:
            self._position = self.mosaic.position_of(channel)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Chooses the channel under the cursor."""
        channel = self.channel_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and channel is not None:
            self.channel_chosen.emit(channel)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys move from tile to tile, Enter and Space enlarge."""
        if self.mosaic is None:
            return super().keyPressEvent(event)
        key = Qt.Key(event.key())
        columns = self.mosaic.grid.columns
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.channel_chosen.emit(self.current_channel)
        elif key in steps and self._can_go(steps[key]):
            self._go_to(self._rank + steps[key])
            self.setAccessibleDescription(self.describe(self.current_channel or 0))
        else:
            super().keyPressEvent(event)
        return None

    @property
    def _rank(self) -> int:
        """Place of the current tile in the order of all channels."""
        return self._page * self._page_size + self._position

    def _can_go(self, by: int) -> bool:
        return self.mosaic is not None and 0 <= self._rank + by < len(self.mosaic.ranking)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows the current tile."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hides the current tile."""
        super().focusOutEvent(event)
        self.update()


def ground(grid: Grid, zoom: float, *, last: bool) -> QRectF:
    """Returns what the rows of a mosaic cover, in pixels of the screen.

    Args:
        grid: Where the tiles stand.
        zoom: Pixels of the screen for one of the mosaic.
        last: Whether the last row is meant, which may be shorter, or all before it.
    """
    left, top, width, height = grid.box(grid.count - 1)
    if last:
        return QRectF(0, top * zoom, (left + width) * zoom, height * zoom)
    return QRectF(0, 0, grid.width * zoom, top * zoom)


def _drawn(maps: FloatArray) -> FloatArray:
    """Returns maps as they are drawn: single numbers as squares, or the gaps would be as wide."""
    single = maps.shape[1:] == (1, 1)
    return np.broadcast_to(maps, (len(maps), _SQUARE, _SQUARE)) if single else maps
