"""What is to be expected of a pipeline, compared with torchvision's own draws and with others."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from resnet_studio.data.augment import (
    AugmentSpec,
    CenterCrop,
    HorizontalFlip,
    PadCrop,
    RandomResizedCrop,
    Resize,
    ResizeExact,
)
from resnet_studio.data.augment_steps import RandomShortSide
from resnet_studio.data.colour_steps import RandAugment
from resnet_studio.data.distribution import Agreement, Distribution, fit, histogram
from resnet_studio.data.draw_statistics import measure
from resnet_studio.data.draw_theory import theory_of


def _spec(*steps):
    return AugmentSpec(steps=steps)


def _boxes_of_torchvision(height, width, count):
    """Returns (N, 4) left, top, width, height as torchvision's own class draws them."""
    from torchvision.transforms import RandomResizedCrop as Theirs

    torch.manual_seed(20)
    picture = torch.empty((3, height, width), dtype=torch.uint8)
    drawn = [Theirs.get_params(picture, [0.08, 1.0], [3 / 4, 4 / 3]) for _ in range(count)]
    return np.array([(left, top, wide, high) for top, left, high, wide in drawn], dtype=float)


def _boxes_of_the_older_rule(height, width, count):
    """Returns the same for the rule that older texts print, written down anew."""
    rng = np.random.default_rng(20)
    boxes = []
    for _ in range(count):
        for _attempt in range(10):
            area, ratio = rng.uniform(0.08, 1) * height * width, rng.uniform(3 / 4, 4 / 3)
            wide, high = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if rng.random() < 0.5:
                wide, high = high, wide
            if wide <= width and high <= height:
                left, top = rng.integers(width - wide + 1), rng.integers(height - high + 1)
                boxes.append((left, top, wide, high))
                break
        else:
            side = min(width, height)
            boxes.append(((width - side) // 2, (height - side) // 2, side, side))
    return np.array(boxes, dtype=float)


@pytest.mark.parametrize("size", [(375, 500), (600, 200), (32, 32)])
@pytest.mark.parametrize(
    ("rule", "boxes_of"),
    [("log_uniform", _boxes_of_torchvision), ("uniform_swap", _boxes_of_the_older_rule)],
)
def test_theory_of_a_random_resized_crop_agrees_with_independent_draws(size, rule, boxes_of):
    height, width = size
    left, top, wide, high = boxes_of(height, width, 3000).T
    theory = theory_of(_spec(RandomResizedCrop(rule=rule)), height, width)
    for sample, expected in (
        (wide * high / (width * height), theory.kept),
        (high / wide, theory.distortion),
        ((left + wide / 2) / width, theory.x),
        ((top + high / 2) / height, theory.y),
    ):
        assert fit(sample, expected).agreement is Agreement.USUAL


def test_theory_tells_one_rule_from_the_other():
    _, _, wide, high = _boxes_of_the_older_rule(600, 200, 3000).T
    theory = theory_of(_spec(RandomResizedCrop(rule="log_uniform")), 600, 200)
    found = fit(wide * high / (200 * 600), theory.kept)
    assert found.agreement is Agreement.NONE


@pytest.mark.parametrize(
    "steps",
    [
        (RandomResizedCrop(), HorizontalFlip()),
        (Resize(size=256), RandomResizedCrop(rule="uniform_swap", scale=(0.5, 0.9))),
        (PadCrop(padding=4, size=32), HorizontalFlip(p=0.2)),
        (Resize(size=64), PadCrop(padding=0, size=48)),
        (RandomShortSide(min=40, max=60), HorizontalFlip(), PadCrop(padding=3, size=36)),
    ],
    ids=lambda steps: "+".join(step.kind for step in steps),
)
def test_theory_agrees_with_what_training_draws(steps):
    spec = _spec(*steps)
    drawn, theory = measure(spec, 60, 90, seed=3, count=3000), theory_of(spec, 60, 90)
    for name in ("kept", "distortion", "x", "y", "attempts", "short_side"):
        expected = getattr(theory, name)
        sample = getattr(drawn, name).astype(float)
        assert (expected is not None) == bool(sample.any()), name
        if expected is not None:
            assert fit(sample, expected).agreement is Agreement.USUAL, name
            assert expected.weights.sum() == pytest.approx(1)
    assert drawn.flipped.mean() == pytest.approx(theory.flipped, abs=3 * 0.5 / math.sqrt(3000))


def test_attempts_and_fallback_follow_from_how_many_pairs_fit():
    spec = _spec(RandomResizedCrop(scale=(0.9, 1.0), ratio=(1.0, 1.0)))
    theory = theory_of(spec, 100, 95)
    # A square of share a fits where a * 100 * 95 <= 95 * 95, up to rounding to 95.49 pixels.
    assert theory.accepted == pytest.approx((95.5**2 / 9500 - 0.9) / 0.1, abs=1e-3)
    assert theory.fallback == pytest.approx((1 - theory.accepted) ** 10)
    assert theory.attempts.values.tolist() == list(range(1, 11))
    assert theory.attempts.weights[0] == pytest.approx(theory.accepted)


def test_a_crop_that_never_fits_is_always_the_fallback():
    theory = theory_of(_spec(RandomResizedCrop(scale=(0.9, 1.0))), 20, 400)
    assert theory.accepted == 0
    assert theory.fallback == 1
    assert theory.kept.is_sure
    assert theory.kept.mean == pytest.approx(round(20 * 4 / 3) / 400)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((RandomResizedCrop(), CenterCrop(size=100)), "Centre crop"),
        ((CenterCrop(size=200), PadCrop(padding=4, size=200)), "border"),
        (
            (RandomShortSide(min=256, max=480), RandomResizedCrop()),
            "scale augmentation comes before",
        ),
        ((RandomShortSide(min=8, max=5000), PadCrop(padding=0, size=8)), "too many places"),
        ((RandomResizedCrop(), RandAugment()), "RandAugment” moves pixels"),
        ((HorizontalFlip(p=0), Resize(size=90), CenterCrop(size=80)), "flip comes before"),
    ],
)
def test_a_pipeline_without_theory_says_why(steps, said):
    theory = theory_of(_spec(*steps, HorizontalFlip(p=0.3)), 120, 160)
    assert theory.kept is None
    assert said in theory.why
    assert theory.flipped == pytest.approx(0.3)


