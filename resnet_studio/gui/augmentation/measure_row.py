"""The row of the ending: its numbers measured on the open data set, with progress and cancel."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from resnet_studio.data.augment import AugmentSpec, Normalise, Step
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.gui.augmentation.editing import Editing
from resnet_studio.gui.augmentation.samples import rgb_image
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.flow import FlowLayout
from resnet_studio.gui.workers import Task, TaskState

if TYPE_CHECKING:
    from resnet_studio.data.dataset import Subset

_LANE = "measure"


class MeasureRow(QWidget):
    """Buttons that measure mean and deviation, or the mean picture, of the training pictures.

    Signals (GUI thread):
        settled(): A measurement has ended, in whatever way.
    """

    settled = Signal()

    def __init__(self, studio: Studio, editing: Editing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._editing = editing
        self._task: Task | None = None
        self.colours = QPushButton(self.tr("Measure mean and std"))
        self.picture = QPushButton(self.tr("Measure the per-pixel mean"))
        self.cancel = QPushButton(self.tr("Cancel"))
        self.said = QLabel()
        self.shown = QLabel()
        self._build()
        studio.data.changed.connect(self.refresh)
        editing.changed.connect(self.show_mean)
        editing.selection_changed.connect(self.show_mean)
        self.refresh()

    def refresh(self) -> None:
        """Offers what can be measured now."""
        split, working = self._studio.data.split, self._task is not None
        for button in (self.colours, self.picture):
            button.setEnabled(split is not None and not working)
            button.setVisible(not working)
        self.cancel.setVisible(working)
        if working:
            return
        if split is None:
            self.said.setText(self.tr("Open a data set to measure it."))
        else:
            self.said.setText(
                self.tr("on the {count:,} training pictures of {name}").format(
                    count=len(split.train), name=split.name
                )
            )

    def show_mean(self) -> None:
        """Shows the mean picture of the selected step, if it has one."""
        step = self._editing.step
        self.shown.setVisible(isinstance(step, PerPixelMean))
        if isinstance(step, PerPixelMean):
            side = 2 * self.colours.sizeHint().height()
            picture = QPixmap.fromImage(rgb_image(step.rgb))
            self.shown.setPixmap(picture.scaled(side, side))
            words = self.tr("The mean picture, {side} × {side} pixels")
            self.shown.setToolTip(words.format(side=step.side))
            self.shown.setAccessibleName(words.format(side=step.side))

    def measure_colours(self) -> None:
        """Measures mean and standard deviation of each channel, and takes them as the ending."""
        self._measure(_colours, self.tr("Measuring mean and deviation"))

    def measure_picture(self) -> None:
        """Measures the mean picture, and takes it as the ending."""
        self._measure(_mean_picture, self.tr("Measuring the mean picture"))

    def _measure(self, work: Any, title: str) -> None:
        split, pipeline = self._studio.data.split, self._editing.without_ending()
        if split is None or pipeline is None or self._task is not None:
            return
        train = split.train

        def job(state: TaskState) -> Step:
            steps: Generator[Any, None, Step] = work(train, pipeline)
            try:
                while True:
                    progress = next(steps)
                    state.check()
                    state.progress(progress.done, progress.total or len(train), title)
                    state.event((progress.done, progress.total or len(train)))
            except StopIteration as end:
                step: Step = end.value
                return step
            finally:
                steps.close()

        self.said.setText(title)
        self._task = self._studio.workers.start(
            job,
            title=title,
            lane=_LANE,
            replace=True,
            on_event=self._progressed,
            on_result=self._measured,
            on_error=self._failed,
            on_done=self._ended,
        )
        self.refresh()

    def _progressed(self, counts: tuple[int, int]) -> None:
        done, total = counts
        text = self.tr("Measuring: {done:,} of {total:,} pictures")
        self.said.setText(text.format(done=done, total=total))

    def _measured(self, step: Step) -> None:
        self._editing.end_both(step, self.tr("Measured: {step}").format(step=step.title))

    def _failed(self, error: BaseException) -> None:
        self._studio.show_error(error)

    def _ended(self) -> None:
        self._task = None
        self.refresh()
        self.settled.emit()

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _build(self) -> None:
        self.colours.setToolTip(
            self.tr("Of red, green and blue over all training pictures, as they are stored.")
        )
        self.picture.setToolTip(
            self.tr(
                "The mean of each pixel over the training pictures, as the paper subtracts it on "
                "CIFAR-10. It takes the place of the last step."
            )
        )
        self.said.setProperty("muted", True)
        row = FlowLayout(self, gap=8)
        self.shown.hide()
        for widget in (self.shown, self.colours, self.picture, self.cancel, self.said):
            row.addWidget(widget)
        self.colours.clicked.connect(self.measure_colours)
        self.picture.clicked.connect(self.measure_picture)
        self.cancel.clicked.connect(self._stop)


def _colours(train: Subset, _pipeline: AugmentSpec) -> Generator[Any, None, Step]:
    """Measures mean and deviation; runs in a worker."""
    from resnet_studio.data.measure import measure_pixels

    found = yield from measure_pixels(train)
    return Normalise(mean=_short(found.mean), std=_short(found.std))


def _mean_picture(train: Subset, pipeline: AugmentSpec) -> Generator[Any, None, Step]:
    """Measures the mean picture at the pipeline's size; runs in a worker."""
    from resnet_studio.data.per_pixel_mean import measure_mean

    return (yield from measure_mean(train, pipeline))


def _short(values: tuple[float, float, float]) -> tuple[float, float, float]:
    """Returns three numbers with four digits, as the published ones have; none of them zero."""
    red, green, blue = (max(0.0001, round(value, 4)) for value in values)
    return red, green, blue
