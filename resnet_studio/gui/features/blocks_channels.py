"""The channels of a block as a table, the one with the largest |F| / |shortcut| first."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from resnet_studio.gui.features.images import number
from resnet_studio.probe.residual import Dissection, Part

_Index = QModelIndex | QPersistentModelIndex
_CHANNEL, _BALANCE = 0, 1


class ChannelModel(QAbstractTableModel):
    """Number, |F| / |shortcut|, |F| and |shortcut| of each channel; sortable by each of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: list[npt.NDArray[np.float64]] = [np.zeros(0)]
        self._rows: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._sorted_by = (_BALANCE, Qt.SortOrder.DescendingOrder)

    def show_block(self, found: Dissection | None) -> None:
        """Lists the channels of another block, in the order that was chosen last."""
        self.beginResetModel()
        self._columns = [np.zeros(0)]
        if found is not None:
            branch, balance = found.channel_lengths(Part.BRANCH), found.channel_balance()
            numbers = np.arange(found.channels, dtype=np.float64)
            if balance is None:
                self._columns = [numbers, branch]
            else:
                shortcut = found.channel_lengths(Part.SHORTCUT)
                self._columns = [numbers, balance, branch, shortcut]
        self._order_rows()
        self.endResetModel()

    def channel(self, row: int) -> int:
        """Returns which channel stands in a row."""
        return int(self._rows[row])

    def row(self, channel: int) -> int:
        """Returns in which row a channel stands; -1 for none."""
        found = np.flatnonzero(self._rows == channel)
        return int(found[0]) if found.size else -1

    def rowCount(self, _parent: _Index | None = None) -> int:
        """Returns the number of channels."""
        return len(self._rows)

    def columnCount(self, _parent: _Index | None = None) -> int:
        """Returns four; two in a plain network."""
        return len(self._columns)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Returns the titles, and what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        titles = self._titles()
        if role == Qt.ItemDataRole.DisplayRole:
            return titles[section][0]
        return titles[section][1] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Returns a number in words."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        value = float(self._columns[index.column()][self._rows[index.row()]])
        if index.column() == _CHANNEL:
            return str(int(value))
        return "—" if np.isnan(value) else number(value)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by a column; what is no number stands last."""
        self._sorted_by = (column, order)
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        channels = [self.channel(index.row()) for index in held]
        self._order_rows()
        # The chosen channel stays chosen, wherever it goes.
        self.changePersistentIndexList(
            held,
            [
                self.index(self.row(channel), index.column())
                for channel, index in zip(channels, held, strict=True)
            ],
        )
        self.layoutChanged.emit()

    def _order_rows(self) -> None:
        column, order = self._sorted_by
        values = self._columns[min(column, len(self._columns) - 1)]
        falling = order == Qt.SortOrder.DescendingOrder
        keys = np.where(np.isnan(values), np.inf, -values if falling else values)
        self._rows = np.argsort(keys, kind="stable").astype(np.int64)

    def _titles(self) -> list[tuple[str, str]]:
        number_title = (self.tr("No."), self.tr("Number of the channel, from 0"))
        branch = (self.tr("|F|"), self.tr("Length of the channel of F(x)"))
        if len(self._columns) < 4:
            return [number_title, branch]
        balance = (
            self.tr("F/s"),
            self.tr(
                "Length of F(x) over the length of shortcut(x) in this channel: ∞ where the "
                "shortcut brings nothing"
            ),
        )
        shortcut = (self.tr("|s|"), self.tr("Length of the channel of shortcut(x)"))
        return [number_title, balance, branch, shortcut]


class ChannelTable(QTableView):
    """The table; one row is chosen.

    Signals:
        channel_chosen(int): The channel of the row that the person went to.
    """

    channel_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.channels = ChannelModel(self)
        self._setting = False
        self.setModel(self.channels)
        self._build()
        self.selectionModel().currentRowChanged.connect(self._row_changed)

    def show_block(self, found: Dissection | None, channel: int) -> None:
        """Lists the channels of another block and marks one of them."""
        self._setting = True
        self.channels.show_block(found)
        self._setting = False
        self.show_channel(channel)

    def show_channel(self, channel: int) -> None:
        """Marks a channel."""
        row = self.channels.row(channel)
        if row >= 0 and row != self.currentIndex().row():
            self._setting = True
            # New rows are laid out later, and until then nothing can be scrolled to.
            self.executeDelayedItemsLayout()
            self.setCurrentIndex(self.channels.index(row, 0))
            self._setting = False

    def sizeHint(self) -> QSize:
        """Six rows: more are scrolled."""
        rows = 6 * self.verticalHeader().defaultSectionSize()
        return QSize(320, rows + self.horizontalHeader().sizeHint().height() + 4)

    def _row_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid() and not self._setting:
            self.channel_chosen.emit(self.channels.channel(current.row()))

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Channels by |F| / |shortcut|"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(30)
        header.setHighlightSections(False)  # in bold the titles would be cut off
        header.setSortIndicator(_BALANCE, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)
