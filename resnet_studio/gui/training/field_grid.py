"""Fields beside each other where there is room for two, one below the other where there is not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

_SPACING = 8


class FieldGrid(QWidget):
    """Places what is not hidden in two columns, or in one; nothing is ever cut off.

    `arrange` is called after fields were hidden or shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells: list[tuple[QWidget, bool]] = []
        self._placed: tuple[int, tuple[QWidget, ...]] = (0, ())
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(_SPACING)
        self._grid.setVerticalSpacing(6)

    @property
    def columns(self) -> int:
        """How many fields stand beside each other now."""
        narrow = [widget for widget, wide in self._shown() if not wide]
        widest = max((widget.minimumSizeHint().width() for widget in narrow), default=0)
        return 2 if self.width() >= 2 * widest + _SPACING else 1

    def add(self, widget: QWidget, *, wide: bool = False) -> None:
        """Appends a field; a wide one has a row of its own."""
        widget.setParent(self)
        self._cells.append((widget, wide))

    def arrange(self) -> None:
        """Places the fields anew if they, or the room for them, have changed."""
        columns = self.columns
        shown = self._shown()
        state = (columns, tuple(widget for widget, _ in shown))
        if state == self._placed:
            return
        self._placed = state
        while self._grid.count():
            self._grid.takeAt(0)
        row = column = 0
        for widget, wide in shown:
            if wide and column:
                row, column = row + 1, 0
            span = columns if wide else 1
            # At the top, so that the message under one field leaves its neighbour whole.
            self._grid.addWidget(widget, row, column, 1, span, Qt.AlignmentFlag.AlignTop)
            column += span
            if column >= columns:
                row, column = row + 1, 0
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1 if columns == 2 else 0)
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """As narrow as the widest field, as if there were one column."""
        widths = [widget.minimumSizeHint().width() for widget, _ in self._shown()]
        return QSize(max(widths, default=0), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Changes the number of columns where the width asks for it."""
        super().resizeEvent(event)
        self.arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Makes room for larger text."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.arrange()

    def _shown(self) -> list[tuple[QWidget, bool]]:
        return [(widget, wide) for widget, wide in self._cells if not widget.isHidden()]
