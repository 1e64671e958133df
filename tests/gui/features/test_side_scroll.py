from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from resnet_studio.data.imaging import picture_from_array

ENOUGH = 100


class Resizes(QObject):
    """Counts how often a widget is resized; hides its window before it overflows the stack."""

    def __init__(self, widget):
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Resize:
            self.count += 1
            if self.count > ENOUGH:
                watched.window().hide()
        return False


@pytest.mark.parametrize("size", [(120, 240), (140, 240)])
def test_the_column_settles_at_every_height_of_the_window(panel, look, size):
    """A scroll bar that came and went for ever took the whole program with it."""
    pixels = np.zeros((*size, 3), dtype=np.uint8)
    look(panel, picture_from_array(pixels, name="wide"))
    resizes = Resizes(panel.side)
    least = panel.side.minimumSizeHint().height()
    for height in range(least, least + 100, 3):
        resizes.count = 0
        panel.resize(960, height)
        QApplication.processEvents()
        assert resizes.count < ENOUGH, f"no end at a height of {height}"


def test_the_contents_are_equally_wide_with_and_without_the_bar(panel, look, picture):
    look(panel, picture)
    area = panel.splitter.widget(0)
    widths = {}
    for height in (300, 900):
        panel.resize(960, height)
        QApplication.processEvents()
        widths[area.verticalScrollBar().isVisible()] = panel.side.picture.width()
    assert widths.keys() == {True, False}
    assert len(set(widths.values())) == 1
