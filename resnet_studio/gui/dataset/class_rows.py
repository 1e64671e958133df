"""The classes of a data set as a table shows them: those that are trained, and those left out.

Counts are those that training uses. Pure functions; no widgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from resnet_studio.data.sources import DataSplit

EVEN = 1.5
"""Largest over smallest class up to which nobody needs to weigh anything."""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class that is trained, or one that is left out.

    Attributes:
        name: What it is called now.
        parts: The classes of the data set that it is made of, by the names of their folders.
        train: Pictures to learn from.
        validation: Pictures held out.
        test: Pictures that the data set keeps for testing.
        share: Of all pictures to learn from, 0 to 1.
        left_out: Pictures of it that are left out one by one.
        used: Whether it is trained.
        pictures: How many it has on the disk.
    """

    name: str
    parts: tuple[str, ...]
    train: int = 0
    validation: int = 0
    test: int = 0
    share: float = 0.0
    left_out: int = 0
    used: bool = True
    pictures: int = 0

    @property
    def note(self) -> str:
        """What a person has changed about it; empty if nothing."""
        notes = []
        if not self.used:
            some = _tr("left out: {count:,} pictures").format(count=self.pictures)
            notes.append(_tr("left out: 1 picture") if self.pictures == 1 else some)
        elif len(self.parts) > 1:
            notes.append(_tr("made of {names}").format(names=", ".join(self.parts)))
        elif self.parts != (self.name,):
            notes.append(_tr("was {name}").format(name=self.parts[0]))
        if self.used and self.left_out == 1:
            notes.append(_tr("1 picture left out"))
        elif self.used and self.left_out:
            notes.append(_tr("{count:,} pictures left out").format(count=self.left_out))
        return "; ".join(notes)


def rows_of(split: DataSplit) -> tuple[ClassRow, ...]:
    """Returns the classes in the order of the network's outputs, then those left out."""
    train, validation = split.train.counts, split.validation.counts
    test = split.test.counts if split.test is not None else None
    total = max(1, int(train.sum()))
    made_of: dict[str | None, list[str]] = {}
    left_out: dict[str | None, int] = {}
    for found in split.found:
        made_of.setdefault(found.name_now, []).append(found.name)
        left_out[found.name_now] = left_out.get(found.name_now, 0) + found.excluded
    rows = [
        ClassRow(
            name,
            tuple(made_of.get(name, [name])),
            train=int(train[label]),
            validation=int(validation[label]),
            test=int(test[label]) if test is not None else 0,
            share=int(train[label]) / total,
            left_out=left_out.get(name, 0),
        )
        for label, name in enumerate(split.classes)
    ]
    known = set(split.classes)
    rows.extend(
        ClassRow(found.name, (found.name,), used=False, pictures=found.pictures)
        for found in split.found
        if found.name_now not in known
    )
    return tuple(rows)


def imbalance(rows: Sequence[ClassRow]) -> float:
    """Returns how many times the largest class has the pictures of the smallest to learn from.

    Infinite if a class has none.
    """
    counts = [row.train for row in rows if row.used]
    if not counts or max(counts) == 0:
        return 1.0
    return max(counts) / min(counts) if min(counts) else float("inf")


def imbalance_text(rows: Sequence[ClassRow]) -> str:
    """Tells in a sentence how even the classes are."""
    used = [row for row in rows if row.used]
    ratio = imbalance(used)
    if ratio == 1.0:
        return _tr("All classes have the same number of pictures to learn from.")
    largest, smallest = max(used, key=_train), min(used, key=_train)
    sentence = _tr("The largest class, {large} ({most:,}), has {ratio} times the pictures of the"
                   " smallest, {small} ({least:,}).")  # fmt: skip
    if ratio == float("inf"):
        sentence = _tr("The class {small} has no picture to learn from.")
    said = sentence.format(
        large=largest.name,
        most=largest.train,
        ratio=f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}",
        small=smallest.name,
        least=smallest.train,
    )
    if ratio < EVEN:
        return said + " " + _tr("That is even enough.")
    return said + " " + _tr("A network learns the large ones first; training can even that out:")


def _train(row: ClassRow) -> int:
    return row.train


def _tr(text: str) -> str:
    return QCoreApplication.translate("class_rows", text)
