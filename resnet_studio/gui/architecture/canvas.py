"""The drawing as a widget: what is shown of which network, from where, in which colours.

One widget paints everything itself. A thousand layers as items of a graphics scene would take
seconds to make; as numbers they are laid out and painted in milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QSize, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.gui.architecture import frame, labels
from resnet_studio.gui.architecture.camera import Camera, fitted
from resnet_studio.gui.architecture.figures import Drawing
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.layout import lay_out
from resnet_studio.gui.architecture.outline import Entry, Folds, Outline
from resnet_studio.gui.architecture.painting import Artist
from resnet_studio.gui.architecture.style import Style
from resnet_studio.gui.architecture.surgery_marks import paint_surgery
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.surgery import NO_SURGERY, Surgery

if TYPE_CHECKING:
    from resnet_studio.gui.architecture.colouring import Shades

_MARGIN = 8.0
_LEAST_READABLE = 0.88
"""Share of the zoom at which every text of an opened block has room: most of them have it."""
_LEAST_READABLE_BLOCK = 0.7
"""The same for one block: what has no room is left out whole."""
_USUAL_HEIGHT = 290.0
"""Pixels of height in which a drawing has a zoom of about 1 when it is seen whole."""
_TEXT_RANGE = (0.55, 1.3)
_STILL_GOOD = 0.8
"""A fitted drawing stays fitted if closing a block changes it by no more than this."""
_STILL_READABLE = 0.9
"""The same for opening one, over the zoom at which the block is read best."""


class NetworkCanvas(QWidget):
    """Paints one network with its folds, selection and camera; knows no pointer and no keys.

    Signals (GUI thread):
        folds_changed(): Something was folded or unfolded.
    """

    folds_changed = Signal()

    def __init__(self, graph: NetworkGraph, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.outline = Outline(graph)
        self.folds = Folds()
        self.selection = ""
        self.surgery = NO_SURGERY
        self.legend_from = 0.0
        """Pixel from which the line of the legend is free."""
        self.camera = Camera()
        self._aspect, self._text = 3.2, 1.0
        self._theme = theme
        self._fits = True
        self._hovered = ""
        self.look = Style(theme, self.font(), sections=len(graph.sections))
        self.drawing: Drawing = lay_out(graph)
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

    def set_surgery(self, surgery: Surgery) -> None:
        """Marks what is cut out of the network."""
        self.surgery = surgery
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
        return self.look.text_scale / self.drawing.room

    def _start_reading(self) -> None:
        """Shows the beginning of the drawing, or the selection, so large that it can be read."""
        self._fits = False
        window = self.drawing_area()
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
        least = _STILL_GOOD * zoom
        if was_fitted and target.name in self.folds.opened:  # it was opened to be read
            zoom = self._block_zoom
            least = _STILL_READABLE * zoom
        still_good = target.is_section or self.camera.zoom >= least
        if not (was_fitted and still_good) and after is not None:
            self._fits = False
            y = (
                self.drawing_area().cy - self.drawing.bounds.cy * zoom
                if was_fitted
                else self.camera.y
            )
            self.camera = Camera(zoom, anchor - after.x * zoom, y)
            self._look_at(after)
        self.folds_changed.emit()
        self.update()

    @property
    def _block_zoom(self) -> float:
        """Zoom at which an opened block is read, and seen from top to bottom if that is enough."""
        high = (self.drawing_area().h - 2 * _MARGIN) / self.drawing.bounds.h
        return min(self._readable, max(high, _LEAST_READABLE_BLOCK * self._readable))

    # -- camera -----------------------------------------------------------------------------

    @property
    def is_fitted(self) -> bool:
        """Whether the drawing is shown whole, and follows the size of the widget."""
        return self._fits

    def fit(self) -> None:
        """Shows the whole network, and keeps doing so when the widget is resized."""
        self._fits = True
        self._lay_out(self.graph)

    def set_hovered(self, name: str) -> None:
        """Marks what is under the pointer; "" for nothing."""
        if name != self._hovered:
            self._hovered = name
            self.update()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarges the drawing around a pixel, by default the selection or the middle."""
        window = self.drawing_area()
        at = at or self.zoom_point()
        least = fitted(self.drawing.bounds, window.grown(-_MARGIN)).zoom * 0.5
        self.camera = self.camera.zoomed(factor, at.x(), at.y(), least=least)
        self._moved()

    def zoom_point(self) -> QPointF:
        """Returns the pixel that stays where it is: the middle of the selection, or of all."""
        window = self.drawing_area()
        rect = self.visible_rect(self.selection)
        seen = self.camera.rect(rect) if rect is not None else window
        centre = window if not window.contains(seen.cx, seen.cy) else seen
        return QPointF(centre.cx, centre.cy)

    def pan(self, dx: float, dy: float) -> None:
        """Pushes the drawing by so many pixels; some of it always stays in sight."""
        self.camera = self.camera.moved(dx, dy)
        self._moved()

    def zoom_to_selection(self) -> None:
        """Fills the window with what is selected."""
        rect = self.visible_rect(self.selection)
        if rect is not None:
            self.camera = fitted(rect, self.drawing_area().grown(-2 * _MARGIN))
            self._moved()

    def _moved(self) -> None:
        self._fits = False
        window, seen = self.drawing_area(), self.camera.rect(self.drawing.bounds)
        keep_x, keep_y = window.w * 0.25, window.h * 0.25
        dx = max(0.0, window.x + keep_x - seen.right) + min(0.0, window.right - keep_x - seen.x)
        dy = max(0.0, window.y + keep_y - seen.bottom) + min(0.0, window.bottom - keep_y - seen.y)
        self.camera = self.camera.moved(dx, dy)
        self.update()

    def _look_at(self, rect: Rect) -> None:
        self.camera = self.camera.revealing(rect, self.drawing_area().grown(-_MARGIN))
        self.update()

    def drawing_area(self) -> Rect:
        """Returns the pixels of the drawing, between the titles and the legend."""
        height = float(self.height())
        if not self.has_legend():
            height += frame.legend_height(self.look)
        return frame.drawing_window(float(self.width()), height, self.look)

    def has_legend(self) -> bool:
        """Tells whether there is room to say what lines and sizes mean."""
        return True

    def _lay_out(self, graph: NetworkGraph) -> None:
        window = self.drawing_area().grown(-_MARGIN)
        if self._fits:
            self._aspect = max(0.8, window.w / max(window.h, 1.0))
            # In a large window the whole is enlarged but letters are not: they need less room.
            text = self.look.text_scale * _USUAL_HEIGHT / max(window.h, 1.0)
            self._text = min(max(text, _TEXT_RANGE[0]), _TEXT_RANGE[1])
        self.drawing = lay_out(graph, self.folds, aspect=self._aspect, text=self._text)
        if self._fits:
            self.camera = fitted(self.drawing.bounds, window)
        self.update()

    def _renew_style(self, graph: NetworkGraph) -> None:
        self.look = Style(self._theme, self.font(), sections=len(graph.sections))

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the drawing, what is marked in it, and what stands still around it."""
        painter = QPainter(self)
        style, window = self.look, self.drawing_area()
        painter.fillRect(self.rect(), style.surface)
        shades = self.shades()
        Artist(
            painter,
            self.drawing,
            camera=self.camera,
            style=style,
            window=window,
            shades=shades,
            surgery=self.surgery,
        ).paint()
        paint_surgery(
            painter,
            self.drawing,
            camera=self.camera,
            window=window,
            style=style,
            surgery=self.surgery,
        )
        self._paint_marks(painter, window)
        frame.paint_header(painter, self.drawing, camera=self.camera, window=window, style=style)
        frame.paint_places(painter, self.drawing, camera=self.camera, window=window, style=style)
        for handle in self.handles():
            frame.paint_handle(painter, handle, style)
        self.paint_foot(painter)
        if self.hasFocus():
            frame.paint_focus(painter, self.rect(), style)

    def paint_foot(self, painter: QPainter) -> None:
        """Paints the legend, if there is one."""
        if self.has_legend():
            frame.paint_legend(
                painter,
                self.drawing,
                width=self.width(),
                height=self.height(),
                style=self.look,
                shades=self.shades(),
                left=self.legend_from,
            )

    def shades(self) -> Shades | None:
        """Returns what the boxes are coloured by; None for the kinds of layer."""
        return None

    def _paint_marks(self, painter: QPainter, window: Rect) -> None:
        """Outlines the selection boldly and what is under the pointer finely."""
        for name, width in ((self._hovered, 1.5), (self.selection, 3.0)):
            rect = self.visible_rect(name)
            if rect is not None:
                label = self.look.small.height if self._is_closed_block(name) else 0.0
                seen = self.camera.rect(rect)
                seen = Rect(seen.x, seen.y - label, seen.w, seen.h + label)
                frame.paint_mark(painter, seen, window=window, width=width, style=self.look)

    def _is_closed_block(self, name: str) -> bool:
        entry = self.outline.find(name)
        return entry is not None and entry.is_block and name not in self.folds.opened

    def handles(self) -> list[frame.Handle]:
        """The handles of titles, of opened blocks, and of closed blocks that are marked."""
        window = self.drawing_area()
        found = list(frame.block_handles(self.drawing, self.camera, window))
        for name in {self._hovered, self.selection}:
            rect = self.drawing.rect_of(name)
            if rect is not None and self._is_closed_block(name):
                found.append(frame.block_handle(rect, self.camera, name=name, plus=True))
        found = [handle for handle in found if window.contains(handle.rect.x, handle.rect.y)]
        return [
            *frame.title_handles(self.drawing, self.camera, window, self.look),
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
