"""Changes to the classes of a data set that leave its files alone: renamed, merged, left out.

`ClassEdits` is what a person decided, kept with the run; `edited` applies it when the data set is
opened, whatever its source. Labels, classes and counts then are those that training uses. What the
decisions name may be gone by then: that is a problem to be listed, and no error, unless fewer than
two classes are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from resnet_studio.data.dataset import ArrayDataset, FileDataset, FoundClass, Problem
from resnet_studio.errors import DataError

MAX_NAME = 100
_LISTED_ONE_BY_ONE = 20


class ClassEdits(BaseModel):
    """What a person changed in the classes of a data set.

    Attributes:
        renamed: New name of a class, by the name that its folder or its authors give it. Classes
            of the same new name are merged, also with one that has that name already.
        excluded_classes: Classes that are left out, by the same names.
        excluded_files: Pictures that are left out, as `Dataset.file_of` names them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    renamed: dict[str, str] = Field(default_factory=dict)
    excluded_classes: tuple[str, ...] = ()
    excluded_files: tuple[str, ...] = ()

    @field_validator("renamed")
    @classmethod
    def _readable(cls, renamed: dict[str, str]) -> dict[str, str]:
        return {_encodable(name): checked_name(new) for name, new in renamed.items()}

    @field_validator("excluded_classes", "excluded_files")
    @classmethod
    def _named_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_encodable(name) for name in names))

    def __bool__(self) -> bool:
        return bool(self.renamed or self.excluded_classes or self.excluded_files)

    def __hash__(self) -> int:
        return hash((frozenset(self.renamed.items()), self.excluded_classes, self.excluded_files))

    def name_of(self, name: str) -> str | None:
        """Returns what a class is called after the changes; None if it is left out."""
        return None if name in self.excluded_classes else self.renamed.get(name, name)

    def classes_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """Returns the classes that become of `names`, if no class loses all of its pictures.

        A merged class stands where the first of its parts stood, so that the others keep their
        order.
        """
        left = (self.name_of(name) for name in names)
        return tuple(dict.fromkeys(name for name in left if name is not None))

    def rename(self, names: Iterable[str], new: str) -> ClassEdits:
        """Returns the changes and a new name for classes; their own name or none takes it back.

        Raises:
            pydantic.ValidationError: If the name cannot be shown; in words.
        """
        chosen = dict.fromkeys(names, new.strip())
        renamed = {name: to for name, to in (self.renamed | chosen).items() if to not in ("", name)}
        return self._with(renamed=renamed)

    def exclude_classes(self, names: Iterable[str]) -> ClassEdits:
        """Returns the changes without these classes."""
        return self._with(excluded_classes=(*self.excluded_classes, *names))

    def include_classes(self, names: Iterable[str]) -> ClassEdits:
        """Returns the changes with these classes in again."""
        return self._with(excluded_classes=_without(self.excluded_classes, names))

    def exclude_files(self, files: Iterable[str]) -> ClassEdits:
        """Returns the changes without these pictures, named as by `Dataset.file_of`."""
        return self._with(excluded_files=(*self.excluded_files, *files))

    def include_files(self, files: Iterable[str]) -> ClassEdits:
        """Returns the changes with these pictures in again."""
        return self._with(excluded_files=_without(self.excluded_files, files))

    def _with(self, **changes: object) -> ClassEdits:
        return ClassEdits.model_validate({**self.model_dump(), **changes})


def checked_name(name: str) -> str:
    """Returns a new name of a class without spaces around it.

    Raises:
        ValueError: If it is empty, too long or cannot be shown; in words.
    """
    short = name.strip()
    if not short:
        raise ValueError("The new name of a class is empty; it must have a character to show.")
    if len(short) > MAX_NAME:
        raise ValueError(
            f"The new name {short[:20]}… has {len(short)} characters; at most {MAX_NAME} can be "
            "shown."
        )
    if not short.isprintable():
        raise ValueError(f"The new name {short!r} has a character that cannot be shown.")
    return short


def _encodable(name: str) -> str:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"The name {name!r} is not valid Unicode.") from None
    return name


