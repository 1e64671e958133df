"""The field that chooses one sample of a picture; remembered by the views that have it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QSpinBox, QWidget

from resnet_studio.gui.widgets.form_field import beside_label
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

_LAST = 1_000_000
_FRAME = 44
"""Pixels for the arrows and the border of a number field."""


class SampleBox(QWidget):
    """A labelled number; samples count from 1 on screen and from 0 in a data set.

    Signals:
        changed(): Another sample is chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spin = QSpinBox()
        self.spin.setRange(1, _LAST)
        guard_wheel(self.spin)
        narrow(self.spin)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        tip = self.tr("Which sample: the picture's number in a data set.")
        row.addWidget(beside_label(self.tr("Sample"), self.spin, tip))
        self.spin.valueChanged.connect(self.changed)

    def changeEvent(self, event: QEvent) -> None:
        """Keeps the field as narrow as its usual numbers are in larger letters too."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            narrow(self.spin)

    @property
    def index(self) -> int:
        """The chosen sample, from 0."""
        return self.spin.value() - 1

    def choose(self, index: int) -> None:
        """Chooses a sample, counted from 0."""
        self.spin.setValue(index + 1)


def narrow(box: QAbstractSpinBox) -> None:
    """Makes a number field only as wide as usual numbers need: its bounds may have many digits."""
    box.setMaximumWidth(box.fontMetrics().horizontalAdvance("000.00 %") + _FRAME)
