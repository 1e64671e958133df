"""Many channels as one picture: tiles in rows, with the geometry to find a tile again.

numpy only. A stage of ResNet-50 has up to 2,048 channels; as one array they are coloured and
shown in a few milliseconds, as separate items in more than a second. What leaves here are levels
(uint8: 0 is the gap, 1 to 255 run from low to high); `colours.colourise` makes them visible.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from resnet_studio.probe.channels import FloatArray, Order, channel_means, ordering
from resnet_studio.probe.colours import LEVELS, MIDDLE_LEVEL, Palette

# How channels are sorted is in `channels`; who makes mosaics imports everything from here.
__all__ = [
    "GAP_LEVEL",
    "Colouring",
    "FloatArray",
    "Grid",
    "LevelArray",
    "Mosaic",
    "Order",
    "channel_means",
    "enlarge",
    "lay_out",
    "mosaic",
    "ordering",
    "to_levels",
    "value_range",
]

LevelArray = npt.NDArray[np.uint8]

GAP_LEVEL = 0
"""The level of the gap between tiles, and of values that are not finite."""


class Colouring(StrEnum):
    """What the ends of the colours mean."""

    AUTOMATIC = "automatic"
    """Symmetric if any value is negative, else sequential."""
    SEQUENTIAL = "sequential"
    """From the lowest to the highest value."""
    SYMMETRIC = "symmetric"
    """Zero in the middle, and as far to one side as to the other."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where tiles stand in a mosaic; all lengths in pixels of the mosaic.

    Attributes:
        count: Number of tiles.
        columns: Tiles in a row.
        tile_height: Height of one tile.
        tile_width: Width of one tile.
        gap: Empty pixels between neighbours.
    """

    count: int
    columns: int
    tile_height: int
    tile_width: int
    gap: int

    @property
    def rows(self) -> int:
        """Number of rows; the last may be partly empty."""
        return math.ceil(self.count / self.columns)

    @property
    def width(self) -> int:
        """Width of the whole mosaic."""
        return self.columns * (self.tile_width + self.gap) - self.gap

    @property
    def height(self) -> int:
        """Height of the whole mosaic."""
        return self.rows * (self.tile_height + self.gap) - self.gap

    def tile_at(self, x: float, y: float) -> int | None:
        """Returns the position of the tile under a point, None in a gap or outside."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            return None
        column, across = divmod(x, self.tile_width + self.gap)
        row, down = divmod(y, self.tile_height + self.gap)
        position = int(row) * self.columns + int(column)
        inside = across < self.tile_width and down < self.tile_height
        return position if inside and position < self.count else None

    def box(self, position: int) -> tuple[int, int, int, int]:
        """Returns (left, top, width, height) of the tile at `position`."""
        row, column = divmod(position, self.columns)
        left = column * (self.tile_width + self.gap)
        top = row * (self.tile_height + self.gap)
        return left, top, self.tile_width, self.tile_height


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Channels of one section or layer as levels, one tile a channel.

    Attributes:
        levels: (height, width) uint8; 0 in gaps, 1 to 255 from low to high.
        grid: Where each tile stands.
        order: Channel number at each position, (count,) int64.
        ranking: All channels in their order, also those that are on other pages.
        low: Value of level 1; only meaningful where the range is shared.
        high: Value of level 255.
        clipped: Some values lie beyond `high` (or `low`, where zero is in the middle) and are
            drawn in the last colour.
        per_channel: Each channel is stretched to its own range, so `low` and `high` hold for none.
        palette: Which colours the levels mean; `DIVERGING` has zero in the middle.
        broken: How many values are not finite (drawn as gap).
    """

    levels: LevelArray
    grid: Grid
    order: npt.NDArray[np.int64]
    ranking: npt.NDArray[np.int64]
    low: float
    high: float
    clipped: bool
    per_channel: bool
    palette: Palette
    broken: int

    def channel_at(self, x: float, y: float) -> int | None:
        """Returns the number of the channel drawn at a point of the mosaic, or None."""
        position = self.grid.tile_at(x, y)
        return None if position is None else int(self.order[position])

    def position_of(self, channel: int) -> int:
        """Returns at which position `channel` stands; ValueError if it is not shown."""
        return _place_of(channel, self.order)

    def rank_of(self, channel: int) -> int:
        """Returns at which place of the whole order `channel` stands; ValueError without it."""
        return _place_of(channel, self.ranking)


def _place_of(channel: int, order: npt.NDArray[np.int64]) -> int:
    found = np.flatnonzero(order == channel)
    if found.size == 0:
        raise ValueError(f"the mosaic has no channel {channel}")
    return int(found[0])


def mosaic(
    maps: FloatArray,
    *,
    columns: int,
    order: Order = Order.CHANNEL,
    gap: int = 1,
    per_channel: bool = False,
    colouring: Colouring = Colouring.SEQUENTIAL,
    other: FloatArray | None = None,
    page: slice = slice(None),
) -> Mosaic:
    """Lays the channels of a feature map out as one picture.

    Args:
        maps: (C, H, W) float32, any range.
        columns: Tiles in a row; more than there are tiles is taken as their number.
        order: Channel numbers rising, or something else falling (equal ones: by number).
        gap: Empty pixels between tiles.
        per_channel: True stretches each channel to its own lowest and highest value, which shows
            its pattern; False uses one range for all, which lets channels be compared.
        colouring: Whether zero lies in the middle of the colours.
        other: Maps of the same layer for another picture; only for `Order.DIFFERENCE`.
        page: Which places of the order are shown, at least one. A shared range is that of all
            channels, so that pages can be compared.

    Raises:
        ValueError: If the order by difference has nothing of that shape to compare with.
    """
    ranking = ordering(maps, order, other)
    shown = ranking[page]
    _, height, width = maps.shape
    grid = Grid(len(shown), max(1, min(columns, len(shown))), height, width, gap)
    scaled = _scale(maps, shown, per_channel=per_channel, colouring=colouring)
    return Mosaic(
        levels=lay_out(scaled.levels, grid),
        grid=grid,
        order=shown,
        ranking=ranking,
        low=scaled.low,
        high=scaled.high,
        clipped=scaled.clipped,
        per_channel=per_channel,
        palette=scaled.palette,
        broken=scaled.broken,
    )


def value_range(values: FloatArray, palette: Palette = Palette.SEQUENTIAL) -> tuple[float, float]:
    """Returns the lowest and highest finite value, (0, 0) if there is none.

    For the diverging palette it is the least range with zero in its middle that holds them.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 0.0
    low, high = float(finite.min()), float(finite.max())
    if palette == Palette.DIVERGING:
        reach = max(-low, high)
        return -reach, reach
    return low, high


