"""How a box on a picture is drawn, moved and resized: geometry alone, in pixels of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt

LEAST_SIDE = 1.0
"""Pixels of the picture that a box is wide and high at least."""


class Handle(Enum):
    """Where a box is taken hold of: which way its left, top, right and bottom edge are pulled."""

    INSIDE = (0, 0)
    UPPER_LEFT = (-1, -1)
    UPPER = (0, -1)
    UPPER_RIGHT = (1, -1)
    RIGHT = (1, 0)
    LOWER_RIGHT = (1, 1)
    LOWER = (0, 1)
    LOWER_LEFT = (-1, 1)
    LEFT = (-1, 0)

    @property
    def cursor(self) -> Qt.CursorShape:
        """The cursor that says what dragging would do."""
        across, down = self.value
        if self is Handle.INSIDE:
            return Qt.CursorShape.SizeAllCursor
        if across == 0:
            return Qt.CursorShape.SizeVerCursor
        if down == 0:
            return Qt.CursorShape.SizeHorCursor
        if across == down:
            return Qt.CursorShape.SizeFDiagCursor
        return Qt.CursorShape.SizeBDiagCursor


@dataclass(frozen=True, slots=True)
class BoxDrag:
    """A drag that has begun.

    Attributes:
        handle: What was taken hold of; None where a new box is drawn.
        start: Where, in pixels of the picture.
        box: The box at that moment.
        picture: Size of the picture in pixels.
    """

    handle: Handle | None
    start: QPointF
    box: QRectF
    picture: QSize

    def to(self, point: QPointF) -> QRectF:
        """Returns the box once the cursor is at a point of the picture; empty for no way at all."""
        bounds = QRectF(QPointF(0, 0), self.picture)
        if self.handle is None:
            return QRectF(self.start, point).normalized().intersected(bounds)
        way = point - self.start
        if self.handle is Handle.INSIDE:
            return moved(self.box, way.x(), way.y(), self.picture)
        return pulled(self.box, self.handle, way.x(), way.y(), self.picture)


def handles(frame: QRectF) -> dict[Handle, QPointF]:
    """Returns where the handles of a box lie."""
    middle = frame.center()
    half = QPointF(frame.width() / 2, frame.height() / 2)
    return {
        handle: QPointF(
            middle.x() + handle.value[0] * half.x(), middle.y() + handle.value[1] * half.y()
        )
        for handle in Handle
        if handle is not Handle.INSIDE
    }


def handle_at(frame: QRectF, point: QPointF, reach: float) -> Handle | None:
    """Returns what of a box lies under a point, None outside of it.

    Args:
        frame: The box as it is drawn.
        point: In the same pixels.
        reach: How far around a handle it can be caught. Of a small box only the corners can, from
            outside, so that there is always an inside.
    """
    small = min(frame.width(), frame.height()) < 4 * reach
    inside = frame.adjusted(reach / 2, reach / 2, -reach / 2, -reach / 2)
    if small and inside.isValid() and inside.contains(point):
        return Handle.INSIDE
    for handle, place in handles(frame).items():
        if small and 0 in handle.value:
            continue
        away = point - place
        if max(abs(away.x()), abs(away.y())) <= reach:
            return handle
    return Handle.INSIDE if frame.contains(point) else None


def moved(box: QRectF, across: float, down: float, picture: QSize) -> QRectF:
    """Returns the box moved by so many pixels, as far as the picture reaches."""
    left = min(max(0.0, box.left() + across), picture.width() - box.width())
    top = min(max(0.0, box.top() + down), picture.height() - box.height())
    return QRectF(left, top, box.width(), box.height())


def pulled(box: QRectF, handle: Handle, across: float, down: float, picture: QSize) -> QRectF:
    """Returns the box with the edges of a handle pulled by so many pixels."""
    left, top, right, bottom = box.left(), box.top(), box.right(), box.bottom()
    to_right, to_bottom = handle.value
    if to_right < 0:
        left = min(max(0.0, left + across), right - LEAST_SIDE)
    elif to_right > 0:
        right = max(min(float(picture.width()), right + across), left + LEAST_SIDE)
    if to_bottom < 0:
        top = min(max(0.0, top + down), bottom - LEAST_SIDE)
    elif to_bottom > 0:
        bottom = max(min(float(picture.height()), bottom + down), top + LEAST_SIDE)
    return QRectF(QPointF(left, top), QPointF(right, bottom))


def central(picture: QSize) -> QRectF:
    """Returns the box that is made where there is none: the middle ninth of the picture."""
    width, height = picture.width() / 3, picture.height() / 3
    return QRectF(width, height, max(LEAST_SIDE, width), max(LEAST_SIDE, height))
