"""A comparison of two networks as text for people, as plain data, and as rows of a CSV file."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from resnet_studio.architecture.diff import (
    BYTES,
    ChangeState,
    Comparison,
    Item,
    Measure,
    Row,
    Total,
    activations,
)
from resnet_studio.architecture.elements import Block, Layer
from resnet_studio.architecture.summary import block_title, shape_text

MARKS: Final = {
    ChangeState.SAME: " ",
    ChangeState.CHANGED: "≠",
    ChangeState.ONLY_BEFORE: "−",
    ChangeState.ONLY_AFTER: "+",
}
"""What stands before a row: also in black and white one sees what has changed."""
TITLES: Final = {
    Measure.DEPTH: "weighted layers",
    Measure.PARAMETERS: "parameters",
    Measure.MACS: "MACs",
    Measure.ACTIVATIONS: "activations",
    Measure.ACTIVATION_BYTES: "activation bytes",
    Measure.RECEPTIVE_FIELD: "sees (px)",
}
_SIDE_COLUMNS: Final = (
    "name",
    "what",
    "shape",
    "parameters",
    "MACs",
    "activations",
    "activation bytes",
    "sees (px)",
)
CSV_COLUMNS: Final = (
    "level",
    "state",
    *(f"{column}, {side}" for column in _SIDE_COLUMNS for side in ("before", "after")),
    "change",
)
"""Titles of the cells of `csv_rows`."""


def what(item: Item) -> str:
    """Returns what a part is: "3×3 conv, 64", "block, identity shortcut", "Stage 1, 3 blocks"."""
    if isinstance(item, Layer):
        return item.title
    if isinstance(item, Block):
        return block_title(item)
    count = len(item.blocks)
    return f"{item.title}, {count} block{'s' * (count != 1)}" if count else item.title


def words(row: Row) -> str:
    """Returns in what a row differs: "stride 2 → 1; map 56×56 → 28×28"."""
    return "; ".join(map(str, row.differences))


def value_text(value: Any) -> str:
    """Returns the value of a field: "3, 4, 6, 3", "yes", "0.3", or a dash where it has none."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


# -- plain data -----------------------------------------------------------------------------------


def as_data(comparison: Comparison) -> dict[str, Any]:
    """Returns everything as plain data, ready for JSON."""
    return {
        "before": comparison.before.spec.model_dump(mode="json"),
        "after": comparison.after.spec.model_dump(mode="json"),
        "same": comparison.same,
        "same_layers": comparison.same_layers,
        "fields": [
            {"field": change.field, "before": change.before, "after": change.after}
            for change in comparison.fields
        ],
        "totals": {total.measure.value: _total_data(total) for total in comparison.totals},
        "rows": [_row_data(row) for row in comparison.walk()],
    }


def _total_data(total: Total) -> dict[str, Any]:
    return {
        "before": total.before,
        "after": total.after,
        "difference": total.difference,
        "ratio": round(total.ratio, 6),
    }


def _row_data(row: Row) -> dict[str, Any]:
    return {
        "level": row.level,
        "state": row.state.value,
        "before": _side_data(row.before),
        "after": _side_data(row.after),
        "changes": [
            {"aspect": change.aspect.value, "before": change.before, "after": change.after}
            for change in row.differences
        ],
    }


