"""What the comparison of two networks says: fields, totals, rows and their tool tips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from resnet_studio.architecture.diff import (
    BYTES,
    Aspect,
    ChangeState,
    Comparison,
    Difference,
    FieldChange,
    Item,
    Measure,
    Row,
    Total,
    activations,
)
from resnet_studio.architecture.diff_text import value_text
from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.labels import tr
from resnet_studio.gui.network_form.fields import Field
from resnet_studio.gui.network_form.words import fields

_LISTED = 8

Part = Item | NetworkGraph
"""What one side of a row of the table shows: a part, or the whole network."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of the table: a figure of both sides.

    Attributes:
        title: Of the column.
        tip: What it is.
        number: Of a part.
        short: As the table shows a number.
        exact: As a tool tip shows it.
    """

    title: str
    tip: str
    number: Callable[[Part], int]
    short: Callable[[int], str]
    exact: Callable[[int], str]

    def cell(self, before: Part | None, after: Part | None) -> str:
        """Returns "4.10 k → 16.4 k", "218 M (+8.19 k)", or one number if both have the same."""
        numbers = [None if part is None else self.number(part) for part in (before, after)]
        texts = ["—" if number is None else self.short(number) for number in numbers]
        if numbers[0] == numbers[1]:
            return texts[0]
        if texts[0] == texts[1] and numbers[0] is not None and numbers[1] is not None:
            more = numbers[1] - numbers[0]  # too little to be seen in rounded numbers
            return f"{texts[0]} ({'+' if more > 0 else '−'}{self.short(abs(more))})"
        return " → ".join(texts)


def figures() -> tuple[Figure, ...]:
    """Returns the figures of the table, titles in the language of the window."""
    return (
        Figure(
            tr("Parameters"),
            tr("Trained numbers."),
            lambda part: part.parameters,
            labels.rounded,
            labels.grouped,
        ),
        Figure(
            tr("MACs"),
            tr("Multiply-accumulates of convolutions and linear layers for one picture."),
            lambda part: part.macs,
            labels.rounded,
            labels.grouped,
        ),
        Figure(
            tr("Memory"),
            tr("What all layers make for one picture, in bytes as float32."),
            lambda part: BYTES * activations(part),
            memory_text,
            lambda number: tr("{count} bytes").format(count=labels.grouped(number)),
        ),
        Figure(
            tr("Rec. field"),
            tr("Receptive field: pixels of the picture, across, that one number sees."),
            _sees,
            labels.grouped,
            lambda number: tr("{size} px").format(size=labels.grouped(number)),
        ),
    )


def memory_text(number: int) -> str:
    """Returns "3.21 MB"."""
    text = labels.rounded(number)
    return f"{text}B" if " " in text else f"{text} B"


def _sees(part: Part) -> int:
    if isinstance(part, NetworkGraph):
        return part.stages[-1].receptive_field.size
    return part.receptive_field.size


def part_text(part: Part | None) -> str:
    """Returns what a part is and what it makes: "3×3 conv, 64 · 64×56×56"; a dash for none."""
    if part is None:
        return "—"
    if isinstance(part, NetworkGraph):
        return tr("{depth} layers").format(depth=part.spec.depth)
    return f"{labels.kind_text(part)} · {labels.shape_text(part.output_shape)}"


def row_title(row: Row) -> str:
    """Returns the name of a row within what it belongs to; both names if they differ."""
    names = [labels.row_name(item) for item in row.sides if item is not None]
    return " → ".join(dict.fromkeys(names))


def state_text(state: ChangeState) -> str:
    """Returns what a mark means."""
    return {
        ChangeState.SAME: tr("alike"),
        ChangeState.CHANGED: tr("changed"),
        ChangeState.ONLY_BEFORE: tr("only above"),
        ChangeState.ONLY_AFTER: tr("only below"),
    }[state]


def difference_text(change: Difference) -> str:
    """Returns "stride 2 → 1" in the language of the window."""
    aspect = {
        Aspect.LAYER: tr("layer"),
        Aspect.BLOCKS: tr("blocks"),
        Aspect.SHORTCUT: tr("shortcut"),
        Aspect.KERNEL: tr("kernel"),
        Aspect.STRIDE: tr("stride"),
        Aspect.PADDING: tr("padding"),
        Aspect.GROUPS: tr("groups"),
        Aspect.CHANNELS_READ: tr("channels read"),
        Aspect.CHANNELS: tr("channels"),
        Aspect.MAP: tr("map"),
        Aspect.PARAMETERS: tr("parameters"),
        Aspect.READS: tr("reads"),
    }[change.aspect]
    return f"{aspect} {change.before} → {change.after}"


def row_sentence(row: Row) -> str:
    """Returns what has happened to a part: "layer2.0.conv1: stride 2 → 1, map 28×28 → 56×56."."""
    names = " → ".join(dict.fromkeys(item.name for item in row.sides if item is not None))
    changes = ", ".join(map(difference_text, row.differences))
    if row.state is ChangeState.CHANGED and not changes:
        inside = [row_title(child) for child in row.children if child.state is not ChangeState.SAME]
        listed = ", ".join(inside[:_LISTED]) + (", …" if len(inside) > _LISTED else "")
        changes = tr("changed inside: {parts}").format(parts=listed)
    return f"{names}: {changes or state_text(row.state)}"


def row_tip(row: Row) -> str:
    """Returns the tool tip of a row as rich text: what changes, and every figure exactly."""
    lines = [(tr("What"), *(part_text(item) for item in row.sides))]
    for figure in figures():
        cells = ["—" if item is None else figure.exact(figure.number(item)) for item in row.sides]
        lines.append((figure.title, *cells))
    table = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}&nbsp;&nbsp;</td>" for cell in line) + "</tr>"
        for line in [("", tr("Before"), tr("After")), *lines]
    )
    title = f"<p style='white-space:pre'><b>{escape(row_sentence(row))}</b></p>"
    return f"{title}<table>{table}</table>"


# -- the whole ------------------------------------------------------------------------------------


def caption_parts(graph: NetworkGraph) -> tuple[str, ...]:
    """Returns what stands above a drawing: layers, parameters, MACs, memory, field."""
    numbers = [figure.short(figure.number(graph)) for figure in figures()]
    return (
        tr("{depth} layers").format(depth=graph.spec.depth),
        tr("{count} parameters").format(count=labels.grouped(graph.parameters)),
        tr("{count} MACs").format(count=numbers[1]),
        tr("{size} activations").format(size=numbers[2]),
        tr("receptive field {size} px").format(size=numbers[3]),
    )


def totals_text(comparison: Comparison) -> str:
    """Returns how much more the second has: "parameters ×1.17 · MACs ×1.12 · equal: layers"."""
    words = {
        Measure.DEPTH: tr("layers"),
        Measure.PARAMETERS: tr("parameters"),
        Measure.MACS: tr("MACs"),
        Measure.ACTIVATION_BYTES: tr("memory"),
        Measure.RECEPTIVE_FIELD: tr("receptive field"),
    }
    totals = [total for total in comparison.totals if total.measure in words]
    told = [f"{words[total.measure]} ×{_ratio(total)}" for total in totals if total.difference]
    equal = ", ".join(words[total.measure] for total in totals if not total.difference)
    if equal:
        told.append(tr("equal: {figures}").format(figures=equal))
    return " · ".join(told)


def _ratio(total: Total) -> str:
    """Returns the ratio with as many digits as it takes to see that it is not 1."""
    shown = f"{total.ratio:.2f}"
    return shown if shown != "1.00" else f"{total.ratio:.4f}"


def fields_text(comparison: Comparison) -> str:
    """Returns in what the two specs differ: "Block Basic → Bottleneck · Expansion — → 4"."""
    known = fields()
    return " · ".join(field_text(change, known) for change in comparison.fields)


def field_text(change: FieldChange, known: Mapping[str, Field]) -> str:
    """Returns what changes in one field: "Block Basic → Bottleneck"."""
    field = known.get(change.field)
    label = field.label if field is not None else change.field
    values = [_field_value(value, field) for value in (change.before, change.after)]
    return f"{label} {values[0]} → {values[1]}"


def _field_value(value: Any, field: Field | None) -> str:
    if field is not None and (choice := field.choice(value)) is not None:
        return choice.short
    if value is True or value is False:
        return tr("yes") if value else tr("no")
    if field is not None and field.zero and value == 0:
        return field.zero
    return value_text(value)
