"""A thin line that moves while something is computed, and keeps its room while nothing is."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QWidget

_HEIGHT = 4


class BusyLine(QProgressBar):
    """Shows that work is under way, without saying how much is done."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """Makes one at rest; `name` is its accessible name, translated."""
        super().__init__(parent)
        self.setTextVisible(False)
        self.setFixedHeight(_HEIGHT)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # what is below must not jump when it comes and goes
        self.setSizePolicy(policy)
        self.setAccessibleName(name)
        self.set_busy(False)

    def set_busy(self, busy: bool) -> None:
        """Moves, or hides."""
        self.setRange(0, 0 if busy else 1)
        self.setVisible(busy)
        self.setAccessibleDescription(self.tr("working") if busy else "")
