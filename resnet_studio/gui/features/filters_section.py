"""One part of *Filters*: a title with choices and export, what is shown, and what it says."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

_NARROWEST_CHOICE = 90


class Section(QWidget):
    """Holds one plot or picture.

    Attributes:
        title: What it is.
        content: The plot or picture.
        note: What the numbers say, and how to read the plot.
        export: Copies and saves it.
    """

    def __init__(self, title: str, content: QWidget, choices: tuple[QWidget, ...] = ()) -> None:
        super().__init__()
        self.title = QLabel(title)
        self.content = content
        self.note = QLabel()
        self.export = QToolButton()
        self._build(choices)

    def picture(self) -> QImage:
        """Returns the plot as a picture."""
        return self.content.grab().toImage()

    def offer(
        self, copy: Callable[[], None], save: Callable[[], None], table: Callable[[], None]
    ) -> None:
        """Fills the menu of the export button, which is also the context menu of the plot."""
        menu = QMenu(self.export)
        menu.addAction(_tr("Copy the picture"), copy)
        menu.addAction(_tr("Save as PNG…"), save)
        menu.addAction(_tr("Save the numbers as CSV…"), table)
        self.export.setMenu(menu)
        self.content.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.content.customContextMenuRequested.connect(
            lambda point: menu.popup(self.content.mapToGlobal(point))
        )

    def _build(self, choices: tuple[QWidget, ...]) -> None:
        bold = QFont(self.title.font())
        bold.setBold(True)
        self.title.setFont(bold)
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        self.export.setText(_tr("Export"))
        self.export.setProperty("framed", True)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setToolTip(_tr("Copy or save the picture, or save its numbers"))
        self.export.setAccessibleName(_tr("Export: {title}").format(title=self.title.text()))
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        for widget in choices:
            if isinstance(widget, QComboBox):
                widget.setMinimumWidth(_NARROWEST_CHOICE)
            head.addWidget(widget)
        head.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.content, 1)
        column.addWidget(self.note)


def _tr(text: str) -> str:
    return QCoreApplication.translate("filters", text)
