"""Small tables of facts: a title and a few numbers in each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableView

from resnet_studio.gui.dataset.facts import FactRow
from resnet_studio.gui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class FactsModel(QAbstractTableModel):
    """Rows of facts; cells that differ from what was measured are in the colour of a warning."""

    def __init__(
        self, titles: Sequence[str], theme: Theme | None = None, parent: QObject | None = None
    ) -> None:
        """Makes an empty table; `titles` stand above the columns, translated."""
        super().__init__(parent)
        self.theme = theme
        self.rows: tuple[FactRow, ...] = ()
        self._titles = tuple(titles)

    def show_rows(self, rows: Sequence[FactRow]) -> None:
        """Shows other facts."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Returns the number of facts."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Returns the number of titles."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Returns text, tip, place and colour of a cell."""
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (row.title, *row.cells)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.tip or None
        if role == Qt.ItemDataRole.TextAlignmentRole and column:
            return _RIGHT
        far = column and column <= len(row.far) and row.far[column - 1]
        if role == Qt.ItemDataRole.ForegroundRole and far and self.theme is not None:
            return QColor(self.theme.warning)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Returns the titles of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section:
            return _RIGHT
        return self._titles[section] if role == Qt.ItemDataRole.DisplayRole else None


class FactsTable(QTableView):
    """As high as its rows; nothing in it can be changed.

    Signals:
        fitted(): Other rows or letters may have made it wider.
    """

    fitted = Signal()

    def __init__(self, model: FactsModel, name: str) -> None:
        """Shows `model`; `name` is its accessible name, translated."""
        super().__init__()
        self.setModel(model)
        self.setAccessibleName(name)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        model.modelReset.connect(self.fit)

    def fit(self) -> None:
        """Takes the height that its rows need, and a width in which every number can be read."""
        metrics = self.fontMetrics()
        row = metrics.height() + 8
        self.verticalHeader().setDefaultSectionSize(row)
        rows = self.model().rowCount() * row
        self.setFixedHeight(rows + self.horizontalHeader().sizeHint().height() + 4)
        first = max((self.sizeHintForColumn(0), 0))
        cell = metrics.horizontalAdvance("00.0000 ≠") + 12
        self.setMinimumWidth(first + cell * (self.model().columnCount() - 1) + 8)
        self.fitted.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Takes the room that other letters need."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.model() is not None:
            self.fit()
