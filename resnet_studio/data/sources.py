"""Where pictures to train on come from: built in, a folder or zip of classes, or a known set.

`open_dataset` is a generator, so that the window and the command line can show its progress and
cancel it by closing it; `load_dataset` is the same for scripts. Small sets of pictures of one size
are decoded into memory at once; others are decoded while training asks for them.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Container, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from resnet_studio.data.class_edits import ClassEdits, edited
from resnet_studio.data.dataset import (
    ArrayDataset,
    Dataset,
    DataSplit,
    FileDataset,
    FoundClass,
    Problem,
    Subset,
    stratified_split,
)
from resnet_studio.data.digits import read_digits
from resnet_studio.data.imaging import UnreadablePictureError, printable
from resnet_studio.data.jpeg import large_jpeg
from resnet_studio.data.published import SourceKind
from resnet_studio.data.scan import FolderScan, keep_only, open_file, problem_of, scan_store
from resnet_studio.data.stores import ScanProgress, Store, open_store
from resnet_studio.errors import DataError

__all__ = [
    "ArrayDataset",
    "ClassEdits",
    "DataConfig",
    "DataSplit",
    "Dataset",
    "FileDataset",
    "OpenedSource",
    "Problem",
    "ScanProgress",
    "Subset",
    "divide",
    "load_dataset",
    "open_dataset",
    "open_source",
    "stratified_split",
]

# CIFAR-10's training pictures take 154 MB; a laptop with 8 GB has this to spare beside torch.
MEMORY_BYTES = 384 << 20
_REPORT_EVERY = 64
_LARGE = ("cifar10", "cifar100", "mnist", "fashion_mnist")


def _usual_fraction(chosen: dict[str, Any]) -> float:
    return 0.1 if chosen.get("source") in _LARGE else 0.2


class DataConfig(BaseModel):
    """Which data set to train on and how to divide it.

    Attributes:
        source: "digits" is built in; "folder" is a folder or .zip with a folder for each class;
            others are data sets of `published.PUBLISHED`, as their authors or torchvision store
            them, or as class folders.
        path: The folder or file; for a published data set None means the application's own folder.
        validation_fraction: Share of each class kept for validation; not used where the data set
            comes with a validation folder. Usually a fifth; of CIFAR and MNIST a tenth, as of
            CIFAR-10 in He et al. 2015 (45,000 pictures to learn from, 5,000 to validate on, the
            10,000 for testing left alone).
        split_seed: Decides which pictures those are.
        edits: Classes renamed, merged and left out, and pictures left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: SourceKind = "digits"
    path: str | None = None
    validation_fraction: float = Field(default_factory=_usual_fraction, gt=0.0, lt=1.0)
    split_seed: int = Field(default=0, ge=0, lt=2**63)
    edits: ClassEdits = ClassEdits()

    @model_serializer(mode="wrap")
    def _without_no_edits(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leaves changes that change nothing out of files, as in those of older versions."""
        values: dict[str, Any] = handler(self)
        if not self.edits:
            values.pop("edits", None)
        return values


@dataclass(frozen=True, slots=True, eq=False)
class OpenedSource:
    """What lies at a source, before it is changed and divided as a person wants it.

    Attributes:
        dataset: All classes and pictures that can be used.
        held_out: (N,) bool, the pictures that the data set has for validation; None if it has none.
        test: (N,) bool, those that it has for testing; None if it has none.
    """

    dataset: ArrayDataset | FileDataset
    held_out: NDArray[np.bool_] | None = None
    test: NDArray[np.bool_] | None = None


def open_dataset(config: DataConfig) -> Iterator[ScanProgress | DataSplit]:
    """Opens a data set step by step; to cancel, close the generator.

    Yields:
        Progress, and last of all the divided data set.

    Raises:
        DataError: If it is missing, cannot be read or is not fit for training.
    """
    for item in open_source(config):
        yield divide(item, config) if isinstance(item, OpenedSource) else item


def open_source(config: DataConfig) -> Iterator[ScanProgress | OpenedSource]:
    """Reads what source and path of `config` name; `divide` does the rest, without the disk.

    Yields:
        Progress, and last of all what was found.

    Raises:
        DataError: If it is missing, cannot be read or is not fit for training.
    """
    _check_name(config.path or "")
    try:
        yield (yield from _opened(config))
    except OSError as error:
        # What is foreseen has its own words below; disks and permissions fail in many ways.
        raise DataError(
            f"{config.path or config.source} cannot be read: {error.strerror or error}.",
            remedy="Check its permissions and its disk, or choose other pictures.",
        ) from error


def _opened(config: DataConfig) -> Generator[ScanProgress, None, OpenedSource]:
    if config.source == "digits":
        yield ScanProgress("reading", 0, 1)
        return OpenedSource(read_digits())
    path = Path(config.path).expanduser() if config.path else None
    if config.source != "folder":
        return (yield from _open_published(config.source, path))
    if path is None:
        raise DataError(
            "No folder is chosen.",
            remedy="Choose a folder with one folder of pictures for each class.",
        )
    return (yield from _open_folder(path))


def _check_name(path: str) -> None:
    """Refuses a path that no run could note down, so that it could never be resumed.

    Raises:
        DataError: If the path is no valid Unicode, or has a NUL in it.
    """
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        pass
    else:
        if "\0" not in path:
            return
    raise DataError(
        f"{printable(path)} cannot be used: its name is not valid Unicode.",
        remedy="Rename the folder, or the one around it that has such a name.",
    )


def load_dataset(
    config: DataConfig, progress: Callable[[ScanProgress], None] = lambda _: None
) -> DataSplit:
    """Opens a data set in one call.

    Args:
        config: Which one.
        progress: Told now and then how far it has come; what it raises ends the loading.

    Raises:
        DataError: If it is missing, cannot be read or is not fit for training.
    """
    for item in open_dataset(config):
        if isinstance(item, DataSplit):
            return item
        progress(item)
    raise AssertionError("open_dataset ends with the data set")


def _open_published(source: str, path: Path | None) -> Generator[ScanProgress, None, OpenedSource]:
    """Opens a published data set as it is stored; a folder of another form as class folders."""
    # Not at the top: it brings the whole of networking, a third of this module's import time.
    from resnet_studio.data.stored_sets import find_set, in_words, missing, read_set

    place = find_set(source, path)
    if place is None and path is None:
        raise missing(source)
    found = (yield from read_set(source, place)) if place is not None else path
    if isinstance(found, tuple):
        dataset, test = found
        return OpenedSource(dataset, test=test)
    assert found is not None
    store = None
    if source == "imagenet" and found.is_dir():
        from resnet_studio.data.flat_validation import labelled  # it needs torch

        store = labelled(found)
    opened = yield from _open_folder(found, store)
    return dataclasses.replace(opened, dataset=in_words(opened.dataset))


def _open_folder(
    path: Path, store: Store | None = None
) -> Generator[ScanProgress, None, OpenedSource]:
    # Said first: opening an archive of a million files takes seconds.
    yield ScanProgress("listing", 0)
    store = open_store(path) if store is None else store
    scan = yield from scan_store(store)
    images: NDArray[np.uint8] | None = None
    if _fits_memory(scan):
        scan, images = yield from _decoded(store, scan)
    dataset: ArrayDataset | FileDataset
    if images is not None:
        files = tuple(printable(file) for file in scan.files)
        dataset = ArrayDataset(
            scan.name, scan.classes, images, scan.labels, problems=scan.problems, files=files
        )
    else:
        dataset = FileDataset(
            name=scan.name,
            classes=scan.classes,
            keys=scan.files,
            labels=scan.labels,
            read=_Reading(store),
            problems=scan.problems,
            sizes=scan.sizes,
        )
    return OpenedSource(dataset, scan.held_out, scan.test)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads pictures of a store; unlike a closure it can be sent to another process."""

    store: Store

    def __call__(self, file: str) -> NDArray[np.uint8]:
        return open_file(self.store, file, jpeg=large_jpeg).rgb


def _fits_memory(scan: FolderScan) -> bool:
    """Tells whether all pictures are of one size and small enough to stay decoded."""
    first = scan.sizes[0]
    one_size = bool((scan.sizes == first).all())
    return one_size and len(scan.files) * int(first.prod()) * 3 <= MEMORY_BYTES


def _decoded(
    store: Store, scan: FolderScan
) -> Generator[ScanProgress, None, tuple[FolderScan, NDArray[np.uint8] | None]]:
    """Decodes every picture, and leaves out those that turn out to be broken.

    Returns:
        What is left of the scan, and its pictures; None for them if EXIF turned some on their
        side, so that they are not of one size.
    """
    total = len(scan.files)
    width, height = scan.sizes[0]
    images = np.empty((total, height, width, 3), dtype=np.uint8)
    whole = np.ones(total, dtype=np.bool_)
    broken: list[Problem] = []
    for position, file in enumerate(scan.files):
        if position % _REPORT_EVERY == 0:
            yield ScanProgress("decoding", position, total)
        try:
            rgb = open_file(store, file).rgb
        except UnreadablePictureError as error:
            broken.append(problem_of(error))
            whole[position] = False
            continue
        if rgb.shape != images.shape[1:]:
            return scan, None
        images[position] = rgb
    yield ScanProgress("decoding", total, total)
    if not broken:
        return scan, images
    return keep_only(scan, np.flatnonzero(whole), problems=broken), images[whole]


def divide(source: OpenedSource, config: DataConfig) -> DataSplit:
    """Applies the changes to the classes; divides by the data set's folders, or by class and seed.

    Args:
        source: What was opened.
        config: Says which changes, and how to divide where the data set does not.

    Raises:
        DataError: If fewer than two classes or no picture to validate on are left.
    """
    changed = edited(source.dataset, config.edits)
    dataset, kept = changed.dataset, changed.kept
    rest = np.ones(len(dataset), dtype=np.bool_) if source.test is None else ~source.test[kept]
    remarks = _still_true(dataset.problems, changed.found)
    problems = (*remarks, *changed.problems)
    own = rest & (source.held_out[kept] if source.held_out is not None else False)
    own_validation = bool(own.any() and (rest & ~own).any())
    if own_validation:
        train = Subset(dataset, np.flatnonzero(rest & ~own))
        validation = Subset(dataset, np.flatnonzero(own))
        told = _told(remarks, changed.found)
        more = _on_one_side(train, validation, told) if config.edits else ()
    else:
        train, validation, more = stratified_split(
            dataset, fraction=config.validation_fraction, seed=config.split_seed, among=rest
        )
    problems = (*problems, *more)
    if not len(validation):
        raise DataError(
            f"No class of {dataset.name} has two pictures, so that none is left to validate on.",
            remedy="Add pictures.",
        )
    aside = None if rest.all() else Subset(dataset, np.flatnonzero(~rest))
    return DataSplit(
        dataset.name,
        train,
        validation,
        problems=problems,
        test=aside,
        found=changed.found,
        own_validation=own_validation,
    )


def _still_true(problems: Iterable[Problem], found: Iterable[FoundClass]) -> tuple[Problem, ...]:
    """Returns the problems without remarks about classes that a person has changed since."""
    now = {each.name: each.name_now for each in found}
    members = Counter(now.values())

    def holds(problem: Problem) -> bool:
        known = [name for name in problem.classes if name in now]
        apart = len(problem.classes) > 1 or all(members[name] == 1 for name in known)
        return apart and all(now[name] == name for name in known)

    return tuple(filter(holds, problems))


def _told(remarks: Iterable[Problem], found: Iterable[FoundClass]) -> set[str]:
    """Returns the classes of which it is told that they are missing, and which are unchanged."""
    missing = {name for each in remarks if len(each.classes) == 1 for name in each.classes}
    return missing - {each.name for each in found if each.excluded}


def _on_one_side(train: Subset, validation: Subset, told: Container[str]) -> tuple[Problem, ...]:
    """Returns a problem for each class that has pictures on one side only, after changes to it."""
    counts = zip(train.classes, train.counts.tolist(), validation.counts.tolist(), strict=True)
    remedy = "Add some, or take one in again."
    return tuple(
        Problem(name, f"no picture of the class is left to {side}", remedy, left_out=False)
        for name, learned, judged in counts
        for side, left in (("learn from", learned), ("validate on", judged))
        if not left and name not in told
    )
