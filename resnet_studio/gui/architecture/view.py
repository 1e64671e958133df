"""The drawing as a widget: zoom, pan, folds, selection, tool tips, keyboard.

One widget paints everything itself. A thousand layers as items of a graphics scene would take
seconds to make; as numbers they are laid out and painted in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.gui.architecture import frame, labels
from resnet_studio.gui.architecture.camera import Camera, fitted
from resnet_studio.gui.architecture.figures import Drawing
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.layout import lay_out
from resnet_studio.gui.architecture.outline import Entry, Folds, Outline, neighbour
from resnet_studio.gui.architecture.painting import Artist
from resnet_studio.gui.architecture.style import Style
from resnet_studio.gui.theme import Theme

ZOOM_STEP = 1.25
_WHEEL_BASE = 1.0018
"""Zoom for one eighth of a degree of the wheel: a notch of 15 degrees enlarges by a quarter."""
_MARGIN = 8.0
_LEAST_READABLE = 0.88
"""Share of the zoom at which every text of an opened block has room: most of them have it."""
_USUAL_HEIGHT = 290.0
"""Pixels of height in which a drawing has a zoom of about 1 when it is seen whole."""
_TEXT_RANGE = (0.55, 1.3)
_STILL_GOOD = 0.8
"""A fitted drawing stays fitted if opening a block shrinks it by no more than this."""


class NetworkView(QWidget):
    """Draws one network.

    Signals (GUI thread):
        selected(str): The person chose a section, block or layer; "" for none.
        menu_wanted(QPoint): The context menu is wanted at this point of the screen.
        folds_changed(): Something was folded or unfolded.
    """

    selected = Signal(str)
    menu_wanted = Signal(QPoint)
    folds_changed = Signal()

    def __init__(self, graph: NetworkGraph, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.outline = Outline(graph)
        self.folds = Folds()
        self.selection = ""
        self.camera = Camera()
        self._aspect, self._text = 3.2, 1.0
        self._theme = theme
        self._fits = True
        self._hovered = ""
        self._press: QPointF | None = None
        self._dragging = False
        self.style_ = Style(theme, self.font(), sections=len(graph.sections))
        self.drawing: Drawing = lay_out(graph)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 180)
        self.setAccessibleName(self.tr("Drawing of the network"))
        self._describe()

    # -- what is drawn ----------------------------------------------------------------------

    @property
    def graph(self) -> NetworkGraph:
        """The network that is drawn."""
        return self.drawing.graph

    def set_graph(self, graph: NetworkGraph) -> None:
        """Draws another network; folds and camera stay if its blocks are the same."""
        before, after = self.graph.spec, graph.spec
        same = (before.block, before.depths, before.stem) == (after.block, after.depths, after.stem)
        self.outline = Outline(graph)
        self._hovered = ""
        if not same:
            self.folds = Folds()
            self._fits = True
        self._renew_style(graph)
        self._lay_out(graph)
        self._describe()

    def set_theme(self, theme: Theme) -> None:
        """Draws in other colours."""
        self._theme = theme
        self._renew_style(self.graph)
        self.update()

    def set_selection(self, name: str) -> None:
        """Marks a section, block or layer and brings it into view; emits nothing."""
        if name == self.selection:
            return
        self.selection = name
        rect = self.visible_rect(name)
        if rect is not None and not self._fits:
            self._look_at(rect)
        self._describe()
        self.update()

    def visible_rect(self, name: str) -> Rect | None:
        """Returns where a name is drawn, or what it is folded into; None for no name."""
        for entry in self.outline.lineage(name):
            rect = self.drawing.rect_of(entry.name)
            if rect is not None:
                return rect
        return None

    # -- folding ----------------------------------------------------------------------------

    def toggle(self, name: str) -> None:
        """Folds or unfolds what `name` is or belongs to; it stays where it is on the screen."""
        entry = self.outline.find(name)
        if entry is not None:
            target = next(item for item in self.outline.lineage(name) if item.children)
            self._change_folds(target)

    def set_folds(self, folds: Folds) -> None:
        """Folds many things at once; shows all, or its beginning if that would be too small."""
        self.folds = folds
        self._fits = True
        self._lay_out(self.graph)
        if folds.opened and self.camera.zoom < self._readable:
            self._start_reading()
        self.folds_changed.emit()

    @property
    def _readable(self) -> float:
        """Zoom at which every text of an opened block has room."""
        return self.style_.text_scale / self._text

    def _start_reading(self) -> None:
        """Shows the beginning of the drawing, or the selection, so large that it can be read."""
        self._fits = False
        window = self._window()
        high = (window.h - 2 * _MARGIN) / self.drawing.bounds.h
        zoom = min(self._readable, max(high, _LEAST_READABLE * self._readable))
        y = window.cy - self.drawing.bounds.cy * zoom
        self.camera = Camera(zoom, window.x + _MARGIN, y)
        rect = self.visible_rect(self.selection)
        if rect is not None:
            self._look_at(rect)

    def _change_folds(self, target: Entry) -> None:
        before = self.visible_rect(target.name)
        zoom, was_fitted = self.camera.zoom, self._fits
        anchor = self.camera.to_screen(before.x, 0)[0] if before is not None else 0.0
        self.folds = self.folds.toggled(target)
        self._lay_out(self.graph)
        after = self.visible_rect(target.name)
        still_good = target.is_section or self.camera.zoom >= _STILL_GOOD * zoom
        if not (was_fitted and still_good) and after is not None:
            self._fits = False
            y = self._window().cy - self.drawing.bounds.cy * zoom if was_fitted else self.camera.y
            self.camera = Camera(zoom, anchor - after.x * zoom, y)
            self._look_at(after)
        self.folds_changed.emit()
        self.update()

    # -- camera -----------------------------------------------------------------------------

    @property
    def is_fitted(self) -> bool:
        """Whether the drawing is shown whole, and follows the size of the widget."""
        return self._fits

    def fit(self) -> None:
        """Shows the whole network, and keeps doing so when the widget is resized."""
        self._fits = True
        self._lay_out(self.graph)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarges the drawing around a pixel, by default the selection or the middle."""
        window = self._window()
        if at is None:
            rect = self.visible_rect(self.selection)
            seen = self.camera.rect(rect) if rect is not None else window
            centre = window if not window.contains(seen.cx, seen.cy) else seen
            at = QPointF(centre.cx, centre.cy)
        least = fitted(self.drawing.bounds, window.grown(-_MARGIN)).zoom * 0.5
        self.camera = self.camera.zoomed(factor, at.x(), at.y(), least=least)
        self._moved()

    def pan(self, dx: float, dy: float) -> None:
        """Pushes the drawing by so many pixels; some of it always stays in sight."""
        self.camera = self.camera.moved(dx, dy)
        self._moved()

    def zoom_to_selection(self) -> None:
        """Fills the window with what is selected."""
        rect = self.visible_rect(self.selection)
        if rect is not None:
            self.camera = fitted(rect, self._window().grown(-2 * _MARGIN))
            self._moved()

    def _moved(self) -> None:
        self._fits = False
        window, seen = self._window(), self.camera.rect(self.drawing.bounds)
        keep_x, keep_y = window.w * 0.25, window.h * 0.25
        dx = max(0.0, window.x + keep_x - seen.right) + min(0.0, window.right - keep_x - seen.x)
        dy = max(0.0, window.y + keep_y - seen.bottom) + min(0.0, window.bottom - keep_y - seen.y)
        self.camera = self.camera.moved(dx, dy)
        self.update()

    def _look_at(self, rect: Rect) -> None:
        self.camera = self.camera.revealing(rect, self._window().grown(-_MARGIN))
        self.update()

    def _window(self) -> Rect:
        return frame.drawing_window(float(self.width()), float(self.height()), self.style_)

    def _lay_out(self, graph: NetworkGraph) -> None:
        window = self._window().grown(-_MARGIN)
        if self._fits:
            self._aspect = max(0.8, window.w / max(window.h, 1.0))
            # In a large window the whole is enlarged but letters are not: they need less room.
            text = self.style_.text_scale * _USUAL_HEIGHT / max(window.h, 1.0)
            self._text = min(max(text, _TEXT_RANGE[0]), _TEXT_RANGE[1])
        self.drawing = lay_out(graph, self.folds, aspect=self._aspect, text=self._text)
        if self._fits:
            self.camera = fitted(self.drawing.bounds, window)
        self.update()

    def _renew_style(self, graph: NetworkGraph) -> None:
        self.style_ = Style(self._theme, self.font(), sections=len(graph.sections))

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the drawing, what is marked in it, and what stands still around it."""
        painter = QPainter(self)
        style, window = self.style_, self._window()
        painter.fillRect(self.rect(), style.surface)
        Artist(painter, self.drawing, camera=self.camera, style=style, window=window).paint()
        self._paint_marks(painter, window)
        frame.paint_header(painter, self.drawing, camera=self.camera, window=window, style=style)
        for handle in self._handles():
            frame.paint_handle(painter, handle, style)
        frame.paint_legend(
            painter, self.drawing, width=self.width(), height=self.height(), style=style
        )
        if self.hasFocus():
            frame.paint_focus(painter, self.rect(), style)

    def _paint_marks(self, painter: QPainter, window: Rect) -> None:
        """Outlines the selection boldly and what is under the pointer finely."""
        for name, width in ((self._hovered, 1.5), (self.selection, 3.0)):
            rect = self.visible_rect(name)
            if rect is not None:
                seen = self.camera.rect(rect)
                frame.paint_mark(painter, seen, window=window, width=width, style=self.style_)

    def _handles(self) -> list[frame.Handle]:
        """The handles of titles, of opened blocks, and of closed blocks that are marked."""
        window = self._window()
        found = list(frame.block_handles(self.drawing, self.camera))
        for name in {self._hovered, self.selection}:
            entry, rect = self.outline.find(name), self.drawing.rect_of(name)
            if entry and entry.is_block and rect and name not in self.folds.opened:
                found.append(frame.block_handle(rect, self.camera, name=name, plus=True))
        found = [handle for handle in found if window.contains(handle.rect.x, handle.rect.y)]
        return [
            *frame.title_handles(self.drawing, self.camera, window, self.style_),
            *found,
        ]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the drawing whole if it was; else keeps its middle in the middle."""
        if self._fits:
            self._lay_out(self.graph)
        else:
            grown = event.size() - event.oldSize()
            self.camera = self.camera.moved(grown.width() / 2, grown.height() / 2)
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follows the text size of the application."""
        if event.type() == QEvent.Type.FontChange:
            self._renew_style(self.graph)
            self._lay_out(self.graph)
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        """A size at which a usual network is readable."""
        return QSize(940, 400)

    # -- pointer ----------------------------------------------------------------------------

    def name_at(self, point: QPointF) -> str:
        """Returns what is at a pixel of the widget; "" for nothing."""
        window = self._window()
        for figure, cell in frame.header_cells(self.drawing, self.camera, window, self.style_):
            if cell.contains(point.x(), point.y()):
                return figure.name
        if not window.contains(point.x(), point.y()):
            return ""
        x, y = self.camera.to_drawing(point.x(), point.y())
        return self.drawing.hit(x, y, margin=3.0 / self.camera.zoom)

    def _handle_at(self, point: QPointF) -> str:
        for handle in self._handles():
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
            self._hover(self.name_at(point))
            return
        distance = (point - self._press).manhattanLength()
        if not self._dragging and distance >= QApplication.startDragDistance():
            self._dragging = True
            self._hover("")
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
        self._hover("")
        super().leaveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Selects what was clicked and asks for the menu."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            name = self.name_at(QPointF(event.pos()))
            if name:
                self._choose(name)
        self.menu_wanted.emit(event.globalPos())

    def _hover(self, name: str) -> None:
        if name != self._hovered:
            self._hovered = name
            self.update()

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

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows that the keys work here."""
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows that the keys work elsewhere."""
        self.update()
        super().focusOutEvent(event)

    def _describe(self) -> None:
        """Tells a screen reader what is selected."""
        entry = self.outline.find(self.selection)
        if entry is None:
            text = self.tr("Arrows choose a part, Enter folds it, plus and minus zoom.")
        else:
            known = ", ".join(f"{label}: {value}" for label, value in labels.facts(entry.item))
            text = f"{labels.heading(entry)}. {known}"
        self.setAccessibleDescription(text)


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
