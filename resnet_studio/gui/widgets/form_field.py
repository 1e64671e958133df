"""One place of a form: a label, an editor, and what is wrong with what was typed."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget


class FormField(QWidget):
    """Label above, editor below.

    The error line appears only when there is an error. It stands under the editor unless the form
    takes it out of this layout to give it the width of a whole row.
    """

    def __init__(
        self, label: str, editor: QWidget, tip: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.editor = editor
        self.label = QLabel(label)
        self.label.setBuddy(editor)
        self.label.setProperty("muted", True)
        self.error = QLabel()
        self.error.setProperty("error", True)
        self.error.setWordWrap(True)
        self.error.hide()
        self._tip = tip
        editor.setAccessibleName(label)
        editor.setToolTip(tip)
        self.label.setToolTip(tip)
        editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self.label, editor, self.error):
            layout.addWidget(widget)

    def set_beside(self, widget: QWidget) -> None:
        """Puts a button or the like at the right of the editor."""
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        row = QHBoxLayout()
        row.setSpacing(6)
        column.insertLayout(column.indexOf(self.editor), row)
        row.addWidget(self.editor, 1)
        row.addWidget(widget)

    def set_error(self, text: str) -> None:
        """Shows why the value is refused; an empty text takes the mark away."""
        self.error.setText(text)
        self.error.setVisible(bool(text))
        self.editor.setToolTip(text or self._tip)
        if bool(self.editor.property("invalid")) != bool(text):
            self.editor.setProperty("invalid", bool(text))
            style = self.editor.style()
            style.unpolish(self.editor)
            style.polish(self.editor)


def beside_label(label: str, editor: QWidget, tip: str) -> QWidget:
    """Returns an editor with its label at the left, which saves a line of height."""
    field = QWidget()
    words = QLabel(label)
    words.setBuddy(editor)
    words.setProperty("muted", True)
    words.setToolTip(tip)
    editor.setToolTip(tip)
    editor.setAccessibleName(label)
    row = QHBoxLayout(field)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    row.addWidget(words)
    row.addWidget(editor)
    return field
