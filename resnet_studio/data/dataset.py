"""What a data set is to the rest of the program, and how it is split for training.

A data set is a numbered list of labelled pictures. It lives in memory (`ArrayDataset`) or in files
that are decoded when asked for (`FileDataset`); training sees both through `Dataset`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.imaging import printable


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a data set that was left out or looks wrong, to be listed for the person.

    Attributes:
        file: Path inside the data set, with forward slashes; or the name of a class.
        reason: What is wrong, without the name: "it is empty".
        remedy: What to do about it; may be empty.
        left_out: Whether training goes on without it; False for what is used and only looks wrong.
        classes: The classes that a remark is about, if it ends with a change to one of them.
    """

    file: str
    reason: str
    remedy: str = ""
    left_out: bool = True
    classes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}. {self.remedy}".rstrip()


@runtime_checkable
class Dataset(Protocol):
    """A numbered list of labelled pictures."""

    @property
    def name(self) -> str:
        """What to call it on screen."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; a label is an index into them."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N,) the class of each picture."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was left out when the data set was opened, and why."""

    @property
    def images(self) -> NDArray[np.uint8] | None:
        """(N, H, W, 3) uint8 if all pictures are in memory and of one size, else None."""

    def __len__(self) -> int:
        """The number of pictures."""
        ...

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Returns picture `index` as (H, W, 3) uint8; shared, so copy before writing.

        Raises:
            PictureError: If its file turns out to be broken or gone.
        """
        ...

    def file_of(self, index: int) -> str:
        """Returns what to call picture `index` in a message, for example "cats/12.jpg"."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ArrayDataset:
    """Pictures of one size that lie in memory."""

    name: str
    classes: tuple[str, ...]
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    problems: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Returns picture `index` as (H, W, 3) uint8, a view of `images`."""
        picture: NDArray[np.uint8] = self.images[index]
        return picture

    def file_of(self, index: int) -> str:
        """Returns the file it was read from, or its number."""
        return self.files[index] if self.files else f"{self.name} picture {index}"

    def relabelled(
        self, kept: NDArray[np.int64], classes: tuple[str, ...], labels: NDArray[np.int64]
    ) -> ArrayDataset:
        """Returns the pictures `kept`, with other classes; each keeps its name."""
        if len(kept) == len(self):
            return replace(self, classes=classes, labels=labels)
        files = tuple(self.file_of(index) for index in kept.tolist())
        images = self.images[kept]
        return replace(self, classes=classes, labels=labels, images=images, files=files)


@dataclass(frozen=True, slots=True, eq=False)
class FileDataset:
    """Pictures that are decoded when they are asked for; `batches.PictureCache` may keep them.

    Attributes:
        keys: How `read` knows each picture.
        read: Returns (H, W, 3) uint8 for such a key; raises PictureError. Called by any thread,
            and in other processes if it can be pickled.
        sizes: (N, 2) int64 width and height in pixels, as stored; None if they are not known.
    """

    name: str
    classes: tuple[str, ...]
    keys: tuple[str, ...]
    labels: NDArray[np.int64]
    read: Callable[[str], NDArray[np.uint8]]
    problems: tuple[Problem, ...] = ()
    sizes: NDArray[np.int64] | None = None

    @property
    def images(self) -> None:
        """Always None: the pictures are not in memory."""
        return None

    def __len__(self) -> int:
        return len(self.keys)

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Decodes picture `index`.

        Raises:
            PictureError: If its file is broken or gone.
        """
        return self.read(self.keys[index])

    def file_of(self, index: int) -> str:
        """Returns the path of picture `index` inside the data set."""
        return printable(self.keys[index])

    def relabelled(
        self, kept: NDArray[np.int64], classes: tuple[str, ...], labels: NDArray[np.int64]
    ) -> FileDataset:
        """Returns the pictures `kept`, with other classes."""
        keys = tuple(self.keys[index] for index in kept.tolist())
        sizes = None if self.sizes is None else self.sizes[kept]
        return replace(self, classes=classes, labels=labels, keys=keys, sizes=sizes)


