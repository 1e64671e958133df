"""The choices and the seeds that went before."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import get
from resnet_studio.data.augment import PRESETS
from resnet_studio.data.sources import DataConfig
from resnet_studio.gui.augmentation.controls import COUNTS, Controls
from resnet_studio.training.config import default_config
from tests.gui.augmentation.helpers import choose


@pytest.fixture
def controls(studio, qtbot):
    made = Controls(studio)
    qtbot.addWidget(made.head)
    qtbot.addWidget(made.chance_row)
    return made


@pytest.mark.parametrize("network", ["resnet18", "cifar_resnet20"])
@pytest.mark.parametrize("data", ["digits", "cifar10"])
def test_the_usual_pipelines_are_those_that_training_begins_with(controls, studio, network, data):
    studio.set_spec(get(network).spec)
    studio.data.set(DataConfig(source=data))
    config = default_config(get(network).spec, DataConfig(source=data))
    assert controls.pipeline == config.train_augment
    controls.validation.click()
    assert controls.pipeline == config.validation_augment
    assert controls.source.currentData() == "usual"
    assert f"({config.network.input_size} px)" in controls.source.currentText()


def test_every_published_pipeline_is_offered_with_its_size_and_note(controls):
    rows = {controls.source.itemData(row): row for row in range(controls.source.count())}
    trains = [name.removesuffix("_train") for name in PRESETS if name.endswith("_train")]
    assert set(trains) <= set(rows)
    for base in trains:
        choose(controls.source, base)
        train = PRESETS[f"{base}_train"]
        assert controls.pipeline == train
        assert controls.source.currentData() == base
        assert controls.source.currentText().endswith(f"({train.output_size} px)")
        assert train.note in controls.source.toolTip()
        controls.validation.click()
        assert controls.pipeline == PRESETS[f"{base}_val"]
        controls.training.click()
    choose(controls.source, "usual")
    assert controls.editing.is_usual


def test_a_preset_is_what_training_uses_and_undo_takes_it_back(controls, studio):
    choose(controls.source, "tutorial")
    assert studio.pipelines.own == (PRESETS["tutorial_train"], PRESETS["tutorial_val"])
    studio.undo_stack.undo()
    assert studio.pipelines.own is None
    assert controls.source.currentData() == "usual"


def test_what_is_changed_stands_in_the_list_until_it_is_changed_back(controls):
    choose(controls.source, "imagenet")
    controls.editing.switch(1)
    assert controls.source.currentData() == "own"
    assert controls.source.currentText() == "Changed: ImageNet, as PyTorch trains"
    assert controls.pipeline.name == "imagenet_train (changed)"
    assert controls.pipeline.note == "Changed from imagenet_train."
    controls.editing.switch(1)
    assert controls.pipeline == PRESETS["imagenet_train"]
    assert controls.source.currentData() == "imagenet"
    assert controls.source.findData("own") < 0


def test_a_note_of_the_persons_own_outlives_a_change(controls):
    choose(controls.source, "imagenet")
    controls.editing.rename("imagenet_train", "for the class")
    controls.editing.switch(1)
    assert (controls.pipeline.name, controls.pipeline.note) == (
        "imagenet_train (changed)",
        "for the class",
    )


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
