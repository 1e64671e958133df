"""A small folder of pictures with all that can be wrong, and the panel on screen (offscreen)."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from resnet_studio.gui.dataset.panel import DataSetPanel

WAIT_MS = 30_000


def write(path, noise, *, width=24, height=16, low=0, high=256):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = noise.integers(low, high, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def pictures(tmp_path):
    """Three classes of 20, 10 and 5 pictures of noise, of two sizes."""
    folder, noise = tmp_path / "pictures", np.random.default_rng(5)
    for name, count in (("bird", 20), ("cat", 10), ("dog", 5)):
        for number in range(count):
            width = 24 if number % 2 else 40
            write(folder / name / f"{number}.png", noise, width=width)
    return folder


@pytest.fixture
def panel(studio, qtbot):
    """The panel as it is first seen."""
    widget = DataSetPanel(studio)
    qtbot.addWidget(widget)
    widget.resize(960, 640)
    return widget


@pytest.fixture
def settle(studio, qtbot):
    """Waits until the data set is open, or has failed to open."""

    def wait():
        data = studio.data
        qtbot.waitUntil(lambda: data.summary is not None or bool(data.problem), timeout=WAIT_MS)

    return wait


@pytest.fixture
def opened(panel, pictures, settle):
    """The panel with the small folder opened."""
    panel.set_data_folder(pictures)
    panel.show()
    settle()
    return panel


@pytest.fixture
def overview(opened):
    """The overview of the small folder."""
    return opened.views.show_view("overview")
