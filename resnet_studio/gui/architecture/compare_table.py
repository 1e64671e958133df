"""The comparison as a table: every part of both networks with its figures before and after."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from resnet_studio.architecture.diff import ChangeState, Comparison, Row
from resnet_studio.architecture.diff_text import CSV_COLUMNS, csv_rows
from resnet_studio.gui.architecture import compare_words as words
from resnet_studio.gui.architecture.compare_marks import badge_pixmap
from resnet_studio.gui.architecture.labels import tr
from resnet_studio.gui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
_FEW_ROWS = 40
"""So many rows are unfolded at once; of more only the stages are."""
_TEXT_COLUMNS = 3
_PADDING, _BADGE = 12, 14
_SAMPLES = (
    "      downsample.0   ",
    "3×3 conv, 512, /2 · 51",
    "3×3 conv, 512, /2 · 51",
    "21.8 M → 25.6 M",
    "4.16 M → 4.23 M",
    "4.16 MB → 4.23 MB",
    "1,091 → 619",
)
"""Texts that have room in the columns; the two of words are wider where there is room."""


@dataclass(slots=True)
class Node:
    """A row that is shown; without `row` it is that of the whole network."""

    row: Row | None
    parent: Node | None
    place: int
    children: list[Node] = field(default_factory=list)


def comparison_csv(comparison: Comparison) -> str:
    """Returns every row of the comparison as CSV, numbers bare, lengths in pixels."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows(csv_rows(comparison))
    return target.getvalue()


