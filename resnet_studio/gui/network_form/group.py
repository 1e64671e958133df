"""A group of fields that is folded up until a person wants it; closed, it says what is in it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from resnet_studio.gui.widgets.elided_label import ElidedLabel

_INDENT = 8


class Group(QWidget):
    """A header with an arrow, title and summary, and the fields below it.

    Signals (GUI thread):
        toggled(bool): The person opened or closed it.
    """

    toggled = Signal(bool)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = QToolButton()
        self.summary = ElidedLabel()
        self.body = QWidget()
        self.rows = QVBoxLayout(self.body)
        self._build(title)
        self.set_open(False)
        self.header.clicked.connect(self._toggle)

    @property
    def is_open(self) -> bool:
        """Whether its fields are shown."""
        return not self.body.isHidden()

    def set_open(self, is_open: bool) -> None:
        """Shows or hides the fields; emits nothing."""
        self.body.setVisible(is_open)
        arrow = Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow
        self.header.setArrowType(arrow)
        self.summary.setVisible(not is_open)
        self._describe()

    def set_summary(self, text: str) -> None:
        """Says what is in the group, beside the title of the closed group."""
        self.summary.setText(text)
        self.summary.setToolTip(text)
        self._describe()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Opens or closes it wherever its header is clicked, not on the arrow alone."""
        if event.button() == Qt.MouseButton.LeftButton and self._on_header(event):
            self._toggle()
        super().mouseReleaseEvent(event)

    def _on_header(self, event: QMouseEvent) -> bool:
        return self.rect().contains(event.position().toPoint()) and (
            event.position().y() <= self.header.geometry().bottom()
        )

    def _toggle(self) -> None:
        self.set_open(not self.is_open)
        self.toggled.emit(self.is_open)

    def _build(self, title: str) -> None:
        self.header.setText(title)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setAutoRaise(True)
        self.summary.setProperty("muted", True)
        self.summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.header, 0, Qt.AlignmentFlag.AlignLeft)
        head.addWidget(self.summary, 1)
        self.rows.setContentsMargins(_INDENT, 2, 0, 8)
        self.rows.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.body)

    def _describe(self) -> None:
        state = self.tr("open") if self.is_open else self.tr("closed")
        self.header.setAccessibleName(self.header.text())
        self.header.setAccessibleDescription(f"{state}. {self.summary.text()}")
        self.header.setToolTip(
            self.tr("Fold these fields up.") if self.is_open else self.tr("Show these fields.")
        )
