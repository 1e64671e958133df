"""Pictures that are in a data set twice, and those that sit on both sides of its division.

Exact duplicates have the same decoded pixels, whatever files they come from. Near duplicates have
hashes that differ in few of 64 bits (`near_hashes`). A picture of the validation side that training
has seen, too, makes the accuracy look better than it is.

Measured with CIFAR-10's 50,000 training pictures stored as JPEG and 4,660 of them once more as PNG,
where the partner of each is known. Partners found, and pairs of others that were linked: 2 bits
97.1 % and 18, 4 bits 99.96 % and 41 (part of them the doubles that CIFAR-10 is known to have), 6
bits 100 % and 109, 8 bits 100 % and 317, 10 bits 100 % and 1,147.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.dataset import DataSplit, Problem, Subset
from resnet_studio.data.each_picture import each_picture
from resnet_studio.data.making import Pixels
from resnet_studio.data.near_hashes import LARGEST_THRESHOLD, MIRROR, close_pairs, near_hash
from resnet_studio.data.sides import Side, sides_of
from resnet_studio.data.stores import ScanProgress

__all__ = [
    "LARGEST_THRESHOLD",
    "USUAL_THRESHOLD",
    "Duplicates",
    "Fingerprints",
    "Group",
    "Member",
    "find_duplicates",
    "fingerprints",
    "sides_of",
]

USUAL_THRESHOLD = 4
_DIGEST_BYTES = 16
_ROW = np.dtype(
    [
        ("side", np.int64),
        ("position", np.int64),
        ("exact", np.void, _DIGEST_BYTES),
        ("near", np.uint64),
        ("flat", np.bool_),
    ]
)
_LINKS = 1 << 16
"""At a time, as Python's numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprints:
    """What is kept of each picture to find those that are alike.

    Attributes:
        split: The data set they were taken from.
        side: (N,) int64, which of `sides_of(split)` a picture is on.
        position: (N,) int64, its position in that side's subset.
        exact: (N, 2) uint64, a digest of size and pixels.
        near: (N,) uint64, the hash that similar pictures nearly share.
        flat: (N,) bool, pictures without structure, whose `near` means nothing.
        broken: Pictures that could not be read; they are not among the N.
    """

    split: DataSplit
    side: NDArray[np.int64]
    position: NDArray[np.int64]
    exact: NDArray[np.uint64]
    near: NDArray[np.uint64]
    flat: NDArray[np.bool_]
    broken: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One picture of a group.

    Attributes:
        side: Where the picture is.
        position: Its position in the subset of that side.
        index: Its index in that subset's data set.
        file: What to call it.
        label: Its class.
    """

    side: Side
    position: int
    index: int
    file: str
    label: int


@dataclass(frozen=True, slots=True)
class Group:
    """Pictures that are alike.

    Attributes:
        kind: "exact" if all have the same pixels, else "near".
        members: At least two.
        distance: Most bits in which two that are linked differ; 0 for exact ones.
        mirrored: Whether some are alike only after exchanging left and right.
    """

    kind: Literal["exact", "near"]
    members: tuple[Member, ...]
    distance: int = 0
    mirrored: bool = False

    @property
    def across(self) -> bool:
        """Whether it has pictures of more than one side."""
        return len({member.side for member in self.members}) > 1

    @property
    def mixed(self) -> bool:
        """Whether it has pictures of more than one class."""
        return len({member.label for member in self.members}) > 1


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What a data set has twice.

    Attributes:
        exact: Groups with the same decoded pixels.
        near: Groups of similar pictures that are not all the same; they include exact ones.
        pictures: How many pictures were compared.
        broken: Pictures that could not be read.
    """

    exact: tuple[Group, ...]
    near: tuple[Group, ...]
    pictures: int
    broken: tuple[Problem, ...] = ()

    def leaked(self, of: Side = "validation", into: Side = "train") -> int:
        """Returns how many pictures of one side have a double on the other."""
        found = set()
        for group in (*self.exact, *self.near):
            if any(member.side == into for member in group.members):
                found |= {member.position for member in group.members if member.side == of}
        return len(found)


