"""The form of the recipe: every number checked as it is typed, the schedule drawn below."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.recipe_values import (
    CUSTOM,
    NUMBERS,
    WHOLE_NUMBERS,
    check,
    percent_text,
    preset_of,
    suits_only,
    text_of,
)
from resnet_studio.gui.training.schedule_plot import SchedulePlot
from resnet_studio.gui.widgets.form_field import FormField
from resnet_studio.gui.widgets.wheel_guard import guard_wheel
from resnet_studio.training.presets import DEFAULT_RECIPES, RECIPES
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Precision, Schedule, Warmup

_CHOICES = ("schedule", "warmup", "precision")
_EDITED = {*NUMBERS, *WHOLE_NUMBERS, *_CHOICES, "milestones", "nesterov"}
_UNSEEN = tuple(name for name in Recipe.model_fields if name not in {*_EDITED, "device"})
"""Fields without an editor, kept as the preset or the remembered recipe has them."""


class RecipeForm(QWidget):
    """Preset, numbers, schedule and device of a run.

    Signals:
        changed(): A value was typed or chosen; `recipe` and `problem` are up to date.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._filling = False
        self._steps_per_epoch = 0
        self._unseen: dict[str, Any] = {}
        self.recipe: Recipe | None = None
        self.fields: dict[str, FormField] = {}
        self._build()
        self._connect()
        self.show_recipe(Recipe())

    @property
    def problem(self) -> str:
        """What is wrong with the first wrong field, with its label; empty if nothing is."""
        for field in self.fields.values():
            if not field.error.isHidden():
                return f"{field.label.text()}: {field.error.text()}"
        return ""

    def show_recipe(self, recipe: Recipe) -> None:
        """Fills every field."""
        self._filling = True
        try:
            for name in (*NUMBERS, *WHOLE_NUMBERS):
                self._edit(name).setText(text_of(getattr(recipe, name)))
            self._edit("milestones").setText(percent_text(recipe.milestones))
            for name in _CHOICES:
                box = self._combo(name)
                box.setCurrentIndex(box.findData(getattr(recipe, name)))
            self.nesterov.setChecked(recipe.nesterov)
            self._unseen = {name: getattr(recipe, name) for name in _UNSEEN}
        finally:
            self._filling = False
        self._take()

    def set_source(self, source: str) -> None:
        """Takes the default recipe of a source of data, unless the person made their own."""
        if self.recipe is not None and suits_only(self.recipe, source):
            self.show_recipe(self._with_choices(DEFAULT_RECIPES[source].recipe))

    def set_steps_per_epoch(self, steps: int) -> None:
        """Says how long an epoch is, for the drawing of the schedule; 0 if that is not known."""
        self._steps_per_epoch = steps
        self.plot.show_recipe(self.recipe, self._steps_per_epoch)

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self._build_main()
        self.plot = SchedulePlot(self._studio)
        self._grid.addWidget(self.plot, self._grid.rowCount(), 0, 1, 2)
        self._build_more()

    def _build_main(self) -> None:
        tr = self.tr
        presets = _choices([(preset.title, key) for key, preset in RECIPES.items()])
        presets.addItem(tr("My own"), CUSTOM)
        for row, preset in enumerate(RECIPES.values()):
            presets.setItemData(row, preset.note, Qt.ItemDataRole.ToolTipRole)
        self._row(("preset", tr("Recipe"), presets, tr("Numbers that are known to work.")))
        self._row(
            (
                "epochs",
                tr("Epochs"),
                QLineEdit(),
                tr("How often the network sees every training picture."),
            ),
            (
                "batch_size",
                tr("Batch size"),
                QLineEdit(),
                tr("Pictures in one step. Larger steps are steadier and need more memory."),
            ),
        )
        self._row(
            (
                "learning_rate",
                tr("Learning rate"),
                QLineEdit(),
                tr("How far each step moves the weights, after the warm-up."),
            ),
            (
                "momentum",
                tr("Momentum"),
                QLineEdit(),
                tr("Share of the last move that is kept; 0 is plain gradient descent."),
            ),
        )
        self._row(
            (
                "weight_decay",
                tr("Weight decay"),
                QLineEdit(),
                tr("How strongly weights are drawn to zero at each step."),
            ),
            (
                "warmup_epochs",
                tr("Warm-up (epochs)"),
                QLineEdit(),
                tr("Epochs at the beginning with a smaller learning rate; 0 is none."),
            ),
        )
        self._row(
            (
                "schedule",
                tr("Schedule"),
                _choices(
                    [
                        (tr("Cosine"), Schedule.COSINE),
                        (tr("Steps"), Schedule.STEP),
                        (tr("Constant"), Schedule.CONSTANT),
                    ]
                ),
                tr("How the learning rate falls after the warm-up."),
            ),
            (
                "warmup",
                tr("Kind of warm-up"),
                _choices([(tr("Gradual"), Warmup.GRADUAL), (tr("Constant"), Warmup.CONSTANT)]),
                tr("Gradual: a straight rise (Goyal et al. 2017). Constant: a small rate, held."),
            ),
        )
        self._row(
            (
                "milestones",
                tr("Lower it at (%)"),
                QLineEdit(),
                tr("Where the rate is lowered, in percent of the whole run: 50, 75."),
            ),
            ("gamma", tr("By the factor"), QLineEdit(), tr("0.1 makes the rate a tenth.")),
        )

    def _build_more(self) -> None:
        tr = self.tr
        self.more = QToolButton()
        self.more.setText(tr("More settings"))
        self.more.setToolTip(tr("Show or hide what is rarely changed."))
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._grid.addWidget(self.more, self._grid.rowCount(), 0, 1, 2)
        self.nesterov = QCheckBox(tr("Nesterov momentum"))
        self.nesterov.setToolTip(tr("Take the gradient after the momentum's move."))
        self._rare: list[QWidget] = [self.nesterov]
        self._grid.addWidget(self.nesterov, self._grid.rowCount(), 0, 1, 2)
        precisions = _choices(
            [
                (tr("Automatic"), Precision.AUTO),
                (tr("32 bits"), Precision.FP32),
                (tr("bfloat16"), Precision.BF16),
            ]
        )
        rows = (
            (
                (
                    "warmup_start",
                    tr("Warm-up begins at"),
                    QLineEdit(),
                    tr("Rate at the beginning of the warm-up, as a fraction of the learning rate."),
                ),
                (
                    "label_smoothing",
                    tr("Label smoothing"),
                    QLineEdit(),
                    tr("Share of the target that is spread over all classes."),
                ),
            ),
            (
                (
                    "seed",
                    tr("Seed"),
                    QLineEdit(),
                    tr("Decides first weights, order and augmentation: the same gives the same."),
                ),
                (
                    "precision",
                    tr("Arithmetic"),
                    precisions,
                    tr("Automatic takes bfloat16 where the hardware is fast at it."),
                ),
            ),
        )
        for row in rows:
            self._row(*row)
            self._rare += [self.fields[name] for name, *_ in row]
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setProperty("muted", True)
        self._grid.addWidget(self._note, self._grid.rowCount(), 0, 1, 2)
        self._show_rare(False)

    def _row(self, *items: tuple[str, str, QWidget, str]) -> None:
        row = self._grid.rowCount()
        for column, (name, label, editor, tip) in enumerate(items):
            field = FormField(label, editor, tip)
            if isinstance(editor, QComboBox):
                guard_wheel(editor)
            self.fields[name] = field
            span = 1 if len(items) > 1 else 2
            # At the top, so that the message under one field leaves its neighbour whole.
            self._grid.addWidget(field, row, column, 1, span, Qt.AlignmentFlag.AlignTop)

    def _connect(self) -> None:
        for name, field in self.fields.items():
            editor = field.editor
            if isinstance(editor, QLineEdit):
                editor.textChanged.connect(self._take)
            elif isinstance(editor, QComboBox) and name != "preset":
                editor.currentIndexChanged.connect(self._take)
        self._combo("preset").activated.connect(self._preset_chosen)
        self.nesterov.toggled.connect(self._take)
        self.more.toggled.connect(self._show_rare)

    # -- values -----------------------------------------------------------------------------

    def _edit(self, name: str) -> QLineEdit:
        return self.fields[name].editor  # type: ignore[return-value]

    def _combo(self, name: str) -> QComboBox:
        return self.fields[name].editor  # type: ignore[return-value]

    def _typed(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            name: self._edit(name).text() for name in (*NUMBERS, *WHOLE_NUMBERS, "milestones")
        }
        for name in _CHOICES:
            values[name] = self._combo(name).currentData()
        return {**self._unseen, **values, "nesterov": self.nesterov.isChecked()}

    def _take(self, *_: object) -> None:
        """Reads the fields, marks what is wrong and draws the schedule."""
        if self._filling:
            return
        self.recipe, errors = check(self._typed())
        for name, field in self.fields.items():
            field.set_error(errors.get(name, ""))
        if errors.keys() & {"warmup_start", "label_smoothing", "seed"}:
            self.more.setChecked(True)
        steps = self._combo("schedule").currentData() == Schedule.STEP
        self.fields["milestones"].setVisible(steps)
        self.fields["gamma"].setVisible(steps)
        self._show_preset()
        self.plot.show_recipe(self.recipe, self._steps_per_epoch)
        self.changed.emit()

    def _show_preset(self) -> None:
        key = preset_of(self.recipe) if self.recipe is not None else CUSTOM
        box = self._combo("preset")
        box.setCurrentIndex(box.findData(key))
        self._note.setText(RECIPES[key].note if key in RECIPES else "")
        self._note.setVisible(key in RECIPES and self.more.isChecked())

    def _preset_chosen(self) -> None:
        key = self._combo("preset").currentData()
        if key in RECIPES:
            self.show_recipe(self._with_choices(RECIPES[key].recipe))

    def _with_choices(self, recipe: Recipe) -> Recipe:
        """Returns `recipe` with what belongs to the person and not to a preset."""
        if self.recipe is None:
            return recipe
        return recipe.replace(seed=self.recipe.seed, precision=self.recipe.precision)

    def _show_rare(self, shown: bool) -> None:
        self.more.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        for widget in self._rare:
            widget.setVisible(shown)
        self._note.setVisible(shown and bool(self._note.text()))


def _choices(items: list[tuple[str, Any]]) -> QComboBox:
    box = QComboBox()
    for text, value in items:
        box.addItem(text, value)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box
