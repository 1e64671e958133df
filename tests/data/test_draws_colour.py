from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from resnet_studio.data.augment import sample_numbers
from resnet_studio.data.colour_steps import (
    ColourJitter,
    PCAColour,
    RandAugment,
    RandomErasing,
    RandomGrayscale,
    TrivialAugment,
)
from resnet_studio.data.draws_colour import draw_colour_step
from resnet_studio.data.policies import OPERATIONS, magnitude

COUNT = 4000


def drawn(step, count=COUNT, size=(60, 80)):
    rows = sample_numbers(1, 0, range(count), step.numbers).tolist()
    return [draw_colour_step(step, *size, row) for row in rows]


def distance(ours, theirs):
    """The greatest distance of two empirical distributions (Kolmogorov and Smirnov)."""
    ours, theirs = np.sort(ours), np.sort(theirs)
    both = np.concatenate((ours, theirs))
    ranks = [np.searchsorted(each, both, side="right") / len(each) for each in (ours, theirs)]
    return np.abs(ranks[0] - ranks[1]).max()


ALIKE = 1.95 * np.sqrt(2 / COUNT)  # 0.1 % of pairs of samples of one distribution differ by more


def too_uneven(counts, kinds):
    """Tells whether counts of equally likely kinds differ more than those of 1 sample in 10,000."""
    expected = sum(counts) / kinds
    chi = sum((count - expected) ** 2 for count in counts) / expected
    freedom = kinds - 1
    return chi > freedom * (1 - 2 / (9 * freedom) + 3.72 * np.sqrt(2 / (9 * freedom))) ** 3


def test_factors_of_a_colour_jitter_are_spread_as_torchvision_spreads_them():
    strengths = {"brightness": 0.4, "contrast": 1.5, "saturation": 0.8, "hue": 0.3}
    draws = drawn(ColourJitter(**strengths))
    theirs = v2.ColorJitter(**strengths)
    torch.manual_seed(0)
    params = [theirs.make_params([]) for _ in range(COUNT)]
    for name in strengths:
        values = [each.values[name] for each in draws]
        low, high = getattr(theirs, name)
        assert low <= min(values)
        assert max(values) <= high
        assert distance(values, [each[f"{name}_factor"] for each in params]) < ALIKE


def test_all_24_orders_of_a_colour_jitter_are_equally_likely():
    orders = Counter(each.values["order"] for each in drawn(ColourJitter()))
    assert len(orders) == 24
    assert not too_uneven(orders.values(), 24)


def test_a_colour_jitter_says_what_it_does_in_order():
    number = {"brightness": (1.21 - 0.6) / 0.8, "hue": (-4 / 360 + 0.1) / 0.2}
    step = ColourJitter(contrast=0, saturation=0)
    one = draw_colour_step(step, 9, 8, [number["brightness"], 0, 0, number["hue"], 0.0])
    assert one.text == "brightness ×1.21, then hue −4°"
    assert one.values["hue_degrees"] == pytest.approx(-4)
    other = draw_colour_step(step, 9, 8, [number["brightness"], 0, 0, number["hue"], 0.999])
    assert other.text == "hue −4°, then brightness ×1.21"


def test_the_normal_numbers_of_pca_colour_are_normal():
    draws = drawn(PCAColour(std=0.25))
    for name in ("alpha_1", "alpha_2", "alpha_3"):
        alphas = np.array([each.values[name] for each in draws])
        theirs = np.random.default_rng(3).normal(0, 0.25, COUNT)
        assert distance(alphas, theirs) < ALIKE


def test_greyscale_and_erasing_happen_as_often_as_they_shall():
    grey = np.mean([each.values["grey"] for each in drawn(RandomGrayscale(p=0.1))])
    covered = np.mean([each.values["erased"] for each in drawn(RandomErasing(p=0.25))])
    assert grey == pytest.approx(0.1, abs=0.02)
    assert covered == pytest.approx(0.25, abs=0.03)
    assert not any(each.values["erased"] for each in drawn(RandomErasing(p=0), 50))
    assert all(each.detail.grey for each in drawn(RandomGrayscale(p=1), 50))


