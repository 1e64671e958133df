"""Which output of a network each folder of pictures belongs to.

A wrong guess here gives a wrong accuracy and no error, so nothing is guessed: names match exactly,
or but for upper and lower case if that leaves no doubt; and folders without names to match take
the outputs in alphabetical order only where there are as many folders as outputs.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_studio.errors import DataError

NamesFrom = Literal["person", "file", "assumption"]
"""Who names the outputs: the person, the file of weights, or nobody, so that they are assumed."""

_LISTED = 8


@dataclass(frozen=True, slots=True)
class Folders:
    """The class folders of a data set.

    Attributes:
        name: What to call the data set.
        used: Names of those that hold pictures, sorted.
        all: The same and the names of those without a usable picture, sorted.
    """

    name: str
    used: tuple[str, ...]
    all: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labelling:
    """Folders and outputs put together.

    Attributes:
        names: A name for each output, in order.
        outputs: The output of each folder that is one of the network's classes.
        skipped: Folders with pictures that are no class of the network, sorted.
        note: How it was done, as a sentence.
        certain: Whether the names were stated by somebody and not taken from the folders.
    """

    names: tuple[str, ...]
    outputs: Mapping[str, int]
    skipped: tuple[str, ...]
    note: str
    certain: bool


def label_outputs(
    folders: Folders, outputs: int, names: Sequence[str] | None, source: NamesFrom = "file"
) -> Labelling:
    """Finds the output of each folder.

    Args:
        folders: The class folders.
        outputs: How many outputs the network has.
        names: A name for each output; None if nobody has named them.
        source: Who did. Assumed names are taken only if every folder has one of them.

    Raises:
        DataError: If it cannot be told which folder is which output; names both counts.
    """
    if names is None:
        return _by_alphabet(folders, outputs)
    if source == "assumption":
        return _assumed(folders, outputs, names)
    _check_names(names, outputs)
    found = _matched(folders.used, names)
    if not found:
        raise _none_known(folders, names)
    who = "as --classes names them" if source == "person" else "as the file names them"
    skipped = tuple(folder for folder in folders.used if folder not in found)
    return Labelling(tuple(names), found, skipped, f"Outputs: {who}.", certain=True)


def output_of(folder: str, names: Sequence[str]) -> int | None:
    """Returns the output that has the name of a folder; None if none has it beyond doubt."""
    try:
        return _matched((folder,), names).get(folder)
    except DataError:
        return None


def _assumed(folders: Folders, outputs: int, names: Sequence[str]) -> Labelling:
    if len(names) != outputs:
        return _by_alphabet(folders, outputs)
    try:
        found = _matched(folders.used, names)
    except DataError as error:
        return _in_order(folders, outputs, otherwise=error)
    if len(found) < len(folders.used):
        others = [folder for folder in folders.used if folder not in found]
        return _in_order(folders, outputs, otherwise=_not_usual(folders, names, others))
    note = "Outputs: every folder has one of the names that such a network usually has."
    return Labelling(tuple(names), found, (), note, certain=False)


def _by_alphabet(folders: Folders, outputs: int) -> Labelling:
    unknown = DataError(
        f"The network has {outputs:,} outputs without names, and {folders.name} has "
        f"{_counted(len(folders.used), 'folder')} with pictures ({_listed(folders.used)}).",
        remedy=_all_needed(outputs),
    )
    return _in_order(folders, outputs, otherwise=unknown)


def _in_order(folders: Folders, outputs: int, *, otherwise: DataError) -> Labelling:
    """Gives the folders the outputs in alphabetical order, if there are as many.

    Raises:
        DataError: `otherwise`.
    """
    for candidates in (folders.used, folders.all):
        if len(candidates) == outputs:
            return Labelling(
                candidates,
                {name: candidates.index(name) for name in folders.used},
                (),
                "Outputs: the names of the folders in alphabetical order, for want of others.",
                certain=False,
            )
    raise otherwise


def _not_usual(folders: Folders, names: Sequence[str], others: Sequence[str]) -> DataError:
    return DataError(
        f"The file names none of its {len(names):,} outputs, so folders are matched to the names "
        f"of ImageNet's classes, and {_counted(len(others), 'folder')} of {folders.name} "
        f"{'has' if len(others) == 1 else 'have'} none of them: {_listed(others)}.",
        remedy='Rename the folders as ImageNet\'s classes are called ("beagle", "laptop"), or '
        f"give the names of all {len(names):,} outputs in their order: --classes a,b,c.",
    )


def _all_needed(outputs: int) -> str:
    return (
        f"Name all {outputs:,} outputs in their order, those of the folders as the folders are "
        "called: --classes a,b,c."
    )


def _check_names(names: Sequence[str], outputs: int) -> None:
    if len(names) != outputs:
        raise DataError(
            f"{_counted(len(names), 'class')} are named and the network has {outputs:,} outputs.",
            remedy="Name one class for each output, in their order: --classes a,b,c.",
        )


def _matched(folders: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Returns the output of each folder with a name that is known.

    Raises:
        DataError: If a folder has the name of several outputs, or an output several folders.
    """
    counts = Counter(names)
    alike: dict[str, list[int]] = {}
    for output, name in enumerate(names):
        alike.setdefault(_folded(name), []).append(output)
    found: dict[str, int] = {}
    for folder in folders:
        if counts[folder] == 1:
            found[folder] = list(names).index(folder)
        elif candidates := alike.get(_folded(folder)):
            found[folder] = _only(folder, candidates, names)
    _check_apart(found, names)
    return found


def _only(folder: str, candidates: Sequence[int], names: Sequence[str]) -> int:
    if len(candidates) > 1:
        which = ", ".join(f"{output} ({names[output]})" for output in candidates)
        raise DataError(
            f"The folder {folder} may be one of the outputs {which}.",
            remedy="Name the classes so that no two are alike: --classes a,b,c.",
        )
    return candidates[0]


def _check_apart(found: Mapping[str, int], names: Sequence[str]) -> None:
    first: dict[int, str] = {}
    for folder, output in found.items():
        other = first.setdefault(output, folder)
        if other != folder:
            raise DataError(
                f"The folders {other} and {folder} both have the name of the class "
                f"{names[output]} (output {output}).",
                remedy="Put their pictures into one folder, or rename one.",
            )


def _none_known(folders: Folders, names: Sequence[str]) -> DataError:
    return DataError(
        f"No folder of {folders.name} is a class of the network: the folders are "
        f"{_listed(folders.used)}; the classes are {_listed(names)}.",
        remedy=f"Rename the folders as the classes are called. Or: {_all_needed(len(names))}",
    )


def _folded(name: str) -> str:
    """Returns the name without case, and with accents in one of the two ways to store them."""
    return unicodedata.normalize("NFC", name).casefold()


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _counted(count: int, what: str) -> str:
    plural = "classes" if what == "class" else f"{what}s"
    return f"{count:,} {what if count == 1 else plural}"
