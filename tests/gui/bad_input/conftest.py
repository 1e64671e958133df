"""A window for each test, on the tiny network, and a folder of pictures to train on."""

from __future__ import annotations

import pytest
import torch
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from tests.gui.bad_input.rig import Rig
from tests.training.conftest import tiny_spec, write_pictures

WAIT_MS = 60_000


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def open_window(qtbot, home):
    """Opens the window as a launch does; a second call is a second launch."""
    made = []

    def wait(condition):
        qtbot.waitUntil(condition, timeout=WAIT_MS)

    def make() -> Rig:
        made.append(Rig(wait, home / "config" / "settings.json"))
        return made[-1]

    yield make
    for rig in made:
        rig.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def rig(open_window) -> Rig:
    """The window with torch loaded and the tiny network in the form."""
    made = open_window()
    made.ready()
    made.studio.set_spec(tiny_spec(input_size=16))
    made.idle()
    made.messages.clear()
    return made


@pytest.fixture
def pictures(tmp_path):
    """Two classes of seven pictures: three steps of four an epoch."""
    return write_pictures(tmp_path / "pictures", each=7)
