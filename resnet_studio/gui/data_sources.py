"""The kinds of data sets by name, and what a person can do to bring one: choose, download.

The training panel and the data set panel offer the same; what is chosen goes to `studio.data`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox

from resnet_studio.data.published import PUBLISHED, SOURCES, home_of
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

if TYPE_CHECKING:
    from resnet_studio.gui.data_choice import DataChoice
    from resnet_studio.gui.studio import Studio
    from resnet_studio.gui.workers import TaskState


def title_of(source: str) -> str:
    """Returns what a source is called on screen."""
    if source == "digits":
        return _tr("Handwritten digits (built in)")
    if source == "folder":
        return _tr("A folder or .zip of pictures")
    return PUBLISHED[source].title  # a proper name


class SourceBox(QComboBox):
    """Chooses the kind of data set; follows `studio.data`."""

    def __init__(self, choice: DataChoice) -> None:
        super().__init__()
        self._choice = choice
        for row, source in enumerate(SOURCES):
            self.addItem(title_of(source), source)
            self.setItemData(row, _about(source), Qt.ItemDataRole.ToolTipRole)
        self.setMaxVisibleItems(len(SOURCES))
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
        source = self._studio.data.config.source
        return source in PUBLISHED and bool(PUBLISHED[source].url)

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
        from resnet_studio.data.sources import DataConfig

        source = self._studio.data.config.source
        if self.can_download and self._agreed(source):

            def job(state: TaskState) -> None:
                self._fetch(source, state)

            title = self.tr("Downloading {name}").format(name=title_of(source))
            self._studio.data.fetch(job, title, DataConfig(source=source))

    def _agreed(self, source: str) -> bool:
        if not self._studio.settings["ask_before_download"]:
            return True
        known = PUBLISHED[source]
        return self._studio.ask(
            self.tr("Download {name}?").format(name=known.title),
            self.tr(
                "{name} is fetched from {url} ({size} MB) and kept on this computer, in {folder}."
                " No other server is asked, unless that one points to it, and nothing is sent but"
                " the request."
            ).format(
                name=known.title,
                url=known.url,
                size=round(known.download_bytes / 1e6),
                folder=home_of(source),
            ),
            yes=self.tr("Download"),
            no=self.tr("Not now"),
        )

    def _fetch(self, source: str, state: TaskState) -> None:
        from resnet_studio.data.set_downloads import download_set

        for progress in download_set(source, cancelled=lambda: state.cancelled):
            text = self.tr("Downloading {name}: {done:.0f} MB").format(
                name=title_of(source), done=progress.done / 1e6
            )
            state.progress(progress.done, progress.total or 0, text)
            state.event(text)


def _about(source: str) -> str:
    if source == "folder":
        return _tr("Needs one folder of pictures for each class; or train and val with those.")
    known = PUBLISHED[source]
    return f"{known.about}\n{known.citation}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("sources", text)
