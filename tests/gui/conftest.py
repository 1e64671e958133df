"""A studio without a window, and the check that no widget or timer outlives its test."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication

from resnet_studio.gui.studio import Studio, TorchStatus
from resnet_studio.settings import Settings


@pytest.fixture
def studio(qapp, home):
    """The shared state on a temporary home; torch counts as ready (it is imported on demand)."""
    state = Studio(Settings(home / "config" / "settings.json"))
    state.set_torch(TorchStatus("ready", version="test", device="CPU"))
    yield state
    state.shutdown()
    state.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def messages(studio):
    """Collects what the studio would show in its message bar."""
    shown = []
    studio.message_posted.connect(shown.append)
    return shown


@pytest.fixture(scope="session")
def thawed_at_the_end():
    """What is frozen would be reported as leaked when the process ends."""
    yield
    gc.unfreeze()


@pytest.fixture(scope="module", autouse=True)
def what_is_loaded_is_not_searched_again(thawed_at_the_end):
    """Collects garbage of the tests alone: with all of torch it takes 0.4 s, twice a test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_of_qt_is_left(qapp):
    """A test that leaves a top-level widget or a running timer of ours fails."""
    yield
    for _ in range(2):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
    windows = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert not windows, f"visible top-level widgets left: {windows}"
    timers = [timer for timer in qapp.findChildren(QTimer) if timer.isActive()]
    assert not timers, f"active timers left: {timers}"
