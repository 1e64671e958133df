"""What is said of a network beside the papers' tables: cells, figures, and why counts differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from itertools import groupby
from typing import Final

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.diff import FieldChange
from resnet_studio.architecture.entries import Figure
from resnet_studio.architecture.graph import NetworkGraph, build_graph
from resnet_studio.architecture.paper_compare import (
    UNIT,
    Agreement,
    Aspect,
    Beside,
    Line,
    Match,
    Step,
    agreement,
    beside,
    counted,
    nearest,
    published_spec,
    steps,
)
from resnet_studio.architecture.paper_table import Cell, Column, Row, RowKind, Table, Window
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.labels import tr
from resnet_studio.probe.shipped import shipped_for

_POWERS: Final = {"million": " × 10⁶", "billion": " × 10⁹"}


# -- cells ----------------------------------------------------------------------------------------


def window_text(window: Window) -> str:
    """Returns a convolution as the tables print it: "3×3, 128, C=32", "7×7, 64, /2"."""
    parts = [f"{window.kernel}×{window.kernel}", str(window.channels)]
    if window.groups > 1:
        parts.append(f"C={window.groups}")
    if window.stride > 1:
        parts.append(f"/{window.stride}")
    return ", ".join(parts)


def cell_lines(row: Row, cell: Cell) -> tuple[str, ...]:
    """Returns the lines of a cell, without brackets and repeats."""
    first = cell.windows[0]
    if row.kind is RowKind.POOL:
        window = f"{first.kernel}×{first.kernel}, /{first.stride}"
        return (tr("max pool"), window)
    if row.kind is RowKind.HEAD:
        return (tr("average pool"), tr("linear, {classes}").format(classes=first.channels))
    return tuple(map(window_text, cell.windows))


def cell_text(row: Row, cell: Cell | None) -> str:
    """Returns a cell in one line: "[3×3, 64; 3×3, 64] × 2"; a dash for none."""
    if cell is None:
        return "—"
    inside = "; ".join(cell_lines(row, cell))
    return f"[{inside}] × {cell.repeats}" if row.kind is RowKind.STAGE else inside


def row_title(row: Row) -> str:
    """Returns what the first column calls a row."""
    if row.kind is RowKind.POOL:
        return tr("pool")
    if row.kind is RowKind.HEAD:
        return row.title or tr("head")
    return row.title or tr("Stage {number}").format(number=row.stage)


def size_text(size: int) -> str:
    """Returns "56×56"; a dash for none."""
    return f"{size}×{size}" if size else "—"


def _aspect_text(line: Line, aspect: Aspect) -> str:
    if aspect is Aspect.MISSING:
        return tr("this network has no such part")
    live = line.live
    assert live is not None  # only MISSING has none
    if aspect is Aspect.EXTRA or line.printed is None:
        return tr("the table has no such row")
    if line.row.kind is RowKind.HEAD:
        text = tr("{live} classes, printed {printed}")
        classes = [cell.windows[0].channels for cell in (live.cell, line.printed)]
        return text.format(live=classes[0], printed=classes[1])
    if aspect is Aspect.SIZE:
        text = tr("makes {live}, printed {printed}")
        return text.format(live=size_text(live.size), printed=size_text(line.row.size))
    if aspect is Aspect.REPEATS:
        text = tr("{live} blocks, printed {printed}")
        return text.format(live=live.cell.repeats, printed=line.printed.repeats)
    text = tr("{live}, printed {printed}")
    return text.format(
        live="; ".join(cell_lines(line.row, live.cell)),
        printed="; ".join(cell_lines(line.row, line.printed)),
    )


# -- figures --------------------------------------------------------------------------------------


def figure_text(figure: Figure | None) -> str:
    """Returns a published figure as printed: "3.8 × 10⁹", "0.27 × 10⁶", "8.75 %"."""
    if figure is None:
        return "—"
    if figure.unit == "%":
        return f"{figure.value} %"
    return f"{figure.value}{_POWERS[figure.unit]}"


def figure_tip(figure: Figure | None) -> str:
    """Returns what a published figure is and where it is printed."""
    return "" if figure is None else f"{figure.title}: {figure_text(figure)} ({figure.source})"


@cache
def published_graph(network: str) -> NetworkGraph:
    """Returns the graph of a network of the catalogue; the tables ask for the same again."""
    return build_graph(CATALOG[network].spec)


def tied(text: str) -> str:
    """Returns `text` with numbers tied to their units and powers across line ends."""
    return labels.unbroken(text).replace(" × 10", "\u00a0×\u00a010").replace(" %", "\u00a0%")


def table_title(table: Table) -> str:
    """Returns "He et al. 2015, table 1 · ImageNet"."""
    first, *others = table.paper.authors.split(", ")
    authors = f"{first} et al." if len(others) > 1 else " and ".join((first, *others))
    place = f", {table.place}" if table.place else ""
    return f"{authors} {table.paper.year}{place} · {table.title}"


# -- the network as a whole -----------------------------------------------------------------------


def match_sentence(match: Match, lines: Iterable[Line], graph: NetworkGraph) -> str:
    """Says which column the network is, or which it is nearest to and what differs."""
    column = match.table.columns[match.column]
    printed = published_spec(column).input_size
    other_input = graph.input_size != printed
    differing = [(line, departure(line, sizes=not other_input)) for line in lines]
    listed = "; ".join(f"{row_title(line.row)}: {text}" for line, text in differing if text)
    if listed:
        said = tr("The nearest column is {column}. What differs: {listed}.")
    else:
        said = tr("This network is as the column {column} says, row by row.")
    said = said.format(column=column.title, listed=listed)
    if other_input:
        sizes = tr("Its pictures have {live} px and the table's {printed} px: so all sizes differ.")
        said += " " + sizes.format(live=graph.input_size, printed=printed)
    return said


def departure(line: Line, *, sizes: bool) -> str:
    """Returns in what the present network's cell differs, with or without the map's size."""
    told = [aspect for aspect in line.differs if sizes or aspect is not Aspect.SIZE]
    return "; ".join(_aspect_text(line, aspect) for aspect in told)


def explanations(graph: NetworkGraph, column: Column) -> tuple[str, ...]:
    """Says how the printed counts come about, and how the present network's follow from them."""
    published = published_graph(column.networks[0])
    said = [
        _printed_sentence(figure, key, column, published)
        for key, figure in (("macs", column.macs), (_count_key(column), column.parameters))
        if figure is not None
    ]
    said += _steps_sentences(graph, column)
    return tuple(said)


