"""The choices and the seeds that went before."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import get
from resnet_studio.data.augment import PRESETS, RandomResizedCrop, pipelines_for
from resnet_studio.data.sources import DataConfig
from resnet_studio.gui.augmentation.controls import COUNTS, Controls
from resnet_studio.gui.augmentation.pipelines import OLDER, Source
from resnet_studio.training.config import default_config
from tests.gui.augmentation.helpers import choose


@pytest.fixture
def controls(studio, qtbot):
    made = Controls(studio)
    qtbot.addWidget(made.pipeline_row)
    qtbot.addWidget(made.chance_row)
    return made


@pytest.mark.parametrize("network", ["resnet18", "cifar_resnet20"])
@pytest.mark.parametrize("data", ["digits", "cifar10"])
def test_the_pipelines_of_this_network_are_those_that_its_training_begins_with(
    controls, studio, network, data
):
    studio.set_spec(get(network).spec)
    choose(controls.source, "own_digits" if data == "digits" else "own_cifar")
    config = default_config(get(network).spec, DataConfig(source=data))
    assert controls.pipeline == config.train_augment
    controls.validation.click()
    assert controls.pipeline == config.validation_augment


@pytest.mark.parametrize("source", ["imagenet", "cifar", "digits", "tutorial"])
def test_the_published_pipelines_are_the_presets(controls, source):
    choose(controls.source, source)
    assert controls.pipeline == PRESETS[f"{source}_train"]
    controls.validation.click()
    assert controls.pipeline == PRESETS[f"{source}_val"]


def test_every_source_is_offered_with_its_size(controls):
    texts = {
        controls.source.itemData(row): controls.source.itemText(row)
        for row in range(controls.source.count())
    }
    assert all(source.value in texts for source in Source)
    assert texts["tutorial"].endswith("(96 px)")
    assert texts["own_pictures"].endswith("(224 px)")


def test_the_older_rule_stands_in_the_pipeline(controls):
    choose(controls.rule, OLDER)
    step = controls.pipeline.steps[0]
    assert isinstance(step, RandomResizedCrop)
    assert step.rule == "uniform_swap"
    assert step.scale == pipelines_for(224)[0].steps[0].scale
    assert controls.pipeline.name == "imagenet_train_older_crop"


def test_seeds_go_back_in_the_order_they_came(controls):
    for seed in (4, 8, 15):
        controls.seed.setValue(seed)
    assert controls.earlier_seeds == (0, 4, 8)
    seen = []
    while controls.earlier_seeds:
        controls.previous_seed()
        seen.append(controls.seed.value())
    assert seen == [8, 4, 0]
    controls.previous_seed()
    assert controls.choices.seed == 0


def test_a_new_seed_is_another_one_each_time(controls):
    seeds = {controls.seed.value()}
    for _ in range(20):
        controls.new_seed()
        assert controls.choices.seed == controls.seed.value()
        seeds.add(controls.seed.value())
    assert len(seeds) == 21


def test_a_pipeline_without_chance_has_one_sample(controls):
    choose(controls.count, COUNTS[-1])
    assert controls.choices.count == 64
    controls.validation.click()
    assert controls.choices.count == 1
    assert not controls.count.isEnabled()


def test_a_change_is_told_once(controls, qtbot):
    told = []
    controls.changed.connect(lambda: told.append(controls.choices))
    controls.seed.setValue(9)
    choose(controls.count, 4)
    controls.epoch.setValue(2)
    assert [(one.seed, one.count, one.epoch) for one in told] == [(9, 12, 0), (9, 4, 0), (9, 4, 1)]
