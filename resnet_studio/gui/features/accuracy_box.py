"""The accuracy on validation pictures, intact and operated, and which pictures these are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.features.bench import Bench
from resnet_studio.gui.features.validation_choice import ValidationChoice
from resnet_studio.gui.studio import Studio

if TYPE_CHECKING:
    from resnet_studio.probe.network import LoadedNetwork
    from resnet_studio.probe.validation import Judgement, ValidationSet

_STEPS = 1000


class AccuracyBox(QWidget):
    """Chooses the pictures, and says how many of them are named rightly."""

    def __init__(self, studio: Studio, bench: Bench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bench = bench
        self._network: LoadedNetwork | None = None
        self.choice = ValidationChoice(studio)
        self.button = QPushButton(self.tr("Measure"))
        self.cancel = QPushButton(self.tr("Cancel"))
        self.bar = QProgressBar()
        self.result = QLabel()
        self.note = QLabel()
        self._build()
        self._connect()
        self.show_state()

    def follow(self, network: LoadedNetwork) -> None:
        """Judges another network, or the same after surgery."""
        self._network = network
        self.choice.suggest(network)
        self._choose()
        self._bench.follow(network)

    def show_state(self) -> None:
        """Shows what is known, and what can be done."""
        bench = self._bench
        running = bench.judging is not None
        self.button.setVisible(not running)
        self.button.setEnabled(bench.can_measure)
        self.cancel.setVisible(running)
        self.bar.setVisible(running)
        if bench.judging is not None:
            progress = bench.judging.progress
            self.bar.setRange(0, _STEPS if progress.total else 0)
            self.bar.setValue(round(_STEPS * progress.done / max(progress.total, 1)))
        self.result.setText(self._result_text())
        self.note.setText(self._note_text())
        self.note.setVisible(bool(self.note.text()))
        wrong = bool(bench.problem)
        if bool(self.note.property("error")) != wrong:
            self.note.setProperty("error", wrong)
            self.note.style().unpolish(self.note)
            self.note.style().polish(self.note)

    def as_text(self) -> str:
        """Returns what is shown, as plain text."""
        plain = self.result.text().replace("<br>", "\n")
        return plain.replace("<b>", "").replace("</b>", "")

    # -- words --------------------------------------------------------------------------------

    def _result_text(self) -> str:
        known = self._bench.known
        if known.intact is None:
            return self.tr("Accuracy: not measured yet.")
        before = _percent(known.intact.accuracy)
        operated = known.operated
        if self._network is None or not self._network.surgery:
            return self.tr("Accuracy: <b>{before}</b> (intact network)").format(before=before)
        if operated is None or known.operated_as is not self._network:
            return self.tr("Accuracy: <b>{before}</b> intact → … operated").format(before=before)
        changed = operated.changed_from(known.intact)
        points = 100 * (operated.accuracy - known.intact.accuracy)
        return self.tr(
            "Accuracy: <b>{before}</b> intact → <b>{after}</b> operated"
            " (<b>{points}</b> ± {error:.1f} points).<br>Another answer for {changed:,} of"
            " {total:,} pictures ({share})."
        ).format(
            before=before,
            after=_percent(operated.accuracy),
            points=f"{points:+.1f}".replace("-", "−"),
            error=_error(known.intact, operated),
            changed=changed,
            total=operated.total,
            share=_percent(changed / operated.total),
        )

    def _note_text(self) -> str:
        bench, sample = self._bench, self._bench.known.sample
        if bench.problem:
            return bench.problem
        if not bench.has_source:
            return self._how_to_choose()
        if sample is None:
            return ""
        return self._about(sample)

    def _how_to_choose(self) -> str:
        names = ", ".join(self._network.classes[:3]) if self._network is not None else ""
        return self.tr(
            "No pictures of its classes ({names}, …) are chosen. Choose a folder or a .zip with a"
            " folder of pictures for each class, called as the classes are."
        ).format(names=names)

    def _about(self, sample: ValidationSet) -> str:
        parts = {
            "test": self.tr("its test part"),
            "validation": self.tr("its held-out part"),
            "all": self.tr("all of it: it flatters a network that has learned from these"),
        }
        if len(sample) < sample.available:
            text = self.tr(
                "{count:,} of {available:,} pictures of {name} ({part}), from every class alike."
            )
        else:
            text = self.tr("All {count:,} pictures of {name} ({part}).")
        said = [
            text.format(
                count=len(sample),
                available=sample.available,
                name=sample.name,
                part=parts[sample.part],
            )
        ]
        intact = self._bench.known.intact
        if intact is not None and intact.unread:
            said.append(self.tr("{count:,} cannot be read.").format(count=len(intact.unread)))
        if sample.skipped:
            skipped = self.tr("{count:,} folders are no class of the network.")
            said.append(skipped.format(count=len(sample.skipped)))
        if self._network is not None and not self._network.trained:
            said.append(self.tr("The weights are random: it can only guess."))
        return " ".join(said)

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.button.setToolTip(
            self.tr("Measure the accuracy now, and after every further operation.")
        )
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(10)
        self.bar.setMaximumWidth(160)
        self.bar.setAccessibleName(self.tr("Progress of the measurement"))
        self.result.setTextFormat(Qt.TextFormat.RichText)
        self.result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.result.setToolTip(
            self.tr("± is the range of 95 %, as both networks saw the same pictures.")
        )
        self.note.setProperty("muted", True)
        for label in (self.result, self.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        first = QHBoxLayout()
        first.setSpacing(6)
        first.addWidget(self.choice, 1)
        first.addWidget(self.button)
        first.addWidget(self.cancel)
        second = QHBoxLayout()
        second.addWidget(self.result, 1)
        second.addWidget(self.bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 2, 8, 2)
        column.setSpacing(3)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.note)

    def _connect(self) -> None:
        self.choice.changed.connect(self._choose)
        self.button.clicked.connect(self._bench.measure)
        self.cancel.clicked.connect(self._bench.stop_judging)
        self._bench.changed.connect(self.show_state)

    def _choose(self) -> None:
        self._bench.choose(self.choice.config, self.choice.count.value())


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _error(before: Judgement, after: Judgement) -> float:
    """Returns half the range of 95 % of the difference, in percentage points."""
    import numpy as np

    was, now = before.answers == before.labels, after.answers == after.labels
    spread = float(np.std(now.astype(float) - was.astype(float)))
    return 100 * 1.96 * spread / math.sqrt(before.total)
