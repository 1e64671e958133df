"""The picture with the part that the network sees, and that part exactly as the network gets it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.gui.features import crop_drag
from resnet_studio.gui.features.crop_drag import Drag, Grip
from resnet_studio.gui.features.images import scaled
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.limit_height import limit_height
from resnet_studio.probe.framing import CropBox, square_inside

_REACH = 11.0
"""Screen pixels around a corner in which it can be caught."""
_HANDLE = 7.0
_STEP = 1 / 16
"""An arrow key moves the crop by this part of its side."""
_GROWTH = 1.1


class PictureView(QWidget):
    """Draws a picture as large as fits, dimmed outside the crop, which can be dragged.

    The mouse moves the crop, or resizes it at a corner; a click beside it moves it there. Arrow
    keys move it (by a pixel with Shift), + and - or Ctrl and the wheel resize it, a double click
    or Home wishes the usual crop back.

    Signals:
        crop_dragged(CropBox): The person has moved or resized the crop; at each step of a drag.
        reset_asked(): The usual crop is wished back.
    """

    crop_dragged = Signal(object)
    reset_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image = QImage()
        self._smooth = QImage()
        self._drag: Drag | None = None
        self._dragged = False
        self.original = QSize()
        self.crop: CropBox | None = None
        self.field: CropBox | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("The picture, with the crop that the network sees"))
        self.setToolTip(
            self.tr(
                "The frame shows which part of the picture the network sees. Drag it, or a corner "
                "of it; arrow keys, + and − do the same. A double click brings the usual crop back."
            )
        )

    def expect_picture(self, original: QSize) -> None:
        """Makes room for a picture of that size in pixels; nothing of it is known yet."""
        self.original = original
        self._image = self._smooth = QImage()
        self.crop = self.field = self._drag = None
        self._limit_height()
        self.update()

    def show_picture(self, image: QImage) -> None:
        """Shows the expected picture, perhaps reduced for the screen."""
        self._image, self._smooth = image, QImage()
        self.update()

    def show_crop(self, crop: CropBox | None) -> None:
        """Frames the part that the network sees."""
        self.crop = crop
        self.setAccessibleDescription("" if crop is None else _in_words(crop))
        self.update()

    def show_field(self, field: CropBox | None) -> None:
        """Frames a part of the picture that something else looks at, such as a receptive field."""
        self.field = field
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
        return QRectF() if self.crop is None else self._drawn(self.crop)

    def on_picture(self, point: QPointF) -> QPointF:
        """Returns which pixel of the picture lies at a point of this widget."""
        area = self.picture_area()
        across = self.original.width() / area.width()
        down = self.original.height() / area.height()
        return QPointF((point.x() - area.left()) * across, (point.y() - area.top()) * down)

    def _drawn(self, box: CropBox) -> QRectF:
        area = self.picture_area()
        across = area.width() / self.original.width()
        down = area.height() / self.original.height()
        left, top, width, height = box
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
            if self._crop_is_inside():
                self._paint_handles(painter)
        if self.field is not None:
            _paint_field(painter, self._drawn(self.field).intersected(area), self._theme)
        painter.end()

    def _paint_handles(self, painter: QPainter) -> None:
        """Draws what a corner is dragged by; filled where the keyboard is."""
        frame = self._drawn(self._square()).adjusted(1, 1, -1, -1)
        half = _HANDLE / 2
        inner = QRectF(self.rect()).adjusted(half, half, -half, -half)
        painter.setPen(QPen(QColor(self._theme.accent), 2))
        colour = self._theme.accent if self.hasFocus() else self._theme.surface
        painter.setBrush(QColor(colour))
        for corner in crop_drag.corners(frame).values():
            x = min(max(corner.x(), inner.left()), inner.right())
            y = min(max(corner.y(), inner.top()), inner.bottom())
            painter.drawRect(QRectF(x - half, y - half, _HANDLE, _HANDLE))

    # -- dragging ---------------------------------------------------------------------------------

    def _crop_is_inside(self) -> bool:
        """Tells whether the whole crop can be seen: that of a letterbox is larger."""
        assert self.crop is not None
        left, top, width, height = self.crop
        inside = QRectF(QPointF(0, 0), self.original).adjusted(-1, -1, 1, 1)
        return inside.contains(QRectF(left, top, width, height))

    def _square(self) -> CropBox:
        """Returns the square that a drag begins with: the crop, as far as the picture reaches."""
        assert self.crop is not None
        return square_inside(self.crop, self.original.height(), self.original.width())

    def _set_crop(self, crop: CropBox) -> None:
        if crop != self.crop:
            self.show_crop(crop)
            self.crop_dragged.emit(crop)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the crop; beside it, brings it under the cursor first."""
        if event.button() != Qt.MouseButton.LeftButton or self.crop is None:
            return super().mousePressEvent(event)
        start = self.on_picture(event.position())
        box = self._square()
        grip = crop_drag.grip_at(self._drawn(box), event.position(), _REACH)
        if grip is None:
            grip, box = Grip.INSIDE, crop_drag.centred(box, start, self.original)
            self._set_crop(box)
        self._drag, self._dragged = Drag(grip, start, box, self.original), False
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the crop, or says by the cursor what could be dragged."""
        if self._drag is not None:
            crop = self._drag.to(self.on_picture(event.position()))
            if crop != self._drag.box or self._dragged:
                self._dragged = True
                self._set_crop(crop)
        elif self.crop is not None:
            grip = crop_drag.grip_at(self._drawn(self._square()), event.position(), _REACH)
            self.setCursor(Qt.CursorShape.ArrowCursor if grip is None else grip.cursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        self._drag = None
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Wishes the usual crop back."""
        self._drag = None
        self.reset_asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Resizes the crop with Ctrl; without, the column scrolls."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and self.crop is not None:
            factor = 1 / _GROWTH if event.angleDelta().y() > 0 else _GROWTH
            self._set_crop(crop_drag.grown(self._square(), factor, self.original))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves, resizes or resets the crop."""
        if self.crop is None:
            return super().keyPressEvent(event)
        box = self._square()
        by_a_pixel = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = 1 if by_a_pixel else max(1, round(box[2] * _STEP))
        key = Qt.Key(event.key())
        if key in _DIRECTIONS:
            across, down = _DIRECTIONS[key]
            self._set_crop(crop_drag.moved(box, step * across, step * down, self.original))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._set_crop(crop_drag.grown(box, _GROWTH, self.original))
        elif key == Qt.Key.Key_Minus:
            self._set_crop(crop_drag.grown(box, 1 / _GROWTH, self.original))
        elif key == Qt.Key.Key_Home:
            self.reset_asked.emit()
        else:
            super().keyPressEvent(event)
        return None

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Fills the handles."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Empties the handles."""
        super().focusOutEvent(event)
        self.update()


