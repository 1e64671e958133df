"""The row of choices: pipeline, training or validation, rule, seed, epoch, number of samples."""

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

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.data.augment import AugmentSpec
from resnet_studio.errors import StudioError
from resnet_studio.gui.augmentation.pipelines import (
    OLDER,
    PRESENT,
    Source,
    has_rule,
    pipelines,
    source_title,
    with_rule,
)
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
        pipeline: The pipeline, rule included.
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
        pipeline_row: The choices of the pipeline, and the number of samples.
        chance_row: Seed and epoch.
        chance_fields: What is of use only where there is chance.
        refusal: Why the network has no such pipeline; None if it has one.

    Signals:
        changed(): Something else is chosen.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._pipelines: tuple[AugmentSpec, AugmentSpec] | None = None
        self.refusal: StudioError | None = None
        self._seed = 0
        self._earlier: list[int] = []
        self.pipeline_row = QWidget()
        self.chance_row = QWidget()
        self.chance_fields: list[QWidget] = []
        self.source = QComboBox()
        self.training = QToolButton()
        self.validation = QToolButton()
        self.rule = QComboBox()
        self.seed = QSpinBox()
        self.epoch = QSpinBox()
        self.count = QComboBox()
        self._build()
        self.follow(studio.spec)
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
        """The chosen pipeline with the chosen rule."""
        if self._pipelines is None:
            return None
        chosen = self._pipelines[1 if self.validation.isChecked() else 0]
        return with_rule(chosen, self.rule.currentData())

    @property
    def earlier_seeds(self) -> tuple[int, ...]:
        """The seeds that went before, oldest first."""
        return tuple(self._earlier)

    def follow(self, spec: NetworkSpec) -> None:
        """Takes the pipelines of the network of the window, if they are chosen."""
        before = self.pipeline, str(self.refusal)
        self._name_sources(spec)
        try:
            self._pipelines, self.refusal = pipelines(self._source(), spec), None
        except StudioError as error:
            self._pipelines, self.refusal = None, error
        self._enable()
        if (self.pipeline, str(self.refusal)) != before:
            self.changed.emit()

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

    def _source(self) -> Source:
        return Source(self.source.currentData())

    def _source_chosen(self) -> None:
        self.follow(self._studio.spec)

    def _stage_chosen(self) -> None:
        self._enable()
        self.changed.emit()

    def _enable(self) -> None:
        """Offers only what the pipeline has: a rule, or chance at all."""
        pipeline = self.pipeline
        chance = pipeline is not None and pipeline.numbers > 0
        self.rule_field.setVisible(pipeline is not None and has_rule(pipeline))
        for field in self.chance_fields:
            field.setEnabled(chance)
        self._studio.commands.set_condition("chance", chance)

    def _name_sources(self, spec: NetworkSpec) -> None:
        """Writes the input size behind each pair of pipelines."""
        for row in range(self.source.count()):
            key = self.source.itemData(row)
            if key is None:
                continue  # a separator
            try:
                size = pipelines(Source(key), spec)[0].output_size
            except StudioError:
                title = self.tr("{title} (not possible)").format(title=source_title(Source(key)))
            else:
                title = self.tr("{title} ({size} px)").format(
                    title=source_title(Source(key)), size=size
                )
            self.source.setItemText(row, title)

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self._fill_source()
        self._fill_rule()
        self._build_numbers()
        self._fill_pipeline_row()
        self._fill_chance_row()

    def _fill_pipeline_row(self) -> None:
        row = FlowLayout(self.pipeline_row, gap=14)
        source = _labelled(
            self.tr("Pipeline"),
            self.source,
            self.tr("Whose training: that of this network on some data, or a published one."),
        )
        self.rule_field = _labelled(
            self.tr("Rule of the crop"),
            self.rule,
            self.tr(
                "How width over height is drawn: its logarithm uniformly (torchvision today), or "
                "itself uniformly and exchanged half the time (until version 0.2)."
            ),
        )
        count = _labelled(self.tr("Samples"), self.count, self.tr("How many samples are shown."))
        self.chance_fields.append(count)
        for widget in (source, self._stage_switch(), self.rule_field, count):
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

    def _fill_source(self) -> None:
        for source in Source:
            if source is Source.IMAGENET:
                self.source.insertSeparator(self.source.count())
            self.source.addItem(source_title(source), source.value)
        self.source.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        guard_wheel(self.source)

    def _fill_rule(self) -> None:
        self.rule.addItem(self.tr("present: log-uniform ratio"), PRESENT)
        self.rule.addItem(self.tr("older: uniform, swapped"), OLDER)
        guard_wheel(self.rule)

    def _build_numbers(self) -> None:
        self.seed.setRange(0, LARGEST_SEED)
        self.epoch.setRange(1, _LAST_EPOCH)
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
        self.source.activated.connect(self._source_chosen)
        self.validation.toggled.connect(self._stage_chosen)
        self.rule.currentIndexChanged.connect(self.changed)
        self.seed.valueChanged.connect(self._seed_chosen)
        self.epoch.valueChanged.connect(self.changed)
        self.count.currentIndexChanged.connect(self.changed)
        self._studio.spec_changed.connect(self.follow)


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
