"""Paints the part of a drawing that a camera sees; how much detail depends on the zoom.

Everything is painted in pixels of the screen by one `QPainter`, without graphics items: lines
and letters keep their size while the maps grow, and what lies outside is not touched. Far away
a block is a coloured bar; nearer it shows its maps and shortcut; nearer still, names and shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from resnet_studio.architecture.graph import Layer, LayerKind, Shape
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.camera import Camera
from resnet_studio.gui.architecture.figures import (
    Arc,
    BlockFigure,
    Box,
    Drawing,
    Part,
    SectionFigure,
    Wire,
)
from resnet_studio.gui.architecture.formulas import formula
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.glyphs import (
    depth_of,
    has_pattern,
    paint_addition,
    paint_arrow,
    paint_mark,
    paint_pattern,
    paint_solid,
    polygon,
    qrect,
)
from resnet_studio.gui.architecture.layout import CARD_TITLE, GAP, STACK_CARDS, STACK_STEP
from resnet_studio.gui.architecture.style import Face, Style, Tones, mixed
from resnet_studio.gui.architecture.surgery_marks import paint_cut_arc
from resnet_studio.probe.surgery import NO_SURGERY, Surgery

if TYPE_CHECKING:
    from resnet_studio.gui.architecture.colouring import Shades

__all__ = ["Artist", "qrect"]

BAR_BELOW = 4.0
"""Pixels of a block's width below which it is one bar."""
FLAT_BELOW = 11.0
"""Pixels of a block's width below which its maps have no depth."""
OPENED_FLAT_BELOW = 0.35
"""Size of an opened block, over the usual, below which the same holds for its many layers."""
FINE_BELOW = 16.0
"""Pixels of a shortcut's width below which its line is fine and pale: dozens stand together."""


