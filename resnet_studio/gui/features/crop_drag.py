"""How a square on a picture is moved and resized: geometry alone, in pixels of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt

from resnet_studio.probe.framing import CropBox, square_inside

LEAST_SIDE = 8
"""Pixels below which the crop is not made: fewer show nothing but a colour."""


class Grip(Enum):
    """Where a square is taken hold of: its inside, or a corner as (right, lower)."""

    INSIDE = ()
    UPPER_LEFT = (False, False)
    UPPER_RIGHT = (True, False)
    LOWER_LEFT = (False, True)
    LOWER_RIGHT = (True, True)

    @property
    def cursor(self) -> Qt.CursorShape:
        """The cursor that says what dragging would do."""
        if self is Grip.INSIDE:
            return Qt.CursorShape.SizeAllCursor
        if self in (Grip.UPPER_LEFT, Grip.LOWER_RIGHT):
            return Qt.CursorShape.SizeFDiagCursor
        return Qt.CursorShape.SizeBDiagCursor


@dataclass(frozen=True, slots=True)
class Drag:
    """A drag that has begun.

    Attributes:
        grip: What was taken hold of.
        start: Where, in pixels of the picture.
        box: The square at that moment.
        picture: Size of the picture in pixels.
    """

    grip: Grip
    start: QPointF
    box: CropBox
    picture: QSize

    def to(self, point: QPointF) -> CropBox:
        """Returns the square once the cursor is at a point of the picture."""
        if self.grip is Grip.INSIDE:
            way = point - self.start
            return moved(self.box, way.x(), way.y(), self.picture)
        return _pulled(self.box, self.grip, point - self.start, self.picture)


def grip_at(frame: QRectF, point: QPointF, reach: float) -> Grip | None:
    """Returns what lies under a point, None outside of the square.

    Args:
        frame: The square as it is drawn.
        point: In the same pixels.
        reach: How far around a corner it can be caught; less where the square is small, so that
            there is always an inside.
    """
    reach = min(reach, frame.width() / 4)
    for grip, corner in corners(frame).items():
        away = point - corner
        if max(abs(away.x()), abs(away.y())) <= reach:
            return grip
    return Grip.INSIDE if frame.contains(point) else None


def corners(frame: QRectF) -> dict[Grip, QPointF]:
    """Returns where each corner lies."""
    return {
        Grip.UPPER_LEFT: frame.topLeft(),
        Grip.UPPER_RIGHT: frame.topRight(),
        Grip.LOWER_LEFT: frame.bottomLeft(),
        Grip.LOWER_RIGHT: frame.bottomRight(),
    }


def moved(box: CropBox, across: float, down: float, picture: QSize) -> CropBox:
    """Returns the square moved by so many pixels, as far as the picture reaches."""
    left, top, side, _ = box
    return _inside((left + across, top + down, side, side), picture)


def centred(box: CropBox, point: QPointF, picture: QSize) -> CropBox:
    """Returns a square as large around a point of the picture."""
    return moved(box, point.x() - box[0] - box[2] / 2, point.y() - box[1] - box[3] / 2, picture)


def grown(box: CropBox, factor: float, picture: QSize) -> CropBox:
    """Returns the square so many times as large around its centre, at least by a pixel."""
    left, top, side, _ = box
    wished = side * factor
    if abs(wished - side) < 1:
        wished = side + (1 if factor > 1 else -1)
    room = min(picture.width(), picture.height())
    after = max(min(LEAST_SIDE, room), min(room, wished))
    shift = (side - after) / 2
    return _inside((left + shift, top + shift, after, after), picture)


def _pulled(box: CropBox, grip: Grip, way: QPointF, picture: QSize) -> CropBox:
    """Returns the square with one corner pulled, the opposite one where it is."""
    left, top, side, _ = box
    right, lower = grip.value
    pulls = (way.x() if right else -way.x(), way.y() if lower else -way.y())
    room = min(
        picture.width() - left if right else left + side,
        picture.height() - top if lower else top + side,
    )
    after = max(min(LEAST_SIDE, room), min(room, side + max(pulls)))
    after = round(after)
    return _inside(
        (
            left if right else left + side - after,
            top if lower else top + side - after,
            after,
            after,
        ),
        picture,
    )


def _inside(box: CropBox, picture: QSize) -> CropBox:
    return square_inside(box, picture.height(), picture.width(), least=LEAST_SIDE)
