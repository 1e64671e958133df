"""Where the files of a data set lie: in a folder or in a zip archive.

Both are only ever read. Links are followed without going round in circles, and what is not a plain
file is never opened. Archives are not extracted: their members are read in memory, up to a size.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import threading
import zipfile
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from resnet_studio.data.dataset import Problem
from resnet_studio.data.imaging import SUFFIXES, UnreadablePictureError, printable
from resnet_studio.errors import DataError

MAX_MEMBER_BYTES = 256 << 20
_REPORT_EVERY = 512
_MAX_DEPTH = 64
_CLUTTER = frozenset(
    ["__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information"]
)


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far the opening of a data set has come.

    Attributes:
        phase: "listing", "checking", "decoding" or "reading".
        done: Files or pictures so far.
        total: How many there are in all; None while that is unknown.
    """

    phase: str
    done: int
    total: int | None = None


@dataclass(slots=True)
class Listing:
    """What lies in a data set, by name, before anything is opened.

    Attributes:
        pictures: Files whose suffix is that of a picture, as paths with forward slashes.
        others: All other files, so that a person can be told of them.
        folders: Every folder below the top.
        problems: What could not be listed.
    """

    pictures: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, file: str) -> None:
        """Sorts a file in by its suffix, whatever the case."""
        known = os.path.splitext(file)[1].lower() in SUFFIXES  # noqa: PTH122 - a Path is slow
        (self.pictures if known else self.others).append(file)

    def report(self, file: str, reason: str, remedy: str = "") -> None:
        """Notes that `file` is left out."""
        self.problems.append(Problem(printable(file), reason, remedy))


class Store(Protocol):
    """Where the files of a data set lie."""

    @property
    def name(self) -> str:
        """What to call it on screen."""
        ...

    def listing(self) -> Generator[ScanProgress, None, Listing]:
        """Yields progress; returns everything but clutter."""
        ...

    def opened(self, file: str) -> contextlib.AbstractContextManager[Path | BinaryIO]:
        """Gives what `open_picture` can read of a listed file.

        Raises:
            PictureError: If the file cannot be reached.
        """
        ...

    def place_of(self, file: str) -> str:
        """Returns the path of a listed file as text; "" if it lies in an archive."""
        ...

    def identity(self, file: str) -> str:
        """Returns what is another text if the listed file is another or has changed; "" if gone."""
        ...


def open_store(path: Path) -> Store:
    """Returns the folder or zip archive at `path` as a store.

    Raises:
        DataError: If it is neither, is missing or may not be read.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(
            f"{printable(str(path))} cannot be opened: {error.strerror}.",
            remedy="Check the path, and that its disk is connected.",
        ) from error
    if stat.S_ISDIR(status.st_mode):
        return FolderStore(path)
    if stat.S_ISREG(status.st_mode) and path.suffix.lower() == ".zip":
        return ZipStore(path)
    raise DataError(
        f"{printable(path.name)} is neither a folder nor a .zip archive.",
        remedy="Choose the folder that contains one folder of pictures for each class.",
    )


def is_clutter(name: str) -> bool:
    """Tells whether a file or folder is hidden, or left by an operating system."""
    return name.startswith(".") or name.lower() in _CLUTTER


class FolderStore:
    """A folder on disk.

    A link is followed if it leads to something that is not listed anyway: out of the folder, but
    not to a folder above it. Every real folder and file is listed once, also one that has several
    names (hard links).
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._prefix = os.path.join(self.root, "")  # noqa: PTH118 - ends with a separator
        self.name = printable(root.resolve().name or str(root))

    @contextlib.contextmanager
    def opened(self, file: str) -> Iterator[Path | BinaryIO]:
        """Gives the path of a listed file."""
        yield self.root / file

    def place_of(self, file: str) -> str:
        """Returns the path of a listed file as text: a Path for each of many files is slow."""
        return f"{self._prefix}{file}"

    def identity(self, file: str) -> str:
        """Returns path, bytes and time of change."""
        path = self.place_of(file)
        try:
            status = os.stat(path)  # noqa: PTH116 - as above
        except OSError:
            return ""
        return f"{path}\n{status.st_size}\n{status.st_mtime_ns}"

    def listing(self) -> Generator[ScanProgress, None, Listing]:
        """Yields progress; returns everything but clutter.

        Raises:
            DataError: If the folder itself cannot be read.
        """
        try:
            with os.scandir(self.root):
                pass
        except OSError as error:
            raise DataError(
                f"The folder {self.name} cannot be read: {error.strerror}.",
                remedy="Change its permissions or choose another.",
            ) from error
        walk = _Walk(self.root)
        yield from walk.run()
        return walk.listing


