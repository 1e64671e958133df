"""The rows of the table of pictures, and which of them are shown in which order."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage

from resnet_studio.gui.features.images import rgb_image

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture
    from resnet_studio.probe.classified_table import Row
    from resnet_studio.probe.classify_many import Classified
    from resnet_studio.probe.predict import Prediction

CLASSES = 5
"""How many classes each row shows."""


class Column(IntEnum):
    """The columns of the table."""

    PICTURE = 0
    FIRST = 1
    CONFIDENCE = 2
    FOLDER = 3
    SECOND = 4
    THIRD = 5
    FOURTH = 6
    FIFTH = 7


RANKS = {
    Column.FIRST: 0,
    Column.SECOND: 1,
    Column.THIRD: 2,
    Column.FOURTH: 3,
    Column.FIFTH: 4,
}
"""The place of the class that a column shows, from 0."""


@dataclass(slots=True, eq=False)
class Entry:
    """One picture of the table.

    Attributes:
        source: Its file, or the picture itself where it has none.
        name: What to call it.
        folder: Name of the folder it lies in; empty for a picture without a file.
        result: What the network said last; None as long as it has said nothing.
        truth: The output whose name its folder has; None if there is none.
        truth_name: Name of that output.
        stale: Whether the result is of another network or another crop.
        thumbnail: A small copy; empty before the picture was opened.
    """

    source: Path | Picture
    name: str
    folder: str
    result: Classified | None = None
    truth: int | None = None
    truth_name: str = ""
    stale: bool = False
    thumbnail: QImage = field(default_factory=QImage)

    @classmethod
    def of(cls, source: Path | Picture) -> Entry:
        """Returns the row of a picture that nothing is known of yet."""
        if isinstance(source, Path):
            return cls(source, source.name, os.path.basename(source.absolute().parent))  # noqa: PTH119
        return cls(source, source.name, "")

    @property
    def file(self) -> str:
        """The whole path, or the name where there is no file."""
        return str(self.source) if isinstance(self.source, Path) else self.name

    @property
    def waits(self) -> bool:
        """Whether the network is still to be asked."""
        return self.result is None or self.stale

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """The most probable classes; empty for a broken picture."""
        return () if self.result is None else self.result.predictions

    @property
    def error(self) -> str:
        """Why it could not be classified; empty if it was, or is not yet."""
        return "" if self.result is None or self.result.error is None else str(self.result.error)

    @property
    def reason(self) -> str:
        """The same in as few words as there are, for the table: "it is empty"."""
        error = None if self.result is None else self.result.error
        return "" if error is None else str(getattr(error, "reason", error.message))

    @property
    def right(self) -> bool | None:
        """Whether the first class is the folder's; None if that cannot be told (yet)."""
        if self.truth is None or self.stale or not self.predictions:
            return None
        return self.predictions[0].index == self.truth

    @property
    def among(self) -> bool:
        """Whether the folder's class is among those that are shown."""
        known = self.right is not None
        return known and any(each.index == self.truth for each in self.predictions)

    @property
    def row(self) -> Row:
        """What the exported table says of it; nothing of another network's answer."""
        from resnet_studio.probe.classified_table import Row

        if self.stale:
            return Row(self.file, truth=self.truth)
        return Row(self.file, self.predictions, self.truth, self.error)

    def take(self, result: Classified) -> None:
        """Keeps a result."""
        self.result = result
        self.stale = False
        if result.thumbnail is not None:
            self.thumbnail = rgb_image(result.thumbnail)


class Which(StrEnum):
    """Which pictures a filter leaves."""

    ALL = "all"
    BELOW = "below"
    ABOVE = "above"
    WRONG = "wrong"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows are shown.

    Attributes:
        text: Must be in the name, the first class or the folder's class, whatever the case.
        which: A further condition.
        percent: The confidence that `BELOW` and `ABOVE` compare with.
    """

    text: str = ""
    which: Which = Which.ALL
    percent: float = 50.0

    def __bool__(self) -> bool:
        return bool(self.text) or self.which is not Which.ALL

    def leaves(self, entry: Entry) -> bool:
        """Tells whether a row is shown."""
        return self._names(entry) and self._holds(entry)

    def _names(self, entry: Entry) -> bool:
        if not self.text:
            return True
        first = entry.predictions[0].name if entry.predictions else ""
        wanted = self.text.casefold()
        return any(wanted in text.casefold() for text in (entry.name, first, entry.truth_name))

    def _holds(self, entry: Entry) -> bool:
        match self.which:
            case Which.ALL:
                return True
            case Which.WRONG:
                return entry.right is False
            case Which.BROKEN:
                return bool(entry.error)
        if not entry.predictions:
            return False
        percent = 100 * entry.predictions[0].probability
        return percent < self.percent if self.which is Which.BELOW else percent >= self.percent


def sort_key(column: Column) -> Callable[[Entry], Any]:
    """Returns what a column is sorted by; None of an entry that has nothing there."""
    if column is Column.PICTURE:
        return lambda entry: (entry.name.casefold(), entry.file)
    if column is Column.CONFIDENCE:
        return lambda entry: entry.predictions[0].probability if entry.predictions else None
    if column is Column.FOLDER:
        return lambda entry: None if entry.truth is None else (bool(entry.right), entry.truth_name)
    rank = RANKS[column]

    def by_class(entry: Entry) -> tuple[str, float] | None:
        if len(entry.predictions) <= rank:
            return None
        prediction = entry.predictions[rank]
        return prediction.name.casefold(), -prediction.probability

    return by_class
