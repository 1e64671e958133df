"""What can be made again at any time, kept in the platform's cache folder up to a limit.

Thumbnails are kept here, never beside the person's pictures. Every entry is a file with a digest
of its content, so that a damaged one is noticed and made again. Several programs may use the
folder at once: entries appear by renaming, and one that another program has just removed is simply
not there. Where nothing can be written (full disk, read-only folder), everything works without it,
and `problem` says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from resnet_studio.settings import cache_dir

USUAL_LIMIT_MB = 512

_FOLDER = "entries"
_TEMPORARY = ".tmp"
_DIGEST_BYTES = 16
_MOST_ENTRY_BYTES = 64 << 20
_KEPT = 0.9
"""Share of the limit that is left after making room, so that not every new entry has to."""
_LOOK_EVERY = 1 / 32
"""Share of the limit that is written before the size of all is looked at again."""
_TOUCH_AFTER_S = 3600.0
"""An entry's time of use is noted at most once an hour: writing it at every look is slow."""
_ABANDONED_S = 3600.0
"""A temporary file of this age belongs to a program that was killed."""


class DiskCache:
    """Entries by kind and key; may be used by any thread.

    Attributes:
        folder: Where the entries lie; made when the first is kept.
        problem: Why nothing can be kept, in a sentence; empty while all is well.
    """

    def __init__(self, limit_mb: int = USUAL_LIMIT_MB, *, folder: Path | None = None) -> None:
        """Makes a cache.

        Args:
            limit_mb: Most millions of bytes that all entries take; 0 keeps nothing.
            folder: Where they lie; in the platform's cache folder if None.
        """
        self.folder = folder if folder is not None else cache_dir() / _FOLDER
        self.problem = ""
        self._limit = limit_mb * 10**6
        # As if much had been written: the limit may have been lowered since the last time.
        self._written = self._limit
        self._making_room = threading.Lock()

    def get(self, kind: str, key: str) -> bytes | None:
        """Returns what was kept; None if it is not there, or damaged."""
        path = self._path(kind, key)
        try:
            with path.open("rb") as file:
                content = file.read(_MOST_ENTRY_BYTES)
                used = os.fstat(file.fileno()).st_mtime
        except OSError:
            return None
        if content[:_DIGEST_BYTES] != _digest(content[_DIGEST_BYTES:]):
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        if time.time() - used > _TOUCH_AFTER_S:
            with contextlib.suppress(OSError):
                os.utime(path)
        return content[_DIGEST_BYTES:]

    def put(self, kind: str, key: str, content: bytes) -> None:
        """Keeps `content`; does nothing where that is not possible."""
        if not self._limit or self.problem or len(content) > _MOST_ENTRY_BYTES // 2:
            return
        path = self._path(kind, key)
        temporary = path.with_name(secrets.token_hex(8) + _TEMPORARY)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Not synchronised with the disk, which takes milliseconds: what a power failure
            # damages is noticed by its digest.
            temporary.write_bytes(_digest(content) + content)
            temporary.replace(path)
        except (FileNotFoundError, FileExistsError):  # somebody clears the cache at this moment
            return
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            self.problem = f"Nothing can be kept in {self.folder}: {error.strerror or error}."
            return
        self._written += len(content)
        if self._written >= self._limit * _LOOK_EVERY:
            self.make_room()

    def used_bytes(self) -> int:
        """Returns how many bytes all entries take; 0.3 s for 100,000 of them."""
        return sum(size for _, size, _ in self._entries())

    def clear(self) -> None:
        """Removes everything that is kept."""
        with self._making_room:
            shutil.rmtree(self.folder, ignore_errors=True)
            self._written = 0

    def make_room(self) -> None:
        """Removes the entries that were used longest ago, if all take more than the limit."""
        if not self._making_room.acquire(blocking=False):
            return  # another thread is doing it
        try:
            self._written = 0
            entries = sorted(self._entries())
            used = sum(size for _, size, _ in entries)
            if used > self._limit:
                self._remove(entries, used - int(self._limit * _KEPT))
        finally:
            self._making_room.release()

    def _remove(self, entries: list[tuple[float, int, str]], excess: int) -> None:
        for _, size, path in entries:
            if excess <= 0:
                return
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - a Path for each of many files is slow
            excess -= size

    def _entries(self) -> Iterator[tuple[float, int, str]]:
        """Yields time of the last use, bytes and path; removes what was left half-written."""
        long_ago = time.time() - _ABANDONED_S
        for folder, _, files in os.walk(self.folder):
            for name in files:
                path = os.path.join(folder, name)  # noqa: PTH118 - as above
                with contextlib.suppress(OSError):
                    status = os.stat(path)  # noqa: PTH116 - as above
                    if name.endswith(_TEMPORARY) and status.st_mtime < long_ago:
                        os.unlink(path)  # noqa: PTH108 - as above
                        continue
                    yield status.st_mtime, status.st_size, path

    def _path(self, kind: str, key: str) -> Path:
        name = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        # Folders of many thousand files are slow on some disks.
        return self.folder / kind / name[:2] / name[2:]


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
