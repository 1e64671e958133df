"""A folder or zip of class folders becomes a list of labelled files, and a list of problems.

Every file is looked at once: its header, and whether it ends as its format does; one that does not
is decoded. What cannot be used is listed with a reason and left out, so that training never meets
it; damage between header and end is found when the picture is decoded, and listed then.

What lies where is found by `stores`, what it means by `arrange`; this module puts them together.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Generator, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.arrange import Arrangement, arrange, too_few_classes
from resnet_studio.data.dataset import Problem
from resnet_studio.data.headers import TAIL_BYTES, ends_whole, plain_size
from resnet_studio.data.imaging import (
    CHOOSE,
    JpegDecoder,
    Picture,
    UnreadablePictureError,
    open_picture,
    printable,
    read_header,
)
from resnet_studio.data.stores import ScanProgress, Store, open_store
from resnet_studio.errors import DataError

__all__ = [
    "FolderScan",
    "ScanProgress",
    "keep_only",
    "open_file",
    "problem_of",
    "scan_folder",
    "scan_store",
]

_REPORT_EVERY = 64


@dataclass(frozen=True, slots=True, eq=False)
class FolderScan:
    """What can be trained on in a folder or archive.

    Attributes:
        name: Name of the folder or archive.
        classes: Names of the classes that have pictures, sorted.
        files: Path of each usable picture inside the data set, with forward slashes.
        labels: (N,) int64 index into `classes`.
        sizes: (N, 2) int64 width and height in pixels, as stored; 0 where the file is broken.
        held_out: (N,) bool, True for what lies in a validation folder; None if there is none.
        test: (N,) bool, True for what lies in a test folder; None if there is none.
        problems: What was left out or looks wrong.
    """

    name: str
    classes: tuple[str, ...]
    files: tuple[str, ...]
    labels: NDArray[np.int64]
    sizes: NDArray[np.int64]
    held_out: NDArray[np.bool_] | None
    test: NDArray[np.bool_] | None
    problems: tuple[Problem, ...]


def scan_folder(path: Path) -> Generator[ScanProgress, None, FolderScan]:
    """Scans a folder or .zip with a folder for each class; see `scan_store`."""
    # Said first: opening an archive of a million files takes seconds.
    yield ScanProgress("listing", 0)
    return (yield from scan_store(open_store(path)))


def scan_store(store: Store) -> Generator[ScanProgress, None, FolderScan]:
    """Lists and checks the pictures of a data set; to cancel, close the generator.

    Yields:
        Progress, every few files.

    Returns:
        What can be used, in a fixed order: by class, then by path.

    Raises:
        DataError: If it cannot be read, holds no picture, or fewer than two classes.
    """
    arrangement = arrange((yield from store.listing()), store.name)
    return (yield from _checked(store, arrangement))


def open_file(
    store: Store, file: str, *, jpeg: JpegDecoder | None = None, least: int | None = None
) -> Picture:
    """Opens one picture of a data set.

    Args:
        store: Where the data set lies.
        file: The picture's path in it.
        jpeg: See `open_picture`.
        least: See `open_picture`.

    Raises:
        PictureError: If it is broken or gone.
    """
    with store.opened(file) as source:
        return open_picture(source, name=printable(file), jpeg=jpeg, least=least)


def problem_of(error: UnreadablePictureError) -> Problem:
    """Returns why a file is left out; nobody chooses a single picture of a data set."""
    remedy = "Put the picture in its place, or remove the file."
    return Problem(error.file, error.reason, remedy if error.remedy == CHOOSE else error.remedy)


def keep_only(
    scan: FolderScan, positions: Iterable[int], *, problems: Iterable[Problem] = ()
) -> FolderScan:
    """Returns the scan with some of its pictures; classes left without any are listed.

    Args:
        scan: The scan.
        positions: Which pictures to keep, ascending.
        problems: Why the others are left out.

    Raises:
        DataError: If fewer than two classes are left.
    """
    kept = np.fromiter(positions, dtype=np.int64)
    why = tuple(problems)
    used, labels = np.unique(scan.labels[kept], return_inverse=True)
    if len(used) < 2:
        raise _too_few_left(scan, [scan.classes[label] for label in used], why)
    emptied = [
        Problem(name, "the class has no picture that can be opened", "Add some or remove it.")
        for label, name in enumerate(scan.classes)
        if label not in used
    ]
    return dataclasses.replace(
        scan,
        classes=tuple(scan.classes[label] for label in used),
        files=tuple(scan.files[position] for position in kept),
        labels=labels.astype(np.int64),
        sizes=scan.sizes[kept],
        held_out=None if scan.held_out is None else scan.held_out[kept],
        test=None if scan.test is None else scan.test[kept],
        problems=(*scan.problems, *why, *emptied),
    )


def _too_few_left(scan: FolderScan, classes: list[str], broken: tuple[Problem, ...]) -> DataError:
    """Returns an error that names a broken picture: the list of them is lost with the scan."""
    if not broken:
        return too_few_classes(scan.name, classes)
    what = f"only the class {classes[0]} is left" if classes else "nothing is left"
    return DataError(
        f"{len(broken)} of {len(scan.files)} pictures of {scan.name} cannot be opened and {what}. "
        f"The first is {broken[0].file}: {broken[0].reason}.",
        remedy=broken[0].remedy,
    )


def _size(store: Store, file: str) -> tuple[int, int]:
    """Returns width and height.

    Raises:
        UnreadablePictureError: If it is no picture, or is cut off.
    """
    # Nearly all files of a large folder are plain, and tell it without being opened as a picture.
    path = store.place_of(file)
    if path and (plain := plain_size(path)) is not None:
        return plain[1:]
    with store.opened(file) as source:
        header = read_header(source, name=printable(file))
        whole = ends_whole(header.format, _tail(source))
    if not whole:
        open_file(store, file)  # it says so where pixels are missing
    return header.width, header.height


def _tail(source: Path | BinaryIO) -> bytes:
    """Returns the last bytes of a file; nothing if it has just become unreadable."""
    try:
        with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - TAIL_BYTES))
            return file.read(TAIL_BYTES)
    except OSError:
        return b""


def _checked(store: Store, arrangement: Arrangement) -> Generator[ScanProgress, None, FolderScan]:
    total = len(arrangement.files)
    sizes = np.zeros((total, 2), dtype=np.int64)
    broken: list[Problem] = []
    for position, file in enumerate(arrangement.files):
        if position % _REPORT_EVERY == 0:
            yield ScanProgress("checking", position, total)
        try:
            sizes[position] = _size(store, file)
        except UnreadablePictureError as error:
            broken.append(problem_of(error))
    yield ScanProgress("checking", total, total)
    found = FolderScan(
        name=store.name,
        classes=arrangement.classes,
        files=arrangement.files,
        labels=arrangement.labels,
        sizes=sizes,
        held_out=arrangement.held_out,
        test=arrangement.test,
        problems=arrangement.problems,
    )
    return keep_only(found, np.flatnonzero(sizes[:, 0]), problems=broken)
