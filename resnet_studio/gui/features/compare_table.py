"""The channels of a comparison as a table: how far apart each is in the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSignalBlocker,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from resnet_studio.gui.features.images import number

if TYPE_CHECKING:
    import numpy.typing as npt

    from resnet_studio.probe.comparison import Comparison

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_DISTANCE = 3


class ChannelDistances(QAbstractTableModel):
    """Number, mean on both sides and mean distance of each channel; empty without a difference.

    It sorts by itself: a sorting model would ask for each of 2,048 channels a dozen times, at
    every step of a drag.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[npt.NDArray[Any], ...] = ()
        self._channels = np.arange(0)
        self._sorted = (_DISTANCE, Qt.SortOrder.DescendingOrder)

    def show_comparison(self, found: Comparison | None) -> None:
        """Shows another comparison."""
        change = None if found is None else found.change
        columns: tuple[npt.NDArray[Any], ...] = ()
        if found is not None and change is not None:
            numbers = np.arange(len(change.distance))
            columns = (numbers, found.first.means, found.second.means, change.distance)
        same = len(columns) == len(self._columns) and bool(columns)
        if same and len(columns[0]) == len(self._columns[0]):
            self._columns = columns
            self.sort(*self._sorted)
            return
        self.beginResetModel()
        self._columns = columns
        self._channels = self._in_order()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by a column; equal values stand by their channel."""
        self._sorted = (column, order)
        self._channels = self._in_order()
        if len(self._channels):
            last = self.index(len(self._channels) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def channel(self, row: int) -> int:
        """Returns the number of the channel in a row."""
        return int(self._channels[row])

    def row_of(self, channel: int) -> int:
        """Returns in which row a channel stands; -1 if in none."""
        found = np.flatnonzero(self._channels == channel)
        return int(found[0]) if found.size else -1

    def _in_order(self) -> npt.NDArray[np.int64]:
        if not self._columns:
            return np.arange(0)
        column, order = self._sorted
        values = self._columns[column]
        keys = -values if order == Qt.SortOrder.DescendingOrder else values
        return np.argsort(keys, kind="stable")

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One for each channel."""
        return 0 if parent.isValid() else len(self._channels)

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
                self.tr("No."),
                self.tr("Left"),
                self.tr("Right"),
                self.tr("Dist."),
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
        """Returns a number as a person reads it."""
        if role == Qt.ItemDataRole.DisplayRole:
            value = self._columns[index.column()][self._channels[index.row()]]
            return str(value) if index.column() == 0 else number(float(value))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


class ChannelDistanceTable(QTableView):
    """Lists the channels, the most different first, and follows the channel that is meant.

    Signals:
        chosen(int): The channel of the row that a person went to.

    Attributes:
        current_channel: That channel; -1 if there is none.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.distances = ChannelDistances(self)
        self.setModel(self.distances)
        self.current_channel = -1
        self._build()
        self.selectionModel().currentRowChanged.connect(self._went)

    def show_comparison(self, found: Comparison | None) -> None:
        """Lists the channels of another comparison; the one that was current stays so."""
        self.distances.show_comparison(found)
        self._keep_channel()

    def show_channel(self, channel: int) -> None:
        """Goes to the row of a channel."""
        row = self.distances.row_of(channel)
        if row >= 0:
            self.current_channel = channel
            self.selectRow(row)

    def _keep_channel(self) -> None:
        """Stays with the channel where the rows have moved under it."""
        row = self.distances.row_of(self.current_channel)
        with QSignalBlocker(self.selectionModel()):
            if row < 0:
                self.current_channel = -1
                self.clearSelection()
            else:
                self.selectRow(row)

    def _went(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and (channel := self.distances.channel(current.row())) >= 0:
            self.current_channel = channel
            self.chosen.emit(channel)

    def _build(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSortingEnabled(True)
        self.sortByColumn(_DISTANCE, Qt.SortOrder.DescendingOrder)
        self.horizontalHeader().sortIndicatorChanged.connect(lambda *_: self._keep_channel())
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)  # in bold a title runs under the arrow of the order
        self.setMinimumHeight(180)
        self.setAccessibleName(self.tr("Distance of each channel"))
