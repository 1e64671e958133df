"""Runs the classification of the table's pictures in a worker, and knows how fast it goes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from resnet_studio.gui.classification.entries import CLASSES, Entry
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import Job, Task, TaskState

if TYPE_CHECKING:
    from resnet_studio.probe.classify_many import Classified
    from resnet_studio.probe.network import LoadedNetwork

LANE = "classification"
THUMBNAIL = 64
"""Longest side in pixels: 40 on a plain screen, and some more for a sharp one."""
_BATCH_S = 0.1
"""Results come to the window about as often as it can show them."""


class Classifying(QObject):
    """One run through a list of pictures at a time; a new one takes the place of the old.

    Signals (GUI thread):
        came(list): Pairs of `Entry` and `Classified`, in order.
        ended(bool): The run has ended; whether it came to its end.
    """

    came = Signal(list)
    ended = Signal(bool)

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self._task: Task | None = None
        self._began = 0.0
        self.done = 0
        self.total = 0
        self.network: LoadedNetwork | None = None

    @property
    def running(self) -> bool:
        """Whether pictures are being classified."""
        return self._task is not None

    @property
    def speed(self) -> float:
        """Pictures a second since the run began; 0 before the first."""
        return self.done / max(1e-3, time.perf_counter() - self._began) if self.done else 0.0

    def start(self, network: LoadedNetwork, entries: Sequence[Entry], crop: str) -> None:
        """Classifies pictures; results come with `came`."""
        entries = tuple(entries)
        self.network, self.done, self.total = network, 0, len(entries)
        self._began = time.perf_counter()

        def arrived(batch: list[Classified]) -> None:
            self.done += len(batch)
            self.came.emit([(entries[result.place], result) for result in batch])

        def failed(error: BaseException) -> None:
            self._studio.show_error(error)

        def ended() -> None:
            if self._task is task:
                self._task = None
                self.ended.emit(self.done == self.total)

        task = self._studio.workers.start(
            _job(network, entries, crop),
            title=self.tr("Classifying {count} pictures").format(count=f"{len(entries):,}"),
            lane=LANE,
            replace=True,
            visible=False,  # the line below the table says how far it is, and cancels
            on_event=arrived,
            on_error=failed,
            on_done=ended,
        )
        self._task = task

    def cancel(self) -> None:
        """Stops; the results so far stay."""
        self._studio.workers.cancel_lane(LANE)

    def drop(self) -> None:
        """Stops and forgets the run: another one follows."""
        self._task = None
        self.cancel()


def _job(network: LoadedNetwork, entries: Sequence[Entry], crop: str) -> Job:
    def job(state: TaskState) -> Generator[list[Classified], None, None]:
        from resnet_studio.probe.classify_many import Crop, classify_many

        sources = [entry.source for entry in entries]
        stream = classify_many(network, sources, crop=Crop(crop), top=CLASSES, thumbnail=THUMBNAIL)
        batch: list[Classified] = []
        sent = time.perf_counter()
        with contextlib.closing(stream):  # type: ignore[type-var]
            for result in stream:
                state.check()
                batch.append(result)
                state.progress(result.place + 1, len(sources))
                if time.perf_counter() - sent >= _BATCH_S:
                    yield batch
                    batch, sent = [], time.perf_counter()
        if batch:
            yield batch

    return job
