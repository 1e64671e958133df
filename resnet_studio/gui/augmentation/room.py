"""What keeps a view of the lab from being squeezed by an open step and a long chain above it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

LEAST_LINES = 18
"""Lines of text that a view is high at least; where there is less room, it is scrolled."""


class Room(QScrollArea):
    """Shows a view as large as the room is, or as small as the view can be, and then scrolls.

    Not by `setWidgetResizable`: a view whose rows wrap would get the height that it wishes for,
    and not the least.
    """

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self._page = page
        self.setWidget(page)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows the view when what is in it needs another height."""
        if watched is self._page and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the view the room that there is."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """The same for larger letters."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        room, least = self.maximumViewportSize(), self._page.minimumSizeHint()
        needed = max(least.height(), LEAST_LINES * self.fontMetrics().lineSpacing())
        width = room.width()
        if needed > room.height():
            width -= self.verticalScrollBar().sizeHint().width()
        self._page.resize(max(width, least.width()), max(room.height(), needed))
