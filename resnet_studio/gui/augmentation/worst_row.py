"""The samples that show least of the object, as buttons that frame them on the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from resnet_studio.gui.augmentation.statistics_words import share
from resnet_studio.gui.widgets.flow import FlowLayout

_MOST = 8


class WorstRow(QWidget):
    """One button for each of the worst samples; pressed, it frames the sample's crop.

    Attributes:
        most: How many there are at most.
        numbers: The samples, from 0, the worst first.

    Signals:
        chosen(int): Number of the sample to frame, from 0; -1 for none.
    """

    chosen = Signal(int)
    most = _MOST

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.numbers: tuple[int, ...] = ()
        self.buttons = tuple(self._button(place) for place in range(_MOST))
        title = QLabel(self.tr("Samples that show least of it"))
        title.setProperty("muted", True)
        line = QWidget()
        flow = FlowLayout(line, gap=4)
        for button in self.buttons:
            flow.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(title)
        column.addWidget(line)

    def show_worst(self, numbers: Sequence[int], seen: Sequence[float]) -> None:
        """Shows samples with the share of the object that each shows; none is pressed."""
        self.numbers = tuple(numbers)
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(numbers))
            button.setChecked(False)
            if place < len(numbers):
                part = share(seen[place])
                button.setText(f"{numbers[place] + 1:,} · {part}")
                button.setToolTip(
                    self.tr("Frame sample {number:,}, which shows {part} of the object").format(
                        number=numbers[place] + 1, part=part
                    )
                )

    def _button(self, place: int) -> QToolButton:
        button = QToolButton()
        button.setCheckable(True)
        button.setProperty("framed", True)
        button.clicked.connect(lambda pressed: self._pressed(place, pressed))
        return button

    def _pressed(self, place: int, pressed: bool) -> None:
        for other, button in enumerate(self.buttons):
            button.setChecked(pressed and other == place)
        self.chosen.emit(self.numbers[place] if pressed else -1)
