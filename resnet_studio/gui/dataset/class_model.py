"""The class table as data for Qt: a model of rows, and the order and search on top of it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage

from resnet_studio.gui.dataset.class_rows import ClassRow

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
ROW_ROLE = Qt.ItemDataRole.UserRole
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
NUMBERS = (1, 2, 3)


class Column(IntEnum):
    """The columns, from the left."""

    NAME = 0
    TRAIN = 1
    VALIDATION = 2
    TEST = 3
    SHARE = 4
    NOTE = 5


class ClassModel(QAbstractTableModel):
    """A row for each class; the name can be edited.

    Signals:
        renamed(ClassRow, str): The person typed another name.
    """

    renamed = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[ClassRow, ...] = ()
        self.largest = 1.0
        self._pictures: dict[str, QImage] = {}
        self._titles = (
            self.tr("Class"),
            self.tr("Train"),
            self.tr("Validation"),
            self.tr("Test"),
            self.tr("Share"),
            self.tr("Changed"),
        )

    def show_rows(self, rows: Sequence[ClassRow]) -> None:
        """Shows other classes; thumbnails of the same folders stay."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.largest = max((row.share for row in rows), default=1.0) or 1.0
        self.endResetModel()

    def set_picture(self, part: str, picture: QImage) -> None:
        """Gives every class that begins with the folder `part` a thumbnail."""
        self._pictures[part] = picture
        for number, row in enumerate(self.rows):
            if row.parts[:1] == (part,):
                index = self.index(number, Column.NAME)
                self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])

    def forget_pictures(self) -> None:
        """Takes the thumbnails away: they are of another data set."""
        self._pictures.clear()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Returns the number of classes, with those left out."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Returns the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Names of classes that are trained can be edited."""
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
        if index.column() == Column.NAME and self.rows[index.row()].used:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tells that the person typed a name; the table follows when the data set does."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.EditRole and str(value).strip() != row.name:
            self.renamed.emit(row, str(value))
        return False

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Returns text, thumbnail, sort key or the row itself."""
        row, column = self.rows[index.row()], Column(index.column())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column is Column.NAME:
            return self._pictures.get(row.parts[0])
        if role == Qt.ItemDataRole.TextAlignmentRole and column in NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == ROW_ROLE:
            return row
        return _sort_key(row, column) if role == SORT_ROLE else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Returns the titles of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section in NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole and section == Column.SHARE:
            return self.tr("Of all pictures to learn from.")
        return self._titles[section] if role == Qt.ItemDataRole.DisplayRole else None

    def _text(self, row: ClassRow, column: Column) -> str:
        counts = {
            Column.TRAIN: row.train,
            Column.VALIDATION: row.validation,
            Column.TEST: row.test,
        }
        if column in counts:
            return str(counts[column]) if row.used else ""
        if column is Column.SHARE:
            return f"{100 * row.share:.1f} %" if row.used else ""
        return row.name if column is Column.NAME else row.note

    def _tip(self, row: ClassRow, column: Column) -> str | None:
        if column is Column.NAME:
            return "\n".join((row.name, row.note)).strip()
        return row.note if column is Column.NOTE else None


class ClassOrder(QSortFilterProxyModel):
    """Sorts by any column and searches names; classes left out stay at the end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted = ""
        self.setSortRole(SORT_ROLE)
        self.setDynamicSortFilter(False)

    def search(self, text: str) -> None:
        """Shows only classes whose name, or that of a folder in them, contains `text`."""
        self._wanted = text.strip().casefold()
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        """Tells whether a class is searched for."""
        model = self.sourceModel()
        assert isinstance(model, ClassModel)
        row = model.rows[source_row]
        return any(self._wanted in name.casefold() for name in (row.name, *row.parts))

    def lessThan(self, left: Index, right: Index) -> bool:
        """Compares by the column; what is left out comes last in either direction."""
        one, two = left.data(ROW_ROLE), right.data(ROW_ROLE)
        if one.used != two.used:
            down = self.sortOrder() == Qt.SortOrder.DescendingOrder
            return bool(two.used if down else one.used)
        return bool(left.data(SORT_ROLE) < right.data(SORT_ROLE))


def _sort_key(row: ClassRow, column: Column) -> Any:
    keys = {
        Column.NAME: row.name.casefold(),
        Column.TRAIN: row.train,
        Column.VALIDATION: row.validation,
        Column.TEST: row.test,
        Column.SHARE: row.train,
        Column.NOTE: row.note,
    }
    return keys[column]
