"""The top of the *Data set* panel: which data set, what is in it, and how to bring another."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from resnet_studio.gui.data_choice import LANE
from resnet_studio.gui.data_sources import SourceActions, SourceBox
from resnet_studio.gui.dataset.task_row import TaskRow
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.command_button import CommandButton
from resnet_studio.gui.training.data_summary import DataSummary
from resnet_studio.gui.training.problems_dialog import counted
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.widgets.flow import FlowLayout, labelled
from resnet_studio.gui.workers import Task


class SourceBar(QWidget):
    """Chooses the data set of the window and says in a line what training will use of it."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._data = studio.data
        self.bring = SourceActions(studio, self)
        self.source = SourceBox(studio.data)
        self.path: QLabel = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.summary = QLabel()
        self.row = TaskRow(studio.workers, self.tr("Progress of the opening"))
        self._build()
        studio.data.changed.connect(self._show)
        studio.workers.task_started.connect(self._started)
        self._show()

    def _build(self) -> None:
        tr, action = self.tr, self._studio.commands.action
        self.folder_button = CommandButton(action("dataset.folder"), tr("Folder…"))
        self.zip_button = CommandButton(action("dataset.zip"), tr(".zip…"))
        self.place_button = self._button(
            tr("Choose folder…"),
            tr("Choose the folder in which it lies already."),
            self.bring.choose_place,
        )
        self.download_button = self._button(
            tr("Download…"), tr("Fetch it from its authors' page; asks first."), self.bring.download
        )
        self.again_button = CommandButton(action("dataset.reopen"), tr("Look again"))
        self.undo_button = CommandButton(
            action("dataset.forget_changes"), tr("Take all changes back")
        )
        self.summary.setWordWrap(True)
        self.summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.path.setProperty("muted", True)
        self.path.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        top = QWidget()
        line = FlowLayout(top, gap=6, fill=True)
        line.addWidget(labelled(tr("&Pictures"), self.source))
        widgets: tuple[QWidget, ...] = (
            self.folder_button,
            self.zip_button,
            self.place_button,
            self.download_button,
            self.again_button,
            self.undo_button,
            self.path,
        )
        for widget in widgets:
            line.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for each in (top, self.row, self.summary):
            column.addWidget(each)

    def _button(self, text: str, tip: str, does: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.clicked.connect(lambda _checked=False: does())
        return button

    def _started(self, task: Task) -> None:
        if task.lane == LANE:
            self.row.follow(task)

    def _show(self) -> None:
        data, config = self._data, self._data.config
        self.source.follow()
        own = config.source in ("digits", "folder")
        missing = not own and data.summary is None and not data.opening
        for button in (self.folder_button, self.zip_button):
            button.setVisible(own)
        self.place_button.setVisible(not own)
        self.download_button.setVisible(missing and self.bring.can_download)
        self.again_button.setVisible(data.chosen and config.source != "digits")
        self.undo_button.setVisible(bool(config.edits))
        self.path.setVisible(not own or config.path is not None)
        self.path.setText(config.path or "")
        self.path.setToolTip(config.path or "")
        if data.problem:
            self._say(data.problem, error=True)
        elif data.summary is not None:
            self._say(self.words(data.summary))
        else:
            self._say("")

    def words(self, summary: DataSummary) -> str:
        """Tells what training uses of an opened data set."""
        parts = [
            self.tr("{pictures:,} pictures in {classes:,} classes").format(
                pictures=summary.train_size + summary.validation_size + summary.test_size,
                classes=len(summary.classes),
            ),
            self.tr("{count:,} to learn from").format(count=summary.train_size),
            self.tr("{count:,} for validation").format(count=summary.validation_size),
        ]
        if summary.test_size:
            parts.append(self.tr("{count:,} kept for testing").format(count=summary.test_size))
        if summary.problems:
            parts.append(counted(summary.problems))
        return f"{summary.name}: {' · '.join(parts)}"

    def _say(self, text: str, *, error: bool = False) -> None:
        self.summary.setVisible(bool(text))
        self.summary.setText(text)
        if bool(self.summary.property("error")) != error:
            self.summary.setProperty("error", error)
            self.summary.style().unpolish(self.summary)
            self.summary.style().polish(self.summary)
