"""The network as a table: sections, their blocks, and their layers, with every figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from resnet_studio.architecture.graph import NetworkGraph
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.outline import Entry, Item, Outline
from resnet_studio.gui.architecture.quantities import (
    NOT_MEASURED,
    MeasuredTimes,
    Quantity,
    activation_bytes,
    meaning,
    memory_text,
    seconds,
    time_text,
    tooltip,
)
from resnet_studio.gui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
_SWATCH = 12
_KIND = 1
_MEMORY, _TIME = 6, 7
_LEAST_KIND = "3×3 conv, 256"
"""Of what a part is, as much as this is always seen; the table scrolls sideways if need be."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, what it means, what it shows, and the bare value for a file."""

    title: str
    tip: str
    shown: Callable[[Item], str]
    value: Callable[[Item], Any]
    number: bool = True
    unit: str = ""


def columns(times: MeasuredTimes = NOT_MEASURED) -> tuple[Column, ...]:
    """Returns the columns, titles in the language of the window; the measured time is the last."""
    tr = labels.tr
    return (
        Column(
            tr("Name"),
            tr("Name of the part, as in torch's module."),
            labels.row_name,
            lambda item: item.name,
            number=False,
        ),
        Column(tr("Kind"), tr("What it is."), labels.kind_text, labels.kind_text, number=False),
        Column(
            tr("Output shape"),
            tr("Channels × height × width of what it makes for one picture."),
            lambda item: labels.shape_text(item.output_shape),
            lambda item: labels.shape_text(item.output_shape),
        ),
        Column(
            tr("Parameters"),
            tr("Trained numbers."),
            lambda item: labels.grouped(item.parameters),
            lambda item: item.parameters,
        ),
        Column(
            tr("MACs"),
            tr("Multiply-accumulates of convolutions and linear layer for one picture."),
            lambda item: labels.grouped(item.macs),
            lambda item: item.macs,
        ),
        Column(
            tr("Rec. field"),
            tr(
                "Receptive field: height and width of the part of the picture that one number sees."
            ),
            lambda item: f"{item.receptive_field.size} px",
            lambda item: item.receptive_field.size,
            unit="px",
        ),
        Column(
            tr("Memory"),
            tr("Activation memory: {meaning}").format(meaning=meaning(Quantity.MEMORY)),
            lambda item: memory_text(activation_bytes(item)),
            activation_bytes,
            unit="bytes",
        ),
        Column(
            tr("Time"),
            f"{meaning(Quantity.TIME)}\n{times.conditions}",
            lambda item: _time_shown(item, times),
            lambda item: _milliseconds(item, times),
            unit="ms",
        ),
    )


def _time_shown(item: Item, times: MeasuredTimes) -> str:
    measured = seconds(item, times)
    return "" if measured is None else time_text(measured)


def _milliseconds(item: Item, times: MeasuredTimes) -> float | str:
    measured = seconds(item, times)
    return "" if measured is None else round(1000 * measured, 6)


