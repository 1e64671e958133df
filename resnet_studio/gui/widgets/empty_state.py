"""What an empty panel shows: what it is for and how to fill it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget


class EmptyState(QWidget):
    """A title, a sentence and the commands that fill the panel."""

    def __init__(
        self, title: str, text: str, actions: Sequence[QAction] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.title = QLabel(title)
        self.title.setProperty("title", True)
        self.text = QLabel(text)
        self.text.setProperty("muted", True)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        for label in (self.title, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(True)
            layout.addWidget(label)
        layout.addLayout(_button_row(actions))
        layout.addStretch(3)


def _button_row(actions: Sequence[QAction]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addStretch()
    for action in actions:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setProperty("framed", True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        row.addWidget(button)
    row.addStretch()
    return row