def test_erased_rectangles_are_spread_as_torchvision_spreads_them():
    draws = [each for each in drawn(RandomErasing(p=1)) if each.detail]
    theirs = v2.RandomErasing(p=1)
    torch.manual_seed(1)
    image = torch.zeros(3, 60, 80, dtype=torch.uint8)
    params = [theirs.make_params([image]) for _ in range(COUNT)]
    assert len(draws) == COUNT == sum(each["v"] is not None for each in params)
    for ours, name in (("left", "j"), ("top", "i"), ("width", "w"), ("height", "h")):
        values = [each.values[ours] for each in draws]
        assert distance(values, [each[name] for each in params]) < ALIKE, ours


def test_where_no_rectangle_fits_nothing_is_covered_and_every_attempt_is_told():
    step = RandomErasing(p=1, scale=(1, 1), ratio=(1, 1))
    one = draw_colour_step(step, 30, 30, [0.5] * step.numbers)
    assert one.text == "nothing covered: none of 10 attempts fitted"
    assert one.detail is None
    assert len(one.attempts) == 10
    assert not any(attempt.accepted for attempt in one.attempts)


@pytest.mark.parametrize("step", [RandAugment(), TrivialAugment()])
def test_every_operation_is_equally_likely_and_goes_both_ways(step):
    draws = drawn(step)
    each = [pair for one in draws for pair in one.detail.each]
    counts = Counter(name for name, _ in each)
    assert set(counts) == set(OPERATIONS)
    assert not too_uneven(counts.values(), len(OPERATIONS))
    for name in OPERATIONS[1:10]:
        amounts = [amount for operation, amount in each if operation == name and amount]
        assert np.mean(np.array(amounts) < 0) == pytest.approx(0.5, abs=0.12)


def test_every_strength_of_trivialaugment_is_equally_likely():
    bins = [each.values["bin"] for each in drawn(TrivialAugment(bins=9))]
    counts = Counter(place for place in bins if place is not None)
    assert sorted(counts) == list(range(9))
    assert not too_uneven(counts.values(), 9)


@pytest.mark.parametrize(
    ("step", "theirs"),
    [(RandAugment(bins=31), v2.RandAugment), (TrivialAugment(bins=31), v2.TrivialAugmentWide)],
)
def test_magnitudes_are_torchvisions_to_the_last_bit(step, theirs):
    for bins in (2, 3, 10, 31, 64, 101, 1000):
        sized = step.model_copy(update={"bins": bins})
        for operation, (of, _) in theirs._AUGMENTATION_SPACE.items():
            expected = of(bins, 223, 337)
            values = [magnitude(sized, operation, place, 223, 337) for place in range(bins)]
            assert values == ([0.0] * bins if expected is None else expected.tolist()), operation
    assert tuple(theirs._AUGMENTATION_SPACE) == OPERATIONS


@pytest.mark.parametrize(
    ("place", "sign", "text"),
    [
        (0, 0, "left as it is"),
        (1, 0, "sheared across by −0.30"),
        (2, 0.9, "sheared down by 0.30"),
        (3, 0.9, "shifted 36 px right"),
        (3, 0.1, "shifted 36 px left"),
        (4, 0.1, "shifted 27 px up"),
        (5, 0.1, "turned −30°"),
        (6, 0.9, "brightness ×1.90"),
        (7, 0.1, "saturation ×0.10"),
        (10, 0, "4 bits a colour"),
        (11, 0, "inverted from level 0"),
        (12, 0, "contrast stretched"),
        (13, 0, "equalised"),
    ],
)
def test_an_operation_is_told_in_words(place, sign, text):
    step = RandAugment(operations=1, magnitude=30)
    chosen = (place + 0.5) / len(OPERATIONS)
    assert draw_colour_step(step, 60, 80, [chosen, sign]).text == text


def test_another_strength_leaves_the_rest_of_a_draw_as_it_was():
    numbers = sample_numbers(4, 0, [7], RandAugment.numbers)[0].tolist()
    weak, strong = (
        draw_colour_step(RandAugment(operations=3, magnitude=m), 60, 80, numbers) for m in (3, 20)
    )
    names = [[name for name, _ in each.detail.each] for each in (weak, strong)]
    assert names[0] == names[1]
    less = draw_colour_step(RandAugment(operations=2, magnitude=3), 60, 80, numbers)
    assert less.detail.each == weak.detail.each[:2]
