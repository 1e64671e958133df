"""The form of one step: an editor for each field, with its name, unit and way back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from resnet_studio.data.augment import Step
from resnet_studio.gui.augmentation.editor_fields import StepField, fields_of
from resnet_studio.gui.augmentation.editor_inputs import FieldInput, input_for
from resnet_studio.gui.icons import icon
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.flow import FlowLayout

_RESET_ICON = "mdi6.restore"


class StepForm(QWidget):
    """The fields of one step, side by side, in as many lines as they need.

    Signals (GUI thread):
        edited(str, object, str): A field, the value that the person wants, the name of the drag.
    """

    edited = Signal(str, object, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kind: type | None = None
        self._row = FlowLayout(self, gap=18, line_gap=6)
        self.inputs: dict[str, FieldInput] = {}
        self.resets: dict[str, QToolButton] = {}

    @property
    def stops(self) -> list[QWidget]:
        """Where the keyboard stops, in order."""
        stops: list[QWidget] = []
        for name, editor in self.inputs.items():
            stops += [*editor.stops, self.resets[name]]
        return stops

    def show_step(self, step: Step | None) -> None:
        """Shows a step; the editors stay as long as the kind does, so that a drag goes on."""
        if step is None or type(step) is not self._kind:
            self._rebuild(step)
        if step is None:
            return
        for field in fields_of(type(step)):
            value = getattr(step, field.name)
            self.inputs[field.name].show_value(value)
            reset = self.resets[field.name]
            reset.setEnabled(field.default is not None and value != field.default)

    def set_theme(self, theme: Theme) -> None:
        """Draws the icons in the colours of `theme`."""
        self._theme = theme
        for reset in self.resets.values():
            reset.setIcon(icon(_RESET_ICON, theme))

    def _rebuild(self, step: Step | None) -> None:
        self._kind = None if step is None else type(step)
        self.inputs.clear()
        self.resets.clear()
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for field in () if step is None else fields_of(type(step)):
            self._row.addWidget(self._place(field))
        self.updateGeometry()

    def _place(self, field: StepField) -> QWidget:
        """Returns a field's name, editor and button that brings the default back."""
        editor = self.inputs[field.name] = input_for(field)
        editor.edited.connect(lambda value, drag: self.edited.emit(field.name, value, drag))
        place = QWidget()
        label = QLabel(field.label)
        label.setBuddy(editor)
        label.setProperty("muted", True)
        label.setToolTip(field.tip)
        row = QHBoxLayout(place)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        row.addWidget(label)
        row.addWidget(editor, 1)
        row.addWidget(self._reset_button(field))
        return place

    def _reset_button(self, field: StepField) -> QToolButton:
        button = self.resets[field.name] = QToolButton()
        button.setIcon(icon(_RESET_ICON, self._theme))
        text = _tr("Default of {field}").format(field=field.label)
        button.setAccessibleName(text)
        shown = "" if field.default is None else f": {field.text(field.default)}"
        button.setToolTip(text + shown)
        button.setVisible(field.default is not None)
        button.clicked.connect(lambda: self._reset(field.name, field.default))
        return button

    def _reset(self, name: str, default: Any) -> None:
        editor = self.inputs[name]
        editor.begin_drag()
        editor.tell(default)


def _tr(text: str) -> str:
    return QCoreApplication.translate("StepForm", text)
