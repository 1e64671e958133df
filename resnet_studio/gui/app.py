"""Starting the window: application, exception hook, first paint; then everything else.

Order matters and is measured by `tests/benchmarks`: Qt widgets only, paint; then pydantic, the
form and the panels; then torch in a worker.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from resnet_studio.gui.main_window import MainWindow
from resnet_studio.settings import log_dir

if TYPE_CHECKING:
    import logging

_LOG_BYTES = 1_000_000


def run(arguments: Sequence[str] = ()) -> int:
    """Opens the window and returns the exit code when it is closed.

    Args:
        arguments: Files to open, as if they were dropped on the window.
    """
    application = make_application()
    window = MainWindow()
    window.painted.connect(start_log)
    restore_hooks = install_exception_hooks(window)
    window.furnished.connect(lambda: _open_files(window, arguments))
    restore_signals = close_on_signals(window)
    window.show()
    try:
        return application.exec()
    finally:
        restore_signals()
        restore_hooks()


def make_application() -> QApplication:
    """Returns the one application object, made and named if it is not there yet."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    application = QApplication(sys.argv[:1])
    application.setApplicationName("ResNet Studio")
    application.setDesktopFileName("resnet-studio")
    application.setStyle("Fusion")
    return application


def start_log() -> None:
    """Writes warnings and errors to a small rotating file; a full disk must not stop us."""
    import logging.handlers  # after the first paint

    try:
        folder = log_dir()
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            folder / "resnet-studio.log", maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8"
        )
    except OSError:
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger("resnet_studio").addHandler(handler)


def install_exception_hooks(window: MainWindow) -> Callable[[], None]:
    """Shows and logs what no code caught, in slots and in threads; returns how to undo that.

    PySide6 hands an exception in a slot to `sys.excepthook` and runs on; without a hook nobody
    would learn of it.
    """
    before = (sys.excepthook, threading.excepthook)

    def hook(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before[0](kind, error, traceback)
            return
        _log().error("unexpected error", exc_info=(kind, error, traceback))
        if window.workspace is not None:
            window.workspace.studio.show_error(error)
        else:
            before[0](kind, error, traceback)

    def thread_hook(arguments: threading.ExceptHookArgs) -> None:
        _log().error("unexpected error in %s", arguments.thread, exc_info=arguments.exc_value)

    sys.excepthook, threading.excepthook = hook, thread_hook

    def restore() -> None:
        sys.excepthook, threading.excepthook = before

    return restore


def close_on_signals(window: MainWindow) -> Callable[[], None]:
    """Lets Ctrl+C in the terminal, and SIGTERM, close the window as a person would.

    A run in progress is stopped and kept without a question. Python sees a signal when it next
    runs, which the status bar's clock makes it do every two seconds. Returns how to undo it.
    """

    def close(_number: int, _frame: object) -> None:
        QTimer.singleShot(0, window, window.close_without_asking)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, close) for number in numbers}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore


def _log() -> logging.Logger:
    import logging

    return logging.getLogger(__name__)


def _open_files(window: MainWindow, arguments: Sequence[str]) -> None:
    from pathlib import Path

    if window.workspace is not None:
        for argument in arguments[:1]:
            window.workspace.drops.open_path(Path(argument))
