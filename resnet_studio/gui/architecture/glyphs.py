"""The small signs of the drawing and its legend: boxes, arrow heads, what is on a shortcut."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from resnet_studio.architecture.graph import LayerKind
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.style import Style, Tones

_RANDOM = (LayerKind.DROPOUT, LayerKind.DROP_PATH)
_STROKES = 4.0
"""Pixels between the lines of a pattern."""
OUTLINE_FROM = 4.0
"""Pixels of a map's width from which it has an outline: around less, only the outline shows."""
_SIGN_FROM = 6.0
"""Pixels of width from which there is room for what is inside a circle."""


def qrect(rect: Rect) -> QRectF:
    """Returns the rectangle as Qt's."""
    return QRectF(rect.x, rect.y, rect.w, rect.h)


def paint_addition(painter: QPainter, rect: Rect, style: Style, *, gated: bool = False) -> None:
    """Paints a circled plus; where a gate weighs the paths, with a g at its foot."""
    painter.setPen(QPen(style.text, 1.4))
    painter.setBrush(style.surface)
    painter.drawEllipse(qrect(rect))
    if rect.w <= _SIGN_FROM:
        return
    arm = rect.w * 0.28
    painter.drawLine(QPointF(rect.cx - arm, rect.cy), QPointF(rect.cx + arm, rect.cy))
    painter.drawLine(QPointF(rect.cx, rect.cy - arm), QPointF(rect.cx, rect.cy + arm))
    face = style.small
    if gated and rect.w > 0.6 * face.height:
        painter.setFont(face.font)
        painter.setPen(style.text)
        place = QPointF(rect.cx - face.width("g") / 2, rect.bottom + face.capital + 3)
        painter.drawText(place, "g")


def paint_mark(
    painter: QPainter, rect: Rect, kind: LayerKind, *, colour: QColor, style: Style
) -> None:
    """Paints what a layer on a shortcut is.

    A filled square is a projection, an empty one zero padding, a diamond a gate, a crossed circle
    a constant, a dotted circle dropout.
    """
    painter.setPen(QPen(style.text, 1.2))
    painter.setBrush(colour if kind is LayerKind.CONV else style.surface)
    if kind is LayerKind.GATE:
        painter.drawPolygon(_diamond(rect.grown(rect.w * 0.15)))
    elif kind is LayerKind.SCALE:
        painter.drawEllipse(qrect(rect.grown(rect.w * 0.1)))
        _cross(painter, rect)
    elif kind is LayerKind.DROPOUT:
        painter.setPen(QPen(style.text, 1.4, Qt.PenStyle.DotLine))
        painter.drawEllipse(qrect(rect.grown(rect.w * 0.1)))
    else:
        painter.drawRect(qrect(rect))


def paint_pattern(painter: QPainter, rect: Rect, kind: LayerKind, *, ink: QColor) -> None:
    """Paints over a strip what tells it from BN and ReLU, in lines that any picture file keeps.

    A squeeze-and-excitation weighs each channel: level lines. What dropout and drop path leave
    out is drawn by lot: slanted lines.
    """
    painter.save()
    painter.setClipRect(qrect(rect), Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(ink, 1.0))
    slant = rect.w if kind in _RANDOM else 0.0
    for step in range(int((rect.h + slant) / _STROKES) + 1):
        y = rect.y + step * _STROKES
        painter.drawLine(QPointF(rect.x, y), QPointF(rect.right, y - slant))
    painter.restore()


def has_pattern(kind: LayerKind) -> bool:
    """Tells whether strips of this kind have lines on them."""
    return kind is LayerKind.SE or kind in _RANDOM


def paint_arrow(
    painter: QPainter, x: float, y: float, colour: QColor, *, down: bool = False
) -> None:
    """Paints an arrow head with its point at (x, y), to the right or downwards."""
    size = 4.5
    corners = (
        ((x, y), (x - size * 0.75, y - size * 1.3), (x + size * 0.75, y - size * 1.3))
        if down
        else ((x, y), (x - size * 1.3, y - size * 0.75), (x - size * 1.3, y + size * 0.75))
    )
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(polygon(*corners))


def paint_solid(painter: QPainter, rect: Rect, tones: Tones) -> None:
    """Paints a box with a little depth, so that it reads as a stack of channels."""
    outlined = rect.w >= OUTLINE_FROM
    painter.setPen(QPen(tones.edge, 0.8) if outlined else Qt.PenStyle.NoPen)
    depth = depth_of(rect)
    if depth > 1.2:
        top, right, up = rect.y, rect.right, depth * 0.7
        painter.setBrush(tones.top)
        painter.drawPolygon(
            polygon(
                (rect.x, top),
                (rect.x + depth, top - up),
                (right + depth, top - up),
                (right, top),
            )
        )
        painter.setBrush(tones.side)
        painter.drawPolygon(
            polygon(
                (right, top),
                (right + depth, top - up),
                (right + depth, rect.bottom - up),
                (right, rect.bottom),
            )
        )
    painter.setBrush(tones.fill)
    painter.drawRect(qrect(rect))


def depth_of(rect: Rect) -> float:
    """Returns how far a box reaches behind its front: higher maps further, as maps are square."""
    return min(8.0, rect.h * 0.07, 1.0 + rect.w * 0.6)


def polygon(*corners: tuple[float, float]) -> QPolygonF:
    """Returns the polygon of the corners."""
    return QPolygonF([QPointF(x, y) for x, y in corners])


def _diamond(rect: Rect) -> QPolygonF:
    corners = (
        (rect.cx, rect.y),
        (rect.right, rect.cy),
        (rect.cx, rect.bottom),
        (rect.x, rect.cy),
    )
    return QPolygonF([QPointF(*corner) for corner in corners])


def _cross(painter: QPainter, rect: Rect) -> None:
    arm = rect.w * 0.26
    for slope in (1, -1):
        start = QPointF(rect.cx - arm, rect.cy - slope * arm)
        painter.drawLine(start, QPointF(rect.cx + arm, rect.cy + slope * arm))
