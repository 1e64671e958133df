"""The real main window, driven as a person would: opened, waited for, dropped on, closed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from PySide6.QtCore import (
    QEvent,
    QEventLoop,
    QMimeData,
    QPointF,
    Qt,
    QTimer,
    QUrl,
    SignalInstance,
)
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from resnet_studio.architecture.catalog import get
from resnet_studio.gui.app import make_application
from resnet_studio.gui.main_window import MainWindow
from resnet_studio.gui.workspace import PANELS, Workspace
from resnet_studio.settings import HOME_VARIABLE, Settings

WINDOW_SIZE = (1280, 800)
_PATIENCE_S = 300.0


@contextmanager
def open_workspace(network: str, panel: str) -> Iterator[Workspace]:
    """Opens the window on an empty home, with torch ready and one panel in front; closes it.

    Args:
        network: Id of a network of the catalogue.
        panel: Name of the panel: "architecture", "features", "augmentation", "training".
    """
    application = make_application()
    # Threads have ended when the window is closed, but a log may still be open on Windows.
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        patch.dict(os.environ, {HOME_VARIABLE: folder}),
    ):
        settings = Settings(Path(folder) / "settings.json")
        settings["network"] = get(network).spec.to_json()
        window = MainWindow(settings)
        window.resize(*WINDOW_SIZE)
        window.show()
        try:
            wait_until(lambda: window.workspace is not None, told_by=window.furnished)
            assert window.workspace is not None
            _await_torch(window.workspace)
            window.workspace.show_panel(panel)
            settle()
            yield window.workspace
        finally:
            window.close()
            window.deleteLater()
            application.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _await_torch(workspace: Workspace) -> None:
    studio = workspace.studio
    studio.message_posted.connect(_fail_at_error)
    wait_until(
        lambda: studio.torch.state in ("ready", "failed") and len(workspace.panels) == len(PANELS),
        told_by=studio.torch_changed,
    )
    if studio.torch.state != "ready":
        raise RuntimeError(f"torch cannot be loaded: {studio.torch.message}")


def _fail_at_error(message: object) -> None:
    """Raises in the slot, which prints it: a figure beside an error message must not pass."""
    if getattr(message, "kind", "") == "error":
        raise RuntimeError(f"the window showed an error: {message}")


def wait_until(condition: Callable[[], bool], *, told_by: SignalInstance) -> None:
    """Runs the event loop until `condition` holds, which is looked at at each signal.

    Nothing is asked in between: a timer that wakes up beside a measurement would disturb it.

    Raises:
        TimeoutError: If that takes more than some minutes.
    """
    if condition():
        return
    loop = QEventLoop()

    def look(*_: object) -> None:
        if condition():
            loop.quit()

    patience = QTimer()
    patience.setSingleShot(True)
    patience.timeout.connect(lambda: loop.exit(1))
    patience.start(round(_PATIENCE_S * 1000))
    told_by.connect(look)
    failed = loop.exec()
    told_by.disconnect(look)
    if failed:
        raise TimeoutError("the window did not do what was waited for")


def run_loop(seconds: float) -> None:
    """Lets the window live for some time."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def settle() -> None:
    """Lets layouts, first paints and short-lived workers come to rest."""
    run_loop(0.5)


def drop(window: QWidget, path: Path) -> None:
    """Drops a file on the window with the events that a desktop would send.

    Raises:
        RuntimeError: If the window refuses it.
    """
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    centre = QPointF(window.rect().center())
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(centre.toPoint(), action, mime, button, keys)
    QApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        raise RuntimeError(f"the window does not accept {path}")
    QApplication.sendEvent(window, QDropEvent(centre, action, mime, button, keys))