class Artist:
    """Paints one frame of a drawing."""

    def __init__(
        self,
        painter: QPainter,
        drawing: Drawing,
        *,
        camera: Camera,
        style: Style,
        window: Rect,
        shades: Shades | None = None,
        surgery: Surgery = NO_SURGERY,
    ) -> None:
        """Prepares a frame.

        Args:
            painter: Where to paint.
            drawing: What to paint.
            camera: Which part of it, in pixels of `painter`.
            style: Colours and fonts.
            window: The pixels that show the drawing; the rest is left alone.
            shades: What the boxes are coloured by in place of the kinds of layer.
            surgery: What is done to the network; here only a cut shortcut is seen.
        """
        self._painter = painter
        self._drawing = drawing
        self._camera = camera
        self._style = style
        self._window = window
        self._shades = shades
        self._surgery = surgery
        self._left, _ = camera.to_drawing(window.x, 0)
        self._right, _ = camera.to_drawing(window.right, 0)

    def paint(self) -> None:
        """Paints columns, main line, blocks and boxes."""
        painter = self._painter
        painter.save()
        painter.setClipRect(qrect(self._window))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        seen = [
            figure
            for figure in self._drawing.sections
            if figure.rect.right >= self._left and figure.rect.x <= self._right
        ]
        for figure in seen:
            self._band(figure)
        self._main_line(seen)
        for figure in seen:
            self._section(figure)
        painter.restore()

    def _tones(self, name: str, section: int, layer: Layer | None) -> Tones:
        if self._shades is not None:
            return self._shades.tones(name)
        return self._style.tones(section, layer)

    # -- columns ----------------------------------------------------------------------------

    def _band(self, figure: SectionFigure) -> None:
        column = self._camera.rect(figure.rect)
        rect = QRectF(column.x, self._window.y, column.w, self._window.h)
        self._painter.fillRect(rect, self._style.bands[figure.index])

    def _main_line(self, seen: Sequence[SectionFigure]) -> None:
        """One line through everything; boxes are painted over it."""
        ends = [(figure.rect.x, figure.rect.right) for figure in self._drawing.sections]
        first = _first_box(self._drawing.sections[0]).rect.cx
        last = _last_box(self._drawing.sections[-1]).rect.cx
        start = max(first, self._left if seen else ends[0][0])
        stop = min(last, self._right)
        if stop <= start:
            return
        x0, y = self._camera.to_screen(start, 0)
        x1, _ = self._camera.to_screen(stop, 0)
        self._painter.setPen(QPen(self._style.text, 1.5))
        self._painter.drawLine(QPointF(x0, y), QPointF(x1, y))

    def _section(self, figure: SectionFigure) -> None:
        for block in figure.blocks_between(self._left, self._right):
            self._block(block, figure.index)
        if figure.folded:
            self._stack(figure.boxes[0], figure)
            return
        self._boxes(figure.boxes, figure.index)
        self._row_labels(figure.boxes, figure.wires, floor=self._window.bottom)

    # -- blocks -----------------------------------------------------------------------------

    def _block(self, figure: BlockFigure, section: int) -> None:
        width = figure.rect.w * self._camera.zoom
        if figure.opened:
            self._card(figure, section)
        if width < BAR_BELOW:
            self._bar(figure, section)
            return
        size = self._camera.zoom * self._drawing.room
        flat = width < FLAT_BELOW or (figure.opened and size < OPENED_FLAT_BELOW)
        if figure.arc is not None:
            self._arc(figure, figure.arc, detailed=not flat)
        if flat:
            self._flat(figure.boxes, section)
            return
        self._boxes(figure.boxes, section)
        if figure.opened:
            row = [box for box in figure.boxes if box.part is not Part.CHIP]
            card = self._camera.rect(figure.rect)
            self._row_labels(row, figure.wires, floor=card.bottom - 4)
            ceiling = card.y + 7 + self._style.note.height  # the title stands above it
            if figure.arc is not None:
                self._arc_label(figure, lift=self._lift(figure), ceiling=ceiling)
        else:
            self._closed_labels(figure)

    def _bar(self, figure: BlockFigure, section: int) -> None:
        last = next(box for box in reversed(figure.boxes) if box.part is Part.MAP)
        colour = self._style.colours[section]
        if self._shades is not None:
            colour = self._shades.tones(figure.name).fill
        rect = self._camera.rect(figure.rect)
        height = last.rect.h * self._camera.zoom
        middle = self._camera.y
        width = max(rect.w * 0.7, 0.6)
        self._painter.fillRect(
            QRectF(rect.x, middle - height / 2, width, height),
            colour,
        )

    def _flat(self, boxes: Iterable[Box], section: int) -> None:
        for box in boxes:
            if box.part in (Part.ADD, Part.MARK):
                colour = self._style.text
            else:
                colour = self._tones(box.name, section, box.layer).fill
            self._painter.fillRect(qrect(self._camera.rect(box.rect)), colour)

    def _card(self, figure: BlockFigure, section: int) -> None:
        rect = self._camera.rect(figure.rect.grown(-2))
        painter, style = self._painter, self._style
        painter.setPen(QPen(style.edges[section], 1.2))
        painter.setBrush(style.surface)
        painter.drawRoundedRect(qrect(rect), 6, 6)
        painter.setPen(QPen(style.text, 1.5))
        left, middle = self._camera.to_screen(figure.rect.x, 0)
        right, _ = self._camera.to_screen(figure.rect.right, 0)
        painter.drawLine(QPointF(left, middle), QPointF(right, middle))
        output = f"y = {formula(figure.block)}"
        texts = (f"{figure.name}   {output}", figure.name)
        face = style.note
        text = face.fitting(texts, rect.w - 34)
        band = CARD_TITLE * self._drawing.room * self._camera.zoom
        if text and band > face.height + 4:
            painter.setPen(style.text)
            painter.setFont(face.font)
            painter.drawText(QPointF(rect.x + 24, rect.y + 4 + face.ascent), text)

    def _closed_labels(self, figure: BlockFigure) -> None:
        rect = self._camera.rect(figure.rect)
        maps = [box for box in figure.boxes if box.part is Part.MAP]
        lowest = self._camera.rect(max(maps, key=lambda box: box.rect.h).rect).bottom
        face = self._style.small
        self._shape(figure.block.output_shape, rect.cx, lowest + 4 + face.ascent, rect.w - 6)
        if figure.arc is not None:
            self._arc_label(figure, lift=self._lift(figure), ceiling=self._window.y)

    # -- shortcuts --------------------------------------------------------------------------

    def _arc(self, figure: BlockFigure, arc: Arc, *, detailed: bool) -> None:
        painter = self._painter
        start, middle = self._camera.to_screen(arc.start, 0)
        end, top = self._camera.to_screen(arc.end, arc.top)
        fine = end - start < FINE_BELOW
        if self._surgery.of(figure.name).cut:
            paint_cut_arc(painter, figure, camera=self._camera, style=self._style, fine=fine)
            return
        foot = self._camera.to_screen(0, arc.foot)[1]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._style.shortcut_pen(arc.form, fine=fine))
        if not detailed:
            painter.drawPolyline(
                [QPointF(start, middle), QPointF(start, top), QPointF(end, top), QPointF(end, foot)]
            )
            return
        radius = max(0.0, min(7.0, (end - start) / 3, (middle - top) / 3))
        path = QPainterPath(QPointF(start, middle))
        path.lineTo(start, top + radius)
        path.quadTo(start, top, start + radius, top)
        path.lineTo(end - radius, top)
        path.quadTo(end, top, end, top + radius)
        path.lineTo(end, foot)
        painter.drawPath(path)
        if end - start > 20:
            paint_arrow(painter, end, foot, self._style.text, down=True)

    def _lift(self, figure: BlockFigure) -> float:
        """How far above the arc its label stands: clear of the layers on it."""
        on_arc = (Part.MARK, Part.CHIP)
        heights = [box.rect.h for box in figure.boxes if box.part in on_arc]
        return 4 + max(heights, default=0.0) / 2 * self._camera.zoom

    def _arc_label(self, figure: BlockFigure, *, lift: float, ceiling: float) -> None:
        arc = figure.arc
        assert arc is not None  # only a block with a shortcut has a label on it
        start, _ = self._camera.to_screen(arc.start, 0)
        end, top = self._camera.to_screen(arc.end, arc.top)
        face, colour = self._style.small, self._style.text
        texts = labels.block_shortcut_texts(figure.block)
        shape = labels.shape_text(figure.block.output_shape)
        said = [text for said in texts for text in (f"{said}, {shape}", said)]
        if self._surgery.of(figure.name).cut:
            said, colour = [labels.tr("cut")], QColor(self._style.theme.danger)
        text = face.fitting(said, end - start)
        if text and top - lift - face.capital > ceiling:
            self._text(face, colour, text, (start + end) / 2, top - lift)

    # -- boxes ------------------------------------------------------------------------------

    def _boxes(self, boxes: Iterable[Box], section: int) -> None:
        paint = {
            Part.PICTURE: self._picture,
            Part.MAP: self._map,
            Part.STRIP: self._strip,
            Part.ADD: self._addition,
            Part.CHIP: self._chip,
            Part.MARK: self._mark,
        }
        for box in boxes:
            if box.rect.right >= self._left - 20 and box.rect.x <= self._right:
                paint[box.part](box, section)

    def _map(self, box: Box, section: int) -> None:
        rect = self._camera.rect(box.rect)
        tones = self._tones(box.name, section, box.layer)
        paint_solid(self._painter, rect, tones)
        self._inner_label(box, rect, tones.fill)

    def _strip(self, box: Box, section: int) -> None:
        rect = self._camera.rect(box.rect)
        tones = self._tones(box.name, section, box.layer)
        painter = self._painter
        painter.setPen(QPen(tones.edge, 0.8))
        painter.setBrush(tones.fill)
        painter.drawRect(qrect(rect))
        if box.layer is not None and has_pattern(box.layer.kind):
            ink = self._style.text if box.layer.kind is LayerKind.SE else tones.edge
            paint_pattern(painter, rect, box.layer.kind, ink=ink)
            return  # the lines leave no room for letters
        self._inner_label(box, rect, tones.fill)

    def _inner_label(self, box: Box, rect: Rect, ground: QColor) -> None:
        """Writes what the layer is upwards into the part of its box that is seen."""
        face = self._style.small
        if box.layer is None or rect.w < face.height * 0.95:
            return
        rect = rect.within(self._window)
        text = face.fitting((labels.layer_text(box.layer),), rect.h - 6)
        if not text or rect.w < face.height * 0.95:
            return
        painter = self._painter
        painter.save()
        painter.translate(rect.cx, rect.cy)
        painter.rotate(-90)
        self._text(face, self._style.readable_on(ground), text, 0, face.capital / 2)
        painter.restore()

    def _picture(self, box: Box, _section: int) -> None:
        """The picture: three sheets seen from the side, for its colour channels."""
        rect = self._camera.rect(box.rect)
        painter = self._painter
        painter.setPen(QPen(self._style.surface, 1.0))
        step, width = rect.w * 0.2, rect.w * 0.6
        rise = min(width * 0.7, rect.h * 0.1)
        for index, colour in enumerate(_sheets(self._style)):
            left = rect.x + (2 - index) * step
            painter.setBrush(colour)
            painter.drawPolygon(
                polygon(
                    (left, rect.y + rise),
                    (left + width, rect.y),
                    (left + width, rect.bottom - rise),
                    (left, rect.bottom),
                )
            )

    def _addition(self, box: Box, _section: int) -> None:
        gated = box.layer is not None and len(box.layer.inputs) > 2
        paint_addition(self._painter, self._camera.rect(box.rect), self._style, gated=gated)

    def _mark(self, box: Box, section: int) -> None:
        assert box.layer is not None
        rect, colour = self._camera.rect(box.rect), self._tones(box.name, section, None).fill
        paint_mark(self._painter, rect, box.layer.kind, colour=colour, style=self._style)

    def _chip(self, box: Box, section: int) -> None:
        rect = self._camera.rect(box.rect)
        painter, style = self._painter, self._style
        tones = self._tones(box.name, section, box.layer)
        ground = tones.fill
        painter.setPen(QPen(tones.edge, 1.0))
        painter.setBrush(ground)
        painter.drawRoundedRect(qrect(rect), 4, 4)
        assert box.layer is not None
        face = style.small
        text = face.fitting(labels.chip_texts(box.layer), rect.w - 4)
        if text and rect.h > face.height * 0.9:
            self._text(face, style.readable_on(ground), text, rect.cx, rect.cy + face.capital / 2)

    def _stack(self, box: Box, figure: SectionFigure) -> None:
        """A folded section: some sheets behind each other, and how much they stand for."""
        rect = self._camera.rect(box.rect)
        step = STACK_STEP * self._camera.zoom
        width = rect.w - step * (STACK_CARDS - 1)
        cards = min(STACK_CARDS, max(1, len(figure.section.blocks)))
        for card in reversed(range(cards)):
            front = Rect(rect.x + step * card, rect.y - step * card * 0.6, width, rect.h)
            paint_solid(self._painter, front, self._tones(figure.name, figure.index, None))
        slot = self._slot(box)
        face = self._style.title
        y = rect.bottom + 4 + face.ascent
        room = figure.rect.w * self._camera.zoom - 4  # beyond that lie the words of a neighbour
        text = face.fitting(labels.folded_texts(figure.section), room)
        if text:
            self._text(face, self._style.text, text, slot.cx, y)
        self._shape(figure.section.output_shape, slot.cx, y + face.height, room)

    # -- labels -----------------------------------------------------------------------------

    def _row_labels(self, boxes: Sequence[Box], wires: Iterable[Wire], *, floor: float) -> None:
        """Writes under each column what it computes, and the shape that it makes."""
        written = self._wires(wires)
        for column in _columns(boxes):
            slot = self._slot(column[0])
            unseen = slot.right < self._window.x or slot.x > self._window.right
            if column[0].part is not Part.ADD and not unseen:
                self._column_label(column, slot, floor=floor)
                if column[-1].rect.right not in written:
                    self._column_shape(column, slot)

    def _column_label(self, column: Sequence[Box], slot: Rect, *, floor: float) -> None:
        style, face = self._style, self._style.small
        words, strips = _column_texts(column)
        tall = self._camera.rect(max(column, key=lambda box: box.rect.h).rect)
        y = tall.bottom + 3 + face.ascent
        most = int((floor - y) / face.height) + 1
        room = slot.w if column[0].part is not Part.STRIP else slot.w + GAP * self._camera.zoom
        lines = [(line, style.text) for line in face.lines(words, room, most)]
        lines += [(line, style.muted) for line in face.lines(strips, room, most - len(lines))]
        for line, colour in lines:
            self._text(face, colour, line, slot.cx, y)
            y += face.height

    def _column_shape(self, column: Sequence[Box], slot: Rect) -> None:
        layer = column[-1].layer
        shape = layer.output_shape if layer else self._drawing.graph.input_shape
        tall = self._camera.rect(max(column, key=lambda box: box.rect.h).rect)
        baseline = tall.y - depth_of(tall) * 0.7 - 4
        if baseline - self._style.small.capital > self._window.y:
            gap = GAP * self._camera.zoom  # to the next column, whose shape may be as wide
            self._shape(shape, slot.cx, baseline, slot.w + gap - 3)

    def _wires(self, wires: Iterable[Wire]) -> set[float]:
        """Paints arrow heads, and shapes where there is room; returns the starts of the latter."""
        written = set()
        for wire in wires:
            start, y = self._camera.to_screen(wire.start, 0)
            end, _ = self._camera.to_screen(wire.end, 0)
            if end < self._window.x or start > self._window.right or end - start < 9:
                continue
            paint_arrow(self._painter, end, y, self._style.text)
            if self._shape(wire.shape, (start + end) / 2, y - 5, end - start - 20):
                written.add(wire.start)
        return written

    def _shape(self, shape: Shape, cx: float, baseline: float, room: float) -> bool:
        """Writes a shape if it fits into `room` pixels; returns whether it did."""
        text = labels.shape_text(shape)
        if self._style.small.width(text) > room:
            return False
        self._text(self._style.small, self._style.text, text, cx, baseline)
        return True

    def _text(self, face: Face, colour: QColor, text: str, cx: float, baseline: float) -> None:
        self._painter.setFont(face.font)
        self._painter.setPen(colour)
        self._painter.drawText(QPointF(cx - face.width(text) / 2, baseline), text)

    def _slot(self, box: Box) -> Rect:
        left, _ = self._camera.to_screen(box.slot[0], 0)
        right, _ = self._camera.to_screen(box.slot[1], 0)
        return Rect(left, 0, right - left, 0)


