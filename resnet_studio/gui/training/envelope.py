"""Long series kept ready to draw: the lowest and highest value of any stretch, at once.

A curve of a million points cannot be seen; what can be seen is, for each pixel column, the range
of its values. `Series` keeps the ranges of blocks of 4, 16, 64, ... points while it grows, so
that the envelope of any view takes time with the logarithm of its length. numpy only; no Qt.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Indices = npt.NDArray[np.int64]

FACTOR = 4
"""Points (or blocks) in a block of the next level; 4 costs two thirds of the points in memory."""
_FIRST_CAPACITY = 256


class GrowingArray:
    """An array that grows at its end; appending costs constant time on average."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._store = np.empty(_FIRST_CAPACITY, dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> npt.NDArray:
        """What is in it: a view that the next `extend` may leave behind."""
        return self._store[: self._size]

    def extend(self, values: npt.ArrayLike) -> None:
        """Appends values."""
        new = np.atleast_1d(np.asarray(values, self._store.dtype))
        size = self._size + len(new)
        if size > len(self._store):
            store = np.empty(max(size, 3 * len(self._store) // 2), self._store.dtype)
            store[: self._size] = self.values
            self._store = store
        self._store[self._size : size] = new
        self._size = size


class Series:
    """Points with ascending x, and the ranges of their blocks.

    Values that are not finite are kept as NaN and take no part in any range. Values are kept as
    float32: seven digits are more than any reading of a curve shows.
    """

    def __init__(self) -> None:
        self._x = GrowingArray(np.float64)
        self._y = GrowingArray(np.float32)
        self._lows: list[GrowingArray] = []
        self._highs: list[GrowingArray] = []

    def __len__(self) -> int:
        return len(self._x)

    @property
    def x(self) -> Floats:
        """Positions, ascending."""
        return self._x.values

    @property
    def y(self) -> Floats:
        """Values; NaN where there is none."""
        return self._y.values

    def extend(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Appends points.

        Args:
            x: Positions, ascending and not below the last one.
            y: As many values.
        """
        with np.errstate(over="ignore"):  # a value beyond float32 counts as infinite
            values = np.atleast_1d(np.asarray(y, np.float64)).astype(np.float32)
        values[~np.isfinite(values)] = np.nan
        self._x.extend(x)
        self._y.extend(values)
        self._extend_levels()

    def envelope(self, first: Indices, last: Indices) -> tuple[Floats, Floats]:
        """Returns the lowest and highest value of each stretch `first[i]` to `last[i] - 1`.

        NaN stands for a stretch without finite values.
        """
        # A walk from the leaves to the root of the tree of blocks, for all stretches at once: at
        # each level the blocks that stick out of the next level's grid are taken from both ends.
        start, stop = first.astype(np.int64), last.astype(np.int64)
        low = np.full(len(start), np.nan, np.float32)
        high = low.copy()
        lows, highs = [self._y, *self._lows], [self._y, *self._highs]
        for level_low, level_high in zip(lows, highs, strict=True):
            for _ in range(FACTOR - 1):
                rows = np.flatnonzero((start < stop) & (start % FACTOR != 0))
                _take(rows, start[rows], (low, level_low), (high, level_high))
                start[rows] += 1
                rows = np.flatnonzero((start < stop) & (stop % FACTOR != 0))
                stop[rows] -= 1
                _take(rows, stop[rows], (low, level_low), (high, level_high))
            if not (start < stop).any():
                break
            start //= FACTOR
            stop //= FACTOR
        return low, high

    def range_between(self, x_low: float, x_high: float) -> tuple[float, float]:
        """Returns the lowest and highest value with x in the closed interval; NaN if none."""
        first = np.searchsorted(self.x, [x_low], "left")
        last = np.searchsorted(self.x, [x_high], "right")
        low, high = self.envelope(first, last)
        return float(low[0]), float(high[0])

    def _extend_levels(self) -> None:
        below = (self._y, self._y)
        level = 0
        while len(below[0]) >= FACTOR:
            if level == len(self._lows):
                self._lows.append(GrowingArray(np.float32))
                self._highs.append(GrowingArray(np.float32))
            here = (self._lows[level], self._highs[level])
            blocks = slice(len(here[0]) * FACTOR, len(below[0]) // FACTOR * FACTOR)
            for target, source, reduce in zip(here, below, (np.fmin, np.fmax), strict=True):
                target.extend(reduce.reduce(source.values[blocks].reshape(-1, FACTOR), axis=1))
            below = here
            level += 1


def _take(
    rows: Indices,
    blocks: Indices,
    low: tuple[Floats, GrowingArray],
    high: tuple[Floats, GrowingArray],
) -> None:
    """Widens the ranges of some rows by one block each."""
    if len(rows):
        low[0][rows] = np.fmin(low[0][rows], low[1].values[blocks])
        high[0][rows] = np.fmax(high[0][rows], high[1].values[blocks])


def outline(series: Series, x_low: float, x_high: float, columns: int) -> tuple[Floats, Floats]:
    """Returns the line to draw for a view: x and y of its corners.

    Where there are few points, they are the corners. Otherwise each pixel column gets its lowest
    and highest value at its middle, in turns, so that neighbouring columns are joined by their
    like ends and the line covers precisely what the points cover. One point beyond each edge is
    kept, so that the line runs on to the border.

    Args:
        series: The points.
        x_low: Left edge of the view.
        x_high: Right edge.
        columns: Width of the view in pixels.
    """
    first = max(int(np.searchsorted(series.x, x_low, "left")) - 1, 0)
    last = min(int(np.searchsorted(series.x, x_high, "right")) + 1, len(series))
    if last - first <= 2 * columns:
        return series.x[first:last], series.y[first:last]
    edges = np.linspace(x_low, x_high, columns + 1)
    bounds = np.searchsorted(series.x, edges, "left")
    bounds[0], bounds[-1] = first, last
    low, high = series.envelope(bounds[:-1], bounds[1:])
    filled = bounds[1:] > bounds[:-1]
    middles = ((edges[:-1] + edges[1:]) / 2)[filled]
    corners = np.stack([low[filled], high[filled]], axis=1)
    corners[1::2] = corners[1::2, ::-1]
    return np.repeat(middles, 2), corners.reshape(-1)
