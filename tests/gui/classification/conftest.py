"""The panel on a tiny network, shown, and pictures of noise in class folders."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from resnet_studio.architecture.spec import parse_spec
from resnet_studio.gui.classification.panel import ClassificationPanel


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
def folder(tmp_path):
    """Four pictures in a folder that has the name of a class, one beside it, one broken."""
    rng = np.random.default_rng(5)
    inner = tmp_path / "pictures" / "class 2"
    inner.mkdir(parents=True)
    for number in range(4):
        pixels = rng.integers(0, 256, (40 + 3 * number, 52, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(inner / f"{number}.png")
    Image.new("RGB", (32, 48), "teal").save(inner.parent / "beside.png")
    (inner.parent / "broken.png").write_bytes(b"no picture")
    return inner.parent


@pytest.fixture
def panel(studio, qtbot, tiny_spec):
    """The empty panel, 1000 x 640."""
    studio.set_spec(tiny_spec)
    studio.commands.set_theme(studio.theme)
    made = ClassificationPanel(studio)
    qtbot.addWidget(made)
    made.resize(1000, 640)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def settle(qtbot, studio):
    """Waits until every picture is classified and the selected one is looked at."""

    def wait(panel):
        model = panel.model
        qtbot.waitUntil(
            lambda: bool(model.entries and not model.counts.waiting and not studio.workers.tasks),
            timeout=20_000,
        )

    return wait
