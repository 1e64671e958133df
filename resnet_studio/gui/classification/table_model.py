"""The table of pictures as an item model: virtual, so that ten thousand rows cost what is seen.

Sorting and filtering are done here and not by a proxy, whose comparison Qt would call from C++
some hundred thousand times for ten thousand rows; a key a row is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from resnet_studio.gui.classification.entries import CLASSES, RANKS, Column, Entry, Filter, sort_key
from resnet_studio.gui.features.images import percent

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture
    from resnet_studio.probe.classify_many import Classified

Index = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = Qt.ItemDataRole.UserRole
"""Gives the `Entry` of a row to the delegates."""
_ROOT = QModelIndex()
_UNSORTED = -1
_SHARE = 20
"""While results come in, rows are put in order anew after each twentieth part of them."""


@dataclass(slots=True)
class Counts:
    """What is in the table.

    Attributes:
        waiting: Pictures that the network is still to be asked about.
        named: Pictures in folders that have the name of a class.
        known: Those of them that are classified.
        right: Those of which the first class is that of the folder.
        among: Those of which it is among the classes that are shown.
    """

    waiting: int = 0
    named: int = 0
    known: int = 0
    right: int = 0
    among: int = 0


class PicturesModel(QAbstractTableModel):
    """Rows of `Entry`: those the filter leaves, in the order that was asked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.shown: list[Entry] = []
        self.filter = Filter()
        self.counts = Counts()
        self._names: tuple[str, ...] = ()
        self._column = _UNSORTED
        self._descending = False
        self._unordered = 0
        self._titles = (
            self.tr("Picture"),
            self.tr("Class"),
            self.tr("Confidence"),
            self.tr("Folder says"),
            self.tr("2nd"),
            self.tr("3rd"),
            self.tr("4th"),
            self.tr("5th"),
        )

    # -- what is in it ----------------------------------------------------------------------------

    def add(self, sources: Iterable[Path | Picture]) -> int:
        """Adds pictures; files that are there already are passed over. Returns how many are new."""
        known = {entry.source for entry in self.entries if isinstance(entry.source, Path)}
        new = []
        for source in sources:
            if isinstance(source, Path):
                if source in known:
                    continue
                known.add(source)
            new.append(Entry.of(source))
        self.entries += new
        self._look_up(new)
        self._recount()
        self._arrange()
        return len(new)

    def remove(self, gone: Sequence[Entry]) -> None:
        """Takes rows away."""
        ids = {id(entry) for entry in gone}
        self.entries = [entry for entry in self.entries if id(entry) not in ids]
        self._recount()
        self._arrange()

    def take(self, results: Sequence[tuple[Entry, Classified]]) -> None:
        """Keeps results; the view paints anew what it shows of them."""
        for entry, result in results:
            self._count(entry, -1)
            entry.take(result)
            self._count(entry, 1)
        self._unordered += len(results)
        settled = not self.filter and self._column in (_UNSORTED, Column.PICTURE)
        if settled:
            self._unordered = 0
            self._changed()
        elif self._unordered * _SHARE >= len(self.entries):
            self._arrange()
        else:
            self._changed()

    def settle(self) -> None:
        """Puts the last results into their order."""
        if self._unordered:
            self._arrange()

    def make_stale(self) -> None:
        """Says that all results are of another network or crop."""
        for entry in self.entries:
            entry.stale = entry.result is not None
        self._recount()
        self._changed()

    def set_classes(self, names: tuple[str, ...]) -> None:
        """Finds out which pictures lie in a folder that has the name of a class."""
        if names != self._names:
            self._names = names
            self._look_up(self.entries)
            self._recount()
            self._changed()

    def waiting(self) -> list[Entry]:
        """Returns the entries that the network is still to be asked about."""
        return [entry for entry in self.entries if entry.waits]

    def _recount(self) -> None:
        self.counts = Counts()
        for entry in self.entries:
            self._count(entry, 1)

    def _count(self, entry: Entry, sign: int) -> None:
        """Adds an entry to the counts, or takes it away: counting all takes too long each time."""
        counts = self.counts
        counts.waiting += sign * entry.waits
        counts.named += sign * (entry.truth is not None)
        counts.known += sign * (entry.right is not None)
        counts.right += sign * (entry.right is True)
        counts.among += sign * entry.among

    def as_csv(self, entries: Sequence[Entry] | None = None, *, separator: str = ",") -> str:
        """Returns the rows, those that are shown if none are named, as the command line does."""
        from resnet_studio.probe.classified_table import as_csv

        rows = (entry.row for entry in (self.shown if entries is None else entries))
        top = min(CLASSES, len(self._names)) if self._names else CLASSES
        return as_csv(rows, self._names, top=top, separator=separator)

    # -- order ------------------------------------------------------------------------------------

    def set_filter(self, wanted: Filter) -> None:
        """Shows only some of the rows."""
        if wanted != self.filter:
            self.filter = wanted
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by a column; by arrival if it is -1. What has nothing there comes last."""
        self._column = column
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def _arrange(self) -> None:
        """Chooses and orders the rows; what is selected stays selected."""
        self._unordered = 0
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        held = [(self.shown[index.row()], index.column()) for index in before]
        leaves = self.filter.leaves
        left = [entry for entry in self.entries if leaves(entry)] if self.filter else self.entries
        self.shown = self._ordered(list(left))
        if held:
            rows = {id(entry): row for row, entry in enumerate(self.shown)}
            after = [
                self.index(rows[id(entry)], column) if id(entry) in rows else QModelIndex()
                for entry, column in held
            ]
            self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _ordered(self, entries: list[Entry]) -> list[Entry]:
        if self._column == _UNSORTED:
            return entries
        # Lists of numbers and no tuples, which would wake the garbage collector.
        keys = list(map(sort_key(Column(self._column)), entries))
        order = [row for row, key in enumerate(keys) if key is not None]
        order.sort(key=keys.__getitem__, reverse=self._descending)
        rest = [entry for entry, key in zip(entries, keys, strict=True) if key is None]
        return [entries[row] for row in order] + rest

    def _look_up(self, entries: Iterable[Entry]) -> None:
        if not self._names:
            return
        from resnet_studio.probe.classified_table import Truths

        truths = Truths(self._names)
        for entry in entries:
            entry.truth = truths[entry.folder] if entry.folder else None
            entry.truth_name = "" if entry.truth is None else self._names[entry.truth]

    def _changed(self) -> None:
        if self.shown:
            last = self.index(len(self.shown) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    # -- Qt ---------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Returns the number of rows that are shown."""
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Returns the number of columns."""
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Returns the text of a cell, its tip, or the entry for the delegates."""
        entry = self.shown[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(entry, Column(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(entry)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Returns the titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None

    def _text(self, entry: Entry, column: Column) -> str:
        if column is Column.PICTURE:
            return entry.name
        if column is Column.FOLDER:
            return self._folder_text(entry)
        if column is Column.FIRST and not entry.predictions:
            return entry.reason or self._state(entry)
        if column is Column.CONFIDENCE:
            return percent(entry.predictions[0].probability) if entry.predictions else ""
        rank = RANKS[column]
        if len(entry.predictions) <= rank:
            return ""
        prediction = entry.predictions[rank]
        return f"{prediction.name} {percent(prediction.probability)}"

    def _state(self, entry: Entry) -> str:
        if entry.result is None:
            return self.tr("waiting")
        return self.tr("outputs too large for probabilities")

    def _folder_text(self, entry: Entry) -> str:
        if entry.right is None:
            return entry.truth_name
        return f"✓ {entry.truth_name}" if entry.right else f"✗ {entry.truth_name}"

    def _tip(self, entry: Entry) -> str:
        lines = [entry.file]
        if entry.result is not None and entry.result.width:
            size = self.tr("{width}×{height} pixels")
            lines.append(size.format(width=entry.result.width, height=entry.result.height))
        if entry.error:
            lines.append(entry.error)
        lines += [f"{percent(each.probability)}  {each.name}" for each in entry.predictions]
        if entry.right is not None:
            said = self.tr("right") if entry.right else self.tr("wrong")
            lines.append(
                self.tr("The folder says {name}: {said}").format(name=entry.truth_name, said=said)
            )
        if entry.stale:
            lines.append(self.tr("Of an earlier network or crop; it is classified again."))
        return "\n".join(lines)
