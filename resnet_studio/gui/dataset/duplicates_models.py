"""The groups of duplicates as tables: one row a group for the screen, one a picture for a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from resnet_studio.data.duplicates import Group
from resnet_studio.gui.dataset.duplicates_facts import alike_word, contradictory, side_word

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class _Rows(QAbstractTableModel):
    """Rows of texts under titles."""

    def __init__(self, titles: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._titles = tuple(titles)
        self._rows: list[tuple[str, ...]] = []

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Returns the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Returns the number of titles."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Returns the text of a cell, also as its tool tip."""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._rows[index.row()][index.column()]
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Returns the titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None

    def _show(self, rows: list[tuple[str, ...]]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()


class GroupsModel(_Rows):
    """One row for each group."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((), parent)
        self.groups: tuple[Group, ...] = ()
        tr = self.tr
        self._titles = (tr("Pictures"), tr("How alike"), tr("Where"), tr("Classes"))

    def show_groups(self, groups: Sequence[Group], classes: Sequence[str]) -> None:
        """Shows other groups; `classes` are the names of their labels."""
        self.groups = tuple(groups)
        self._show([_summary(group, classes) for group in groups])


class MembersModel(_Rows):
    """One row for each picture of each group, for copying and saving."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__((), parent)
        tr = self.tr
        self._titles = (
            *(tr("Group"), tr("Kind"), tr("Distance in bits"), tr("Mirrored")),
            *(tr("Where"), tr("Class"), tr("File")),
        )

    def show_groups(self, groups: Sequence[Group], classes: Sequence[str]) -> None:
        """Shows the pictures of other groups."""
        self._show(
            [
                (
                    *(str(number), group.kind, str(group.distance)),
                    *("yes" if group.mirrored else "no", member.side),
                    *(classes[member.label], member.file),
                )
                for number, group in enumerate(groups, start=1)
                for member in group.members
            ]
        )


def _summary(group: Group, classes: Sequence[str]) -> tuple[str, ...]:
    sides = dict.fromkeys(side_word(member.side) for member in group.members)
    labels = ", ".join(dict.fromkeys(classes[member.label] for member in group.members))
    if group.mixed and group.kind == "exact":
        labels = contradictory(labels)
    return str(len(group.members)), alike_word(group), " + ".join(sides), labels
