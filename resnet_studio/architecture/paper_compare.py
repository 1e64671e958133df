"""The present network beside the papers' tables: which column is nearest, and in what it differs.

A published count is explained by a chain of steps, each a change of one field from the published
network to the present one, with what it does to parameters and multiply-accumulates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import Any, Final

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.elements import Layer, LayerKind, Section
from resnet_studio.architecture.entries import Figure
from resnet_studio.architecture.fields import applies
from resnet_studio.architecture.graph import NetworkGraph, build_graph
from resnet_studio.architecture.paper_table import (
    TABLES,
    Cell,
    Column,
    Row,
    RowKind,
    Table,
    Window,
)
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import SpecError

UNIT: Final[Mapping[str, int]] = {"million": 10**6, "billion": 10**9}
"""What one of a published figure's unit is."""
_UNCOUNTED: Final = frozenset(
    (
        "name",
        "initialisation",
        "zero_init_residual",
        "gate_bias",
        "shortcut_scale",
        "residual_scale",
        "shortcut_dropout",
    )
)
"""Fields that change neither a shape nor a count."""
_FIELDS: Final = tuple(name for name in NetworkSpec.model_fields if name not in _UNCOUNTED)


@dataclass(frozen=True, slots=True)
class Live:
    """What a cell would say of the present network.

    Attributes:
        size: Height and width of the map that the part makes, in pixels.
        cell: Its convolutions and repeats.
    """

    size: int
    cell: Cell


class Aspect(StrEnum):
    """In what a cell of the present network differs from the printed one."""

    MISSING = "missing"
    EXTRA = "extra"
    SIZE = "size"
    WINDOWS = "windows"
    REPEATS = "repeats"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table beside the present network.

    Attributes:
        row: The row.
        printed: The cell of the column that is compared; None in a row that the table lacks.
        live: The present network; None if it has no such part.
        differs: In what they differ; empty if they agree.
    """

    row: Row
    printed: Cell | None
    live: Live | None
    differs: tuple[Aspect, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The column that a network is nearest to.

    Attributes:
        table: The table.
        column: The place of the column in it.
        network: Which of the column's networks is the nearest, by its id.
        same: Whether it is that network, apart from what changes no count.
    """

    table: Table
    column: int
    network: str
    same: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One change on the way from the published network to the present one.

    Attributes:
        changes: The fields with their values before and after.
        parameters: How many more parameters the network then has.
        macs: How many more multiply-accumulates.
    """

    changes: tuple[tuple[str, Any, Any], ...]
    parameters: int
    macs: int


class Agreement(StrEnum):
    """How a printed figure relates to the exact count."""

    ROUNDED = "rounded"
    CUT_OFF = "cut_off"
    DIFFERS = "differs"


# -- cells ----------------------------------------------------------------------------------------


def live(graph: NetworkGraph, row: Row) -> Live | None:
    """Returns what a row would say of the network, None if it has no such part."""
    match row.kind:
        case RowKind.STEM:
            return _stem(graph.stem)
        case RowKind.POOL:
            pools = [layer for layer in graph.stem.layers if layer.kind is LayerKind.MAX_POOL]
            return _of(pools) if pools else None
        case RowKind.HEAD:
            linear = graph.head.layers[-1]
            return Live(1, Cell((Window(1, linear.output_shape[0]),)))
    return _stage(graph.stages[row.stage - 1]) if row.stage <= len(graph.stages) else None


def _stem(section: Section) -> Live:
    return _of([layer for layer in section.layers if layer.kind is LayerKind.CONV])


def _of(layers: list[Layer]) -> Live:
    windows = tuple(
        Window(
            layer.kernel,
            0 if layer.kind is LayerKind.MAX_POOL else layer.output_shape[0],
            stride=layer.stride,
        )
        for layer in layers
    )
    return Live(layers[-1].output_shape[1], Cell(windows))


def _stage(section: Section) -> Live:
    """Returns the residual branch of a stage's blocks; strides are not printed there."""
    branch = [layer for layer in section.blocks[0].residual if layer.kind is LayerKind.CONV]
    windows = tuple(
        Window(layer.kernel, layer.output_shape[0], groups=layer.groups) for layer in branch
    )
    return Live(section.output_shape[1], Cell(windows, len(section.blocks)))


def lines(graph: NetworkGraph, table: Table, column: int) -> tuple[Line, ...]:
    """Returns a column of the table row by row beside the network.

    Stages that the table lacks, and a max pool that it lacks, stand in rows of their own.
    """
    cells = dict(zip(table.rows, table.columns[column].cells, strict=True))
    return tuple(_line(graph, row, cells.get(row)) for row in rows(graph, table))


def rows(graph: NetworkGraph, table: Table) -> tuple[Row, ...]:
    """Returns the rows of the table, and after them those that only the network has."""
    known = [row.stage for row in table.rows if row.kind is RowKind.STAGE]
    found = list(table.rows)
    if not any(row.kind is RowKind.POOL for row in found):
        pool = Row(RowKind.POOL, "", 0)
        found[1:1] = [pool] if live(graph, pool) else []
    more = range(len(known) + 1, len(graph.stages) + 1)
    found[-1:-1] = [Row(RowKind.STAGE, "", 0, stage) for stage in more]
    return tuple(found)


def _line(graph: NetworkGraph, row: Row, printed: Cell | None) -> Line:
    present = live(graph, row)
    return Line(row, printed, present, tuple(_differences(row, printed, present)))


