from __future__ import annotations

import pytest
from pydantic import ValidationError

from resnet_studio.errors import RunError
from resnet_studio.training.recipe import Recipe, field_error, parse_recipe


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
        ("milestones", (0.5, 1.5), "milestones.1 is 1.5; it must be a number between 0 and 1."),
        ("milestones", 3, "milestones is 3; it must be a list of numbers between 0 and 1."),
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
