from __future__ import annotations

import pytest
from pydantic import ValidationError

from resnet_studio.errors import RunError
from resnet_studio.training.presets import DEFAULT_RECIPES, RECIPES
from resnet_studio.training.recipe import Recipe, field_error, parse_recipe
from resnet_studio.training.recipe_choices import Schedule, Warmup


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("epochs", 0, "epochs is 0; it must be a whole number from 1 to 100,000."),
        ("epochs", 2.5, "epochs is 2.5; it must be a whole number from 1 to 100,000."),
        ("batch_size", 10**6, "batch_size is 1000000; it must be a whole number from 1 to 65,536."),
        ("learning_rate", 0, "learning_rate is 0; it must be a number above 0 and up to 100."),
        ("learning_rate", "x", "learning_rate is 'x'; it must be a number above 0 and up to 100."),
        ("learning_rate", float("nan"), "learning_rate is nan; it must be a number above 0"),
        ("momentum", 1.0, "momentum is 1.0; it must be a number from 0 and below 1."),
        ("weight_decay", -1e-4, "weight_decay is -0.0001; it must be a number from 0 to 1."),
        ("schedule", "zigzag", "schedule is 'zigzag'; it should be 'constant', 'step', 'periodic'"),
        ("milestones", (0.5, 0.2), "milestones are (0.5, 0.2); each must be later"),
        ("milestones", (0.5, 1.5), "milestones.1 is 1.5; it should be less than 1"),
        ("warmup_epochs", 11, "warmup_epochs is 11, which is longer than the run; it must be at"),
        ("seed", -1, "seed is -1; it must be a whole number from 0 to 2,147,483,647."),
        ("device", "tpu", "device is 'tpu'; it should be 'auto', 'cpu', 'cuda' or 'mps'"),
        ("epoch", 3, "There is no field epoch."),
    ],
)
def test_a_wrong_value_is_answered_with_field_value_and_range(field, value, said):
    assert (field_error(field, value, Recipe(epochs=10)) or "").startswith(said)


def test_a_right_value_is_answered_with_nothing():
    assert field_error("epochs", 30) is None


def test_a_value_is_judged_beside_the_other_fields():
    assert field_error("nesterov", True, Recipe(momentum=0.0)) is not None
    assert field_error("nesterov", True, Recipe(momentum=0.9)) is None


def test_a_recipe_that_cannot_be_used_is_a_run_error_with_a_remedy():
    with pytest.raises(RunError, match="gamma is 2") as caught:
        parse_recipe({"gamma": 2})
    assert caught.value.remedy


def test_a_recipe_cannot_be_changed_but_copied_with_changes():
    recipe = Recipe(epochs=5)
    with pytest.raises(ValidationError):
        recipe.epochs = 6
    assert recipe.replace(epochs=6) == Recipe(epochs=6)
    with pytest.raises(RunError):
        recipe.replace(epochs=0)


def test_validation_batches_are_twice_as_large_unless_chosen():
    assert Recipe(batch_size=64).validation_batch == 128
    assert Recipe(batch_size=64, validation_batch_size=10).validation_batch == 10


def test_the_recipe_of_he_2015_for_cifar_is_the_published_one():
    recipe = RECIPES["he2015_cifar"].recipe
    assert (recipe.learning_rate, recipe.momentum, recipe.weight_decay) == (0.1, 0.9, 1e-4)
    assert (recipe.batch_size, recipe.schedule, recipe.gamma) == (128, Schedule.STEP, 0.1)
    assert not recipe.nesterov
    # 50,000 pictures are 391 steps of 128; 64,000 steps in all, drops at 32,000 and 48,000.
    steps = recipe.epochs * 391
    assert abs(steps - 64_000) < 391
    assert [round(m * 64_000) for m in recipe.milestones] == [32_000, 48_000]


def test_the_recipe_for_110_layers_begins_with_a_tenth_of_the_rate_for_400_steps():
    recipe = RECIPES["he2015_cifar_110"].recipe
    assert recipe.warmup is Warmup.CONSTANT
    assert round(recipe.warmup_epochs * 391) == 400
    assert recipe.warmup_start * recipe.learning_rate == pytest.approx(0.01)


def test_the_recipe_of_he_2015_for_imagenet_is_the_published_one():
    recipe = RECIPES["he2015_imagenet"].recipe
    assert (recipe.learning_rate, recipe.momentum, recipe.weight_decay) == (0.1, 0.9, 1e-4)
    assert (recipe.batch_size, recipe.gamma) == (256, 0.1)
    # 1,281,167 pictures are 5,004 full steps of 256; up to 600,000 steps.
    assert recipe.epochs * 5004 == pytest.approx(600_000, rel=0.01)


def test_the_recipe_of_the_tutorial_is_plain_descent_for_20_epochs():
    recipe = RECIPES["tutorial"].recipe
    assert (recipe.epochs, recipe.batch_size, recipe.validation_batch) == (20, 64, 128)
    assert (recipe.learning_rate, recipe.momentum, recipe.weight_decay) == (0.01, 0.0, 0.0)
    assert recipe.schedule is Schedule.CONSTANT


def test_every_preset_is_found_by_its_id_and_says_where_it_is_from():
    assert all(key == preset.id and preset.title and preset.note for key, preset in RECIPES.items())
    assert set(DEFAULT_RECIPES) == {"digits", "cifar10", "folder"}
    assert all(RECIPES[preset.id] is preset for preset in DEFAULT_RECIPES.values())
