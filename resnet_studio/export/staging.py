"""Files are made in a folder beside their place and take their names all together.

Until then nothing of an earlier export is touched, whatever fails.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from resnet_studio.errors import CheckpointError, ExportError, SpecError
from resnet_studio.files import atomic_write

_PREFIX = ".studio-export-"


def check_folder(path: Path) -> None:
    """Refuses a place whose folder is missing: it is more often mistyped than wanted.

    Raises:
        ExportError: If there is no such folder.
    """
    if not os.path.lexists(path.parent):
        raise ExportError(
            f"There is no folder {path.parent}.",
            remedy="Choose a folder that is there, or make this one first.",
        )


@contextlib.contextmanager
def staging(path: Path) -> Iterator[Path]:
    """Yields a new folder on the disk of `path`, which is removed at the end.

    Raises:
        ExportError: If the disk refuses anything within the body, if there is no folder for
            `path`, and if the new one cannot be made; in words that name `path`.
    """
    try:
        check_folder(path)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=path.parent))
        with _removed(folder), _named_as(path, folder):
            yield folder
    except OSError as error:
        raise _unwritable(path, error) from error


def publish(folder: Path, targets: Sequence[Path]) -> None:
    """Moves the files of `folder` to `targets` of the same names: all of them, or none.

    Raises:
        OSError: If one cannot be moved; all targets are then as they were.
    """
    for target in targets:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    kept = {target: _kept(target, folder) for target in targets}
    try:
        for target in targets:
            with atomic_write(target) as temporary:
                # Some libraries make files for their owner alone.
                shutil.copymode(temporary, folder / target.name)
                (folder / target.name).replace(temporary)
    except BaseException:
        for target, earlier in kept.items():
            _restore(target, earlier)
        raise


def _kept(target: Path, folder: Path) -> Path | None:
    """Returns a second name of what is there now, in `folder`; None if nothing is."""
    if not target.exists():
        return None
    earlier = folder / f"{target.name}.earlier"
    try:
        os.link(target, earlier)
    except OSError:  # a disk without links
        shutil.copy2(target, earlier)
    return earlier


def _restore(target: Path, earlier: Path | None) -> None:
    with contextlib.suppress(OSError):
        if earlier is None:
            target.unlink(missing_ok=True)
        else:
            earlier.replace(target)


@contextlib.contextmanager
def _removed(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _named_as(path: Path, folder: Path) -> Iterator[None]:
    """Lets errors that name a file in `folder` name the one that a person asked for."""
    try:
        yield
    except (CheckpointError, SpecError) as error:
        message = error.message.replace(f"{folder}{os.sep}", f"{path.parent}{os.sep}")
        raise ExportError(message, remedy=error.remedy) from error


def _unwritable(path: Path, error: OSError) -> ExportError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        remedy = "Free some space, or choose another disk."
    elif error.errno == errno.ENAMETOOLONG:
        remedy = "Choose a shorter name."
    elif error.errno == errno.EISDIR:
        remedy = "Choose another name; there is a folder of this one."
    else:
        remedy = "Choose a folder that you may write to."
    reason = error.strerror or str(error)
    return ExportError(f"{path} cannot be written: {reason}.", remedy=remedy)
