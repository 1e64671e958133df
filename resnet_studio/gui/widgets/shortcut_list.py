"""The list of all commands with their keys, made from the command table."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QFont, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.command_table import MENUS
from resnet_studio.gui.commands import Commands, plain_title, translate
from resnet_studio.gui.panel_keys import PANEL_KEYS
from resnet_studio.gui.widgets.export import table_to_csv

_LETTERS, _LINES = 160, 40
"""Size in average letters and lines of the font in use."""


class ShortcutList(QDialog):
    """A table, menu by menu: command, keys, what it does; then the keys inside the views."""

    def __init__(self, commands: Commands, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.table = QTreeWidget()
        self._build()
        self._fill(commands)
        for column in range(2):
            self.table.resizeColumnToContents(column)
        metrics = self.fontMetrics()
        size = QSize(_LETTERS * metrics.averageCharWidth(), _LINES * metrics.height())
        self.resize(size.boundedTo(parent.size() * 0.9))

    def copy(self) -> None:
        """Puts the list into the clipboard as CSV."""
        QGuiApplication.clipboard().setText(table_to_csv(self.table.model()))

    def _build(self) -> None:
        self.table.setHeaderLabels([self.tr("Command"), self.tr("Keys"), self.tr("What it does")])
        self.table.setAccessibleName(self.tr("Commands and their keys"))
        self.table.setRootIsDecorated(False)
        self.table.setIndentation(12)
        header = self.table.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton(self.tr("Copy as CSV"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip(self.tr("Copy the list, for a handout."))
        copy.setAutoDefault(False)
        copy.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.table)
        layout.addWidget(buttons)

    def _fill(self, commands: Commands) -> None:
        headings: dict[str, QTreeWidgetItem] = {}
        for command in sorted(commands.table, key=lambda command: MENUS.index(command.menu)):
            menu = translate(command.menu).replace("&", "")
            sequence = commands.action(command.id).shortcut()
            keys = sequence.toString(QKeySequence.SequenceFormat.NativeText)
            self._add(headings, menu, [plain_title(command), keys, translate(command.tip)])
        for key in PANEL_KEYS:
            self._add(headings, _words(key.view), ["", _words(key.keys), _words(key.text)])
        self.table.expandAll()

    def _add(self, headings: dict[str, QTreeWidgetItem], title: str, cells: list[str]) -> None:
        if title not in headings:
            heading = QTreeWidgetItem(self.table, [title])
            heading.setFirstColumnSpanned(True)
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            heading.setFont(0, _bold(self.font()))
            headings[title] = heading
        QTreeWidgetItem(headings[title], cells).setToolTip(2, cells[2])


def _words(text: str) -> str:
    return QCoreApplication.translate("keys", text)


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold
