"""The field that chooses one sample of a picture; remembered by the views that have it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from resnet_studio.gui.widgets.wheel_guard import guard_wheel

_LAST = 1_000_000


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
        self.spin.setToolTip(self.tr("Which sample: the picture's number in a data set."))
        self.spin.setAccessibleName(self.tr("Sample"))
        guard_wheel(self.spin)
        label = QLabel(self.tr("Sample"))
        label.setProperty("muted", True)
        label.setBuddy(self.spin)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(label)
        row.addWidget(self.spin)
        self.spin.valueChanged.connect(self.changed)

    @property
    def index(self) -> int:
        """The chosen sample, from 0."""
        return self.spin.value() - 1

    def choose(self, index: int) -> None:
        """Chooses a sample, counted from 0."""
        self.spin.setValue(index + 1)
