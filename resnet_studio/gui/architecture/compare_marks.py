"""How a drawing shows what has changed: outlines, hatching and badges, and a ruler below it.

Colour is never alone: what has changed has a solid outline and "≠", what only one network has is
hatched, has a dashed outline and "−" or "+". The ruler at the lower edge says the same of every
block, also where hundreds of them are too narrow for an outline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap

from resnet_studio.architecture.diff import ChangeState
from resnet_studio.architecture.diff_text import MARKS
from resnet_studio.gui.architecture.camera import Camera
from resnet_studio.gui.architecture.figures import Box, Drawing, Part, SectionFigure
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.painting import qrect
from resnet_studio.gui.architecture.style import Style
from resnet_studio.gui.theme import Theme

BADGE = 13.0
"""Side of a badge in pixels."""
RULER = BADGE + 3
"""Height of the ruler in pixels."""
_LINE = 3.0
_OUTLINED_FROM = 3.0
"""Pixels of a box's width from which it is outlined; narrower ones only have the ruler."""

States = Mapping[str, ChangeState]
_NO_OUTLINE = (Part.PICTURE, Part.STACK)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the ruler: neighbours of one state, in the drawing's own units."""

    start: float
    end: float
    state: ChangeState


def mark_colour(state: ChangeState, theme: Theme) -> QColor:
    """Returns orange for what has changed, blue for what only one network has."""
    changed = state is ChangeState.CHANGED
    return QColor(theme.curve_validation if changed else theme.curve_train)


def badge_pixmap(state: ChangeState, theme: Theme, *, side: int, ratio: float) -> QPixmap:
    """Returns the badge of a state as an icon of `side` pixels; empty for what is alike."""
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    if state is not ChangeState.SAME:
        painter = QPainter(pixmap)
        paint_badge(painter, side / 2, side / 2, state=state, theme=theme, side=side - 1.0)
        painter.end()
    return pixmap


def paint_badge(
    painter: QPainter, x: float, y: float, *, state: ChangeState, theme: Theme, side: float = BADGE
) -> None:
    """Paints a badge around a point: drawn, not written, so that every font has it."""
    colour = mark_colour(state, theme)
    half, arm = side / 2, side * 0.27
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(x - half, y - half, side, side), 3, 3)
    painter.setPen(QPen(QColor(theme.surface), side * 0.13))
    for x0, y0, x1, y1 in _strokes(state):
        painter.drawLine(QPointF(x + x0 * arm, y + y0 * arm), QPointF(x + x1 * arm, y + y1 * arm))
    painter.restore()


def _strokes(state: ChangeState) -> tuple[tuple[float, float, float, float], ...]:
    match MARKS[state]:
        case "≠":
            return ((-1, -0.45, 1, -0.45), (-1, 0.45, 1, 0.45), (-0.55, 1.1, 0.55, -1.1))
        case "+":
            return ((-1, 0, 1, 0), (0, -1, 0, 1))
        case "−":
            return ((-1, 0, 1, 0),)
    return ()


# -- the ruler ------------------------------------------------------------------------------------


def segments(drawing: Drawing, states: States, left: float, right: float) -> Iterator[Segment]:
    """Yields what has changed between two places of the drawing, neighbours joined."""
    for figure in drawing.sections:
        if figure.rect.right < left or figure.rect.x > right:
            continue
        pieces = _pieces(figure, states, left, right)
        for state, run in groupby(pieces, key=lambda piece: piece.state):
            joined = [*run]
            if state is not ChangeState.SAME:
                yield Segment(joined[0].start, joined[-1].end, state)


def _pieces(figure: SectionFigure, states: States, left: float, right: float) -> Iterator[Segment]:
    if figure.folded:
        yield Segment(figure.rect.x, figure.rect.right, _state(states, figure.name))
        return
    yield from _columns(figure.boxes, states)
    for block in figure.blocks_between(left, right):
        if block.opened:
            row = [box for box in block.boxes if box.part not in (Part.CHIP, Part.MARK)]
            yield from _columns(row, states)
        else:
            yield Segment(block.rect.x, block.rect.right, _state(states, block.name))


