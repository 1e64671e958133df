"""Tabs that are painted anew only where something has changed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QTabWidget


class QuietTabs(QTabWidget):
    """Hears of a page's new layout only if the page needs more or less room than before.

    Qt's own tabs lay themselves out and are painted whole, with everything on them, whenever any
    word on a page has changed its width: 0.03 s for a full page, and in every frame while a slider
    is dragged.
    """

    def __init__(self) -> None:
        super().__init__()
        self._needed = QSize()

    def event(self, event: QEvent) -> bool:
        """Takes no notice of a layout that needs as much room as the last one."""
        if event.type() == QEvent.Type.LayoutRequest:
            needed = self.minimumSizeHint()
            if needed == self._needed:
                return True
            self._needed = needed
        return super().event(event)
