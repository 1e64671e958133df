"""The row below the table: how far the classification is, how fast, and how good."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from resnet_studio.gui.classification.classifying import Classifying
from resnet_studio.gui.classification.table_model import Counts
from resnet_studio.gui.widgets.elided_label import ElidedLabel

_BAR_WIDTH = 160


class ProgressLine(QWidget):
    """Shows a `Classifying` and what it found."""

    def __init__(self, classifying: Classifying, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classifying = classifying
        self.result = ElidedLabel()
        self.speed = QLabel()
        self.bar = QProgressBar()
        self.button = QPushButton()
        self.speed.setProperty("muted", True)
        self.bar.setFixedWidth(_BAR_WIDTH)
        self.bar.setTextVisible(False)  # the numbers stand beside it
        self.result.setMinimumHeight(self.button.sizeHint().height())  # no jump when it goes
        self.bar.setAccessibleName(self.tr("Progress of the classification"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 2, 6, 4)
        layout.addWidget(self.result, 1)
        for widget in (self.speed, self.bar, self.button):
            layout.addWidget(widget)

    def show_warning(self, text: str) -> None:
        """Says what must be known before the table is believed."""
        self._warn(True)
        self.result.setText(text)
        self.result.setToolTip(text)

    def show_result(self, counts: Counts, shown: int, total: int) -> None:
        """Says how many pictures the filter leaves, and how many are what their folder says."""
        self._warn(False)
        parts = []
        if shown != total:
            left = self.tr("{shown} of {total} pictures shown")
            parts.append(left.format(shown=f"{shown:,}", total=f"{total:,}"))
        if counts.known:
            right = self.tr("{right} of {known} right by their folders: {percent} %")
            parts.append(
                right.format(
                    right=f"{counts.right:,}",
                    known=f"{counts.known:,}",
                    percent=f"{100 * counts.right / counts.known:.1f}",
                )
            )
        self.result.setText(" · ".join(parts))
        self._explain(counts)

    def _explain(self, counts: Counts) -> None:
        if not counts.known:
            self.result.setToolTip(self.result.text())
            return
        self.result.setToolTip(
            self.tr(
                "Counted are pictures in folders that have the name of a class of the network. "
                "Among the five most probable classes it is for {among} of {known}."
            ).format(among=f"{counts.among:,}", known=f"{counts.known:,}")
        )

    def show_progress(self, waiting: int) -> None:
        """Shows how far it is.

        Args:
            waiting: Pictures that are not classified yet.
        """
        running = self._classifying.running
        self.bar.setVisible(running)
        self.button.setVisible(running or waiting > 0)
        self.button.setText(self.tr("Cancel") if running else self.tr("Go on"))
        self.button.setToolTip(
            self.tr("Stop after the present picture; what is classified stays.")
            if running
            else self.tr("Classify the pictures that wait.")
        )
        if running:
            self._show_run()
        else:
            text = self.tr("{count} pictures wait").format(count=f"{waiting:,}") if waiting else ""
            self.speed.setText(text)

    def show_waiting(self, why: str) -> None:
        """Says what the pictures wait for, where nobody can let them go on."""
        self.speed.setText(why)
        self.button.hide()

    def _warn(self, warning: bool) -> None:
        if self.result.property("warning") != warning:
            self.result.setProperty("warning", warning)
            self.result.style().unpolish(self.result)
            self.result.style().polish(self.result)

    def _show_run(self) -> None:
        run = self._classifying
        self.bar.setRange(0, max(1, run.total))
        self.bar.setValue(run.done)
        self.bar.setAccessibleDescription(f"{run.done} / {run.total}")
        text = self.tr("{done} of {total} · {speed} pictures/s")
        self.speed.setText(
            text.format(
                done=f"{run.done:,}",
                total=f"{run.total:,}",
                speed=f"{run.speed:.1f}" if run.speed < 100 else f"{run.speed:.0f}",
            )
        )
