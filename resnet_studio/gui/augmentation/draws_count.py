"""How many draws the views of many draws count; one number for all of them, kept for next time."""

from __future__ import annotations

from PySide6.QtWidgets import QSpinBox, QWidget

from resnet_studio.data.draw_statistics import FEWEST, MOST, USUAL
from resnet_studio.gui.features.why_choices import choice, remember
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

_KEY = "lab.draws"
_STEP = 100


class DrawsCount(QSpinBox):
    """Chooses a number of draws."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setRange(FEWEST, MOST)
        self.setSingleStep(_STEP)
        self.setGroupSeparatorShown(True)
        self.setKeyboardTracking(False)  # 1,000 would be drawn as 1, 10, 100 first
        self.setToolTip(
            self.tr(
                "How many draws are counted: those of the pictures 1, 2, 3, … of a data set, each "
                "of this size. More draws come closer to the theory."
            )
        )
        self.setAccessibleName(self.tr("Number of draws"))
        guard_wheel(self)
        remembered = choice(studio, _KEY, "")
        self.setValue(int(remembered) if remembered.isdigit() else USUAL)
        self.valueChanged.connect(lambda count: remember(self._studio, _KEY, str(count)))
