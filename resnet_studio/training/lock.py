"""One program at a time trains in a run folder.

The operating system holds the lock and drops it when the program dies, however it dies. The file
also says who has it, so that another program can tell, without trying, whether a run is alive.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import psutil

from resnet_studio.errors import RunError
from resnet_studio.files import read_plain

FILE_NAME: Final = ".lock"
# Windows forbids others to read locked bytes; this one lies behind all that is ever written.
_LOCKED_BYTE: Final = 1 << 30
_HELD: Final = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}
_CLOCK_SECONDS: Final = 2.0
_MAX_BYTES: Final = 1 << 12


@dataclass(slots=True, eq=False, weakref_slot=True)
class RunLock:
    """A lock that is held until `release` is called or the program ends."""

    _file: BinaryIO

    def release(self) -> None:
        """Gives the folder free, whatever the disk says. Calling it again does nothing."""
        if self._file.closed:
            return
        with contextlib.suppress(OSError):  # a name that stays is one of no living program
            self._file.truncate(0)
        with contextlib.suppress(OSError):  # where there never was a lock
            _unlock(self._file)
        self.forget()

    def forget(self) -> None:
        """Closes the file without giving the lock up, for a copy of the program that has it."""
        with contextlib.suppress(OSError):
            self._file.close()


_HERE: Final[weakref.WeakSet[RunLock]] = weakref.WeakSet()


def _forget_all() -> None:
    """Closes the locks in a forked copy of this program: else it would hold them, too.

    A worker that outlives the killed program by some seconds would keep its run from going on.
    """
    for lock in list(_HERE):
        lock.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def acquire(folder: Path) -> RunLock:
    """Takes the lock of a run folder.

    Raises:
        RunError: If another program, or another run in this one, has it.
        OSError: If the file cannot be made.
    """
    path = folder / FILE_NAME
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no plain file", str(path))
    file = path.open("a+b", buffering=0)
    try:
        _take(folder, file)
        _sign(file)
    except BaseException:
        file.close()
        raise
    lock = RunLock(file)
    _HERE.add(lock)
    return lock


def in_use(folder: Path) -> bool:
    """Tells whether a living program trains in this folder, without touching the lock.

    A run on another computer, on a shared disk, counts as alive as long as its lock says so.
    """
    owner = _owner(folder)
    if owner is None:
        return False
    if owner["host"] != socket.gethostname():
        return True
    try:
        started = _created(owner["pid"])
    except (psutil.Error, ValueError, OverflowError):
        return False
    # A process of the same number that began at another time is not the owner.
    return abs(started - float(owner["started"])) < _CLOCK_SECONDS


def _take(folder: Path, file: BinaryIO) -> None:
    """Asks the operating system for the lock.

    Raises:
        RunError: If somebody has it. On a network disk without locks what the file says decides.
    """
    try:
        _lock(file)
    except OSError as error:
        if error.errno in _HELD:
            raise _taken(folder, "Stop it there first, or start a new run.") from error
        if in_use(folder):
            remedy = f"Stop it there first. If it was killed, remove {folder / FILE_NAME}."
            raise _taken(folder, remedy) from error


def _taken(folder: Path, remedy: str) -> RunError:
    owner = _owner(folder)
    who = f" (process {owner['pid']} on {owner['host']})" if owner else ""
    return RunError(
        f"The run {folder.name} is being trained by another program{who}.", remedy=remedy
    )


def _sign(file: BinaryIO) -> None:
    """Writes who has the lock.

    Raises:
        OSError: If the disk has no room for it.
    """
    file.truncate(0)
    content = json.dumps(_myself()).encode("utf-8")
    if file.write(content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _myself() -> dict[str, Any]:
    pid = os.getpid()
    return {"pid": pid, "host": socket.gethostname(), "started": _created(pid)}


def _created(pid: int) -> float:
    """Returns when a process began, in seconds since 1970; psutil.Error if there is none."""
    return float(psutil.Process(pid).create_time())  # type: ignore[no-untyped-call]


def _owner(folder: Path) -> dict[str, Any] | None:
    try:
        owner = json.loads(read_plain(folder / FILE_NAME, most=_MAX_BYTES))
        return {
            "pid": int(owner["pid"]),
            "host": str(owner["host"]),
            "started": float(owner["started"]),
        }
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(_LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0, os.SEEK_SET)

    def _unlock(file: BinaryIO) -> None:
        file.seek(_LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