def _side_data(item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    numbers = activations(item)
    return {
        "name": item.name,
        "what": what(item),
        "shape": list(item.output_shape),
        "parameters": item.parameters,
        "macs": item.macs,
        "activations": numbers,
        "activation_bytes": BYTES * numbers,
        "receptive_field": item.receptive_field.size,
    }


def csv_rows(comparison: Comparison) -> Iterator[tuple[str | int, ...]]:
    """Yields the cells of every row, numbers bare, empty where a network lacks the part."""
    for row in comparison.walk():
        sides = [_side_cells(item) for item in row.sides]
        pairs = [cell for pair in zip(*sides, strict=True) for cell in pair]
        yield (row.level, row.state.value, *pairs, words(row))


def _side_cells(item: Item | None) -> tuple[str | int, ...]:
    data = _side_data(item)
    if data is None:
        return ("",) * len(_SIDE_COLUMNS)
    return tuple(
        shape_text(tuple(cell)) if isinstance(cell, list) else cell for cell in data.values()
    )


# -- text -----------------------------------------------------------------------------------------


class _Line(NamedTuple):
    """One line of the table: its mark and name, what changes, and figures of both sides."""

    name: str
    change: str = ""
    parameters: str = ""
    macs: str = ""
    memory: str = ""
    sees: str = ""


_HEADER: Final = _Line("  part", "change", "parameters", "MACs", "memory (bytes)", "sees (px)")

_TIED: Final = "\N{NO-BREAK SPACE}"


def format_text(
    comparison: Comparison, *, everything: bool = False, columns: float = math.inf
) -> str:
    """Returns the comparison as text: differing fields, totals, and what changes in the layers.

    Args:
        comparison: What to tell.
        everything: List each row by itself; else runs of equal rows are one line, and so are
            neighbouring blocks that change alike.
        columns: Most characters in a line; where the table of layers is wider, each part takes
            several lines.
    """
    names = comparison.before.spec.name, comparison.after.spec.name
    parts = [f"{names[0]} → {names[1]}"]
    if comparison.same:
        parts.append("Both networks are the same.")
    elif comparison.fields:
        parts.append(_field_table(comparison))
    parts.append(_total_table(comparison))
    if everything:
        parts.append(_layer_table([*map(_line, comparison.walk())], columns))
    elif comparison.same_layers:
        parts.append(f"All {len(comparison.after.layers):,} layers are alike.")
    else:
        parts.append(_layer_table([*_folded(comparison)], columns))
    return "\n\n".join(parts)


def _field_table(comparison: Comparison) -> str:
    lines = [
        (change.field, value_text(change.before), "→", value_text(change.after))
        for change in comparison.fields
    ]
    return _aligned([("field", "before", "", "after"), *lines])


def _total_table(comparison: Comparison) -> str:
    lines = [("total", "before", "after", "difference", "ratio")]
    for total in comparison.totals:
        ratio = f"{total.ratio:.3f}"
        numbers = f"{total.before:,}", f"{total.after:,}", f"{total.difference:+,}"
        lines.append((TITLES[total.measure], *numbers, ratio))
    return _aligned(lines, numbers_from=1)


def _layer_table(lines: Sequence[_Line], columns: float) -> str:
    """Returns one row for each line or, if that is too wide, its figures below its change."""
    table = _aligned([_HEADER, *lines])
    if max(map(len, table.splitlines())) <= columns:
        return table
    return "\n".join(part for line in lines for part in _stacked(line, int(columns)))


def _stacked(line: _Line, columns: int) -> Iterator[str]:
    """Yields the lines of one part, broken between figures and never within one."""
    mark, name = line.name[:2], line.name[2:]
    indent = " " * (len(mark) + len(name) - len(name.lstrip()) + 4)
    named = zip(_HEADER[2:], line[2:], strict=True)
    figures = "; ".join(
        f"{title} {figure}".replace(" ", _TIED) for title, figure in named if figure
    )
    head = f"{line.name}  {line.change}".rstrip().replace(" → ", f"{_TIED}→{_TIED}")
    for text, first in ((head, ""), (figures, indent)):
        wrapped = textwrap.wrap(
            text,
            columns,
            initial_indent=first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield from (each.replace(_TIED, " ") for each in wrapped)


def _line(row: Row, *, last: str = "") -> _Line:
    """Returns the line of a row; with `last`, that of all blocks from it to the last."""
    before, after = row.sides

    def both(figure: Callable[[Item], int]) -> str:
        shown = [f"{figure(item):,}" for item in row.sides if item is not None]
        return " → ".join(dict.fromkeys(shown))

    alone = before if after is None else after
    assert alone is not None
    change = words(row)
    if before is None or after is None:
        change = f"{what(alone)}: {shape_text(alone.output_shape)}"
    elif row.state is ChangeState.SAME:
        change = what(alone)
    name = f"{row.name} … {last}, each" if last else row.name
    return _Line(
        f"{MARKS[row.state]} {'  ' * row.level}{name}",
        change,
        both(lambda item: item.parameters),
        both(lambda item: item.macs),
        both(lambda item: BYTES * activations(item)),
        # Of blocks that change alike each sees more than the one before it.
        "" if last else both(lambda item: item.receptive_field.size),
    )


def _folded(comparison: Comparison) -> Iterator[_Line]:
    """Yields the lines of what has changed, and one line for each run of what has not."""
    for same, sections in groupby(comparison.sections, key=_is_same):
        if same:
            yield _alike([*sections])
            continue
        for section in sections:
            yield _line(section)
            yield from _folded_children(section)


def _folded_children(parent: Row) -> Iterator[_Line]:
    for _, run in groupby(parent.children, key=_pattern):
        rows = [*run]
        first = rows[0]
        if _is_same(first):
            yield _alike(rows)
        elif len(rows) > 1 and first.children:
            yield _line(first, last=rows[-1].name)
            yield from (line._replace(sees="") for line in _folded_parts(first))
        else:
            for row in rows:
                yield _line(row)
                yield from _folded_parts(row)


def _folded_parts(row: Row) -> Iterator[_Line]:
    """Yields what is in a row; nothing if only one network has it, for then it is all new."""
    if row.state is ChangeState.CHANGED:
        yield from _folded_children(row)


def _pattern(row: Row) -> object:
    """Returns what neighbouring rows share that are told in one line: all but their names."""
    if _is_same(row):
        return ChangeState.SAME
    own = "" if row.level == 1 and row.children else row.name
    return (own, row.state, row.differences, _figures(row), _inner(row))


def _inner(row: Row) -> tuple[object, ...]:
    return tuple(
        (child.state, child.differences, _title(child.before), _title(child.after))
        for child in row.children
    )


def _figures(row: Row) -> tuple[object, ...]:
    return tuple((item.parameters, item.macs) for item in row.sides if item is not None)


def _title(item: Item | None) -> str:
    return what(item) if item is not None else ""


def _is_same(row: Row) -> bool:
    return row.state is ChangeState.SAME


def _alike(rows: Sequence[Row]) -> _Line:
    """Returns the line of a run of rows that have not changed: "… 12 layers alike"."""
    layers = sum(1 for row in rows for part in row.walk() if isinstance(part.after, Layer))
    names = f"{rows[0].name} … {rows[-1].name}" if len(rows) > 1 else rows[0].name
    indent = "  " * rows[0].level
    return _Line(f"  {indent}… {layers} layer{'s' * (layers != 1)} alike", names)


def _aligned(lines: Sequence[Sequence[str]], *, numbers_from: float = math.inf) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place >= numbers_from else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
