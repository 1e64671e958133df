"""The canvas of the enlarged channel: the picture, and over the crop the channel's map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.gui.features.colour_bar import Scale
from resnet_studio.gui.features.images import levels_image
from resnet_studio.gui.features.picture_view import paint_crop_frame
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.framing import CropBox
from resnet_studio.probe.mosaic import enlarge, to_levels

if TYPE_CHECKING:
    from resnet_studio.probe.mosaic import FloatArray

_MARGIN = 14


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a feature map.

    Attributes:
        row: From the top, 0 first.
        column: From the left, 0 first.
        value: The activation.
    """

    row: int
    column: int
    value: float


class OverlayCanvas(QWidget):
    """Draws the picture so that the crop fills the widget, and the map over the crop.

    The map is stretched over the whole crop, as is usual; each cell really is centred on its
    receptive field, which for a ResNet lies up to half a cell further to the left and up.

    Signals:
        cell_hovered(Cell | None): What lies under the cursor.
    """

    cell_hovered = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = QImage()
        self._original = QSize()
        self._crop: CropBox = (0.0, 0.0, 1.0, 1.0)
        self.map: FloatArray | None = None
        self._scale = Scale(0.0, 0.0)
        self._overlay = QImage()
        self.opacity = 0.7
        self.smooth = False
        self.setMouseTracking(True)
        self.setMinimumSize(200, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("The channel over the picture"))

    def show_picture(self, image: QImage, original: QSize, crop: CropBox) -> None:
        """Sets what lies under the map.

        Args:
            image: The picture, perhaps reduced for the screen.
            original: Size of the picture in its own pixels.
            crop: What the network sees of it.
        """
        self._picture, self._original, self._crop = image, original, crop
        self._overlay = QImage()
        self.update()

    def show_map(self, channel: FloatArray, scale: Scale) -> None:
        """Lays one (h, w) map over the crop, coloured by `scale`."""
        self.map, self._scale = channel, scale
        self._overlay = QImage()
        self.update()

    def set_opacity(self, opacity: float) -> None:
        """Sets how much the map covers the picture, 0 to 1."""
        self.opacity = opacity
        self.update()

    def set_smooth(self, smooth: bool) -> None:
        """Interpolates between cell centres, or shows the cells as they are."""
        self.smooth = smooth
        self._overlay = QImage()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def crop_area(self) -> QRectF:
        """Returns where the crop, and so the map, is drawn in this widget."""
        _, _, width, height = self._crop
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        zoom = min(room.width() / width, room.height() / height)
        size = QPointF(width * zoom, height * zoom)
        corner = room.center() - size / 2
        return QRectF(corner.x(), corner.y(), size.x(), size.y())

    def cell_at(self, point: QPointF) -> Cell | None:
        """Returns the cell under a point of this widget."""
        area = self.crop_area()
        if self.map is None or not area.contains(point):
            return None
        rows, columns = self.map.shape
        row = min(rows - 1, int((point.y() - area.top()) / area.height() * rows))
        column = min(columns - 1, int((point.x() - area.left()) / area.width() * columns))
        return Cell(row, column, float(self.map[row, column]))

    def sizeHint(self) -> QSize:
        """Whatever there is."""
        return QSize(600, 480)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Resamples at the next paint."""
        super().resizeEvent(event)
        self._overlay = QImage()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws picture, map and frame."""
        painter = QPainter(self)
        area = self.crop_area()
        self._paint_picture(painter, area)
        if self.map is not None:
            painter.setOpacity(self.opacity)
            painter.drawImage(area, self._overlay_image(area))
            painter.setOpacity(1.0)
        painter.end()

    def _paint_picture(self, painter: QPainter, area: QRectF) -> None:
        if self._picture.isNull():
            return
        left, top, width, height = self._crop
        across, down = area.width() / width, area.height() / height
        whole = QRectF(
            area.left() - left * across,
            area.top() - top * down,
            self._original.width() * across,
            self._original.height() * down,
        )
        smooth = whole.width() < 8 * self._original.width()  # beyond, pixels are to be seen
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(whole, self._picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        paint_crop_frame(painter, whole, area, self._theme)

    def _overlay_image(self, area: QRectF) -> QImage:
        """Returns the coloured map; smooth ones are interpolated as values, then coloured."""
        if not self._overlay.isNull() or self.map is None:
            return self._overlay
        values = self.map
        if self.smooth:
            ratio = self.devicePixelRatioF()
            rows = max(1, round(area.height() * ratio))
            columns = max(1, round(area.width() * ratio))
            values = enlarge(values, rows, columns, smooth=True)
        low, high = self._scale.low, self._scale.high
        self._overlay = levels_image(to_levels(np.ascontiguousarray(values), low, high))
        return self._overlay

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells the value under the cursor."""
        self.cell_hovered.emit(self.cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """There is no value any more."""
        super().leaveEvent(event)
        self.cell_hovered.emit(None)

    def grab_image(self) -> QImage:
        """Returns what is shown as a picture."""
        return self.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
