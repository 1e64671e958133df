"""One kind of editor for each kind of field; all are read, filled and listened to alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QSpinBox,
    QWidget,
)

from resnet_studio.architecture.spec import FRACTIONS, LIMITS
from resnet_studio.gui.network_form.fields import Field

_STEP, _BIAS_STEP = 0.05, 1.0
_DECIMALS = 3
Spin = TypeVar("Spin", bound=QAbstractSpinBox)


def make_editor(field: Field) -> QWidget:
    """Returns a list for choices, a spin box for numbers, a check box for yes and no."""
    if field.choices:
        return _combo(field)
    if field.name in FRACTIONS:
        return _fraction(field)
    if field.name in LIMITS:
        return _number(field)
    return QCheckBox(field.label)


def show_value(editor: QWidget, value: Any) -> None:
    """Fills an editor with the value of a spec."""
    if isinstance(editor, QComboBox):
        editor.setCurrentIndex(editor.findData(value))
    elif isinstance(editor, (QSpinBox, QDoubleSpinBox)):
        editor.setValue(value)
    elif isinstance(editor, QCheckBox):
        editor.setChecked(value)


def listen(editor: QWidget, changed: Callable[[Any], None]) -> None:
    """Calls `changed` with the value whenever the person, or a test as one, changes it."""
    if isinstance(editor, QComboBox):
        editor.activated.connect(lambda _index: changed(editor.currentData()))
    elif isinstance(editor, (QSpinBox, QDoubleSpinBox)):
        editor.valueChanged.connect(changed)
    elif isinstance(editor, QCheckBox):
        editor.toggled.connect(changed)


def narrow(combo: QComboBox) -> None:
    """Lets a list be narrower than its longest entry, which is read when it is open."""
    combo.setMinimumContentsLength(4)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)


def _combo(field: Field) -> QComboBox:
    combo = QComboBox()
    narrow(combo)
    for index, choice in enumerate(field.choices):
        combo.addItem(choice.title, choice.value)
        combo.setItemData(index, choice.text, Qt.ItemDataRole.ToolTipRole)
    return combo


def _number(field: Field) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(*LIMITS[field.name])
    spin.setGroupSeparatorShown(True)
    spin.setSuffix(field.unit)
    return _prepared(spin, field)


class _FractionBox(QDoubleSpinBox):
    """Shows "0.5" and "-6" without the zeros that stand for its precision."""

    def textFromValue(self, value: float) -> str:
        """Returns the number in the language of the window, as short as it can be."""
        return self.locale().toString(value, "g", _DECIMALS + 3)


def _fraction(field: Field) -> QDoubleSpinBox:
    spin = _FractionBox()
    low, high = FRACTIONS[field.name]
    spin.setDecimals(_DECIMALS)
    spin.setRange(low, high)
    spin.setSingleStep(_BIAS_STEP if high - low > 1 else _STEP)
    return _prepared(spin, field)


def _prepared(spin: Spin, field: Field) -> Spin:
    spin.setKeyboardTracking(False)
    if field.zero:
        spin.setSpecialValueText(field.zero)
    return spin
