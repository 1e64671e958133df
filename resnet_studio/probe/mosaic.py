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

from resnet_studio.probe.colours import LEVELS

FloatArray = npt.NDArray[np.float32]
LevelArray = npt.NDArray[np.uint8]

GAP_LEVEL = 0
"""The level of the gap between tiles, and of values that are not finite."""


class Order(StrEnum):
    """In which order the channels of a mosaic stand."""

    CHANNEL = "channel"
    MEAN = "mean"


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
    """All channels of one section as levels, one tile a channel.

    Attributes:
        levels: (height, width) uint8; 0 in gaps, 1 to 255 from low to high.
        grid: Where each tile stands.
        order: Channel number at each position, (count,) int64.
        low: Value of level 1; only meaningful where the range is shared.
        high: Value of level 255.
        clipped: Some values lie above `high` and are drawn as level 255.
        per_channel: Each channel is stretched to its own range, so `low` and `high` hold for none.
        broken: How many values are not finite (drawn as gap).
    """

    levels: LevelArray
    grid: Grid
    order: npt.NDArray[np.int64]
    low: float
    high: float
    clipped: bool
    per_channel: bool
    broken: int

    def channel_at(self, x: float, y: float) -> int | None:
        """Returns the number of the channel drawn at a point of the mosaic, or None."""
        position = self.grid.tile_at(x, y)
        return None if position is None else int(self.order[position])

    def position_of(self, channel: int) -> int:
        """Returns at which position `channel` stands; ValueError if there is none such."""
        found = np.flatnonzero(self.order == channel)
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
) -> Mosaic:
    """Lays the channels of a feature map out as one picture.

    Args:
        maps: (C, H, W) float32, any range.
        columns: Tiles in a row; more than C is taken as C.
        order: Channel numbers rising, or mean activation falling (equal means: by number).
        gap: Empty pixels between tiles.
        per_channel: True stretches each channel to its own lowest and highest value, which shows
            its pattern; False uses one range for all, which lets channels be compared.
    """
    channels, height, width = maps.shape
    grid = Grid(channels, max(1, min(columns, channels)), height, width, gap)
    ranks = ordering(maps, order)
    scaled = _scale(maps, per_channel=per_channel)
    return Mosaic(
        levels=_lay_out(scaled.levels[ranks], grid),
        grid=grid,
        order=ranks,
        low=scaled.low,
        high=scaled.high,
        clipped=scaled.clipped,
        per_channel=per_channel,
        broken=scaled.broken,
    )


def ordering(maps: FloatArray, order: Order) -> npt.NDArray[np.int64]:
    """Returns the channel numbers of (C, H, W) `maps` in the wished order."""
    if order == Order.CHANNEL:
        return np.arange(len(maps), dtype=np.int64)
    means = np.nan_to_num(channel_means(maps), nan=-np.inf)
    return np.argsort(-means, kind="stable").astype(np.int64)


def channel_means(maps: FloatArray) -> FloatArray:
    """Returns the mean activation of each channel of (C, H, W) `maps`, summed in double."""
    with np.errstate(invalid="ignore", over="ignore"):
        means: npt.NDArray[np.float64] = maps.mean(axis=(1, 2), dtype=np.float64)
        return means.astype(np.float32)


def value_range(values: FloatArray) -> tuple[float, float]:
    """Returns the lowest and highest finite value, (0, 0) if there is none."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 0.0
    return float(finite.min()), float(finite.max())


def to_levels(values: FloatArray, low: float, high: float) -> LevelArray:
    """Maps `low`..`high` to levels 1..255; outside values are clipped, not-finite ones are 0."""
    levels = _stretch(values, np.asarray(low), np.asarray(high))
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


@dataclass(frozen=True, slots=True)
class _Scaled:
    levels: LevelArray  # (C, H, W)
    low: float
    high: float
    clipped: bool
    broken: int


# One channel in a stage is often ten times as strong as all others; scaled to its peak, the
# rest would be black. The brightest 0.1 % of the values share the last colour instead, and the
# colour bar says so.
_SHARED_QUANTILE = 0.999


def _scale(maps: FloatArray, *, per_channel: bool) -> _Scaled:
    finite = np.isfinite(maps)
    broken = int(maps.size - np.count_nonzero(finite))
    usable = maps if broken == 0 else np.where(finite, maps, np.float32(0))
    low, top = float(usable.min()), float(usable.max())
    high = top if per_channel else _upper(usable, low, top)
    if per_channel:
        lows = usable.min(axis=(1, 2), keepdims=True).astype(np.float64)
        highs = usable.max(axis=(1, 2), keepdims=True).astype(np.float64)
        levels = _stretch(usable, lows, highs)
    else:
        levels = _stretch(usable, np.asarray(low), np.asarray(high))
    if broken:
        levels[~finite] = GAP_LEVEL
    return _Scaled(levels, low, high, top > high, broken)


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
    values: FloatArray, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]
) -> LevelArray:
    """Maps low..high to 1..255; where both are equal the level is 1."""
    span = np.asarray(high - low)
    factor = np.divide(LEVELS - 1, span, out=np.zeros_like(span), where=span > 0)
    with np.errstate(invalid="ignore", over="ignore"):
        position = (values - low.astype(np.float32)) * factor.astype(np.float32)
        np.clip(position, 0.0, LEVELS - 1, out=position)
        position += 1.5  # 1 for the first level, 0.5 to round
        return position.astype(np.uint8)


def _lay_out(levels: LevelArray, grid: Grid) -> LevelArray:
    """Copies (count, h, w) tiles to their places in one (height, width) picture."""
    tall, wide = grid.tile_height + grid.gap, grid.tile_width + grid.gap
    places = np.full((grid.rows * grid.columns, tall, wide), GAP_LEVEL, dtype=np.uint8)
    places[: grid.count, : grid.tile_height, : grid.tile_width] = levels
    picture = places.reshape(grid.rows, grid.columns, tall, wide).swapaxes(1, 2)
    whole = picture.reshape(grid.rows * tall, grid.columns * wide)
    return np.ascontiguousarray(whole[: grid.height, : grid.width])


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
