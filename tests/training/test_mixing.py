from __future__ import annotations

import pytest
import torch

from resnet_studio.training.mixing import Mixing, make_mixing
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.seeding import step_randomness

CPU = torch.device("cpu")
CLASSES = 3
LABELS = torch.tensor([0, 1, 2, 2])
# Every picture has one value, so that a mixed picture shows its shares.
IMAGES = torch.tensor([1.0, 10.0, 100.0, 1000.0])[:, None, None, None].expand(4, 3, 8, 8).clone()


def mixed(mixing: Mixing, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    with step_randomness(5, step, CPU):
        return mixing(IMAGES, LABELS)


def made(**fields: float) -> Mixing:
    mixing = make_mixing(Recipe(**fields), CLASSES)
    assert mixing is not None
    return mixing


def test_a_recipe_without_alphas_mixes_nothing():
    assert make_mixing(Recipe(), CLASSES) is None


def test_mixup_blends_each_picture_with_the_one_before_it_and_its_class_alike():
    images, targets = mixed(made(mixup=1.0), 0)
    one_hot = torch.nn.functional.one_hot(LABELS, CLASSES).float()
    share = (targets[0, 0]).item()
    assert 0.0 < share < 1.0
    torch.testing.assert_close(images, share * IMAGES + (1 - share) * IMAGES.roll(1, 0))
    torch.testing.assert_close(targets, share * one_hot + (1 - share) * one_hot.roll(1, 0))


def test_cutmix_pastes_a_rectangle_and_counts_the_classes_by_area():
    images, targets = mixed(made(cutmix=1.0), 1)
    own = (images == IMAGES).float().mean(dim=(1, 2, 3))
    pasted = (images == IMAGES.roll(1, 0)).float().mean(dim=(1, 2, 3))
    assert ((own > 0) & (own < 1)).all()
    torch.testing.assert_close(own + pasted, torch.ones(4))
    torch.testing.assert_close(targets[0, 0], own[0])


def test_with_both_each_batch_gets_one_of_them():
    mixing = made(mixup=1.0, cutmix=1.0)
    images = [mixed(mixing, step)[0] for step in range(40)]
    # A picture pasted into another still has no other values than the two.
    pasted = sum(bool(torch.isin(image, IMAGES).all()) for image in images)
    assert 8 < pasted < 32


@pytest.mark.parametrize("fields", [{"mixup": 0.2}, {"cutmix": 1.0}, {"mixup": 0.2, "cutmix": 1.0}])
def test_what_is_mixed_follows_from_the_seed_and_the_step_alone(fields):
    mixing = made(**fields)
    again = made(**fields)
    torch.rand(7)
    for step in range(6):
        first, second = mixed(mixing, step), mixed(again, step)
        assert first[0].equal(second[0])
        assert first[1].equal(second[1])
    assert not mixed(mixing, 0)[1].equal(mixed(mixing, 1)[1])


def test_the_batch_itself_is_left_as_it_was():
    before = IMAGES.clone()
    mixed(made(mixup=1.0), 0)
    mixed(made(cutmix=1.0), 0)
    assert before.equal(IMAGES)
