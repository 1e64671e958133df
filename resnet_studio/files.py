"""Files that survive a crash: written beside their place, synchronised, then renamed.

A reader sees either the whole old file or the whole new one, whatever moment the power fails
or the process is killed at.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

_TEMPORARY_PREFIX = ".studio-"
_TEMPORARY_SUFFIX = ".tmp"
_READ_BYTES = 1 << 20


@contextlib.contextmanager
def atomic_write(path: Path, *, before: Path | None = None) -> Iterator[Path]:
    """Yields a temporary path in the folder of `path`; on success it takes the name `path`.

    The caller creates and closes the temporary file. If the body raises, `path` stays as it was
    and the temporary file is removed.

    Args:
        path: The file to replace or create. Its folder is created if it is missing.
        before: Name in the same folder that the file which is replaced gets, so that the last two
            are kept. Only a crash between two renames can leave no file at `path`; the one that
            was there then has this name.

    Raises:
        OSError: If the folder cannot be written to or the disk is full; `path` is untouched. Only
            if its folder could not be synchronised at the very end is the new file there, whole.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:  # which would be said of `path` and be misunderstood
        reason = os.strerror(errno.ENOTDIR)
        raise NotADirectoryError(errno.ENOTDIR, reason, str(path.parent)) from None
    # Not mkstemp: its files are for their owner alone, also once they have their final name.
    temporary = path.parent / f"{_TEMPORARY_PREFIX}{secrets.token_hex(8)}{_TEMPORARY_SUFFIX}"
    try:
        temporary.touch(exist_ok=False)
        mode = temporary.stat().st_mode
        yield temporary
        temporary.chmod(mode)  # a library may have made the file anew, for its owner alone
        _synchronise(temporary)
        _take_place(temporary, path, before)
    except BaseException:
        # What cannot be removed is left to `sweep_temporaries`: the first error is the one to tell.
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _synchronise_folder(path.parent)


def give_second_name(path: Path, second: Path) -> None:
    """Lets a file have a second name, so that it stays when the first gets another file.

    It is copied where the disk has no such links.

    Raises:
        OSError: If the disk refuses; a file of the second name is as it was.
    """
    with atomic_write(second) as temporary:
        temporary.unlink()
        try:
            os.link(path, temporary)
        except OSError:
            shutil.copyfile(path, temporary)


def write_bytes_atomic(path: Path, content: bytes) -> None:
    """Writes `content` to `path` so that no reader ever sees a part of it."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def write_text_atomic(path: Path, content: str) -> None:
    """Writes `content` to `path` as UTF-8 so that no reader ever sees a part of it."""
    write_bytes_atomic(path, content.encode("utf-8"))


def read_plain(path: Path, *, most: int) -> bytes:
    """Reads a small file that may have been replaced by anything.

    It is looked at before it is opened, since opening a device may act on it, and opened without
    waiting and looked at again, since a pipe that took its place in between would never end.

    Args:
        path: The file; links are followed.
        most: Bytes that it may have.

    Raises:
        OSError: If it is missing, no plain file, larger than `most`, or cannot be read.
    """
    _check_plain(path.stat())
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        _check_plain(os.fstat(file.fileno()))
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
    return content


def sha256_of(path: Path) -> str:
    """Returns the SHA-256 of the file's bytes as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sweep_temporaries(folder: Path) -> int:
    """Removes what a killed process left half-written in `folder`; returns how many files.

    Only for folders that nobody else writes to meanwhile.
    """
    stray = list(folder.glob(f"{_TEMPORARY_PREFIX}*{_TEMPORARY_SUFFIX}"))
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)


def _take_place(new: Path, path: Path, before: Path | None) -> None:
    """Renames `new` to `path`, and what was there to `before`; all or nothing."""
    moved = before is not None and path.exists()
    if before is not None and moved:
        path.replace(before)
    try:
        new.replace(path)
    except OSError:
        if before is not None and moved:
            with contextlib.suppress(OSError):  # then it is found under its other name
                before.replace(path)
        raise


def _check_plain(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no plain file")


def _synchronise(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _synchronise_folder(folder: Path) -> None:
    """Makes the rename itself durable; Windows offers no handle on a folder for that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
