"""Two drawings that move as one: places, folds and names of one network led over to the other.

Both networks have their stages and blocks side by side in the comparison; where a block begins
and ends in one drawing is where its counterpart begins and ends in the other. Between these
anchors a place is led over in proportion. No Qt.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from resnet_studio.architecture.diff import Comparison, Row
from resnet_studio.architecture.graph import Layer, LayerKind
from resnet_studio.gui.architecture.camera import Camera
from resnet_studio.gui.architecture.figures import Drawing
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.outline import Folds

_LANDMARKS = (LayerKind.CONV, LayerKind.MAX_POOL, LayerKind.ADD, LayerKind.LINEAR)
"""Layers that every order of activations has in the same order."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """Places along one drawing and the same places along the other, both from left to right."""

    here: Sequence[float]
    there: Sequence[float]

    def led_over(self, x: float) -> float:
        """Returns the place in the other drawing."""
        place = min(max(bisect_right(self.here, x), 1), len(self.here) - 1)
        x0, x1 = self.here[place - 1], self.here[place]
        y0, y1 = self.there[place - 1], self.there[place]
        if x1 <= x0:
            return y1
        return y0 + (x - x0) * (y1 - y0) / (x1 - x0)


def anchors(comparison: Comparison, before: Drawing, after: Drawing) -> tuple[Anchors, Anchors]:
    """Returns what leads from the first drawing to the second, and back."""
    old: list[float] = []
    new: list[float] = []
    for row, at_end in _edges(comparison.sections):
        if row.before is None or row.after is None:
            continue
        first, second = before.rect_of(row.before.name), after.rect_of(row.after.name)
        if first is None or second is None:  # folded up
            continue
        x, y = (first.right, second.right) if at_end else (first.x, second.x)
        if not old or (x >= old[-1] and y >= new[-1]):  # layers may have changed places
            old.append(x)
            new.append(y)
    return Anchors(old, new), Anchors(new, old)


def _edges(rows: Iterable[Row]) -> Iterator[tuple[Row, bool]]:
    """Yields where each part begins, and behind all that is in it where it ends (True)."""
    for row in rows:
        if isinstance(row.after, Layer) and row.after.kind not in _LANDMARKS:
            continue
        yield row, False
        yield from _edges(row.children)
        yield row, True


def camera_there(
    camera: Camera, window: Rect, *, there: Rect, zoom_ratio: float, leading: Anchors
) -> Camera:
    """Returns the camera with which the other drawing shows what this one shows.

    Args:
        camera: Of this drawing.
        window: Its pixels.
        there: Pixels of the other drawing.
        zoom_ratio: Zoom at which the other is seen whole over that at which this one is.
        leading: From places of this drawing to the other's.
    """
    zoom = camera.zoom * zoom_ratio
    middle, _ = camera.to_drawing(window.cx, 0)
    above = (camera.y - window.cy) * zoom_ratio
    return Camera(zoom, there.cx - leading.led_over(middle) * zoom, there.cy + above)


def folds_there(folds: Folds, other: Folds, *, names: dict[str, str], own: set[str]) -> Folds:
    """Returns the folds of the other drawing after this one was folded.

    Args:
        folds: Of this drawing.
        other: Of the other drawing until now.
        names: From names of this network to those of the other.
        own: Names of the other that have no counterpart here; they stay as they are.
    """
    return Folds(
        folded=frozenset(names[name] for name in folds.folded if name in names)
        | (other.folded & own),
        opened=frozenset(names[name] for name in folds.opened if name in names)
        | (other.opened & own),
    )
