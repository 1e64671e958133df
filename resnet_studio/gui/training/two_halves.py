"""A row of two halves that become two rows where there is no room for one."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

_SPACING = 6


class TwoHalves(QWidget):
    """Widgets at the left and widgets at the right; large text makes two rows of them."""

    def __init__(
        self, parent: QWidget | None = None, *, spacing: int = _SPACING, spread: bool = True
    ) -> None:
        """Makes an empty row.

        Args:
            parent: Parent widget.
            spacing: Pixels between two widgets.
            spread: Whether the second half stands at the right edge, and not beside the first.
        """
        super().__init__(parent)
        self._spread = spread
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(2)
        self._grid.setHorizontalSpacing(spacing)
        self._grid.setColumnStretch(0 if spread else 1, 1)
        self._halves = (QWidget(), QWidget())
        for half in self._halves:
            row = QHBoxLayout(half)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(spacing)
        self._two_rows: bool | None = None
        self._arrange()

    def add(self, widget: QWidget, *, right: bool = False) -> None:
        """Appends a widget to a half."""
        row = self._halves[right].layout()
        assert row is not None
        row.addWidget(widget)

    def minimumSizeHint(self) -> QSize:
        """As wide as the wider half."""
        widths = [half.minimumSizeHint().width() for half in self._halves]
        return QSize(max(widths), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes one row or two."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wanted = sum(half.sizeHint().width() for half in self._halves)
        wanted += self._grid.horizontalSpacing()
        two_rows = self.width() < wanted
        if two_rows == self._two_rows:
            return
        self._two_rows = two_rows
        left, right = self._halves
        for half in self._halves:
            self._grid.removeWidget(half)
        align = Qt.AlignmentFlag
        self._grid.addWidget(left, 0, 0, align.AlignLeft)
        self._grid.addWidget(
            right,
            int(two_rows),
            int(not two_rows),
            align.AlignRight if self._spread and not two_rows else align.AlignLeft,
        )
