"""The settings dialog, made from the table of `resnet_studio.settings`."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.studio import Studio
from resnet_studio.settings import TABLE, Setting


class SettingsDialog(QDialog):
    """One editor for each setting that has a title; applied and saved by OK."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.editors: dict[str, QWidget] = {}
        self.setWindowTitle(self.tr("Settings"))
        form = QFormLayout()
        for setting in TABLE:
            if setting.title:
                form.addRow(self.tr(setting.title), self._editor(setting))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(buttons)
        self.setMinimumWidth(520)

    def accept(self) -> None:
        """Remembers every value and applies the appearance at once."""
        for setting in TABLE:
            if setting.title:
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

    def _editor(self, setting: Setting) -> QWidget:
        value = self._studio.settings[setting.key]
        editor: QWidget
        if setting.choices:
            editor = QComboBox()
            for choice in setting.choices:
                editor.addItem(self.tr(str(choice)), choice)
            editor.setCurrentIndex(editor.findData(value))
        elif isinstance(value, bool):
            editor = QCheckBox()
            editor.setChecked(value)
        elif isinstance(value, int):
            editor = QSpinBox()
            low, high = setting.bounds or (0, 10**9)
            editor.setRange(int(low), int(high))
            editor.setValue(value)
        else:
            editor = QLineEdit(value)
        editor.setToolTip(self.tr(setting.description))
        editor.setAccessibleName(self.tr(setting.title))
        self.editors[setting.key] = editor
        return self._with_browse(editor) if setting.key.endswith("_folder") else editor

    def _with_browse(self, editor: QWidget) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        button = QPushButton(self.tr("Choose…"))
        button.clicked.connect(lambda: self._browse(editor))
        layout.addWidget(editor)
        layout.addWidget(button)
        return row

    def _browse(self, editor: QWidget) -> None:
        folder = self._studio.open_folder(self.tr("Choose a folder"))
        if folder is not None and isinstance(editor, QLineEdit):
            editor.setText(str(folder))

    def _value(self, setting: Setting) -> Any:
        editor = self.editors[setting.key]
        if isinstance(editor, QComboBox):
            return editor.currentData()
        if isinstance(editor, QCheckBox):
            return editor.isChecked()
        if isinstance(editor, QSpinBox):
            return editor.value()
        assert isinstance(editor, QLineEdit)
        return editor.text().strip()
