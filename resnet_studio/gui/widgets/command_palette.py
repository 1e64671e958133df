"""The command palette: type a part of a name, press Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.commands import Commands, plain_title, translate

_SIZE = (560, 400)


class CommandPalette(QDialog):
    """Lists the commands whose name or description contains every word typed."""

    def __init__(self, commands: Commands, parent: QWidget) -> None:
        super().__init__(parent)
        self._commands = commands
        self.search = QLineEdit()
        self.list = QListWidget()
        self._build()

    def open_centred(self) -> None:
        """Opens the palette over the upper half of the window, empty."""
        self.search.clear()
        self._filter("")
        self.resize(*_SIZE)
        if (parent := self.parentWidget()) is not None:
            centre = parent.mapToGlobal(parent.rect().center())
            self.move(centre.x() - self.width() // 2, centre.y() - self.height() * 3 // 4)
        self.open()
        self.search.setFocus()

    def run_current(self) -> None:
        """Closes the palette and runs the selected command."""
        item = self.list.currentItem()
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        self.accept()
        self._commands.run(item.data(Qt.ItemDataRole.UserRole))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lets the arrow keys move in the list while the search has the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self.list.count():
                self.list.setCurrentRow((self.list.currentRow() + step) % self.list.count())
                return True
        return False

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Commands"))
        self.search.setPlaceholderText(self.tr("Type a part of a command's name"))
        self.search.setAccessibleName(self.tr("Find a command"))
        self.search.setClearButtonEnabled(True)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self.run_current)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.itemActivated.connect(lambda _item: self.run_current())
        self.list.itemClicked.connect(lambda _item: self.run_current())
        hint = QLabel(self.tr("Enter runs the command · Esc closes"))
        hint.setProperty("muted", True)
        layout = QVBoxLayout(self)
        for widget in (self.search, self.list, hint):
            layout.addWidget(widget)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        self.list.clear()
        for command in self._commands.table:
            title, tip = plain_title(command), translate(command.tip)
            haystack = f"{title} {tip} {command.id}".casefold()
            if command.id != "app.palette" and all(word in haystack for word in words):
                self.list.addItem(self._item(command.id, title, tip))
        self.list.setCurrentRow(0)

    def _item(self, command_id: str, title: str, tip: str) -> QListWidgetItem:
        action = self._commands.action(command_id)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        item = QListWidgetItem(action.icon(), f"{title}    {keys}".rstrip())
        item.setToolTip(tip)
        item.setData(Qt.ItemDataRole.UserRole, command_id)
        if not action.isEnabled():
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
        return item
