"""What every page of the *Data set* panel shares: when it shows something, what it says before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractItemModel, Signal
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import QWidget

from resnet_studio.errors import StudioError
from resnet_studio.gui.dataset.task_row import TaskRow
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.framed_page import FramedPage
from resnet_studio.gui.workers import Task, TaskState

if TYPE_CHECKING:
    from resnet_studio.data.sources import DataSplit


class DataPage(FramedPage):
    """One page about the data set of the window.

    A page fills `body` and overrides `start`, which shows `split`, and whatever else it needs.
    What it computes goes on while another page is shown: measuring may take minutes.

    Signals:
        reveal_wanted(str, int): The person wants to see a picture among all others: its side and
            its position there.

    Attributes:
        studio: The shared state; the data set is `studio.data`.
        body: What is shown once there is a data set.
        waiting: What is said before.
        split: The opened data set of the last `start`; None where there was none.
    """

    reveal_wanted = Signal(str, int)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.split: DataSplit | None = None
        self._filled = False
        self.row = TaskRow(studio.workers, self.tr("Progress of this page"))
        self._frame_below(self.row, gap=4)
        studio.data.changed.connect(self.refresh)
        studio.theme_changed.connect(self.set_theme)

    # -- for the pages ------------------------------------------------------------------------

    def start(self) -> None:
        """Shows `split`, another data set than before. To be overridden."""
        raise NotImplementedError

    def forget(self) -> None:
        """Takes away what was shown: there is no data set. To be overridden."""

    def stopped(self) -> None:
        """Nothing is being computed any more, also after a cancel. To be overridden."""

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`. To be overridden."""

    def image(self) -> QImage | None:
        """Returns what is shown as a picture, for copying and saving; None if there is nothing."""
        return self.body.grab().toImage() if self.place.currentWidget() is self.body else None

    def table_model(self) -> QAbstractItemModel | None:
        """Returns what is shown as a table, for copying and saving; None if there is none."""
        return None

    @property
    def computing(self) -> bool:
        """Whether a job of this page is at work."""
        return self.row.task is not None

    def compute(
        self,
        job: Callable[[TaskState], Any],
        on_result: Callable[[Any], Any],
        *,
        on_event: Callable[[Any], Any] | None = None,
        title: str = "",
        lane: str = "data.pages",
    ) -> Task:
        """Runs `job` in a worker, with progress and *Cancel* at the top of the page.

        Args:
            job: Gets the task's state: `check()` raises if the task was cancelled.
            on_result: Shows what the job returned; called in the GUI thread, and only while the
                data set is still the same.
            on_event: Shows a part of the result where the job is a generator.
            title: What is being done, translated.
            lane: Jobs of one lane run one after another.
        """
        self.drop()
        task = self.studio.workers.start(
            job,
            title=title,
            lane=lane,
            on_result=on_result,
            on_event=on_event,
            on_error=self._failed,
            on_done=lambda: None if self.computing else self.stopped(),
        )
        self.row.follow(task)
        return task

    def drop(self) -> None:
        """Gives up what is under way."""
        if self.row.task is not None:
            self.row.task.cancel()

    # -- when it shows something --------------------------------------------------------------

    def refresh(self) -> None:
        """Shows the data set if the page is shown and it is another one than before."""
        split = self.studio.data.split
        if self.split is not None and split is not self.split:
            self.split = None
            self.drop()
        if split is None and self._filled:  # else only divided anew: what is shown may serve
            self._filled = False
            self.forget()
        if not self.isVisible():
            return
        if split is None:
            self.say(self._why_not())
        elif split is not self.split:
            self.split = split
            self._filled = True
            self.place.setCurrentWidget(self.body)
            self.start()

    def _why_not(self) -> str:
        data = self.studio.data
        if data.problem:
            return self.tr("The pictures cannot be shown; the reason stands above.")
        if not data.chosen:
            return self.tr("Choose a folder above, or drop one (or a .zip) on the window.")
        return self.tr("The pictures are being opened…")

    def _failed(self, error: BaseException) -> None:
        self.studio.show_error(error)
        if isinstance(error, StudioError):
            self.failed(str(error))
        else:
            self.failed(self.tr("This could not be computed."))

    def failed(self, text: str) -> None:
        """Says why a job of this page failed. To be overridden where the body stays useful."""
        self.say(text)

    # -- Qt -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Shows what was put off while the page was hidden."""
        super().showEvent(event)
        self.refresh()
