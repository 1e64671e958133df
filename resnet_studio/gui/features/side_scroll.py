"""Scrolls the left column where the window is too low for it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from resnet_studio.gui.features.side import SideColumn


class SideScroll(QScrollArea):
    """A scroll area whose contents are equally wide with and without the scroll bar.

    The picture in the column is the higher the wider it is. If the bar made it narrower, and so
    lower, the bar would not be needed, go, make it higher, and come again: for ever, until the
    program has used up its stack. So the column never takes the bar's place.
    """

    def __init__(self, column: SideColumn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = column
        self.setWidget(column)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what lies in it has it, and scrolls it

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Limits the width of the column before it is laid out."""
        room = self.maximumViewportSize()
        width = max(0, room.width() - self.verticalScrollBar().sizeHint().width())
        self._column.setMaximumWidth(width)
        self._column.fit_crop(width, room.height())
        super().resizeEvent(event)