@dataclass(frozen=True, slots=True, eq=False)
class Subset:
    """Some pictures of a data set, in a fixed order.

    Attributes:
        dataset: The whole.
        indices: (N,) int64 positions in it.
    """

    dataset: Dataset
    indices: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of all classes of the data set."""
        return self.dataset.classes

    @property
    def labels(self) -> NDArray[np.int64]:
        """(N,) the class of each picture of this subset."""
        labels: NDArray[np.int64] = self.dataset.labels[self.indices]
        return labels

    @property
    def counts(self) -> NDArray[np.int64]:
        """(classes,) how many pictures of each class are here."""
        return np.bincount(self.labels, minlength=len(self.classes)).astype(np.int64)

    def picture(self, position: int) -> NDArray[np.uint8]:
        """Returns the picture at `position` of this subset as (H, W, 3) uint8.

        Raises:
            PictureError: If its file turns out to be broken or gone.
        """
        return self.dataset.picture(int(self.indices[position]))


@dataclass(frozen=True, slots=True)
class FoundClass:
    """A class as it lies in the data set, before any change to the classes.

    Attributes:
        name: What its folder or its authors call it.
        pictures: How many it has, for training, validation and testing together.
        name_now: The class that its pictures are trained as; None if it is left out.
        excluded: How many of the pictures are left out one by one.
    """

    name: str
    pictures: int
    name_now: str | None
    excluded: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class DataSplit:
    """A data set divided for training; no picture is on both sides.

    Attributes:
        name: What to call it on screen.
        train: What the network learns from.
        validation: What it is judged on after each epoch; never empty.
        problems: Everything left out or noteworthy, for the person to read.
        test: What is kept for the end, and looked at on request only, so that no choice is made
            by it; None if the data set sets nothing aside for that.
        found: The classes before any change to them, in the order of the data set.
        own_validation: Whether the data set came with pictures for validation, so that no share of
            the others was drawn by chance.
    """

    name: str
    train: Subset
    validation: Subset
    problems: tuple[Problem, ...] = ()
    test: Subset | None = None
    found: tuple[FoundClass, ...] = ()
    own_validation: bool = False

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the network's outputs."""
        return self.train.classes


def stratified_split(
    dataset: Dataset,
    *,
    fraction: float,
    seed: int,
    among: NDArray[np.bool_] | None = None,
) -> tuple[Subset, Subset, tuple[Problem, ...]]:
    """Divides every class by itself, so that rare classes are validated too.

    Args:
        dataset: What to divide.
        fraction: Share of each class for validation, 0 to 1, rounded to whole pictures; but at
            least one picture on each side where a class has two.
        seed: Decides who goes where; the same seed gives the same split.
        among: (N,) bool, which pictures are divided; all if None.

    Returns:
        Training and validation subsets in ascending order, and a problem for each class that has
        too few pictures to be on both sides.
    """
    train: list[NDArray[np.int64]] = []
    validation: list[NDArray[np.int64]] = []
    problems: list[Problem] = []
    for label, name in enumerate(dataset.classes):
        mine = dataset.labels == label
        members = np.flatnonzero(mine if among is None else mine & among)
        held_out = _held_out(len(members), fraction)
        if held_out == 0:
            problems.append(_too_few(name, len(members)))
        order = np.random.default_rng([seed, label]).permutation(members)
        validation.append(order[:held_out])
        train.append(order[held_out:])
    return (
        Subset(dataset, _sorted(train)),
        Subset(dataset, _sorted(validation)),
        tuple(problems),
    )


def _held_out(count: int, fraction: float) -> int:
    if count < 2:
        return 0
    return min(max(round(count * fraction), 1), count - 1)


def _too_few(name: str, count: int) -> Problem:
    if count == 0:
        reason = "the class has no picture left"
        return Problem(name, reason, "Add pictures or remove it.", left_out=False)
    reason = "the class has one picture, which is used for training and never validated"
    return Problem(name, reason, "Add pictures.", left_out=False)


def _sorted(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.sort(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
