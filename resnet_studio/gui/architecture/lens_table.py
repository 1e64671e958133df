"""A paper's architecture table for Qt, with the present network in a column of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from resnet_studio.architecture.entries import Figure
from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.architecture.paper_compare import (
    Line,
    Match,
    lines,
    nearest,
    published_spec,
)
from resnet_studio.architecture.paper_table import Cell, Column, Row, RowKind, Table
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture import lens_words as words
from resnet_studio.gui.architecture.labels import tr

Index = QModelIndex | QPersistentModelIndex
TITLE, LIVE, FIRST = range(3)
"""Columns: the row's title with its output size, the present network, the first of the table."""
SHOWN: Final = Qt.ItemDataRole.UserRole
"""Role of a `Shown`: how a cell is painted."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How a cell is painted.

    Attributes:
        lines: Its lines.
        repeats: How often what stands in brackets is repeated; 0 for no brackets.
        lit: Whether it belongs to the column that is nearest to the present network.
        differs: Whether the present network departs here from the printed one.
        chosen: Whether the row is about the selected part.
        figure: Whether the row has a figure instead of layers.
        below: A line below the brackets: the size of the map where it is not the printed one.
    """

    lines: tuple[str, ...]
    repeats: int = 0
    lit: bool = False
    differs: bool = False
    chosen: bool = False
    figure: bool = False
    below: str = ""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A row of figures below the layers.

    Attributes:
        title: Its lines: what it is, and of a second line what that one is.
        tip: What it is, in a sentence.
        texts: The lines of each column, from `LIVE` on.
        tips: The tool tip of each column.
    """

    title: tuple[str, ...]
    tip: str
    texts: tuple[tuple[str, ...], ...]
    tips: tuple[str, ...]


class LensModel(QAbstractTableModel):
    """One table of a paper beside the present network."""

    def __init__(self, graph: NetworkGraph, table: Table, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.graph = graph
        self.table = table
        self.found: Match = nearest(graph, table)
        self.lines: tuple[Line, ...] = ()
        self._sizes = True
        self._figures: tuple[FigureRow, ...] = ()
        self._selection = ""
        self._fill()

    def show(self, graph: NetworkGraph, table: Table) -> None:
        """Shows another table, or another network beside it."""
        self.beginResetModel()
        self.graph, self.table = graph, table
        self.found = nearest(graph, table)
        self._fill()
        self.endResetModel()

    def _fill(self) -> None:
        self.lines = lines(self.graph, self.table, self.found.column)
        column = self.table.columns[self.found.column]
        self._sizes = published_spec(column).input_size == self.graph.input_size
        self._figures = figure_rows(self.graph, self.table)

    @property
    def lit(self) -> int:
        """The column of the table that is nearest to the present network."""
        return FIRST + self.found.column

    def column_of(self, index: Index) -> Column | None:
        """Returns the network of a cell; None for the columns that are not of the paper."""
        place = index.column() - FIRST
        return self.table.columns[place] if 0 <= place < len(self.table.columns) else None

    def part_of(self, index: Index) -> str:
        """Returns the name of the part that a row is about; "" if the network has none."""
        if not index.isValid() or index.row() >= len(self.lines):
            return ""
        line = self.lines[index.row()]
        if line.live is None:
            return ""
        if line.row.kind is RowKind.POOL:
            return "maxpool"
        return line.row.part

    def set_selection(self, name: str) -> None:
        """Marks the rows that are about the section, or the layer of the stem, of this name."""
        self._selection = name
        corner = self.index(self.rowCount() - 1, self.columnCount() - 1)
        self.dataChanged.emit(self.index(0, 0), corner)

    def chosen_rows(self) -> list[int]:
        """Returns the rows that are about the selected part."""
        return [place for place, line in enumerate(self.lines) if self._is_chosen(line)]

    def _is_chosen(self, line: Line) -> bool:
        name = self._selection
        if not name or line.live is None:
            return False
        if name == "maxpool":
            return line.row.kind is RowKind.POOL
        section = name.split(".")[0]
        if line.row.kind is RowKind.STAGE:
            return section == line.row.part
        part = self.graph.stem if line.row.part == "stem" else self.graph.head
        own = any(layer.name == name for layer in part.layers)
        return name == part.name or (own and line.row.kind is not RowKind.POOL)

    # -- Qt's questions -----------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Returns the rows of layers and of figures."""
        return 0 if parent.isValid() else len(self.lines) + len(self._figures)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Returns the columns: the paper's, and three before them."""
        return 0 if parent.isValid() else FIRST + len(self.table.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Returns the title of a column, and as its tool tip what it is."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < self.columnCount():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            usual = (tr("Layer, output"), tr("This network"))
            return usual[section] if section < FIRST else self.table.columns[section - FIRST].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._header_tip(section)
        return None

    def _header_tip(self, section: int) -> str:
        if section < FIRST:
            return (
                tr(
                    "What the paper calls the part, and height and width of the map that it "
                    "makes, in pixels, as printed. Click it to select it in the drawing."
                ),
                tr("The network that is drawn; ≠ marks what departs from the lit column."),
            )[section]
        if section == self.lit:
            return tr("The printed network that this one is, or is nearest to.")
        return tr("Click to see how to switch to this network.")

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Returns text, tool tip or how to paint a cell."""
        if not index.isValid():
            return None
        figure = index.row() - len(self.lines)
        if figure >= 0:
            return self._figure_data(self._figures[figure], index.column(), role)
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(line, index.column())
        if role == SHOWN:
            return self._shown(line, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(line, index.column())
        return None

    def _cell(self, line: Line, column: int) -> Cell | None:
        if column == LIVE:
            return None if line.live is None else line.live.cell
        if line.row not in self.table.rows:
            return None
        return self.table.columns[column - FIRST].cells[self.table.rows.index(line.row)]

    def _text(self, line: Line, column: int) -> str:
        if column == TITLE:
            return ", ".join(_title_lines(line.row))
        text = words.cell_text(line.row, self._cell(line, column))
        if column == LIVE and line.live is not None and line.live.size != line.row.size:
            return f"{text}, {words.size_text(line.live.size)}"
        return text

    def _shown(self, line: Line, column: int) -> Shown:
        lit, chosen = column == self.lit, self._is_chosen(line)
        if column == TITLE:
            return Shown(_title_lines(line.row), chosen=chosen)
        cell = self._cell(line, column)
        said = ("—",) if cell is None else words.cell_lines(line.row, cell)
        differs = column == LIVE and bool(words.departure(line, sizes=self._sizes))
        below = ""
        if column == LIVE and line.live is not None and line.live.size != line.row.size:
            below = f"→ {words.size_text(line.live.size)}"
        stage = cell is not None and line.row.kind is RowKind.STAGE
        repeats = cell.repeats if cell is not None and stage else 0
        return Shown(said, repeats, lit=lit, differs=differs, chosen=chosen, below=below)

    def _tip(self, line: Line, column: int) -> str:
        title, text = words.row_title(line.row), self._text(line, column)
        if column == LIVE and line.differs:
            return f"{title}: {words.departure(line, sizes=True)}"
        if column >= FIRST:
            return f"{self.table.columns[column - FIRST].title}, {title}: {text}"
        return f"{title}: {text}"

    def _figure_data(self, row: FigureRow, column: int, role: int) -> Any:
        said = row.title if column == TITLE else ("",)
        if column >= LIVE:
            said = row.texts[column - LIVE]
        if role == Qt.ItemDataRole.DisplayRole:
            return "; ".join(said)
        if role == SHOWN:
            return Shown(said, lit=column == self.lit, figure=True)
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tips[column - LIVE] if column >= LIVE else row.tip
        return None


def _title_lines(row: Row) -> tuple[str, ...]:
    title = words.row_title(row)
    return (title, words.size_text(row.size)) if row.size else (title,)


# -- figures --------------------------------------------------------------------------------------


def figure_rows(graph: NetworkGraph, table: Table) -> tuple[FigureRow, ...]:
    """Returns depth, parameters and multiply-adds, printed and counted, and errors."""
    columns = table.columns
    graphs = (graph, *(words.published_graph(column.networks[0]) for column in columns))
    depths = [labels.grouped(each.spec.depth) for each in graphs]
    parameters = [labels.grouped(each.parameters) for each in graphs]
    macs = [each.macs for each in graphs]
    unit = "billion" if min(macs[1:]) >= 10**8 else "million"
    errors = [column.error for column in columns]
    own_error, own_tip = words.own_error(graph.spec)
    return (
        FigureRow(
            (tr("depth"),),
            tr("Convolutions of stem and blocks and the linear layer; of a Wide ResNet as named."),
            tuple((depth,) for depth in depths),
            tuple(depths),
        ),
        _counted(
            tr("parameters"),
            tr("Trained numbers, as the paper prints them and as counted in the drawing."),
            [column.parameters for column in columns],
            parameters,
            exact=parameters,
        ),
        _counted(
            tr("multiply-adds"),
            tr("For one picture: the paper's FLOPs, and as counted in the drawing."),
            [column.macs for column in columns],
            [words.short_count(count, unit) for count in macs],
            exact=list(map(labels.grouped, macs)),
        ),
        FigureRow(
            (tr("error"),),
            tr("Published test error; point at one to read how it was tested."),
            ((own_error,), *((words.figure_text(figure),) for figure in errors)),
            (
                own_tip,
                *(words.figure_tip(figure) or tr("Not published.") for figure in errors),
            ),
        ),
    )


def _counted(
    title: str,
    tip: str,
    printed: Sequence[Figure | None],
    counts: Sequence[str],
    *,
    exact: Sequence[str],
) -> FigureRow:
    """Returns a row of printed figures above counted ones; the counted alone if none is."""
    figures = (None, *printed)
    if not any(printed):
        return FigureRow((title,), tip, tuple((count,) for count in counts), tuple(exact))
    texts = zip(map(words.figure_text, figures), counts, strict=True)
    tips = [
        f"{words.figure_tip(figure)}<br>{tr('Counted')}: {count}" if figure else count
        for figure, count in zip(figures, exact, strict=True)
    ]
    return FigureRow((title, tr("– counted")), tip, tuple(texts), tuple(tips))
