"""The form of the recipe: every number checked as it is typed, the schedule drawn among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QVBoxLayout, QWidget

from resnet_studio.gui.network_form.group import Group
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.command_button import CommandButton
from resnet_studio.gui.training.field_grid import FieldGrid
from resnet_studio.gui.training.recipe_table import (
    EPOCHS,
    LENGTH,
    STEPS,
    Entry,
    Kind,
    Section,
    Values,
    sections,
)
from resnet_studio.gui.training.recipe_values import (
    CUSTOM,
    PERSONAL,
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

_PRESET_LETTERS = 26
"""Letters of a preset's title that the closed list shows at least; the open one shows all."""


_ROOM = 8


class RecipeForm(QWidget):
    """Preset, numbers and schedule of a run.

    Signals:
        changed(): A value was typed or chosen; `recipe` and `problem` are up to date.

    Attributes:
        recipe: What the form says; None while something is wrong.
        fields: The fields by name, "preset" and "length" among them.
        groups: The foldable groups by the name of their section.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._filling = False
        self._steps_per_epoch = 0
        self._processes = 1
        self._sections = sections()
        self._entries = {entry.name: entry for part in self._sections for entry in part.entries}
        self._last = Recipe()
        self._grids: dict[str, FieldGrid] = {}
        self.recipe: Recipe | None = None
        self.fields: dict[str, FormField] = {}
        self.groups: dict[str, Group] = {}
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
            self._last = recipe
            self._set(LENGTH, EPOCHS if recipe.steps is None else STEPS)
            for name in self._entries:
                if name != LENGTH:
                    self._set(name, getattr(recipe, name))
        finally:
            self._filling = False
        self._take()

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Chooses some values, as a person would in their fields."""
        wished = self._last.replace(**values)
        for name in values:
            self._set(name, getattr(wished, name))

    def set_source(self, source: str) -> None:
        """Takes the default recipe of a source of data, unless the person made their own."""
        if self.recipe is not None and suits_only(self.recipe, source):
            self.show_recipe(self._with_choices(DEFAULT_RECIPES[source].recipe))

    def set_steps_per_epoch(self, steps: int) -> None:
        """Says how long an epoch is, for the drawing of the schedule; 0 if that is not known."""
        self._steps_per_epoch = steps
        self.plot.show_recipe(self.recipe, self._steps_per_epoch)

    def set_processes(self, count: int) -> None:
        """Says how many processes will share each batch: some fields matter only then."""
        if count != self._processes:
            self._processes = count
            self._take()

    def set_learning_rate(self, rate: float) -> float | None:
        """Types a learning rate into its field, where Ctrl+Z takes it back.

        Returns:
            The rate before; None if it was wrong.
        """
        before = self.recipe.learning_rate if self.recipe is not None else None
        editor = self.fields["learning_rate"].editor
        assert isinstance(editor, QLineEdit)
        editor.selectAll()
        editor.insert(text_of(rate))
        return before

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.plot = SchedulePlot(self._studio)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        opened = self._studio.settings["recipe_groups"]
        for section in self._sections:
            grid = self._grids[section.name] = FieldGrid()
            if section.title:
                group = self.groups[section.name] = Group(section.title)
                group.rows.addWidget(grid)
                group.set_open(section.name in opened)
                column.addWidget(group)
            else:
                grid.add(self._preset_field(), wide=True)
                column.addWidget(grid)
            self._fill_grid(grid, section)

    def _fill_grid(self, grid: FieldGrid, section: Section) -> None:
        for entry in section.entries:
            wide = entry.kind is Kind.SWITCH or entry.name == "learning_rate"
            grid.add(self._field(entry), wide=wide)
        if section.name == "schedule":
            grid.add(self.plot, wide=True)

    def _preset_field(self) -> FormField:
        presets = QComboBox()
        for row, (key, preset) in enumerate(RECIPES.items()):
            presets.addItem(preset.title, key)
            presets.setItemData(row, preset.note, Qt.ItemDataRole.ToolTipRole)
        presets.addItem(self.tr("My own"), CUSTOM)
        presets.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        presets.setMinimumContentsLength(_PRESET_LETTERS)
        presets.setMaxVisibleItems(presets.count())
        presets.view().setTextElideMode(Qt.TextElideMode.ElideNone)
        presets.view().setMinimumWidth(presets.view().sizeHintForColumn(0) + 2 * _ROOM)
        guard_wheel(presets)
        tip = self.tr("Numbers that are known to work; the tip of each says where it comes from.")
        field = self.fields["preset"] = FormField(self.tr("Recipe"), presets, tip)
        return field

    def _field(self, entry: Entry) -> FormField:
        editor = _editor(entry)
        field = self.fields[entry.name] = FormField(entry.label, editor, entry.tip)
        editor.setAccessibleDescription(entry.tip)
        if entry.kind is Kind.SWITCH:
            field.label.hide()  # its own text says the same
        if entry.kind is Kind.CHOICE:
            guard_wheel(editor)
        if entry.name == "learning_rate":
            action = self._studio.commands.action("training.find_rate")
            self.find_button = CommandButton(action, self.tr("Find…"))
            field.set_beside(self.find_button)
        return field

    def _connect(self) -> None:
        for name in self._entries:
            editor = self.fields[name].editor
            if isinstance(editor, QLineEdit):
                editor.textChanged.connect(self._take)
            elif isinstance(editor, QComboBox):
                editor.currentIndexChanged.connect(self._take)
            elif isinstance(editor, QCheckBox):
                editor.toggled.connect(self._take)
        self._presets.activated.connect(self._preset_chosen)
        for group in self.groups.values():
            group.toggled.connect(self._remember_groups)

    def _remember_groups(self) -> None:
        opened = [name for name, group in self.groups.items() if group.is_open]
        self._studio.settings["recipe_groups"] = opened

    # -- values -----------------------------------------------------------------------------

    @property
    def _presets(self) -> QComboBox:
        return self.fields["preset"].editor  # type: ignore[return-value]

    def _set(self, name: str, value: Any) -> None:
        editor = self.fields[name].editor
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(value))
        elif isinstance(editor, QCheckBox):
            editor.setChecked(value)
        elif isinstance(editor, QLineEdit):
            many = self._entries[name].kind is Kind.PERCENTAGES
            editor.setText(percent_text(value) if many else text_of(value))

    def _held(self) -> dict[str, Any]:
        """Returns what the editors hold."""
        held: dict[str, Any] = {"processes": self._processes}
        for name in self._entries:
            editor = self.fields[name].editor
            if isinstance(editor, QComboBox):
                held[name] = editor.currentData()
            elif isinstance(editor, QCheckBox):
                held[name] = editor.isChecked()
            elif isinstance(editor, QLineEdit):
                held[name] = editor.text()
        return held

    def _typed(self, held: Values) -> dict[str, Any]:
        """Returns what the person says; fields without effect are left as they last were right."""
        typed: dict[str, Any] = {"device": self._last.device}
        for name, entry in self._entries.items():
            if name != LENGTH:
                typed[name] = held[name] if entry.matters(held) else getattr(self._last, name)
        if held[LENGTH] == EPOCHS:
            typed["steps"] = None
        elif not held["steps"].strip():
            typed["steps"] = "0"  # empty is no length: complain of it
        return typed

    def _take(self, *_: object) -> None:
        """Reads the fields, marks what is wrong and draws the schedule."""
        if self._filling:
            return
        held = self._held()
        self.recipe, errors = check(self._typed(held))
        if self.recipe is not None:
            self._last = self.recipe
        for name, field in self.fields.items():
            field.set_error(errors.get(name, ""))
        self._show_what_matters(held, errors)
        self._open_wrong(errors)
        self._show_preset()
        self.plot.show_recipe(self.recipe, self._steps_per_epoch)
        self.changed.emit()

    def _show_what_matters(self, held: Values, errors: Values) -> None:
        for section in self._sections:
            for entry in section.entries:
                shown = entry.matters(held) or entry.name in errors
                self.fields[entry.name].setVisible(shown)
            self._grids[section.name].arrange()
            if section.name in self.groups:
                self.groups[section.name].set_summary(self._summary(section, held))

    def _summary(self, section: Section, held: Values) -> str:
        """Returns what in a closed group is not as usual."""
        usual, words = Recipe(), []
        for entry in section.entries:
            value = getattr(self._last, entry.name)
            if entry.matters(held) and value != getattr(usual, entry.name):
                words.append(self._said(entry, value))
        return ", ".join(words) if words else self.tr("as usual")

    def _said(self, entry: Entry, value: Any) -> str:
        name = entry.label.partition(" (")[0]
        if entry.kind is Kind.SWITCH:
            return name if value else self.tr("no {name}").format(name=name)
        if entry.kind is Kind.CHOICE:
            return next(text for text, choice in entry.choices if choice == value)
        text = percent_text(value) if entry.kind is Kind.PERCENTAGES else text_of(value)
        return f"{name} {text}"

    def _open_wrong(self, errors: Values) -> None:
        """Opens the groups in which something is wrong."""
        for section in self._sections:
            wrong = any(entry.name in errors for entry in section.entries)
            if wrong and section.name in self.groups:
                self.groups[section.name].set_open(True)

    def _show_preset(self) -> None:
        key = preset_of(self.recipe) if self.recipe is not None else CUSTOM
        box = self._presets
        box.setCurrentIndex(box.findData(key))
        tip = RECIPES[key].note if key in RECIPES else self.tr("Numbers of your own.")
        box.setToolTip(tip)
        box.setAccessibleDescription(tip)

    def _preset_chosen(self) -> None:
        key = self._presets.currentData()
        if key in RECIPES:
            self.show_recipe(self._with_choices(RECIPES[key].recipe))

    def _with_choices(self, recipe: Recipe) -> Recipe:
        """Returns `recipe` with what belongs to the person and not to a preset."""
        if self.recipe is None:
            return recipe
        return recipe.replace(**{name: getattr(self.recipe, name) for name in PERSONAL})


def _editor(entry: Entry) -> QWidget:
    if entry.kind is Kind.SWITCH:
        return QCheckBox(entry.label)
    if entry.kind is not Kind.CHOICE:
        editor = QLineEdit()
        editor.setPlaceholderText(entry.empty)
        return editor
    box = QComboBox()
    for text, value in entry.choices:
        box.addItem(text, value)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box
