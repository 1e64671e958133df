"""Which pictures the browser shows, and in which order; arrays and no widgets.

A row is the number of a picture in the `Listing`; what is shown is an array of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.dataset import Dataset, DataSplit, FileDataset, Subset
from resnet_studio.data.sides import Side, sides_of

EVERY = -1
"""In place of a class: all of them."""
_CHECK_EVERY = 4096


class Order(Enum):
    """In which order the pictures stand."""

    DATA = "data"
    NAME = "name"
    CLASS = "class"
    SMALLEST = "smallest"
    LARGEST = "largest"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pictures are to be shown.

    Attributes:
        text: In the name of the file or class, whatever the case; empty for all.
        label: Of this class; `EVERY` for all.
        side: Of this side; empty for all.
        broken: Only those that turned out to be broken.
    """

    text: str = ""
    label: int = EVERY
    side: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """Every picture of a data set, side by side.

    Attributes:
        sides: The sides by name.
        classes: Names of the classes.
        side: (N,) int64, which of the sides.
        position: (N,) int64, position in that side's subset.
        label: (N,) int64, the class.
        size: (N, 2) int64 width and height in pixels as stored; 0 where it is not known.
        names: What to call each picture.
        by_name: (N,) int64, the rows in the order of their names.
    """

    sides: tuple[tuple[Side, Subset], ...]
    classes: tuple[str, ...]
    side: NDArray[np.int64]
    position: NDArray[np.int64]
    label: NDArray[np.int64]
    size: NDArray[np.int64]
    names: tuple[str, ...]
    by_name: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)

    def place(self, row: int) -> tuple[Dataset, int]:
        """Returns the data set of a picture and its index in it."""
        subset = self.sides[self.side[row]][1]
        return subset.dataset, int(subset.indices[self.position[row]])

    def side_name(self, row: int) -> Side:
        """Returns which side a picture is on."""
        return self.sides[self.side[row]][0]

    def class_name(self, row: int) -> str:
        """Returns the class of a picture."""
        return self.classes[self.label[row]]

    def row_of(self, side: str, position: int) -> int | None:
        """Returns the row of a picture; None if there is none such."""
        for number, (name, subset) in enumerate(self.sides):
            if name == side and 0 <= position < len(subset):
                found = np.flatnonzero((self.side == number) & (self.position == position))
                return int(found[0])
        return None


def listing_of(split: DataSplit, check: Callable[[], None] = lambda: None) -> Listing:
    """Lists all pictures in the order of the data set; half a second for 100,000.

    Args:
        split: The data set.
        check: Called now and then; what it raises ends the listing.
    """
    sides = sides_of(split)
    side = np.repeat(np.arange(len(sides)), [len(subset) for _, subset in sides])
    position = np.concatenate([np.arange(len(subset)) for _, subset in sides])
    index = np.concatenate([subset.indices for _, subset in sides])
    whole: list[Dataset] = []
    for _, subset in sides:
        if not any(subset.dataset is other for other in whole):
            whole.append(subset.dataset)
    number = [next(n for n, d in enumerate(whole) if d is subset.dataset) for _, subset in sides]
    # As in the data set, whoever learns from it: training and validation lie side by side.
    order = np.lexsort((index, np.array(number)[side]))
    side, position = side[order], position[order]
    names = _names(sides, side.tolist(), index[order].tolist(), check)
    lowered = [_basename(name) for name in names]
    return Listing(
        sides,
        split.classes,
        side,
        position,
        np.concatenate([subset.labels for _, subset in sides])[order],
        np.concatenate([_sizes(subset) for _, subset in sides])[order],
        tuple(names),
        np.array(sorted(range(len(names)), key=lowered.__getitem__), dtype=np.int64),
    )


def shown_rows(
    listing: Listing, wanted: Wanted, order: Order, broken: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Returns the rows to be shown.

    Args:
        listing: All pictures.
        wanted: Which of them.
        order: In which order.
        broken: (N,) bool, the pictures that are known to be broken.
    """
    kept = np.ones(len(listing), dtype=np.bool_)
    if wanted.label != EVERY:
        kept &= listing.label == wanted.label
    if wanted.side:
        sides = [name for name, _ in listing.sides]
        kept &= listing.side == (sides.index(wanted.side) if wanted.side in sides else -1)
    if wanted.broken:
        kept &= broken
    if wanted.text:
        kept &= _found(listing, wanted.text.casefold())
    ordered = _ordered(listing, order)
    rows: NDArray[np.int64] = ordered[kept[ordered]]
    return rows


def _found(listing: Listing, text: str) -> NDArray[np.bool_]:
    classes = np.array([text in name.casefold() for name in listing.classes], dtype=np.bool_)
    names = np.fromiter((text in name.casefold() for name in listing.names), np.bool_)
    found: NDArray[np.bool_] = classes[listing.label] | names
    return found


def _ordered(listing: Listing, order: Order) -> NDArray[np.int64]:
    if order is Order.NAME:
        return listing.by_name
    if order is Order.CLASS:
        names = [name.casefold() for name in listing.classes]
        rank = np.argsort(np.array(sorted(range(len(names)), key=names.__getitem__)))
        return np.argsort(rank[listing.label], kind="stable")
    if order in (Order.SMALLEST, Order.LARGEST):
        pixels = listing.size.prod(axis=1)
        return np.argsort(pixels if order is Order.SMALLEST else -pixels, kind="stable")
    return np.arange(len(listing))


def _names(
    sides: Sequence[tuple[Side, Subset]],
    side: Sequence[int],
    index: Sequence[int],
    check: Callable[[], None],
) -> list[str]:
    names = []
    for number, (which, place) in enumerate(zip(side, index, strict=True)):
        if number % _CHECK_EVERY == 0:
            check()
        names.append(sides[which][1].dataset.file_of(place))
    return names


def _basename(name: str) -> tuple[str, str]:
    """Returns what names are sorted by: the file's own name, then its folder."""
    return name.rpartition("/")[2].casefold(), name


def _sizes(subset: Subset) -> NDArray[np.int64]:
    dataset = subset.dataset
    if dataset.images is not None:
        height, width = dataset.images.shape[1:3]
        return np.tile(np.array([[width, height]], dtype=np.int64), (len(subset), 1))
    if isinstance(dataset, FileDataset) and dataset.sizes is not None:
        sizes: NDArray[np.int64] = dataset.sizes[subset.indices]
        return sizes
    return np.zeros((len(subset), 2), dtype=np.int64)
