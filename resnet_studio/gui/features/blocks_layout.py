"""Where the maps of a block stand: five panes in a row, as one channel or as tiles of all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

LEAST_TILE = 14.0
"""Pixels of a tile below which the row of mosaics grows and is scrolled instead."""
_LARGEST_TILE = 96.0
_MARGIN = 6.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The room for the panes, in pixels.

    Attributes:
        width: Of the whole row.
        height: That it should not exceed.
        head: Above each map, for its name.
        foot: Below each map, for its numbers.
        gaps: Between neighbours, for the sign between them.
        least: Width of one channel below which the row is scrolled instead, if there is room.
    """

    width: float
    height: float
    head: float
    foot: float
    gaps: tuple[float, ...]
    least: float = 96.0

    @property
    def pane_width(self) -> float:
        """What each of the panes has for itself."""
        room = self.width - 2 * _MARGIN - sum(self.gaps)
        return max(1.0, room / (len(self.gaps) + 1))

    def boxes(self, width: float, height: float) -> tuple[QRectF, ...]:
        """Returns the maps' boxes for maps of that size, the row in the middle."""
        taken = width * (len(self.gaps) + 1) + sum(self.gaps)
        left = max(_MARGIN, (self.width - taken) / 2)
        boxes = []
        for gap in (*self.gaps, 0.0):
            boxes.append(QRectF(left, self.head, width, height))
            left += width + gap
        return tuple(boxes)


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tiles of all channels: the same for every pane, so that channels lie alike.

    Attributes:
        columns: Tiles in a row; a single channel is one tile.
        across: Pixels from one tile to the next.
        down: Pixels from one row to the next.
    """

    columns: int
    across: float
    down: float

    def place(self, position: int) -> QRectF:
        """Returns where a tile lies within its pane."""
        row, column = divmod(position, self.columns)
        return QRectF(column * self.across, row * self.down, self.across, self.down)

    def position(self, point: QPointF, count: int) -> int | None:
        """Returns which of `count` tiles lies under a point of the pane, or None."""
        if point.x() < 0 or point.y() < 0 or point.x() >= self.columns * self.across:
            return None
        position = int(point.y() // self.down) * self.columns + int(point.x() // self.across)
        return position if position < count else None


def one_channel(frame: Frame, aspect: float) -> tuple[Tiles, tuple[QRectF, ...]]:
    """Lays out one channel as large as it fits, or no smaller than `frame.least` and scrolled.

    Args:
        frame: The room.
        aspect: Height of the maps over their width.
    """
    tall = max(1.0, frame.height - frame.head - frame.foot)
    width = max(1.0, min(frame.pane_width, max(frame.least, tall / aspect)))
    return Tiles(1, width, width * aspect), frame.boxes(width, width * aspect)


def all_channels(
    frame: Frame, counts: Sequence[int], aspect: float
) -> tuple[Tiles, tuple[QRectF, ...]]:
    """Lays out all channels: as large as fits the height, or small tiles and more height.

    Args:
        frame: The room.
        counts: Channels of each pane; all have the columns of the largest.
        aspect: Height of the maps over their width.
    """
    most, tall = max(counts), max(1.0, frame.height - frame.head - frame.foot)
    fewest = max(1, math.floor(frame.pane_width / _LARGEST_TILE))
    most_columns = max(1, math.floor(frame.pane_width / LEAST_TILE))
    columns = most_columns
    for wished in range(min(fewest, most_columns), most_columns + 1):
        if math.ceil(most / wished) * frame.pane_width / wished * aspect <= tall:
            columns = wished
            break
    columns = min(columns, most)
    across = min(frame.pane_width / columns, _LARGEST_TILE)
    rows = math.ceil(most / columns)
    tiles = Tiles(columns, across, across * aspect)
    return tiles, frame.boxes(columns * across, rows * tiles.down)