def to_levels(
    values: FloatArray, low: float, high: float, palette: Palette = Palette.SEQUENTIAL
) -> LevelArray:
    """Maps `low`..`high` to levels 1..255; outside values are clipped, not-finite ones are 0.

    The palette only decides what a range of nothing gets: the colour of zero, or the lowest.
    """
    levels = _stretch(values, np.asarray(low), np.asarray(high), palette)
    finite = np.isfinite(values)
    if not finite.all():
        levels[~finite] = GAP_LEVEL
    return levels


def enlarge(channel: FloatArray, height: int, width: int, *, smooth: bool) -> FloatArray:
    """Resamples one (h, w) channel to (height, width) float32: values, not colours.

    Args:
        channel: The map of one channel.
        height: Wished height in pixels.
        width: Wished width in pixels.
        smooth: Bilinear between cell centres (the border is continued); else each cell is a
            plain rectangle. A not-finite cell spoils its neighbours in the smooth form.
    """
    rows = _weights(channel.shape[0], height, smooth=smooth)
    columns = _weights(channel.shape[1], width, smooth=smooth)
    if not smooth:
        picked: FloatArray = channel[rows.argmax(axis=1)][:, columns.argmax(axis=1)]
        return picked
    with np.errstate(invalid="ignore"):
        blended: npt.NDArray[np.float64] = rows @ channel.astype(np.float64) @ columns.T
        return blended.astype(np.float32)


def lay_out(levels: LevelArray, grid: Grid) -> LevelArray:
    """Copies (count, h, w) tiles to their places in one (height, width) picture.

    Between them is `GAP_LEVEL`. `mosaic` does this; it is for who scales several maps alike.
    """
    tall, wide = grid.tile_height + grid.gap, grid.tile_width + grid.gap
    places = np.full((grid.rows * grid.columns, tall, wide), GAP_LEVEL, dtype=np.uint8)
    places[: grid.count, : grid.tile_height, : grid.tile_width] = levels
    picture = places.reshape(grid.rows, grid.columns, tall, wide).swapaxes(1, 2)
    whole = picture.reshape(grid.rows * tall, grid.columns * wide)
    return np.ascontiguousarray(whole[: grid.height, : grid.width])


