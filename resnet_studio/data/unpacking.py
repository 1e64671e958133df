"""Archives become folders, without trusting what they say.

Only plain files and folders are made, only inside the target, up to a number and a size. Links,
devices, rights and owners are left out. Everything is written into a folder beside the target that
takes its name when all of it is there, so that a part is never taken for the whole.
"""

from __future__ import annotations

import contextlib
import glob
import gzip
import secrets
import shutil
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from resnet_studio.data.imaging import printable
from resnet_studio.errors import Cancelled, DataError

MAX_FILES = 200_000
MAX_BYTES = 8 << 30
_REPORT_EVERY = 64
_COPY_BYTES = 1 << 20
_ABANDONED_S = 3600.0
"""A folder of this age is of a program that was killed, and not of one that is unpacking now."""
_REFUSED_NAMES = ("", ".", "..")


def unpack_tgz(
    archive: Path, target: Path, *, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[tuple[int, int]]:
    """Unpacks the one folder that a .tgz archive holds.

    Args:
        archive: The archive; it stays.
        target: The folder that its folder becomes; if it is there already, it is replaced.
        cancelled: Asked between files.

    Yields:
        Bytes of the archive that are read, and all of them.

    Raises:
        DataError: If the archive is damaged, hostile or too large, or the disk full.
        Cancelled: If `cancelled` said so; nothing is left.
    """
    unfinished = target.with_name(f".{target.name}-{secrets.token_hex(4)}.unpacking")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        unfinished.mkdir()
        yield from _unpack(archive, unfinished, cancelled)
        tops = list(unfinished.iterdir())
        if len(tops) != 1 or not tops[0].is_dir():
            raise _refused(archive, f"it holds {len(tops)} files and folders instead of one folder")
        shutil.rmtree(target, ignore_errors=True)
        tops[0].rename(target)
    except (OSError, tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _refused(archive, reason) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


@contextlib.contextmanager
def tar_gz(raw: IO[bytes], *, most: int) -> Iterator[tarfile.TarFile]:
    """Gives the members of an archive.

    Args:
        raw: The archive.
        most: Most bytes that are unpacked at a time. The header of a member may announce any
            length, and would be read at once: 7 MB of archive took 1.5 GB of memory.

    Raises:
        tarfile.TarError, OSError, EOFError, zlib.error: The archive is damaged or hostile.
    """
    with _Modest(raw, most) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as members:
        yield members


class _Modest(gzip.GzipFile):
    """Unpacks no more than so many bytes at a time."""

    def __init__(self, raw: IO[bytes], most: int) -> None:
        super().__init__(fileobj=raw, mode="rb")
        self._most = most

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= self._most:
            raise tarfile.ReadError("a header in it is far too long")
        return super().read(size)


def _sweep(target: Path) -> None:
    """Removes what a killed program left, and not what another one is just unpacking."""
    long_ago = time.time() - _ABANDONED_S
    for stale in target.parent.glob(f".{glob.escape(target.name)}-*.unpacking"):
        with contextlib.suppress(OSError):
            if stale.stat().st_mtime < long_ago:
                shutil.rmtree(stale, ignore_errors=True)


def _unpack(
    archive: Path, folder: Path, cancelled: Callable[[], bool]
) -> Iterator[tuple[int, int]]:
    size, total = archive.stat().st_size, 0
    with archive.open("rb") as raw, tar_gz(raw, most=_COPY_BYTES) as members:
        for number, member in enumerate(members):
            if cancelled():
                raise Cancelled
            total += max(0, member.size)
            if number >= MAX_FILES or total > MAX_BYTES:
                raise _refused(archive, "it unpacks to far more than is expected")
            _write(archive, members, member, folder)
            if number % _REPORT_EVERY == 0:
                yield raw.tell(), size
    yield size, size


def _write(archive: Path, members: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Makes one folder or plain file; what is neither is passed over."""
    if member.name in (".", "./"):  # what is packed from within its folder begins so
        return
    path = folder / _inside(archive, member.name)
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
    elif member.isreg():
        source = members.extractfile(member)
        assert source is not None  # it is a plain file
        path.parent.mkdir(parents=True, exist_ok=True)
        with source, path.open("xb") as file:
            _copy(source, file)


def _copy(source: IO[bytes], file: IO[bytes]) -> None:
    while piece := source.read(_COPY_BYTES):
        file.write(piece)


def _inside(archive: Path, name: str) -> PurePosixPath:
    """Returns the path of a member below the target.

    Raises:
        DataError: If it leads anywhere else.
    """
    parts = name.removeprefix("./").rstrip("/").split("/")
    if any(part in _REFUSED_NAMES or "\\" in part or ":" in part for part in parts):
        raise _refused(archive, f"the name {printable(name)[:80]!r} in it leads out of it")
    return PurePosixPath(*parts)


def _refused(archive: Path, reason: str) -> DataError:
    return DataError(
        f"The archive {printable(archive.name)} cannot be unpacked: {reason}.",
        remedy="Make room on the disk if it is full; else download the archive again.",
    )
