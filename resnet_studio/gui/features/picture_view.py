"""The picture with the part that the network sees, and that part exactly as the network gets it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.gui.features.images import scaled
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.limit_height import limit_height

_PIXELS_SHOWN = 3
"""From this enlargement on a picture's pixels are shown as they are instead of blurred."""

CropBox = tuple[float, float, float, float]
"""(left, top, width, height) in pixels of the original picture."""


class PictureView(QWidget):
    """Draws a picture as large as fits, dimmed outside the crop."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image = QImage()
        self._smooth = QImage()
        self.original = QSize()
        self.crop: CropBox | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        self.setAccessibleName(self.tr("The picture, with the crop that the network sees"))
        self.setToolTip(self.tr("The frame shows which part of the picture the network sees."))

    def expect_picture(self, original: QSize) -> None:
        """Makes room for a picture of that size in pixels; nothing of it is known yet."""
        self.original = original
        self._image = self._smooth = QImage()
        self.crop = None
        self._limit_height()
        self.update()

    def show_picture(self, image: QImage) -> None:
        """Shows the expected picture, perhaps reduced for the screen."""
        self._image, self._smooth = image, QImage()
        self.update()

    def show_crop(self, crop: CropBox | None) -> None:
        """Frames the part that the network sees."""
        self.crop = crop
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def picture_area(self) -> QRectF:
        """Returns where the picture is drawn, in pixels of this widget."""
        if self.original.isEmpty():
            return QRectF()
        size = self.original.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - size.width()) / 2
        return QRectF(round(left), 0, max(1, size.width()), max(1, size.height()))

    def crop_area(self) -> QRectF:
        """Returns where the crop is drawn, in pixels of this widget."""
        if self.crop is None:
            return QRectF()
        area = self.picture_area()
        across = area.width() / self.original.width()
        down = area.height() / self.original.height()
        left, top, width, height = self.crop
        return QRectF(
            area.left() + left * across, area.top() + top * down, width * across, height * down
        )

    def sizeHint(self) -> QSize:
        """A landscape photograph in a narrow column."""
        return QSize(280, 190)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Resamples at the next paint."""
        super().resizeEvent(event)
        self._smooth = QImage()
        self._limit_height()

    def _limit_height(self) -> None:
        """Takes no more height than the picture needs at this width."""
        if not self.original.isEmpty():
            needed = self.width() * self.original.height() / self.original.width()
            limit_height(self, needed)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws picture, shade and frame."""
        if self._image.isNull():
            return
        area = self.picture_area()
        if self._smooth.isNull():
            self._smooth = scaled(self._image, area.size().toSize(), ratio=self.devicePixelRatioF())
        painter = QPainter(self)
        painter.drawImage(area.topLeft(), self._smooth)
        if self.crop is not None:
            paint_crop_frame(painter, area, self.crop_area(), self._theme)
        painter.end()


class CropView(QWidget):
    """Draws the preprocessed crop: square, cells sharp where they are enlarged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_side(112)
        self.setAccessibleName(self.tr("What the network sees"))
        self.setToolTip(
            self.tr("The crop after preprocessing, exactly as the network gets it (made visible).")
        )

    def show_image(self, image: QImage) -> None:
        """Shows the crop, one pixel a pixel of the network's input."""
        self.image = image
        self.update()

    def set_side(self, pixels: int) -> None:
        """Shows the crop in a square of that side."""
        self.setFixedSize(pixels, pixels)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the crop as large as fits."""
        if self.image.isNull():
            return
        size = self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        if self.image.width() > size.width() * ratio:
            painter.drawImage(QPointF(0, 0), scaled(self.image, size, ratio=ratio))
        else:
            painter.drawImage(QRectF(0, 0, size.width(), size.height()), self.image)
        painter.end()


def paint_crop_frame(painter: QPainter, picture: QRectF, crop: QRectF, theme: Theme) -> None:
    """Dims what lies outside the crop and frames it in two lines, visible on any picture."""
    outside = QPainterPath()
    outside.addRect(picture)
    inside = QPainterPath()
    inside.addRect(crop)
    shade = QColor(theme.window)
    shade.setAlphaF(0.55)
    painter.fillPath(outside.subtracted(inside), shade)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    frame = crop.intersected(picture).adjusted(1, 1, -1, -1)
    for colour, width in ((theme.surface, 5), (theme.accent, 2)):
        painter.setPen(QPen(QColor(colour), width, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(frame)
