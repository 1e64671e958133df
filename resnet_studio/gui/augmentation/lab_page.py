"""What every view of the *Augmentation* panel shares: when it computes, what it says before.

A view computes only while it is shown. While a person drags a slider, a job that will soon be done
is let finish and the newest choice follows it: if every step of a drag replaced what runs, nothing
would be shown until the drag has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtGui import QHideEvent, QImage, QShowEvent
from PySide6.QtWidgets import QWidget

from resnet_studio.errors import StudioError
from resnet_studio.gui.augmentation.export_menu import ExportButton
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.busy_line import BusyLine
from resnet_studio.gui.widgets.framed_page import FramedPage
from resnet_studio.gui.workers import Task, TaskState

if TYPE_CHECKING:
    from resnet_studio.data.augment import AugmentSpec
    from resnet_studio.data.imaging import Picture
    from resnet_studio.gui.augmentation.controls import Controls

EVERYTHING = frozenset({"picture", "pipeline", "seed", "epoch", "count", "torch"})
"""All that a view may follow; `torch` is whether it is loaded."""


_LONG_WORK = 100_000_000  # pixels resized; about half a second


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """What a view is to show; the names are those of `LabPage.follows`."""

    picture: Picture | None
    pipeline: AugmentSpec
    seed: int
    epoch: int
    count: int
    torch: bool


class LabPage(FramedPage):
    """One view of what the pipeline of the panel does to pictures.

    How to write one: a module `xxx_page.py` in this package, its row in `views.VIEWS`, and

        class XxxPage(LabPage):
            follows = frozenset({"picture", "pipeline"})    # else everything

            def __init__(self, studio, controls, parent=None):
                super().__init__(studio, controls, parent)
                ...  # fill self.body with a layout; self.make_export_button() for its foot

            def start(self):
                pipeline, picture = self.pipeline, self.picture   # never read widgets in the job
                self.compute(lambda state: work(pipeline, picture, state), self._arrived)

    `start` is called in the GUI thread when the view is shown and something that it `follows` has
    changed since the last `start`. Choices of the view's own call `refresh(again=True)`. The panel
    shows its empty page in place of a view that needs a picture while there is none; the view
    itself says what else is missing (torch, a pipeline that fits the network).

    To be overridden: `start` (must), `forget`, `set_theme`, `stopped`, `image`, `table` (and
    `has_image`, `has_table` where there is none although the body is shown).

    Attributes:
        studio: The shared state.
        controls: The choices of the panel.
        body: What is shown once there is a result; the view fills it.
        waiting: What is said before.
        busy: The thin line that moves while something is computed.
        picture: The picture of the last `start`; None where there was none.
        pipeline: The pipeline of the last `start`; None before the first.
        seed: Its seed.
        epoch: Its epoch, from 0.
        count: How many samples the person wishes to see.

    Signals (GUI thread):
        settled(): What was asked for last is shown, or it is said why not.
    """

    settled = Signal()

    follows: ClassVar[frozenset[str]] = EVERYTHING
    """What makes the view compute anew when it changes."""
    needs_picture: ClassVar[bool] = True
    """Whether there is nothing to see without a picture."""
    needs_torch: ClassVar[bool] = True
    """Whether `start` waits until torch is loaded."""
    needs_chance: ClassVar[bool] = False
    """Whether there is nothing to see of a pipeline that leaves nothing to chance."""
    lane: ClassVar[str] = "lab"
    """Jobs of one lane run one after another, in one thread."""
    patience_ms: ClassVar[int] = 1000
    """A job at work for longer is replaced at once when something changes."""

    def __init__(self, studio: Studio, controls: Controls, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.controls = controls
        self.picture: Picture | None = None
        self.pipeline: AugmentSpec | None = None
        self.seed = self.epoch = 0
        self.count = 1
        self.busy = BusyLine(self.tr("Progress of this view"))
        self._begun: _Wish | None = None
        self._stale = True
        self._behind = False
        self._task: Task | None = None
        self._age = QElapsedTimer()
        self._frame_below(self.busy)
        for signal in (studio.picture_changed, studio.torch_changed):
            signal.connect(self._another)
        studio.theme_changed.connect(self.set_theme)
        controls.changed.connect(self._another)

    # -- for the views ----------------------------------------------------------------------

    def start(self) -> None:
        """Computes for `picture`, `pipeline`, `seed`, `epoch`; ends in `compute`."""
        raise NotImplementedError

    def forget(self) -> None:
        """Takes away what was computed: a picture or a pipeline is missing."""

    def stopped(self) -> None:
        """Nothing is being computed any more, also after a cancel."""

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""

    def image(self) -> QImage | None:
        """Returns what is shown as a picture, for copying and saving; None if there is nothing."""
        return self.body.grab().toImage() if self.filled else None

    def table(self) -> str | None:
        """Returns the figures behind what is shown as CSV with a header; None if there are none."""
        return None

    @property
    def has_image(self) -> bool:
        """Whether `image` returns a picture; asked whenever the view has settled."""
        return self.filled

    @property
    def has_table(self) -> bool:
        """Whether `table` returns figures; asked whenever the view has settled."""
        return self.filled and type(self).table is not LabPage.table

    def takes_long(self, times: int = 1) -> bool:
        """Tells whether it takes about half a second to go over the picture so many times."""
        picture = self.picture
        return picture is not None and picture.width * picture.height * times > _LONG_WORK

    @property
    def lines_high(self) -> float:
        """How many lines of text the view is high: where few, words can go to tool tips."""
        return self.height() / self.fontMetrics().height()

    @property
    def filled(self) -> bool:
        """Whether there is a result to see."""
        return self.place.currentWidget() is self.body and self.pipeline is not None

    @property
    def working(self) -> bool:
        """Whether something is being computed."""
        return self._task is not None

    def title_lines(self) -> list[str]:
        """Returns what an exported picture says above: which picture, pipeline, seed, epoch."""
        if self.pipeline is None:
            return []
        which = self.pipeline.name
        if self.pipeline.numbers and "seed" in self.follows:
            which = self.tr("{pipeline} · seed {seed} · epoch {epoch}").format(
                pipeline=which, seed=self.seed, epoch=self.epoch + 1
            )
        return [which] if self.picture is None else [self.picture.name, which]

    def make_export_button(self) -> ExportButton:
        """Returns the button that copies or saves `image` and `table` of the view shown."""
        return ExportButton(self.studio)

    def compute(
        self,
        job: Callable[[TaskState], Any],
        on_result: Callable[[Any], Any] | None = None,
        *,
        on_event: Callable[[Any], Any] | None = None,
        title: str = "",
        visible: bool = False,
    ) -> None:
        """Runs `job` in a worker and shows its result; an earlier job of the lane is dropped.

        Args:
            job: Gets the task's state: `check()` raises if the task was cancelled,
                `progress(done, total)` tells how far it is.
            on_result: Shows what the job returned; called in the GUI thread.
            on_event: Shows a part of the result where the job is a generator.
            title: What is being done, for the status bar.
            visible: Whether the status bar shows it: for what may take more than half a second.
        """
        self.busy.set_busy(True)
        self._age.start()

        def shown(show: Callable[[Any], Any] | None) -> Callable[[Any], None]:
            def arrived(value: Any) -> None:
                if show is not None:
                    self.place.setCurrentWidget(self.body)
                    show(value)

            return arrived

        task = self.studio.workers.start(
            job,
            title=title,
            lane=self.lane,
            replace=True,
            visible=visible,
            on_result=shown(on_result),
            on_event=shown(on_event),
            on_error=self._failed,
            on_done=lambda: self._ended(task),
        )
        self._task = task

    # -- when it computes ---------------------------------------------------------------------

    def refresh(self, *, again: bool = False) -> None:
        """Computes if the view is shown and something that it follows has changed.

        Args:
            again: Whether to compute even if nothing has: a choice of the view has changed.
        """
        wish = self._wish()
        if again or wish is None or self._differs(wish):
            self._stale = True
        if not self.isVisible() or not self._stale:
            return
        said = self._hindrance(wish)
        if said is not None or wish is None:
            self._give_up(said or "")
        elif self._soon_done(wish):
            self._behind = True
        else:
            self._begin(wish)

    def _another(self, _value: object = None) -> None:
        self.refresh()

    def _begin(self, wish: _Wish) -> None:
        self.drop()
        self._stale = False
        self._begun = wish
        self.picture, self.pipeline = wish.picture, wish.pipeline
        self.seed, self.epoch, self.count = wish.seed, wish.epoch, wish.count
        self.waiting.setText(self.tr("Preparing…"))
        self.start()
        if self._task is None:
            self.settled.emit()

    def _give_up(self, said: str) -> None:
        """Shows why there is nothing to see."""
        self.drop()
        self._begun = self.picture = self.pipeline = None
        self.forget()
        self.say(said)
        self.settled.emit()

    def _wish(self) -> _Wish | None:
        """Returns what is to be shown now; None where the network has no such pipeline."""
        choices = self.controls.choices
        if choices is None:
            return None
        return _Wish(
            self.studio.picture,
            choices.pipeline,
            choices.seed,
            choices.epoch,
            choices.count,
            self.studio.torch.state == "ready",
        )

    def _differs(self, wish: _Wish) -> bool:
        begun = self._begun
        if begun is None:
            return True
        if "picture" in self.follows and begun.picture is not wish.picture:
            return True
        names = self.follows - {"picture"}
        return any(getattr(begun, name) != getattr(wish, name) for name in names)

    def _hindrance(self, wish: _Wish | None) -> str | None:
        """Returns what is missing, in words; None if nothing is."""
        torch = self.studio.torch
        if wish is None:
            return str(self.controls.refusal)
        if self.needs_picture and wish.picture is None:
            return self.tr("Drop a picture anywhere on the window.")
        if self.needs_chance and not wish.pipeline.numbers:
            return self.tr(
                "This pipeline leaves nothing to chance. Choose Training, or another pipeline."
            )
        if self.needs_torch and torch.state == "failed":
            return f"{torch.message}\n{torch.remedy}"
        if self.needs_torch and torch.state != "ready":
            return self.tr("torch is being loaded…")
        return None

    def _soon_done(self, wish: _Wish) -> bool:
        """Tells whether what runs is let finish; another picture replaces it at once."""
        begun = self._begun
        if self._task is None or begun is None or begun.picture is not wish.picture:
            return False
        return self._age.elapsed() < self.patience_ms

    def _ended(self, task: Task) -> None:
        if self._task is not task:
            return
        self._task = None
        self.busy.set_busy(False)
        self.stopped()
        if self._behind:
            self._behind = False
            self.refresh()
        if self._task is None:
            self.settled.emit()

    def _failed(self, error: BaseException) -> None:
        self._begun = None
        self.forget()
        if isinstance(error, StudioError):
            self.say(str(error))
        else:
            self.studio.show_error(error)
            self.say(self.tr("This could not be computed."))

    def drop(self) -> None:
        """Gives up what is under way."""
        self._behind = False
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
            self.drop()
            self._stale = True
