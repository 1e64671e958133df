"""The lines below the form: what the field under the pointer or the keyboard is, and its paper."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent, QTextDocument
from PySide6.QtWidgets import QLabel, QWidget

from resnet_studio.gui.network_form.fields import Field, tr

_PADDING = (10, 6)


class Explanation(QLabel):
    """Muted lines, always as high as the longest explanation needs, so that nothing jumps."""

    def __init__(self, known: Iterable[Field], parent: QWidget | None = None) -> None:
        """Makes the lines.

        Args:
            known: Every field that will be explained.
            parent: The widget it lies in.
        """
        super().__init__(parent)
        across, down = _PADDING
        self._texts = [text for field in known for text in _every_explanation(field)]
        self.setWordWrap(True)
        self.setProperty("muted", True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setContentsMargins(across, down, across, down)
        self.setAccessibleName(tr("What the field is"))
        self.show_hint()

    def show_hint(self) -> None:
        """Says how to read about a field."""
        self.setText(
            escape(
                tr("Point at a field, or move to it with Tab, to read what it is and its paper.")
            )
        )

    def show_field(self, field: Field, value: Any, source: str = "") -> None:
        """Explains a field and the value that it has.

        Args:
            field: What to explain.
            value: Its present value; one of its choices is explained as well.
            source: Where the value was published, for a field without a paper of its own.
        """
        self.setText(explanation(field, value, source))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes room for the longest explanation at the new width."""
        if event.size().width() != event.oldSize().width():
            self._reserve()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follows the text size of the application."""
        if event.type() == QEvent.Type.FontChange:
            self._reserve()
        super().changeEvent(event)

    def _reserve(self) -> None:
        across, down = _PADDING
        document = QTextDocument()
        document.setDefaultFont(self.font())
        document.setDocumentMargin(0)
        document.setTextWidth(self.width() - 2 * across)
        highest = 0.0
        for text in self._texts:
            document.setHtml(text)
            highest = max(highest, document.size().height())
        self.setFixedHeight(math.ceil(highest) + 2 * down)


def _every_explanation(field: Field) -> Iterator[str]:
    for value in [choice.value for choice in field.choices] or [None]:
        yield explanation(field, value)


def explanation(field: Field, value: Any, source: str = "") -> str:
    """Returns the explanation of a field and of its value, with the papers, as rich text."""
    text = f"<b>{escape(field.label)}.</b> {escape(field.text)}"
    paper = field.paper or source
    if (choice := field.choice(value)) is not None:
        text += f"<br><b>{escape(choice.short)}.</b> {escape(choice.text)}"
        paper = choice.paper or paper
    return f"{text}<br><i>{escape(paper)}</i>" if paper else text


def tip(field: Field) -> str:
    """Returns the tool tip of a field: its sentence and its paper, wrapped."""
    paper = f"<br><i>{escape(field.paper)}</i>" if field.paper else ""
    return f"<qt>{escape(field.text)}{paper}</qt>"