def count_explanations(graph: NetworkGraph, network: str) -> tuple[str, ...]:
    """Says why printed counts differ from a catalogue network's own; nothing if none does."""
    found = nearest(graph)
    differs = any(
        each.agrees in (Agreement.CUT_OFF, Agreement.DIFFERS) for each in beside(graph, network)
    )
    if not differs or found.network != network:
        return ()
    return explanations(graph, found.table.columns[found.column])


def _count_key(column: Column) -> str:
    return "parameters" if column.figure("parameters") is not None else "weights"


def _printed_sentence(figure: Figure, key: str, column: Column, graph: NetworkGraph) -> str:
    count = counted(graph, key)
    assert count is not None  # these figures can be counted
    words = {
        Agreement.ROUNDED: tr("{title}: printed {printed}, which is {count} rounded."),
        Agreement.CUT_OFF: tr(
            "{title}: printed {printed}, which is {count} cut off after the last digit, "
            "not rounded."
        ),
        Agreement.DIFFERS: tr("{title}: printed {printed}; counted here, {count}."),
    }[agreement(figure, count)]
    said = words.format(
        title=figure.title, printed=figure_text(figure), count=labels.grouped(count)
    )
    if key == "macs":
        said += " " + tr(
            "It counts a multiplication with its addition once, in the convolutions and the linear "
            "layer; normalisation, ReLU, pools and sums are left out."
        )
    title = CATALOG[column.networks[0]].title
    return tr("{network}. {sentence}").format(network=title, sentence=said)


def _steps_sentences(graph: NetworkGraph, column: Column) -> Iterator[str]:
    """Yields one sentence for each change from the published network, and the sum."""
    found = steps(published_spec(column), graph.spec)
    for step in found:
        yield step_sentence(step)
    if found:
        yield tr("So this network has {parameters} parameters and {macs} multiply-adds.").format(
            parameters=labels.grouped(graph.parameters), macs=labels.grouped(graph.macs)
        )


def step_sentence(step: Step) -> str:
    """Says what one change does: "Stride on 1×1 → 3×3: +231,211,008 multiply-adds; ..."."""
    from resnet_studio.gui.architecture.compare_words import field_text
    from resnet_studio.gui.network_form.words import fields

    known = fields()
    changes = ", ".join(field_text(FieldChange(*change), known) for change in step.changes)
    effects = [
        f"{_signed(number)} {what}"
        for number, what in (
            (step.macs, tr("multiply-adds")),
            (step.parameters, tr("parameters")),
        )
        if number
    ]
    return f"{changes}: {', '.join(effects) or tr('as many parameters and multiply-adds')}."


def _signed(number: int) -> str:
    return f"{'+' if number > 0 else '−'}{abs(number):,}"


def beside_text(each: Beside) -> str:
    """Returns a published figure with the present network's: "3.8 × 10⁹ · here 4,089,184,256"."""
    printed = figure_text(each.figure)
    if each.count is None:
        return printed
    here = tr("{printed} · here {count}").format(printed=printed, count=labels.grouped(each.count))
    if each.agrees is Agreement.CUT_OFF:
        return tr("{here}, cut off there").format(here=here)
    return here


def published_paragraphs(graph: NetworkGraph, network: str) -> str:
    """Returns the published figures of a network of the catalogue as rich text.

    Top-1 and top-5 of one test stand together.
    """
    lines = []
    for _, group in groupby(beside(graph, network), _test):
        found = list(group)
        ranks = "/".join(each.figure.title.partition(" ")[0] for each in found)
        values = tied(" / ".join(map(beside_text, found)))
        title = f"{ranks} {found[0].figure.title.partition(' ')[2]}".rstrip()
        lines.append(
            f"<p style='margin:4px 0'>{escape(title)}: <b>{escape(values)}</b> "
            f"<i>({escape(found[0].figure.source)})</i></p>"
        )
    return "".join(lines)


def _test(each: Beside) -> tuple[str, str]:
    """Returns the key without the rank, and where the figure is printed."""
    return each.key.removeprefix("top1_").removeprefix("top5_"), each.figure.source


def own_error(spec: NetworkSpec) -> tuple[str, str]:
    """Returns the error of the weights that come with the program, and how it was measured."""
    shipped = shipped_for(spec)
    if shipped is None or "accuracy" not in shipped.card:
        return "—", tr("Train the network to see its error.")
    measured = tr("The weights that come with this program: {result}")
    text = f"{100 * (1 - shipped.card['accuracy']):.2f} %"
    return text, measured.format(result=shipped.card.get("result", text))


def short_count(count: int, unit: str) -> str:
    """Returns a count in the unit of a printed figure: "4.089 × 10⁹", "40.6 × 10⁶"."""
    decimals = 3 if unit == "billion" else 1
    return f"{count / UNIT[unit]:,.{decimals}f}{_POWERS[unit]}"
