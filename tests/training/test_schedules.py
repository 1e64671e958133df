from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_studio.training.presets import RECIPES
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Schedule, Warmup
from resnet_studio.training.schedules import curve, learning_rate


def rates(recipe: Recipe, steps_per_epoch: int) -> list[float]:
    total = recipe.epochs * steps_per_epoch
    return [learning_rate(recipe, step, steps_per_epoch) for step in range(total)]


def test_a_constant_schedule_never_changes():
    recipe = Recipe(epochs=3, learning_rate=0.5, schedule=Schedule.CONSTANT)
    assert set(rates(recipe, 7)) == {0.5}


def test_the_cifar_recipe_drops_at_exactly_32k_and_48k_of_64k_steps():
    recipe = RECIPES["he2015_cifar"].recipe.replace(epochs=160)
    spe = 400  # 160 epochs of 400 steps are 64,000
    assert learning_rate(recipe, 31_999, spe) == pytest.approx(0.1)
    assert learning_rate(recipe, 32_000, spe) == pytest.approx(0.01)
    assert learning_rate(recipe, 47_999, spe) == pytest.approx(0.01)
    assert learning_rate(recipe, 48_000, spe) == pytest.approx(0.001)
    assert learning_rate(recipe, 63_999, spe) == pytest.approx(0.001)


def test_a_constant_warm_up_holds_its_rate_and_then_jumps():
    recipe = RECIPES["he2015_cifar_110"].recipe
    assert learning_rate(recipe, 0, 391) == pytest.approx(0.01)
    assert learning_rate(recipe, 399, 391) == pytest.approx(0.01)
    assert learning_rate(recipe, 400, 391) == pytest.approx(0.1)


def test_a_gradual_warm_up_rises_in_a_straight_line_to_the_base_rate():
    recipe = Recipe(
        epochs=10,
        learning_rate=1.0,
        schedule=Schedule.CONSTANT,
        warmup=Warmup.GRADUAL,
        warmup_epochs=2,
        warmup_start=0.2,
    )
    values = rates(recipe, 5)
    assert values[:11] == pytest.approx([0.2 + 0.08 * step for step in range(11)])
    assert set(values[11:]) == {1.0}


def test_a_cosine_begins_at_the_base_rate_and_is_half_in_the_middle_of_what_follows_the_warm_up():
    recipe = Recipe(epochs=12, learning_rate=0.4, schedule=Schedule.COSINE, warmup_epochs=2)
    assert learning_rate(recipe, 20, 10) == pytest.approx(0.4)
    assert learning_rate(recipe, 70, 10) == pytest.approx(0.2)
    assert learning_rate(recipe, 45, 10) == pytest.approx(0.2 * (1 + math.cos(math.pi / 4)))
    assert 0.0 < learning_rate(recipe, 119, 10) < 0.001


def test_a_warm_up_may_last_for_the_whole_run():
    recipe = Recipe(epochs=2, learning_rate=1.0, warmup_epochs=2, warmup_start=0.0)
    assert rates(recipe, 2) == pytest.approx([0.0, 0.25, 0.5, 0.75])


recipes = st.builds(
    Recipe,
    epochs=st.integers(3, 400),
    learning_rate=st.floats(1e-6, 100.0),
    schedule=st.sampled_from(Schedule),
    warmup=st.sampled_from(Warmup),
    warmup_epochs=st.floats(0.0, 3.0),
    warmup_start=st.floats(0.0, 1.0),
    gamma=st.floats(0.01, 1.0),
)


@given(recipe=recipes, spe=st.integers(1, 2000), where=st.floats(0.0, 1.0, exclude_max=True))
def test_the_rate_is_never_negative_and_never_above_the_base(recipe, spe, where):
    step = int(where * recipe.epochs * spe)
    assert 0.0 <= learning_rate(recipe, step, spe) <= recipe.learning_rate * (1 + 1e-12)


@given(recipe=recipes, spe=st.integers(1, 2000))
def test_the_curve_is_what_training_will_use(recipe, spe):
    epochs, drawn = curve(recipe, spe, points=50)
    steps = np.rint(epochs * spe).astype(int)
    assert (np.diff(steps) > 0).all()
    assert (steps[0], steps[-1]) == (0, recipe.epochs * spe - 1)
    assert drawn.tolist() == [learning_rate(recipe, int(step), spe) for step in steps]


def test_the_curve_of_a_long_run_has_few_points_and_upright_jumps():
    recipe = RECIPES["he2015_cifar_110"].recipe
    epochs, drawn = curve(recipe, 391)
    assert len(epochs) < 2100
    steps = np.rint(epochs * 391).astype(int).tolist()
    jumps = [
        (a, b) for a, b, x, y in zip(steps, steps[1:], drawn, drawn[1:], strict=False) if x != y
    ]
    total = 164 * 391
    assert jumps == [(at - 1, at) for at in (400, total // 2, round(0.75 * total))]
