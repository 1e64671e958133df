"""The list of published networks, by family; a part of a name is enough to find one."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QCompleter, QLineEdit, QWidget

from resnet_studio.architecture.catalog import CATALOG, Entry
from resnet_studio.gui.network_form.editors import narrow
from resnet_studio.gui.network_form.fields import tr
from resnet_studio.gui.network_values import CUSTOM

_SEARCHED = Qt.ItemDataRole.UserRole + 1
_MOST_SHOWN = 18
"""Rows of the open list; it scrolls."""


class PresetBox(QComboBox):
    """Chooses a network of the catalogue from a list with headers, or by typing.

    Signals (GUI thread):
        chosen(str): The person chose the entry of this id.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = CUSTOM
        narrow(self)
        self.setMaxVisibleItems(_MOST_SHOWN)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setModel(_model(self))
        self._finder = _Finder(self)
        self.setCompleter(self._finder)
        self._finds.installEventFilter(self)
        self.activated.connect(self._choose)
        self.text_line.returnPressed.connect(self._choose_first)
        self.text_line.editingFinished.connect(self._restore)

    @property
    def text_line(self) -> QLineEdit:
        """Where a name is typed."""
        line = self.lineEdit()
        assert line is not None  # the box is editable
        return line

    @property
    def _finds(self) -> QAbstractItemView:
        """The list below the line while a name is typed."""
        popup = self._finder.popup()
        assert popup is not None  # Qt makes it when it is asked for
        return popup

    def show_preset(self, key: str) -> None:
        """Shows the entry of that id, or `CUSTOM`; emits nothing."""
        self._key = key
        self._restore()

    def showPopup(self) -> None:
        """Opens the list, wide enough for the longest title."""
        view = self.view()
        view.setMinimumWidth(
            view.sizeHintForColumn(0) + view.verticalScrollBar().sizeHint().width()
        )
        super().showPopup()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Selects the name after a click, so that typing replaces it."""
        super().focusInEvent(event)
        if event.reason() == Qt.FocusReason.MouseFocusReason:
            # The click itself comes next and places the cursor.
            QTimer.singleShot(0, self.text_line, self.text_line.selectAll)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Return takes the first find while none is marked in the list of finds."""
        finds = self._finds
        returned = (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        )
        if returned and watched is finds and not finds.currentIndex().isValid():
            finds.hide()
            self._choose_first()
            return True
        return super().eventFilter(watched, event)

    def _choose(self, index: int) -> None:
        key = self.itemData(index)
        if key in CATALOG:  # neither a header nor the network of one's own
            self._key = key
            self.chosen.emit(key)
        self._restore()

    def _choose_first(self) -> None:
        """Takes the first network whose name contains what was typed."""
        typed = self.text_line.text().strip()
        self._finder.setCompletionPrefix(typed)
        found = self._finder.currentIndex()
        if typed and typed != self.itemText(self.findData(self._key)) and found.isValid():
            self._choose(self.findData(found.data(Qt.ItemDataRole.UserRole)))
        self._restore()

    def _restore(self) -> None:
        """Shows the name of the network again in place of what was typed in vain."""
        self.setCurrentIndex(self.findData(self._key))
        self.setEditText(self.itemText(self.currentIndex()))
        self.text_line.setCursorPosition(0)  # of a long name the beginning is seen


class _Finder(QCompleter):
    """Finds a title or an id that contains what is typed, and shows the titles."""

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box.model(), box)
        self.setCompletionRole(_SEARCHED)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setMaxVisibleItems(_MOST_SHOWN)

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        """Returns what stands in the line for a find: its title, not all that is searched."""
        return str(index.data(Qt.ItemDataRole.DisplayRole) or "")


def _model(parent: QObject) -> QStandardItemModel:
    model = QStandardItemModel(parent)
    for item in _items():
        model.appendRow(item)
    return model


def _items() -> Iterator[QStandardItem]:
    for family, entries in groupby(CATALOG.values(), key=lambda entry: entry.family):
        yield _header(family)
        for entry in entries:
            yield _network(entry)
    yield _item(tr("Custom"), CUSTOM, tip=tr("A network of your own."), searched=tr("Custom"))


def _header(title: str) -> QStandardItem:
    item = QStandardItem(title)
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    font = QFont()
    font.setBold(True)
    item.setFont(font)
    return item


def _network(entry: Entry) -> QStandardItem:
    # As one would type it: "resnet-50", "resnet50" and "resnet 50".
    plain = entry.title.replace("-", " ")
    searched = (entry.title, entry.id, plain, plain.replace(" ", ""), *entry.aliases)
    tip = f"<b>{escape(entry.id)}</b><br>{escape(entry.note)}"
    return _item(entry.title, entry.id, tip=tip, searched=" ".join(searched))


def _item(title: str, key: str, *, tip: str, searched: str) -> QStandardItem:
    item = QStandardItem(title)
    item.setData(key, Qt.ItemDataRole.UserRole)
    item.setData(f"<qt>{tip}</qt>", Qt.ItemDataRole.ToolTipRole)
    item.setData(searched, _SEARCHED)
    return item


def preset_source(key: Any) -> str:
    """Returns authors, year and arXiv number of a preset's paper, "" for a network of one's own."""
    entry = CATALOG.get(key)
    if entry is None:
        return ""
    return f"{entry.paper.authors} {entry.paper.year}, arXiv:{entry.paper.arxiv}"
