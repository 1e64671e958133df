"""The right column of the training panel: buttons, figures, curves and folder of one run."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training import telling
from resnet_studio.gui.training.command_button import CommandButton
from resnet_studio.gui.training.curves_view import CurvesView
from resnet_studio.gui.training.progress_strip import ProgressStrip
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.training.events import RunStarted


class RunView(QWidget):
    """Shows a run; the panel decides which, and when each button is there."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.strip = ProgressStrip()
        self.how = ElidedLabel()
        self.curves = CurvesView(studio)
        self.how.setProperty("muted", True)
        self.how.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._button_row())
        column.addWidget(self.strip)
        column.addWidget(self.how)
        column.addWidget(self.curves, 1)
        column.addLayout(self._folder_row())

    def show_how(self, started: RunStarted | None) -> None:
        """Shows what the program chose for a run; None shows nothing."""
        short, reasons = telling.how_it_runs(started) if started is not None else ("", "")
        self.how.setText(short)
        self.how.setToolTip(reasons)
        self.how.setAccessibleDescription(reasons)
        self.how.setVisible(bool(short))

    def show_folder(self, path: Path | None) -> None:
        """Shows where the run is kept."""
        text = self.tr("Run folder: {path}").format(path=path) if path is not None else ""
        width = max(80, self.folder.width())
        metrics = self.folder.fontMetrics()
        self.folder.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width))
        self.folder.setToolTip(str(path or ""))

    def _button_row(self) -> QHBoxLayout:
        self.start_button = self._command_button("start", self.tr("Start"), primary=True)
        self.pause_button = self._command_button("pause", self.tr("Pause"))
        self.resume_button = self._command_button("resume", self.tr("Resume"))
        self.stop_button = self._command_button("stop", self.tr("Stop"))
        self.look_button = self._command_button("look_inside", self.tr("Look inside"))
        for button in (self.pause_button, self.resume_button, self.look_button):
            button.hide()  # before anybody asks how wide the row must be, which Qt remembers
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self.start_button, self.pause_button, self.resume_button, self.stop_button):
            row.addWidget(button)
        row.addWidget(self.strip.phase, 1)
        row.addWidget(self.look_button)
        return row

    def _command_button(self, name: str, text: str, *, primary: bool = False) -> CommandButton:
        action = self._studio.commands.action(f"training.{name}")
        return CommandButton(action, text, primary=primary)

    def _folder_row(self) -> QHBoxLayout:
        self.folder = QLabel()
        self.folder.setProperty("muted", True)
        self.folder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.folder.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.back_button = QPushButton(self.tr("Back to the present run"))
        self.back_button.setToolTip(self.tr("Show the curves of the run of this session again."))
        self.back_button.hide()
        self.pipelines_button = self._command_button("use_pipelines", self.tr("Use its pipelines"))
        action = self._studio.commands.action("training.use_pipelines")
        action.enabledChanged.connect(self.pipelines_button.setVisible)
        self.pipelines_button.setVisible(action.isEnabled())
        self.folder_button = self._command_button("open_run_folder", self.tr("Open folder"))
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(self.back_button)
        row.addWidget(self.pipelines_button)
        row.addWidget(self.folder_button)
        return row
