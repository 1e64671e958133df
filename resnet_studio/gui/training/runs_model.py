"""The earlier runs as a table: name, how it ended, how far, how good."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from resnet_studio.errors import RunError
from resnet_studio.training.recorded import is_recorded, read_card
from resnet_studio.training.runs import RunListing

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_USUAL_NAME = re.compile(r"(\d{4}-\d\d-\d\d)_(\d\d)(\d\d)_(.+)")


class RunsModel(QAbstractTableModel):
    """Rows of `RunListing`, the newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.listings: tuple[RunListing, ...] = ()
        self._titles = (self.tr("Run"), self.tr("State"), self.tr("Best"))

    def set_listings(self, listings: Sequence[RunListing]) -> None:
        """Replaces all rows."""
        self.beginResetModel()
        self.listings = tuple(listings)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Returns the number of runs."""
        return 0 if parent.isValid() else len(self.listings)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Returns three."""
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Returns the text of a cell; the tool tip tells the whole run."""
        listing = self.listings[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            texts = (self._titled(listing), self.state_text(listing), self._best(listing))
            return texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._told(listing)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 2:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Returns the titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None

    def state_text(self, listing: RunListing) -> str:
        """Returns how far a run came, in a few words."""
        if listing.problem:
            return self.tr("broken")
        words = {
            "new": self.tr("not begun"),
            "running": self.tr("running"),
            "interrupted": self.tr("interrupted"),
            "finished": self.tr("finished"),
            "stopped": self.tr("stopped"),
            "failed": self.tr("failed"),
        }
        state = words[listing.status.state]
        epochs = _epochs(listing)
        return self.tr("{state} · {epoch} of {epochs} epochs").format(
            state=state, epoch=listing.status.epoch, epochs=epochs
        )

    def short_name(self, listing: RunListing) -> str:
        """Returns what a run is called beside its curve."""
        return self._titled(listing).removesuffix(self._recorded_words())

    def _recorded_words(self) -> str:
        return " · " + self.tr("comes with the program")

    def _titled(self, listing: RunListing) -> str:
        """Returns network and time of a run with a usual name, else the folder's name."""
        found = _USUAL_NAME.fullmatch(listing.folder.name)
        if found is None:
            recorded = is_recorded(listing.folder.path)
            return listing.folder.name + (self._recorded_words() if recorded else "")
        date, hour, minute, name = found.groups()
        return f"{name} · {date} {hour}:{minute}"

    def _best(self, listing: RunListing) -> str:
        best = listing.status.best_accuracy
        return "" if best is None else f"{100 * best:.1f} %"

    def _told(self, listing: RunListing) -> str:
        lines = [str(listing.folder.path)]
        if listing.problem:
            lines.append(listing.problem)
        if listing.config is not None:
            lines.append(
                self.tr("{network} on {data}").format(
                    network=listing.config.network.name,
                    data=listing.config.data.path or listing.config.data.source,
                )
            )
        if is_recorded(listing.folder.path):
            lines += _card_lines(listing)
        if listing.status.message:
            lines.append(listing.status.message)
        return "\n".join(lines)


def _epochs(listing: RunListing) -> int:
    """Returns the epochs of the whole run, as far as its recipe and status tell."""
    status, config = listing.status, listing.config
    if config is None:
        return 0
    if config.recipe.steps is None or not status.epoch:
        return config.recipe.epochs
    return config.recipe.total_epochs(max(1, status.step // status.epoch))


def _card_lines(listing: RunListing) -> list[str]:
    """Returns what a run that comes with the program shows, and how it is unlike its source."""
    try:
        card = read_card(listing.folder.path)
    except RunError as error:
        return [str(error)]
    return [card.title, card.shows, *card.deviations]
