"""A panel on a tiny network, shown, with what the tests ask of it."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_studio.architecture.spec import parse_spec
from resnet_studio.data.imaging import picture_from_array
from resnet_studio.gui.features.panel import FeaturesPanel


@pytest.fixture
def tiny_spec():
    return parse_spec(
        {
            "name": "tiny",
            "block": "basic",
            "stem": "cifar",
            "depths": (1, 1),
            "stem_width": 4,
            "widths": (4, 8),
            "classes": 5,
            "input_size": 32,
        }
    )


@pytest.fixture
def picture():
    rng = np.random.default_rng(7)
    return picture_from_array(rng.integers(0, 256, (40, 56, 3), dtype=np.uint8), name="noise")


@pytest.fixture
def panel(studio, qtbot, tiny_spec):
    """The panel on the tiny network, 960 x 640, without a picture."""
    studio.set_spec(tiny_spec)
    studio.commands.set_theme(studio.theme)  # buttons show icons, as in the window
    made = FeaturesPanel(studio)
    qtbot.addWidget(made)
    made.resize(960, 640)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(
        lambda: len(made.samples.buttons) == 5 and not studio.workers.tasks, timeout=20_000
    )
    return made


@pytest.fixture
def look(qtbot, studio):
    """Shows a picture, or waits until the panel has examined what is there now."""

    def run(panel, picture=None):
        if picture is not None:
            studio.set_picture(picture)
        qtbot.waitUntil(lambda: _up_to_date(panel), timeout=20_000)
        return panel.examination

    return run


def _up_to_date(panel) -> bool:
    network = panel.studio.network
    return (
        panel.examination is not None
        and network is not None
        and not panel.studio.workers.tasks
        and panel.shown_for is not None
        and panel.shown_for[0] is panel.studio.picture
        and panel.shown_for[1] is network
    )
