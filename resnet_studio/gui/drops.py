"""What happens with files that are dropped on the window or pasted into it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QImage

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import StudioError
from resnet_studio.gui.checkpoint_opening import CheckpointOpening

if TYPE_CHECKING:
    from resnet_studio.gui.workspace import Workspace

WEIGHTS_SUFFIXES = (".safetensors", ".pth", ".pt", ".th", ".bin", ".ckpt")
SPEC_SUFFIXES = (".toml", ".json")
_ENTRIES_SEEN = 200
"""A folder may have a million files, and this runs between two paints of the window."""


class Drops(QObject):
    """Sends what is dropped to the panel that can use it.

    A picture goes to the feature maps (or stays in the augmentation panel), several, and a folder
    of pictures alone, to the classification, a folder of folders or a .zip to the training (or to
    the data set panel while that is shown), weights to the network, a specification to the form.
    While the classification is shown, it takes pictures and folders.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._studio = workspace.studio
        self.checkpoints = CheckpointOpening(self._studio)

    def accepts(self, mime: QMimeData) -> bool:
        """Tells whether `take` could use it."""
        return mime.hasImage() or any(url.isLocalFile() for url in mime.urls())

    def take(self, mime: QMimeData) -> bool:
        """Uses what is dropped; returns whether there was anything.

        Of several files that are not all pictures, only the first is used.
        """
        paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        if paths:
            self.open_paths(paths)
            return True
        if mime.hasImage():
            self.open_image(QImage(mime.imageData()))
            return True
        return False

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Opens one thing by its kind, or classifies several pictures and folders of them."""
        pictures = all(_may_be_pictures(path) for path in paths)
        several = len(paths) > 1 or _holds_pictures_alone(paths[0])
        if pictures and (several or self._classification_is_shown()):
            self._workspace.show_panel("classification").add_paths(paths)
            return
        self.open_path(paths[0])
        if len(paths) > 1:
            self._studio.show_message(
                self.tr("{count} files were dropped; {name} is shown.").format(
                    count=len(paths), name=paths[0].name
                )
            )

    def open_path(self, path: Path) -> None:
        """Opens a picture, folder, weights or specification by its kind."""
        suffix = path.suffix.lower()
        if _is_folder(path) or suffix == ".zip":
            self._open_folder(path)
        elif suffix in WEIGHTS_SUFFIXES:
            self.open_weights(path)
        elif suffix in SPEC_SUFFIXES:
            self.open_spec(path)
        else:
            self._show_picture_panel()
            self._studio.open_picture(path)

    def open_image(self, image: QImage) -> None:
        """Opens a picture that has no file, such as a screenshot in the clipboard."""
        if image.isNull():
            self._studio.show_message(
                self.tr("There is no picture in what was dropped or pasted."),
                remedy=self.tr("Copy the picture itself, or save it and open the file."),
                kind="warning",
            )
            return
        if self._classification_is_shown():
            self._workspace.show_panel("classification").add_image(image, self.tr("clipboard"))
            return
        self._show_picture_panel()
        self._studio.open_picture(image, name=self.tr("clipboard"))

    def open_weights(self, path: Path) -> None:
        """Loads weights, and the network that they are of."""
        self._workspace.show_panel("features")
        self.checkpoints.open(path)

    def open_spec(self, path: Path) -> None:
        """Makes the network of a specification file the network of the window."""
        try:
            spec = NetworkSpec.load(path)
        except StudioError as error:
            self._studio.show_error(error)
            return
        self._studio.set_spec(spec, path.name)
        self._workspace.show_panel("architecture")

    def _classification_is_shown(self) -> bool:
        shown = self._workspace.tabs.currentWidget()
        return shown is self._workspace.panels.get("classification")

    def _open_folder(self, path: Path) -> None:
        shown = self._workspace.tabs.currentWidget()
        here = shown is not None and shown is self._workspace.panels.get("data")
        panel = self._workspace.show_panel("data" if here else "training")
        panel.set_data_folder(path)

    def _show_picture_panel(self) -> None:
        current = self._workspace.tabs.currentWidget()
        if current is not self._workspace.panels.get("augmentation"):
            self._workspace.show_panel("features")


def _is_folder(path: Path) -> bool:
    # os.path, because Path.is_dir raises for names that are too long or may not be looked at.
    return os.path.isdir(path)  # noqa: PTH112


def _holds_pictures_alone(path: Path) -> bool:
    """Tells whether a folder has pictures and no folders, by the names of its first entries."""
    from resnet_studio.data.imaging import SUFFIXES

    try:
        with os.scandir(path) as entries:
            first = list(islice(entries, _ENTRIES_SEEN))
    except OSError:  # no folder, or none that may be read: whoever opens it says so
        return False
    visible = [entry for entry in first if not entry.name.startswith((".", "__MACOSX"))]
    if any(entry.is_dir() for entry in visible):
        return False
    return any(Path(entry.name).suffix.lower() in SUFFIXES for entry in visible)


def _may_be_pictures(path: Path) -> bool:
    """Tells whether a path is a folder or a file that is nothing else by its name."""
    if _is_folder(path):
        return True
    return path.suffix.lower() not in (*WEIGHTS_SUFFIXES, *SPEC_SUFFIXES, ".zip")
