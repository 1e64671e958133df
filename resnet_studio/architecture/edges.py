"""Which rows of a padded map a strided window reads, one by one, at the bottom edge of the map.

`arithmetic.unread` has the numbers; here are the rows themselves, for a picture. Columns are
alike. Rows are counted from the first row of the padding above the map.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from resnet_studio.architecture.arithmetic import output_size
from resnet_studio.architecture.elements import Layer, LayerKind

_STRIDED = (LayerKind.CONV, LayerKind.GATE, LayerKind.MAX_POOL, LayerKind.ZERO_PAD)
_FEWEST, _MOST = 6, 15


class RowState(StrEnum):
    """What becomes of one row of the padded map."""

    READ = "read"
    SKIPPED = "skipped"
    PADDING = "padding"
    UNREAD_PADDING = "unread_padding"

    @property
    def is_read(self) -> bool:
        """Whether any window reads the row."""
        return self in (RowState.READ, RowState.PADDING)

    @property
    def is_map(self) -> bool:
        """Whether it is a row of the map itself."""
        return self in (RowState.READ, RowState.SKIPPED)


@dataclass(frozen=True, slots=True)
class Edge:
    """The last rows of a padded map.

    Attributes:
        first: The first of these rows.
        states: What becomes of each.
        windows: First row and the row after the last of every window that lies wholly in these
            rows, from top to bottom; never empty.
        last: The last row of the map itself.
    """

    first: int
    states: tuple[RowState, ...]
    windows: tuple[tuple[int, int], ...]
    last: int


def row_state(row: int, *, size: int, kernel: int, stride: int, padding: int) -> RowState:
    """Returns what becomes of a row of the padded map.

    Raises:
        SpecError: If the window is larger than the padded map.
    """
    windows = output_size(size, kernel=kernel, stride=stride, padding=padding)
    start = min(row // stride, windows - 1) * stride  # of the last window that begins by then
    read = row < start + kernel
    if padding <= row < padding + size:
        return RowState.READ if read else RowState.SKIPPED
    return RowState.PADDING if read else RowState.UNREAD_PADDING


def edge(size: int, *, kernel: int, stride: int, padding: int) -> Edge:
    """Returns the last rows: the last window, the one before it and what is around them.

    Raises:
        SpecError: If the window is larger than the padded map.
    """
    windows = output_size(size, kernel=kernel, stride=stride, padding=padding)
    total = size + 2 * padding
    last = (windows - 1) * stride
    wanted = min(max(total - last + stride + 1, _FEWEST), max(_MOST, total - last))
    first = max(0, total - wanted)
    states = tuple(
        row_state(row, size=size, kernel=kernel, stride=stride, padding=padding)
        for row in range(first, total)
    )
    starts = tuple(start for start in range(last, -1, -stride) if start >= first)
    return Edge(
        first=first,
        states=states,
        windows=tuple((start, start + kernel) for start in reversed(starts)),
        last=padding + size - 1,
    )


def layer_edge(layer: Layer) -> Edge | None:
    """Returns the edge of what a strided layer reads; None for a layer that is not strided."""
    if layer.stride == 1 or layer.kind not in _STRIDED:
        return None
    return edge(
        layer.input_shape[1], kernel=layer.kernel, stride=layer.stride, padding=layer.padding
    )


def kinds(found: Edge) -> Iterator[RowState]:
    """Yields what becomes of the numbers in the corner where two such edges meet."""
    present = {cell_state(row, column) for row in found.states for column in found.states}
    yield from (state for state in RowState if state in present)


def cell_state(row: RowState, column: RowState) -> RowState:
    """Returns what becomes of the number where a row and a column meet."""
    read = row.is_read and column.is_read
    if row.is_map and column.is_map:
        return RowState.READ if read else RowState.SKIPPED
    return RowState.PADDING if read else RowState.UNREAD_PADDING
