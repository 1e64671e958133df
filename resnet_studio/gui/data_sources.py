"""The kinds of data sets by name, and what a person can do to bring one: choose, download.

The training panel and the data set panel offer the same; what is chosen goes to `studio.data`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QSignalBlocker
from PySide6.QtWidgets import QComboBox

from resnet_studio.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from resnet_studio.gui.data_choice import DataChoice
    from resnet_studio.gui.studio import Studio
    from resnet_studio.gui.workers import TaskState

TITLES: dict[str, str] = {
    "digits": "Handwritten digits (built in)",
    "folder": "A folder or .zip of pictures",
    "cifar10": "CIFAR-10",
}
"""What the sources are called, untranslated, in the order in which they are offered."""


def title_of(source: str) -> str:
    """Returns what a source is called on screen."""
    return _tr(TITLES.get(source, source))


class SourceBox(QComboBox):
    """Chooses the kind of data set; follows `studio.data`."""

    def __init__(self, choice: DataChoice) -> None:
        super().__init__()
        self._choice = choice
        for source in TITLES:
            self.addItem(title_of(source), source)
        guard_wheel(self)
        self.setAccessibleName(_tr("Pictures"))
        self.follow()
        self.currentIndexChanged.connect(lambda _row: choice.set_source(self.currentData()))
        # Choosing the source that is chosen already opens it anew if that was not finished.
        self.activated.connect(lambda _row: choice.try_again())

    def follow(self) -> None:
        """Shows the chosen source."""
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findData(self._choice.config.source))


class SourceActions(QObject):
    """Brings pictures: asks for a folder or archive, or downloads what the person agrees to."""

    def __init__(self, studio: Studio, parent: QObject) -> None:
        super().__init__(parent)
        self._studio = studio

    @property
    def can_download(self) -> bool:
        """Whether the chosen data set can be fetched."""
        return self._studio.data.config.source == "cifar10"

    def choose_folder(self) -> None:
        """Asks for a folder of class folders."""
        if path := self._studio.open_folder(self.tr("Folder with a folder for each class")):
            self._studio.data.set_path(path)

    def choose_zip(self) -> None:
        """Asks for a .zip of class folders."""
        path = self._studio.open_file(
            self.tr("Archive with a folder for each class"), self.tr("Zip archive (*.zip)")
        )
        if path is not None:
            self._studio.data.set_path(path)

    def choose_place(self) -> None:
        """Asks for the folder in which the chosen data set lies already."""
        source = self._studio.data.config.source
        title = self.tr("Folder that holds {name}").format(name=title_of(source))
        if path := self._studio.open_folder(title):
            self._studio.data.set_path(path, source)

    def download(self) -> None:
        """Fetches the chosen data set, if the person agrees."""
        from resnet_studio.data import cifar
        from resnet_studio.data.sources import DataConfig

        place = cifar.cifar10_folder()
        if self._agreed(title_of("cifar10"), cifar.URL, cifar.DOWNLOAD_BYTES, place):
            title = self.tr("Downloading {name}").format(name=title_of("cifar10"))
            self._studio.data.fetch(self._fetch, title, DataConfig(source="cifar10"))

    def _agreed(self, name: str, url: str, size: int, place: Path) -> bool:
        if not self._studio.settings["ask_before_download"]:
            return True
        return self._studio.ask(
            self.tr("Download {name}?").format(name=name),
            self.tr(
                "{name} is fetched from {url} ({size} MB) and kept on this computer, in {folder}."
                " Nothing is sent but the request."
            ).format(name=name, url=url, size=round(size / 1e6), folder=place),
            yes=self.tr("Download"),
            no=self.tr("Not now"),
        )

    def _fetch(self, state: TaskState) -> None:
        from resnet_studio.data import cifar

        for progress in cifar.download_cifar10(cancelled=lambda: state.cancelled):
            text = self.tr("Downloading {name}: {done:.0f} MB").format(
                name=title_of("cifar10"), done=progress.done / 1e6
            )
            state.progress(progress.done, progress.total or 0, text)
            state.event(text)


def _tr(text: str) -> str:
    return QCoreApplication.translate("sources", text)
