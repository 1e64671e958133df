"""A row that shows how far one task is and lets a person cancel it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.workers import Task, Workers

_STEPS = 1000
_BAR_WIDTH = 160


class TaskRow(QWidget):
    """Words, a bar and *Cancel*; hidden while there is no task.

    Attributes:
        task: The task that is shown; None while there is none.
    """

    def __init__(self, workers: Workers, name: str, parent: QWidget | None = None) -> None:
        """Makes a hidden one; `name` is the accessible name of the bar, translated."""
        super().__init__(parent)
        self.task: Task | None = None
        self.text: QLabel = ElidedLabel()
        self.bar = QProgressBar()
        self.cancel = QPushButton(self.tr("Cancel"))
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(_BAR_WIDTH)
        self.bar.setAccessibleName(name)
        self.cancel.setToolTip(self.tr("Stop this; nothing is changed."))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        row.addWidget(self.bar)
        row.addWidget(self.cancel)
        workers.task_progressed.connect(self._progressed)
        workers.task_finished.connect(self._finished)
        self.cancel.clicked.connect(self._cancel)
        self.hide()

    def follow(self, task: Task) -> None:
        """Shows `task` until it has ended."""
        self.task = task
        self.text.setText(task.title)
        self.bar.setRange(0, 0)
        self.show()

    def _progressed(self, task: Task) -> None:
        if task is not self.task:
            return
        done, total = task.progress.done, task.progress.total
        self.text.setText(task.progress.text or task.title)
        self.bar.setAccessibleDescription(self.text.text())
        self.bar.setRange(0, _STEPS if total > 0 else 0)
        if total > 0:
            self.bar.setValue(round(_STEPS * min(1.0, done / total)))

    def _finished(self, task: Task) -> None:
        if task is self.task:
            self.task = None
            self.hide()

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()
