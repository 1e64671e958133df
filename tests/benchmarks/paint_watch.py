"""Tells when a widget has been painted."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget


class PaintWatch(QObject):
    """Watches widgets until it is deleted, with the first of them at the latest.

    Signals:
        painted(): One of the widgets was painted; its paint event is finished.
    """

    painted = Signal()

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__(widgets[0])
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            # A filter sees the event before the widget does: the next turn is after the paint.
            QTimer.singleShot(0, self, self.painted.emit)
        return super().eventFilter(watched, event)
