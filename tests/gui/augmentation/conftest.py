"""The panel on screen (offscreen), and pictures for it."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_studio.architecture.catalog import get
from resnet_studio.data.imaging import picture_from_array, sample_pictures
from resnet_studio.data.sources import DataConfig
from resnet_studio.gui.augmentation.panel import AugmentationPanel

LONG_MS = 60_000  # the first sample of a test run imports torch


@pytest.fixture(scope="session")
def photograph():
    return sample_pictures()[0]


@pytest.fixture
def make_picture():
    """Returns a picture of noise of a given size."""

    def make(width, height, name="noise"):
        noise = np.random.default_rng(7).integers(0, 256, (height, width, 3))
        return picture_from_array(noise.astype(np.uint8), name=name)

    return make


@pytest.fixture
def studio(studio):
    """The shared state with a network for own pictures of 224 pixels, as most tests mean it."""
    studio.set_spec(get("resnet18").spec)
    studio.data.replace(DataConfig(source="folder"))
    studio.undo_stack.clear()
    return studio


@pytest.fixture
def panel(studio, qtbot):
    widget = AugmentationPanel(studio)
    qtbot.addWidget(widget)
    widget.resize(960, 640)
    widget.show()
    return widget


@pytest.fixture
def settle(qtbot, panel):
    """Runs an action and waits until the samples that it asks for are there."""

    def run(action, *arguments):
        with qtbot.waitSignal(panel.settled, timeout=LONG_MS):
            action(*arguments)

    return run


@pytest.fixture
def filled(panel, studio, settle, photograph):
    """The panel with twelve samples of a photograph."""
    settle(studio.set_picture, photograph)
    return panel