def _columns(boxes: Iterable[Box], states: States) -> Iterator[Segment]:
    """Yields a piece for each column of layers: a convolution with its BN and ReLU."""
    for (start, end), column in groupby(boxes, key=lambda box: box.slot):
        found = {_state(states, box.name) for box in column}
        state = found.pop() if len(found) == 1 else ChangeState.CHANGED
        yield Segment(start, end, state)


def _state(states: States, name: str) -> ChangeState:
    return states.get(name, ChangeState.SAME)


def paint_ruler(
    painter: QPainter,
    drawing: Drawing,
    *,
    camera: Camera,
    window: Rect,
    top: float,
    style: Style,
    states: States,
) -> None:
    """Paints a line under everything that has changed, with a badge in the middle of each run.

    Args:
        painter: Where to paint.
        drawing: What is drawn above it.
        camera: Which part of the drawing is seen.
        window: The pixels of the drawing; the ruler is as wide.
        top: Upper edge of the ruler in pixels.
        style: Colours.
        states: What has happened to each name; names that are missing are alike.
    """
    left, _ = camera.to_drawing(window.x, 0)
    right, _ = camera.to_drawing(window.right, 0)
    middle = top + RULER / 2
    painter.save()
    painter.setClipRect(QRectF(window.x, top, window.w, RULER))
    for segment in segments(drawing, states, left, right):
        start = max(camera.to_screen(segment.start, 0)[0], window.x) + 1
        end = min(camera.to_screen(segment.end, 0)[0], window.right) - 1
        painter.setPen(_pen(segment.state, style.theme, _LINE))
        painter.drawLine(QPointF(start, middle), QPointF(max(end, start + 1), middle))
        if end - start >= BADGE:
            centre = (start + end) / 2
            paint_badge(painter, centre, middle, state=segment.state, theme=style.theme)
    painter.restore()


# -- outlines -------------------------------------------------------------------------------------


def paint_outlines(
    painter: QPainter,
    drawing: Drawing,
    *,
    camera: Camera,
    window: Rect,
    style: Style,
    states: States,
) -> None:
    """Outlines every layer that is seen and has changed, and hatches what has no counterpart."""
    left, _ = camera.to_drawing(window.x, 0)
    right, _ = camera.to_drawing(window.right, 0)
    painter.save()
    painter.setClipRect(qrect(window))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for box in _boxes_between(drawing, left, right):
        state = _state(states, box.name)
        rect = camera.rect(box.rect)
        if state is not ChangeState.SAME and rect.w >= _OUTLINED_FROM:
            _paint_outline(painter, rect, state, style)
    painter.restore()


def _boxes_between(drawing: Drawing, left: float, right: float) -> Iterator[Box]:
    for figure in drawing.sections:
        if figure.rect.right < left or figure.rect.x > right:
            continue
        boxes = [*figure.boxes]
        for block in figure.blocks_between(left, right):
            boxes += block.boxes
        yield from (box for box in boxes if box.part not in _NO_OUTLINE)


def _paint_outline(painter: QPainter, rect: Rect, state: ChangeState, style: Style) -> None:
    colour = mark_colour(state, style.theme)
    if state is not ChangeState.CHANGED:
        painter.fillRect(qrect(rect), QBrush(colour, Qt.BrushStyle.BDiagPattern))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    halo = QPen(style.surface, 3.5 if rect.w > 8 else 0.0)
    for pen in (halo, _pen(state, style.theme, 2.0)):
        if pen.widthF() > 0:
            painter.setPen(pen)
            painter.drawRect(qrect(rect.grown(1.5)))


def _pen(state: ChangeState, theme: Theme, width: float) -> QPen:
    pen = QPen(mark_colour(state, theme), width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if state is not ChangeState.CHANGED:
        pen.setDashPattern([2.0, 1.2])
    return pen
