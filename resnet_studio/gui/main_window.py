"""The main window: painted first, furnished afterwards.

This module imports nothing but Qt, the theme and the settings, so that the window is on screen
in little more time than an empty one. `furnish` then makes the workspace (which needs pydantic
and the panels), and the workspace lets a worker import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

from resnet_studio.gui import theme as themes
from resnet_studio.gui.icons import application_icon
from resnet_studio.settings import Settings

if TYPE_CHECKING:
    from resnet_studio.gui.workspace import Workspace

_FIRST_SIZE = (1280, 800)


class MainWindow(QMainWindow):
    """The frame of the studio.

    Signals (GUI thread):
        painted(): The window was painted for the first time.
        furnished(): Form and panels are there.
    """

    painted = Signal()
    furnished = Signal()

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings if settings is not None else Settings()
        self.workspace: Workspace | None = None
        self._was_painted = False
        self._dress()
        self._restore_geometry()

    def furnish(self) -> None:
        """Makes the form, the panels, the menus and the toolbar; once."""
        if self.workspace is not None:
            return
        try:
            from resnet_studio.gui.workspace import Workspace  # pydantic: after the first paint

            self.workspace = Workspace(self, self.settings)
        except Exception as error:
            self._say_why_empty(error)
            raise
        self.furnished.emit()

    def close_without_asking(self) -> None:
        """Closes the window; a run in progress is stopped first and kept."""
        if self.workspace is None or self.workspace.stop_and_close():
            self.close()

    # -- Qt overrides -----------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            # The next turn of the event loop: the frame must reach the screen before the work.
            QTimer.singleShot(0, self, self._after_first_paint)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.workspace is not None and not self.workspace.may_close():
            event.ignore()
            return
        self.settings["geometry"] = _encoded(self.saveGeometry())
        if self.workspace is not None:
            self.settings["window_state"] = _encoded(self.saveState())
            self.hide()  # joining a worker may take a moment; nobody should watch it
            self.workspace.shutdown()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.workspace is not None and self.workspace.drops.accepts(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.workspace is not None and self.workspace.drops.take(event.mimeData()):
            event.acceptProposedAction()

    # -- helpers ----------------------------------------------------------------------------

    def _dress(self) -> None:
        self.setWindowTitle("ResNet Studio")
        self.setWindowIcon(application_icon())
        self.setAcceptDrops(True)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            themes.apply(
                application,
                themes.choose(self.settings["appearance"]),
                font_scale=self.settings["font_scale"],
            )
        waiting = QLabel(self.tr("Opening the studio…"))
        waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        waiting.setProperty("muted", True)
        self.setCentralWidget(waiting)

    def _restore_geometry(self) -> None:
        self.resize(*_FIRST_SIZE)
        if self.settings["geometry"]:
            self.restoreGeometry(_decoded(self.settings["geometry"]))

    def _say_why_empty(self, error: BaseException) -> None:
        """A window that stays empty must at least say why; the hook logs the traceback."""
        reason = QLabel(
            self.tr("The studio cannot be opened: {reason}\nInstall ResNet Studio again.").format(
                reason=f"{type(error).__name__}: {error}"
            )
        )
        reason.setAlignment(Qt.AlignmentFlag.AlignCenter)
        reason.setWordWrap(True)
        self.setCentralWidget(reason)

    def _after_first_paint(self) -> None:
        self.painted.emit()
        self.furnish()


def _encoded(state: QByteArray) -> str:
    return bytes(state.toBase64().data()).decode("ascii")


def _decoded(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii", "replace"))
