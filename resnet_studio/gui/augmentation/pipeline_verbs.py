"""What can be done with a pipeline as a whole: open, save, name, copy as code, go back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.errors import SpecError, StudioError
from resnet_studio.files import read_plain, write_text_atomic
from resnet_studio.gui.augmentation.code_dialog import CodeDialog
from resnet_studio.gui.augmentation.editing import Editing
from resnet_studio.gui.studio import Studio

MOST_BYTES = 4 << 20
"""Of a pipeline's file: a mean picture of 256 pixels takes about half a megabyte as text."""
_MENU = (
    ("open_pipeline", "save_pipeline", "rename_pipeline", "torchvision_code"),
    ("copy_ending", "usual_pipeline"),
)


class PipelineVerbs(QObject):
    """Connects the commands of pipelines."""

    def __init__(self, studio: Studio, editing: Editing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._editing = editing
        self._dialog: QDialog | None = None
        for names in _MENU:
            for name in names:
                studio.commands.connect(f"augmentation.{name}", getattr(self, name))
        editing.changed.connect(self.tell_conditions)
        self.tell_conditions()

    def menu(self, parent: QWidget) -> QMenu:
        """Returns a menu of all verbs."""
        menu = QMenu(parent)
        menu.setToolTipsVisible(True)
        for names in _MENU:
            menu.addSeparator()
            for name in names:
                menu.addAction(self._studio.commands.action(f"augmentation.{name}"))
        return menu

    def tell_conditions(self) -> None:
        """Says which verbs make sense now."""
        commands = self._studio.commands
        commands.set_condition("pipeline", self._editing.pipeline is not None)
        commands.set_condition("own_pipeline", not self._editing.is_usual)

    # -- verbs --------------------------------------------------------------------------------

    def open_pipeline(self) -> None:
        """Reads a pipeline from a JSON file, for the side that is shown."""
        path = self._studio.open_file(self.tr("Open a pipeline"), self.tr("Pipelines (*.json)"))
        if path is None:
            return
        try:
            spec = read_pipeline(path)
        except StudioError as error:
            self._studio.show_error(error)
            return
        self._editing.take(spec, self.tr("Open {name}").format(name=path.name))

    def save_pipeline(self) -> None:
        """Writes the pipeline that is shown to a JSON file."""
        pipeline = self._editing.pipeline
        if pipeline is None:
            return
        stem = "".join(letter if letter.isalnum() else "_" for letter in pipeline.name).strip("_")
        path = self._studio.save_file(
            self.tr("Save the pipeline"),
            f"{stem or 'pipeline'}.json",
            self.tr("Pipelines (*.json)"),
        )
        if path is None:
            return
        try:
            write_text_atomic(path, pipeline.to_json())
        except OSError as error:
            self._studio.show_message(
                self.tr("{path} cannot be written: {reason}.").format(
                    path=path, reason=error.strerror or error
                ),
                remedy=self.tr("Choose another folder."),
                kind="error",
            )
        else:
            self._studio.show_message(self.tr("Saved as {path}.").format(path=path))

    def rename_pipeline(self) -> None:
        """Lets the person give the pipeline a name and a note."""
        sketch = self._editing.sketch
        if sketch is None:
            return
        dialog = NameDialog(sketch.name, sketch.note, self._studio.window)
        dialog.accepted.connect(
            lambda: self._editing.rename(
                dialog.name.text().strip(), dialog.note.toPlainText().strip()
            )
        )
        self._open(dialog)

    def torchvision_code(self) -> None:
        """Shows the pipeline as a torchvision program."""
        pipeline = self._editing.pipeline
        if pipeline is None:
            return
        from resnet_studio.data.torchvision_code import code

        self._open(CodeDialog(self._studio, pipeline.name, code(pipeline), self._studio.window))

    def _open(self, dialog: QDialog) -> None:
        """Shows a dialog over the window without waiting for it; it goes when it is closed."""
        self._dialog = dialog  # nobody else holds one that has no window above it
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def copy_ending(self) -> None:
        """Gives validation the size and the colours of training."""
        self._editing.copy_ending()

    def usual_pipeline(self) -> None:
        """Goes back to the usual pipelines."""
        self._editing.choose_usual()


class NameDialog(QDialog):
    """Asks for the name and the note of a pipeline."""

    def __init__(self, name: str, note: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Name and note of the pipeline"))
        self.name = QLineEdit(name)
        self.name.setMaxLength(100)
        self.note = QPlainTextEdit(note)
        self.note.setTabChangesFocus(True)
        for field in (self.name, self.note):
            field.setAcceptDrops(False)
        form = QFormLayout()
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Note"), self.note)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.name.textChanged.connect(self._judge)
        self.note.textChanged.connect(self._judge)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(buttons)
        self.resize(60 * self.fontMetrics().averageCharWidth(), self.sizeHint().height())

    def _judge(self) -> None:
        named = bool(self.name.text().strip())
        short = len(self.note.toPlainText()) <= 1000
        self._ok.setEnabled(named and short)


def read_pipeline(path: Path) -> AugmentSpec:
    """Reads a pipeline from a file.

    Raises:
        SpecError: The file cannot be read, or holds no pipeline; names the file.
    """
    try:
        text = read_plain(path, most=MOST_BYTES).decode("utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpecError(
            f"{path.name} cannot be read: {reason}.", remedy="Choose another file."
        ) from None
    try:
        return AugmentSpec.from_json(text)
    except SpecError as error:
        raise SpecError(f"{path.name}: {error.message}", remedy=error.remedy) from None