class CropView(QWidget):
    """Draws the preprocessed crop: square, its pixels sharp and equally large when enlarged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = QImage()
        self._largest = 112
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._fit()
        self.setAccessibleName(self.tr("What the network sees"))
        self.setToolTip(
            self.tr("The crop after preprocessing, exactly as the network gets it (made visible).")
        )

    def show_image(self, image: QImage) -> None:
        """Shows the crop, one pixel a pixel of the network's input."""
        self.image = image
        self._fit()
        self.update()

    def set_side(self, pixels: int) -> None:
        """Shows the crop in a square of at most that side."""
        self._largest = pixels
        self._fit()

    def _fit(self) -> None:
        """Makes every pixel of a small crop equally many pixels of the screen."""
        if self.image.isNull():
            return self.setFixedSize(self._largest, self._largest)
        ratio = self.devicePixelRatioF()
        times = int(self._largest * ratio) // self.image.width()
        side = round(times * self.image.width() / ratio) if times else self._largest
        return self.setFixedSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the crop as large as the widget."""
        if self.image.isNull():
            return
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        if self.image.width() > self.width() * ratio:
            painter.drawImage(QPointF(0, 0), scaled(self.image, self.size(), ratio=ratio))
        else:
            painter.drawImage(QRectF(self.rect()), self.image)
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


def _paint_field(painter: QPainter, box: QRectF, theme: Theme) -> None:
    """Draws a box of two lines that differs from the frame of the crop."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((theme.surface, 4), (theme.danger, 2)):
        painter.setPen(QPen(QColor(colour), width, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(box)


def _in_words(crop: CropBox) -> str:
    """Returns side and place of a crop, for those who hear the window."""
    left, top, width, height = (round(value) for value in crop)
    return f"{width} × {height}, ({left}, {top})"


_DIRECTIONS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
