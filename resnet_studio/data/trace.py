"""Where on the original picture the result of a pipeline came from. Plain geometry, no pixels.

Points are (x, y) in pixels, counted from the top left corner of the top left pixel, so that a
picture of 32 pixels reaches from 0 to 32. A `Frame` is the outline of a picture on the original: a
rectangle as long as steps only cut, resize and flip, a parallelogram once one turns it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from resnet_studio.data.drawn import Affine, CropBox, Region, StepDraw

Point = tuple[float, float]
Polygon = tuple[Point, ...]


class Frame(NamedTuple):
    """The outline of a picture on the original.

    Left and right are kept apart as `mirrored`, so that a mirrored rectangle has the very numbers
    of the rectangle.

    Attributes:
        corner: Where the top left corner lies, or the top right one if `mirrored`.
        across: From there to the other end of the top edge.
        down: From there to the bottom edge.
        mirrored: Whether the picture is read from right to left.
    """

    corner: Point
    across: Point
    down: Point
    mirrored: bool = False

    @property
    def upright(self) -> bool:
        """Whether its edges are parallel to the original's."""
        return self.across[1] == 0 == self.down[0]

    @property
    def corners(self) -> Polygon:
        """The four corners, clockwise from what is the picture's own top left."""
        (x, y), (ax, ay), (dx, dy) = self.read_forwards()[:3]
        return (x, y), (x + ax, y + ay), (x + ax + dx, y + ay + dy), (x + dx, y + dy)

    @property
    def box(self) -> CropBox:
        """The smallest upright rectangle around it."""
        if self.upright:
            (x, y), width, height = self.corner, self.across[0], self.down[1]
            return CropBox(x + min(width, 0), y + min(height, 0), abs(width), abs(height))
        xs, ys = zip(*self.corners, strict=True)
        return CropBox(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))

    @property
    def area(self) -> float:
        """Its area in pixels of the original."""
        return abs(self.across[0] * self.down[1] - self.across[1] * self.down[0])

    def read_forwards(self) -> Frame:
        """Return the same picture with `corner` at its own top left, whichever way it is read."""
        if not self.mirrored:
            return self
        (x, y), (ax, ay) = self.corner, self.across
        return Frame((x + ax, y + ay), (-ax, -ay), self.down)

    def part(self, region: Region, size: tuple[int, int]) -> Frame:
        """Return the outline of a region of the picture, which is (height, width) pixels large."""
        height, width = size
        left = width - region.left - region.width if self.mirrored else region.left
        (ax, ay), (dx, dy) = _over(self.across, width), _over(self.down, height)
        return Frame(
            (
                self.corner[0] + left * ax + region.top * dx,
                self.corner[1] + region.top * dy + left * ay,
            ),
            (region.width * ax, region.width * ay),
            (region.height * dx, region.height * dy),
            self.mirrored,
        )

    def moved(self, affine: Affine, size: tuple[int, int], result: tuple[int, int]) -> Frame:
        """Return the outline after a step that maps pixels of the result back by `affine`.

        Args:
            affine: From the result's coordinates to the picture's.
            size: (height, width) of the picture.
            result: (height, width) of the result.
        """
        corner, across, down, _ = self.read_forwards()
        (ax, ay), (dx, dy) = _over(across, size[1]), _over(down, size[0])
        a, b, c, d, e, f = affine
        high, wide = result
        return Frame(
            (corner[0] + c * ax + f * dx, corner[1] + c * ay + f * dy),
            ((a * ax + d * dx) * wide, (a * ay + d * dy) * wide),
            ((b * ax + e * dx) * high, (b * ay + e * dy) * high),
        )


@dataclass(frozen=True)
class Trace:
    """What became of the original: its outline, and the outline after each step that moved it.

    Attributes:
        frames: The outlines, the last one the result's.
        mirrored: Whether left and right were exchanged an odd number of times.
    """

    frames: tuple[Frame, ...]
    mirrored: bool

    @property
    def frame(self) -> Frame:
        """The outline of the result."""
        return self.frames[-1]

    @cached_property
    def visible(self) -> Polygon:
        """What of the original can be seen in the result: a convex polygon, clockwise; or empty.

        What one step cut away, or covered with a border, stays away; so the outlines after all
        steps are laid over each other.
        """
        if all(frame.upright for frame in self.frames):
            return _corners(self._visible_box) if self.visible_area else ()
        polygon = self.frames[0].corners
        for frame in self.frames[1:]:
            polygon = clipped(polygon, frame.corners)
        return polygon

    @cached_property
    def visible_area(self) -> float:
        """The area of `visible` in pixels of the original."""
        if all(frame.upright for frame in self.frames):
            return self._visible_box.width * self._visible_box.height
        return abs(signed_area(self.visible))

    @cached_property
    def _visible_box(self) -> CropBox:
        box = self.frames[0].box
        for frame in self.frames[1:]:
            box = _intersection(box, frame.box)
        return box


def trace(draws: Sequence[StepDraw], height: int, width: int) -> Trace:
    """Return what becomes of a picture of that size."""
    frames = [Frame((0.0, 0.0), (float(width), 0.0), (0.0, float(height)))]
    mirrored = False
    for drawn in draws:
        frame = frames[-1]
        if drawn.region is not None:
            frame = frame.part(drawn.region, (height, width))
        if drawn.affine is not None:
            frame = frame.moved(drawn.affine, (height, width), drawn.size)
        if drawn.mirrored:
            frame = frame._replace(mirrored=not frame.mirrored)
            mirrored = not mirrored
        if frame is not frames[-1]:
            frames.append(frame)
        height, width = drawn.size
    return Trace(tuple(frames), mirrored)


# --- polygons -------------------------------------------------------------------------------------


def clipped(polygon: Polygon, window: Polygon) -> Polygon:
    """Return what of a convex polygon lies within another one (Sutherland and Hodgman 1974)."""
    turn = math.copysign(1.0, signed_area(window))
    for start, end in zip(window, (*window[1:], window[0]), strict=True):
        if not polygon:
            return ()
        sides = [turn * _side(start, end, point) for point in polygon]
        kept: list[Point] = []
        for place, point in enumerate(polygon):
            before, side = sides[place - 1], sides[place]
            if before * side < 0:  # the edge that leads here crosses the line
                share = before / (before - side)
                last = polygon[place - 1]
                kept.append(
                    (last[0] + share * (point[0] - last[0]), last[1] + share * (point[1] - last[1]))
                )
            if side >= 0:
                kept.append(point)
        polygon = tuple(kept)
    return polygon


def signed_area(polygon: Polygon) -> float:
    """Return the area, above 0 where the corners go clockwise on a screen (y points down)."""
    pairs = zip(polygon, (*polygon[1:], *polygon[:1]), strict=True)
    return sum(x * v - u * y for (x, y), (u, v) in pairs) / 2


def _side(start: Point, end: Point, point: Point) -> float:
    """Return above 0 if a point lies to the right of the way from start to end, on a screen."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def _corners(box: CropBox) -> Polygon:
    left, top, width, height = box
    right, bottom = left + width, top + height
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _intersection(one: CropBox, other: CropBox) -> CropBox:
    left, top = max(one.left, other.left), max(one.top, other.top)
    right = min(one.left + one.width, other.left + other.width)
    bottom = min(one.top + one.height, other.top + other.height)
    return CropBox(left, top, max(0.0, right - left), max(0.0, bottom - top))


def _over(vector: Point, count: int) -> Point:
    return vector[0] / count, vector[1] / count
