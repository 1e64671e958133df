"""MNIST and Fashion-MNIST in the form that their authors publish and torchvision keeps: idx files.

An idx file is a magic number that tells how many dimensions follow, their sizes, then one byte for
each number (LeCun et al. 1998; Xiao et al. 2017, arXiv:1708.07747). Files may be packed with gzip.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.dataset import ArrayDataset, Problem
from resnet_studio.data.published import PUBLISHED, PublishedSet
from resnet_studio.data.stores import ScanProgress
from resnet_studio.errors import DataError

# Those of torchvision, of the authors, and of a widely spread copy.
_FOLDERS = {"mnist": ("", "raw", "MNIST/raw"), "fashion_mnist": ("", "raw", "FashionMNIST/raw")}
_KINDS = {
    "images": ("images-idx3-ubyte", "images.idx3-ubyte"),
    "labels": ("labels-idx1-ubyte", "labels.idx1-ubyte"),
}
_SIDES = {"train": "train", "test": "t10k"}
_UNSIGNED_BYTES = 0x08
_MAX_BYTES = 256 << 20
_MAX_SIDE = 256


def find_idx(source: str, base: Path) -> Path | None:
    """Returns the folder at or below `base` that holds the training pictures; None if none does.

    Args:
        source: "mnist" or "fashion_mnist".
        base: The folder that a person named, or the program's own.
    """
    for inside in _FOLDERS[source]:
        if _file(base / inside, "train", "images") is not None:
            return base / inside
    return None


def read_idx_set(
    source: str, folder: Path
) -> Generator[ScanProgress, None, tuple[ArrayDataset, NDArray[np.bool_]]]:
    """Reads all pictures into memory, grey ones with three equal channels.

    Args:
        source: "mnist" or "fashion_mnist".
        folder: What `find_idx` returned.

    Returns:
        The data set, and (N,) bool which pictures are for testing.

    Raises:
        DataError: If a file is missing or damaged.
    """
    known = PUBLISHED[source]
    images, labels = [], []
    for number, side in enumerate(_SIDES):
        yield ScanProgress("reading", number, len(_SIDES))
        pixels, classes = _side(known, folder, side)
        images.append(pixels)
        labels.append(classes)
    if images[0].shape[1:] != images[1].shape[1:]:
        raise _damaged(known, _SIDES["test"], "its pictures have another size than the others")
    counts = [len(part) for part in labels]
    dataset = ArrayDataset(
        name=known.title,
        classes=known.class_names,
        images=np.repeat(np.concatenate(images)[..., None], 3, axis=3),
        labels=np.concatenate(labels),
        problems=_incomplete(known, counts),
    )
    return dataset, np.arange(len(dataset)) >= counts[0]


def _incomplete(known: PublishedSet, counts: list[int]) -> tuple[Problem, ...]:
    expected = zip(_SIDES.values(), counts, (known.train, known.test), strict=True)
    return tuple(
        Problem(
            side, f"it has {count:,} pictures instead of {usual:,}", _again(known), left_out=False
        )
        for side, count, usual in expected
        if count != usual
    )


def _side(
    known: PublishedSet, folder: Path, side: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Returns pictures, (N, H, W) uint8, and classes, (N,) int64."""
    pixels = _array(known, folder, side, "images", dimensions=3)
    labels = _array(known, folder, side, "labels", dimensions=1).astype(np.int64)
    if len(pixels) != len(labels) or not len(labels):
        reason = f"it has {len(pixels):,} pictures and {len(labels):,} classes"
        raise _damaged(known, _SIDES[side], reason)
    if not 1 <= min(pixels.shape[1:]) <= max(pixels.shape[1:]) <= _MAX_SIDE:
        raise _damaged(known, _SIDES[side], f"its pictures are {pixels.shape[2]} pixels wide")
    if labels.max() >= len(known.class_names):
        raise _damaged(known, _SIDES[side], "it has a class beyond the ten")
    return pixels, labels


def _file(folder: Path, side: str, kind: str) -> Path | None:
    """Returns the file of pictures or of classes, whichever of its names it has."""
    for name in _KINDS[kind]:
        for suffix in ("", ".gz"):
            file = folder / f"{_SIDES[side]}-{name}{suffix}"
            # Asked first: opening a pipe of that name would wait for ever.
            if file.is_file():
                return file
    return None


def _array(
    known: PublishedSet, folder: Path, side: str, kind: str, *, dimensions: int
) -> NDArray[np.uint8]:
    file = _file(folder, side, kind)
    if file is None:
        missing = f"{_SIDES[side]}-{_KINDS[kind][0]}"
        raise DataError(f"{known.title} lacks {missing}.", remedy=_again(known))
    content = _content(known, file)
    head = 4 + 4 * dimensions
    if len(content) < head or content[:4] != bytes((0, 0, _UNSIGNED_BYTES, dimensions)):
        raise _damaged(known, file.name, "it is not an idx file of bytes")
    shape = struct.unpack(f">{dimensions}I", content[4:head])
    if math.prod(shape) != len(content) - head:
        reason = f"it announces {math.prod(shape):,} bytes and has {len(content) - head:,}"
        raise _damaged(known, file.name, reason)
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(shape)


def _content(known: PublishedSet, file: Path) -> bytes:
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(known, file.name, str(error)) from error
    if len(content) > _MAX_BYTES:
        raise _damaged(known, file.name, "it is far too large")
    return content


def _again(known: PublishedSet) -> str:
    return f"Download {known.title} again."


def _damaged(known: PublishedSet, name: str, reason: str) -> DataError:
    return DataError(f"{name} of {known.title} cannot be used: {reason}.", remedy=_again(known))