def table_csv(graph: NetworkGraph, times: MeasuredTimes = NOT_MEASURED) -> str:
    """Returns the whole table as CSV: every row, numbers bare, units in the titles.

    Times are there only if they were measured.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    shown = columns(times) if times.seconds else columns()[:_TIME]
    writer.writerow(
        [f"{column.title} ({column.unit})" if column.unit else column.title for column in shown]
    )
    pending = list(reversed(Outline(graph).sections))
    while pending:
        entry = pending.pop()
        writer.writerow([column.value(entry.item) for column in shown])
        pending.extend(reversed(entry.children))
    return target.getvalue()


class LayerTableModel(QAbstractItemModel):
    """The outline of a network as a tree for Qt; the pointers of its indexes are entries."""

    def __init__(self, outline: Outline, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._outline = outline
        self._columns, self._times = columns(), NOT_MEASURED
        self._swatches = _swatches(theme, len(outline.sections))

    def set_outline(self, outline: Outline, theme: Theme) -> None:
        """Shows another network."""
        self.beginResetModel()
        self._outline = outline
        self._swatches = _swatches(theme, len(outline.sections))
        self.endResetModel()

    def set_theme(self, theme: Theme) -> None:
        """Draws the colours of the stages anew."""
        self._swatches = _swatches(theme, len(self._outline.sections))
        last = self.index(len(self._outline.sections) - 1, 0)
        self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.DecorationRole])

    def set_times(self, times: MeasuredTimes) -> None:
        """Shows what was measured."""
        self._columns, self._times = columns(times), times
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, _TIME, _TIME)
        last = self.index(len(self._outline.sections) - 1, _TIME)
        self.dataChanged.emit(self.index(0, _TIME), last)

    def entry(self, index: Index) -> Entry | None:
        """Returns what a row shows; None for the invisible root."""
        return index.internalPointer() if index.isValid() else None

    def index_of(self, name: str) -> QModelIndex:
        """Returns the first cell of the row of a name; an invalid index if there is none."""
        entry = self._outline.find(name)
        return QModelIndex() if entry is None else self.createIndex(entry.row, 0, entry)

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Returns the index of a cell."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._children(parent)[row])

    def parent(self, index: Index = QModelIndex()) -> Any:  # type: ignore[override]  # noqa: B008
        """Returns the index of what a row belongs to."""
        entry = self.entry(index)
        if entry is None or entry.parent is None:
            return QModelIndex()
        return self.createIndex(entry.parent.row, 0, entry.parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Returns how many rows belong to one; only a first column has any."""
        return 0 if parent.column() > 0 else len(self._children(parent))

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Returns the number of columns."""
        return len(self._columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Returns the title of a column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._columns[section].tip
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Returns text, alignment, colour of the stage, or tool tip of a cell."""
        entry = self.entry(index)
        if entry is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[index.column()].shown(entry.item)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0 and entry.is_section:
            return self._swatches[entry.section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(entry, self._times)
        if role == Qt.ItemDataRole.FontRole and entry.is_section:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft
        if self._columns[column].number:
            side = Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter

    def _children(self, parent: Index) -> list[Entry]:
        entry = self.entry(parent)
        return list(self._outline.sections) if entry is None else entry.children


class LayerTable(QTreeView):
    """Shows the table; follows and sets the selection of the window.

    Signals (GUI thread):
        selected(str): The person chose a row.
        menu_wanted(QPoint): The context menu is wanted at this point of the screen.
    """

    selected = Signal(str)
    menu_wanted = Signal(QPoint)

    def __init__(self, outline: Outline, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._following = False
        self._least_kind = 0
        self._memory_wanted = False
        self._model = LayerTableModel(outline, theme, self)
        self.setModel(self._model)
        self.setUniformRowHeights(True)  # a thousand rows are measured at once
        self.setIndentation(14)
        self.setAlternatingRowColors(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Table of the network's parts"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(
            lambda point: self.menu_wanted.emit(self.viewport().mapToGlobal(point))
        )
        self.selectionModel().currentRowChanged.connect(self._row_chosen)
        self.setColumnHidden(_TIME, True)
        self.set_widths()

    def table_model(self) -> LayerTableModel:
        """The model of the rows."""
        return self._model

    def set_outline(self, outline: Outline, theme: Theme) -> None:
        """Shows another network, folded to its sections."""
        self._following = True
        self._model.set_outline(outline, theme)
        self._following = False

    def set_times(self, times: MeasuredTimes) -> None:
        """Shows the column of times if there are any."""
        self._model.set_times(times)
        self.setColumnHidden(_TIME, not times.seconds)
        self._stretch_kind()

    def set_wanted(self, *, memory: bool) -> None:
        """Shows the column of memory even where there is little room: the drawing shows it too."""
        self._memory_wanted = memory
        self._stretch_kind()

    def set_selection(self, name: str) -> None:
        """Marks the row of a name, unfolding what it belongs to; emits nothing."""
        self._following = True
        index = self._model.index_of(name)
        if index.isValid():
            if index != self.currentIndex():
                self.selectionModel().setCurrentIndex(
                    index,
                    QItemSelectionModel.SelectionFlag.ClearAndSelect
                    | QItemSelectionModel.SelectionFlag.Rows,
                )
            self.scrollTo(index)
        else:
            self.selectionModel().clear()
        self._following = False

    def set_widths(self) -> None:
        """Gives each column the room of its longest text in the present font."""
        measure = self.fontMetrics().horizontalAdvance
        samples = (
            "layer4.22.downs",
            "projection block",
            "1024×112×112",
            "25,557,032",
            "11,513,626,624",
            "1024 px",
            "10.2 MiB",
            "10.2 ms",
        )
        header = self.header()
        for column, sample in enumerate(samples):
            title = self._model.headerData(column, Qt.Orientation.Horizontal)
            header.resizeSection(column, max(measure(sample), measure(title)) + 18)
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        self._least_kind = measure(_LEAST_KIND) + 18
        self._stretch_kind()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the column of kinds what the others leave."""
        super().resizeEvent(event)
        self._stretch_kind()

    def _stretch_kind(self) -> None:
        """Lets the column of kinds fill the table, unless it would be too narrow to read.

        The memory is left out rather than cut off; the tool tips of the rows say it.
        """
        header = self.header()
        self.setColumnHidden(_MEMORY, False)
        needed = header.length() - header.sectionSize(_KIND) + self._least_kind
        spare = self.viewport().width() - needed
        self.setColumnHidden(_MEMORY, spare < 0 and not self._memory_wanted)
        others = header.length() - header.sectionSize(_KIND)
        if self.viewport().width() - others >= self._least_kind:
            header.setSectionResizeMode(_KIND, QHeaderView.ResizeMode.Stretch)
        else:
            header.setSectionResizeMode(_KIND, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(_KIND, self._least_kind)

    def _row_chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        entry = self._model.entry(current)
        if entry is not None and not self._following:
            self.selected.emit(entry.name)


def _swatches(theme: Theme, sections: int) -> tuple[QPixmap, ...]:
    swatches = []
    for index in range(sections):
        swatch = QPixmap(_SWATCH, _SWATCH)
        swatch.fill(QColor(theme.stage_colour(index, sections)))
        swatches.append(swatch)
    return tuple(swatches)