class _Walk:
    """One walk through a folder, breadth first, so that nothing is claimed by a deeper link."""

    def __init__(self, root: Path) -> None:
        self.listing = Listing()
        self._root = root
        self._real_root = os.path.realpath(root)
        self._seen = {self._real_root}
        self._plain: set[str] = set()
        self._numbers: dict[int, str] = {}
        self._links: list[tuple[str, str]] = []

    def run(self) -> Iterator[ScanProgress]:
        waiting = deque([("", self._real_root)])
        while waiting:
            folder, real = waiting.popleft()
            yield ScanProgress("listing", len(self.listing.pictures))
            for number, entry in enumerate(self._entries(folder)):
                if number % _REPORT_EVERY == _REPORT_EVERY - 1:
                    yield ScanProgress("listing", len(self.listing.pictures))
                file = f"{folder}/{entry.name}" if folder else entry.name
                plain = os.path.join(real, entry.name)  # noqa: PTH118 - a Path each is slow
                if deeper := self._look(entry, file, plain):
                    waiting.append((file, deeper))
        self._resolve_links()

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._root / folder) as entries:
                kept = [entry for entry in entries if not is_clutter(entry.name)]
        except OSError as error:
            self.listing.report(folder, f"the folder cannot be read ({error.strerror})")
            return []
        return sorted(kept, key=lambda entry: entry.name)

    def _look(self, entry: os.DirEntry[str], file: str, plain: str) -> str:
        """Lists a file, or returns the real path of a folder that is to be walked as well."""
        try:
            real = os.path.realpath(entry.path, strict=True) if entry.is_symlink() else plain
            if entry.is_dir():
                return self._folder(file, os.path.realpath(entry.path, strict=True), plain)
            if not entry.is_file():
                self._special(file)
                return ""
        except OSError:
            self.listing.report(file, "the link leads nowhere", "Remove it.")
            return ""
        if real == plain:
            self._plain.add(real)
            if not self._is_listed(entry, file):
                self.listing.add(file)
        else:
            self._links.append((file, real))
        return ""

    def _is_listed(self, entry: os.DirEntry[str], file: str) -> bool:
        """Tells whether a file was listed under another name of it, and reports it then.

        The number of a file costs nothing to know, but some file systems give one to several
        files: what seems to be a second name is looked at more closely.
        """
        other = self._numbers.setdefault(entry.inode(), file)
        if other == file:
            return False
        try:
            if entry.stat().st_nlink < 2 or not (self._root / other).samefile(entry.path):
                return False
        except OSError:
            return False
        self.listing.report(file, f"it is the same file as {printable(other)}")
        return True

    def _folder(self, file: str, real: str, plain: str) -> str:
        if real != plain and self._leads_back(real):
            self.listing.report(file, "the link leads back into the data set", "Remove it.")
            return ""
        if real in self._seen:
            self.listing.report(file, "the folder was listed before under another name")
            return ""
        if file.count("/") >= _MAX_DEPTH:
            self.listing.report(file, f"folders are nested more than {_MAX_DEPTH} deep")
            return ""
        self._seen.add(real)
        self.listing.folders.append(file)
        return real

    def _leads_back(self, real: str) -> bool:
        """Tells whether `real` is above the data set, or a part of it that is listed anyway."""
        if Path(self._real_root).is_relative_to(real):
            return True
        if not Path(real).is_relative_to(self._real_root):
            return False
        inside = Path(real).relative_to(self._real_root)
        return not any(is_clutter(part) for part in inside.parts)

    def _special(self, file: str) -> None:
        if PurePosixPath(file).suffix.lower() in SUFFIXES:
            self.listing.report(file, "it is not a plain file but a pipe, socket or device")

    def _resolve_links(self) -> None:
        """Lists linked files last, so that a file keeps its own place rather than a link's."""
        for file, real in self._links:
            if real in self._plain:
                self.listing.report(file, "it is a link to a picture that is listed already")
            else:
                self._plain.add(real)
                self.listing.add(file)


