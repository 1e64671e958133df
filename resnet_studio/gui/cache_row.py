"""How much the cache takes on the disk, and the button that empties it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import TaskState

_LANE = "cache"


class CacheRow(QWidget):
    """Shows the present size; measured and emptied by a worker, since it may be many files."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.size_label = QLabel(self.tr("measuring…"))
        self.clear_button = QPushButton(self.tr("Clear"))
        self.clear_button.setAutoDefault(False)
        self.clear_button.setToolTip(
            self.tr("Remove all thumbnails now; they are made again when they are needed.")
        )
        self.size_label.setAccessibleName(self.tr("Present size of the cache"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.size_label)
        row.addWidget(self.clear_button)
        self.clear_button.clicked.connect(lambda: self._run(clear=True))
        self._run(clear=False)

    def _run(self, *, clear: bool) -> None:
        def job(_state: TaskState) -> int:
            from resnet_studio.data.caches import DiskCache

            cache = DiskCache()
            if clear:
                cache.clear()
            return cache.used_bytes()

        self.clear_button.setEnabled(False)
        task = self._studio.workers.start(job, lane=_LANE, visible=False, on_result=self._show_size)
        self.destroyed.connect(task.cancel)

    def _show_size(self, used: int) -> None:
        self.size_label.setText(self.tr("{size} MB used").format(size=f"{used / 10**6:,.1f}"))
        self.clear_button.setEnabled(used > 0)
