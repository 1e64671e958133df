"""One stage's channels as one picture: hover tells, click and Enter enlarge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from resnet_studio.gui.features.tiling import FIT, Tiling, choose_tiling
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.mosaic import Mosaic, Order, mosaic

if TYPE_CHECKING:
    from resnet_studio.probe.activations import SectionMaps


@dataclass(frozen=True, slots=True)
class Display:
    """How the mosaics are shown; one choice for all stages.

    Attributes:
        order: Order of the channels.
        per_channel: Each channel stretched to its own range instead of one range for the stage.
        tile: Wished width of a tile in screen pixels, or `tiling.FIT`.
    """

    order: Order = Order.CHANNEL
    per_channel: bool = False
    tile: int = FIT


class MosaicView(QWidget):
    """Draws the mosaic of one section; as tall as it needs to be at its width.

    Signals:
        channel_chosen(int): The channel that was clicked, or chosen by Enter.
        scale_changed(): Another mosaic is shown: the colour bar has other numbers.
    """

    channel_chosen = Signal(int)
    scale_changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._maps: SectionMaps | None = None
        self._display = Display()
        self._budget = 320
        self._tiling: Tiling | None = None
        self._image = QImage()
        self._smooth = QImage()
        self._position = 0
        self._hovered: int | None = None
        self.mosaic: Mosaic | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(160)

    # -- what is shown ------------------------------------------------------------------------

    @property
    def maps(self) -> SectionMaps | None:
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

    def show_maps(self, maps: SectionMaps) -> None:
        """Shows other feature maps."""
        if self._maps is None or len(maps.maps) != len(self._maps.maps):
            self._position = 0
        self._maps = maps
        self._rebuild()

    def show_as(self, display: Display) -> None:
        """Sorts, colours and sizes in another way."""
        if display != self._display:
            self._display = display
            self._position = 0
            self._rebuild()

    def set_budget(self, height: int) -> None:
        """Says how tall a mosaic may become when the tile size is left to the panel."""
        if height != self._budget:
            self._budget = height
            if self._display.tile == FIT and self._wished_tiling() != self._tiling:
                self._rebuild()

    def set_theme(self, theme: Theme) -> None:
        """Draws the frame of the current tile in the colours of `theme`."""
        self._theme = theme
        self.update()

    def set_current_channel(self, channel: int) -> None:
        """Puts the keyboard on a channel."""
        if self.mosaic is not None:
            self._position = self.mosaic.position_of(channel)
            self.update()

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

    def describe(self, channel: int) -> str:
        """Returns the number and the mean of a channel in words."""
        assert self._maps is not None
        return self.tr("channel {number} · mean {mean}").format(
            number=channel, mean=number(float(self._maps.channel_mean[channel]))
        )

    def sizeHint(self) -> QSize:
        """The mosaic at its zoom."""
        return QSize(480, self._tall())

    def _tall(self) -> int:
        return 40 if self.mosaic is None else max(1, round(self.mosaic.grid.height * self.zoom))

    def _wished_tiling(self) -> Tiling | None:
        if self._maps is None:
            return None
        count, height, width = self._maps.maps.shape
        return choose_tiling(
            count,
            height,
            width,
            width=self.width(),
            height=self._budget,
            tile=self._display.tile,
        )

    def _rebuild(self) -> None:
        """Lays out and colours anew: one to two milliseconds for a stage of ResNet-50."""
        self._tiling = self._wished_tiling()
        if self._maps is None or self._tiling is None:
            return
        self.mosaic = mosaic(
            self._maps.maps,
            columns=self._tiling.columns,
            order=self._display.order,
            gap=self._tiling.gap,
            per_channel=self._display.per_channel,
        )
        self._image = levels_image(self.mosaic.levels)
        self._smooth = QImage()
        self._hovered = None
        self.setFixedHeight(self._tall())
        self.updateGeometry()
        self.update()
        self.scale_changed.emit()

    # -- Qt -------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Puts as many tiles into a row as fit."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            wished = self._wished_tiling()
            if wished is not None and wished != self._tiling:
                self._rebuild()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the exposed part; enlarged cells stay sharp, reduced ones are averaged."""
        if self.mosaic is None:
            return
        painter = QPainter(self)
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
        """Says which channel lies under the cursor."""
        channel = self.channel_at(event.position().toPoint())
        if channel is not None:
            text = self.tr("{channel}\nClick to enlarge it over the picture").format(
                channel=self.describe(channel)
            )
            QToolTip.showText(event.globalPosition().toPoint(), text, self)
        else:
            QToolTip.hideText()
        self._hover(channel)

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the frame away."""
        super().leaveEvent(event)
        self._hover(None)

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
        elif key in steps and 0 <= self._position + steps[key] < self.mosaic.grid.count:
            self._position += steps[key]
            self.setAccessibleDescription(self.describe(self.current_channel or 0))
            self.update()
        else:
            super().keyPressEvent(event)
        return None

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows the current tile."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hides the current tile."""
        super().focusOutEvent(event)
        self.update()
