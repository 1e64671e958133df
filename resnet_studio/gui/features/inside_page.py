"""What every view of the *Feature maps* panel shares: when it computes, what it says before.

A view computes only while it is shown, in the lane of all that looks inside, and shows the last
result of its own until the next one is there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer
from PySide6.QtGui import QHideEvent, QImage, QShowEvent
from PySide6.QtWidgets import QWidget

from resnet_studio.errors import StudioError
from resnet_studio.gui import framing_choice
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.busy_line import BusyLine
from resnet_studio.gui.widgets.framed_page import FramedPage
from resnet_studio.gui.workers import Task, TaskState
from resnet_studio.probe.framing import USUAL

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture
    from resnet_studio.probe.framing import Framing
    from resnet_studio.probe.network import LoadedNetwork


class InsidePage(FramedPage):
    """One view of what happens inside the network.

    A view fills `body`, overrides `start` (which calls `compute`) and whatever else it needs.

    Attributes:
        studio: The shared state.
        body: What is shown once there is a result.
        waiting: What is said before.
        picture: The picture of the last `start`; None where there was none.
        network: The network of the last `start`.
        framing: Which part of the picture the network was to see at the last `start`.
    """

    needs_picture = True
    """Whether there is nothing to see without a picture."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.picture: Picture | None = None
        self.network: LoadedNetwork | None = None
        self.framing = USUAL
        self.busy = BusyLine(self.tr("Progress of this view"))
        self._stale = True
        self._task: Task | None = None
        self._age = QElapsedTimer()
        self._following = False
        self._frame_below(self.busy)
        studio.picture_changed.connect(lambda _picture: self.refresh())
        studio.framing_choice.changed.connect(lambda _framing: self.refresh())
        studio.network_changed.connect(lambda _network: self.refresh())
        studio.torch_changed.connect(lambda _status: self.refresh())
        studio.theme_changed.connect(self.set_theme)

    # -- for the views ----------------------------------------------------------------------

    def start(self) -> None:
        """Computes for `picture`, `framing` and `network`; ends in `compute`. To be overridden."""
        raise NotImplementedError

    def forget(self) -> None:
        """Takes away what was computed: there is no network or no picture. To be overridden."""

    def stopped(self) -> None:
        """Nothing is being computed any more, also after a cancel. To be overridden."""

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`. To be overridden."""

    def image(self) -> QImage | None:
        """Returns what is shown as a picture, for copying and saving; None if there is nothing."""
        return self.body.grab().toImage() if self.place.currentWidget() is self.body else None

    def caption(self) -> str:
        """Returns which network looks at which picture with which weights."""
        if self.network is None:
            return ""
        parts = [self.network.spec.name, self.network.description]
        if self.network.surgery:
            parts.append(self.tr("operated"))
        if self.picture is not None and self.needs_picture:
            parts.append(self.picture.name)
            parts.extend(filter(None, (framing_choice.words(self.framing),)))
        return " · ".join(parts)

    def compute(
        self,
        job: Callable[[TaskState], Any],
        on_result: Callable[[Any], Any],
        *,
        on_event: Callable[[Any], Any] | None = None,
        title: str = "",
        lane: str = "probe",
    ) -> None:
        """Runs `job` in a worker and shows its result; an earlier job of the lane is dropped.

        Args:
            job: Gets the task's state: `check()` raises if the task was cancelled.
            on_result: Shows what the job returned; called in the GUI thread.
            on_event: Shows a part of the result where the job is a generator.
            title: What is being done, for the status bar.
            lane: Jobs of one lane run one after another.
        """
        self.busy.set_busy(True)
        self._age.start()

        def arrived(result: Any) -> None:
            self.place.setCurrentWidget(self.body)
            on_result(result)

        def came(part: Any) -> None:
            if on_event is not None:
                self.place.setCurrentWidget(self.body)
                on_event(part)

        def ended() -> None:
            if self._task is task:
                self._task = None
                self.busy.set_busy(False)
                self.stopped()
                if self._framing() != self.framing:
                    self.refresh()

        task = self.studio.workers.start(
            job,
            title=title,
            lane=lane,
            replace=True,
            visible=not self._following,  # else the status bar would flicker at every step
            on_result=arrived,
            on_event=came,
            on_error=self._failed,
            on_done=ended,
        )
        self._task = task

    # -- when it computes ---------------------------------------------------------------------

    def refresh(self, *, again: bool = False) -> None:
        """Computes if the view is shown and its picture or network has changed.

        Args:
            again: Whether to compute even if neither has: a choice of the view has changed.
        """
        picture = self.studio.picture if self.needs_picture else None
        network = self.studio.network
        others = network is not self.network or picture is not self.picture or again
        self._following = not others and not self._stale
        reframed = self._framing() != self.framing
        if others or (reframed and not framing_choice.soon_done(self._task, self._age)):
            self._stale = True
        if not self.isVisible() or not self._stale:
            return
        self._drop()  # also where nothing new is computed: it would be shown in its place
        if self.needs_picture and picture is None:
            self.network, self.picture = None, None
            self.forget()
            self.say(self.tr("Drop a picture anywhere on the window."))
        elif network is None:
            self._await_network()
        else:
            self.network, self.picture, self.framing = network, picture, self._framing()
            self._stale = False
            self.start()

    def _framing(self) -> Framing:
        return self.studio.framing_choice.framing if self.needs_picture else USUAL

    def _await_network(self) -> None:
        torch = self.studio.torch
        if torch.state == "failed":
            self.say(f"{torch.message}\n{torch.remedy}")
            return
        if self.place.currentWidget() is not self.body:
            self.say(
                self.tr("Building the network…")
                if torch.state == "ready"
                else self.tr("torch is being loaded…")
            )
        self.studio.ensure_network()

    def _failed(self, error: BaseException) -> None:
        self._stale = True
        self.forget()
        self.studio.show_error(error)
        if isinstance(error, StudioError):
            self.say(str(error))
        else:
            self.say(self.tr("This could not be computed."))

    def _drop(self) -> None:
        """Gives up what is under way."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.busy.set_busy(False)

    # -- Qt -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Computes what was put off while the view was hidden."""
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaves what is under way: nobody looks at it."""
        super().hideEvent(event)
        if self._task is not None:
            self._drop()
            self._stale = True
