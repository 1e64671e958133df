"""The settings dialog, made from the table of `resnet_studio.settings`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.cache_row import CacheRow
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.form_field import FormField
from resnet_studio.gui.widgets.wheel_guard import guard_wheel
from resnet_studio.settings import TABLE, Setting

_LETTERS = 64
"""Least width in average letters: a path should be seen."""
_STEP = 10


class SettingsDialog(QDialog):
    """One editor for each setting that has a title; applied and saved by OK."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._settings = [setting for setting in TABLE if setting.title]
        self.editors: dict[str, QWidget] = {}
        self.fields: dict[str, FormField] = {}
        self.setWindowTitle(self.tr("Settings"))
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        for setting in self._settings:
            layout.addWidget(self._place(setting))
        layout.addStretch()
        layout.addWidget(self._buttons())
        self.setMinimumWidth(_LETTERS * self.fontMetrics().averageCharWidth())
        self._show({setting.key: studio.settings[setting.key] for setting in self._settings})

    def accept(self) -> None:
        """Remembers every value and applies the appearance at once; not while one is wrong."""
        wrong = [key for key in self.fields if self._check(key)]
        if wrong:
            self.editors[wrong[0]].setFocus()
            return
        for setting in self._settings:
            self._studio.settings[setting.key] = self._value(setting)
        self._studio.refresh_theme()
        try:
            self._studio.settings.save()
        except OSError as error:
            self._studio.show_message(
                self.tr("The settings were not saved: {reason}").format(reason=error),
                remedy=self.tr("They hold until the studio is closed."),
                kind="warning",
            )
        super().accept()

    def restore_defaults(self) -> None:
        """Shows what holds on first launch; nothing changes before OK."""
        self._show({setting.key: setting.default for setting in self._settings})

    # -- building ---------------------------------------------------------------------------

    def _buttons(self) -> QDialogButtonBox:
        kind = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kind.Ok | kind.Cancel | kind.RestoreDefaults)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        restore = buttons.button(kind.RestoreDefaults)
        restore.setToolTip(self.tr("Show the values of the first launch; OK keeps them."))
        restore.setAutoDefault(False)
        restore.clicked.connect(self.restore_defaults)
        return buttons

    def _place(self, setting: Setting) -> QWidget:
        """Returns the editor with its label, the sentence about it, and room for an error."""
        editor = self.editors[setting.key] = self._editor(setting)
        if isinstance(editor, QCheckBox):
            editor.setToolTip(_words(setting.description))
            editor.setAccessibleName(_words(setting.title))
            return _with_sentence(editor, setting)
        field = self.fields[setting.key] = FormField(
            _words(setting.title), editor, _words(setting.description)
        )
        if setting.key.endswith("_folder"):
            self._add_choose_button(field, editor)
        if setting.key == "cache_limit_mb":
            _put_beside(field, editor, CacheRow(self._studio))
        return _with_sentence(field, setting)

    def _editor(self, setting: Setting) -> QWidget:
        default = setting.default
        if setting.choices:
            box = QComboBox()
            for choice, label in zip(setting.choices, setting.labels, strict=True):
                box.addItem(_words(label), choice)
            guard_wheel(box)
            return box
        if isinstance(default, bool):
            return QCheckBox(_words(setting.title))
        if isinstance(default, int):
            spin = QSpinBox()
            low, high = setting.bounds or (0, 10**9)
            spin.setRange(int(low), int(high))
            spin.setSingleStep(_STEP)
            spin.setSuffix(_words(setting.unit) if setting.unit else "")
            guard_wheel(spin)
            return spin
        line = QLineEdit()
        line.textChanged.connect(lambda _text: self._check(setting.key))
        return line

    def _add_choose_button(self, field: FormField, editor: QWidget) -> None:
        button = QPushButton(self.tr("Choose…"))
        button.setToolTip(self.tr("Choose a folder on this computer."))
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self._browse(editor))
        assert isinstance(editor, QLineEdit)
        editor.setPlaceholderText(str(_own_folder()))
        _put_beside(field, editor, button)

    def _browse(self, editor: QWidget) -> None:
        folder = self._studio.open_folder(self.tr("Choose a folder"))
        if folder is not None and isinstance(editor, QLineEdit):
            editor.setText(str(folder))

    # -- values -----------------------------------------------------------------------------

    def _show(self, values: dict[str, Any]) -> None:
        for key, value in values.items():
            editor = self.editors[key]
            if isinstance(editor, QComboBox):
                editor.setCurrentIndex(editor.findData(value))
            elif isinstance(editor, QCheckBox):
                editor.setChecked(value)
            elif isinstance(editor, QSpinBox):
                editor.setValue(value)
            elif isinstance(editor, QLineEdit):
                editor.setText(value)

    def _check(self, key: str) -> bool:
        """Says under the field what is wrong with it; returns whether something is."""
        editor, problem = self.editors[key], ""
        if isinstance(editor, QLineEdit) and key.endswith("_folder") and editor.text().strip():
            problem = folder_problem(editor.text().strip())
        if key in self.fields:
            self.fields[key].set_error(problem)
        return bool(problem)

    def _value(self, setting: Setting) -> Any:
        editor = self.editors[setting.key]
        if isinstance(editor, QComboBox):
            return editor.currentData()
        if isinstance(editor, QCheckBox):
            return editor.isChecked()
        if isinstance(editor, QSpinBox):
            return editor.value()
        assert isinstance(editor, QLineEdit)
        text = editor.text().strip()
        return str(_expanded(text)) if text and setting.key.endswith("_folder") else text


def folder_problem(text: str) -> str:
    """Returns why runs cannot be kept in the folder `text`, translated; "" if they can.

    A folder that does not exist yet is fine where it can be made.
    """
    path = _expanded(text)
    if not path.is_absolute():
        return _tr("Type the whole path, for example {example}.").format(example=_own_folder())
    nearest = next(folder for folder in (path, *path.parents) if _is_there(folder))
    if not nearest.is_dir():
        return _tr("{path} is not a folder. Choose another one.").format(path=nearest)
    if not os.access(nearest, os.W_OK | os.X_OK):
        return _tr("Nothing may be written in {path}. Choose another folder.").format(path=nearest)
    return ""


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # "~nobody": no such person
        return Path(text)


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (OSError, ValueError):
        return path == path.parent
    return True


def _with_sentence(editor: QWidget, setting: Setting) -> QWidget:
    place = QWidget()
    column = QVBoxLayout(place)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    sentence = QLabel(_words(setting.description))
    sentence.setProperty("muted", True)
    sentence.setWordWrap(True)
    column.addWidget(editor)
    column.addWidget(sentence)
    return place


def _put_beside(field: FormField, editor: QWidget, other: QWidget) -> None:
    """Puts a widget to the right of an editor."""
    column = field.layout()
    assert isinstance(column, QVBoxLayout)
    row = QHBoxLayout()
    row.setSpacing(6)
    place = column.indexOf(editor)
    row.addWidget(editor, 1)
    row.addWidget(other)
    column.insertLayout(place, row)


def _own_folder() -> Path:
    from resnet_studio.training.runs import default_runs_dir  # only when the dialog opens

    return default_runs_dir()


def _words(text: str) -> str:
    return QCoreApplication.translate("settings", text)


def _tr(text: str) -> str:
    return QCoreApplication.translate("SettingsDialog", text)