@dataclass(frozen=True, slots=True)
class _Scaled:
    levels: LevelArray  # (tiles, H, W)
    low: float
    high: float
    clipped: bool
    palette: Palette
    broken: int


# One channel in a stage is often ten times as strong as all others; scaled to its peak, the
# rest would be black. The brightest 0.1 % of the values share the last colour instead, and the
# colour bar says so.
_SHARED_QUANTILE = 0.999


def _scale(
    maps: FloatArray, shown: npt.NDArray[np.int64], *, per_channel: bool, colouring: Colouring
) -> _Scaled:
    finite = np.isfinite(maps)
    broken = int(maps.size - np.count_nonzero(finite))
    usable = maps if broken == 0 else np.where(finite, maps, np.float32(0))
    low, top = float(usable.min()), float(usable.max())
    palette = _palette(colouring, low)
    tiles = usable[shown]
    if per_channel:
        lows, highs = _own_ranges(tiles, palette)
        high = top
    else:
        low, high, top = _shared_range(usable, low, top, palette)
        lows, highs = np.asarray(low), np.asarray(high)
    levels = _stretch(tiles, lows, highs, palette)
    if broken:
        levels[~finite[shown]] = GAP_LEVEL
    return _Scaled(levels, low, high, top > high, palette, broken)


def _palette(colouring: Colouring, low: float) -> Palette:
    symmetric = colouring == Colouring.SYMMETRIC or (colouring == Colouring.AUTOMATIC and low < 0)
    return Palette.DIVERGING if symmetric else Palette.SEQUENTIAL


def _own_ranges(
    tiles: FloatArray, palette: Palette
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Returns the ends of each channel's own range, (tiles, 1, 1) each."""
    lows = tiles.min(axis=(1, 2), keepdims=True).astype(np.float64)
    highs = tiles.max(axis=(1, 2), keepdims=True).astype(np.float64)
    if palette == Palette.DIVERGING:
        highs = np.maximum(-lows, highs)
        lows = -highs
    return lows, highs


def _shared_range(
    values: FloatArray, low: float, top: float, palette: Palette
) -> tuple[float, float, float]:
    """Returns the ends of the range that all channels share, and the largest value there is."""
    if palette == Palette.DIVERGING:
        top = max(-low, top)
        high = _upper(np.abs(values), 0.0, top)
        return -high, high, top
    return low, _upper(values, low, top), top


def _upper(values: FloatArray, low: float, top: float) -> float:
    """Returns the value that gets the last colour of a shared range."""
    flat = values.ravel()
    beyond = int(flat.size * (1.0 - _SHARED_QUANTILE))
    if beyond == 0:
        return top
    quantile = float(np.partition(flat, flat.size - 1 - beyond)[flat.size - 1 - beyond])
    # Sparse maps may hold zeros alone below the quantile: then the peak is all there is to see.
    return quantile if quantile > low else top


def _stretch(
    values: FloatArray,
    low: npt.NDArray[np.float64],
    high: npt.NDArray[np.float64],
    palette: Palette,
) -> LevelArray:
    """Maps low..high to 1..255; where both are equal the level is 1, or that of zero."""
    span = np.asarray(high - low)
    factor = np.divide(LEVELS - 1, span, out=np.zeros_like(span), where=span > 0)
    with np.errstate(invalid="ignore", over="ignore"):
        position = (values - low.astype(np.float32)) * factor.astype(np.float32)
        np.clip(position, 0.0, LEVELS - 1, out=position)
        position += 1.5  # 1 for the first level, 0.5 to round
        if palette == Palette.DIVERGING:
            position += np.where(span > 0, 0, MIDDLE_LEVEL - 1).astype(np.float32)
        return position.astype(np.uint8)


def _weights(cells: int, pixels: int, *, smooth: bool) -> npt.NDArray[np.float64]:
    """Returns (pixels, cells) interpolation weights along one axis; each row adds up to one."""
    centres = (np.arange(pixels) + 0.5) * cells / pixels - 0.5
    weights = np.zeros((pixels, cells))
    if not smooth:
        weights[np.arange(pixels), np.clip(np.round(centres), 0, cells - 1).astype(int)] = 1.0
        return weights
    centres = np.clip(centres, 0.0, cells - 1)
    left = np.floor(centres).astype(int)
    right = np.minimum(left + 1, cells - 1)
    fraction = centres - left
    np.add.at(weights, (np.arange(pixels), left), 1.0 - fraction)
    np.add.at(weights, (np.arange(pixels), right), fraction)
    return weights
