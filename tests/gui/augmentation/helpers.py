"""What several tests of the panel need."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage


def pixels(image):
    """Returns a picture of Qt as (H, W, 3) uint8."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def choose(box, data):
    """Chooses an entry of a combo box as a person does."""
    index = box.findData(data)
    assert index >= 0, data
    box.setCurrentIndex(index)
    box.activated.emit(index)


def grid_pixels(panel):
    """Returns the samples of the grid as arrays."""
    return [
        pixels(panel.samples.grid.image(index)) for index in range(len(panel.samples.grid.draws))
    ]
