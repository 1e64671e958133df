"""Pictures to train on in benchmarks: real ones where this computer has them, else tinted digits.

Both arms of a comparison get the same pictures: the engine as a folder of PNG files, a plain loop
as arrays. No torch and no Qt here.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.benchmarks.common import ROOT

CIFAR_ZIP = ROOT.parent / "shared" / "data" / "cifar10_train_png.zip"
"""Lossless pictures of CIFAR-10, in a folder for each class; no part of the repository."""
SIDE = 32

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """A small data set, divided.

    Attributes:
        name: What they are.
        classes: Names of the classes, in alphabetical order.
        train: (N, 32, 32, 3).
        train_labels: (N,).
        validation: (M, 32, 32, 3).
        validation_labels: (M,).
    """

    name: str
    classes: tuple[str, ...]
    train: Images
    train_labels: Labels
    validation: Images
    validation_labels: Labels

    def write(self, folder: Path) -> None:
        """Writes `train` and `val` with a folder of PNG files for each class."""
        parts = (("train", self.train, self.train_labels),)
        parts += (("val", self.validation, self.validation_labels),)
        for part, images, labels in parts:
            for name in self.classes:
                (folder / part / name).mkdir(parents=True)
            for number, (image, label) in enumerate(zip(images, labels, strict=True)):
                path = folder / part / self.classes[label] / f"{number:05}.png"
                Image.fromarray(image).save(path, compress_level=1)


def pictures(*, train: int, validation: int) -> Pictures:
    """Returns so many pictures: of CIFAR-10 if they are there, else made from the digits."""
    count = train + validation
    if CIFAR_ZIP.exists():
        name, (classes, images, labels) = "CIFAR-10", _from_zip(CIFAR_ZIP, count)
    else:
        name, (classes, images, labels) = "tinted digits", tinted_digits(count)
    if len(images) < count:
        raise ValueError(f"there are {len(images):,} pictures of {name}, not {count:,}")
    return Pictures(
        name=name,
        classes=classes,
        train=images[:train],
        train_labels=labels[:train],
        validation=images[train:],
        validation_labels=labels[train:],
    )


def _from_zip(path: Path, count: int) -> tuple[tuple[str, ...], Images, Labels]:
    with zipfile.ZipFile(path) as archive:
        # The number is the file's name, so that this order has all classes mixed.
        files = sorted(
            (Path(name) for name in archive.namelist() if name.endswith(".png")),
            key=lambda file: file.name,
        )[:count]
        classes = tuple(sorted({file.parent.name for file in files}))
        images = [np.asarray(Image.open(io.BytesIO(archive.read(str(file))))) for file in files]
    labels = np.array([classes.index(file.parent.name) for file in files], np.int64)
    return classes, np.stack(images), labels


def tinted_digits(count: int) -> tuple[tuple[str, ...], Images, Labels]:
    """Returns digits of 32 pixels in random colours on random grounds with noise; always the same.

    There are 1,797 digits; more pictures show them again in other colours.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    generator = np.random.default_rng(0)
    # As they come: the classes in turns.
    order = np.arange(count) % len(digits.images)
    ink = np.kron(digits.images[order] / 16.0, np.ones((1, 4, 4)))[..., np.newaxis]
    colours = generator.uniform(0, 255, (2, count, 1, 1, 3))
    mixed = ink * colours[0] + (1 - ink) * colours[1]
    mixed += generator.normal(0, 40, mixed.shape)
    classes = tuple(map(str, digits.target_names))
    labels = digits.target[order].astype(np.int64)
    return classes, np.clip(mixed, 0, 255).astype(np.uint8), labels
