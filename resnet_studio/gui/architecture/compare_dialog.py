"""Choosing what to compare the network with: a list with a search, and files."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.architecture.compare_choices import Candidate
from resnet_studio.gui.theme import Theme

_LETTERS, _LINES = 84, 34
"""Size in average letters and lines of the font in use."""
_CANDIDATE = Qt.ItemDataRole.UserRole
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10, Qt.Key.Key_PageUp: -10}


class CompareDialog(QDialog):
    """Lists networks under headings; typing leaves those whose words have every word typed.

    Signals (GUI thread):
        chosen(Candidate): The person chose a network; the dialog is closed.
        file_wanted(): The person wants the network of a file; the dialog is closed.
    """

    chosen = Signal(object)
    file_wanted = Signal()

    def __init__(
        self, candidates: Iterable[Candidate], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.search = QLineEdit()
        self.list = QTreeWidget()
        self.hint = QLabel()
        self._groups: list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = []
        self._build()
        self.add(candidates)
        self.search.setFocus()

    def add(self, candidates: Iterable[Candidate]) -> None:
        """Appends networks; those of one group must stand together."""
        for group, members in groupby(candidates, key=lambda candidate: candidate.group):
            heading = QTreeWidgetItem(self.list, [group])
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = heading.font(0)
            font.setBold(True)
            heading.setFont(0, font)
            heading.setFirstColumnSpanned(True)
            items = [self._item(candidate) for candidate in members]
            heading.addChildren(items)
            heading.setExpanded(True)
            self._groups.append((heading, items))
        self._filter(self.search.text())

    def matches(self) -> list[QTreeWidgetItem]:
        """Returns the items that are listed now, from top to bottom."""
        return [item for _, items in self._groups for item in items if not item.isHidden()]

    def choose_current(self) -> None:
        """Closes the dialog and tells which network is chosen, if one is."""
        item = self.list.currentItem()
        candidate = item.data(0, _CANDIDATE) if item is not None else None
        if isinstance(candidate, Candidate):
            self.accept()
            self.chosen.emit(candidate)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lets the arrow keys move in the list while the search has the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = _STEPS.get(Qt.Key(event.key()))
            if step is not None:
                self._step(step)
                return True
        return False

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Compare the network with…"))
        self.search.setPlaceholderText(self.tr("Type a part of a name, for example 101"))
        self.search.setAccessibleName(self.tr("Find a network to compare with"))
        self.search.setClearButtonEnabled(True)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self.choose_current)
        self._build_list()
        self.hint.setProperty("muted", True)
        self.hint.setWordWrap(True)
        buttons = QDialogButtonBox()
        file = buttons.addButton(self.tr("&File…"), QDialogButtonBox.ButtonRole.ActionRole)
        file.setToolTip(
            self.tr("Compare with the network of a specification (.toml, .json) or of weights.")
        )
        file.setAutoDefault(False)
        file.clicked.connect(self._ask_for_file)
        cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        cancel.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.search, self.list, self.hint, buttons):
            layout.addWidget(widget)
        self.resize(self._usual_size())

    def _build_list(self) -> None:
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setIndentation(14)
        self.list.setAccessibleName(self.tr("Networks to compare with"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys work from the search
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.itemClicked.connect(lambda *_item: self.choose_current())

    def _usual_size(self) -> QSize:
        metrics = self.fontMetrics()
        size = QSize(_LETTERS * metrics.averageCharWidth(), _LINES * metrics.height())
        parent = self.parentWidget()
        return size if parent is None else size.boundedTo(parent.window().size() * 0.9)

    def _item(self, candidate: Candidate) -> QTreeWidgetItem:
        item = QTreeWidgetItem([candidate.title, candidate.note])
        item.setData(0, _CANDIDATE, candidate)
        item.setForeground(1, QColor(self._theme.muted))
        item.setToolTip(0, candidate.network)
        return item

    # -- reacting ---------------------------------------------------------------------------

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for heading, items in self._groups:
            for item in items:
                name = item.data(0, _CANDIDATE).spec.name
                known = " ".join((item.text(0), item.text(1), name, heading.text(0))).casefold()
                item.setHidden(not all(word in known for word in words))
            heading.setHidden(all(item.isHidden() for item in items))
        found = self.matches()
        if not found:
            self.list.selectionModel().clear()
        elif self.list.currentItem() not in found:
            self.list.setCurrentItem(found[0])
        self.hint.setText(
            self.tr("Enter compares · Esc closes")
            if found
            else self.tr("No network has these words; a file may have it.")
        )

    def _step(self, step: int) -> None:
        found = self.matches()
        if found:
            current = self.list.currentItem()
            row = found.index(current) if current in found else -1
            self.list.setCurrentItem(found[min(max(row + step, 0), len(found) - 1)])

    def _ask_for_file(self) -> None:
        self.accept()
        self.file_wanted.emit()
