"""The rows of choices: pipeline, training or validation, seed, epoch, number of samples."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QToolButton,
    QWidget,
)

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.errors import StudioError
from resnet_studio.gui.augmentation.editing import TRAINING, VALIDATION, Editing
from resnet_studio.gui.augmentation.head import EditorHead
from resnet_studio.gui.augmentation.pipeline_verbs import PipelineVerbs
from resnet_studio.gui.augmentation.preset_list import USUAL, PresetList, preset_title
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.flow import FlowLayout
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

LARGEST_SEED = 2**31 - 1  # `Recipe.seed` goes as far
COUNTS = (4, 6, 8, 12, 16, 24, 36, 48, 64)
_FIRST_COUNT = 12
_LAST_EPOCH = 9999


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person has chosen.

    Attributes:
        pipeline: The pipeline, or what last fitted of it.
        seed: The seed.
        epoch: The pass over the data set, from 0; on screen it counts from 1.
        count: How many samples; 1 where the pipeline is without chance, since all are the same.
    """

    pipeline: AugmentSpec
    seed: int
    epoch: int
    count: int


class Controls(QObject):
    """Holds the choices and the seeds that went before.

    Attributes:
        editing: What may be done to the pipelines.
        source: The list of pipelines to begin with.
        head: The row of the pipeline, its chain and its editor; stands above all views.
        pipeline_row: The choices of the pipeline, and the number of samples; a part of `head`.
        chance_row: Seed and epoch.
        chance_fields: What is of use only where there is chance.

    Signals:
        changed(): Something else is chosen.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._seed = self._run_seed = studio.pipelines.seed
        self._earlier: list[int] = []
        self._told: tuple[AugmentSpec | None, str] | None = None
        self.editing = Editing(studio, self)
        self.verbs = PipelineVerbs(studio, self.editing, self)
        self.pipeline_row = QWidget()
        self.chance_row = QWidget()
        self.chance_fields: list[QWidget] = []
        self.source = PresetList(studio, self.editing)
        self.training = QToolButton()
        self.validation = QToolButton()
        self.more = QToolButton()
        self.seed = QSpinBox()
        self.epoch = QSpinBox()
        self.count = QComboBox()
        self._build()
        self.head = EditorHead(studio, self.editing, self.pipeline_row)
        self._enable()
        self._connect()

    # -- what is chosen -----------------------------------------------------------------------

    @property
    def choices(self) -> Choices | None:
        """What is chosen; None where the network cannot be fitted to the data."""
        pipeline = self.pipeline
        if pipeline is None:
            return None
        count = self.count.currentData() if pipeline.numbers else 1
        return Choices(pipeline, self._seed, self.epoch.value() - 1, count)

    @property
    def pipeline(self) -> AugmentSpec | None:
        """The pipeline that is shown: what training or validation would read with."""
        return self.editing.pipeline

    @property
    def refusal(self) -> StudioError | None:
        """Why the network has no such pipeline; None if it has one."""
        return self.editing.refusal

    @property
    def earlier_seeds(self) -> tuple[int, ...]:
        """The seeds that went before, oldest first."""
        return tuple(self._earlier)

    def new_seed(self) -> None:
        """Chooses another seed by chance."""
        seed = self._seed
        while seed == self._seed:
            seed = random.randint(0, LARGEST_SEED)
        self.seed.setValue(seed)

    def previous_seed(self) -> None:
        """Goes back to the seed before this one."""
        if self._earlier:
            self._seed = self._earlier.pop()
            with QSignalBlocker(self.seed):
                self.seed.setValue(self._seed)
            self._seed_is_another()

    # -- reacting -----------------------------------------------------------------------------

    def _seed_chosen(self, seed: int) -> None:
        if seed != self._seed:
            self._earlier.append(self._seed)
            self._seed = seed
            self._seed_is_another()

    def _seed_is_another(self) -> None:
        self._studio.commands.set_condition("earlier_seed", bool(self._earlier))
        self.changed.emit()

    def _source_chosen(self, key: str) -> None:
        if key == USUAL:
            self.editing.choose_usual()
        else:
            text = self.tr("Pipelines of {name}").format(name=preset_title(key))
            self.editing.choose(self.source.pairs[key], text)

    def _stage_chosen(self) -> None:
        self.editing.show_side(VALIDATION if self.validation.isChecked() else TRAINING)

    def _pipeline_edited(self) -> None:
        """Tells the views, unless they see the same pipeline as before: a step that is off."""
        self.source.refresh()
        self._enable()
        told = (self.pipeline, str(self.refusal))
        if told != self._told:
            self._told = told
            self.changed.emit()

    def _run_told(self) -> None:
        """Takes the seed of the run that is set up, when that is another one."""
        seed = self._studio.pipelines.seed
        if seed != self._run_seed:
            self._run_seed = seed
            self._take_seed(seed)

    def _take_seed(self, seed: int) -> None:
        """Shows the samples of a run's seed; the person's own seeds are no longer of use."""
        if seed != self._seed:
            self._seed = seed
            self._earlier.clear()
            with QSignalBlocker(self.seed):
                self.seed.setValue(seed)
            self._seed_is_another()

    def _enable(self) -> None:
        """Offers seed and epoch only where there is chance."""
        pipeline = self.pipeline
        chance = pipeline is not None and pipeline.numbers > 0
        for field in self.chance_fields:
            field.setEnabled(chance)
        self._studio.commands.set_condition("chance", chance)

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self._build_numbers()
        self._build_more()
        self._fill_pipeline_row()
        self._fill_chance_row()

    def _fill_pipeline_row(self) -> None:
        row = FlowLayout(self.pipeline_row, gap=14)
        source = _labelled(self.tr("Pipeline"), self.source, self.source.toolTip())
        count = _labelled(self.tr("Samples"), self.count, self.tr("How many samples are shown."))
        self.chance_fields.append(count)
        for widget in (source, self._stage_switch(), self.more, count):
            row.addWidget(widget)

    def _fill_chance_row(self) -> None:
        row = FlowLayout(self.chance_row, gap=8)
        commands = self._studio.commands
        seed = _labelled(
            self.tr("Seed"),
            self.seed,
            self.tr("All chance follows from it, as in a run: the same seed, the same samples."),
        )
        epoch = _labelled(
            self.tr("Epoch"),
            self.epoch,
            self.tr("The pass over the data set; each draws anew. 1 is the first."),
        )
        self.chance_fields += [seed, epoch]
        new = _button(commands.action("augmentation.new_seed"))
        previous = _button(commands.action("augmentation.previous_seed"))
        for widget in (seed, new, previous, epoch):
            row.addWidget(widget)

    def _build_more(self) -> None:
        self.more.setText(self.tr("File and code"))
        self.more.setToolTip(
            self.tr("Open or save the pipeline, name it, or see it as torchvision code.")
        )
        self.more.setAccessibleName(self.more.text())
        self.more.setProperty("framed", True)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self.verbs.menu(self.more))

    def _build_numbers(self) -> None:
        self.seed.setRange(0, LARGEST_SEED)
        self.epoch.setRange(1, _LAST_EPOCH)
        self.seed.setValue(self._seed)
        for box in (self.seed, self.epoch):
            box.setKeyboardTracking(False)  # a half-typed seed is not a seed
            guard_wheel(box)
        for count in COUNTS:
            self.count.addItem(str(count), count)
        self.count.setCurrentIndex(COUNTS.index(_FIRST_COUNT))
        guard_wheel(self.count)

    def _stage_switch(self) -> QWidget:
        switch = QWidget()
        row = QHBoxLayout(switch)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        group = QButtonGroup(self)
        for button, text, tip in (
            (
                self.training,
                self.tr("Training"),
                self.tr("Show what training reads: other samples for each seed and epoch."),
            ),
            (
                self.validation,
                self.tr("Validation"),
                self.tr("Show what validation reads: always the same one."),
            ),
        ):
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(text)
            button.setCheckable(True)
            button.setProperty("framed", True)
            group.addButton(button)
            row.addWidget(button)
        self.training.setChecked(True)
        return switch

    def _connect(self) -> None:
        self.source.preset_chosen.connect(self._source_chosen)
        self.validation.toggled.connect(self._stage_chosen)
        self.editing.changed.connect(self._pipeline_edited)
        self._studio.pipelines.told.connect(self._run_told)
        self._studio.pipelines.seed_wished.connect(self._take_seed)
        self.seed.valueChanged.connect(self._seed_chosen)
        self.epoch.valueChanged.connect(self.changed)
        self.count.currentIndexChanged.connect(self.changed)


def _labelled(label: str, editor: QWidget, tip: str) -> QWidget:
    """Returns an editor with its label at the left, which saves a line of height."""
    field = QWidget()
    words = QLabel(label)
    words.setBuddy(editor)
    words.setProperty("muted", True)
    words.setToolTip(tip)
    editor.setToolTip(tip)
    editor.setAccessibleName(label)
    row = QHBoxLayout(field)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    row.addWidget(words)
    row.addWidget(editor)
    return field


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setProperty("framed", True)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAccessibleName(action.text().replace("&", ""))
    return button
