"""What changes from one network to another: fields, totals, and every section, block and layer.

Stages are set side by side by their number, blocks by their number within the stage, layers by
what they are for. Comparing takes time linear in the depth. Nothing here knows torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import zip_longest
from typing import Any, Final, TypeAlias

from resnet_studio.architecture.diff_layers import (
    Aspect,
    Difference,
    paired,
    shape_differences,
)
from resnet_studio.architecture.elements import Block, Layer, Section, SectionKind, ShortcutForm
from resnet_studio.architecture.fields import applies
from resnet_studio.architecture.graph import NetworkGraph, build_graph
from resnet_studio.architecture.spec import NetworkSpec

# The records of layers live in `diff_layers`; who compares imports everything from here.
__all__ = [
    "Aspect",
    "ChangeState",
    "Comparison",
    "Difference",
    "FieldChange",
    "Item",
    "Measure",
    "Row",
    "Total",
    "activations",
    "compare",
]

Item: TypeAlias = Section | Block | Layer
_FORMS: Final = {
    ShortcutForm.NONE: "none",
    ShortcutForm.IDENTITY: "identity",
    ShortcutForm.PROJECTION: "projection",
    ShortcutForm.ZERO_PAD: "zero-pad",
}
BYTES: Final = 4
"""Bytes of one number as float32."""


class ChangeState(StrEnum):
    """How a part of one network relates to the other network."""

    SAME = "same"
    CHANGED = "changed"
    ONLY_BEFORE = "only_before"
    ONLY_AFTER = "only_after"


class Measure(StrEnum):
    """A figure of a whole network."""

    DEPTH = "depth"
    PARAMETERS = "parameters"
    MACS = "macs"
    ACTIVATIONS = "activations"
    ACTIVATION_BYTES = "activation_bytes"
    RECEPTIVE_FIELD = "receptive_field"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the spec that differs; None where it has no effect in that network."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Total:
    """A figure of both networks.

    Attributes:
        measure: Depth in weighted layers; parameters; MACs, activations (numbers of all feature
            maps) and their bytes as float32, each for one picture; receptive field of the last
            stage in pixels.
        before: Of the first network.
        after: Of the second network.
    """

    measure: Measure
    before: int
    after: int

    @property
    def difference(self) -> int:
        """How much more the second has."""
        return self.after - self.before

    @property
    def ratio(self) -> float:
        """The second over the first; every figure of a network is at least 1."""
        return self.after / self.before


@dataclass(frozen=True, slots=True)
class Row:
    """One part of both networks, or of one.

    Attributes:
        level: 0 for a section, 1 for a block or a layer of stem and head, 2 within a block.
        state: Whether it is the same, or differs, or only one network has it. A section or block
            differs if anything in it does.
        before: The part in the first network, None if it lacks it.
        after: The part in the second network, None if it lacks it.
        differences: In what the part itself differs, in words.
        children: What it is made of.
    """

    level: int
    state: ChangeState
    before: Item | None
    after: Item | None
    differences: tuple[Difference, ...] = ()
    children: tuple[Row, ...] = ()

    @property
    def name(self) -> str:
        """The name in the second network, or in the first if only that has it."""
        item = self.after if self.after is not None else self.before
        assert item is not None
        return item.name

    @property
    def sides(self) -> tuple[Item | None, Item | None]:
        """The part in the first and in the second network."""
        return self.before, self.after

    def walk(self) -> Iterator[Row]:
        """Yields this row, then all within it in order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Comparison:
    """Two networks set side by side.

    Attributes:
        before: The first network.
        after: The second network.
        fields: Fields of the spec that differ and have an effect.
        totals: The figures of both.
        sections: Stem, stages and head, with all that is in them.
    """

    before: NetworkGraph
    after: NetworkGraph
    fields: tuple[FieldChange, ...]
    totals: tuple[Total, ...]
    sections: tuple[Row, ...]

    @property
    def same_layers(self) -> bool:
        """Whether every layer of one is in the other, doing the same at the same place."""
        return all(row.state is ChangeState.SAME for row in self.sections)

    @property
    def same(self) -> bool:
        """Whether the two are the same network, names aside."""
        return self.same_layers and not self.fields

    def total(self, measure: Measure) -> Total:
        """Returns one figure of both."""
        return next(total for total in self.totals if total.measure is measure)

    def walk(self) -> Iterator[Row]:
        """Yields every row, each before what it is made of."""
        for section in self.sections:
            yield from section.walk()

    @cached_property
    def rows_before(self) -> Mapping[str, Row]:
        """The row of each name of the first network."""
        return {row.before.name: row for row in self.walk() if row.before is not None}

    @cached_property
    def rows_after(self) -> Mapping[str, Row]:
        """The row of each name of the second network."""
        return {row.after.name: row for row in self.walk() if row.after is not None}


