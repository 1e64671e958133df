"""What can be done with a picture of the browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from resnet_studio.gui.dataset.browser_list import Listing
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.export import copy_image
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture


class PictureActions:
    """Opens, copies and leaves out pictures of a listing."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def open(self, listing: Listing, row: int) -> None:
        """Makes a picture that of the window and looks inside the network with it."""

        def show(picture: Picture) -> None:
            self._studio.set_picture(picture)
            self._studio.commands.run("view.features")

        self._load(listing, row, show)

    def open_in_lab(self, listing: Listing, row: int) -> None:
        """Shows what training reads of a picture: its number decides the chance."""
        _, index = listing.place(row)

        def show(picture: Picture) -> None:
            self._studio.set_picture(picture)
            self._studio.commands.run("view.augmentation")
            self._studio.index_wished.emit(index)

        self._load(listing, row, show)

    def copy(self, listing: Listing, row: int) -> None:
        """Copies a picture as it is, pixel for pixel."""

        def put(picture: Picture) -> None:
            from resnet_studio.gui.features.images import rgb_image

            copy_image(rgb_image(picture.rgb))

        self._load(listing, row, put)

    def copy_path(self, listing: Listing, rows: Sequence[int]) -> None:
        """Copies where the pictures lie, a line each."""
        lines = [self.path_words(listing, row) for row in rows]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def reveal(self, listing: Listing, row: int) -> None:
        """Opens the folder in which a picture lies with the desktop's file manager."""
        path = self.path_of(listing, row)
        if path is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent))):
            self._studio.show_message(
                _tr("The folder {folder} could not be opened.").format(folder=path.parent),
                remedy=_tr("Open it with your file manager."),
                kind="warning",
            )

    def leave_out(self, listing: Listing, rows: Sequence[int]) -> None:
        """Trains without some pictures; their files stay as they are."""
        data = self._studio.data
        names = [listing.names[row] for row in rows]
        edits = data.config.edits.exclude_files(names)
        text = _tr("Leave out {file}").format(file=names[0].rpartition("/")[2])
        if len(names) > 1:
            text = _tr("Leave out {count:,} pictures").format(count=len(names))
        data.set(data.config.model_copy(update={"edits": edits}), text)

    def path_of(self, listing: Listing, row: int) -> Path | None:
        """Returns the file that a picture lies in: its own, or the archive; None if in none."""
        from resnet_studio.data.dataset import FileDataset
        from resnet_studio.data.thumbnails import FromStore

        dataset, index = listing.place(row)
        if isinstance(dataset, FileDataset) and isinstance(dataset.read, FromStore):
            place = dataset.read.store.place_of(dataset.keys[index])
            if place:
                return Path(place)
        source = self._studio.data.config.path
        if not source:
            return None
        whole = Path(source).expanduser()
        own = whole / listing.names[row]  # small pictures are in memory, and their files there
        return own if own.is_file() else whole if whole.is_file() else None

    def path_words(self, listing: Listing, row: int) -> str:
        """Returns where a picture lies, as text."""
        path, name = self.path_of(listing, row), listing.names[row]
        if path is None:
            return name
        return f"{path}/{name}" if _is_archive(path) else str(path)

    def _load(self, listing: Listing, row: int, on_result: Any) -> None:
        dataset, index = listing.place(row)
        path, name = self.path_of(listing, row), listing.names[row]

        def job(_state: TaskState) -> Picture:
            from resnet_studio.data.imaging import Picture, open_picture

            if path is not None and not _is_archive(path):
                return open_picture(path)
            return Picture(dataset.picture(index).copy(), None, name)

        self._studio.workers.start(
            job, title=_tr("Opening the picture"), lane="picture", replace=True, on_result=on_result
        )


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _tr(text: str) -> str:
    return QCoreApplication.translate("browser_actions", text)
