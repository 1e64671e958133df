"""The status bar: what runs now (with a way to cancel it), device, torch, memory."""

from __future__ import annotations

import psutil
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton

from resnet_studio.gui.studio import Studio, TorchStatus
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.workers import Task

_MEMORY_INTERVAL_MS = 2_000
_SHOW_AFTER_MS = 300
_STEPS = 1_000
_MARGIN, _GAP = 8, 12
TRAINING_LANE = "train"


class StatusBar(QStatusBar):
    """The oldest visible task (a run of training last) at the left, the machine at the right."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._process = psutil.Process()
        self.task: Task | None = None
        self.activity = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.bar = QProgressBar()
        self.cancel = QToolButton()
        self.torch = QLabel()
        self.memory = QLabel()
        self._build()
        self._connect()
        self._show_torch(studio.torch)
        self._show_memory()

    def show_closing(self) -> None:
        """Says that the window waits for the run to save its checkpoint."""
        self.showMessage(self.tr("Saving the run before closing…"))

    def _build(self) -> None:
        self.setContentsMargins(_MARGIN, 0, 0, 0)
        # As wide as its words, and narrower where a file has a long name: a label would widen
        # the window.
        self.activity.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.bar.setFixedWidth(140)
        self.bar.setFixedHeight(14)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.cancel.setText(self.tr("Cancel"))
        self.cancel.setProperty("framed", True)
        self.cancel.setAccessibleName(self.cancel.text())
        self.cancel.setToolTip(self.tr("Stop this work; nothing finished is lost."))
        for widget in (self.activity, self.bar, self.cancel):
            self.addWidget(widget)
            widget.hide()
        self.torch.setToolTip(self.tr("The device and the version of torch in use"))
        self.memory.setToolTip(self.tr("Memory of this program, and of the whole machine"))
        for label in (self.torch, self.memory):
            label.setContentsMargins(_GAP, 0, 0, 0)
            self.addPermanentWidget(label)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_SHOW_AFTER_MS)
        self._clock = QTimer(self)
        self._clock.setInterval(_MEMORY_INTERVAL_MS)
        self._clock.start()

    def _connect(self) -> None:
        workers = self._studio.workers
        workers.task_started.connect(lambda _task: self._choose())
        workers.task_finished.connect(lambda _task: self._choose())
        workers.task_progressed.connect(self._progressed)
        self._studio.torch_changed.connect(self._show_torch)
        self.cancel.clicked.connect(self._cancel)
        self._delay.timeout.connect(self._reveal)
        self._clock.timeout.connect(self._show_memory)

    def _choose(self) -> None:
        tasks = [task for task in self._studio.workers.tasks if task.visible and not task.cancelled]
        # A run takes minutes and has its own progress in its panel: it must not hide the others.
        tasks.sort(key=lambda task: task.lane == TRAINING_LANE)
        self.task = tasks[0] if tasks else None
        if self.task is None:
            self._delay.stop()
            for widget in (self.activity, self.bar, self.cancel):
                widget.hide()
        elif self.bar.isHidden():
            self._delay.start()
        else:
            self._reveal()

    def _reveal(self) -> None:
        if self.task is None:
            return
        self._progressed(self.task)
        self.activity.show()
        self.bar.show()
        self.cancel.setVisible(self.task.cancellable)

    def _progressed(self, task: Task) -> None:
        if task is not self.task:
            return
        progress = task.progress
        self.activity.setText(progress.text or task.title)
        self.activity.setToolTip(self.activity.text())
        self.bar.setAccessibleDescription(self.activity.text())
        if progress.total > 0:
            self.bar.setRange(0, _STEPS)
            self.bar.setValue(round(_STEPS * min(1.0, progress.done / progress.total)))
        else:
            self.bar.setRange(0, 0)

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self._choose()

    def _show_torch(self, status: TorchStatus) -> None:
        self.torch.setText(
            {
                "waiting": self.tr("torch: not loaded yet"),
                "loading": self.tr("loading torch…"),
                "ready": self.tr("{device} · torch {version}").format(
                    device=status.device, version=status.version
                ),
                "failed": self.tr("torch is missing: no feature maps, no training"),
            }[status.state]
        )
        self.torch.setProperty("error", status.state == "failed")
        self.torch.style().unpolish(self.torch)
        self.torch.style().polish(self.torch)
        if status.state == "failed":
            self._studio.show_message(status.message, remedy=status.remedy, kind="error")

    def _show_memory(self) -> None:
        used = self._process.memory_info().rss / 2**30
        total = psutil.virtual_memory().total / 2**30
        self.memory.setText(
            self.tr("memory {used} of {total} GB").format(used=f"{used:.2f}", total=f"{total:.0f}")
        )
