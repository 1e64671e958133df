"""The small signs of the drawing and its legend: the addition, and what is on a shortcut."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from resnet_studio.architecture.graph import LayerKind
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.style import Style

_RANDOM = (LayerKind.DROPOUT, LayerKind.DROP_PATH)
_STROKES = 4.0
"""Pixels between the lines of a pattern."""
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