class CompareModel(QAbstractItemModel):
    """The rows of a comparison as a tree; those that are alike can be left out."""

    def __init__(self, comparison: Comparison, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._badges = _badges(theme)
        self._figures = words.figures()
        self._comparison = comparison
        self._only_changes = True
        self._top: list[Node] = []
        self._nodes: dict[int, Node] = {}
        self._fill()

    def set_comparison(self, comparison: Comparison, *, only_changes: bool) -> None:
        """Shows another comparison, or another choice of its rows."""
        self.beginResetModel()
        self._comparison = comparison
        self._only_changes = only_changes
        self._fill()
        self.endResetModel()

    def set_theme(self, theme: Theme) -> None:
        """Draws the marks in other colours."""
        self.beginResetModel()
        self._theme = theme
        self._badges = _badges(theme)
        self.endResetModel()

    def index_of(self, row: Row | None) -> QModelIndex:
        """Returns the first cell of a row; an invalid index if it is not shown."""
        node = self._nodes.get(id(row)) if row is not None else None
        return QModelIndex() if node is None else self.createIndex(node.place, 0, node)

    def node(self, index: Index) -> Node | None:
        """Returns what a row of the table is; None for the invisible root."""
        return index.internalPointer() if index.isValid() else None

    def shown_rows(self) -> int:
        """Returns how many rows there are, unfolded or not."""
        return len(self._nodes)

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Returns the index of a cell."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._children(parent)[row])

    def parent(self, index: Index = QModelIndex()) -> Any:  # type: ignore[override]  # noqa: B008
        """Returns the index of what a row belongs to."""
        node = self.node(index)
        if node is None or node.parent is None:
            return QModelIndex()
        return self.createIndex(node.parent.place, 0, node.parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Returns how many rows belong to one; only a first column has any."""
        return 0 if parent.column() > 0 else len(self._children(parent))

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Returns the number of columns."""
        return _TEXT_COLUMNS + len(self._figures)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Returns the title of a column, and as its tool tip what it is."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < self.columnCount():
            return None
        titles = (
            (tr("Part"), tr("Name of the part, as in torch's module.")),
            (tr("Before"), tr("What it is in the upper network, and the shape that it makes.")),
            (tr("After"), tr("What it is in the lower network, and the shape that it makes.")),
            *((figure.title, figure.tip) for figure in self._figures),
        )
        if role == Qt.ItemDataRole.DisplayRole:
            return titles[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return titles[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Returns text, mark, alignment, colour or tool tip of a cell."""
        node = self.node(index)
        if node is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(node, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.FontRole and node.parent is None:
            font = QFont()
            font.setBold(True)
            return font
        if node.row is None:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return words.row_tip(node.row)
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == 0:
            return words.row_sentence(node.row)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return self._badges[node.row.state]
        if role == Qt.ItemDataRole.ForegroundRole and node.row.state is ChangeState.SAME:
            return QColor(self._theme.muted)
        return None

    def _text(self, node: Node, column: int) -> str:
        if node.row is None:
            sides: Sequence[words.Part | None] = (self._comparison.before, self._comparison.after)
            title = tr("Whole network")
        else:
            sides, title = node.row.sides, words.row_title(node.row)
        if column == 0:
            return title
        if column < _TEXT_COLUMNS:
            return words.part_text(sides[column - 1])
        return self._figures[column - _TEXT_COLUMNS].cell(*sides)

    def _children(self, parent: Index) -> list[Node]:
        node = self.node(parent)
        return self._top if node is None else node.children

    def _fill(self) -> None:
        self._nodes = {}
        self._top = [Node(None, None, 0)]
        self._add(self._comparison.sections, None, self._top)

    def _add(self, rows: Sequence[Row], parent: Node | None, siblings: list[Node]) -> None:
        for row in rows:
            if self._only_changes and row.state is ChangeState.SAME:
                continue
            node = Node(row, parent, len(siblings))
            siblings.append(node)
            self._nodes[id(row)] = node
            self._add(row.children, node, node.children)


def _badges(theme: Theme) -> dict[ChangeState, QIcon]:
    """Returns the marks of the rows; they look the same in the selected row."""
    badges = {}
    for state in ChangeState:
        badges[state] = QIcon()
        pixmap = badge_pixmap(state, theme, side=_BADGE, ratio=2.0)
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            badges[state].addPixmap(pixmap, mode)
    return badges


def _alignment(column: int) -> Qt.AlignmentFlag:
    left = column < _TEXT_COLUMNS
    side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


class CompareTable(QTreeView):
    """Shows the rows of a comparison.

    Signals (GUI thread):
        chosen(Row): The person chose a row; None for that of the whole network.
    """

    chosen = Signal(object)

    def __init__(self, comparison: Comparison, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._following = False
        self._model = CompareModel(comparison, theme, self)
        self.setModel(self._model)
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        self.setAlternatingRowColors(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Table of what has changed"))
        self.selectionModel().currentRowChanged.connect(self._row_chosen)

    def table_model(self) -> CompareModel:
        """The model of the rows."""
        return self._model

    def show_comparison(self, comparison: Comparison, *, only_changes: bool) -> None:
        """Shows a comparison; unfolds its stages, and all of it if that is little."""
        self._following = True
        self._model.set_comparison(comparison, only_changes=only_changes)
        self.expandToDepth(0)
        if self._model.shown_rows() <= _FEW_ROWS:
            self.expandAll()
        self._following = False
        self.scrollToTop()
        self.set_widths()

    def set_theme(self, theme: Theme) -> None:
        """Draws in other colours; what was unfolded and chosen stays so."""
        unfolded = [index for index in self._indexes() if self.isExpanded(index)]
        rows = [node.row for index in unfolded if (node := self._model.node(index)) is not None]
        chosen = self._model.node(self.currentIndex())
        self._following = True
        self._model.set_theme(theme)
        for row in rows:
            self.setExpanded(self._model.index_of(row), True)
        self._following = False
        self.set_chosen(chosen.row if chosen is not None else None)
        self.set_widths()

    def set_chosen(self, row: Row | None) -> None:
        """Marks a row, unfolding what it belongs to; emits nothing."""
        self._following = True
        index = self._model.index_of(row)
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            self.scrollTo(index)
        else:
            self.selectionModel().clear()
        self._following = False

    def set_widths(self) -> None:
        """Gives each column the room of its texts; the two of words share what is left."""
        font = QFont(self.font())
        font.setBold(True)  # as in the rows of the stages
        measure = QFontMetrics(font).horizontalAdvance
        widths = [measure(sample) + _PADDING for sample in _SAMPLES]
        used = sum(widths) - widths[1] - widths[2]
        share = (self.viewport().width() - used) // 2
        widths[1] = widths[2] = max(widths[1], share)
        badge = self.fontMetrics().height() - 2  # the rows are no higher than their text
        self.setIconSize(QSize(badge, badge))
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        for column, width in enumerate(widths):
            header.resizeSection(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shares the room anew."""
        super().resizeEvent(event)
        self.set_widths()

    def _indexes(self, parent: Index = QModelIndex()) -> Iterator[QModelIndex]:  # noqa: B008
        for place in range(self._model.rowCount(parent)):
            index = self._model.index(place, 0, parent)
            yield index
            yield from self._indexes(index)

    def _row_chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        node = self._model.node(current)
        if node is not None and not self._following:
            self.chosen.emit(node.row)
