"""Which sample of a picture the views look at that show one: chosen once for all of them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QSpinBox, QWidget

from resnet_studio.gui.widgets.form_field import beside_label
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

_LAST = 10_000_000
_FRAME = 44
"""Pixels for the arrows and the border of a number field."""


class SampleChoice(QObject):
    """Holds the sample's index.

    Signals:
        changed(int): Another sample is chosen; counted from 0.
    """

    changed = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.index = 0

    def set(self, index: int) -> None:
        """Chooses a sample, counted from 0."""
        if index != self.index:
            self.index = index
            self.changed.emit(index)


def sample_choice(owner: QObject) -> SampleChoice:
    """Returns the choice that all views of one panel share; `owner` is the panel's controls."""
    found = owner.findChild(SampleChoice)
    return SampleChoice(owner) if found is None else found


class SampleBox(QWidget):
    """A labelled number; samples count from 1 on screen and from 0 in a data set.

    Signals:
        changed(): Another sample is chosen, here or in another view.
    """

    changed = Signal()

    def __init__(self, choice: SampleChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = choice
        self.spin = QSpinBox()
        self.spin.setRange(1, _LAST)
        self.spin.setValue(choice.index + 1)
        guard_wheel(self.spin)
        narrow(self.spin)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        tip = self.tr("Which sample: the picture's number in a data set.")
        row.addWidget(beside_label(self.tr("Sample"), self.spin, tip))
        self.spin.valueChanged.connect(lambda number: choice.set(number - 1))
        choice.changed.connect(self._chosen)

    @property
    def index(self) -> int:
        """The chosen sample, from 0."""
        return self._choice.index

    def _chosen(self, index: int) -> None:
        with QSignalBlocker(self.spin):
            self.spin.setValue(index + 1)
        self.changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Keeps the field as narrow as its usual numbers are in larger letters too."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            narrow(self.spin)


def narrow(box: QAbstractSpinBox) -> None:
    """Makes a number field only as wide as usual numbers need: its bounds may have many digits."""
    box.setMaximumWidth(box.fontMetrics().horizontalAdvance("000.00 %") + _FRAME)