class ZipStore:
    """A zip archive; its members are read in memory and never extracted.

    It can be sent to another process, which opens the archive itself when it first reads.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = printable(path.stem)
        self._members: dict[str, zipfile.ZipInfo] = {}
        # zipfile shares one position between readers and counts them without a lock.
        self._lock = threading.Lock()
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise DataError(
                f"{printable(path.name)} is not a readable zip archive ({error}).",
                remedy="Copy or download it again.",
            ) from error
        self._listing = Listing()
        for member in self._archive.infolist():
            self._look(member, self._listing)

    def __reduce__(self) -> tuple[object, ...]:
        return _ZipElsewhere, (self.path, self.name)

    def listing(self) -> Generator[ScanProgress, None, Listing]:
        """Returns everything but clutter; it was read when the archive was opened."""
        yield ScanProgress("listing", len(self._listing.pictures))
        return self._listing

    def _look(self, member: zipfile.ZipInfo, listing: Listing) -> None:
        file = member.filename.replace("\\", "/").rstrip("/")
        parts = file.split("/")
        if ".." in parts or "." in parts or "" in parts:
            listing.report(file, "its name leads out of the archive")
        elif any(is_clutter(part) for part in parts):
            return
        elif member.is_dir():
            listing.folders.append(file)
        elif file in self._members:
            listing.report(file, "the archive holds two files of this name; the first is used")
        elif reason := _refusal_of(member):
            listing.report(file, reason, "Unpack the archive and choose the folder instead.")
        else:
            self._members[file] = member
            listing.add(file)

    @contextlib.contextmanager
    def opened(self, file: str) -> Iterator[Path | BinaryIO]:
        """Gives the unpacked bytes of a listed member as a file in memory.

        Raises:
            UnreadablePictureError: If the archive is damaged at this place, or gone.
        """
        with io.BytesIO(self._read(file)) as unpacked:
            yield unpacked

    def place_of(self, file: str) -> str:
        """Returns nothing: no member has a path of its own."""
        return ""

    def identity(self, file: str) -> str:
        """Returns the archive's path, and the member's name, bytes and checksum."""
        member = self._members.get(file)
        if member is None:
            return ""
        return f"{self.path.absolute()}\n{file}\n{member.file_size}\n{member.CRC}"

    def _read(self, file: str) -> bytes:
        try:
            with self._lock, self._archive.open(self._members[file]) as member:
                # One byte more than is allowed: the size that the archive states may be a lie.
                content = member.read(MAX_MEMBER_BYTES + 1)
        except Exception as error:
            # zipfile raises BadZipFile, zlib.error, EOFError, RuntimeError, KeyError and more.
            raise UnreadablePictureError(
                printable(file),
                f"the archive is damaged there ({error})",
                remedy="Copy or download the archive again.",
            ) from error
        if len(content) > MAX_MEMBER_BYTES:
            raise UnreadablePictureError(printable(file), _TOO_LARGE, remedy="Leave it out.")
        return content


class _ZipElsewhere:
    """A zip archive in another process than the one that listed it."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._path = path
        self._store: ZipStore | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[object, ...]:
        return _ZipElsewhere, (self._path, self.name)

    def listing(self) -> Generator[ScanProgress, None, Listing]:
        """See `ZipStore.listing`."""
        return self._opened(self.name).listing()

    def opened(self, file: str) -> contextlib.AbstractContextManager[Path | BinaryIO]:
        """Gives the unpacked bytes of a listed member as a file in memory.

        Raises:
            UnreadablePictureError: If the archive is damaged at this place, or gone.
        """
        return self._opened(file).opened(file)

    def place_of(self, file: str) -> str:
        """Returns nothing: no member has a path of its own."""
        return ""

    def identity(self, file: str) -> str:
        """See `ZipStore.identity`."""
        return self._opened(file).identity(file)

    def _opened(self, file: str) -> ZipStore:
        with self._lock:
            try:
                self._store = self._store or ZipStore(self._path)
            except DataError as error:
                raise UnreadablePictureError(
                    printable(file), error.message.rstrip("."), remedy=error.remedy
                ) from error
            return self._store


_TOO_LARGE = f"it unpacks to more than {MAX_MEMBER_BYTES >> 20} MiB"


def _refusal_of(member: zipfile.ZipInfo) -> str:
    """Returns why a member of an archive is not even tried; empty if it is fine."""
    if stat.S_ISLNK(member.external_attr >> 16):
        return "it is a link, which has no meaning in an archive"
    if member.flag_bits & 0x1:
        return "it is encrypted"
    if member.file_size > MAX_MEMBER_BYTES:
        return _TOO_LARGE
    return ""
