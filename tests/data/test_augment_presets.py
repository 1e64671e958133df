"""The presets of the papers and of torchvision's references, against what they print."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_studio.data.augment import (
    CIFAR10,
    IMAGENET,
    PRESETS,
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    RandomShortSide,
    Resize,
    ResizeExact,
    draw,
    sample_rng,
)
from resnet_studio.data.colour_steps import PCAColour, RandAugment, RandomErasing, TrivialAugment
from resnet_studio.data.imaging import sample_pictures
from resnet_studio.data.transforms import apply

STYLES = {name.rpartition("_")[0] for name in PRESETS}
# What programs and saved runs of earlier versions know by name.
EARLIER = ("imagenet", "cifar", "digits", "tutorial")


def test_every_style_has_a_training_and_a_validation_pipeline_of_one_size():
    assert set(EARLIER) | {"paper", "paper_cifar", "none"} <= STYLES
    for style in STYLES:
        train, validation = PRESETS[f"{style}_train"], PRESETS[f"{style}_val"]
        assert train.output_size == validation.output_size
        assert train.ending == validation.ending
        assert validation.numbers == 0


def test_every_preset_has_a_note_that_ends_as_a_sentence():
    for spec in PRESETS.values():
        assert 30 < len(spec.note) < 600
        assert spec.note.endswith(".")


def test_the_papers_training_is_that_of_section_3_4():
    train = PRESETS["paper_train"]
    assert train.steps[:4] == (
        RandomShortSide(min=256, max=480),
        PadCrop(padding=0, size=224),
        HorizontalFlip(p=0.5),
        PCAColour(std=0.1),
    )
    assert train.ending == Normalise(mean=IMAGENET.mean, std=(1, 1, 1))
    assert "mean picture" in train.note  # which it does not have of itself
    assert PRESETS["paper_val"].steps[:2] == (Resize(size=256), CenterCrop(size=224))


def test_the_papers_crop_keeps_less_and_distorts_nothing():
    """A square of 224 from a shorter side of 256 to 480: 22 to 77 % of a square picture."""
    spec = PRESETS["paper_train"]
    draws = [draw(spec, 500, 500, sample_rng(0, 0, index)) for index in range(300)]
    kept = [drawn.kept_fraction for drawn in draws]
    assert min(kept) == pytest.approx((224 / 480) ** 2, abs=0.01)
    assert max(kept) == pytest.approx((224 / 256) ** 2, abs=0.01)
    assert all(drawn.distortion == pytest.approx(1) for drawn in draws)


def test_the_papers_cifar_border_is_the_mean_colour_so_that_it_becomes_nearly_zero():
    spec = PRESETS["paper_cifar_train"]
    assert spec.steps[2:4] == (PadCrop(padding=4, size=32, fill=(125, 123, 114)), HorizontalFlip())
    assert spec.ending.mean == CIFAR10.mean
    white = np.full((32, 32, 3), 255, dtype=np.uint8)
    drawn = next(
        drawn
        for drawn in (draw(spec, 32, 32, sample_rng(0, 0, index)) for index in range(99))
        if drawn.crop_box.left == -4 and not drawn.flipped
    )
    assert apply(spec, white, drawn)[:, :, :4].abs().max() < 0.5 / 255 + 1e-6


def test_the_later_recipes_are_those_of_torchvisions_references():
    crop, flip, policy, *_ = PRESETS["rand_augment_train"].steps
    assert (crop, flip) == (RandomResizedCrop(size=224), HorizontalFlip(p=0.5))
    assert policy == RandAugment(operations=2, magnitude=9, bins=31, interpolation="bilinear")
    *_, policy, erasing, ending = PRESETS["trivial_augment_train"].steps
    assert policy == TrivialAugment(bins=31, interpolation="bilinear")
    assert erasing == RandomErasing(p=0.1, value="mean", mean_colour=(124, 116, 104))
    assert ending == IMAGENET
    assert PRESETS["trivial_augment_val"].steps[:2] == (Resize(size=232), CenterCrop(size=224))


def test_none_only_resizes_and_scales():
    assert PRESETS["none_train"].steps == PRESETS["none_val"].steps == (ResizeExact(size=224),)
    photo = sample_pictures()[0]
    values = apply(PRESETS["none_val"], photo.rgb, draw(PRESETS["none_val"], *photo.rgb.shape[:2]))
    assert values.min() >= 0
    assert 0.9 < values.max() <= 1


def test_the_bits_of_earlier_presets_stay():
    """The steps of runs that were saved before there were colours for borders."""
    saved = {
        "steps": [
            {"kind": "resize", "size": 32},
            {"kind": "center_crop", "size": 32},
            {"kind": "pad_crop", "padding": 4, "size": 32},
            {"kind": "horizontal_flip", "p": 0.5},
            {"kind": "normalise", "mean": list(CIFAR10.mean), "std": list(CIFAR10.std)},
        ]
    }
    spec = PRESETS["cifar_train"]
    assert type(spec).from_dict(saved).steps == spec.steps
