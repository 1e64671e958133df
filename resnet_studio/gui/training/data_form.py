"""The choice of the data set in the training panel: a view of `studio.data`.

What is chosen is opened in a worker at once, so that its classes, its sizes and what is wrong with
it are on the screen before training. The data set panel shows more of it and changes it.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from resnet_studio.data.sources import DataConfig
from resnet_studio.gui.data_sources import SourceActions, SourceBox
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.data_summary import DataSummary
from resnet_studio.gui.training.problems_dialog import ProblemsDialog, counted
from resnet_studio.gui.widgets.form_field import FormField


class DataForm(QWidget):
    """Chooses a data set and tells what is in it.

    Signals:
        changed(): Another data set was chosen, or the chosen one was opened or failed to open.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._data = studio.data
        self.bring = SourceActions(studio, self)
        self._build()
        self._connect()
        self._show_state()

    @property
    def config(self) -> DataConfig:
        """Which data set is chosen."""
        return self._data.config

    @property
    def summary(self) -> DataSummary | None:
        """What is in it; None until it is open."""
        return self._data.summary

    @property
    def problem(self) -> str:
        """Why it cannot be used; empty if nothing is wrong."""
        return self._data.problem

    @property
    def opening(self) -> bool:
        """Whether the data set is being opened."""
        return self._data.opening

    def set_folder(self, path: Path) -> None:
        """Chooses a folder or .zip of classes."""
        self._data.set_path(path)

    def start(self) -> None:
        """Opens the data set for the first time, when the form is first shown."""
        self._data.start()

    def choose_folder(self) -> None:
        """Asks for a folder of class folders."""
        self.bring.choose_folder()

    def show_problems(self) -> ProblemsDialog | None:
        """Opens the list of what was left out."""
        if self.summary is None or not self.summary.problems:
            return None
        dialog = ProblemsDialog(
            self._studio, self.summary.name, self.summary.problems, self.window()
        )
        dialog.open()
        return dialog

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        tr = self.tr
        self.source = SourceBox(self._data)
        tip = tr("What the network learns from. A folder needs one folder of pictures per class.")
        self.field = FormField(tr("Pictures"), self.source, tip)
        self.path = QLabel()
        self.path.setProperty("muted", True)
        self.path.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.folder_button = self._button(
            tr("Folder…"), tr("Choose a folder with a folder of pictures for each class.")
        )
        self.zip_button = self._button(tr(".zip…"), tr("Choose a .zip with a folder per class."))
        self.place_button = self._button(
            tr("Choose folder…"), tr("Choose the folder in which it lies already.")
        )
        self.download_button = self._button(
            tr("Download…"), tr("Fetch it from its authors' page; asks first.")
        )
        self.info = QLabel()
        self.info.setWordWrap(True)
        self.info.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problems_button = self._button(
            "", tr("List what was left out or looks wrong, and why.")
        )
        self.look_button = self._button(
            tr("Look inside…"), tr("Show classes, pictures, sizes and doubles of the data set.")
        )
        self._lay_out()

    def _lay_out(self) -> None:
        buttons, below = QHBoxLayout(), QHBoxLayout()
        for button in self._source_buttons():
            buttons.addWidget(button)
        for button in (self.look_button, self.problems_button):
            below.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addWidget(self.path)
        layout.addLayout(buttons)
        layout.addWidget(self.info)
        layout.addLayout(below)
        for row in (buttons, below):
            row.addStretch()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        return button

    def _source_buttons(self) -> tuple[QPushButton, ...]:
        return (self.folder_button, self.zip_button, self.place_button, self.download_button)

    def _connect(self) -> None:
        self.folder_button.clicked.connect(self.bring.choose_folder)
        self.zip_button.clicked.connect(self.bring.choose_zip)
        self.place_button.clicked.connect(self.bring.choose_place)
        self.download_button.clicked.connect(self.bring.download)
        self.problems_button.clicked.connect(self.show_problems)
        self.look_button.clicked.connect(lambda: self._studio.commands.run("view.data"))
        self._data.changed.connect(self._changed)
        self._data.progressed.connect(self._say)

    def _changed(self) -> None:
        self.source.follow()
        self._show_state()
        self.changed.emit()

    # -- showing ----------------------------------------------------------------------------

    def _show_state(self) -> None:
        data, source = self._data, self.config.source
        self.folder_button.setVisible(source == "folder")
        self.zip_button.setVisible(source == "folder")
        missing = source not in ("digits", "folder") and self.summary is None and not self.opening
        self.place_button.setVisible(missing)
        self.download_button.setVisible(missing and self.bring.can_download)
        self.path.setVisible(source != "digits" and self.config.path is not None)
        self._elide_path()
        self.problems_button.setVisible(bool(self.summary and self.summary.problems))
        self.look_button.setVisible(self.summary is not None)
        if data.problem:
            self._say(data.problem, error=True)
        elif data.summary is not None:
            self._show_summary(data.summary)
        elif not data.chosen:
            self._say(self.tr("Choose a folder, or drop one (or a .zip) on the window."))
        else:
            self._say(data.progress or self.tr("Opening the pictures…"))

    def _show_summary(self, summary: DataSummary) -> None:
        self._say(
            self.tr(
                "{classes} classes: {names}\n{train:,} pictures to learn from, {held:,} held out"
            ).format(
                classes=len(summary.classes),
                names=_listed(summary.classes),
                train=summary.train_size,
                held=summary.validation_size,
            )
        )
        self.problems_button.setText(counted(summary.problems) + "…")

    def _say(self, text: str, *, error: bool = False) -> None:
        self.info.setText(text)
        if bool(self.info.property("error")) != error:
            self.info.setProperty("error", error)
            self.info.style().unpolish(self.info)
            self.info.style().polish(self.info)

    def _elide_path(self) -> None:
        text = self.config.path or ""
        width = max(60, self.path.width())
        shown = self.path.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, width)
        self.path.setText(shown)
        self.path.setToolTip(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shortens the path to the new width."""
        super().resizeEvent(event)
        self._elide_path()


def _listed(names: tuple[str, ...], most: int = 4) -> str:
    """Returns the names, or the first ones and three dots."""
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[: most - 1])}, …"
