"""The recipe is checked by its own bounds as it is typed, and its schedule is drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox

from resnet_studio.gui.training.recipe_form import RecipeForm
from resnet_studio.gui.training.recipe_table import sections
from resnet_studio.gui.training.recipe_values import check, percent_text, preset_of, text_of
from resnet_studio.training.presets import RECIPES
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import DataPath, Optimiser, Precision, Schedule


@pytest.fixture
def form(qtbot, studio):
    shown = RecipeForm(studio)
    qtbot.addWidget(shown)
    shown.resize(300, 700)
    shown.show()
    return shown


@pytest.mark.parametrize("key", RECIPES)
def test_every_preset_survives_the_form(form, key):
    box = form.fields["preset"].editor
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())
    assert form.problem == ""
    assert preset_of(form.recipe) == key
    assert box.currentData() == key
    shown = form.recipe.model_dump()
    for name, value in RECIPES[key].recipe.model_dump().items():
        close = isinstance(value, float) or name == "milestones"
        assert shown[name] == (pytest.approx(value) if close else value)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("accumulate", "0", "from 1 to 1,024"),
        ("mixup", "-1", "from 0 to 100"),
        ("ema_decay", "1", "below 1"),
        ("clip_norm", "0", "above 0"),
        ("validation_batch_size", "many", "whole number"),
        ("checkpoint_seconds", "0", "above 0"),
        ("early_stopping", "0.5", "whole number"),
        ("epochs", "", "whole number from 1 to 100,000"),
        ("epochs", "1,000", "whole number"),
        ("epochs", "2.5", "whole number"),
        ("batch_size", "-4", "from 1 to 65,536"),
        ("learning_rate", "0", "above 0"),
        ("learning_rate", "fast", "number above 0"),
        ("learning_rate", "inf", "number"),
        ("momentum", "1", "below 1"),
        ("weight_decay", "2", "from 0 to 1"),
        ("warmup_epochs", "-1", "from 0"),
        ("milestones", "75, 50", "each larger"),
        ("milestones", "half", "Percentages"),
        ("milestones", "150", "below 100"),
        ("gamma", "0", "above 0"),
        ("seed", "1e99", "whole number"),
        ("label_smoothing", "1", "below 1"),
    ],
)
def test_a_wrong_value_is_marked_where_it_is_typed(form, name, text, told):
    form.show_recipe(Recipe(schedule=Schedule.STEP))
    field = form.fields[name]
    field.editor.setText(text)
    assert form.recipe is None
    assert field.error.isVisible()
    assert told in field.error.text()
    assert field.editor.toolTip() == field.error.text()
    assert field.editor.property("invalid")
    assert form.problem == f"{field.label.text()}: {field.error.text()}"
    others = [other for other in form.fields.values() if other is not field]
    assert all(other.error.isHidden() for other in others)


def test_all_wrong_values_are_marked_at_once(form):
    form.fields["epochs"].editor.setText("x")
    form.fields["momentum"].editor.setText("y")
    assert not form.fields["epochs"].error.isHidden()
    assert not form.fields["momentum"].error.isHidden()


def test_values_that_exclude_each_other_are_told(form):
    form.fields["epochs"].editor.setText("3")
    form.fields["warmup_epochs"].editor.setText("5")
    assert "at most 3" in form.fields["warmup_epochs"].error.text()
    form.fields["warmup_epochs"].editor.setText("0")
    form.fields["nesterov"].editor.setChecked(True)
    form.fields["momentum"].editor.setText("0")
    assert "above 0" in form.fields["momentum"].error.text()


def test_a_comma_is_a_decimal_point(form):
    form.fields["learning_rate"].editor.setText(" 0,05 ")
    assert form.recipe.learning_rate == 0.05


def test_a_wrong_value_in_a_closed_group_opens_it(form):
    assert not form.groups["keeping"].is_open
    form.fields["keep_every"].editor.setText("x")
    assert form.groups["keeping"].is_open
    assert form.fields["keep_every"].isVisible()


EFFECTS = {
    "optimiser": {
        Optimiser.SGD: {"momentum", "nesterov"},
        Optimiser.ADAMW: {"beta1", "beta2"},
    },
    "schedule": {
        Schedule.COSINE: {"final_rate", "warmup_epochs"},
        Schedule.STEP: {"milestones", "gamma", "warmup_epochs"},
        Schedule.PERIODIC: {"period", "gamma", "warmup_epochs"},
        Schedule.ONE_CYCLE: {"peak", "final_rate", "warmup_start"},
        Schedule.PLATEAU: {"plateau_epochs", "gamma", "warmup_epochs"},
        Schedule.CONSTANT: {"warmup_epochs"},
    },
    "data_path": {
        DataPath.AUTO: {"workers"},
        DataPath.MEMORY: set(),
        DataPath.STREAM: {"workers"},
    },
    "length": {"epochs": {"epochs"}, "steps": {"steps"}},
}


@pytest.mark.parametrize("name", EFFECTS)
def test_fields_are_asked_for_only_where_they_count(form, name):
    for group in form.groups.values():
        group.set_open(True)
    box = form.fields[name].editor
    candidates = set().union(*EFFECTS[name].values())
    for choice, wanted in EFFECTS[name].items():
        box.setCurrentIndex(box.findData(choice))
        shown = {field for field in candidates if form.fields[field].isVisible()}
        assert shown == wanted
        if name not in ("length",):
            assert getattr(form.recipe, name) == choice


def test_what_has_no_effect_and_is_wrong_stands_in_nobodys_way(form):
    form.show_recipe(Recipe(schedule=Schedule.STEP, gamma=0.5))
    form.fields["milestones"].editor.setText("half")
    assert form.recipe is None
    box = form.fields["schedule"].editor
    box.setCurrentIndex(box.findData(Schedule.COSINE))
    assert form.recipe.milestones == Recipe().milestones
    assert form.problem == ""


def test_every_field_of_a_recipe_can_be_reached(form):
    assert set(Recipe.model_fields) - {"device"} == set(form.fields) - {"preset", "length"}


def test_a_run_can_be_measured_in_steps(form):
    length = form.fields["length"].editor
    length.setCurrentIndex(length.findData("steps"))
    assert form.fields["steps"].error.text() == (
        "It must be a whole number from 1 to 1,000,000,000."
    )
    form.fields["steps"].editor.setText("64000")
    assert form.recipe.steps == 64_000
    length.setCurrentIndex(length.findData("epochs"))
    assert form.recipe.steps is None


def test_an_empty_optional_field_leaves_the_choice_to_the_program(form):
    form.show_recipe(Recipe(clip_norm=2.5, workers=3, reference_batch_size=256))
    for name in ("clip_norm", "workers", "reference_batch_size"):
        form.fields[name].editor.setText("  ")
    assert form.recipe == Recipe()
    assert form.fields["workers"].editor.placeholderText() == "automatic"


def test_closed_groups_say_what_is_not_as_usual(form):
    assert form.groups["regularisation"].summary.text() == "as usual"
    form.show_recipe(Recipe(mixup=0.2, decay_all=False, precision=Precision.BF16))
    assert form.groups["regularisation"].summary.text() == (
        "MixUp 0.2, no Decay biases and batch norm"
    )
    assert form.groups["speed"].summary.text() == "bfloat16"


def test_open_groups_are_remembered(qtbot, form, studio):
    form.groups["keeping"].header.click()
    form.groups["optimiser"].header.click()
    again = RecipeForm(studio)
    qtbot.addWidget(again)
    assert [name for name, group in again.groups.items() if group.is_open] == [
        "schedule",
        "keeping",
    ]


def test_a_preset_leaves_what_belongs_to_the_person(form):
    mine = {"seed": 7, "precision": Precision.FP32, "keep_every": 5, "tensorboard": True}
    form.show_recipe(Recipe(**mine))
    box = form.fields["preset"].editor
    box.setCurrentIndex(box.findData("goyal2017"))
    box.activated.emit(box.currentIndex())
    assert preset_of(form.recipe) == "goyal2017"
    assert {name: getattr(form.recipe, name) for name in mine} == mine
    assert box.toolTip() == RECIPES["goyal2017"].note


@pytest.mark.parametrize("width", [230, 330, 500])
def test_no_text_of_a_list_is_cut(form, width):
    for group in form.groups.values():
        group.set_open(True)
    form.setFixedWidth(max(width, form.minimumSizeHint().width()))
    form.layout().activate()
    for grid in form._grids.values():
        grid.arrange()
        grid.layout().activate()
    for name, field in form.fields.items():
        box = field.editor
        if isinstance(box, QComboBox) and name != "preset" and box.isVisible():
            assert box.width() >= box.minimumSizeHint().width() > 40
    columns = {grid.columns for grid in form._grids.values()}
    assert columns == {2} or width < 500


def test_a_found_rate_can_be_taken_back_with_the_keyboard(form):
    form.fields["learning_rate"].editor.setText("0.2")
    assert form.set_learning_rate(0.05) == 0.2
    assert form.recipe.learning_rate == 0.05
    form.fields["learning_rate"].editor.undo()
    assert form.recipe.learning_rate == 0.2


@given(st.floats(1e-8, 100.0))
def test_a_number_keeps_its_value_in_the_form(value):
    recipe, errors = check({"learning_rate": text_of(value)})
    assert errors == {}
    assert recipe.learning_rate == pytest.approx(value, rel=1e-9)


@given(st.lists(st.integers(1, 999), unique=True, max_size=5).map(sorted))
def test_milestones_keep_their_values_in_the_form(thousandths):
    fractions = tuple(n / 1000 for n in thousandths)
    recipe, errors = check({"milestones": percent_text(fractions)})
    assert errors == {}
    assert recipe.milestones == pytest.approx(fractions)


def test_the_schedule_is_drawn_and_read(form, studio):
    form.show_recipe(Recipe(epochs=10, learning_rate=0.1, warmup_epochs=2.0, warmup_start=0.0))
    form.set_steps_per_epoch(50)
    plot = form.plot
    form.layout().activate()
    area = plot._area()
    assert plot.reading_at(area.left()) == "Learning rate 0 after 0 epochs"
    assert "0.05 after 1 epochs" in plot.reading_at(area.left() + area.width() / 10 + 0.01)
    assert plot.accessibleDescription().startswith("From 0 to at most 0.1")
    image = plot.grab().toImage()
    accent = QColor(studio.theme.accent).rgb()
    drawn = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixel(x, y) == accent
    ]
    highest = min(drawn, key=lambda place: place[1])[0]
    assert highest == pytest.approx(area.left() + 0.2 * area.width(), abs=0.06 * area.width())


def test_a_wrong_recipe_leaves_the_drawing_empty(form):
    form.fields["epochs"].editor.setText("none")
    assert form.plot.reading_at(100) == ""
    assert not form.plot.grab().isNull()


def test_the_form_speaks_of_the_methods_as_their_papers_do():
    labels = {entry.name: entry.label for part in sections() for entry in part.entries}
    assert labels["ema_decay"] == "EMA of weights"
    assert labels["clip_norm"] == "Gradient clipping"
    assert labels["class_weights"] == "Class weights"
    assert labels["accumulate"] == "Accumulation steps"
