"""The editors of a step's fields: sliders with boxes, two of them for a range, colours, choices.

Each shows a value of the model (`show_value`) and says what the person makes of it (`edited`),
with the name of the drag that the change belongs to: what is dragged without letting go, or typed
without leaving the box, is one step of undo.
"""

from __future__ import annotations

import itertools
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QWidget,
)

from resnet_studio.gui.augmentation.editor_fields import StepField, choice_label
from resnet_studio.gui.widgets.range_slider import RangeSlider
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

_TICKS = 1000
_SLIDER_WIDTH = 96
_drags = itertools.count(1)


class FieldInput(QWidget):
    """What all editors share.

    Attributes:
        field: What is edited.
        stops: Where the keyboard stops, in order.

    Signals (GUI thread):
        edited(object, str): The value that the person wants, and the name of the drag.
    """

    edited = Signal(object, str)

    def __init__(self, field: StepField) -> None:
        super().__init__()
        self.field = field
        self.stops: list[QWidget] = []
        self._drag = ""
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(5)
        self.begin_drag()

    def show_value(self, value: Any) -> None:
        """Shows a value of the model; emits nothing."""
        raise NotImplementedError

    def begin_drag(self) -> None:
        """What is changed from here on is another step of undo."""
        self._drag = f"{self.field.name} {next(_drags)}"

    def tell(self, value: Any) -> None:
        """Says what the person wants."""
        self.edited.emit(value, self._drag)

    def add_box(self, name: str) -> QDoubleSpinBox:
        """Adds a box for a number of the field, with its bounds and unit."""
        box = number_box(self.field)
        box.setAccessibleName(name)
        box.setToolTip(self._tip(name))
        box.installEventFilter(self)
        self.row.addWidget(box)
        self.stops.append(box)
        return box

    def _tip(self, name: str) -> str:
        field = self.field
        low, high = (f"{bound * field.factor:g}" for bound in (field.low, field.high))
        allowed = self.tr("From {low} to {high}").format(low=low, high=high)
        unit = f" {field.unit}" if field.unit else ""
        return f"{name}. {field.tip}\n{allowed}{unit}."

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A box that is entered begins another step of undo."""
        if event.type() == QEvent.Type.FocusIn:
            self.begin_drag()
        return super().eventFilter(watched, event)


class NumberInput(FieldInput):
    """A slider over the usual range, and a box for every allowed value."""

    def __init__(self, field: StepField) -> None:
        super().__init__(field)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setMinimumWidth(_SLIDER_WIDTH)
        self.slider.setRange(0, _steps(field))
        self.slider.setPageStep(max(1, _steps(field) // 10))
        self.slider.setAccessibleName(self.tr("{field}, slider").format(field=field.label))
        guard_wheel(self.slider)
        self.slider.installEventFilter(self)
        self.row.addWidget(self.slider, 1)
        self.stops.append(self.slider)
        self.box = self.add_box(field.label)
        self.setFocusProxy(self.box)
        self.slider.sliderPressed.connect(self.begin_drag)
        self.slider.valueChanged.connect(self._slid)
        self.box.valueChanged.connect(self._typed)

    def show_value(self, value: Any) -> None:
        """Shows a number on both."""
        low, high = self.field.soft
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            if not self.slider.isSliderDown():
                share = (value - low) / (high - low)
                self.slider.setValue(round(share * self.slider.maximum()))
            self.box.setValue(value * self.field.factor)

    def _slid(self, place: int) -> None:
        low, high = self.field.soft
        self.tell(rounded(self.field, low + (high - low) * place / self.slider.maximum()))

    def _typed(self, number: float) -> None:
        self.tell(rounded(self.field, number / self.field.factor))


class PairInput(FieldInput):
    """A slider with two handles, and a box for each end."""

    def __init__(self, field: StepField) -> None:
        super().__init__(field)
        self.slider = RangeSlider(*field.soft)
        self.slider.setToolTip(field.tip)
        self.least = self.add_box(self.tr("{field}, least").format(field=field.label))
        self.row.addWidget(self.slider, 1)
        self.most = self.add_box(self.tr("{field}, most").format(field=field.label))
        self._value = field.soft
        self.setFocusProxy(self.least)
        self.slider.pressed.connect(self.begin_drag)
        self.slider.moved.connect(self._slid)
        self.least.valueChanged.connect(lambda number: self._typed(number, 0))
        self.most.valueChanged.connect(lambda number: self._typed(number, 1))

    def show_value(self, value: Any) -> None:
        """Shows both ends."""
        self._value = low, high = value
        with QSignalBlocker(self.least), QSignalBlocker(self.most):
            self.least.setValue(low * self.field.factor)
            self.most.setValue(high * self.field.factor)
        self.slider.set_values(low, high)

    def _slid(self, low: float, high: float) -> None:
        self.tell(
            tuple(self._kept(end, rounded(self.field, v)) for end, v in enumerate((low, high)))
        )

    def _typed(self, number: float, end: int) -> None:
        """An end that passes the other one takes it along."""
        value = rounded(self.field, number / self.field.factor)
        other = self._value[1 - end]
        pair = (value, max(value, other)) if end == 0 else (min(value, other), value)
        self.tell(pair)

    def _kept(self, end: int, value: float) -> float:
        """Returns an end as it was if it only seems to differ: 4/3 is more than 1.33."""
        before = self._value[end]
        return before if rounded(self.field, before) == value else value


class TripleInput(FieldInput):
    """Three boxes, for red, green and blue."""

    def __init__(self, field: StepField) -> None:
        super().__init__(field)
        colours = (self.tr("red"), self.tr("green"), self.tr("blue"))
        self.boxes = [self.add_box(f"{field.label}, {colour}") for colour in colours]
        for box in self.boxes:
            box.valueChanged.connect(self._typed)
        self.setFocusProxy(self.boxes[0])

    def show_value(self, value: Any) -> None:
        """Shows the three numbers."""
        for box, number in zip(self.boxes, value, strict=True):
            with QSignalBlocker(box):
                box.setValue(number * self.field.factor)

    def _typed(self, _number: float) -> None:
        self.tell(tuple(rounded(self.field, b.value() / self.field.factor) for b in self.boxes))


class ColourInput(FieldInput):
    """A button in the colour itself; it opens the dialog of colours."""

    def __init__(self, field: StepField) -> None:
        super().__init__(field)
        self.button = QPushButton()
        self.button.setAccessibleName(field.label)
        self.button.setToolTip(field.tip)
        self.row.addWidget(self.button)
        self.row.addStretch(1)
        self.setFocusProxy(self.button)
        self.stops.append(self.button)
        self._colour = QColor(0, 0, 0)
        self.button.clicked.connect(self._ask)

    def show_value(self, value: Any) -> None:
        """Shows red, green and blue from 0 to 255."""
        self._colour = QColor(*(round(number) for number in value))
        name = self._colour.name()
        readable = "#000000" if self._colour.lightnessF() > 0.5 else "#ffffff"
        self.button.setText(name)
        self.button.setStyleSheet(f"background: {name}; color: {readable};")
        self.button.setAccessibleDescription(name)

    def _ask(self) -> None:
        chosen = QColorDialog.getColor(self._colour, self.window(), self.field.label)
        if chosen.isValid():
            self.begin_drag()
            self.tell((chosen.red(), chosen.green(), chosen.blue()))


class ChoiceInput(FieldInput):
    """A list of the values of a choice."""

    def __init__(self, field: StepField) -> None:
        super().__init__(field)
        self.box = QComboBox()
        for value in field.choices:
            self.box.addItem(choice_label(value), value)
        self.box.setAccessibleName(field.label)
        self.box.setToolTip(field.tip)
        guard_wheel(self.box)
        self.row.addWidget(self.box)
        self.setFocusProxy(self.box)
        self.stops.append(self.box)
        self.box.currentIndexChanged.connect(self._chosen)

    def show_value(self, value: Any) -> None:
        """Shows a value."""
        with QSignalBlocker(self.box):
            self.box.setCurrentIndex(self.box.findData(value))

    def _chosen(self, _index: int) -> None:
        self.begin_drag()
        self.tell(self.box.currentData())


class SwitchInput(FieldInput):
    """A check box."""

    def __init__(self, field: StepField) -> None:
        super().__init__(field)
        self.box = QCheckBox()
        self.box.setAccessibleName(field.label)
        self.box.setToolTip(field.tip)
        self.row.addWidget(self.box)
        self.setFocusProxy(self.box)
        self.stops.append(self.box)
        self.box.toggled.connect(self._switched)

    def show_value(self, value: Any) -> None:
        """Shows whether it is on."""
        with QSignalBlocker(self.box):
            self.box.setChecked(value)

    def _switched(self, on: bool) -> None:
        self.begin_drag()
        self.tell(on)


def input_for(field: StepField) -> FieldInput:
    """Returns the editor of a field."""
    kinds: dict[str, type[FieldInput]] = {
        "whole": NumberInput,
        "number": NumberInput,
        "pair": PairInput,
        "whole_pair": PairInput,
        "triple": TripleInput,
        "colour": ColourInput,
        "choice": ChoiceInput,
        "switch": SwitchInput,
    }
    return kinds[field.kind](field)


def number_box(field: StepField) -> QDoubleSpinBox:
    """Returns a box for one number of a field."""
    box = QDoubleSpinBox()
    box.setDecimals(field.decimals)
    box.setRange(field.low * field.factor, field.high * field.factor)
    box.setSingleStep(_single_step(field))
    box.setSuffix(f" {field.unit}" if field.unit else "")
    box.setKeyboardTracking(False)  # a half-typed number is not a number
    box.lineEdit().setTextMargins(5, 0, 0, 0)
    longest = f"{field.soft[1] * field.factor:.{field.decimals}f}0{box.suffix()}"
    box.setMinimumWidth(box.fontMetrics().horizontalAdvance(longest) + 40)
    box.setMaximumWidth(box.minimumWidth() + 30)
    guard_wheel(box)
    return box


def rounded(field: StepField, value: float) -> float | int:
    """Returns a value within the bounds, with as many digits as the screen shows."""
    if field.kind in ("whole", "whole_pair", "colour"):
        return round(min(max(value, field.low), field.high))
    shown = round(value * field.factor, field.decimals) / field.factor
    return min(max(round(shown, 10), field.low), field.high)


def _single_step(field: StepField) -> float:
    if not field.decimals:
        return 1.0
    if field.factor == 100:
        return 5.0
    return 0.01 if field.decimals >= 4 else (field.soft[1] - field.soft[0]) / 50 or 0.1


def _steps(field: StepField) -> int:
    """Returns how many places the slider has: one for each whole number, if they are whole."""
    low, high = field.soft
    return max(1, round(high - low)) if field.kind == "whole" else _TICKS
