"""How the paths of a data set become classes: the folder a picture lies in names its class.

Two layouts are understood, each of them also inside a folder of its own: `class/picture`, and
`train/class/picture` beside `val/class/picture` or `test/class/picture` or both. Pure functions on
names; no file is opened here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.dataset import Problem
from resnet_studio.data.imaging import printable
from resnet_studio.data.stores import Listing
from resnet_studio.errors import DataError

_TRAIN_NAMES = ("train", "training")
# In order of preference, where there are several of a kind.
_VALIDATION_NAMES = ("val", "valid", "validation")
_TEST_NAMES = ("test", "testing")
_KINDS = (_TRAIN_NAMES, _VALIDATION_NAMES, _TEST_NAMES)
_LISTED_ONE_BY_ONE = 20
_HOW_TO_ARRANGE = (
    "Make one folder for each class, put its pictures inside, and choose the folder around them."
)

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """Labelled names, sorted by class and path.

    Attributes:
        classes: Names of the classes, sorted.
        folders: The same and the names of class folders without any picture, sorted.
        files: Path of each picture in its store.
        labels: (N,) int64 index into `classes`.
        held_out: (N,) bool, True for what lies in a validation folder; None if there is none.
        test: (N,) bool, True for what lies in a test folder; None if there is none.
        problems: What was left out, or may not be meant.
    """

    classes: tuple[str, ...]
    folders: tuple[str, ...]
    files: tuple[str, ...]
    labels: NDArray[np.int64]
    held_out: NDArray[np.bool_] | None
    test: NDArray[np.bool_] | None
    problems: tuple[Problem, ...]


def arrange(listing: Listing, name: str, *, fewest: int = 2) -> Arrangement:
    """Finds the classes of a listed data set.

    Args:
        listing: What lies in it.
        name: What to call it in messages.
        fewest: How many classes it must have: two to learn to tell apart, one to be tested on.

    Raises:
        DataError: If there is no picture, no class folder, or fewer classes.
    """
    if not listing.pictures:
        raise _no_picture(listing, name)
    tree = _Tree(listing)
    problems = [*listing.problems, *_strays(tree), *_other_files(tree)]
    divided = _divided(tree, problems)
    if divided is None:
        members = _members(tree, tree.top, problems)
        held_out = test = frozenset[str]()
    else:
        members, held_out, test = divided
    if len(members) < fewest:
        raise too_few_classes(name, list(members), nested=_is_nested(tree, members))
    classes = tuple(sorted(members))
    problems += _look_alikes(classes)
    files = tuple(file for cls in classes for file in sorted(members[cls]))
    return Arrangement(
        classes=classes,
        folders=_class_folders(tree, classes, divided=divided is not None),
        files=files,
        labels=np.repeat(np.arange(len(classes)), [len(members[cls]) for cls in classes]),
        held_out=np.array([file in held_out for file in files]) if held_out else None,
        test=np.array([file in test for file in files]) if test else None,
        problems=tuple(problems),
    )


def _no_picture(listing: Listing, name: str) -> DataError:
    kinds = sorted({PurePosixPath(file).suffix.lower() for file in listing.others} - {""})
    instead = f", only files of other kinds ({', '.join(kinds[:5])})" if kinds else ""
    return DataError(f"There is no picture in {name}{instead}.", remedy=_HOW_TO_ARRANGE)


def too_few_classes(name: str, classes: Sequence[str], *, nested: bool = False) -> DataError:
    """Returns the error for a data set in which there is nothing to tell apart."""
    if not classes:
        return DataError(f"{name} has pictures but no class folders.", remedy=_HOW_TO_ARRANGE)
    remedy = _HOW_TO_ARRANGE
    if nested:
        remedy = f"If the folders inside {classes[0]} are the classes, choose {classes[0]} itself."
    return DataError(
        f"{name} has pictures of one class only, {classes[0]}; training needs at least two.",
        remedy=remedy,
    )


class _Tree:
    """The listed paths, taken apart once, and the folder in which the classes begin."""

    def __init__(self, listing: Listing) -> None:
        self.pictures: list[Parts] = [tuple(file.split("/")) for file in listing.pictures]
        self.others: list[Parts] = [tuple(file.split("/")) for file in listing.others]
        folders = {tuple(folder.split("/")) for folder in listing.folders}
        for parts in self.pictures:
            folders.update(parts[:depth] for depth in range(1, len(parts)))
        self._children: dict[Parts, set[str]] = {}
        for folder in folders:
            self._children.setdefault(folder[:-1], set()).add(folder[-1])
        self._holding_pictures = {parts[:-1] for parts in self.pictures}
        self.top = self._descended()

    def children(self, folder: Parts) -> list[str]:
        """Returns the names of the folders directly inside, sorted."""
        return sorted(self._children.get(folder, ()))

    def holds_pictures(self, folder: Parts) -> bool:
        """Tells whether a picture lies directly inside."""
        return folder in self._holding_pictures

    def below(self, folder: Parts) -> Iterator[Parts]:
        """Yields every picture inside, however deep."""
        return (parts for parts in self.pictures if parts[: len(folder)] == folder)

    def _descended(self) -> Parts:
        """Steps over folders that only wrap one other, as archives have at their top."""
        top: Parts = ()
        while not self.holds_pictures(top):
            inside = self.children(top)
            if len(inside) != 1 or self.holds_pictures((*top, inside[0])):
                break
            top = (*top, inside[0])
        return top


def _members(tree: _Tree, top: Parts, problems: list[Problem]) -> dict[str, list[str]]:
    """Returns the pictures of each class folder below `top`, and lists the empty ones."""
    members: dict[str, list[str]] = {}
    for parts in tree.below(top):
        if len(parts) > len(top) + 1:
            members.setdefault(printable(parts[len(top)]), []).append("/".join(parts))
    explained = {problem.file for problem in problems}
    for child in tree.children(top):
        folder = printable("/".join((*top, child)))
        if printable(child) not in members and folder not in explained:
            empty = Problem(folder, "the class has no picture", "Add pictures or remove it.")
            problems.append(empty)
    return members


def _class_folders(tree: _Tree, classes: tuple[str, ...], *, divided: bool) -> tuple[str, ...]:
    """Returns the classes and the empty folders beside them; of a divided set the classes."""
    if divided:
        return classes
    return tuple(sorted({*classes, *(printable(child) for child in tree.children(tree.top))}))


def _divided(
    tree: _Tree, problems: list[Problem]
) -> tuple[dict[str, list[str]], frozenset[str], frozenset[str]] | None:
    """Returns classes, validation and test files of a data set that comes divided.

    It counts as divided if nothing but such folders is there: `train` beside `car` is a class.
    A test set without class folders, as competitions have it, cannot be tested on.

    Returns:
        None if it does not come divided.
    """
    trains, *others = (_called(tree, kind) for kind in _KINDS)
    train = _first_with_folders(tree, trains)
    total = len(trains) + sum(map(len, others))
    if train is None or not any(others) or total != len(tree.children(tree.top)):
        return None
    problems += _unused(trains, train)
    members = _members(tree, (*tree.top, train), problems)
    aside = [_set_aside(tree, sides, members, train, problems) for sides in others]
    held_out, test = (frozenset(f for files in side.values() for f in files) for side in aside)
    for side in aside:
        for cls, files in side.items():
            members[cls] = members[cls] + files
    return members, held_out, test


def _called(tree: _Tree, kind: Sequence[str]) -> list[str]:
    """Returns the folders at the top with a name of a kind, the usual first, small before large."""
    children = tree.children(tree.top)[::-1]
    return [child for name in kind for child in children if child.lower() == name]


def _first_with_folders(tree: _Tree, sides: Sequence[str]) -> str | None:
    return next((side for side in sides if tree.children((*tree.top, side))), None)


def _unused(sides: Sequence[str], used: str | None) -> list[Problem]:
    """Lists the folders of a kind beside the one that is used."""
    why = f"{used} is used" if used else "it has no class folders"
    return [Problem(printable(side), f"it is not used: {why}") for side in sides if side != used]


def _set_aside(
    tree: _Tree,
    sides: Sequence[str],
    members: Mapping[str, object],
    train: str,
    problems: list[Problem],
) -> dict[str, list[str]]:
    """Returns the pictures in one of the folders of a kind, of the classes that are learned."""
    used = _first_with_folders(tree, sides)
    problems += _unused(sides, used)
    if used is None:
        return {}
    found = _members(tree, (*tree.top, used), problems)
    problems += _one_sided(members, found, names=(train, used))
    return {cls: files for cls, files in found.items() if cls in members}


def _one_sided(
    members: Mapping[str, object], validation: Mapping[str, object], *, names: tuple[str, str]
) -> list[Problem]:
    """Lists the classes that only the training or only the validation folder has."""
    train, other = names
    return [
        *(
            Problem(
                f"{other}/{cls}",
                f"the class is missing from {train}",
                f"Add pictures of it to {train} to learn it.",
            )
            for cls in sorted(validation.keys() - members.keys())
        ),
        *(
            Problem(
                f"{train}/{cls}",
                f"the class is missing from {other}",
                f"Add pictures of it to {other}, or leave the class out.",
                left_out=False,
                classes=(cls,),
            )
            for cls in sorted(members.keys() - validation.keys())
        ),
    ]


def _look_alikes(classes: Sequence[str]) -> list[Problem]:
    """Lists classes whose names differ only in case or in how accents are stored.

    They stay apart, since they may be meant; but more often a folder was copied between systems.
    """
    first: dict[str, str] = {}
    listed = []
    for name in classes:
        other = first.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            reason = f"its name looks like that of the class {other}"
            remedy = "If they are the same, merge them, or put them into one folder."
            listed.append(Problem(name, reason, remedy, left_out=False, classes=(name, other)))
    return listed


def _is_nested(tree: _Tree, members: Mapping[str, object]) -> bool:
    """Tells whether the only class has folders inside, which then are likely what was meant."""
    return len(members) == 1 and any(
        printable(child) in members and tree.children((*tree.top, child))
        for child in tree.children(tree.top)
    )


def _strays(tree: _Tree) -> list[Problem]:
    """Lists what lies beside the class folders, and so has no class."""
    stray = [parts for parts in tree.pictures if len(parts) <= len(tree.top) + 1]
    remedy = "Move it into the folder of its class."
    listed = [
        Problem(printable("/".join(parts)), "it lies outside the class folders", remedy)
        for parts in sorted(stray)[:_LISTED_ONE_BY_ONE]
    ]
    if more := len(stray) - len(listed):
        listed.append(Problem("…", f"{more} more pictures lie outside the class folders", remedy))
    return listed


def _other_files(tree: _Tree) -> list[Problem]:
    """Lists files that are no pictures: one by one at the top, counted within classes."""
    listed: list[Problem] = []
    inside: dict[Parts, list[Parts]] = {}
    for parts in sorted(tree.others):
        if len(parts) > len(tree.top) + 1:
            inside.setdefault(parts[: len(tree.top) + 1], []).append(parts)
        elif len(listed) < _LISTED_ONE_BY_ONE:
            listed.append(_no_picture_file(parts))
        else:
            inside.setdefault(parts[:-1], []).append(parts)
    for place, files in inside.items():
        if len(files) == 1:
            listed.append(_no_picture_file(files[0]))
            continue
        kinds = {PurePosixPath(file[-1]).suffix.lower() or "no suffix" for file in files}
        what = f"{len(files)} files are not pictures ({', '.join(sorted(kinds))})"
        listed.append(Problem(printable("/".join(place)) or "…", what))
    return listed


def _no_picture_file(parts: Parts) -> Problem:
    return Problem(printable("/".join(parts)), "it is not a picture")
