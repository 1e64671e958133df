"""A small overview in a corner of the drawing: the whole network, and a frame around what is seen.

It is stretched to its own shape, so that a network of a thousand unfolded layers, some hundred
times as wide as high, is still more than a thread. A click or a drag moves the drawing there.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from resnet_studio.gui.architecture.camera import Camera
from resnet_studio.gui.architecture.figures import Drawing, Part, SectionFigure
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.style import Style, mixed

WIDTH, HEIGHT = 224, 64
_LEAST_FRAME = 5.0
"""Pixels of the frame, however little of the network is seen."""
_HIDDEN_FROM = 0.97
"""Share of the drawing that is seen from which an overview tells nothing."""


class Minimap(QWidget):
    """Shows where in the network the window is.

    Signals (GUI thread):
        wanted(float, float): The person wants to see this point of the drawing in the middle.
    """

    wanted = Signal(float, float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._drawing: Drawing | None = None
        self._style: Style | None = None
        self._seen = Rect(0, 0, 1, 1)
        self._overview = QPixmap()
        self.setFixedSize(WIDTH, HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Overview of the network"))
        self.setToolTip(self.tr("The whole network; click or drag to move the drawing there."))

    def show_part(
        self, drawing: Drawing, *, camera: Camera, window: Rect, style: Style, allowed: bool
    ) -> None:
        """Frames what the window shows; hides itself where that is nearly all.

        Args:
            drawing: The whole drawing.
            camera: Which part of it is seen.
            window: The pixels in which it is seen.
            style: Colours of the theme.
            allowed: Whether the person wants an overview at all.
        """
        if drawing is not self._drawing or style is not self._style:
            self._drawing, self._style = drawing, style
            self._overview = QPixmap()
        left, top = camera.to_drawing(window.x, window.y)
        right, bottom = camera.to_drawing(window.right, window.bottom)
        self._seen = Rect(left, top, right - left, bottom - top)
        needed = allowed and _share_seen(self._seen, drawing.bounds) < _HIDDEN_FROM
        self.setVisible(needed)
        if needed:
            self.move(round(window.right) - WIDTH - 8, round(window.bottom) - HEIGHT - 8)
            self.update()

    def seen_frame(self) -> Rect:
        """Returns the frame around what is seen, in pixels of this widget."""
        assert self._drawing is not None  # it is shown only with a drawing
        bounds = self._drawing.bounds
        x_scale, y_scale = WIDTH / bounds.w, HEIGHT / bounds.h
        left = (max(self._seen.x, bounds.x) - bounds.x) * x_scale
        right = (min(self._seen.right, bounds.right) - bounds.x) * x_scale
        top = (max(self._seen.y, bounds.y) - bounds.y) * y_scale
        bottom = (min(self._seen.bottom, bounds.bottom) - bounds.y) * y_scale
        spare = max(0.0, _LEAST_FRAME - (right - left)) / 2
        return Rect(left - spare, top, right - left + 2 * spare, bottom - top)

    # -- Qt ---------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the network, shades what is not seen, and frames what is."""
        if self._drawing is None or self._style is None:
            return
        ratio = self.devicePixelRatioF()
        if self._overview.isNull() or self._overview.devicePixelRatio() != ratio:
            self._overview = overview(self._drawing, self._style, ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._overview)
        frame = self.seen_frame()
        veil = QColor(self._style.surface)
        veil.setAlphaF(0.55)
        painter.fillRect(QRectF(0, 0, frame.x, HEIGHT), veil)
        painter.fillRect(QRectF(frame.right, 0, WIDTH - frame.right, HEIGHT), veil)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._style.border, 1))
        painter.drawRect(QRectF(0.5, 0.5, WIDTH - 1, HEIGHT - 1))
        painter.setPen(QPen(self._style.accent, 2))
        painter.drawRect(QRectF(frame.x, frame.y, frame.w, frame.h).adjusted(1, 1, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Moves the drawing to where the person points."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._want(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the pointer while the button is down."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._want(event.position())

    def sizeHint(self) -> QSize:
        """Its one size."""
        return QSize(WIDTH, HEIGHT)

    def _want(self, point: QPointF) -> None:
        if self._drawing is not None:
            bounds = self._drawing.bounds
            x = bounds.x + min(max(point.x() / WIDTH, 0.0), 1.0) * bounds.w
            y = bounds.y + min(max(point.y() / HEIGHT, 0.0), 1.0) * bounds.h
            self.wanted.emit(x, y)


def overview(drawing: Drawing, style: Style, ratio: float) -> QPixmap:
    """Returns the whole network in the overview's pixels: each block as high as its maps."""
    picture = QPixmap(round(WIDTH * ratio), round(HEIGHT * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(style.surface)
    painter = QPainter(picture)
    painter.scale(WIDTH / drawing.bounds.w, HEIGHT / drawing.bounds.h)
    painter.translate(-drawing.bounds.x, -drawing.bounds.y)
    for figure in drawing.sections:
        column = QRectF(figure.rect.x, drawing.bounds.y, figure.rect.w, drawing.bounds.h)
        painter.fillRect(column, style.headers[figure.index])
        ink = mixed(style.headers[figure.index], style.colours[figure.index], 0.9)
        for rect in _bars(figure):
            painter.fillRect(rect, ink)
    painter.end()
    return picture


def _bars(figure: SectionFigure) -> list[QRectF]:
    bars = []
    for block in figure.blocks:
        height = max(box.rect.h for box in block.boxes if box.part is Part.MAP)
        bars.append(
            QRectF(block.rect.x + block.rect.w * 0.1, -height / 2, block.rect.w * 0.8, height)
        )
    shown = (Part.MAP, Part.STACK, Part.PICTURE)
    bars += [
        QRectF(box.rect.x, box.rect.y, box.rect.w, box.rect.h)
        for box in figure.boxes
        if box.part in shown
    ]
    return bars


def _share_seen(seen: Rect, bounds: Rect) -> float:
    """Returns which share of the drawing's width and height is seen; the smaller of the two."""
    wide = min(seen.right, bounds.right) - max(seen.x, bounds.x)
    high = min(seen.bottom, bounds.bottom) - max(seen.y, bounds.y)
    return min(wide / bounds.w, high / bounds.h)
