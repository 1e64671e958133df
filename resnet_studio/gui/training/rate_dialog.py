"""The learning-rate range test in a dialog: progress, the curve, the suggestion, and its use."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.errors import StudioError
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.export import to_image, to_svg
from resnet_studio.gui.training.rate_plot import Measured, RatePlot
from resnet_studio.gui.training.session import LANE, TaskControl
from resnet_studio.gui.widgets.export import copy_image, png_bytes, save_bytes
from resnet_studio.gui.widgets.export_button import make_export_button
from resnet_studio.gui.workers import Task, TaskState
from resnet_studio.training.config import RunConfig
from resnet_studio.training.events import Event

if TYPE_CHECKING:
    from resnet_studio.training.rate_range import RangeFound, RatePoint

STEPS = 100
LOWEST, HIGHEST = 1e-6, 10.0


class RateDialog(QDialog):
    """Runs the test beside the window; nothing of any run is changed by it.

    Signals:
        rate_chosen(float): The person takes the suggested learning rate.

    Attributes:
        found: The result; None until there is one.
        points: The steps so far.
    """

    rate_chosen = Signal(float)

    def __init__(
        self,
        studio: Studio,
        config: RunConfig,
        parent: QWidget | None = None,
        *,
        steps: int = STEPS,
    ) -> None:
        """Makes the dialog; `start` begins the test.

        Args:
            studio: The shared state.
            config: The run whose rate is sought.
            parent: The window.
            steps: Steps of the test.
        """
        super().__init__(parent)
        self._studio = studio
        self._config = config
        self._steps = steps
        self._task: Task | None = None
        self.found: RangeFound | None = None
        self.points: list[Measured] = []
        self.setWindowTitle(self.tr("Find a learning rate"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self._build()

    @property
    def running(self) -> bool:
        """Whether the test is in progress."""
        return self._task is not None and self._task.running

    def start(self) -> None:
        """Begins the test, or begins it anew."""
        self.found, self.points = None, []
        self.plot.mark(None)
        self.plot.show_points(self.points, (LOWEST, HIGHEST))
        self.bar.setRange(0, 0)
        self._say(self.tr("Preparing the pictures and a copy of the network…"))
        self._task = self._studio.workers.start(
            self._job,
            title=self.tr("Finding a learning rate"),
            lane=LANE,
            on_event=self._take,
            on_error=self._failed,
            on_done=self._done,
        )
        self._show_state()

    def done(self, result: int) -> None:
        """Ends a test in progress when the dialog is closed; once that has ended, it goes."""
        if self._task is not None:
            self._task.cancel()
        super().done(result)
        if not self.running:
            self.deleteLater()

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        intro = QLabel(
            self.tr(
                "A copy of the network takes {steps} steps while the rate rises from {low:g} to"
                " {high:g}. A good rate lies where the loss falls fast, well before it rises again."
            ).format(steps=self._steps, low=LOWEST, high=HIGHEST)
        )
        self.plot = RatePlot(self._studio)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(10)
        self.bar.setAccessibleName(self.tr("Progress of the test"))
        self.text = QLabel()
        for label in (intro, self.text):
            label.setWordWrap(True)
        self.text.setAccessibleName(self.tr("Result of the test"))
        layout = QVBoxLayout(self)
        layout.addWidget(intro)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.text)
        layout.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        self.use_button = QPushButton(self.tr("Use this rate"))
        self.use_button.setProperty("primary", True)
        self.use_button.clicked.connect(self._use)
        self.cancel_button = QPushButton(self.tr("Cancel the test"))
        self.cancel_button.clicked.connect(self._cancel)
        self.again_button = QPushButton(self.tr("Test again"))
        self.again_button.clicked.connect(self.start)
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.reject)
        for button in (self.use_button, self.cancel_button, self.again_button, close):
            button.setAutoDefault(False)
        row = QHBoxLayout()
        self.export = make_export_button(self.copy, self.save)
        row.addWidget(self.export)
        row.addStretch()
        for button in (self.cancel_button, self.again_button, close, self.use_button):
            row.addWidget(button)
        return row

    # -- the test ---------------------------------------------------------------------------

    def _job(self, state: TaskState) -> Generator[Event | RatePoint | RangeFound, None, None]:
        from resnet_studio.training.rate_range import find

        control = TaskControl()
        control.cancelled = lambda: state.cancelled
        return find(self._config, control=control, steps=self._steps, low=LOWEST, high=HIGHEST)

    def _take(self, event: Event | RatePoint | RangeFound) -> None:
        from resnet_studio.training.rate_range import RangeFound, RatePoint

        if isinstance(event, RatePoint):
            self.points.append(Measured(event.rate, event.loss, event.smoothed))
            self.bar.setRange(0, self._steps)
            self.bar.setValue(event.step)
            self._say(
                self.tr("Step {step} of {steps}: rate {rate:.2g}").format(
                    step=event.step, steps=self._steps, rate=event.rate
                )
            )
            self.plot.show_points(self.points, (LOWEST, HIGHEST))
        elif isinstance(event, RangeFound):
            self.found = event
            self._say(event.reason)
            self.plot.mark(event.suggested)

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, StudioError):
            self._say(f"{error.message} {error.remedy}".strip())
        else:
            self._studio.show_error(error)
            self._say(self.tr("The test ended because of an error in the program."))

    def _done(self) -> None:
        if not self.isVisible():
            self.deleteLater()
            return
        self.bar.setRange(0, self._steps)
        self.bar.setValue(self._steps if self.found is not None else 0)
        if self._task is not None and self._task.cancelled:
            self._say(self.tr("The test was cancelled."))
        self._show_state()
        if self.use_button.isEnabled():
            self.use_button.setFocus()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._say(self.tr("Cancelling…"))

    def _say(self, text: str) -> None:
        self.text.setText(text)

    def _show_state(self) -> None:
        running, found = self.running, self.found
        self.cancel_button.setVisible(running)
        self.again_button.setVisible(not running)
        self.export.setEnabled(bool(self.points) and not running)
        self.use_button.setEnabled(found is not None and found.learning_rate is not None)

    def _use(self) -> None:
        if self.found is not None and self.found.learning_rate is not None:
            self.rate_chosen.emit(self.found.learning_rate)
            self.accept()

    # -- export -----------------------------------------------------------------------------

    @property
    def _title(self) -> str:
        return self.tr("Learning-rate range test of {name}").format(name=self._config.network.name)

    def copy(self) -> None:
        """Puts the picture into the clipboard."""
        copy_image(to_image(self.plot, self._title, self._studio.theme))
        self._say(self.tr("The picture is in the clipboard."))

    def save(self, suffix: str) -> None:
        """Saves the picture as "png" or "svg", or the numbers as "csv"."""
        kinds = {
            "png": self.tr("PNG picture (*.png)"),
            "svg": self.tr("SVG drawing (*.svg)"),
            "csv": self.tr("CSV table (*.csv)"),
        }
        name = f"learning_rates.{suffix}"
        path = self._studio.save_file(self.tr("Save the range test"), name, kinds[suffix])
        if path is not None and self._saved(path.with_suffix(f".{suffix}"), suffix):
            self._say(self.tr("Saved {file}.").format(file=path.with_suffix(f".{suffix}")))

    def _saved(self, path: Path, suffix: str) -> bool:
        theme = self._studio.theme
        if suffix == "csv":
            content = _to_csv(self.points)
        elif suffix == "svg":
            content = to_svg(self.plot, self._title, theme)
        else:
            content = png_bytes(to_image(self.plot, self._title, theme))
        return save_bytes(self._studio, content, path) is not None


def _to_csv(points: list[Measured]) -> bytes:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["learning_rate", "loss", "smoothed_loss"])
    writer.writerows([f"{p.rate:.7g}", f"{p.loss:.7g}", f"{p.smoothed:.7g}"] for p in points)
    return target.getvalue().encode("utf-8")
