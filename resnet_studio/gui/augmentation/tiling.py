"""Where the samples of the grid lie: as large as the place allows, without overlap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

GAP = 6
"""Around picture and caption of a tile, in pixels; tiles touch each other."""
_WIDEST = 1.4  # tile over picture
LARGEST = 340
"""A larger picture of one sample shows nothing more, only coarser pixels."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the grid."""

    left: int
    top: int
    width: int
    height: int

    def contains(self, x: float, y: float) -> bool:
        """Returns whether a point lies inside."""
        return self.left <= x < self.left + self.width and self.top <= y < self.top + self.height


@dataclass(frozen=True, slots=True)
class Tiling:
    """Tiles of one size, row by row.

    Attributes:
        count: How many tiles.
        columns: Tiles in a row.
        tile_width: Width of a tile with its margin.
        side: Side of the picture in it.
        caption: Height of the words under it.
    """

    count: int
    columns: int
    tile_width: int
    side: int
    caption: int

    @property
    def tile_height(self) -> int:
        """Height of a tile with its margin."""
        return self.side + self.caption + 2 * GAP

    @property
    def words(self) -> int:
        """Width for the words under a picture."""
        return self.tile_width - 2 * GAP

    @property
    def height(self) -> int:
        """Height of all rows."""
        return -(-self.count // self.columns) * self.tile_height

    def tile(self, index: int) -> Box:
        """Returns the place of a tile, margin included."""
        row, column = divmod(index, self.columns)
        return Box(
            column * self.tile_width, row * self.tile_height, self.tile_width, self.tile_height
        )

    def picture(self, index: int) -> Box:
        """Returns the place of a tile's picture."""
        tile = self.tile(index)
        return Box(tile.left + (tile.width - self.side) // 2, tile.top + GAP, self.side, self.side)

    def at(self, x: float, y: float) -> int | None:
        """Returns which tile lies at a point."""
        if x < 0 or y < 0 or x >= self.columns * self.tile_width:
            return None
        index = int(y // self.tile_height) * self.columns + int(x // self.tile_width)
        return index if index < self.count else None


def choose_tiling(
    count: int,
    width: int,
    height: int,
    *,
    smallest: int,
    narrowest: int,
    scroll_bar: int,
    caption: Callable[[int], int],
) -> Tiling:
    """Returns the tiling with the largest pictures.

    If the tiles would become too small, they are about as wide as the narrowest words and the
    grid is taller than `height`, for scrolling.

    Args:
        count: How many tiles, at least 1.
        width: Width to fill.
        height: Height to fill.
        smallest: Least side of a picture.
        narrowest: Least width for the words.
        scroll_bar: Width that a scroll bar takes, if there must be one.
        caption: Height of a caption for its width.
    """
    fitting = [
        tiling
        for columns in range(1, count + 1)
        if (tiling := _filling(count, columns, width, height, caption)).side >= smallest
        and tiling.words >= narrowest
    ]
    if fitting:
        # Of equally large pictures, the wider tile leaves more room to the words.
        return max(fitting, key=lambda tiling: (tiling.side, tiling.tile_width))
    least = max(smallest, narrowest) + 2 * GAP
    columns = max(1, min(count, (width - scroll_bar) // least))
    tile_width = max(1, (width - scroll_bar) // columns)
    side = max(1, min(tile_width - 2 * GAP, LARGEST))
    return Tiling(count, columns, tile_width, side, caption(tile_width - 2 * GAP))


def _filling(
    count: int, columns: int, width: int, height: int, caption: Callable[[int], int]
) -> Tiling:
    rows = -(-count // columns)
    tile_width = max(1, width // columns)
    side = _side(tile_width, height // rows, caption)
    # A picture that the height keeps small needs no wide tile around it.
    tile_width = min(tile_width, max(1, round(_WIDEST * side)) + 2 * GAP)
    side = _side(tile_width, height // rows, caption)
    return Tiling(count, columns, tile_width, side, caption(tile_width - 2 * GAP))


def _side(tile_width: int, tile_height: int, caption: Callable[[int], int]) -> int:
    words = tile_width - 2 * GAP
    return min(words, tile_height - caption(words) - 2 * GAP, LARGEST)
