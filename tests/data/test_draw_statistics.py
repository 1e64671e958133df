"""The figures of many draws are those of the samples that training makes."""

from __future__ import annotations

import pytest

from resnet_studio.data.augment import PRESETS, AugmentSpec, RandomResizedCrop, draw, sample_rng
from resnet_studio.data.augment_steps import PadCrop, RandomRotation, RandomShortSide
from resnet_studio.data.colour_steps import RandomErasing
from resnet_studio.data.distribution import Agreement, fit
from resnet_studio.data.draw_statistics import measure
from resnet_studio.data.draw_theory import theory_of
from resnet_studio.errors import Cancelled, PictureError


def test_each_figure_is_that_of_the_sample_of_its_index():
    spec = PRESETS["imagenet_train"]
    counted = measure(spec, 200, 300, seed=5, epoch=2, count=260)
    for index in (0, 7, 259):
        drawn = draw(spec, 200, 300, sample_rng(5, 2, index))
        box, crop = drawn.crop_box, drawn.steps[0]
        assert counted.kept[index] == drawn.kept_fraction
        assert counted.distortion[index] == drawn.distortion
        assert counted.x[index] == (box.left + box.width / 2) / 300
        assert counted.y[index] == (box.top + box.height / 2) / 200
        assert counted.flipped[index] == drawn.flipped
        assert counted.attempts[index] == len(crop.attempts)
        assert counted.fallback[index] == (not crop.attempts[-1].accepted)
    assert len(counted) == 260
    assert not counted.short_side.any()


def test_the_attempts_of_random_erasing_are_not_those_of_the_crop():
    plain = AugmentSpec(steps=(RandomResizedCrop(size=32, scale=(0.9, 1.0)),))
    erasing = AugmentSpec(steps=(*plain.steps, RandomErasing(p=1.0)))
    counted = measure(plain, 50, 120, seed=0, count=100)
    assert counted.attempts.max() > 1
    with_erasing = measure(erasing, 50, 120, seed=0, count=100)
    theory = theory_of(erasing, 50, 120)
    assert theory.attempts is not None
    assert fit(with_erasing.attempts.astype(float), theory.attempts).agreement is Agreement.USUAL
    assert with_erasing.fallback.mean() == pytest.approx(theory.fallback, abs=0.15)


def test_the_middle_of_a_turned_crop_stays_where_it_is():
    spec = AugmentSpec(steps=(RandomResizedCrop(size=64), RandomRotation(degrees=30)))
    plain = AugmentSpec(steps=spec.steps[:1])
    turned = measure(spec, 100, 140, seed=1, count=20)
    assert turned.x == pytest.approx(measure(plain, 100, 140, seed=1, count=20).x)


def test_scale_augmentation_tells_the_side_it_drew():
    spec = AugmentSpec(steps=(RandomShortSide(min=40, max=44), PadCrop(padding=0, size=32)))
    counted = measure(spec, 50, 70, seed=0, count=200)
    assert set(counted.short_side.tolist()) == {40, 41, 42, 43, 44}


def test_counting_tells_how_far_it_is_and_can_be_stopped():
    told = []

    def stop_later(done, total):
        told.append((done, total))
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        measure(PRESETS["cifar_train"], 32, 32, seed=0, count=1000, progress=stop_later)
    assert told == [(0, 1000), (250, 1000)]


def test_a_picture_that_does_not_fit_says_so():
    spec = AugmentSpec(steps=(PadCrop(padding=0, size=64),))
    with pytest.raises(PictureError, match="too small"):
        measure(spec, 32, 32, seed=0)
