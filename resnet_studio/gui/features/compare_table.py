"""The channels of a comparison as a table: how far apart each is in the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from resnet_studio.gui.features.images import number

if TYPE_CHECKING:
    from resnet_studio.probe.comparison import Comparison

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class ChannelDistances(QAbstractTableModel):
    """Number, mean on both sides and mean distance of each channel; empty without a difference."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[Any, ...] = ()

    def show_comparison(self, found: Comparison | None) -> None:
        """Shows another comparison."""
        self.beginResetModel()
        change = None if found is None else found.change
        if found is None or change is None:
            self._columns = ()
        else:
            means = (found.first.means, found.second.means)
            self._columns = (range(len(change.distance)), *means, change.distance)
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One for each channel."""
        return 0 if parent.isValid() or not self._columns else len(self._columns[0])

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Channel, two means, distance."""
        return 0 if parent.isValid() else 4

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Says what a column holds."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            titles = (
                self.tr("Channel"),
                self.tr("Left"),
                self.tr("Right"),
                self.tr("Distance"),
            )
            return titles[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            tips = (
                self.tr("Number of the channel"),
                self.tr("Mean activation of the channel on the left"),
                self.tr("Mean activation of the channel on the right"),
                self.tr("Mean absolute difference between the values of both maps"),
            )
            return tips[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Returns a number as a person reads it, or as it is sorted."""
        value = self._columns[index.column()][index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return str(value) if index.column() == 0 else number(float(value))
        if role == Qt.ItemDataRole.UserRole:
            return float(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


class ChannelDistanceTable(QTableView):
    """Lists the channels, the most different first, and follows the channel that is meant.

    Signals:
        chosen(int): The channel of the row that a person went to.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.distances = ChannelDistances(self)
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(self.distances)
        self.sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self.setModel(self.sorted)
        self._build()
        self.selectionModel().currentRowChanged.connect(self._went)

    @property
    def current_channel(self) -> int:
        """The channel of the row that a person went to; -1 if none."""
        current = self.currentIndex()
        return self.sorted.mapToSource(current).row() if current.isValid() else -1

    def show_comparison(self, found: Comparison | None) -> None:
        """Lists the channels of another comparison."""
        self.distances.show_comparison(found)

    def show_channel(self, channel: int) -> None:
        """Goes to the row of a channel."""
        row = self.sorted.mapFromSource(self.distances.index(channel, 0)).row()
        if row >= 0 and row != self.currentIndex().row():
            self.selectRow(row)

    def _went(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self.sorted.mapToSource(current).row())

    def _build(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSortingEnabled(True)
        self.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setMinimumHeight(180)
        self.setAccessibleName(self.tr("Distance of each channel"))
