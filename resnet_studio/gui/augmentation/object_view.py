"""The picture with the heat map of what the crops show, and the box around an object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.gui.augmentation.object_drag import (
    BoxDrag,
    Handle,
    central,
    handle_at,
    handles,
    moved,
    pulled,
)
from resnet_studio.gui.features.images import rgb_image, scaled
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.limit_height import limit_height
from resnet_studio.probe.colours import LEVELS, Palette, colour_map

if TYPE_CHECKING:
    import numpy.typing as npt

_OPACITY = 0.62
_SHADE = 0.55
_REACH = 9.0
_KNOB = 4.0
_LEAST_DRAG = 4.0
"""Pixels of the screen below which a drag is a click."""
_STEP = 0.01
"""Part of the picture that an arrow key moves the box by."""


class ObjectView(QWidget):
    """Draws a picture as large as fits; a box on it is dragged by mouse or moved by keys.

    The keys: Enter makes a box where there is none, arrows move it, with Shift they resize it,
    with Ctrl they go by a pixel; Delete takes it away.

    Attributes:
        original: Size of the picture in pixels.
        box: The box in pixels of the picture; None for none.
        heat_shown: Whether the heat map covers the picture.

    Signals:
        box_changed(): The box is being dragged.
        box_chosen(): The drag has ended, or a key changed the box.
        pointed(object): QPointF, the place of the picture under the cursor; None outside.
    """

    box_changed = Signal()
    box_chosen = Signal()
    pointed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image = QImage()
        self._heat = QImage()
        self._smooth = QImage()
        self._drag: BoxDrag | None = None
        self._outline: tuple[QPointF, ...] | None = None
        self.original = QSize()
        self.box: QRectF | None = None
        self.heat_shown = True
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 140)
        self.setAccessibleName(self.tr("The picture with the box around the object"))
        self.setAccessibleDescription(
            self.tr("Enter makes a box, arrows move it, with Shift they resize it, Delete clears")
        )

    # -- what is shown ------------------------------------------------------------------------

    def show_picture(self, image: QImage, original: QSize) -> None:
        """Shows a picture, perhaps reduced for the screen, of that size in pixels."""
        self._image, self.original = image, original
        self._smooth, self._heat, self._outline = QImage(), QImage(), None
        self._limit_height()
        self.update()

    def show_heat(self, counts: npt.NDArray[np.int32] | None, most: int) -> None:
        """Covers the picture with colours for counts from 0 to `most`."""
        if counts is None or not counts.size:
            self._heat = QImage()
        else:
            levels = np.rint(counts * ((LEVELS - 1) / max(1, most))).astype(np.intp)
            self._heat = rgb_image(colour_map(Palette.SEQUENTIAL)[levels])
        self.update()

    def set_heat_shown(self, shown: bool) -> None:
        """Shows or hides the heat map."""
        self.heat_shown = shown
        self.update()

    def show_outline(self, points: Sequence[tuple[float, float]] | None) -> None:
        """Frames one crop and dims what it does not show; None for none."""
        self._outline = None if points is None else tuple(QPointF(x, y) for x, y in points)
        self.update()

    def set_box(self, box: QRectF | None) -> None:
        """Shows a box without telling anybody."""
        self.box = box
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def clear_box(self) -> None:
        """Takes the box away, as a person does."""
        if self.box is not None:
            self.box = None
            self.update()
            self.box_chosen.emit()

    # -- geometry -----------------------------------------------------------------------------

    def area(self) -> QRectF:
        """Returns where the picture is drawn, in pixels of this widget."""
        if self.original.isEmpty():
            return QRectF()
        room = QRectF(self.rect()).adjusted(_KNOB + 1, _KNOB + 1, -_KNOB - 1, -_KNOB - 1)
        size = QSizeF(self.original).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        size = size.expandedTo(QSizeF(1, 1))
        left = room.left() + (room.width() - size.width()) / 2
        return QRectF(QPointF(round(left), round(room.top())), size.toSize())

    def on_widget(self, point: QPointF) -> QPointF:
        """Returns where a point of the picture is drawn."""
        area, size = self.area(), self.original
        return QPointF(
            area.left() + point.x() * area.width() / size.width(),
            area.top() + point.y() * area.height() / size.height(),
        )

    def on_picture(self, point: QPointF) -> QPointF:
        """Returns which point of the picture is drawn at a point; may lie outside of it."""
        area, size = self.area(), self.original
        return QPointF(
            (point.x() - area.left()) * size.width() / area.width(),
            (point.y() - area.top()) * size.height() / area.height(),
        )

    def box_area(self) -> QRectF:
        """Returns where the box is drawn; empty without one."""
        if self.box is None or self.original.isEmpty():
            return QRectF()
        return QRectF(self.on_widget(self.box.topLeft()), self.on_widget(self.box.bottomRight()))

    def sizeHint(self) -> QSize:
        """A landscape photograph."""
        return QSize(480, 320)

    # -- mouse --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the box, or begins another one."""
        if event.button() != Qt.MouseButton.LeftButton or self.original.isEmpty():
            return
        handle = self._handle_at(event.position())
        start = self.on_picture(event.position())
        self._drag = BoxDrag(handle, start, self.box or QRectF(), self.original)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags, or shows what could be dragged."""
        if self.original.isEmpty():
            return
        place = self.on_picture(event.position())
        inside = QRectF(QPointF(0, 0), QSizeF(self.original)).contains(place)
        self.pointed.emit(place if inside else None)
        if self._drag is None:
            handle = self._handle_at(event.position())
            self.setCursor(Qt.CursorShape.CrossCursor if handle is None else handle.cursor)
            return
        begun = self.on_widget(self._drag.start) - event.position()
        if self._drag.handle is None and begun.manhattanLength() < _LEAST_DRAG:
            return
        box = self._drag.to(place)
        if not box.isEmpty():
            self.box = box
            self.update()
            self.box_changed.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the drag."""
        if event.button() == Qt.MouseButton.LeftButton and self._drag is not None:
            changed = self.box is not None and self.box != self._drag.box
            self._drag = None
            if changed:
                self.box_chosen.emit()

    def leaveEvent(self, event: object) -> None:
        """Nothing is pointed at any more."""
        super().leaveEvent(event)  # type: ignore[arg-type]
        self.pointed.emit(None)

    def _handle_at(self, point: QPointF) -> Handle | None:
        return None if self.box is None else handle_at(self.box_area(), point, _REACH)

    # -- keys ---------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Makes, moves, resizes or clears the box."""
        ways = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key = Qt.Key(event.key())
        way = ways.get(key)
        if self.original.isEmpty():
            super().keyPressEvent(event)
        elif self.box is None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(central(self.original))
        elif self.box is not None and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear_box()
        elif self.box is not None and way is not None:
            self._go(self.box, way, event.modifiers())
        else:
            super().keyPressEvent(event)

    def _go(self, box: QRectF, way: tuple[int, int], keys: Qt.KeyboardModifier) -> None:
        fine = bool(keys & Qt.KeyboardModifier.ControlModifier)
        size = self.original
        across = way[0] * (1.0 if fine else max(1.0, _STEP * size.width()))
        down = way[1] * (1.0 if fine else max(1.0, _STEP * size.height()))
        if keys & Qt.KeyboardModifier.ShiftModifier:
            self._choose(pulled(box, Handle.LOWER_RIGHT, across, down, size))
        else:
            self._choose(moved(box, across, down, size))

    def _choose(self, box: QRectF) -> None:
        self.box = box
        self.update()
        self.box_changed.emit()
        self.box_chosen.emit()

    # -- painting -----------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Resamples at the next paint."""
        super().resizeEvent(event)
        self._smooth = QImage()
        self._limit_height()

    def _limit_height(self) -> None:
        """Takes no more height than the picture needs at this width."""
        if not self.original.isEmpty():
            room = 2 * (_KNOB + 1)
            needed = (self.width() - room) * self.original.height() / self.original.width()
            limit_height(self, needed + room)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws picture, heat map, one crop, and the box."""
        if self._image.isNull():
            return
        painter = QPainter(self)
        area = self.area()
        size = area.size().toSize()
        if self._smooth.isNull() or self._smooth.deviceIndependentSize().toSize() != size:
            self._smooth = scaled(self._image, size, ratio=self.devicePixelRatioF())
        painter.drawImage(area.topLeft(), self._smooth)
        if self.heat_shown and not self._heat.isNull() and self._outline is None:
            painter.setOpacity(_OPACITY)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(area, self._heat)
            painter.setOpacity(1.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._outline is not None:
            self._paint_outline(painter, area)
        if self.box is not None:
            self._paint_box(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 1, Qt.PenStyle.DotLine))
            painter.drawRect(area.adjusted(-2, -2, 2, 2))
        painter.end()

    def _paint_outline(self, painter: QPainter, area: QRectF) -> None:
        """Dims what a crop does not show, and frames what it shows."""
        assert self._outline is not None
        polygon = QPolygonF([self.on_widget(point) for point in self._outline])
        outside, inside = QPainterPath(), QPainterPath()
        outside.addRect(area)
        inside.addPolygon(polygon)
        inside.closeSubpath()
        shade = QColor(self._theme.window)
        shade.setAlphaF(_SHADE)
        painter.fillPath(outside.subtracted(inside), shade)
        for colour, width in ((self._theme.surface, 5.0), (self._theme.accent, 2.5)):
            painter.setPen(QPen(QColor(colour), width, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawPolygon(polygon)

    def _paint_box(self, painter: QPainter) -> None:
        frame = self.box_area()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in (("#000000", 4.5), ("#ffffff", 2.0)):
            painter.setPen(QPen(QColor(colour), width, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(frame)
        painter.setPen(QPen(QColor("#000000"), 1))
        painter.setBrush(QColor("#ffffff"))
        for place in handles(frame).values():
            painter.drawRect(QRectF(place.x() - _KNOB, place.y() - _KNOB, 2 * _KNOB, 2 * _KNOB))
