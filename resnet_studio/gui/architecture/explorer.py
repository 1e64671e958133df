"""The drawing of the panel: semantic zoom, motion, overview, colours and what a search found.

The two drawings of a comparison are plain `NetworkView`s: they move together, and what one of
them unfolded by itself the other could not follow.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QRegion, QResizeEvent
from PySide6.QtWidgets import QWidget

from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.gui.architecture import frame, labels, quantities
from resnet_studio.gui.architecture.camera import MAX_ZOOM, Camera, fitted
from resnet_studio.gui.architecture.figures import Drawing
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.layout import lay_out
from resnet_studio.gui.architecture.outline import Entry, Folds
from resnet_studio.gui.architecture.quantities import NOT_MEASURED, MeasuredTimes, Quantity
from resnet_studio.gui.architecture.semantic import (
    Borders,
    Level,
    Unfolding,
    borders,
    chosen,
    level_at,
)
from resnet_studio.gui.architecture.style import Style
from resnet_studio.gui.architecture.view import ZOOM_STEP, NetworkView
from resnet_studio.gui.theme import Theme

if TYPE_CHECKING:
    from resnet_studio.gui.architecture.colouring import Shades
    from resnet_studio.gui.architecture.fold_motion import FoldMotion, Still
    from resnet_studio.gui.architecture.minimap import Minimap

_MARGIN = 8.0
_ON_LINE = 3.0
"""Pixels beside a line at which the pointer still means it."""
_LEAST_SEEN = 14.0
"""Pixels of width below which what was found is enlarged when it is shown."""
_VEILED_FROM = 10.0
"""Pixels of width from which a found part is veiled; narrower ones, of which there may be a
thousand, have a tick at either end, which also leaves their colours as they are."""
_TICK = 5.0


class Explorer(NetworkView):
    """The drawing with everything that helps to find one's way in it.

    Attributes:
        semantic: Whether zooming unfolds and folds.
        animated: Whether folding moves, where the platform has nothing against it.
        has_minimap: Whether there is an overview while a part is seen.
        quantity: What the boxes are coloured by.
        times: What was measured of this network.
        minimap: The overview, once it was needed.
        motion: The motion, once there was one.
    """

    # Here and not in `__init__`: the widget lays itself out while it is being made.
    semantic = True
    animated = True
    has_minimap = True
    quantity = Quantity.KIND
    times: MeasuredTimes = NOT_MEASURED
    minimap: Minimap | None = None
    motion: FoldMotion | None = None
    _unfolding = Unfolding()
    _found: frozenset[str] = frozenset()
    _found_places: tuple[tuple[object, ...], tuple[Rect, ...]] | None = None
    _reading = 1.0
    _shades: tuple[tuple[object, ...], Shades] | None = None
    _borders: tuple[object, Borders] | None = None

    # -- what is unfolded -------------------------------------------------------------------

    @property
    def level(self) -> Level:
        """How much the zoom unfolds now."""
        return self._unfolding.level

    def set_graph(self, graph: NetworkGraph) -> None:
        """Draws another network; what was unfolded stays so if its blocks are the same."""
        self._settle()
        super().set_graph(graph)
        if self.folds == Folds():
            self._unfolding = Unfolding()

    def set_folds(self, folds: Folds) -> None:
        """Folds many things at once, as the person wants it at every zoom."""
        before = self._still()
        self._unfolding = chosen(folds)
        super().set_folds(folds)
        self._move_from(before)

    def fit(self) -> None:
        """Shows the whole network with its blocks, and what the person unfolded."""
        before = self._still()
        self._unfolding = self._unfolding.at(Level.BLOCKS)
        folds = self._unfolding.folds(self.graph)
        changed, self.folds = folds != self.folds, folds
        super().fit()
        if changed:
            self.folds_changed.emit()
            self._move_from(before)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarges the drawing around a pixel; what becomes large enough is unfolded."""
        self._settle()
        at = at or self.zoom_point()
        super().zoom_by(factor, at)
        if self.semantic:
            self._follow_zoom(at)

    def reveal(self, name: str) -> None:
        """Brings a part into the middle, so large that it is seen and so small that it is read.

        In a drawing that is seen whole it stays where it is, if it is large enough there.
        """
        rect = self.visible_rect(name)
        if rect is None:
            return
        zoom = self.camera.zoom
        if self.is_fitted and rect.w * zoom >= _LEAST_SEEN:
            return
        self._settle()
        around, readable = self._surroundings(name) or rect, self._block_zoom
        zoom = min(zoom, readable)
        if rect.w * zoom < _LEAST_SEEN:  # a thin map with its words about it is seen as well
            least = max(readable, 2 * _LEAST_SEEN / around.w)
            zoom = min(2 * _LEAST_SEEN / rect.w, least, MAX_ZOOM)
        window = self.drawing_area()
        y = window.cy - self.drawing.bounds.cy * zoom
        self.camera = Camera(zoom, window.cx - rect.cx * zoom, y)
        if around.w * zoom <= window.w:
            self.camera = Camera(zoom, self.camera.revealing(around, window).x, y)
        self._moved()

    def _surroundings(self, name: str) -> Rect | None:
        """Returns where the block, or else the section, is drawn that a part is or belongs to."""
        wholes = (entry.name for entry in self.outline.lineage(name) if entry.children)
        places = (self.drawing.rect_of(whole) for whole in wholes)
        return next((rect for rect in places if rect is not None), None)

    def _change_folds(self, target: Entry) -> None:
        before = self._still(target.name)
        super()._change_folds(target)
        unfolded = self.folds.shows_children(target)
        self._unfolding = self._unfolding.saying(target.name, unfolded=unfolded)
        self._move_from(before, target.name)
        self._show_place()

    def _follow_zoom(self, at: QPointF) -> None:
        """Changes the level if the zoom has crossed a border; the part under `at` stays there."""
        limits = self._limits()
        level = level_at(self.level, self.camera.zoom, limits)
        if level is self.level:
            return
        was, self._unfolding = self.level, self._unfolding.at(level)
        folds = self._unfolding.folds(self.graph)
        if folds == self.folds:
            return
        name, share = self._part_at(at.x())
        before, zoom = self._still(name), self.camera.zoom
        self.folds = folds
        self._lay_out(self.graph)
        if level is Level.LAYERS:
            zoom = self._reading = self._block_zoom
        elif was is Level.LAYERS:
            zoom = limits.to_layers / ZOOM_STEP
        self._put(name, share, at.x(), zoom)
        self.folds_changed.emit()
        self._move_from(before, name)

    def _part_at(self, pixel: float) -> tuple[str, float]:
        """Returns the block or section at a pixel, and where in it the pixel is, from 0 to 1."""
        bounds = self.drawing.bounds
        x, _ = self.camera.to_drawing(pixel, 0)
        inside = min(max(x, bounds.x), bounds.right - 1e-6)
        figure = self.drawing.section_at(inside) or self.drawing.sections[-1]
        name, rect = figure.name, figure.rect
        for block in figure.blocks_between(inside, inside):
            if block.rect.x <= inside <= block.rect.right:
                name, rect = block.name, block.rect
        return name, (x - rect.x) / max(rect.w, 1e-6)

    def _put(self, name: str, share: float, pixel: float, zoom: float) -> None:
        """Zooms so that the same place of a part is at a pixel again, and shows all of it."""
        window, rect = self.drawing_area(), self.visible_rect(name)
        assert rect is not None  # every name is drawn, or what it is folded into
        high = self.drawing.bounds.h * zoom
        whole = high <= window.h or self.level is Level.LAYERS
        y = window.cy - self.drawing.bounds.cy * zoom if whole else self.camera.y
        self.camera = Camera(zoom, pixel - (rect.x + share * rect.w) * zoom, y)
        if rect.w * zoom <= window.w:
            self.camera = Camera(zoom, self.camera.revealing(rect, window).x, y)
        self._moved()

    def _limits(self) -> Borders:
        """Returns the zooms at which levels change in the present window."""
        window = self.drawing_area().grown(-_MARGIN)
        key = (self.graph, window, self._aspect, self._text, self.look.text_scale, self._reading)
        if self._borders is None or self._borders[0] != key:
            base = lay_out(self.graph, Folds(), aspect=self._aspect, text=self._text)
            blocks = [block.rect.w for figure in base.sections for block in figure.blocks]
            whole = fitted(base.bounds, window).zoom
            found = borders(
                whole=whole,
                block=whole * sum(blocks) / len(blocks),
                reading=self._reading,
                text=self.look.text_scale,
            )
            self._borders = (key, found)
        return self._borders[1]

    # -- motion -----------------------------------------------------------------------------

    def _still(self, name: str = "") -> Still | None:
        """Returns what is seen now; None if nothing is to move."""
        self._settle()
        if not self.animated or not self.isVisible():
            return None
        from resnet_studio.gui.architecture.fold_motion import Still, motion_wanted

        if not motion_wanted(self):
            return None
        picture = QPixmap(self.size() * self.devicePixelRatioF())
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        self.render(picture, QPoint(), QRegion(), QWidget.RenderFlag.DrawWindowBackground)
        places = columns(self.drawing, self.camera, name)
        return Still(picture, places, self.camera.y, self.camera.zoom)

    def _move_from(self, before: Still | None, name: str = "") -> None:
        """Plays from what was seen to what is to be seen."""
        if before is None:
            return
        after = self._still(name)
        if after is None or len(after.places) != len(before.places):
            return
        if self.motion is None:
            from resnet_studio.gui.architecture.fold_motion import FoldMotion

            self.motion = FoldMotion(self)
            self.motion.moved.connect(self.update)
            self.motion.ended.connect(self.update)
        self.motion.start(before, after)

    def _settle(self) -> None:
        """Ends a motion: something else begins."""
        if self.motion is not None:
            self.motion.stop()

    # -- overview ---------------------------------------------------------------------------

    def set_minimap(self, wanted: bool) -> None:
        """Shows an overview whenever only a part is seen, or never."""
        self.has_minimap = wanted
        self._show_place()

    def centre_on(self, x: float, y: float) -> None:
        """Moves a point of the drawing to the middle; along an axis that is seen whole, nothing."""
        self._settle()
        window, bounds = self.drawing_area(), self.drawing.bounds
        seen_x, seen_y = self.camera.to_screen(x, y)
        dy = window.cy - seen_y if bounds.h * self.camera.zoom > window.h else 0.0
        self.pan(window.cx - seen_x, dy)

    def _show_place(self) -> None:
        if self.minimap is None:
            if self.is_fitted or not self.has_minimap:
                return
            from resnet_studio.gui.architecture.minimap import Minimap

            self.minimap = Minimap(self)
            self.minimap.wanted.connect(self.centre_on)
        self.minimap.show_part(
            self.drawing,
            camera=self.camera,
            window=self.drawing_area(),
            style=self.look,
            allowed=self.has_minimap,
        )

    def _moved(self) -> None:
        super()._moved()
        self._show_place()

    def _look_at(self, rect: Rect) -> None:
        super()._look_at(rect)
        self._show_place()

    def _lay_out(self, graph: NetworkGraph) -> None:
        super()._lay_out(graph)
        self._show_place()

    def set_theme(self, theme: Theme) -> None:
        """Draws in other colours."""
        self._settle()
        super().set_theme(theme)
        self._show_place()

    def pan(self, dx: float, dy: float) -> None:
        """Pushes the drawing by so many pixels."""
        self._settle()
        super().pan(dx, dy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the drawing and its overview in place."""
        self._settle()
        super().resizeEvent(event)
        self._show_place()

    # -- colours ----------------------------------------------------------------------------

    def colour_by(self, quantity: Quantity, times: MeasuredTimes = NOT_MEASURED) -> None:
        """Colours the boxes by a quantity, or by the kind of layer.

        Args:
            quantity: What the colours show.
            times: What was measured of this network; needed for the time.
        """
        self._settle()
        self.quantity, self.times = quantity, times
        self.update()

    def shades(self) -> Shades | None:
        """Returns the colours of what is drawn now; None for those of the kinds."""
        if self.quantity is Quantity.KIND:
            return None
        key = (self.drawing, self.look, self.quantity, self.times)
        if self._shades is None or not _same(key, self._shades[0]):
            shades = self.shades_in(self.look)
            assert shades is not None  # the quantity is not the kind
            self._shades = (key, shades)
        return self._shades[1]

    def shades_in(self, style: Style) -> Shades | None:
        """Returns the same in another style, for a saved drawing."""
        if self.quantity is Quantity.KIND:
            return None
        from resnet_studio.gui.architecture.colouring import Shades

        return Shades(self.drawing, self.outline, self.quantity, style=style, times=self.times)

    # -- words ------------------------------------------------------------------------------

    def tip_at(self, point: QPointF) -> str:
        """Returns the tool tip at a pixel: what flows through a line, or the figures of a part."""
        from resnet_studio.gui.architecture.flows import flow_at

        window = self.drawing_area()
        if window.contains(point.x(), point.y()):
            x, y = self.camera.to_drawing(point.x(), point.y())
            flow = flow_at(self.drawing, x, y, margin=_ON_LINE / self.camera.zoom)
            if flow is not None:
                return labels.flow_text(flow.shape, flow.block)
        entry = self.outline.find(self.name_at(point))
        return quantities.tooltip(entry, self.times) if entry is not None else ""

    # -- search -----------------------------------------------------------------------------

    def set_found(self, names: tuple[str, ...]) -> None:
        """Marks what a search has found."""
        self._found = frozenset(names)
        self.update()

    def found_rects(self) -> tuple[Rect, ...]:
        """Returns where the found parts are drawn, from left to right.

        What lies within a part that is found as well has no place of its own.
        """
        key = (self.drawing, self._found)
        if self._found_places is None or not _same(key, self._found_places[0]):
            rects = {self.visible_rect(name) for name in self._found}
            drawn = [rect for rect in rects if rect is not None]
            places: list[Rect] = []
            for rect in sorted(drawn, key=lambda rect: (rect.x, -rect.w)):
                if not places or rect.right > places[-1].right:
                    places.append(rect)
            self._found_places = (key, tuple(places))
        return self._found_places[1]

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the drawing, or a moment on its way there."""
        if self.motion is None or not self.motion.running:
            super().paintEvent(event)
            return
        painter, window = QPainter(self), self.drawing_area()
        painter.fillRect(self.rect(), self.look.surface)
        self.motion.paint(painter, window)
        frame.paint_header(
            painter, self.drawing, camera=self.camera, window=window, style=self.look
        )
        self.paint_foot(painter)

    def _paint_marks(self, painter: QPainter, window: Rect) -> None:
        """Marks the selection, what is under the pointer, and what a search has found."""
        if self._found:
            self._paint_found(painter, window)
        super()._paint_marks(painter, window)

    def _paint_found(self, painter: QPainter, window: Rect) -> None:
        colour = QColor(self.look.accent)
        colour.setAlphaF(0.35)
        left, _ = self.camera.to_drawing(window.x, 0)
        right, _ = self.camera.to_drawing(window.right, 0)
        painted = -1.0
        places = self.found_rects()
        first = bisect_left(places, left, key=lambda rect: rect.right)
        for rect in places[first : bisect_right(places, right, key=lambda rect: rect.x)]:
            if self.camera.to_screen(rect.right, 0)[0] < painted + 1:
                continue  # a thousand of them share the pixels of a network that is seen whole
            seen = self.camera.rect(rect)
            start, painted = max(seen.x, painted), max(seen.right, seen.x + 2)
            top, bottom = max(seen.y, window.y), min(seen.bottom, window.bottom)
            width = painted - start
            if bottom > top and seen.w >= _VEILED_FROM:
                painter.fillRect(QRectF(start, top, width, bottom - top), colour)
            elif bottom > top:
                painter.fillRect(QRectF(start, top, width, _TICK), self.look.accent)
                painter.fillRect(QRectF(start, bottom - _TICK, width, _TICK), self.look.accent)


def _same(first: tuple[object, ...], second: tuple[object, ...]) -> bool:
    """Tells whether two keys are of the same objects; comparing drawings would take long."""
    return all(a is b for a, b in zip(first, second, strict=True))


def columns(drawing: Drawing, camera: Camera, name: str) -> tuple[tuple[float, float], ...]:
    """Returns left and right end of what moves as a piece: each section, and one block in it.

    Args:
        drawing: The drawing.
        camera: Where its parts are, in pixels.
        name: A block that is folded or unfolded, or "".
    """
    found: list[tuple[float, float]] = []
    for figure in drawing.sections:
        ends = [figure.rect.x, figure.rect.right]
        if name.startswith(f"{figure.name}."):
            rect = drawing.rect_of(name) or figure.rect
            ends = [figure.rect.x, rect.x, rect.right, figure.rect.right]
        pixels = [camera.to_screen(end, 0)[0] for end in ends]
        found += pairwise(pixels)
    return tuple(found)
