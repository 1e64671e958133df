"""The data set of the window: which one is chosen, and what was found when it was opened.

There is one in the whole window. The training panel, the data set panel and whoever else asks for
its pictures look at the same opened `split`; only a run opens its own, because it may outlive what
is chosen here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from resnet_studio.errors import StudioError

if TYPE_CHECKING:
    from resnet_studio.data.sources import DataConfig, DataSplit, OpenedSource
    from resnet_studio.gui.studio import Studio
    from resnet_studio.gui.training.data_summary import DataSummary, OpenedData
    from resnet_studio.gui.workers import TaskState

LANE = "data"


class DataChoice(QObject):
    """Holds the chosen data set and opens it in a worker; each choice can be undone.

    Nothing is read before `start`: a folder may be large, or on a disk that sleeps.

    Signals (GUI thread):
        changed(): Another data set was chosen, or the chosen one was opened or failed to open.
        progressed(str): How far the opening or a download has come, translated.

    Attributes:
        summary: What is in the opened data set; None until it is open.
        split: Its pictures, divided as training divides them; None until it is open. While only
            changes and division are new, the old one stays until the new one is there.
        problem: Why it cannot be used, in a sentence; empty if nothing is wrong.
        progress: The last line of `progressed`; empty while nothing is under way.
    """

    changed = Signal()
    progressed = Signal(str)

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self._config: DataConfig | None = None
        self._earlier: dict[str, DataConfig] = {}
        self._started = False
        self._source: OpenedSource | None = None
        self.summary: DataSummary | None = None
        self.split: DataSplit | None = None
        self.problem = ""
        self.progress = ""

    @property
    def config(self) -> DataConfig:
        """Which data set is chosen and how it is divided; at first the remembered one."""
        if self._config is None:  # not before it is asked for: it imports numpy
            self._config = _remembered(self._studio.settings["data"])
        return self._config

    @property
    def chosen(self) -> bool:
        """Whether there is anything to open: a folder has to be named first."""
        return self.config.source != "folder" or self.config.path is not None

    @property
    def opening(self) -> bool:
        """Whether the data set is about to be opened, so that nothing is known of it yet."""
        return self.summary is None and not self.problem and self.chosen

    @property
    def busy(self) -> bool:
        """Whether a worker opens or downloads it now."""
        return any(t.lane == LANE and not t.cancelled for t in self._studio.workers.tasks)

    # -- choosing ---------------------------------------------------------------------------

    def set(self, config: DataConfig, text: str = "") -> None:
        """Chooses a data set; one step of undo.

        Choosing what is chosen already looks at it again: it may have changed on the disk.

        Args:
            config: Which one, and how it is divided.
            text: What the person did, for the undo menu; translated.
        """
        if config == self.config:
            self.reopen()
            return
        label = text or self.tr("Choose pictures")
        self._studio.undo_stack.push(_DataChange(self, self.config, config, label))

    def set_source(self, source: str) -> None:
        """Chooses a kind of data set, with the folder and the changes that it had before."""
        from resnet_studio.data.sources import DataConfig

        known = self._earlier.get(source)
        self.set(known or DataConfig.model_validate({"source": source}))

    def set_path(self, path: Path, source: str = "folder") -> None:
        """Chooses the folder or archive at `path`; what was changed in another one is not kept."""
        from resnet_studio.data.sources import DataConfig

        place = {"source": source, "path": str(path)}
        same = (self.config.source, self.config.path) == (source, str(path))
        self.set(self.config if same else DataConfig.model_validate(place))

    def replace(self, config: DataConfig) -> None:
        """Chooses `config` without a step of undo: for undo itself."""
        before = self.config
        self._earlier[before.source] = before
        self._config = self._earlier[config.source] = config
        with contextlib.suppress(ValueError):  # a name that is no Unicode cannot be noted down
            self._studio.settings["data"] = config.model_dump_json()
        same = (before.source, before.path) == (config.source, config.path)
        self._reopen(self._source if same else None)

    # -- opening ----------------------------------------------------------------------------

    def start(self) -> None:
        """Opens the data set for the first time, when somebody wants to see it."""
        if not self._started:
            self._started = True
            self.reopen()

    def try_again(self) -> None:
        """Opens the data set unless it is open or being opened."""
        if self._started and self.summary is None and not self.busy:
            self.reopen()

    def reopen(self) -> None:
        """Reads the chosen data set anew; does nothing but forget before `start`."""
        self._reopen(None)

    def _reopen(self, source: OpenedSource | None) -> None:
        """Opens the chosen data set, from what was read of it already if that is given."""
        self._source = source
        self._forget()
        self._studio.workers.cancel_lane(LANE)
        if self._started and self.chosen:
            self._open(self.config, source)
        self.changed.emit()

    def fetch(self, job: Callable[[TaskState], Any], title: str, config: DataConfig) -> None:
        """Runs a download that the person agreed to, and chooses what has come.

        Args:
            job: Downloads; its events are lines of progress.
            title: What the status bar says of it, translated.
            config: What is chosen when it is there.
        """
        self._source = None
        self._forget()
        self._studio.workers.start(
            job,
            title=title,
            lane=LANE,
            replace=True,
            on_event=self._progressed,
            on_result=lambda _none: self.set(config),
            on_error=self._failed,
            on_done=self._fetch_ended,
        )
        self.changed.emit()

    def _forget(self) -> None:
        self.summary = None
        if self._source is None:
            self.split = None
        self.problem = self.progress = ""

    def _open(self, config: DataConfig, source: OpenedSource | None) -> None:
        def job(state: TaskState) -> OpenedData:
            from resnet_studio.gui.training.data_summary import open_data

            return open_data(config, state, self._describe, source)

        self._studio.workers.start(
            job,
            title=self.tr("Opening the pictures"),
            lane=LANE,
            replace=True,
            # The digits are opened at every start: nobody asked for it, and it is quick.
            visible=config.source != "digits" and source is None,
            on_event=self._progressed,
            on_result=self._opened,
            on_error=self._failed,
            on_done=self._ended,
        )

    def _describe(self, phase: str, count: int) -> str:
        texts = {
            "listing": self.tr("Looking for pictures: {count:,} files"),
            "checking": self.tr("Checking pictures: {count:,}"),
            "decoding": self.tr("Reading pictures: {count:,}"),
            "reading": self.tr("Reading pictures: {count:,}"),
        }
        if count == 0:
            return self.tr("Opening the pictures…")
        return texts.get(phase, self.tr("Opening: {count:,}")).format(count=count)

    def _progressed(self, text: str) -> None:
        self.progress = text
        self.progressed.emit(text)

    def _opened(self, opened: OpenedData) -> None:
        self.summary, self.split, self._source = opened.summary, opened.split, opened.source
        self.progress = ""
        self.changed.emit()

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, StudioError):
            self._studio.show_error(error)
        self._fail(str(error) or type(error).__name__)

    def _fail(self, problem: str) -> None:
        self.problem, self.progress = problem, ""
        self.split = None
        self.changed.emit()

    def _ended(self) -> None:
        """After a cancel nothing is known; the person may choose again."""
        if self.opening and not self.busy:
            self._fail(self.tr("The pictures were not opened. Choose them again."))

    def _fetch_ended(self) -> None:
        """After a cancelled download they are still missing, which is said as before."""
        if self.opening and not self.busy:
            self.reopen()


class _DataChange(QUndoCommand):
    """One choice of a data set, undone and redone by `QUndoStack`."""

    def __init__(
        self, choice: DataChoice, before: DataConfig, after: DataConfig, text: str
    ) -> None:
        super().__init__(text)
        self._choice = choice
        self._before = before
        self._after = after

    def redo(self) -> None:
        self._choice.replace(self._after)

    def undo(self) -> None:
        self._choice.replace(self._before)


def _remembered(stored: str) -> DataConfig:
    """Returns the remembered choice, or the usual one where the settings are damaged."""
    from pydantic import ValidationError

    from resnet_studio.data.sources import DataConfig

    try:
        return DataConfig.model_validate_json(stored)
    except ValidationError:
        return DataConfig()
