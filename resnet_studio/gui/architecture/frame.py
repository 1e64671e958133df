"""What stands still around the drawing: titles of the parts above, the legend below, handles.

The titles follow their columns but never leave the window, like the header of a table, so that
a person who has zoomed in still knows where they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from resnet_studio.architecture.graph import LayerKind
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.camera import Camera
from resnet_studio.gui.architecture.figures import Drawing, SectionFigure
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.glyphs import qrect
from resnet_studio.gui.architecture.legend import legend_items, paint_sample
from resnet_studio.gui.architecture.style import Face, Style

if TYPE_CHECKING:
    from resnet_studio.gui.architecture.colouring import Shades

HANDLE = 14.0
_PADDING = 5.0


@dataclass(frozen=True, slots=True)
class Handle:
    """A small + or - that folds or unfolds something."""

    name: str
    rect: Rect
    plus: bool


def header_height(style: Style) -> float:
    """Returns the height of the titles: three lines of text, or one if there is little room."""
    notes = 2 * style.note.height if style.has_notes else 0.0
    return style.title.height + notes + 2 * _PADDING + 3


def legend_height(style: Style) -> float:
    """Returns the height of the legend: one line of text."""
    return style.note.height + 2 * _PADDING


def drawing_window(width: float, height: float, style: Style) -> Rect:
    """Returns the pixels between titles and legend."""
    top = header_height(style)
    return Rect(0.0, top, width, max(1.0, height - top - legend_height(style)))


def header_cells(
    drawing: Drawing, camera: Camera, window: Rect, style: Style
) -> Iterator[tuple[SectionFigure, Rect]]:
    """Yields each part that is seen with the pixels of its title."""
    for figure in drawing.sections:
        column = camera.rect(figure.rect)
        left, right = max(column.x, window.x), min(column.right, window.right)
        if right - left > 1:
            yield figure, Rect(left, 0.0, right - left, header_height(style))


def title_handles(drawing: Drawing, camera: Camera, window: Rect, style: Style) -> Iterator[Handle]:
    """Yields the handles in the titles of the parts."""
    for figure, cell in header_cells(drawing, camera, window, style):
        if cell.w >= 2 * HANDLE:
            rect = Rect(cell.x + 3, _PADDING + 3, HANDLE, HANDLE)
            yield Handle(figure.name, rect, plus=figure.folded)


def block_handles(drawing: Drawing, camera: Camera, window: Rect) -> Iterator[Handle]:
    """Yields the handles of the opened blocks that may be seen."""
    left, _ = camera.to_drawing(window.x, 0)
    right, _ = camera.to_drawing(window.right, 0)
    for figure in drawing.sections:
        if figure.rect.right < left or figure.rect.x > right:
            continue
        for block in figure.blocks_between(left, right):
            if block.opened:
                yield block_handle(block.rect, camera, name=block.name, plus=False)


def block_handle(rect: Rect, camera: Camera, *, name: str, plus: bool) -> Handle:
    """Returns the handle at the upper left corner of a block."""
    seen = camera.rect(rect)
    return Handle(name, Rect(seen.x + 4, seen.y + 4, HANDLE, HANDLE), plus)


def paint_header(
    painter: QPainter, drawing: Drawing, *, camera: Camera, window: Rect, style: Style
) -> None:
    """Paints the titles of the parts: name, what is in it, shape of its output."""
    painter.fillRect(QRectF(0, 0, window.w, window.y), style.surface)
    for figure, cell in header_cells(drawing, camera, window, style):
        _paint_cell(painter, figure, cell, style)


def _paint_cell(painter: QPainter, figure: SectionFigure, cell: Rect, style: Style) -> None:
    painter.fillRect(qrect(cell), style.headers[figure.index])
    painter.fillRect(QRectF(cell.x, 0, cell.w, 3), style.colours[figure.index])
    section = figure.section
    room = cell.w - 6
    handle = HANDLE + 3 if cell.w >= 2 * HANDLE else 0.0
    lines: tuple[tuple[Face, QColor, tuple[str, ...], float], ...] = (
        (style.title, style.text, labels.section_titles(section), handle),
        (style.note, style.text, (labels.section_note(section),), 0.0),
        (
            style.note,
            style.text,
            (
                f"→ {labels.shape_text(section.output_shape)}",
                labels.shape_text(section.output_shape),
            ),
            0.0,
        ),
    )
    y = cell.y + _PADDING + 3
    for face, colour, texts, indent in lines if style.has_notes else lines[:1]:
        text = face.fitting(texts, room - indent)
        if text:
            centre = max(cell.cx, cell.x + indent + face.width(text) / 2 + 3)
            painter.setFont(face.font)
            painter.setPen(colour)
            painter.drawText(QPointF(centre - face.width(text) / 2, y + face.ascent), text)
        y += face.height


def places(
    drawing: Drawing, camera: Camera, window: Rect, style: Style
) -> Iterator[tuple[str, SectionFigure, Rect]]:
    """Yields what the blocks are called whose upper ends are out of sight, and where to say it."""
    left, _ = camera.to_drawing(window.x, 0)
    right, _ = camera.to_drawing(window.right, 0)
    face = style.note
    for figure in drawing.sections:
        if figure.rect.right < left or figure.rect.x > right:
            continue
        for block in figure.blocks_between(left, right):
            seen = camera.rect(block.rect)
            cell = seen.within(window)
            if seen.y >= window.y or cell.h < 2 * face.height:
                continue
            said = f"{block.name} · {labels.kind_text(block.block)}"
            if text := face.fitting((said, block.name), cell.w - 2 * _PADDING):
                yield text, figure, Rect(cell.x + 1, cell.y, cell.w - 2, face.height + 4)


def paint_places(
    painter: QPainter, drawing: Drawing, *, camera: Camera, window: Rect, style: Style
) -> None:
    """Names the blocks whose upper ends are out of sight, on a line below the titles."""
    face = style.note
    for text, figure, strip in places(drawing, camera, window, style):
        painter.fillRect(qrect(strip), style.headers[figure.index])
        painter.setPen(style.text)
        painter.setFont(face.font)
        x = strip.cx - face.width(text) / 2
        painter.drawText(QPointF(x, strip.y + 2 + face.ascent), text)


def paint_mark(painter: QPainter, rect: Rect, *, window: Rect, width: float, style: Style) -> None:
    """Outlines what is selected or under the pointer, with a halo that parts it from the maps."""
    painter.save()
    painter.setClipRect(qrect(window))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for pen in (QPen(style.surface, width + 2), QPen(style.accent, width)):
        painter.setPen(pen)
        painter.drawRoundedRect(qrect(rect.grown(2)), 4, 4)
    painter.restore()


def paint_focus(painter: QPainter, rect: QRect, style: Style) -> None:
    """Frames the whole drawing while the keys work in it."""
    painter.setPen(QPen(style.accent, 2))
    painter.drawRect(rect.adjusted(1, 1, -1, -1))


def paint_handle(painter: QPainter, handle: Handle, style: Style) -> None:
    """Paints a small + or - in a box."""
    rect = handle.rect
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(style.text, 1.0))
    painter.setBrush(style.surface)
    painter.drawRoundedRect(qrect(rect), 3, 3)
    painter.setPen(QPen(style.text, 1.6))
    arm = rect.w * 0.27
    painter.drawLine(QPointF(rect.cx - arm, rect.cy), QPointF(rect.cx + arm, rect.cy))
    if handle.plus:
        painter.drawLine(QPointF(rect.cx, rect.cy - arm), QPointF(rect.cx, rect.cy + arm))
    painter.restore()


def paint_legend(
    painter: QPainter,
    drawing: Drawing,
    *,
    width: float,
    height: float,
    style: Style,
    shades: Shades | None = None,
    left: float = 0.0,
) -> None:
    """Paints what colours, lines and sizes mean; what finds no room is left out, the scale last.

    The `left` pixels of the line are somebody else's.
    """
    top = height - legend_height(style)
    painter.fillRect(QRectF(0, top, width, height - top), style.surface)
    painter.setPen(QPen(style.border, 1.0))
    painter.drawLine(QPointF(0, top + 0.5), QPointF(width, top + 0.5))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = (top + height) / 2
    scale = style.note.fitting(_scale_texts(), width - left - 20)
    room = width - style.note.width(scale) - 30
    x = left + 10.0
    items = legend_items(drawing.graph)
    if shades is not None:  # the kinds of convolution have no colour of their own then
        x = shades.paint_legend(painter, x, middle)
        items = [item for item in items if item.kind is not LayerKind.CONV]
    for item in items:
        needed = 30 + style.note.width(item.text) + 16
        if x + needed > room:
            break
        paint_sample(painter, item, x, middle, style=style)
        _write(painter, item.text, x + 32, middle, style)
        x += needed
    _write(painter, scale, width - 10 - style.note.width(scale), middle, style)
    painter.restore()


def _scale_texts() -> tuple[str, ...]:
    return (
        labels.tr("to scale: height ∼ √pixels, width ∼ √channels"),
        labels.tr("height ∼ √px, width ∼ √channels"),
    )


def _write(painter: QPainter, text: str, x: float, middle: float, style: Style) -> None:
    painter.setPen(style.text)
    painter.setFont(style.note.font)
    painter.drawText(QPointF(x, middle + style.note.capital / 2), text)
