"""Published data sets where they already lie: found by their files' names, whole or as folders.

CIFAR and MNIST become pictures in memory here; Imagenette and ImageNet are folders of classes named
by WordNet ids, which are shown as words. The layouts are those that the authors publish and those
that torchvision makes of them. Fetching: `set_downloads.py`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from resnet_studio.assets import resource
from resnet_studio.data.cifar import find_cifar10, read_cifar10
from resnet_studio.data.cifar100 import find_cifar100, read_cifar100
from resnet_studio.data.dataset import ArrayDataset, FileDataset
from resnet_studio.data.idx_files import find_idx, read_idx_set
from resnet_studio.data.published import IMAGENETTE_IDS, PUBLISHED, home_of
from resnet_studio.data.stores import ScanProgress
from resnet_studio.data.unpacking import unpack_tgz
from resnet_studio.errors import DataError

InMemory: TypeAlias = tuple[ArrayDataset, NDArray[np.bool_]]

_WORDNET_ID = re.compile(r"n\d{8}")
_TRAIN_FOLDERS = ("train", "training")
# In order of preference: what is downloaded, then the larger pictures.
_IMAGENETTE_FOLDERS = ("", "imagenette2-160", "imagenette2-320", "imagenette2", "imagenette")
_IMAGENET_FOLDERS = ("", "ILSVRC/Data/CLS-LOC", "ILSVRC2012", "imagenet")


def find_set(source: str, path: Path | None = None) -> Path | None:
    """Returns where a published data set lies at or below `path`; None if it does not.

    Args:
        source: A key of `PUBLISHED` but "digits", which need no place.
        path: The folder or archive that a person named; the program's own folder if None.
    """
    base = home_of(source) if path is None else path
    match source:
        case "cifar10":
            return find_cifar10(base)
        case "cifar100":
            return find_cifar100(base)
        case "mnist" | "fashion_mnist":
            return find_idx(source, base)
        case "imagenette":
            return base if _is_imagenette_archive(base) else _parent(base, _IMAGENETTE_FOLDERS)
        case _:
            return _parent(base, _IMAGENET_FOLDERS)


def recognised(path: Path) -> str | None:
    """Returns the published data set that `path` evidently is; None for any other folder.

    Class folders of WordNet ids count only where the folder is called after their data set: else
    they are a folder of a person's own.
    """
    try:
        return _recognised(path)
    except OSError:  # whoever opens it will say why it cannot be looked into
        return None


def _recognised(path: Path) -> str | None:
    for source in ("cifar10", "cifar100"):
        if find_set(source, path) is not None:
            return source
    folder = find_idx("fashion_mnist", path) or find_idx("mnist", path)
    if folder is not None:
        return "fashion_mnist" if "fashion" in str(folder.absolute()).lower() else "mnist"
    name = path.name.lower()
    called = {"imagenette": name.startswith("imagenette"), "imagenet": name.startswith("ilsvrc")}
    for source, fits in called.items():
        if fits and find_set(source, path) is not None:
            return source
    return None


def read_set(source: str, place: Path) -> Generator[ScanProgress, None, InMemory | Path]:
    """Reads a data set into memory, or returns the folder of its classes.

    Args:
        source: See `find_set`.
        place: What `find_set` returned.

    Returns:
        The pictures and (N,) bool which are for testing; or a folder that holds train and perhaps
        others, for the scan of folders.

    Raises:
        DataError: If a file is damaged or missing.
    """
    match source:
        case "cifar10":
            return (yield from read_cifar10(place))
        case "cifar100":
            return (yield from read_cifar100(place))
        case "mnist" | "fashion_mnist":
            return (yield from read_idx_set(source, place))
    return (yield from _unpacked(place)) if place.is_file() else place


def missing(source: str) -> DataError:
    """Returns the error for a data set that is not on this computer."""
    known = PUBLISHED[source]
    remedy = known.remedy
    if not remedy:
        size = f"{round(known.download_bytes / 1e6):,} MB"
        remedy = (
            f"Choose the folder where it is, or download it ({size}; on the command line with "
            f"«resnet-studio download {source}»)."
        )
    return DataError(f"{known.title} is not on this computer.", remedy=remedy)


def in_words(
    dataset: ArrayDataset | FileDataset,
) -> ArrayDataset | FileDataset:
    """Returns the data set with words for those classes that are named by WordNet ids."""
    return dataclasses.replace(dataset, classes=words_of(dataset.classes))


def words_of(classes: Sequence[str]) -> tuple[str, ...]:
    """Returns class names with words for WordNet ids; an id of which no word is known stays."""
    ids = {name for name in classes if _WORDNET_ID.fullmatch(name)}
    if not ids:
        return tuple(classes)
    known = IMAGENETTE_IDS if ids <= IMAGENETTE_IDS.keys() else imagenet_words()
    named = [known.get(name, name) if name in ids else name for name in classes]
    return tuple(
        word if named.count(word) == 1 else f"{word} ({name})"
        for word, name in zip(named, classes, strict=True)
    )


def imagenet_words() -> dict[str, str]:
    """Returns torchvision's word for each of the 1,000 WordNet ids of ILSVRC 2012."""
    from torchvision.models import ResNet18_Weights  # not at the top: it takes a second

    ids = resource("wordnet", "ilsvrc2012_ids.txt").read_text(encoding="ascii").split()
    return dict(zip(ids, ResNet18_Weights.DEFAULT.meta["categories"], strict=True))


def _parent(base: Path, folders: Sequence[str]) -> Path | None:
    """Returns the first of the folders below `base` that holds a folder for training."""
    for inside in folders:
        if any((base / inside / train).is_dir() for train in _TRAIN_FOLDERS):
            return base / inside
    return None


def _is_imagenette_archive(path: Path) -> bool:
    return path.name.startswith("imagenette") and path.suffix == ".tgz" and path.is_file()


def _unpacked(archive: Path) -> Generator[ScanProgress, None, Path]:
    """Unpacks an archive that a person has, into the program's own folder and never beside it."""
    target = home_of("imagenette") / archive.stem
    if _parent(target, ("",)) is None:
        for done, total in unpack_tgz(archive, target):
            yield ScanProgress("unpacking", done, total)
    return target
