"""A batch shown after mixing is the batch that the training loop mixes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from resnet_studio.data.sources import open_dataset
from resnet_studio.training.mixed_batch import mixed_batch
from resnet_studio.training.mixing import Mixing
from resnet_studio.training.recipe_choices import Sampler
from tests.training.conftest import tiny_config
from tests.training.running import run


@pytest.fixture
def mixed_in_training(monkeypatch):
    """What the training loop's own calls have mixed, in order."""
    seen = []
    mix = Mixing.__call__

    def noted(self, images, labels):
        result = mix(self, images, labels)
        seen.append(tuple(part.clone() for part in result))
        return result

    monkeypatch.setattr(Mixing, "__call__", noted)
    return seen


@pytest.mark.parametrize(
    "fields",
    [
        {"mixup": 0.4},
        {"cutmix": 1.0},
        {"mixup": 0.2, "cutmix": 1.0, "sampler": Sampler.BALANCED},
    ],
    ids=lambda fields: "+".join(fields),
)
def test_each_batch_is_bit_for_bit_what_the_training_loop_feeds(
    pictures, tmp_path, mixed_in_training, fields
):
    config = tiny_config(pictures, epochs=2, **fields)
    run(config, tmp_path / "run")
    trained = list(mixed_in_training)
    *_, split = open_dataset(config.data)
    per_epoch = len(trained) // 2
    assert per_epoch > 2
    methods = set()
    for step, (images, targets) in enumerate(trained):
        epoch, number = divmod(step, per_epoch)
        found = mixed_batch(split, config.train_augment, config.recipe, epoch=epoch, number=number)
        assert found.per_epoch == per_epoch
        assert torch.equal(found.images, images)
        assert torch.equal(found.targets, targets)
        methods.add(found.mixture.method)
    wished = {name for name in ("mixup", "cutmix") if getattr(config.recipe, name)}
    assert methods <= wished


def test_the_share_that_is_told_is_that_of_pictures_and_targets(config):
    *_, split = open_dataset(config.data)
    recipe = config.recipe.replace(mixup=1.0)
    found = mixed_batch(split, config.train_augment, recipe, epoch=0, number=1)
    share = found.mixture.share
    before = np.roll(found.plain, 1, axis=0).astype(float)
    blend = share * found.plain + (1 - share) * before
    assert np.abs(found.mixed - blend).max() <= 0.51
    for place, label in enumerate(found.labels):
        same = label == found.labels[place - 1]
        assert found.targets[place, label].item() == pytest.approx(1 if same else share, abs=1e-6)


def test_the_region_that_is_told_is_the_one_pasted(config):
    *_, split = open_dataset(config.data)
    recipe = config.recipe.replace(cutmix=1.0)
    found = mixed_batch(split, config.train_augment, recipe, epoch=0, number=0)
    left, top, right, bottom = found.mixture.region
    pasted = found.plain.copy()
    pasted[:, top:bottom, left:right] = np.roll(found.plain, 1, axis=0)[:, top:bottom, left:right]
    np.testing.assert_array_equal(found.mixed, pasted)
    side = found.plain.shape[1]
    area = (right - left) * (bottom - top) / side**2
    assert found.mixture.share == pytest.approx(1 - area)


def test_a_recipe_that_mixes_nothing_shows_the_batch_as_it_is(config):
    *_, split = open_dataset(config.data)
    found = mixed_batch(split, config.train_augment, config.recipe, epoch=0, number=99)
    assert found.mixture is None
    assert found.number == found.per_epoch - 1
    np.testing.assert_array_equal(found.mixed, found.plain)
    assert found.targets.argmax(dim=1).tolist() == found.labels.tolist()
