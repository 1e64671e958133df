"""Tiny stand-ins for the published data sets, in the forms that their authors publish."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.data.folders import colour

TENCH, CHURCH = "n01440764", "n03028079"


def idx(values: np.ndarray) -> bytes:
    """An idx file of bytes."""
    head = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(np.uint8).tobytes()


def mnist_arrays(train: int = 12, test: int = 5) -> dict[str, np.ndarray]:
    """Pictures and classes by the beginnings of their files' names."""
    rng = np.random.default_rng(3)
    return {
        "train-images-idx3-ubyte": rng.integers(0, 256, (train, 28, 28), dtype=np.uint8),
        "train-labels-idx1-ubyte": np.arange(train, dtype=np.uint8) % 3,
        "t10k-images-idx3-ubyte": rng.integers(0, 256, (test, 28, 28), dtype=np.uint8),
        "t10k-labels-idx1-ubyte": np.arange(test, dtype=np.uint8) % 3,
    }


def write_mnist(folder: Path, *, packed: bool = False) -> dict[str, np.ndarray]:
    folder.mkdir(parents=True, exist_ok=True)
    arrays = mnist_arrays()
    for name, values in arrays.items():
        content = gzip.compress(idx(values)) if packed else idx(values)
        (folder / (name + ".gz" * packed)).write_bytes(content)
    return arrays


def cifar100_arrays(count: int) -> tuple[np.ndarray, list[int]]:
    rng = np.random.default_rng(count)
    return rng.integers(0, 256, (count, 3072), dtype=np.uint8), [n * 7 % 100 for n in range(count)]


def cifar100_pickle(count: int) -> bytes:
    pixels, labels = cifar100_arrays(count)
    content = {
        "filenames": [f"{n}.png" for n in range(count)],
        "fine_labels": labels,
        "coarse_labels": [0] * count,
        "data": pixels,
    }
    return pickle.dumps(content, 2)


def cifar100_binary(count: int) -> bytes:
    pixels, labels = cifar100_arrays(count)
    pairs = zip(labels, pixels, strict=True)
    return b"".join(bytes((3, label)) + row.tobytes() for label, row in pairs)


def tgz(members: Mapping[str, bytes]) -> bytes:
    """A .tgz archive of plain files."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def imagenette_members(top: str = "imagenette2-160") -> dict[str, bytes]:
    """Two classes in the layout of Imagenette, named by WordNet ids."""
    return {
        f"{top}/{side}/{wordnet_id}/{side}_{number}.JPEG": colour(number + offset, side=8)
        for side, count in (("train", 4), ("val", 2))
        for offset, wordnet_id in ((0, TENCH), (100, CHURCH))
        for number in range(count)
    } | {f"{top}/noisy_imagenette.csv": b"path,noisy_labels_0"}


def write_folder(root: Path, members: Mapping[str, bytes]) -> Path:
    for name, content in members.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root
