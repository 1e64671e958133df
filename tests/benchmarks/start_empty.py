"""A script: the least that PySide6 can show, an empty main window; prints when it was painted.

    python start_empty.py STARTED

STARTED is `time.monotonic()` of whoever starts the process. Imports nothing of this project.
"""

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class EmptyWindow(QMainWindow):
    """A main window without anything; ends the program when it has been painted."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        QTimer.singleShot(0, self, self._painted)

    def _painted(self) -> None:
        print(f'{{"painted": {time.monotonic() - float(sys.argv[1])}}}')
        self.close()


application = QApplication(sys.argv[:1])
window = EmptyWindow()
window.resize(1280, 800)
window.show()
sys.exit(application.exec())
