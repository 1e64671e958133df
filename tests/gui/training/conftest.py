"""A small folder of pictures, a tiny network, and a training panel that is ready to start."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.gui.training.panel import TrainingPanel

WAIT_MS = 120_000
"""Longest wait for torch and for a run of a few steps on a busy machine."""
TINY = {
    "name": "tiny",
    "block": "basic",
    "depths": [1, 1],
    "widths": [4, 8],
    "stem": "cifar",
    "stem_width": 4,
    "input_size": 16,
}


@pytest.fixture
def tiny():
    """A network that trains in milliseconds."""
    return NetworkSpec.model_validate(TINY)


@pytest.fixture
def pictures(tmp_path):
    """Two classes that can be told apart: dark and bright noise of 16 pixels."""
    folder = tmp_path / "pictures"
    noise = np.random.default_rng(5)
    for name, low, high in (("bright", 150, 255), ("dark", 0, 100)):
        (folder / name).mkdir(parents=True)
        for number in range(20):
            pixels = noise.integers(low, high, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def one_thread():
    """Steps of a tiny network are slowed, up to a hundred times, by threads that wait in turns."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def bare_panel(qtbot, studio, tiny):
    """The panel as it is first seen, with the tiny network in the form."""
    studio.set_spec(tiny)
    panel = TrainingPanel(studio)
    qtbot.addWidget(panel)
    panel.resize(960, 640)
    panel.show()
    return panel


@pytest.fixture
def panel(qtbot, one_thread, bare_panel, pictures):
    """The panel with the small folder opened and a quick recipe: 8 steps an epoch."""
    bare_panel.set_data_folder(pictures)
    for name, text in (
        ("warmup_epochs", "0"),
        ("batch_size", "4"),
        ("epochs", "3"),
        ("learning_rate", "0.02"),
    ):
        bare_panel.setup.recipe.fields[name].editor.setText(text)
    qtbot.waitUntil(lambda: bare_panel.setup.plan is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: bare_panel.setup.device.devices is not None, timeout=WAIT_MS)
    yield bare_panel
    if bare_panel.running:  # only after a failed test
        bare_panel.session.stop()
        qtbot.waitUntil(lambda: not bare_panel.running, timeout=WAIT_MS)