def _without(names: tuple[str, ...], others: Iterable[str]) -> tuple[str, ...]:
    gone = set(others)
    return tuple(name for name in names if name not in gone)


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """A data set after the changes.

    Attributes:
        dataset: What is left, with its classes named anew.
        kept: (K,) int64, where each of its pictures was before.
        found: The classes as they were found, for a table in which they can be restored.
        problems: What was to be changed and is not there, and classes that have lost all pictures.
    """

    dataset: ArrayDataset | FileDataset
    kept: NDArray[np.int64]
    found: tuple[FoundClass, ...]
    problems: tuple[Problem, ...] = ()


def edited(dataset: ArrayDataset | FileDataset, edits: ClassEdits) -> Edited:
    """Applies changes to a data set that was opened.

    Raises:
        DataError: If fewer than two classes are left.
    """
    mask, absent = _not_excluded(dataset, edits.excluded_files)
    found = _found(dataset, edits, mask)
    if not edits:
        return Edited(dataset, np.arange(len(dataset)), found)
    emptied = [each for each in found if each.name_now and each.pictures == each.excluded > 0]
    used = [None if each in emptied else each.name_now for each in found]
    classes = tuple(dict.fromkeys(name for name in used if name is not None))
    if len(classes) < 2:
        raise _too_few(dataset.name, classes)
    places = {name: place for place, name in enumerate(classes)}
    new_label = np.array([-1 if name is None else places[name] for name in used], dtype=np.int64)
    kept = np.flatnonzero(mask & (new_label[dataset.labels] >= 0))
    left = dataset.relabelled(kept, classes, new_label[dataset.labels[kept]])
    problems = (*_missing_classes(dataset, edits), *absent, *map(_emptied, emptied))
    return Edited(left, kept, found, problems)


def _found(
    dataset: ArrayDataset | FileDataset, edits: ClassEdits, mask: NDArray[np.bool_]
) -> tuple[FoundClass, ...]:
    """Returns the classes as they lie there; `mask` is which pictures are not left out alone."""
    counts = np.bincount(dataset.labels, minlength=len(dataset.classes)).tolist()
    left = np.bincount(dataset.labels[mask], minlength=len(dataset.classes)).tolist()
    return tuple(
        FoundClass(name, before, edits.name_of(name), before - after)
        for name, before, after in zip(dataset.classes, counts, left, strict=True)
    )


def _not_excluded(
    dataset: ArrayDataset | FileDataset, files: tuple[str, ...]
) -> tuple[NDArray[np.bool_], list[Problem]]:
    """Returns which pictures are not left out one by one, and what is not there to leave out."""
    mask = np.ones(len(dataset), dtype=np.bool_)
    if not files:  # else a million names would be made for nothing
        return mask, []
    waiting = set(files)
    there: set[str] = set()
    for index in range(len(dataset)):
        if (file := dataset.file_of(index)) in waiting:
            mask[index] = False
            there.add(file)
    reason = "it is to be left out, but is not among the pictures"
    return mask, list(_listed([file for file in files if file not in there], reason))


def _missing_classes(dataset: ArrayDataset | FileDataset, edits: ClassEdits) -> Iterator[Problem]:
    known = set(dataset.classes)
    for names, what in ((edits.renamed, "renamed"), (edits.excluded_classes, "left out")):
        missing = [name for name in names if name not in known]
        yield from _listed(missing, f"the class is to be {what}, but is not there")


def _listed(names: list[str], reason: str) -> Iterator[Problem]:
    remedy = "Restore it, or take the change back."
    for name in names[:_LISTED_ONE_BY_ONE]:
        yield Problem(name, reason, remedy, left_out=False)
    if (more := len(names) - _LISTED_ONE_BY_ONE) > 0:
        yield Problem("…", f"{more} more: {reason}", remedy, left_out=False)


def _emptied(found: FoundClass) -> Problem:
    reason = "every picture of the class is left out, and so the class is"
    return Problem(found.name, reason, "Take one of them in again.")


def _too_few(name: str, classes: tuple[str, ...]) -> DataError:
    what = f"only the class {classes[0]} is left" if classes else "no class is left"
    return DataError(
        f"After the changes to the classes of {name} {what}; training needs at least two.",
        remedy="Take a class in again, or give merged classes different names.",
    )
