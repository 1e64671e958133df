"""Long series kept ready to draw: the lowest and highest value of any stretch, at once.

A curve of a million points cannot be seen; what can be seen is, for each pixel column, the range
of its values. `Series` keeps the ranges of blocks of 8, 64, 512, ... points while it grows, so
that the envelope of any view takes time with the logarithm of its length. `Outline` keeps the
columns of the last view, so that moving it computes only those that come into sight. numpy only;
no Qt.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Indices = npt.NDArray[np.int64]

FACTOR = 8
"""Points (or blocks) in a block of the next level; 8 costs two sevenths of the points in memory."""
MOST_RESERVED = 400_000
"""Points that room is set aside for. Room costs nothing until it is written to, and spares the
copies of growth; beyond this size of array numpy asks for huge pages, which do cost."""
_FIRST_CAPACITY = 256
_GROWTH = 8
"""A full array grows by an eighth: a run's arrays may hold little more than the run."""
_SAME_WIDTH = 1e-6


class GrowingArray:
    """An array that grows at its end; appending costs constant time on average."""

    def __init__(self, dtype: npt.DTypeLike, *, room: int = 0) -> None:
        """Makes an empty array.

        Args:
            dtype: Type of the values.
            room: Values that are expected; more may come, and fewer cost nothing.
        """
        self._store = np.empty(max(_FIRST_CAPACITY, min(room, MOST_RESERVED)), dtype)
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
            grown = len(self._store) + max(_FIRST_CAPACITY, len(self._store) // _GROWTH)
            store = np.empty(max(size, grown), self._store.dtype)
            store[: self._size] = self.values
            self._store = store
        self._store[self._size : size] = new
        self._size = size


class Series:
    """Points with ascending x, and the ranges of their blocks.

    Values that are not finite are kept as NaN and take no part in any range. Values are kept as
    float32: seven digits are more than any reading of a curve shows. Several series may share
    their positions: `x` is then extended by their owner, and `extend_values` appends to each.
    """

    def __init__(self, x: GrowingArray | None = None, *, room: int = 0) -> None:
        """Makes an empty series.

        Args:
            x: Positions that are shared with other series; None makes its own.
            room: Points that are expected.
        """
        self._room = room
        self._x = x if x is not None else GrowingArray(np.float64, room=room)
        self._y = GrowingArray(np.float32, room=room)
        self._lows: list[GrowingArray] = []
        self._highs: list[GrowingArray] = []

    def __len__(self) -> int:
        return len(self._y)

    @property
    def x(self) -> Floats:
        """Positions, ascending."""
        return self._x.values[: len(self._y)]

    @property
    def y(self) -> Floats:
        """Values; NaN where there is none."""
        return self._y.values

    def extend(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Appends points to a series with positions of its own.

        Args:
            x: Positions, ascending and not below the last one.
            y: As many values.
        """
        self._x.extend(x)
        self.extend_values(y)

    def extend_values(self, y: npt.ArrayLike) -> None:
        """Appends values whose positions are there already."""
        with np.errstate(over="ignore"):  # a value beyond float32 counts as infinite
            values = np.atleast_1d(np.asarray(y, np.float64)).astype(np.float32)
        values[~np.isfinite(values)] = np.nan
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
        if not len(self):
            return low, high
        lows, highs = [self._y, *self._lows], [self._y, *self._highs]
        for level_low, level_high in zip(lows, highs, strict=True):
            left = np.minimum(-(-start // FACTOR) * FACTOR, stop)
            right = np.maximum(stop // FACTOR * FACTOR, left)
            for begin, end in ((start, left), (right, stop)):
                np.fmin(low, _reduced(np.fmin, level_low, begin, end), out=low)
                np.fmax(high, _reduced(np.fmax, level_high, begin, end), out=high)
            start, stop = left // FACTOR, right // FACTOR
            if not (start < stop).any():
                break
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
                room = self._room // FACTOR ** (level + 1)
                self._lows.append(GrowingArray(np.float32, room=room))
                self._highs.append(GrowingArray(np.float32, room=room))
            here = (self._lows[level], self._highs[level])
            blocks = slice(len(here[0]) * FACTOR, len(below[0]) // FACTOR * FACTOR)
            for target, source, reduce in zip(here, below, (np.fmin, np.fmax), strict=True):
                target.extend(reduce.reduce(source.values[blocks].reshape(-1, FACTOR), axis=1))
            below = here
            level += 1


def _reduced(reduce: np.ufunc, level: GrowingArray, begin: Indices, end: Indices) -> Floats:
    """Returns the lowest or highest of the fewer than `FACTOR` blocks from `begin` to `end` - 1."""
    index = begin[:, None] + np.arange(FACTOR - 1)
    inside = index < end[:, None]
    blocks = level.values[np.minimum(index, len(level) - 1)]
    values: Floats = reduce.reduce(np.where(inside, blocks, np.float32(np.nan)), axis=1)
    return values


class Outline:
    """The line to draw for a view of a series, kept from one drawing to the next.

    Where there are few points, they are the corners. Otherwise each pixel column gets its lowest
    and highest value at its middle, in turns, so that neighbouring columns are joined by their
    like ends and the line covers precisely what the points cover. The columns lie on a grid of
    the data and not of the view: a view that has moved, or a series that has grown, finds again
    those that it had.

    Attributes:
        computed: Columns that were computed so far, for tests and benchmarks.
    """

    def __init__(self) -> None:
        self.computed = 0
        self._series: Series | None = None
        self._count = 0
        self._width = 1.0
        self._first = 0
        self._ranges = np.empty((0, 3), np.float32)

    def corners(
        self, series: Series, x_low: float, x_high: float, columns: int
    ) -> tuple[Floats, Floats]:
        """Returns x and y of the line's corners, with a column or point beyond each edge.

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
        self._keep_columns(series, (x_high - x_low) / columns)
        start = math.floor(x_low / self._width) - 1
        self._fill(series, start, math.ceil(x_high / self._width) + 1)
        filled = self._ranges[:, 2] > 0
        middles = (np.arange(start, start + len(filled))[filled] + 0.5) * self._width
        pairs = self._ranges[filled, :2]
        pairs[1::2] = pairs[1::2, ::-1]
        return np.repeat(middles, 2), pairs.reshape(-1)

    def _keep_columns(self, series: Series, width: float) -> None:
        """Forgets the columns of another series or width, and those that have more points now."""
        # A view that is moved changes its width by rounding; the columns stay where they are.
        same = series is self._series and abs(width / self._width - 1.0) < _SAME_WIDTH
        if not same or len(series) < self._count:
            self._width, self._ranges = width, self._ranges[:0]
        elif len(series) > self._count:
            last = math.floor(float(series.x[self._count - 1]) / self._width)
            self._ranges = self._ranges[: max(0, last - self._first)]
        self._series, self._count = series, len(series)

    def _fill(self, series: Series, start: int, stop: int) -> None:
        """Makes `_ranges` those of the columns from `start` to `stop` - 1."""
        kept_first = max(start, self._first)
        kept = self._ranges[kept_first - self._first : max(0, stop - self._first)]
        if not len(kept):
            kept_first = start
        before = self._measured(series, start, kept_first)
        after = self._measured(series, kept_first + len(kept), stop)
        self._first, self._ranges = start, np.concatenate([before, kept, after])

    def _measured(self, series: Series, start: int, stop: int) -> Floats:
        """Returns lowest value, highest value and whether there are points, for some columns."""
        ranges = np.empty((max(0, stop - start), 3), np.float32)
        if len(ranges):
            edges = np.arange(start, stop + 1) * self._width
            bounds = np.searchsorted(series.x, edges, "left")
            ranges[:, 0], ranges[:, 1] = series.envelope(bounds[:-1], bounds[1:])
            ranges[:, 2] = bounds[1:] > bounds[:-1]
            self.computed += len(ranges)
        return ranges