def test_two_flips_cancel_now_and_then():
    spec = _spec(ResizeExact(size=8), HorizontalFlip(p=0.5), HorizontalFlip(p=1.0))
    assert theory_of(spec, 8, 8).flipped == pytest.approx(0.5)
    spec = _spec(ResizeExact(size=8), HorizontalFlip(p=0.1), HorizontalFlip(p=0.2))
    assert theory_of(spec, 8, 8).flipped == pytest.approx(0.1 * 0.8 + 0.9 * 0.2)


def test_the_gap_is_the_largest_distance_between_the_two_curves():
    even = Distribution.of([np.array([1.0, 2.0, 3.0, 4.0])], [np.full(4, 0.25)])
    assert fit(np.array([1.0, 2.0, 3.0, 4.0]), even).gap == pytest.approx(0)
    assert fit(np.array([1.0, 1.0, 1.0, 4.0]), even).gap == pytest.approx(0.5)
    assert fit(np.array([4.0]), even).gap == pytest.approx(0.75)
    assert even.mean == 2.5
    assert even.quantile(0.5) == 2.0


def test_a_histogram_counts_all_draws_and_expects_as_many():
    spec = _spec(RandomResizedCrop())
    drawn, theory = measure(spec, 300, 400, seed=0, count=500), theory_of(spec, 300, 400)
    for log in (False, True):
        found = histogram(drawn.distortion, theory.distortion, log=log)
        assert found.counts.sum() == 500
        assert found.expected.sum() == pytest.approx(500)
        assert found.values is None
    few = histogram(drawn.attempts.astype(float), theory.attempts)
    assert few.values.tolist() == list(range(1, 11))
    assert few.expected.sum() == pytest.approx(500)