def compare(before: NetworkSpec | NetworkGraph, after: NetworkSpec | NetworkGraph) -> Comparison:
    """Returns what changes from `before` to `after`; specs are drawn at their own input size."""
    first, second = _graph(before), _graph(after)
    return Comparison(
        before=first,
        after=second,
        fields=tuple(_fields(first.spec, second.spec)),
        totals=tuple(_totals(first, second)),
        sections=tuple(_sections(first, second)),
    )


def activations(item: Item | NetworkGraph) -> int:
    """Returns how many numbers all layers of a part make for one picture."""
    layers = (item,) if isinstance(item, Layer) else item.layers
    return sum([math.prod(layer.output_shape) for layer in layers])


def _graph(network: NetworkSpec | NetworkGraph) -> NetworkGraph:
    return build_graph(network) if isinstance(network, NetworkSpec) else network


# -- fields and totals ----------------------------------------------------------------------------


def _fields(before: NetworkSpec, after: NetworkSpec) -> Iterator[FieldChange]:
    for name, info in NetworkSpec.model_fields.items():
        if name == "name":
            continue
        in_before, in_after = applies(before, name), applies(after, name)
        old = getattr(before, name) if in_before else None
        new = getattr(after, name) if in_after else None
        # What one network cannot have and the other leaves at its default is no difference.
        told = (in_before and in_after) or {old, new} != {None, info.default}
        if old != new and told:
            yield FieldChange(name, old, new)


def _totals(before: NetworkGraph, after: NetworkGraph) -> Iterator[Total]:
    numbers = activations(before), activations(after)
    fields = before.stages[-1].receptive_field, after.stages[-1].receptive_field
    yield Total(Measure.DEPTH, before.spec.depth, after.spec.depth)
    yield Total(Measure.PARAMETERS, before.parameters, after.parameters)
    yield Total(Measure.MACS, before.macs, after.macs)
    yield Total(Measure.ACTIVATIONS, *numbers)
    yield Total(Measure.ACTIVATION_BYTES, BYTES * numbers[0], BYTES * numbers[1])
    yield Total(Measure.RECEPTIVE_FIELD, fields[0].size, fields[1].size)


# -- rows -----------------------------------------------------------------------------------------


def _sections(before: NetworkGraph, after: NetworkGraph) -> Iterator[Row]:
    yield _section(before.stem, after.stem)
    for old, new in zip_longest(before.stages, after.stages):
        yield _section(old, new)
    yield _section(before.head, after.head)


def _section(before: Section | None, after: Section | None) -> Row:
    if before is None or after is None:
        return _alone(0, before, after)
    differences = [*_block_counts(before, after)]
    differences += shape_differences(before.output_shape, after.output_shape)
    if after.kind is SectionKind.STAGE:
        children = [_block(*pair) for pair in zip_longest(before.blocks, after.blocks)]
    else:
        children = _layers(1, before, after)
    return _both(0, before, after, differences, children)


def _block_counts(before: Section, after: Section) -> Iterator[Difference]:
    counts = len(before.blocks), len(after.blocks)
    if counts[0] != counts[1]:
        yield Difference(Aspect.BLOCKS, str(counts[0]), str(counts[1]))


def _block(before: Block | None, after: Block | None) -> Row:
    if before is None or after is None:
        return _alone(1, before, after)
    forms = before.shortcut_form, after.shortcut_form
    differences = []
    if forms[0] is not forms[1]:
        differences.append(Difference(Aspect.SHORTCUT, _FORMS[forms[0]], _FORMS[forms[1]]))
    differences += shape_differences(before.output_shape, after.output_shape)
    return _both(1, before, after, differences, _layers(2, before, after))


def _layers(level: int, before: Section | Block, after: Section | Block) -> list[Row]:
    rows = []
    for old, new, differences in paired(before, after):
        if old is None or new is None:
            rows.append(_alone(level, old, new))
        else:
            rows.append(_both(level, old, new, differences, ()))
    return rows


def _both(
    level: int,
    before: Item,
    after: Item,
    differences: list[Difference] | tuple[Difference, ...],
    children: list[Row] | tuple[Row, ...],
) -> Row:
    changed = differences or any(child.state is not ChangeState.SAME for child in children)
    state = ChangeState.CHANGED if changed else ChangeState.SAME
    return Row(level, state, before, after, tuple(differences), tuple(children))


def _alone(level: int, before: Item | None, after: Item | None) -> Row:
    """Returns the row of a part that one network lacks, with all that is in it."""
    state = ChangeState.ONLY_AFTER if before is None else ChangeState.ONLY_BEFORE
    item = after if before is None else before
    parts = item.blocks or item.layers if isinstance(item, Section) else ()
    if isinstance(item, Block):
        parts = item.layers
    if before is None:
        children = [_alone(level + 1, None, part) for part in parts]
    else:
        children = [_alone(level + 1, part, None) for part in parts]
    return Row(level, state, before, after, (), tuple(children))
