"""The command palette: type a part of a name, press Enter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.command_table import Command
from resnet_studio.gui.commands import Commands, plain_title, translate

_LETTERS, _LINES = 84, 26
"""Size in average letters and lines of the font in use."""
_PAGE = 10
_COMMAND = Qt.ItemDataRole.UserRole
_ASIDE = Qt.ItemDataRole.UserRole + 1
_DISABLED = Qt.ItemDataRole.UserRole + 2
_GAP = 10


class CommandPalette(QDialog):
    """Lists the commands whose name, menu or description contains every word typed."""

    def __init__(self, commands: Commands, parent: QWidget) -> None:
        super().__init__(parent)
        self._commands = commands
        self.search = QLineEdit()
        self.list = QListWidget()
        self.hint = QLabel()
        self._build()

    def open_centred(self) -> None:
        """Opens the palette over the upper half of the window, empty."""
        self.search.clear()
        self._filter("")
        metrics = self.fontMetrics()
        size = QSize(_LETTERS * metrics.averageCharWidth(), _LINES * metrics.height())
        if (parent := self.parentWidget()) is not None:
            size = size.boundedTo(parent.size() * 0.9)
            centre = parent.mapToGlobal(parent.rect().center())
            top = parent.mapToGlobal(parent.rect().topLeft()).y()
            space = max(0, parent.height() - size.height())
            self.move(centre.x() - size.width() // 2, top + space // 3)
        self.resize(size)
        self.list.setIconSize(QSize(metrics.height() + 4, metrics.height() + 4))
        self.open()
        self.search.setFocus()

    def run_current(self) -> None:
        """Closes the palette and runs the selected command, unless it is disabled."""
        item = self.list.currentItem()
        if item is not None and not item.data(_DISABLED):
            self.accept()
            self._commands.run(item.data(_COMMAND))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lets the arrow keys move in the list while the search has the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: _PAGE,
                Qt.Key.Key_PageUp: -_PAGE,
            }.get(Qt.Key(event.key()))
            if step is not None and self.list.count():
                self._step(step)
                return True
        return False

    def _step(self, step: int) -> None:
        """One row goes around the ends of the list; a page stops there."""
        last = self.list.count() - 1
        row = self.list.currentRow() + step
        around = row % (last + 1) if abs(step) == 1 else min(max(row, 0), last)
        self.list.setCurrentRow(around)

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Commands"))
        self.search.setPlaceholderText(self.tr("Type a part of a command's name"))
        self.search.setAccessibleName(self.tr("Find a command"))
        self.search.setClearButtonEnabled(True)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self.run_current)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setItemDelegate(_Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys work from the search
        self.list.itemClicked.connect(lambda _item: self.run_current())
        self.list.currentItemChanged.connect(lambda *_items: self._tell())
        self.hint.setProperty("muted", True)
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.hint.setMinimumHeight(2 * self.fontMetrics().height())
        layout = QVBoxLayout(self)
        for widget in (self.search, self.list, self.hint):
            layout.addWidget(widget)

    def _tell(self) -> None:
        """Says what the selected command does, and why it cannot be run now."""
        item = self.list.currentItem()
        if item is None:
            self.hint.setText(self.tr("No command has these words."))
            return
        command_id = item.data(_COMMAND)
        tip = translate(self._commands.command(command_id).tip)
        reason = self._commands.why_not(command_id)
        closing = reason or self.tr("Enter runs the command · Esc closes")
        self.hint.setText(f"{tip}\n{closing}")

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        found = [command for command in self._commands.table if _matches(command, words)]
        found.sort(key=lambda command: not _named(command, words))
        self.list.clear()
        for command in found:
            self.list.addItem(self._item(command))
        ready = (row for row in range(len(found)) if not self.list.item(row).data(_DISABLED))
        self.list.setCurrentRow(next(ready, 0))
        self._tell()

    def _item(self, command: Command) -> QListWidgetItem:
        action = self._commands.action(command.id)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        menu = translate(command.menu).replace("&", "")
        item = QListWidgetItem(action.icon(), plain_title(command))
        item.setToolTip(action.toolTip())
        item.setData(_COMMAND, command.id)
        item.setData(_ASIDE, (menu, keys))
        item.setData(_DISABLED, not action.isEnabled())
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{plain_title(command)}, {menu} {keys}")
        return item


def _matches(command: Command, words: list[str]) -> bool:
    """Tells whether every word is in the name, the menu, the sentence or the id."""
    texts = (plain_title(command), translate(command.menu), translate(command.tip), command.id)
    haystack = " ".join(texts).replace("&", "").casefold()
    return command.id != "app.palette" and all(word in haystack for word in words)


def _named(command: Command, words: list[str]) -> bool:
    """Tells whether the name alone has every word: such commands come first."""
    title = plain_title(command).casefold()
    return all(word in title for word in words)


class _Row(QStyledItemDelegate):
    """Draws icon and name at the left, the menu and the keys in columns at the right."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        hint = super().sizeHint(option, index)
        return QSize(hint.width(), max(hint.height(), option.fontMetrics.height()) + 8)

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        if index.data(_DISABLED):
            option.state &= ~QStyle.StateFlag.State_Enabled

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row = QStyleOptionViewItem(option)
        self.initStyleOption(row, index)
        menu, keys = index.data(_ASIDE)
        metrics, area = row.fontMetrics, row.rect.adjusted(0, 0, -_GAP, 0)
        keys_width = metrics.horizontalAdvance("Ctrl+Shift+W") + 2 * _GAP
        menu_width = metrics.horizontalAdvance("Network") + 2 * _GAP
        aside = QRect(area.right() - keys_width - menu_width, area.top(), menu_width, area.height())
        name = QRect(row.rect)
        name.setRight(aside.left())
        style = row.widget.style() if row.widget is not None else QApplication.style()
        # Ground and icon over the whole row, the words only where they do not meet the columns.
        row.text = metrics.elidedText(row.text, Qt.TextElideMode.ElideRight, name.width() - 40)
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, row, painter, row.widget)
        chosen = bool(row.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.PlaceholderText
        painter.save()
        painter.setPen(row.palette.color(role))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(aside, Qt.AlignmentFlag.AlignLeft | middle, menu)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | middle, keys)
        painter.restore()