def fingerprints(
    split: DataSplit, *, threads: int | None = None
) -> Generator[ScanProgress, None, Fingerprints]:
    """Decodes every picture once and keeps what tells it; to cancel, close the generator.

    Args:
        split: The data set.
        threads: How many decode; as many as there are cores if None.

    Yields:
        Progress in pictures.
    """
    sides = sides_of(split)
    total = sum(len(subset) for _, subset in sides)
    rows = np.empty(total, dtype=_ROW)  # 41 bytes a picture, where a tuple of its own has 250
    broken: list[Problem] = []
    count = 0
    for number, (_, subset) in enumerate(sides):
        for position, print_ in enumerate(_prints(subset, threads)):
            if isinstance(print_, Problem):
                broken.append(print_)
            else:
                rows[count] = (number, position, *print_)
                count += 1
            if (done := count + len(broken)) % 64 == 0:
                yield ScanProgress("comparing", done, total)
    yield ScanProgress("comparing", total, total)
    rows = rows[:count]
    return Fingerprints(
        split=split,
        side=rows["side"].copy(),
        position=rows["position"].copy(),
        exact=rows["exact"].copy().view(np.uint64).reshape(-1, 2),
        near=rows["near"].copy(),
        flat=rows["flat"].copy(),
        broken=tuple(broken),
    )


def find_duplicates(
    prints: Fingerprints,
    *,
    near: bool = True,
    threshold: int = USUAL_THRESHOLD,
    flips: bool = False,
    progress: Callable[[ScanProgress], None] = lambda _: None,
) -> Duplicates:
    """Returns the groups of pictures that are alike.

    Seconds for 100,000 pictures; a minute for 60,000 that are much alike in large parts, such as
    those of a camera that stands still (hashes that share 32 of 64 bits).

    Args:
        prints: Of the pictures.
        near: Whether similar pictures are looked for, too.
        threshold: Most bits in which the hashes of similar pictures differ.
        flips: Whether a picture is compared with the others' mirror images, too.
        progress: Told now and then how far the search has come; what it raises ends it.

    Raises:
        ValueError: If the threshold is not in 0 to `LARGEST_THRESHOLD`.
    """
    if not 0 <= threshold <= LARGEST_THRESHOLD:
        raise ValueError(f"the threshold is {threshold}, not 0 to {LARGEST_THRESHOLD} bits")
    _, first, kind = np.unique(prints.exact, axis=0, return_index=True, return_inverse=True)
    kind = kind.reshape(-1)
    pictures = _Pictures(prints, _members_by(kind, len(first)))
    exact = tuple(Group("exact", pictures.of([one])) for one in pictures.repeated())
    similar: Iterable[Group] = ()
    if near and len(first):
        similar = _similar(prints, first, pictures, threshold, flips, progress)
    return Duplicates(exact, tuple(similar), len(kind), prints.broken)


class _Pictures:
    """The pictures by kind: those of one kind have the same pixels."""

    def __init__(self, prints: Fingerprints, by_kind: list[NDArray[np.int64]]) -> None:
        self._prints = prints
        self._by_kind = by_kind
        self._sides = sides_of(prints.split)

    def repeated(self) -> list[int]:
        """Returns the kinds that have several pictures, in the order of their first one."""
        several = [kind for kind, rows in enumerate(self._by_kind) if len(rows) > 1]
        return sorted(several, key=lambda kind: int(self._by_kind[kind][0]))

    def of(self, kinds: Iterable[int]) -> tuple[Member, ...]:
        """Returns the pictures of some kinds: training first, in the order of the data set."""
        rows = np.sort(np.concatenate([self._by_kind[kind] for kind in kinds]))
        return tuple(self._member(row) for row in rows.tolist())

    def _member(self, row: int) -> Member:
        side, subset = self._sides[self._prints.side[row]]
        position = int(self._prints.position[row])
        index = int(subset.indices[position])
        label = int(subset.dataset.labels[index])
        return Member(side, position, index, subset.dataset.file_of(index), label)


