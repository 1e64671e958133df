from __future__ import annotations

import pytest

from resnet_studio.data.published import SOURCES
from resnet_studio.training.presets import DEFAULT_RECIPES, RECIPES
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Optimiser, Schedule, Warmup
from resnet_studio.training.schedules import learning_rate

# Batches of 128 in the 45,000 pictures that the paper learns from; of 256 in ImageNet's 1,281,167.
CIFAR_STEPS, IMAGENET_STEPS = 352, 5005


def recipe_of(key: str) -> Recipe:
    return RECIPES[key].recipe


def plain_sgd(recipe: Recipe) -> bool:
    """Tells whether the recipe is descent with momentum 0.9 and nothing that the papers lack."""
    return (
        recipe.optimiser is Optimiser.SGD
        and recipe.momentum == 0.9
        and not recipe.label_smoothing
        and not recipe.mixup
        and not recipe.cutmix
        and not recipe.ema_decay
        and recipe.clip_norm is None
    )


def rates_at(recipe: Recipe, spe: int, steps: tuple[int, ...]) -> list[float]:
    return [learning_rate(recipe, step, spe) for step in steps]


@pytest.mark.parametrize("key", ["he2015_cifar", "he2015_cifar_110", "he2016_cifar"])
@pytest.mark.parametrize("spe", [CIFAR_STEPS, 391])
def test_the_papers_recipes_for_cifar_are_64k_steps_with_falls_at_32k_and_48k(key, spe):
    recipe = recipe_of(key)
    assert plain_sgd(recipe)
    assert not recipe.nesterov
    assert (recipe.batch_size, recipe.weight_decay, recipe.decay_all) == (128, 1e-4, True)
    assert recipe.total_steps(spe) == 64_000
    steps = (1000, 31_999, 32_000, 47_999, 48_000, 63_999)
    assert rates_at(recipe, spe, steps) == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_the_epochs_of_a_recipe_counted_in_steps_are_those_of_45000_pictures():
    assert recipe_of("he2015_cifar").total_epochs(CIFAR_STEPS) == recipe_of("he2015_cifar").epochs
    imagenet = recipe_of("he2015_imagenet")
    assert imagenet.total_epochs(IMAGENET_STEPS) == imagenet.epochs


def test_titles_are_short_enough_for_a_closed_list_and_differ():
    titles = [preset.title for preset in RECIPES.values()]
    assert max(map(len, titles)) <= 28
    assert len(set(titles)) == len(titles)


def test_the_recipe_for_20_layers_has_no_warm_up():
    assert learning_rate(recipe_of("he2015_cifar"), 0, CIFAR_STEPS) == 0.1


@pytest.mark.parametrize("key", ["he2015_cifar_110", "he2016_cifar"])
def test_deep_networks_begin_with_a_tenth_of_the_rate_for_400_steps(key):
    recipe = recipe_of(key)
    assert recipe.warmup is Warmup.CONSTANT
    rates = rates_at(recipe, CIFAR_STEPS, (0, 399, 400))
    assert rates == pytest.approx([0.01, 0.01, 0.1])


def test_the_parts_of_a_batch_are_those_of_the_authors_gpus():
    def part(key: str) -> float:
        return recipe_of(key).batch_size / recipe_of(key).accumulate

    assert part("he2016_cifar") == 64
    assert part("goyal2017") == part("torchvision_v1") == 32
    assert part("torchvision_v2") == 128


def test_the_recipe_of_he_2015_for_imagenet_falls_when_the_error_stops_falling():
    recipe = recipe_of("he2015_imagenet")
    assert plain_sgd(recipe)
    assert (recipe.learning_rate, recipe.weight_decay, recipe.batch_size) == (0.1, 1e-4, 256)
    assert (recipe.schedule, recipe.gamma) == (Schedule.PLATEAU, 0.1)
    assert recipe.total_steps(IMAGENET_STEPS) == 600_000


def test_the_recipe_of_goyal_scales_the_rate_and_warms_up_from_that_of_256_pictures():
    recipe, spe = recipe_of("goyal2017"), 157  # 1,281,167 pictures in batches of 8,192
    assert plain_sgd(recipe)
    assert recipe.nesterov
    assert not recipe.decay_all
    assert (recipe.epochs, recipe.weight_decay) == (90, 1e-4)
    assert recipe.base_rate == pytest.approx(3.2)
    ramp = [0.1 + (3.2 - 0.1) * step / (5 * spe) for step in (0, 1, 400, 5 * spe)]
    assert rates_at(recipe, spe, (0, 1, 400, 5 * spe)) == pytest.approx(ramp)
    falls = tuple(epoch * spe - shift for epoch in (30, 60, 80) for shift in (1, 0))
    expected = [3.2, 0.32, 0.32, 0.032, 0.032, 0.0032]
    assert rates_at(recipe, spe, falls) == pytest.approx(expected)


def test_torchvisions_first_recipe_falls_every_30_of_90_epochs():
    recipe, spe = recipe_of("torchvision_v1"), IMAGENET_STEPS
    assert plain_sgd(recipe)
    assert (recipe.epochs, recipe.batch_size, recipe.weight_decay) == (90, 256, 1e-4)
    steps = (0, 30 * spe - 1, 30 * spe, 60 * spe - 1, 60 * spe, 90 * spe - 1)
    assert rates_at(recipe, spe, steps) == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_torchvisions_second_recipe_is_the_one_of_its_v2_weights():
    recipe, spe = recipe_of("torchvision_v2"), 1252  # 1,281,167 pictures in batches of 1,024
    assert (recipe.epochs, recipe.batch_size, recipe.weight_decay) == (600, 1024, 2e-5)
    assert (recipe.label_smoothing, recipe.mixup, recipe.cutmix) == (0.1, 0.2, 1.0)
    assert not recipe.decay_all
    assert not recipe.nesterov
    rates = rates_at(recipe, spe, (0, 5 * spe, 600 * spe))
    assert rates == pytest.approx([0.005, 0.5, 0.0], abs=1e-15)
    # Its program: 1 - 0.99998 times pictures in a step times 32 steps over epochs, every 32 steps.
    every_32 = 1 - (1 - 0.99998) * 1024 * 32 / 600
    assert recipe.ema_decay**32 == pytest.approx(every_32, abs=2e-5)


def test_the_recipe_of_the_tutorial_is_plain_descent_for_20_epochs():
    recipe = recipe_of("tutorial")
    assert (recipe.epochs, recipe.batch_size, recipe.validation_batch) == (20, 64, 128)
    assert (recipe.learning_rate, recipe.momentum, recipe.weight_decay) == (0.01, 0.0, 0.0)
    assert recipe.schedule is Schedule.CONSTANT
    assert learning_rate(recipe, 0, 10) == 0.01


def test_no_two_presets_have_the_same_numbers():
    recipes = [preset.recipe for preset in RECIPES.values()]
    assert len(set(recipes)) == len(recipes)


def test_every_preset_is_found_by_its_id_and_says_where_it_is_from():
    assert all(key == preset.id and preset.title and preset.note for key, preset in RECIPES.items())
    assert set(DEFAULT_RECIPES) == set(SOURCES)
    assert all(RECIPES[preset.id] is preset for preset in DEFAULT_RECIPES.values())


def test_presets_of_earlier_versions_keep_their_ids():
    kept = "digits cifar10_quick folder he2015_cifar he2015_cifar_110 he2015_imagenet tutorial"
    assert set(kept.split()) <= set(RECIPES)
