"""CIFAR-10 as its authors publish it (Krizhevsky 2009, "Learning Multiple Layers of Features").

60,000 colour pictures of 32 × 32 pixels in ten classes: 50,000 for training, 10,000 for testing.
Two forms are read: the binary one, which is what the application downloads, and the pickled one,
which torchvision keeps. A pickle can run any program when it is loaded, so that it is read with a
reader that knows nothing but numbers, lists and bytes.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.dataset import ArrayDataset, Problem
from resnet_studio.data.plain_pickle import unpickle_plain
from resnet_studio.data.published import PUBLISHED, home_of
from resnet_studio.data.stores import ScanProgress
from resnet_studio.downloads import DownloadProgress, download
from resnet_studio.errors import DataError
from resnet_studio.files import sha256_of

CLASSES = PUBLISHED["cifar10"].class_names
URL = PUBLISHED["cifar10"].url
DOWNLOAD_BYTES = PUBLISHED["cifar10"].download_bytes
_ARCHIVE = "cifar-10-binary.tar.gz"
_ARCHIVE_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
_TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
_TEST = "test_batch"
_PER_BATCH = 10_000
_PIXELS = 3 * 32 * 32
_MAX_BATCH_BYTES = 64 << 20
_DOWNLOAD_AGAIN = "Download CIFAR-10 again."


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Some pictures of CIFAR-10: (N, 32, 32, 3) uint8 and (N,) int64."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


def cifar10_folder() -> Path:
    """Returns where the application keeps its own copy."""
    return home_of("cifar10")


def find_cifar10(path: Path | None = None) -> Path | None:
    """Returns the folder of batches or the archive at or inside `path`; None if there is none.

    Args:
        path: Where to look; the application's own folder if None.
    """
    base = cifar10_folder() if path is None else path
    if base.name == _ARCHIVE and base.is_file():
        return base
    for folder in (base, base / "cifar-10-batches-bin", base / "cifar-10-batches-py"):
        if any((folder / f"{_TRAIN[0]}{suffix}").is_file() for suffix in (".bin", "")):
            return folder
    archive = base / _ARCHIVE
    return archive if archive.is_file() else None


def download_cifar10(
    folder: Path | None = None, *, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[DownloadProgress]:
    """Downloads the binary form (162 MiB) after the person agreed; see `downloads.download`.

    Args:
        folder: Where to put the archive; the application's own folder if None.
        cancelled: Asked between pieces.

    Raises:
        DownloadError: If it fails or is not what its authors published.
        Cancelled: If `cancelled` said so.
    """
    target = (cifar10_folder() if folder is None else folder) / _ARCHIVE
    return download(URL, target, sha256_prefix=_ARCHIVE_SHA256, cancelled=cancelled)


def read_cifar10(
    place: Path,
) -> Generator[ScanProgress, None, tuple[ArrayDataset, NDArray[np.bool_]]]:
    """Reads CIFAR-10 into memory.

    Args:
        place: What `find_cifar10` returned.

    Returns:
        The data set, and (N,) bool which pictures are of the test batch.

    Raises:
        DataError: If a batch is damaged, or the test batch or every training batch is missing.
    """
    found: dict[str, _Batch] = {}
    contents = _from_folder(place) if place.is_dir() else _from_archive(place)
    yield ScanProgress("reading", 0, len(_TRAIN) + 1)
    for name, content in contents:
        found[name.removesuffix(".bin")] = _decoded(name, content)
        yield ScanProgress("reading", len(found), len(_TRAIN) + 1)
    train = [found[name] for name in _TRAIN if name in found]
    if not train or _TEST not in found:
        missing = _TEST if train else "every training batch"
        raise DataError(f"CIFAR-10 lacks {missing}.", remedy=_DOWNLOAD_AGAIN)
    return _joined([*train, found[_TEST]], _incomplete(found))


def _joined(
    batches: list[_Batch], problems: tuple[Problem, ...]
) -> tuple[ArrayDataset, NDArray[np.bool_]]:
    """Returns the batches as one data set; the last of them is for testing."""
    dataset = ArrayDataset(
        name="CIFAR-10",
        classes=CLASSES,
        images=np.concatenate([batch.images for batch in batches]),
        labels=np.concatenate([batch.labels for batch in batches]),
        problems=problems,
    )
    border = len(dataset) - len(batches[-1].labels)
    return dataset, np.arange(len(dataset)) >= border


def _incomplete(found: dict[str, _Batch]) -> tuple[Problem, ...]:
    problems = []
    for name in (*_TRAIN, _TEST):
        count = len(found[name].labels) if name in found else 0
        if count != _PER_BATCH:
            reason = f"it has {count:,} pictures instead of {_PER_BATCH:,}"
            problems.append(Problem(name, reason, _DOWNLOAD_AGAIN, left_out=False))
    return tuple(problems)


def _from_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for name in (*_TRAIN, _TEST):
        for file in (folder / f"{name}.bin", folder / name):
            # Asked first: opening a pipe of that name would wait for ever.
            if file.is_file():
                yield file.name, _bytes_of(file)
                break


def _bytes_of(file: Path) -> bytes:
    try:
        if file.stat().st_size > _MAX_BATCH_BYTES:
            raise _damaged(file.name, "it is too large")
        return file.read_bytes()
    except OSError as error:
        raise _damaged(file.name, str(error.strerror)) from error


def _from_archive(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Reads batches out of the archive in memory, once its bytes are known to be the authors'."""
    try:
        if sha256_of(archive) != _ARCHIVE_SHA256:
            raise _damaged(archive.name, "its content is not what its authors published")
        with tarfile.open(archive, "r:gz") as members:
            for member in members:
                name = Path(member.name).name
                if name.removesuffix(".bin") not in (*_TRAIN, _TEST):
                    continue
                if (file := members.extractfile(member)) is not None:
                    yield name, file.read(_MAX_BATCH_BYTES)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise _damaged(archive.name, str(error)) from error


def _damaged(name: str, reason: str) -> DataError:
    return DataError(f"{name} of CIFAR-10 cannot be used: {reason}.", remedy=_DOWNLOAD_AGAIN)


def _decoded(name: str, content: bytes) -> _Batch:
    pixels, labels = (
        _from_binary(name, content) if name.endswith(".bin") else _from_pickle(name, content)
    )
    if labels.size and not 0 <= labels.min() <= labels.max() < len(CLASSES):
        raise _damaged(name, "it has a class beyond the ten")
    images = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return _Batch(np.ascontiguousarray(images), labels)


def _from_binary(name: str, content: bytes) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """A record is one byte for the class, then 1,024 bytes each of red, green and blue."""
    if not content or len(content) % (1 + _PIXELS):
        raise _damaged(name, f"its {len(content):,} bytes are not whole records")
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, 1 + _PIXELS)
    return records[:, 1:], records[:, 0].astype(np.int64)


def _from_pickle(name: str, content: bytes) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Reads {"data": (N, 3072) uint8 array, "labels": list of N numbers}."""
    try:
        stored = unpickle_plain(content)
        fields = {key.decode() if isinstance(key, bytes) else key: stored[key] for key in stored}
        pixels = fields["data"].as_array()
        labels = np.array(fields["labels"], dtype=np.int64)
    except Exception as error:
        # Unpickling raises whatever a damaged or hostile file makes it raise.
        raise _damaged(name, f"its content is not a batch ({error})") from error
    if pixels.shape != (len(labels), _PIXELS) or labels.ndim != 1:
        raise _damaged(name, "its pictures and classes do not match")
    return pixels, labels
