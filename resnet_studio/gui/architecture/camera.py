"""Which part of the drawing is seen: a zoom and an offset, and how they change. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_studio.gui.architecture.geometry import Rect

MAX_ZOOM = 16.0


@dataclass(frozen=True, slots=True)
class Camera:
    """Maps the drawing to the screen: screen = drawing * zoom + offset, in pixels."""

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Returns the pixel of a point of the drawing."""
        return x * self.zoom + self.x, y * self.zoom + self.y

    def to_drawing(self, x: float, y: float) -> tuple[float, float]:
        """Returns the point of the drawing under a pixel."""
        return (x - self.x) / self.zoom, (y - self.y) / self.zoom

    def rect(self, rect: Rect) -> Rect:
        """Returns where a rectangle of the drawing is on the screen."""
        left, top = self.to_screen(rect.x, rect.y)
        return Rect(left, top, rect.w * self.zoom, rect.h * self.zoom)

    def moved(self, dx: float, dy: float) -> Camera:
        """Returns the camera after the drawing was pushed by so many pixels."""
        return Camera(self.zoom, self.x + dx, self.y + dy)

    def zoomed(self, factor: float, x: float, y: float, *, least: float) -> Camera:
        """Returns the camera zoomed so that the point under pixel (x, y) stays there.

        Args:
            factor: Above 1 enlarges.
            x: Pixel that stays.
            y: Pixel that stays.
            least: Smallest zoom allowed; `MAX_ZOOM` is the largest.
        """
        zoom = min(max(self.zoom * factor, least), MAX_ZOOM)
        kept_x, kept_y = self.to_drawing(x, y)
        return Camera(zoom, x - kept_x * zoom, y - kept_y * zoom)

    def revealing(self, target: Rect, window: Rect) -> Camera:
        """Returns the camera moved as little as shows `target` (in the drawing) in `window`.

        What is larger than the window has its middle in the middle.
        """
        seen = self.rect(target)
        dx = _shift(seen.x, seen.w, window.x, window.w)
        dy = _shift(seen.y, seen.h, window.y, window.h)
        return self.moved(dx, dy)


def fitted(bounds: Rect, window: Rect) -> Camera:
    """Returns the camera that shows `bounds` whole in the middle of `window`."""
    zoom = min(window.w / max(bounds.w, 1e-6), window.h / max(bounds.h, 1e-6), MAX_ZOOM)
    zoom = max(zoom, 1e-4)
    return Camera(zoom, window.cx - bounds.cx * zoom, window.cy - bounds.cy * zoom)


def _shift(start: float, length: float, window_start: float, window_length: float) -> float:
    if length > window_length:
        inside = start <= window_start and start + length >= window_start + window_length
        return 0.0 if inside else window_start + window_length / 2 - (start + length / 2)
    if start < window_start:
        return window_start - start
    end = window_start + window_length
    return min(0.0, end - (start + length))