def _first_box(figure: SectionFigure) -> Box:
    return figure.boxes[0] if figure.boxes else figure.blocks[0].boxes[0]


def _last_box(figure: SectionFigure) -> Box:
    return figure.boxes[-1] if figure.boxes else figure.blocks[-1].boxes[-1]


def _columns(boxes: Sequence[Box]) -> list[list[Box]]:
    columns: list[list[Box]] = []
    for box in boxes:
        if columns and columns[-1][0].slot == box.slot:
            columns[-1].append(box)
        else:
            columns.append([box])
    return columns


def _column_texts(column: Sequence[Box]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns what is written under a column: its map, then which strips follow it.

    Each from the longest form to the shortest.
    """
    first = column[0].layer
    if first is None:
        return (labels.tr("picture"),), ()
    has_map = column[0].part is not Part.STRIP
    layers = [box.layer for box in column[int(has_map) :] if box.layer is not None]
    strips = (" + ".join(labels.strip_text(layer) for layer in layers),)
    return (labels.column_texts(first), strips) if has_map else (strips, ())


def _sheets(style: Style) -> tuple[QColor, ...]:
    theme = style.theme
    colours = (theme.accent, theme.good, theme.danger)  # blue, green, and red in front
    return tuple(mixed(QColor(colour), style.surface, 0.35) for colour in colours)
