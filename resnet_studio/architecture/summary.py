"""A network in numbers: as plain data for programs, as rows and as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypedDict

from resnet_studio.architecture.elements import (
    Block,
    Layer,
    LayerKind,
    Section,
    Shape,
    ShortcutForm,
)
from resnet_studio.architecture.graph import NetworkGraph


class PartSummary(TypedDict):
    """The stem or the head."""

    name: str
    shape: list[int]
    parameters: int
    macs: int
    receptive_field: int


class StageSummary(PartSummary):
    """One stage; shape and receptive field are those of its output."""

    blocks: int


class Summary(TypedDict):
    """What `resnet-studio summary --json` prints."""

    name: str
    parameters: int
    macs: int
    input_size: int
    depth: int
    classes: int
    stem: PartSummary
    stages: list[StageSummary]
    head: PartSummary


class Detail(StrEnum):
    """How far the rows of a table go into a network."""

    SECTIONS = "sections"
    BLOCKS = "blocks"
    LAYERS = "layers"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes:
        name: Name of the section, block or layer, to find it in the graph.
        level: 0 for a section, 1 for a block or a layer of stem and head, 2 within a block.
        title: What it is.
        shape: Shape of its output.
        parameters: Trained numbers.
        macs: Multiply-accumulates for one picture.
        receptive_field: Pixels of the picture that one number of its output sees.
    """

    name: str
    level: int
    title: str
    shape: Shape
    parameters: int
    macs: int
    receptive_field: int


COLUMNS = ("name", "what", "output", "parameters", "MACs", "sees (px)")


def summary(graph: NetworkGraph) -> Summary:
    """Returns the network as plain data, ready for JSON."""
    return {
        "name": graph.spec.name,
        "parameters": graph.parameters,
        "macs": graph.macs,
        "input_size": graph.input_size,
        "depth": graph.spec.depth,
        "classes": graph.spec.classes,
        "stem": _part(graph.stem),
        "stages": [{**_part(stage), "blocks": len(stage.blocks)} for stage in graph.stages],
        "head": _part(graph.head),
    }


def rows(graph: NetworkGraph, *, detail: Detail = Detail.BLOCKS) -> Iterator[Row]:
    """Yields the lines of the network's table, each part before what it is made of."""
    for section in graph.sections:
        title = section.title
        if section.blocks:
            title += f", {len(section.blocks)} {graph.spec.block} blocks"
        yield _row(section, title, level=0)
        if detail is Detail.SECTIONS:
            continue
        if not section.blocks and detail is Detail.LAYERS:
            yield from (_row(layer, layer.title, level=1) for layer in section.layers)
        for block in section.blocks:
            yield _row(block, block_title(block), level=1)
            if detail is Detail.LAYERS:
                yield from (_row(layer, layer.title, level=2) for layer in block.layers)


_FORM_WORDS: Final[Mapping[ShortcutForm, str]] = {
    ShortcutForm.NONE: "no shortcut",
    ShortcutForm.IDENTITY: "identity shortcut",
    ShortcutForm.PROJECTION: "projection shortcut",
    ShortcutForm.ZERO_PAD: "zero-padded shortcut",
}
_SHORTCUT_WORDS: Final[Mapping[LayerKind, str]] = {
    LayerKind.SCALE: "scaled",
    LayerKind.DROPOUT: "with dropout",
    LayerKind.GATE: "gated",
}


def block_title(block: Block) -> str:
    """Returns "block, identity shortcut, gated"."""
    words = ["block", _FORM_WORDS[block.shortcut_form]]
    words += [
        _SHORTCUT_WORDS[layer.kind]
        for layer in block.shortcut[-1:]
        if layer.kind in _SHORTCUT_WORDS
    ]
    if any(layer.kind is LayerKind.SE for layer in block.residual):
        words.append("SE")
    return ", ".join(words)


def shape_text(shape: Shape) -> str:
    """Returns "64 × 56 × 56"."""
    return " × ".join(str(length) for length in shape)


def format_text(graph: NetworkGraph, *, detail: Detail = Detail.SECTIONS) -> str:
    """Returns the table as text with aligned columns, and a line with the totals."""
    lines = [
        (
            "  " * row.level + row.name,
            row.title,
            shape_text(row.shape),
            f"{row.parameters:,}",
            f"{row.macs:,}",
            f"{row.receptive_field:,}",
        )
        for row in rows(graph, detail=detail)
    ]
    table = _aligned([COLUMNS, *lines])
    spec = graph.spec
    total = (
        f"{spec.name}: {spec.depth} layers, {graph.parameters:,} parameters, "
        f"{graph.macs:,} MACs at {graph.input_size} × {graph.input_size}"
    )
    return "\n".join([*table, "", total])


def _part(section: Section) -> PartSummary:
    return {
        "name": section.name,
        "shape": list(section.output_shape),
        "parameters": section.parameters,
        "macs": section.macs,
        "receptive_field": section.receptive_field.size,
    }


def _row(item: Section | Block | Layer, title: str, *, level: int) -> Row:
    return Row(
        name=item.name,
        level=level,
        title=title,
        shape=item.output_shape,
        parameters=item.parameters,
        macs=item.macs,
        receptive_field=item.receptive_field.size,
    )


def _aligned(lines: Sequence[tuple[str, ...]]) -> list[str]:
    """Pads the cells: words to the right, numbers (the last three columns) to the left."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    numbers = len(COLUMNS) - 3
    return [
        "  ".join(
            cell.rjust(width) if column >= numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
