"""Which pictures a network is judged by: where they come from, and how many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QPushButton, QSpinBox, QWidget

from resnet_studio.architecture.class_names import real_names
from resnet_studio.data.sources import DataConfig
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from resnet_studio.probe.network import LoadedNetwork

USUAL_COUNT = 500
_DIGITS = tuple("0123456789")
_COUNT, _FOLDER, _CLASSES = "surgery.count", "surgery.folder", "surgery.classes"
_MOST_LETTERS = 400
"""Of the names of the classes so many letters tell one list from another."""


class ValidationChoice(QWidget):
    """Chooses the pictures.

    Signals:
        changed(): Other pictures, or another number of them.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._classes = ""
        self.source = QComboBox()
        self.choose = QPushButton(self.tr("Choose…"))
        self.count = QSpinBox()
        self._build()
        self._connect()

    @property
    def path(self) -> str:
        """The folder or .zip that was chosen last for these classes; "" for none."""
        choices = self._studio.settings["choices"]
        return choices.get(_FOLDER, "") if choices.get(_CLASSES) == self._classes else ""

    @property
    def config(self) -> DataConfig | Path | None:
        """What is chosen; None if a folder is still to be named."""
        match self.source.currentData():
            case "digits":
                return DataConfig(source="digits")
            case "training":
                return self._training_data()
            case _:
                return Path(self.path) if self.path else None

    def suggest(self, network: LoadedNetwork) -> None:
        """Chooses what fits the classes of a network, unless it has those of the one before."""
        classes = ",".join(network.classes)[:_MOST_LETTERS]
        if classes == self._classes:
            return
        self._classes = classes
        with QSignalBlocker(self.source):
            self.source.setCurrentIndex(self.source.findData(self._fitting(network)))
        self._show_buttons()

    def choose_folder(self) -> None:
        """Asks for a folder of class folders."""
        path = self._studio.open_folder(self.tr("Folder with a folder of pictures for each class"))
        self._take(path)

    def choose_archive(self) -> None:
        """Asks for a .zip of class folders."""
        path = self._studio.open_file(
            self.tr("Archive with a folder for each class"), self.tr("Zip archive (*.zip)")
        )
        self._take(path)

    def set_path(self, path: Path) -> None:
        """Chooses a folder or .zip, and remembers it for networks of these classes."""
        self._remember(**{_FOLDER: str(path), _CLASSES: self._classes})
        with QSignalBlocker(self.source):
            self.source.setCurrentIndex(self.source.findData("folder"))
        self._show_buttons()
        self.changed.emit()

    def _take(self, path: Path | None) -> None:
        if path is not None:
            self.set_path(path)

    def _fitting(self, network: LoadedNetwork) -> str:
        names = real_names(network.classes)
        if names == _DIGITS or (names is None and len(network.classes) == len(_DIGITS)):
            return "digits"
        if self.path:
            return "folder"
        return "folder" if self._training_data().source == "digits" else "training"

    def _training_data(self) -> DataConfig:
        try:
            return DataConfig.model_validate_json(self._studio.settings["data"])
        except ValidationError:
            return DataConfig()

    def _remember(self, **choices: str) -> None:
        self._studio.settings["choices"] = dict(self._studio.settings["choices"]) | choices

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        for text, data in (
            (self.tr("Digits (built in): held-out part"), "digits"),
            (self.tr("Training panel's pictures: held-out part"), "training"),
            (self.tr("Folder or .zip with a folder per class"), "folder"),
        ):
            self.source.addItem(text, data)
        self.source.setToolTip(self.tr("The pictures by which the accuracy is measured."))
        self.source.setAccessibleName(self.tr("Validation pictures"))
        self.source.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.source.setMinimumContentsLength(9)
        self.count.setRange(10, 50_000)
        self.count.setSingleStep(100)
        self.count.setGroupSeparatorShown(True)
        self.count.setKeyboardTracking(False)
        self.count.setAccessibleName(self.tr("Pictures at most"))
        self.count.setToolTip(
            self.tr("So many pictures at most, drawn from every class alike: fewer are faster.")
        )
        self.count.setValue(_count(self._studio.settings["choices"].get(_COUNT, "")))
        self.choose.setToolTip(self.tr("Choose a folder or a .zip with a folder for each class."))
        menu = QMenu(self.choose)
        menu.addAction(self.tr("Folder…")).triggered.connect(self.choose_folder)
        menu.addAction(self.tr(".zip…")).triggered.connect(self.choose_archive)
        self.choose.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.source, 1)
        row.addWidget(self.choose)
        most = QLabel(self.tr("at most"))
        most.setBuddy(self.count)
        row.addWidget(most)
        row.addWidget(self.count)
        for editor in (self.source, self.count):
            guard_wheel(editor)
        self._show_buttons()

    def _connect(self) -> None:
        self.source.currentIndexChanged.connect(self._source_chosen)
        self.count.valueChanged.connect(self._counted)

    def _source_chosen(self) -> None:
        self._show_buttons()
        self.changed.emit()

    def _counted(self, count: int) -> None:
        self._remember(**{_COUNT: str(count)})
        self.changed.emit()

    def _show_buttons(self) -> None:
        chosen = self.source.currentData() == "folder"
        self.choose.setVisible(chosen)
        self.source.setToolTip(self.path if chosen and self.path else self.source.currentText())


def _count(text: str) -> int:
    return int(text) if text.isdecimal() else USUAL_COUNT
