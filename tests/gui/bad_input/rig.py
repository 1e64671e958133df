"""The real window, handled as a person would: files dropped, buttons pressed, messages read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from resnet_studio.gui.main_window import MainWindow
from resnet_studio.gui.workspace import PANELS
from resnet_studio.settings import Settings

Wait = Callable[[Callable[[], bool]], object]
"""Runs the event loop until a condition holds."""


class Rig:
    """A window, what it said, and the ways to wait for it.

    Attributes:
        messages: What the message bar was given since it was last emptied.
    """

    def __init__(self, wait: Wait, settings: Path) -> None:
        self._wait = wait
        self._closed = False
        self.window = MainWindow(Settings(settings))
        self.window.show()
        self.until(lambda: self.window.workspace is not None)
        self.workspace = self.window.workspace
        self.studio = self.workspace.studio
        self.messages = []
        self.studio.message_posted.connect(self.messages.append)
        self.until(lambda: len(self.workspace.panels) == len(PANELS))
        self.panels = self.workspace.panels

    @property
    def training(self):
        return self.panels["training"]

    @property
    def features(self):
        return self.panels["features"]

    def until(self, condition) -> None:
        self._wait(lambda: bool(condition()))

    def ready(self) -> None:
        self.until(lambda: self.studio.torch.state in ("ready", "failed"))

    def idle(self, *, but: str = "") -> None:
        """Waits until nothing is under way in any lane but one."""
        self.until(lambda: all(task.lane == but for task in self.studio.workers.tasks))

    def drop(self, path: Path) -> bool:
        """Drops a file with the events that a desktop sends; returns whether it was taken."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        return self.drop_mime(mime)

    def drop_mime(self, mime: QMimeData) -> bool:
        centre = QPointF(self.window.rect().center())
        common = (
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        enter = QDragEnterEvent(centre.toPoint(), *common)
        QApplication.sendEvent(self.window, enter)
        if enter.isAccepted():
            QApplication.sendEvent(self.window, QDragMoveEvent(centre.toPoint(), *common))
            QApplication.sendEvent(self.window, QDropEvent(centre, *common))
        return enter.isAccepted()

    def told(self) -> str:
        """Returns all messages since the last call, a line each, and forgets them."""
        lines = [f"{m.kind}: {m.text} {m.remedy}".strip() for m in self.messages]
        self.messages.clear()
        assert not any("program itself" in line for line in lines), lines
        return "\n".join(lines)

    def one_error(self) -> str:
        """Returns the one thing that the window complained of."""
        assert [m.kind for m in self.messages] in (["error"], ["warning"]), self.messages
        assert self.messages[0].remedy
        return self.told()

    def prepare_training(self, folder: Path, *, epochs: int) -> None:
        """Drops a folder and types a recipe of three steps an epoch."""
        self.drop(folder)
        for name, value in (
            ("warmup_epochs", "0"),
            ("batch_size", "4"),
            ("epochs", str(epochs)),
            ("learning_rate", "0.02"),
        ):
            self.training.setup.recipe.fields[name].editor.setText(value)
        self.until(lambda: self.training.setup.plan is not None)
        self.until(lambda: self.training.setup.device.devices is not None)

    def train(self, folder: Path, *, epochs: int) -> None:
        """Starts a run and waits for its first step."""
        self.prepare_training(folder, epochs=epochs)
        self.training.start_button.click()
        self.until(lambda: self.training.session.latest is not None)

    def stop(self) -> None:
        self.training.stop_button.click()
        self.until(lambda: not self.training.running)

    def close(self) -> None:
        """Closes the window without a question; again does nothing."""
        if self._closed:
            return
        self._closed = True
        self.studio.ask = lambda *_, **__: True
        self.window.close()
        self.until(lambda: not self.window.isVisible())
        self.window.deleteLater()
