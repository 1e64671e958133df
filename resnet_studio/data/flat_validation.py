"""ImageNet's validation pictures as they are published: in one folder, their classes in a table.

The classes are read from what lies beside them: the table of Kaggle's copy, `LOC_val_solution.csv`,
or the file `meta.bin` that torchvision makes of the authors' kit. The pictures then are listed as
if they lay in folders of their classes; nothing is moved.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Generator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import torch

from resnet_studio.data.stores import FolderStore, Listing, ScanProgress

_FOLDER = "val"
_TABLE, _META = "LOC_val_solution.csv", "meta.bin"
# Kaggle's table lies three folders above the pictures.
_LEVELS = 4
_MAX_BYTES = 64 << 20
_ROW = re.compile(r"(ILSVRC2012_val_\d{8}),(n\d{8})\b")
_WORDNET_ID = re.compile(r"n\d{8}")


class LabelledStore:
    """A folder in which `val/picture` is listed as `val/class/picture` where its class is known.

    Pictures that lie in folders of their classes, as torchvision puts them beside the same table,
    stay as they are.
    """

    def __init__(self, folder: FolderStore, classes: Mapping[str, str]) -> None:
        """Reads nothing yet.

        Args:
            folder: Where the pictures lie.
            classes: The class of each picture by its name without suffix.
        """
        self.name = folder.name
        self._folder = folder
        self._classes = classes
        self._flat: dict[str, str] = {}  # where each picture lies that is listed elsewhere

    def listing(self) -> Generator[ScanProgress, None, Listing]:
        """Yields progress; returns everything but clutter."""
        found = yield from self._folder.listing()
        found.pictures = [self._shown(file) for file in found.pictures]
        return found

    def opened(self, file: str) -> contextlib.AbstractContextManager[Path | BinaryIO]:
        """Gives the path of a listed file."""
        return self._folder.opened(self._flat.get(file, file))

    def place_of(self, file: str) -> str:
        """Returns the path of a listed file as text."""
        return self._folder.place_of(self._flat.get(file, file))

    def identity(self, file: str) -> str:
        """Returns path, bytes and time of change."""
        return self._folder.identity(self._flat.get(file, file))

    def _shown(self, file: str) -> str:
        parts = file.split("/")
        if len(parts) != 2 or parts[0] != _FOLDER:
            return file
        known = self._classes.get(PurePosixPath(parts[1]).stem)
        if known is None:
            return file
        shown = f"{_FOLDER}/{known}/{parts[1]}"
        self._flat[shown] = file
        return shown


def labelled(folder: Path) -> FolderStore | LabelledStore:
    """Returns the folder with classes for its flat validation pictures, as far as known."""
    store = FolderStore(folder)
    classes = _of_table(folder) or _of_meta(folder)
    return LabelledStore(store, classes) if classes else store


def _of_table(folder: Path) -> dict[str, str]:
    above = itertools.islice((folder, *folder.absolute().parents), _LEVELS)
    place = next((each / _TABLE for each in above if _is_small(each / _TABLE)), None)
    if place is None:
        return {}
    rows = place.read_text(encoding="ascii", errors="replace").splitlines()
    return {found[1]: found[2] for row in rows if (found := _ROW.match(row))}


def _of_meta(folder: Path) -> dict[str, str]:
    """Reads torchvision's (words of each class, class of each validation picture in order)."""
    if not _is_small(folder / _META):
        return {}
    try:
        _, classes = torch.load(folder / _META, map_location="cpu", weights_only=True)
        fits = all(isinstance(name, str) and _WORDNET_ID.fullmatch(name) for name in classes)
    except Exception:  # a broken or foreign file raises anything; the pictures then have no class
        return {}
    if not fits:
        return {}
    return {f"ILSVRC2012_val_{number:08}": name for number, name in enumerate(classes, start=1)}


def _is_small(file: Path) -> bool:
    return file.is_file() and file.stat().st_size <= _MAX_BYTES
