"""The view *Mixing*: what MixUp and CutMix make of a batch, exactly as training reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from resnet_studio.gui.augmentation import mixing_words as words
from resnet_studio.gui.augmentation.lab_page import LabPage
from resnet_studio.gui.augmentation.mixing_choices import MixingChoices
from resnet_studio.gui.augmentation.pairs_view import Pair, PairsView
from resnet_studio.gui.augmentation.whole import whole
from resnet_studio.gui.features.captioned import captioned
from resnet_studio.gui.features.images import rgb_image
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme

if TYPE_CHECKING:
    from resnet_studio.gui.augmentation.controls import Controls
    from resnet_studio.gui.workers import TaskState
    from resnet_studio.training.mixed_batch import MixedBatch
    from resnet_studio.training.recipe import Recipe

_SHOWN = 12
"""Pairs that are shown; a batch may have hundreds."""
_LINES_FOR_NOTE = 26


class MixingPage(LabPage):
    """A batch of the opened data set before and after it is mixed, with the targets.

    Attributes:
        batch: What is shown; None before.
        choices: What is mixed, how strongly, and which batch.
        pairs: The pictures.
        faint: Says that a batch is hardly mixed, and how often that is so.
    """

    follows: ClassVar[frozenset[str]] = frozenset({"pipeline", "seed", "epoch", "torch"})
    needs_picture: ClassVar[bool] = False

    def __init__(self, studio: Studio, controls: Controls, parent: QWidget | None = None) -> None:
        super().__init__(studio, controls, parent)
        self.batch: MixedBatch | None = None
        self._classes: tuple[str, ...] = ()
        self._alpha = 1.0
        self.choices = MixingChoices(studio)
        self.summary = QLabel()
        self.faint = QLabel()
        self.note = QLabel()
        self.pairs = PairsView(studio.theme)
        self._build()
        self.choices.changed.connect(lambda: self.refresh(again=True))
        self.choices.use.clicked.connect(self.use_in_training)
        studio.data.changed.connect(self._data_changed)
        controls.training.toggled.connect(lambda _on: self.refresh(again=True))

    # -- computing ----------------------------------------------------------------------------

    def start(self) -> None:
        """Makes and mixes one batch in a worker."""
        data, pipeline = self.studio.data, self.pipeline
        assert pipeline is not None
        missing = self._missing()
        split = data.split
        if missing or split is None:
            self.forget()
            self.say(missing)
            return
        recipe, epoch, number = self.recipe(), self.epoch, self.choices.batch.value() - 1
        self._classes, self._alpha = split.classes, recipe.mixup

        def job(state: TaskState) -> MixedBatch:
            from resnet_studio.training.mixed_batch import mixed_batch

            state.check()
            return mixed_batch(split, pipeline, recipe, epoch=epoch, number=number)

        self.compute(
            job,
            self._show,
            title=self.tr("Mixing {count:,} pictures").format(count=recipe.batch_size),
            visible=True,
        )

    def recipe(self) -> Recipe:
        """Returns the recipe of the training panel with what is chosen here."""
        from pydantic import ValidationError

        from resnet_studio.training.recipe import Recipe

        try:
            recipe = Recipe.model_validate_json(self.studio.settings["recipe"])
        except ValidationError:
            recipe = Recipe()
        mixup, cutmix = self.choices.strengths
        return recipe.replace(seed=self.seed, mixup=mixup, cutmix=cutmix)

    def _missing(self) -> str:
        """Says what is missing; empty if nothing is. Opens the data set if that is it."""
        data = self.studio.data
        if not self.controls.training.isChecked():
            return self.tr("Only training mixes pictures. Choose Training above.")
        if not data.chosen:
            return self.tr("Choose pictures in the Data set panel: whole batches are mixed.")
        if data.problem:
            return data.problem
        if data.split is None:
            data.start()
            data.try_again()
            return data.problem or self.tr("The data set is being opened…")
        return ""

    def _data_changed(self) -> None:
        self.refresh(again=True)

    def _show(self, batch: MixedBatch) -> None:
        self.batch = batch
        self.choices.set_batches(batch.per_epoch)
        self.summary.setText(words.told(batch.mixture))
        faint = words.faint(batch.mixture, self._alpha)
        self.faint.setText(faint)
        self.faint.setVisible(bool(faint))
        self.pairs.show_pairs(self._pairs(batch))
        self.note.setText(
            self.tr(
                "The first {shown} of {count:,} pictures. Training calls the same code: with seed "
                "{seed} it reads these bits as batch {number:,} of epoch {epoch}."
            ).format(
                shown=min(_SHOWN, len(batch.labels)),
                count=len(batch.labels),
                seed=self.seed,
                number=batch.number + 1,
                epoch=self.epoch + 1,
            )
        )
        self.summary.setToolTip(self.note.text())

    def _pairs(self, batch: MixedBatch) -> list[Pair]:
        count, side = len(batch.labels), batch.plain.shape[1]
        mixture = batch.mixture
        region = None
        if mixture is not None and mixture.region is not None:
            left, top, right, bottom = (edge / side for edge in mixture.region)
            region = (left, top, right, bottom)
        return [
            Pair(
                number=place,
                other=(place - 1) % count,
                first=rgb_image(batch.plain[place]),
                second=rgb_image(batch.plain[(place - 1) % count]),
                mixed=rgb_image(batch.mixed[place]),
                target=self._target(batch.targets[place].tolist()),
                share=None if mixture is None else mixture.share,
                region=region,
            )
            for place in range(min(_SHOWN, count))
        ]

    def _target(self, row: Sequence[float]) -> tuple[tuple[str, float], ...]:
        """Returns the classes that a target has any of."""
        found = [(self._classes[i], share) for i, share in enumerate(row) if share > 0]
        return tuple(sorted(found, key=lambda each: -each[1]))

    def forget(self) -> None:
        """Takes the batch away."""
        self.batch = None
        self.pairs.show_pairs(())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves the last line to a tool tip where the pictures need its room."""
        super().resizeEvent(event)
        self.note.setVisible(self.height() >= _LINES_FOR_NOTE * self.fontMetrics().height())

    # -- using --------------------------------------------------------------------------------

    def use_in_training(self) -> None:
        """Puts what is chosen into the recipe."""
        mixup, cutmix = self.choices.strengths
        wished = {"mixup": mixup, "cutmix": cutmix}
        self.studio.recipe_wished.emit(wished)
        parts = [
            name
            for name, alpha in (
                (self.tr("MixUp {alpha:g}").format(alpha=mixup), mixup),
                (self.tr("CutMix {alpha:g}").format(alpha=cutmix), cutmix),
            )
            if alpha
        ]
        self.studio.show_message(
            self.tr("The recipe of the training panel now has {what}.").format(
                what=self.tr(" and ").join(parts)
            )
        )

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.pairs.set_theme(theme)

    # -- copying and saving -------------------------------------------------------------------

    def title_lines(self) -> list[str]:
        """Returns which data set, pipeline and batch it is."""
        if self.batch is None or self.studio.data.summary is None:
            return []
        which = self.tr("batch {number:,} of epoch {epoch}").format(
            number=self.batch.number + 1, epoch=self.epoch + 1
        )
        split = self.studio.data.split
        name = "" if split is None else split.train.dataset.name
        return [f"{name} · {which}" if name else which, *super().title_lines()[-1:]]

    def image(self) -> QImage | None:
        """Returns all pairs."""
        if not self.has_image:
            return None
        lines = (*self.title_lines(), self.summary.text())
        return captioned([whole(self.pairs)], lines, self.studio.theme, self.font())

    def table(self) -> str | None:
        """Returns the target of every picture of the batch as CSV."""
        batch = self.batch
        if batch is None:
            return None
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(
            ("place", "index", "mixed_with_index", "method", "lambda", "class", "name", "share")
        )
        mixture, count = batch.mixture, len(batch.labels)
        drawn = ("", "") if mixture is None else (mixture.method, repr(mixture.share))
        for place in range(count):
            before = int(batch.indices[(place - 1) % count])
            for label, share in enumerate(batch.targets[place].tolist()):
                if share:
                    writer.writerow(
                        (
                            *(place + 1, int(batch.indices[place]), before, *drawn),
                            *(label, self._classes[label], repr(share)),
                        )
                    )
        return target.getvalue()

    @property
    def has_image(self) -> bool:
        """Whether a batch is shown."""
        return self.filled and self.batch is not None

    @property
    def has_table(self) -> bool:
        """Whether a batch is shown."""
        return self.has_image

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        for label in (self.summary, self.faint, self.note):
            label.setWordWrap(True)
        self.summary.setProperty("heading", True)
        self.note.setProperty("muted", True)
        self.faint.setProperty("warning", True)
        self.faint.hide()
        area = QScrollArea()
        area.setWidget(self.pairs)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        head = QHBoxLayout()
        head.addWidget(self.choices, 1)
        head.addWidget(self.make_export_button(), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(head)
        column.addWidget(self.summary)
        column.addWidget(self.faint)
        column.addWidget(area, 1)
        column.addWidget(self.note)
