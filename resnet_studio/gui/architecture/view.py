"""The drawing in a person's hands: pointer, wheel, touch pad, tool tips, keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.gui.architecture import frame, labels
from resnet_studio.gui.architecture.canvas import NetworkCanvas
from resnet_studio.gui.architecture.outline import neighbour
from resnet_studio.gui.theme import Theme

ZOOM_STEP = 1.25
_WHEEL_BASE = 1.0018
"""Zoom for one eighth of a degree of the wheel: a notch of 15 degrees enlarges by a quarter."""
_NEAR = 3.0
"""Pixels beside a box at which the pointer still means it."""


class NetworkView(NetworkCanvas):
    """Draws one network and lets a person move, fold and select in it.

    Signals (GUI thread):
        selected(str): The person chose a section, block or layer; "" for none.
        menu_wanted(QPoint): The context menu is wanted at this point of the screen.
    """

    selected = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(self, graph: NetworkGraph, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(graph, theme, parent)
        self._press: QPointF | None = None
        self._dragging = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # -- pointer ----------------------------------------------------------------------------

    def name_at(self, point: QPointF) -> str:
        """Returns what is at a pixel of the widget; "" for nothing."""
        window = self.drawing_area()
        for figure, cell in frame.header_cells(self.drawing, self.camera, window, self.look):
            if cell.contains(point.x(), point.y()):
                return figure.name
        if not window.contains(point.x(), point.y()):
            return ""
        x, y = self.camera.to_drawing(point.x(), point.y())
        return self.drawing.hit(x, y, margin=_NEAR / self.camera.zoom)

    def _handle_at(self, point: QPointF) -> str:
        for handle in self.handles():
            if handle.rect.contains(point.x(), point.y(), margin=2):
                return handle.name
        return ""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms around the pointer; a touch pad, the Shift key or a tilted wheel pans."""
        touch_pad = event.device().type() == QInputDevice.DeviceType.TouchPad
        turned, keys = event.angleDelta(), event.modifiers()
        control = bool(keys & Qt.KeyboardModifier.ControlModifier)
        if touch_pad and not control:
            moved = event.pixelDelta() if event.hasPixelDelta() else turned / 2
            self.pan(moved.x(), moved.y())
        elif keys & Qt.KeyboardModifier.ShiftModifier:
            self.pan(turned.y() or turned.x(), 0)
        elif turned.y():
            self.zoom_by(_WHEEL_BASE ** turned.y(), event.position())
        else:
            self.pan(turned.x(), 0)
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Handles pinching and tool tips; the rest is the widget's."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_by(1 + event.value(), event.position())
                return True
        elif event.type() == QEvent.Type.ToolTip:
            return self._show_tip(event)
        return super().event(event)

    def tip_at(self, point: QPointF) -> str:
        """Returns the tool tip at a pixel as rich text; "" where there is nothing."""
        entry = self.outline.find(self.name_at(point))
        return labels.tooltip(entry) if entry is not None else ""

    def _show_tip(self, event: QEvent) -> bool:
        assert isinstance(event, QHelpEvent)
        text = self.tip_at(QPointF(event.pos()))
        if text:
            QToolTip.showText(event.globalPos(), text, self)
        else:
            QToolTip.hideText()
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a click or a drag."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._press = event.position()
            self._dragging = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the drawing, or marks what is under the pointer."""
        point = event.position()
        if self._press is None:
            self.set_hovered(self.name_at(point))
            return
        distance = (point - self._press).manhattanLength()
        if not self._dragging and distance >= QApplication.startDragDistance():
            self._dragging = True
            self.set_hovered("")
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._dragging:
            moved = point - self._press
            self._press = point
            self.pan(moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag, or selects (or folds) what was clicked."""
        clicked = self._press is not None and not self._dragging
        self._press, self._dragging = None, False
        self.unsetCursor()
        if not clicked or event.button() != Qt.MouseButton.LeftButton:
            return
        if handle := self._handle_at(event.position()):
            self.toggle(handle)
        else:
            self._choose(self.name_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Folds or unfolds what was clicked; on a handle the two single clicks have done it."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if handle := self._handle_at(event.position()):
            self.toggle(handle)
        elif name := self.name_at(event.position()):
            self.toggle(name)

    def leaveEvent(self, event: QEvent) -> None:
        """Marks nothing once the pointer is elsewhere."""
        self.set_hovered("")
        super().leaveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Selects what was clicked and asks for the menu."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            name = self.name_at(QPointF(event.pos()))
            if name:
                self._choose(name)
        self.menu_wanted.emit(event.globalPos())

    def _choose(self, name: str) -> None:
        self.set_selection(name)
        self.selected.emit(name)

    # -- keyboard ---------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the selection, Enter folds, + - 0 F Z zoom, Shift + arrows pan."""
        key = Qt.Key(event.key())
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if shifted and key in _PUSHES:
            self.pan(*_PUSHES[key])
        elif key in _STEPS:
            self._choose(neighbour(self.outline, self.folds, self.selection, _STEPS[key]))
        elif action := self._key_actions().get(key):
            action()
        else:
            super().keyPressEvent(event)

    def _key_actions(self) -> dict[Qt.Key, Callable[[], None]]:
        def toggle() -> None:
            self.toggle(self.selection)

        return {
            Qt.Key.Key_Return: toggle,
            Qt.Key.Key_Enter: toggle,
            Qt.Key.Key_Space: toggle,
            Qt.Key.Key_Plus: lambda: self.zoom_by(ZOOM_STEP),
            Qt.Key.Key_Equal: lambda: self.zoom_by(ZOOM_STEP),
            Qt.Key.Key_Minus: lambda: self.zoom_by(1 / ZOOM_STEP),
            Qt.Key.Key_0: self.fit,
            Qt.Key.Key_F: self.fit,
            Qt.Key.Key_Z: self.zoom_to_selection,
            Qt.Key.Key_Escape: lambda: self._choose(""),
        }


_STEPS: dict[Qt.Key, str] = {
    Qt.Key.Key_Right: "next",
    Qt.Key.Key_Left: "previous",
    Qt.Key.Key_Down: "in",
    Qt.Key.Key_Up: "out",
    Qt.Key.Key_Home: "first",
    Qt.Key.Key_End: "last",
}
_PUSHES: dict[Qt.Key, tuple[float, float]] = {
    Qt.Key.Key_Right: (-80.0, 0.0),
    Qt.Key.Key_Left: (80.0, 0.0),
    Qt.Key.Key_Down: (0.0, -80.0),
    Qt.Key.Key_Up: (0.0, 80.0),
}
