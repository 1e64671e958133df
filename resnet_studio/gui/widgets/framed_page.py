"""A page that shows either what there is to see or, in its place, a sentence why not."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget


class FramedPage(QWidget):
    """What the views of all panels share: their frame, and how they say that they have nothing.

    Attributes:
        body: What is shown once there is something.
        waiting: What is said before.
        place: Holds both.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body = QWidget()
        self.waiting = QLabel()
        self.place = QStackedWidget()
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.waiting.setWordWrap(True)
        self.waiting.setProperty("muted", True)
        self.place.addWidget(self.waiting)
        self.place.addWidget(self.body)

    def say(self, text: str) -> None:
        """Shows a sentence in place of the body."""
        self.waiting.setText(text)
        self.place.setCurrentWidget(self.waiting)

    def _frame_below(self, progress: QWidget, *, gap: int = 0) -> None:
        """Puts body and sentence below the progress of the page, `gap` pixels apart."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, gap, 0, 0)
        column.setSpacing(gap)
        column.addWidget(progress)
        column.addWidget(self.place, 1)
