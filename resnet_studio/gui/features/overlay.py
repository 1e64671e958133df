"""The canvas of the enlarged channel: the picture, and over the crop the channel's map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.gui.features.colour_bar import Scale
from resnet_studio.gui.features.images import levels_image
from resnet_studio.gui.features.picture_view import paint_crop_frame
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.framing import CropBox
from resnet_studio.probe.mosaic import enlarge, to_levels

if TYPE_CHECKING:
    from resnet_studio.probe.channels import FloatArray
    from resnet_studio.probe.field import PixelBox

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


@dataclass(frozen=True, slots=True)
class FieldBoxes:
    """What a cell sees of the network's input.

    Attributes:
        size: Height and width of the input in pixels.
        theoretical: What it can see.
        measured: What most of its gradient lies in; None if that was not measured.
    """

    size: int
    theoretical: PixelBox
    measured: PixelBox | None = None


class OverlayCanvas(QWidget):
    """Draws the picture so that the crop fills the widget, and the map over the crop.

    The map is stretched over the whole crop, as is usual; each cell really is centred on its
    receptive field, which for a ResNet lies up to half a cell further to the left and up.

    Signals:
        cell_hovered(Cell | None): What lies under the cursor.
        cell_chosen(Cell): What was clicked.
    """

    cell_hovered = Signal(object)
    cell_chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture = QImage()
        self._original = QSize()
        self._crop: CropBox = (0.0, 0.0, 1.0, 1.0)
        self.map: FloatArray | None = None
        self._drawn: FloatArray | None = None
        self._scale = Scale(0.0, 0.0)
        self._overlay = QImage()
        self.cell: tuple[int, int] | None = None
        self.fields: FieldBoxes | None = None
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

    def show_map(
        self, channel: FloatArray, scale: Scale, *, instead: FloatArray | None = None
    ) -> None:
        """Lays one (h, w) map over the crop, coloured by `scale`.

        Args:
            channel: The values that the cursor reads.
            scale: Which value gets which colour.
            instead: What is drawn in its place, of any size; the map itself if None.
        """
        self.map, self._scale = channel, scale
        self._drawn = channel if instead is None else instead
        self._overlay = QImage()
        self.update()

    def mark_cell(self, cell: tuple[int, int] | None) -> None:
        """Frames the cell at (row, column); None frames none."""
        self.cell = cell
        self.update()

    def show_fields(self, fields: FieldBoxes | None) -> None:
        """Frames what a cell sees; None frames nothing."""
        self.fields = fields
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
        self._paint_cell(painter, area)
        self._paint_fields(painter, area)
        painter.end()

    def field_area(self, box: PixelBox) -> QRectF:
        """Returns where pixels of the network's input are drawn in this widget."""
        area, size = self.crop_area(), 1 if self.fields is None else self.fields.size
        across, down = area.width() / size, area.height() / size
        return QRectF(
            area.left() + box.left * across,
            area.top() + box.top * down,
            box.width * across,
            box.height * down,
        )

    def _paint_cell(self, painter: QPainter, area: QRectF) -> None:
        if self.cell is None or self.map is None:
            return
        rows, columns = self.map.shape
        across, down = area.width() / columns, area.height() / rows
        row, column = self.cell
        box = QRectF(area.left() + column * across, area.top() + row * down, across, down)
        self._paint_frame(painter, box, QColor(self._theme.text), Qt.PenStyle.SolidLine)

    def _paint_fields(self, painter: QPainter, area: QRectF) -> None:
        """Draws what a cell can see in whole lines, what it looks at in dashes."""
        if self.fields is None:
            return
        colour = QColor(self._theme.danger)  # the crop's frame has the accent
        boxes = (
            (self.fields.theoretical, Qt.PenStyle.SolidLine),
            (self.fields.measured, Qt.PenStyle.DashLine),
        )
        for box, style in boxes:
            if box is not None:
                drawn = self.field_area(box).intersected(area).adjusted(1, 1, -1, -1)
                self._paint_frame(painter, drawn, colour, style)

    def _paint_frame(
        self, painter: QPainter, box: QRectF, colour: QColor, style: Qt.PenStyle
    ) -> None:
        """Draws a line within a band of the opposite lightness: visible on every picture."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self._theme.surface), 5, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(box)
        painter.setPen(QPen(colour, 2, style, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(box)

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
        if not self._overlay.isNull() or self._drawn is None:
            return self._overlay
        values = self._drawn
        if self.smooth:
            ratio = self.devicePixelRatioF()
            rows = max(1, round(area.height() * ratio))
            columns = max(1, round(area.width() * ratio))
            values = enlarge(values, rows, columns, smooth=True)
        low, high, palette = self._scale.low, self._scale.high, self._scale.palette
        levels = to_levels(np.ascontiguousarray(values), low, high, palette)
        self._overlay = levels_image(levels, palette)
        return self._overlay

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells the value under the cursor."""
        self.cell_hovered.emit(self.cell_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the cell under the cursor."""
        cell = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.cell_chosen.emit(cell)
        else:
            super().mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """There is no value any more."""
        super().leaveEvent(event)
        self.cell_hovered.emit(None)

    def grab_image(self) -> QImage:
        """Returns what is shown as a picture."""
        return self.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
