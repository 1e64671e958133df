"""The pipeline as a torchvision program, to be read, copied and saved."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase, QFontMetrics, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.files import write_text_atomic
from resnet_studio.gui.studio import Studio

_LETTERS, _LINES = 108, 40


class CodeDialog(QDialog):
    """Shows Python code with buttons to copy and to save it."""

    def __init__(self, studio: Studio, name: str, code: str, parent: QWidget | None = None) -> None:
        """Makes the dialog.

        Args:
            studio: The shared state.
            name: The pipeline's name.
            code: The program.
            parent: Parent widget.
        """
        super().__init__(parent)
        self._studio = studio
        self._name = name
        self.setWindowTitle(self.tr("torchvision code of {name}").format(name=name))
        self.words = QLabel(
            self.tr("torchvision's transforms v2 that give the same pixels, as a Python file.")
        )
        self.words.setWordWrap(True)
        self.text = QPlainTextEdit(code)
        self.text.setReadOnly(True)
        self.text.setAcceptDrops(False)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(self.tr("Python code"))
        self.copy = QPushButton(self.tr("Copy"))
        self.save = QPushButton(self.tr("Save as .py…"))
        self.done_button = QPushButton(self.tr("Close"))
        self.said = QLabel()
        self._build()

    def _build(self) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF())
        self.text.setStyleSheet(f"font-family: '{font.family()}', monospace;")
        metrics = QFontMetrics(font)
        room = self.screen().availableSize()
        wide = min(_LETTERS * metrics.horizontalAdvance("0"), room.width() * 9 // 10)
        self.resize(wide, min(_LINES * metrics.lineSpacing(), room.height() * 9 // 10))
        self.said.setProperty("muted", True)
        self.copy.setDefault(True)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._save)
        self.done_button.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addWidget(self.said, 1)
        for button in (self.copy, self.save, self.done_button):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.addWidget(self.words)
        column.addWidget(self.text, 1)
        column.addLayout(row)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.said.setText(self.tr("Copied."))

    def _save(self) -> None:
        stem = "".join(letter if letter.isalnum() else "_" for letter in self._name).strip("_")
        path = self._studio.save_file(
            self.tr("Save the code"), f"{stem or 'pipeline'}.py", self.tr("Python (*.py)")
        )
        if path is None:
            return
        try:
            write_text_atomic(path, self.text.toPlainText())
        except OSError as error:
            self.said.setText(
                self.tr("{path} cannot be written: {reason}.").format(
                    path=path, reason=error.strerror or error
                )
            )
        else:
            self.said.setText(self.tr("Saved as {path}.").format(path=path))
