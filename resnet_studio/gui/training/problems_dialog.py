"""What was left out of a data set or looks wrong: each with its reason, to copy or to save."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.data.dataset import Problem
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.export import save_table, table_to_csv

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


def counted(problems: Sequence[Problem]) -> str:
    """Tells how many are left out, and how many are used and only to be looked at."""
    gone = sum(problem.left_out for problem in problems)
    noted = len(problems) - gone
    parts = []
    if gone:
        parts.append(_tr("{count:,} left out").format(count=gone))
    if noted:
        parts.append(_tr("{count:,} to look at").format(count=noted))
    return ", ".join(parts)


def explained(problems: Sequence[Problem]) -> str:
    """Tells the same in a sentence that says what training does."""
    said = _tr("{counts}. Nothing is left out; training uses what is listed.")
    if any(problem.left_out for problem in problems):
        said = _tr("{counts}. Training goes on without what is left out.")
    return said.format(counts=counted(problems))


class ProblemsModel(QAbstractTableModel):
    """File, reason and remedy of each problem, and whether training goes on without it."""

    def __init__(self, problems: Sequence[Problem], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.problems: tuple[Problem, ...] = ()
        self._rows: list[tuple[str, ...]] = []
        titles = (self.tr("File or class"), self.tr("Reason"), self.tr("What to do"))
        self._titles = (*titles, self.tr("Left out"))
        self.show_problems(problems)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Shows other problems."""
        self.beginResetModel()
        self.problems = tuple(problems)
        yes, no = self.tr("yes"), self.tr("no")
        self._rows = [(p.file, p.reason, p.remedy, yes if p.left_out else no) for p in problems]
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Returns the number of problems."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Returns four."""
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


class ProblemsDialog(QDialog):
    """Lists the problems of one data set."""

    def __init__(
        self, studio: Studio, name: str, problems: Sequence[Problem], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._name = name
        self.model = ProblemsModel(problems, self)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Problems of {name}").format(name=name))
        self.resize(720, 420)
        self._build()

    def _build(self) -> None:
        told = QLabel(explained(self.model.problems))
        told.setWordWrap(True)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.windowTitle())
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().hide()
        self.table.setWordWrap(True)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(0, 230)
        self.table.resizeRowsToContents()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.setToolTip(self.tr("Copy the list as a table."))
        self.save = QPushButton(self.tr("Save…"))
        self.save.setToolTip(self.tr("Save the list as a CSV table."))
        for button in (self.copy, self.save):
            self.buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.rejected.connect(self.reject)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._save)
        layout = QVBoxLayout(self)
        for widget in (told, self.table, self.buttons):
            layout.addWidget(widget)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(table_to_csv(self.model))

    def _save(self) -> None:
        save_table(self._studio, self.model, f"{self._name}-problems.csv")


def _tr(text: str) -> str:
    return QCoreApplication.translate("problems", text)