def _prints(subset: Subset, threads: int | None) -> Iterator[tuple[bytes, int, bool] | Problem]:
    with contextlib.closing(each_picture(subset, _print, threads=threads)) as results:
        for some in results:
            yield from some


def _print(pixels: Pixels) -> tuple[bytes, int, bool]:
    """Returns the digest of size and pixels, the hash of likeness, and whether it means nothing."""
    # Processors have instructions for this one: half the time of BLAKE2 where it counts.
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.digest()[:_DIGEST_BYTES], *near_hash(pixels)


def _members_by(kind: NDArray[np.int64], kinds: int) -> list[NDArray[np.int64]]:
    """Returns the rows of each kind, ascending."""
    order = np.argsort(kind, kind="stable")
    ends = np.cumsum(np.bincount(kind, minlength=kinds))
    return np.split(order, ends[:-1]) if kinds else []


def _similar(
    prints: Fingerprints,
    first: NDArray[np.int64],
    pictures: _Pictures,
    threshold: int,
    flips: bool,
    progress: Callable[[ScanProgress], None],
) -> list[Group]:
    """Returns the groups that links between kinds of picture make, largest first."""
    kinds = np.flatnonzero(~prints.flat[first])
    hashes, which = np.unique(prints.near[first[kinds]], return_inverse=True)
    at_hash = _members_by(which, len(hashes))  # kinds that share a hash, by position in `kinds`
    joined = _Joined(len(hashes))

    def tell(done: int) -> None:
        progress(ScanProgress("comparing", done, len(hashes)))

    for mirrored in (False, True) if flips else (False,):
        queries = hashes ^ MIRROR if mirrored else hashes
        pairs = close_pairs(queries, hashes, threshold, progress=tell)
        for begin in range(0, len(pairs.first), _LINKS):
            some = slice(begin, begin + _LINKS)
            columns = (pairs.first[some], pairs.second[some], pairs.distance[some])
            for one, other, distance in zip(*(each.tolist() for each in columns), strict=True):
                joined.link(one, other, distance, mirrored=mirrored)
    found = []
    for together, distance, mirrored in joined.groups():
        members = kinds[np.concatenate([at_hash[position] for position in together])]
        if len(members) > 1:
            found.append(Group("near", pictures.of(members.tolist()), distance, mirrored))
    return sorted(found, key=lambda group: -len(group.members))


class _Joined:
    """Things that are linked, directly or through others (union-find with halved paths)."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))
        self._distance = [0] * count
        self._mirrored = [False] * count

    def link(self, one: int, other: int, distance: int, *, mirrored: bool) -> None:
        """Puts two things into one group; a group is as wide as its widest link."""
        one, other = sorted((self._top(one), self._top(other)))
        self._parent[other] = one
        self._distance[one] = max(self._distance[one], self._distance[other], distance)
        # Said only where nothing but the mirror links them.
        new = one != other and mirrored
        self._mirrored[one] = self._mirrored[one] or self._mirrored[other] or new

    def groups(self) -> Iterator[tuple[list[int], int, bool]]:
        """Yields each group with its widest link, and whether the mirror was needed."""
        members: dict[int, list[int]] = {}
        for thing in range(len(self._parent)):
            members.setdefault(self._top(thing), []).append(thing)
        for top, together in members.items():
            yield together, self._distance[top], self._mirrored[top]

    def _top(self, thing: int) -> int:
        parent = self._parent
        while parent[thing] != thing:
            parent[thing] = parent[parent[thing]]
            thing = parent[thing]
        return thing
