"""Finding a layer by name, kind or shape: a bar above the drawing, like that of a text editor."""

from __future__ import annotations

import re
from functools import cached_property

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.outline import Outline
from resnet_studio.gui.studio import Studio

_BETWEEN_NUMBERS = re.compile(r"(?<=\d)[x*](?=\d)")


class Index:
    """What can be searched in one network; written down when it is first searched."""

    def __init__(self, outline: Outline) -> None:
        self._entries = tuple(outline.entries())

    def matches(self, text: str) -> tuple[str, ...]:
        """Returns the names of all parts that a search finds, in the order of the computation.

        Every word must occur in the name or the kind of a part; where no part has them all,
        shapes count too: "3x3" means the convolutions, as long as there are any. "x" and "*"
        between digits mean "×". Nothing is found by nothing.

        Args:
            text: What the person typed: "layer3.0", "projection", "1x1", "256×14×14".
        """
        words = [_plain(word) for word in text.split()]
        if not words:
            return ()
        found = self._with(words, self._kinds)
        return found or self._with(words, self._kinds_and_shapes)

    def _with(self, words: list[str], said: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            entry.name
            for entry, text in zip(self._entries, said, strict=True)
            if all(word in text for word in words)
        )

    @cached_property
    def _kinds(self) -> tuple[str, ...]:
        return tuple(
            _plain(f"{labels.heading(entry)}\n{labels.kind_text(entry.item)}")
            for entry in self._entries
        )

    @cached_property
    def _kinds_and_shapes(self) -> tuple[str, ...]:
        shapes = (
            f"{labels.shape_text(entry.item.input_shape)}\n"
            f"{labels.shape_text(entry.item.output_shape)}"
            for entry in self._entries
        )
        return tuple(f"{kind}\n{shape}" for kind, shape in zip(self._kinds, shapes, strict=True))


def _plain(text: str) -> str:
    """Returns the text in small letters, with one sign between the numbers of a shape."""
    return _BETWEEN_NUMBERS.sub("×", text.casefold())


class FindBar(QFrame):
    """A line to type into, how many parts match, and the way from one to the next.

    Signals (GUI thread):
        found(tuple): The names that match now; empty for none.
        chosen(str): The person wants to see this one.
        closed(): The bar is not wanted any more.
    """

    found = Signal(tuple)
    chosen = Signal(str)
    closed = Signal()

    def __init__(self, studio: Studio, outline: Outline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._index = Index(outline)
        self.names: tuple[str, ...] = ()
        self._place = -1
        self.line = QLineEdit()
        self.count = QLabel()
        self._build(studio)
        self.line.textChanged.connect(self._search)
        self.line.installEventFilter(self)

    def _build(self, studio: Studio) -> None:
        self.line.setPlaceholderText(self.tr("Find a layer: layer3.0, projection, 1x1, 256x14x14"))
        self.line.setAccessibleName(self.tr("Find a part of the network"))
        self.line.setClearButtonEnabled(True)
        self.count.setAccessibleName(self.tr("How many parts match"))
        self.count.setMinimumWidth(self.count.fontMetrics().horizontalAdvance("0,000 / 0,000"))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 6, 4)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.count)
        for command in ("find_previous", "find_next"):
            button = QToolButton()
            button.setDefaultAction(studio.commands.action(f"architecture.{command}"))
            button.setAccessibleName(button.text())
            row.addWidget(button)
        close = QToolButton()
        close.setText("✕")
        close.setToolTip(self.tr("Close the search (Escape)."))
        close.setAccessibleName(self.tr("Close the search"))
        close.clicked.connect(self.close_bar)
        row.addWidget(close)

    def set_outline(self, outline: Outline) -> None:
        """Searches another network for the same text; selects nothing."""
        self._index = Index(outline)
        self._search(self.line.text())

    def open_bar(self) -> None:
        """Shows the bar with its text selected, ready to type."""
        self.show()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()
        self._search(self.line.text())

    def close_bar(self) -> None:
        """Hides the bar and forgets what matched; the text stays for the next time."""
        self.hide()
        self.names, self._place = (), -1
        self.found.emit(())
        self.closed.emit()

    def step(self, by: int) -> None:
        """Goes to the next match (1) or to the one before (-1), around the ends."""
        if not self.names:
            return
        first = 0 if by > 0 else len(self.names) - 1
        self._place = first if self._place < 0 else (self._place + by) % len(self.names)
        self._tell()
        self.chosen.emit(self.names[self._place])

    def _search(self, text: str) -> None:
        self.names, self._place = self._index.matches(text), -1
        self._tell()
        self.found.emit(self.names)

    def _tell(self) -> None:
        count = len(self.names)
        if not self.line.text().strip():
            said = ""
        elif not count:
            said = self.tr("no match")
        elif self._place < 0:
            said = self.tr("1 match") if count == 1 else self.tr("{count} matches")
        else:
            said = "{place} / {count}"
        self.count.setText(said.format(place=f"{self._place + 1:,}", count=f"{count:,}"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Return goes on, with Shift back; Escape closes. Windows' own use of them comes later."""
        if watched is self.line and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                self.step(-1 if back else 1)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close_bar()
                return True
        return super().eventFilter(watched, event)
