"""The recipe is checked by its own bounds as it is typed, and its schedule is drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor

from resnet_studio.gui.training.recipe_form import RecipeForm
from resnet_studio.gui.training.recipe_values import check, percent_text, preset_of, text_of
from resnet_studio.training.presets import RECIPES
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Schedule


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
        assert shown[name] == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
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
    field = form.fields[name]
    field.editor.setText(text)
    assert form.recipe is None
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
    form.nesterov.setChecked(True)
    form.fields["momentum"].editor.setText("0")
    assert "above 0" in form.fields["momentum"].error.text()


def test_a_comma_is_a_decimal_point(form):
    form.fields["learning_rate"].editor.setText(" 0,05 ")
    assert form.recipe.learning_rate == 0.05


def test_a_rare_wrong_value_opens_the_place_where_it_is(form):
    assert not form.fields["seed"].isVisible()
    form.fields["seed"].editor.setText("x")
    assert form.fields["seed"].isVisible()


def test_steps_are_asked_for_only_where_they_count(form):
    assert not form.fields["milestones"].isVisible()
    box = form.fields["schedule"].editor
    box.setCurrentIndex(box.findData(Schedule.STEP))
    assert form.fields["milestones"].isVisible()
    assert form.recipe.schedule is Schedule.STEP


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