def _differences(row: Row, printed: Cell | None, present: Live | None) -> Iterator[Aspect]:
    if printed is None or present is None:
        yield Aspect.EXTRA if printed is None else Aspect.MISSING
        return
    if present.size != row.size:
        yield Aspect.SIZE
    if present.cell.windows != printed.windows:
        yield Aspect.WINDOWS
    if present.cell.repeats != printed.repeats:
        yield Aspect.REPEATS


# -- the nearest column ---------------------------------------------------------------------------


def nearest(graph: NetworkGraph, table: Table | None = None) -> Match:
    """Returns the column that the network differs least from, of one table or of all.

    What a table prints counts before what it does not print, such as the shortcuts' option.
    """
    tables = TABLES if table is None else (table,)
    found = [
        (_distance(graph, one, place), one, place)
        for one in tables
        for place in range(len(one.columns))
    ]
    _, chosen, place = min(found, key=lambda candidate: candidate[0])
    networks = chosen.columns[place].networks
    network = min(networks, key=lambda name: _far(graph.spec, CATALOG[name].spec))
    return Match(chosen, place, network, same=_far(graph.spec, CATALOG[network].spec) == 0)


def _distance(graph: NetworkGraph, table: Table, place: int) -> tuple[float, int, int]:
    """Returns cells that differ (a size counts little), fields that do, and layers."""
    column = table.columns[place]
    cells = sum(
        0.2 if aspect is Aspect.SIZE else 1.0
        for line in lines(graph, table, place)
        for aspect in line.differs
    )
    fields = min(_far(graph.spec, CATALOG[name].spec) for name in column.networks)
    layers = abs(graph.spec.depth - CATALOG[column.networks[0]].spec.depth)
    return round(cells, 1), fields, layers


def _far(first: NetworkSpec, second: NetworkSpec) -> int:
    return len(_changed(first, second))


def _changed(before: NetworkSpec, after: NetworkSpec) -> list[str]:
    """Returns the fields that differ and have an effect on either side."""
    return [
        name
        for name in _FIELDS
        if getattr(before, name) != getattr(after, name)
        and (applies(before, name) or applies(after, name))
    ]


# -- counts ---------------------------------------------------------------------------------------


def steps(before: NetworkSpec, after: NetworkSpec) -> tuple[Step, ...]:
    """Returns the changes that lead from one network to the other, one field after another.

    Fields that only make sense together, as the blocks and the widths of another number of
    stages do, are one step.
    """
    found: list[Step] = []
    spec, pending = before, list[str]()
    for name in _changed(before, after):
        pending.append(name)
        try:
            reached = spec.replace(**{field: getattr(after, field) for field in pending})
        except SpecError:
            continue
        found.append(_step(spec, reached, pending))
        spec, pending = reached, []
    if pending or _far(spec, after):
        found.append(_step(spec, after, _changed(spec, after)))
    return tuple(found)


def _step(before: NetworkSpec, after: NetworkSpec, fields: list[str]) -> Step:
    changes = tuple((name, getattr(before, name), getattr(after, name)) for name in fields)
    (parameters, macs), (parameters_after, macs_after) = totals(before), totals(after)
    return Step(changes, parameters_after - parameters, macs_after - macs)


def totals(spec: NetworkSpec) -> tuple[int, int]:
    """Returns parameters and multiply-accumulates without building every block.

    From its second block on all blocks of a stage count alike, so a thousand take no time.
    """
    graph = build_graph(spec.replace(depths=tuple(min(count, 2) for count in spec.depths)))
    parameters, macs = graph.parameters, graph.macs
    for stage, count in zip(graph.stages, spec.depths, strict=True):
        more, block = count - len(stage.blocks), stage.blocks[-1]
        parameters += more * block.parameters
        macs += more * block.macs
    return parameters, macs


def counted(graph: NetworkGraph, key: str) -> int | None:
    """Returns what a published figure counts, exactly, in the network; None for an error."""
    if key.startswith("macs"):
        return graph.macs
    if key == "weights":
        return graph.parameters - graph.bn_parameters
    return graph.parameters if key == "parameters" else None


def agreement(figure: Figure, count: int) -> Agreement:
    """Returns whether a printed figure is the count, rounded or cut off to its last digit."""
    printed = Decimal(str(figure.value))
    exact = Decimal(count) / UNIT[figure.unit]
    step = Decimal(1).scaleb(printed.as_tuple().exponent)  # type: ignore[arg-type]
    if exact.quantize(step) == printed:
        return Agreement.ROUNDED
    if exact.quantize(step, rounding=ROUND_DOWN) == printed:
        return Agreement.CUT_OFF
    return Agreement.DIFFERS


@dataclass(frozen=True, slots=True)
class Beside:
    """A published figure beside the same figure of the present network.

    Attributes:
        key: Short name of the figure.
        figure: As published.
        count: The present network's own, exactly; None for what only a test can measure.
        agrees: How they relate; None where there is no count.
    """

    key: str
    figure: Figure
    count: int | None
    agrees: Agreement | None


def beside(graph: NetworkGraph, network: str) -> tuple[Beside, ...]:
    """Returns the published figures of a network of the catalogue, counts first."""
    found = []
    for key, figure in CATALOG[network].published.items():
        count = counted(graph, key)
        agrees = agreement(figure, count) if count is not None else None
        found.append(Beside(key, figure, count, agrees))
    return tuple(sorted(found, key=lambda each: each.count is None))


def published_spec(column: Column) -> NetworkSpec:
    """Returns the network of a column as it was published."""
    return CATALOG[column.networks[0]].spec
