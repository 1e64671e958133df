"""Thumbnails for the rows in sight, made by workers: what was scrolled past is not made at all."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from resnet_studio.data.thumbnails import SIDES
from resnet_studio.errors import StudioError
from resnet_studio.gui.dataset.browser_list import Listing
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    from resnet_studio.data.caches import DiskCache
    from resnet_studio.data.thumbnails import Thumbnails

_MOST_WORKERS = 4
_KEPT_BYTES = 160 << 20
"""In memory: some 4,000 thumbnails of 96 pixels. What is pushed out comes back from the disk."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """What a tile shows.

    Attributes:
        row: Of which picture.
        side: For which longest side it was made, in pixels of the screen.
        image: The picture, or an empty one.
        reason: Why it cannot be shown; empty if it can.
    """

    row: int
    side: int
    image: QImage
    reason: str = ""


class _Queue:
    """What is to be made, in order; filled by the window, emptied by the workers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, int]] = deque()
        self._under_way: set[tuple[int, int]] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def fill(self, keys: Iterable[tuple[int, int]]) -> None:
        """Waits for these instead of what it waited for, unless they are being made."""
        with self._lock:
            self._waiting = deque(key for key in keys if key not in self._under_way)

    def next(self) -> tuple[int, int] | None:
        """Returns what is to be made next; None if there is nothing."""
        with self._lock:
            if not self._waiting:
                return None
            key = self._waiting.popleft()
            self._under_way.add(key)
            return key

    def done(self, key: tuple[int, int]) -> None:
        """Notes that something has arrived."""
        with self._lock:
            self._under_way.discard(key)


class ThumbnailLoader(QObject):
    """Makes thumbnails in background threads, those in sight first.

    Signals (GUI thread):
        arrived(Thumbnail): Another one is there.
    """

    arrived = Signal(object)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._listing: Listing | None = None
        self._cache: DiskCache | None = None
        self._thumbnails: Thumbnails | None = None
        self._kept: OrderedDict[int, Thumbnail] = OrderedDict()
        self._bytes = 0
        self._queue = _Queue()
        self._lanes = [
            f"thumbnails.{n}" for n in range(max(1, min(_MOST_WORKERS, os.cpu_count() or 1)))
        ]
        self._busy: set[str] = set()
        self._told = ""

    def open(self, listing: Listing | None) -> None:
        """Begins with another data set, or none; what is under way is given up."""
        from resnet_studio.data.caches import DiskCache
        from resnet_studio.data.thumbnails import Thumbnails

        self.stop()
        self._kept.clear()
        self._bytes = 0
        self._listing = listing
        self._cache = DiskCache(self._studio.settings["cache_limit_mb"])
        self._thumbnails = Thumbnails(self._cache)

    def stop(self) -> None:
        """Makes no more of those that are waited for."""
        # Another one, since a job that has not yet noticed would take from the same.
        self._queue = _Queue()
        for lane in self._lanes:
            self._studio.workers.cancel_lane(lane)

    def thumbnail(self, row: int) -> Thumbnail | None:
        """Returns what there is of a picture, maybe made for another side."""
        found = self._kept.get(row)
        if found is not None:
            self._kept.move_to_end(row)
        return found

    def want(self, rows: Iterable[int], side: int) -> None:
        """Asks for thumbnails, the most urgent first; what was asked for before is dropped."""
        wanted = [
            (row, side)
            for row in rows
            if (found := self._kept.get(row)) is None or (found.side != side and not found.reason)
        ]
        self._queue.fill(wanted)
        for lane in self._lanes[: len(self._queue)]:
            if lane not in self._busy:
                self._begin(lane)

    def _begin(self, lane: str) -> None:
        listing, thumbnails, queue = self._listing, self._thumbnails, self._queue
        if listing is None or thumbnails is None:
            return

        def job(state: TaskState) -> None:
            while not state.cancelled and (key := queue.next()) is not None:
                state.event(made(listing, thumbnails, *key))

        def ended() -> None:
            self._busy.discard(lane)
            self._tell_problem()
            if len(self._queue):
                self._begin(lane)

        self._busy.add(lane)
        self._studio.workers.start(
            job, lane=lane, visible=False, on_event=self._arrived, on_done=ended
        )

    def _arrived(self, thumbnail: Thumbnail) -> None:
        self._queue.done((thumbnail.row, thumbnail.side))
        if (before := self._kept.pop(thumbnail.row, None)) is not None:
            self._bytes -= before.image.sizeInBytes()
        self._kept[thumbnail.row] = thumbnail
        self._bytes += thumbnail.image.sizeInBytes()
        while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].image.sizeInBytes()
        self.arrived.emit(thumbnail)

    def _tell_problem(self) -> None:
        """Says once that thumbnails cannot be kept; they are made all the same."""
        if self._cache is not None and self._cache.problem and not self._told:
            self._told = self._cache.problem
            self._studio.show_message(
                self.tr("Thumbnails cannot be kept on the disk and are made each time."),
                remedy=self._told,
                kind="warning",
            )


def made(listing: Listing, thumbnails: Thumbnails, row: int, side: int) -> Thumbnail:
    """Makes the thumbnail of a picture for a tile of `side` pixels; runs in a worker."""
    from resnet_studio.gui.features.images import rgb_image

    dataset, index = listing.place(row)
    kept = next((kept for kept in SIDES if kept >= side), SIDES[-1])
    try:
        rgb = thumbnails.of(dataset, index, kept)
    except StudioError as error:
        return Thumbnail(row, side, QImage(), getattr(error, "reason", "") or error.message)
    except OSError as error:
        return Thumbnail(row, side, QImage(), error.strerror or str(error))
    return Thumbnail(row, side, _fitted(rgb_image(rgb), side))


def _fitted(image: QImage, side: int) -> QImage:
    """Returns the picture with its longer side at most `side`, ready to be painted as it is."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    longer = max(image.width(), image.height())
    if longer == side:
        return image
    mode = Qt.TransformationMode.SmoothTransformation
    factor: float = side / longer
    if 2 * longer <= side:  # tiny pictures keep their pixels, all equally large
        factor, mode = side // longer, Qt.TransformationMode.FastTransformation
    width, height = (max(1, round(length * factor)) for length in (image.width(), image.height()))
    return image.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
