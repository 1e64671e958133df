"""The table of classified pictures as text: one writer for the window and the command line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resnet_studio.probe.labels import output_of
from resnet_studio.probe.predict import Prediction


@dataclass(frozen=True, slots=True)
class Row:
    """One picture.

    Attributes:
        file: What to call it.
        predictions: The most probable classes, the most probable first.
        truth: The output whose name its folder has; None if there is none.
        error: Why there are no predictions; empty if there are.
    """

    file: str
    predictions: Sequence[Prediction] = ()
    truth: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the pictures whose class is known were named rightly.

    Attributes:
        known: Pictures that were classified and whose folder has the name of a class.
        right: Those whose most probable class that is.
        among_five: Those of which it is among the five most probable.
    """

    known: int = 0
    right: int = 0
    among_five: int = 0

    @property
    def accuracy(self) -> float:
        """Share of the known ones that are right, 0 to 1; 0 if none is known."""
        return self.right / self.known if self.known else 0.0


def score(rows: Iterable[Row]) -> Score:
    """Counts the pictures whose folder says what they show."""
    known = right = among = 0
    for row in rows:
        if row.truth is None or not row.predictions:
            continue
        known += 1
        right += row.predictions[0].index == row.truth
        among += any(each.index == row.truth for each in row.predictions[:5])
    return Score(known, right, among)


class Truths:
    """Which output each folder has the name of; every folder is looked up once."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._known: dict[str, int | None] = {}

    def __getitem__(self, folder: str) -> int | None:
        if folder not in self._known:
            self._known[folder] = output_of(folder, self._names)
        return self._known[folder]


def as_csv(rows: Iterable[Row], names: Sequence[str], *, top: int, separator: str = ",") -> str:
    """Returns a header and a line a picture; probabilities from 0 to 1 with every digit.

    Args:
        rows: The pictures.
        names: A name for each output.
        top: How many classes each line has room for.
        separator: Between the columns.
    """
    target = io.StringIO()
    writer = csv.writer(target, delimiter=separator, lineterminator="\n")
    numbered = [f"{what}_{rank}" for rank in range(1, top + 1) for what in ("class", "probability")]
    writer.writerow(["file", "folder_class", "right", *numbered, "error"])
    for row in rows:
        writer.writerow(_line(row, names, top))
    return target.getvalue()


def _line(row: Row, names: Sequence[str], top: int) -> list[str]:
    known = row.truth is not None and bool(row.predictions)
    right = known and row.predictions[0].index == row.truth
    cells = [text for each in row.predictions[:top] for text in (each.name, repr(each.probability))]
    return [
        row.file,
        "" if row.truth is None else names[row.truth],
        ("yes" if right else "no") if known else "",
        *cells,
        *[""] * (2 * top - len(cells)),
        row.error,
    ]
