"""How large the tiles of a mosaic are shown and how many stand in a row."""

from __future__ import annotations

import math
from dataclasses import dataclass

FIT = 0
"""Wished tile size that means: as large as the whole mosaic still fits the height."""
TILE_SIZES = (8, 16, 32, 64, 128, 256)
"""Tile sizes that a person can ask for, in pixels of the screen."""

READABLE = 24
"""The least tile, in pixels of the screen, in which a pattern can be made out."""

LARGEST_FIT = 128
"""The largest tile, in pixels of the screen, that `FIT` gives several mosaics below each other."""
LARGEST_ALONE = 256
"""The same for a mosaic that has the room for itself."""
_MOST_ENLARGED = 64
_LEAST_REDUCED = 64


@dataclass(frozen=True, slots=True)
class Tiling:
    """One way to show a mosaic.

    Attributes:
        columns: Tiles in a row.
        enlarge: Screen pixels along one cell of the map; 1 where it is reduced.
        reduce: Cells along one screen pixel; 1 where it is enlarged.
    """

    columns: int
    enlarge: int
    reduce: int

    @property
    def zoom(self) -> float:
        """Screen pixels per cell."""
        return self.enlarge / self.reduce

    @property
    def gap(self) -> int:
        """Cells between tiles: one, or as many as make one screen pixel."""
        return self.reduce


def choose_tiling(
    count: int,
    tile_height: int,
    tile_width: int,
    *,
    width: int,
    height: int,
    tile: int = FIT,
    largest: int = LARGEST_FIT,
) -> Tiling:
    """Chooses zoom and columns; the zoom is a whole factor, so that every cell is equally large.

    Args:
        count: Number of tiles.
        tile_height: Height of a tile in cells.
        tile_width: Width of a tile in cells.
        width: Screen pixels for a row.
        height: Screen pixels that the whole mosaic should not exceed; only for `FIT`.
        tile: Wished width of a tile in screen pixels, or `FIT`.
        largest: How large `FIT` may make a tile, in screen pixels.
    """
    if tile != FIT:
        enlarge, reduce = _nearest_zoom(tile_width, tile)
        return _tiling(count, tile_width, width, enlarge, reduce)
    choice = None
    for enlarge, reduce in _zooms():
        if enlarge > 1 and max(tile_height, tile_width) * enlarge > largest:
            continue
        choice = _tiling(count, tile_width, width, enlarge, reduce)
        rows = math.ceil(count / choice.columns)
        tall = rows * (tile_height + choice.gap) * choice.zoom
        wide = choice.columns * (tile_width + choice.gap) * choice.zoom - 1
        if tall <= height and wide <= width:
            break
        if enlarge == reduce == 1 and max(tile_height, tile_width) <= TILE_SIZES[0]:
            break  # reduced further, the maps could not be told apart; the mosaic grows instead
    assert choice is not None
    return choice


def page_capacity(
    count: int, tile_height: int, tile_width: int, *, width: int, height: int, tile: int = FIT
) -> int:
    """Returns how many tiles a page holds without scrolling: of the wished size, or readable ones.

    Args:
        count: Number of tiles.
        tile_height: Height of a tile in cells.
        tile_width: Width of a tile in cells.
        width: Screen pixels for a row.
        height: Screen pixels for a page.
        tile: Wished width of a tile in screen pixels, or `FIT`.
    """
    room = {"width": width, "height": height}
    if tile == FIT:
        whole = choose_tiling(count, tile_height, tile_width, **room)
        if tile_width * whole.zoom >= READABLE:
            return count
        enlarge, reduce = _least_zoom(tile_width, READABLE)
    else:
        enlarge, reduce = _nearest_zoom(tile_width, tile)
    across = (tile_width + reduce) * enlarge / reduce
    down = (tile_height + reduce) * enlarge / reduce
    # Counted as `choose_tiling` does, or it would take a lesser zoom for so many.
    held = max(1, int((width + 1) // across)) * max(1, int(height // down))
    return min(count, held)


def _least_zoom(cells: int, pixels: int) -> tuple[int, int]:
    """Returns the least zoom at which so many cells have at least so many pixels."""
    if pixels >= cells:
        return min(_MOST_ENLARGED, math.ceil(pixels / cells)), 1
    return 1, min(_LEAST_REDUCED, cells // pixels)


def _zooms() -> list[tuple[int, int]]:
    enlarged = [(factor, 1) for factor in range(_MOST_ENLARGED, 0, -1)]
    return enlarged + [(1, factor) for factor in range(2, _LEAST_REDUCED + 1)]


def _nearest_zoom(cells: int, pixels: int) -> tuple[int, int]:
    if pixels >= cells:
        return min(_MOST_ENLARGED, max(1, round(pixels / cells))), 1
    return 1, min(_LEAST_REDUCED, max(1, round(cells / pixels)))


def _tiling(count: int, cells: int, width: int, enlarge: int, reduce: int) -> Tiling:
    pitch = (cells + reduce) * enlarge / reduce
    gap = enlarge  # `reduce` cells at `enlarge / reduce` pixels each
    most = max(1, min(count, int((width + gap) // pitch)))
    # As many rows as needed, then no more columns than fill them: no straggler in the last row.
    rows = math.ceil(count / most)
    return Tiling(math.ceil(count / rows), enlarge, reduce)
