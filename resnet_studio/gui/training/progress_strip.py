"""What happens now: phase, progress bar, epoch, speed, time left, best accuracy."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from resnet_studio.gui.training.curves import RunCurves
from resnet_studio.gui.training.follower import Follower
from resnet_studio.gui.training.pace import duration
from resnet_studio.gui.training.session import Activity, Session
from resnet_studio.gui.training.two_halves import TwoHalves

_PARTS = 1_000


class Figure(QWidget):
    """A number with its name under it."""

    def __init__(self, name: str, tip: str, *, widest: str) -> None:
        """Makes room for `widest`, so that the neighbours stay where they are."""
        super().__init__()
        self._widest = widest
        self.value = QLabel("–")
        self.value.setProperty("heading", True)
        self.value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.name = QLabel(name)
        self.name.setProperty("muted", True)
        self.value.setAccessibleName(name)
        self.setToolTip(tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.value)
        layout.addWidget(self.name)
        self._make_room()

    def changeEvent(self, event: QEvent) -> None:
        """Makes room for larger digits."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._make_room()

    def _make_room(self) -> None:
        bold = QFont(self.font())
        bold.setBold(True)
        name = QFontMetrics(self.font()).horizontalAdvance(self.name.text())
        self.setMinimumWidth(max(name, QFontMetrics(bold).horizontalAdvance(self._widest)))

    def show_text(self, text: str) -> None:
        """Shows a value; costs nothing if it is the same."""
        if text != self.value.text():
            self.value.setText(text)


class ProgressStrip(QWidget):
    """Shows the figures of a session, or of nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tr = self.tr
        self.phase = QLabel()
        self.bar = QProgressBar()
        self.epoch = Figure(tr("epoch"), tr("Epochs begun, of those planned."), widest="000 / 000")
        self.step = Figure(
            tr("step"), tr("Optimiser steps done, of those planned."), widest="00,000 / 00,000"
        )
        self.speed = Figure(
            tr("images/s"),
            tr("Training pictures per second over the last steps."),
            widest="00,000",
        )
        self.left = Figure(tr("time left"), tr("At the pace of the last minute."), widest="0:00:00")
        self.best = Figure(
            tr("best validation"),
            tr("Highest accuracy on pictures that were held out."),
            widest="100.00 %",
        )
        self.top5 = Figure(
            tr("top-5"),
            tr("Of the last validation: pictures whose class is among the five most probable."),
            widest="100.00 %",
        )
        self.top5.hide()
        self.figures = (self.epoch, self.step, self.speed, self.left, self.best, self.top5)
        self._build()
        self.show_idle("")

    def show_idle(self, text: str) -> None:
        """Shows that no run is in progress, and why none can be started, if so."""
        self.phase.setText(text)
        self.bar.setRange(0, _PARTS)
        self.bar.setValue(0)

    def show_activity(self, activity: Activity) -> None:
        """Says what happens now."""
        text = activity.text or self._words(activity)
        if activity.total and activity.phase in ("data", "validation"):
            counted = {
                "data": self.tr("Loading the pictures: {done:,} of {total:,}"),
                "validation": self.tr("Validating: batch {done:,} of {total:,}"),
            }[activity.phase]
            text = counted.format(done=activity.done, total=activity.total)
        self.phase.setText(text)

    def show_session(self, session: Session | Follower) -> None:
        """Shows the figures as they are now."""
        curves = session.run.curves if isinstance(session, Follower) else session.curves
        if not session.known:
            self.bar.setRange(0, 0)
            return
        step, epochs = curves.last_step, session.epochs
        self.bar.setRange(0, _PARTS)
        self.bar.setValue(round(_PARTS * step / max(1, curves.total_steps)))
        self.epoch.show_text(f"{_epoch(step, curves.steps_per_epoch, epochs)} / {epochs}")
        self.step.show_text(f"{step:,} / {curves.total_steps:,}")
        latest = session.latest
        rate = latest.images_per_second if latest is not None else 0.0
        self.speed.show_text(f"{rate:,.0f}" if rate > 0 and session.running else "–")
        left = session.seconds_left if session.running else None
        self.left.show_text("–" if left is None else duration(left))
        self.show_best(curves.best_accuracy)
        self.show_top5(curves)

    def show_top5(self, curves: RunCurves) -> None:
        """Shows the share of the last validation, unless there are too few classes for it."""
        top5 = curves.epochs[-1].validation_top5 if curves.epochs else None
        self.top5.setVisible(top5 is not None)
        self.top5.show_text("–" if top5 is None else f"{100 * top5:.2f} %")

    def show_run(self, *, step: int, total: int, epoch: int, epochs: int, text: str) -> None:
        """Shows how far an earlier run came."""
        self.show_idle(text)
        self.bar.setValue(round(_PARTS * step / total) if total else 0)
        self.epoch.show_text(f"{epoch} / {epochs}")
        self.step.show_text(f"{step:,} / {total:,}" if total else f"{step:,}")
        self.speed.show_text("–")
        self.left.show_text("–")

    def show_best(self, accuracy: float | None) -> None:
        """Shows the best validation accuracy."""
        self.best.show_text("–" if accuracy is None else f"{100 * accuracy:.2f} %")

    def clear(self) -> None:
        """Empties the figures."""
        for figure in self.figures:
            figure.show_text("–")

    def _build(self) -> None:
        self.phase.setWordWrap(True)
        self.phase.setAccessibleName(self.tr("What happens now"))
        self.bar.setFixedHeight(10)
        self.bar.setTextVisible(False)  # the figures below say it, in a readable size
        self.bar.setAccessibleName(self.tr("Progress of the run"))
        self.bar.setToolTip(self.tr("Steps done, of those planned."))
        row = TwoHalves(spacing=18, spread=False)
        for figure in self.figures:
            row.add(figure, right=figure not in self.figures[:3])
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(4)
        layout.addWidget(self.bar, 0, 0)
        layout.addWidget(row, 1, 0)

    def _words(self, activity: Activity) -> str:
        words = {
            "starting": self.tr("Starting…"),
            "data": self.tr("Loading the pictures…"),
            "network": self.tr("Building the network…"),
            "compile": self.tr("Measuring whether compiling pays…"),
            "resume": self.tr("Reading the checkpoint…"),
            "training": self.tr("Training: the curves follow each step"),
            "validation": self.tr("Validating on the pictures held out…"),
            "pausing": self.tr("Pausing after this step…"),
            "paused": self.tr("Paused; Resume goes on where it is"),
            "saving": self.tr("Stopping: saving a checkpoint…"),
        }
        return words.get(activity.phase, "")


def _epoch(step: int, steps_per_epoch: int, epochs: int) -> int:
    """Returns the epoch that is being trained, or the last one."""
    return min(step // max(1, steps_per_epoch) + 1, epochs)
