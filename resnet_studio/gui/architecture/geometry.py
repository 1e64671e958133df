"""Rectangles of plain numbers, so that layout and camera need no Qt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle; y grows downwards."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.h

    @property
    def cx(self) -> float:
        """The middle between left and right."""
        return self.x + self.w / 2

    @property
    def cy(self) -> float:
        """The middle between top and bottom."""
        return self.y + self.h / 2

    def contains(self, x: float, y: float, *, margin: float = 0.0) -> bool:
        """Tells whether a point lies inside or at most `margin` outside."""
        return (
            self.x - margin <= x <= self.right + margin
            and self.y - margin <= y <= self.bottom + margin
        )

    def within(self, other: Rect) -> Rect:
        """Returns the part of the rectangle that lies in another; without area if none does."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Rect(left, top, max(0.0, right - left), max(0.0, bottom - top))

    def grown(self, margin: float) -> Rect:
        """Returns the rectangle with `margin` added on every side."""
        return Rect(self.x - margin, self.y - margin, self.w + 2 * margin, self.h + 2 * margin)


def around(rects: list[Rect]) -> Rect:
    """Returns the smallest rectangle around all `rects` (at least one)."""
    left = min(rect.x for rect in rects)
    top = min(rect.y for rect in rects)
    right = max(rect.right for rect in rects)
    bottom = max(rect.bottom for rect in rects)
    return Rect(left, top, right - left, bottom - top)
