"""The factors of the selected block: of its residual branch and of its shortcut."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QLabel, QPushButton, QSlider, QWidget

from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.widgets.wheel_guard import guard_wheel
from resnet_studio.probe.surgery import INTACT, Operation

_MOST = 2.0
_STEPS = 40
"""Steps of a slider from 0 to `_MOST`: 0.05 each."""


class _Factor(QWidget):
    """One factor as a slider and a number.

    Signals:
        changed(float, bool): Another value; and whether the slider is being dragged.
    """

    changed = Signal(float, bool)

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.label = QLabel(name)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 4)
        self.box = QDoubleSpinBox()
        self.box.setRange(0.0, _MOST)
        self.box.setSingleStep(0.1)
        self.box.setDecimals(2)
        for widget in (self.label, self.slider, self.box):
            widget.setToolTip(tip)
        for editor in (self.slider, self.box):
            editor.setAccessibleName(name)
            guard_wheel(editor)
        self.label.setBuddy(self.box)
        self.slider.valueChanged.connect(self._slid)
        self.box.valueChanged.connect(self._typed)

    def show_value(self, value: float) -> None:
        """Shows a value and emits nothing."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setValue(round(value / _MOST * _STEPS))
            self.box.setValue(value)

    def enable(self, enabled: bool) -> None:
        """Lets the person change it, or not."""
        for widget in (self.label, self.slider, self.box):
            widget.setEnabled(enabled)

    def _slid(self, step: int) -> None:
        self.changed.emit(step * _MOST / _STEPS, self.slider.isSliderDown())

    def _typed(self, value: float) -> None:
        self.changed.emit(value, False)


class SurgeryEditor(QWidget):
    """Shows and changes what is done to one block.

    Signals:
        changed(Operation, str): What the person wants to be done to the block; and the name of the
            drag that it is part of, "" for none.
    """

    changed = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._operation = INTACT
        self._drags = 0
        self.title = ElidedLabel()
        self.branch = _Factor(
            self.tr("F ×"), self.tr("Factor of the residual branch: 0 removes the block.")
        )
        self.shortcut = _Factor(
            self.tr("shortcut ×"), self.tr("Factor of the shortcut: 0 cuts it.")
        )
        self.reset = QPushButton(self.tr("Reset block"))
        self.reset.setToolTip(self.tr("Bring both factors of this block back to 1."))
        self._build()
        self.show_block("", INTACT)

    def show_block(self, title: str, operation: Operation) -> None:
        """Shows what is done to a block.

        Args:
            title: The block; "" if none is selected.
            operation: What is done to it.
        """
        self._operation = operation
        self.title.setText(title or self.tr("Select a block to scale what it adds."))
        self.title.setToolTip(self.title.text())
        self.branch.show_value(operation.branch)
        self.shortcut.show_value(operation.shortcut)
        for factor in (self.branch, self.shortcut):
            factor.enable(bool(title))
        self.reset.setEnabled(bool(title) and operation != INTACT)

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 0, 8, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.title, 0, 0, 1, 6)
        grid.addWidget(self.reset, 0, 6)
        for column, factor in ((0, self.branch), (3, self.shortcut)):
            grid.addWidget(factor.label, 1, column)
            grid.addWidget(factor.slider, 1, column + 1)
            grid.addWidget(factor.box, 1, column + 2)
            grid.setColumnStretch(column + 1, 1)
        self.branch.changed.connect(
            lambda value, drag: self._change(
                "branch", Operation(self._operation.shortcut, value), drag
            )
        )
        self.shortcut.changed.connect(
            lambda value, drag: self._change(
                "shortcut", Operation(value, self._operation.branch), drag
            )
        )
        for factor in (self.branch, self.shortcut):
            factor.slider.sliderPressed.connect(self._new_drag)
        self.reset.clicked.connect(lambda: self._change("", INTACT, False))

    def _new_drag(self) -> None:
        self._drags += 1

    def _change(self, side: str, operation: Operation, dragging: bool) -> None:
        self.changed.emit(operation, f"{side} {self._drags}" if dragging else "")
