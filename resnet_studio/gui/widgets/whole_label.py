"""A label of several lines that is never cut: where there is no room, its parent is to scroll."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget


class WholeLabel(QLabel):
    """Wraps its words, and asks for the height that they take at its width.

    A `QLabel` that wraps is squeezed by a layout without room, and what does not fit is not drawn.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setWordWrap(True)

    def setText(self, text: str) -> None:
        """Shows other words."""
        super().setText(text)
        self._ask()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Asks anew at another width."""
        super().resizeEvent(event)
        self._ask()

    def changeEvent(self, event: QEvent) -> None:
        """Asks anew for larger letters."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._ask()

    def _ask(self) -> None:
        self.setMinimumHeight(max(0, self.heightForWidth(self.width())) if self.text() else 0)
