"""CIFAR-100 as its authors publish it (Krizhevsky 2009) and torchvision keeps it.

60,000 pictures as of CIFAR-10, in a hundred classes. The pickled form, which is what is downloaded,
is read without unpickling (`plain_pickle.py`); the binary form is read, too. The twenty groups into
which the authors put the classes are left aside.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.dataset import ArrayDataset, Problem
from resnet_studio.data.plain_pickle import unpickle_plain
from resnet_studio.data.published import PUBLISHED
from resnet_studio.data.stores import ScanProgress
from resnet_studio.data.unpacking import tar_gz
from resnet_studio.errors import DataError

_KNOWN = PUBLISHED["cifar100"]
_SIDES = ("train", "test")
_FOLDERS = ("", "cifar-100-python", "cifar-100-binary")
_ARCHIVES = ("cifar-100-python.tar.gz", "cifar-100-binary.tar.gz")
_PIXELS = 3 * 32 * 32
_MAX_BYTES = 256 << 20
_MAX_MEMBERS = 64
_DOWNLOAD_AGAIN = "Download CIFAR-100 again."


def find_cifar100(base: Path) -> Path | None:
    """Returns the folder or the archive at or inside `base`; None if there is none.

    Args:
        base: What a person named, or the program's own folder.
    """
    if base.name in _ARCHIVES and base.is_file():
        return base
    for inside in _FOLDERS:
        if any(_files(base / inside)):
            return base / inside
    return next((base / name for name in _ARCHIVES if (base / name).is_file()), None)


def read_cifar100(
    place: Path,
) -> Generator[ScanProgress, None, tuple[ArrayDataset, NDArray[np.bool_]]]:
    """Reads CIFAR-100 into memory.

    Args:
        place: What `find_cifar100` returned.

    Returns:
        The data set, and (N,) bool which pictures are for testing.

    Raises:
        DataError: If one of its two files is damaged or missing.
    """
    found: dict[str, tuple[NDArray[np.uint8], NDArray[np.int64]]] = {}
    yield ScanProgress("reading", 0, len(_SIDES))
    for name, content in _from_folder(place) if place.is_dir() else _from_archive(place):
        found[name.removesuffix(".bin")] = _decoded(name, content)
        yield ScanProgress("reading", len(found), len(_SIDES))
    for side in _SIDES:
        if side not in found:
            raise DataError(f"CIFAR-100 lacks its file {side}.", remedy=_DOWNLOAD_AGAIN)
    images, labels = zip(*(found[side] for side in _SIDES), strict=True)
    dataset = ArrayDataset(
        name=_KNOWN.title,
        classes=_KNOWN.class_names,
        images=np.concatenate(images),
        labels=np.concatenate(labels),
        problems=_incomplete([len(part) for part in labels]),
    )
    return dataset, np.arange(len(dataset)) >= len(labels[0])


def _incomplete(counts: list[int]) -> tuple[Problem, ...]:
    return tuple(
        Problem(side, f"it has {count:,} pictures instead of {usual:,}", _DOWNLOAD_AGAIN)
        for side, count, usual in zip(_SIDES, counts, (_KNOWN.train, _KNOWN.test), strict=True)
        if count != usual
    )


def _files(folder: Path) -> Iterator[Path]:
    """Yields the files of both sides, as far as they are there; a folder train is none."""
    for side in _SIDES:
        for file in (folder / f"{side}.bin", folder / side):
            # Asked first: opening a pipe of that name would wait for ever.
            if file.is_file():
                yield file
                break


def _from_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in _files(folder):
        try:
            with file.open("rb") as stream:
                yield file.name, _limited(file.name, stream.read(_MAX_BYTES + 1))
        except OSError as error:
            raise _damaged(file.name, str(error.strerror)) from error


def _from_archive(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Reads the two files out of the archive in memory, and nothing else."""
    try:
        with archive.open("rb") as raw, tar_gz(raw, most=_MAX_BYTES) as members:
            for number, member in enumerate(members):
                if number >= _MAX_MEMBERS or member.size > _MAX_BYTES:
                    raise _damaged(archive.name, "it holds far more than CIFAR-100")
                name = Path(member.name).name
                if name.removesuffix(".bin") in _SIDES and member.isfile():
                    file = members.extractfile(member)
                    assert file is not None  # it is a plain file
                    yield name, file.read(_MAX_BYTES)
    except (OSError, tarfile.TarError, EOFError, zlib.error) as error:
        raise _damaged(archive.name, str(error)) from error


def _limited(name: str, content: bytes) -> bytes:
    if len(content) > _MAX_BYTES:
        raise _damaged(name, "it is too large")
    return content


def _damaged(name: str, reason: str) -> DataError:
    return DataError(f"{name} of CIFAR-100 cannot be used: {reason}.", remedy=_DOWNLOAD_AGAIN)


def _decoded(name: str, content: bytes) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Returns pictures, (N, 32, 32, 3) uint8, and classes, (N,) int64."""
    pixels, labels = (
        _from_binary(name, content) if name.endswith(".bin") else _from_pickle(name, content)
    )
    if not labels.size:
        raise _damaged(name, "it has no picture")
    if not 0 <= labels.min() <= labels.max() < _KNOWN.classes:
        raise _damaged(name, "it has a class beyond the hundred")
    return np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), labels


def _from_binary(name: str, content: bytes) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """A record is a byte for the group, one for the class, and 1,024 for each of three colours."""
    if len(content) % (2 + _PIXELS):
        raise _damaged(name, f"its {len(content):,} bytes are not whole records")
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, 2 + _PIXELS)
    return records[:, 2:], records[:, 1].astype(np.int64)


def _from_pickle(name: str, content: bytes) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Reads {"data": (N, 3072) uint8 array, "fine_labels": list of N numbers, …}."""
    try:
        stored = unpickle_plain(content)
        fields = {key.decode() if isinstance(key, bytes) else key: stored[key] for key in stored}
        pixels = fields["data"].as_array()
        labels = np.array(fields["fine_labels"], dtype=np.int64)
    except Exception as error:
        # Unpickling raises whatever a damaged or hostile file makes it raise.
        raise _damaged(name, f"its content is not of CIFAR-100 ({error})") from error
    if pixels.shape != (len(labels), _PIXELS) or labels.ndim != 1:
        raise _damaged(name, "its pictures and classes do not match")
    return pixels, labels
