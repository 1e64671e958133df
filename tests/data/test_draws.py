from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import v2

from resnet_studio.data.augment import (
    PRESETS,
    AugmentSpec,
    CenterCrop,
    Draw,
    HorizontalFlip,
    PadCrop,
    RandomResizedCrop,
    RandomRotation,
    RandomShortSide,
    Resize,
    ResizeExact,
    VerticalFlip,
    draw,
    sample_numbers,
    sample_rng,
)
from resnet_studio.data.augment_steps import ATTEMPTS
from resnet_studio.data.draws import draw_step, draw_steps, flips, pad_crop_corners
from resnet_studio.errors import PictureError

CROP = RandomResizedCrop()
OLD = RandomResizedCrop(rule="uniform_swap")


def drawn_crops(step, height, width, count, seed=0):
    rows = sample_numbers(seed, 0, range(count), step.numbers).tolist()
    return [draw_step(step, height, width, row) for row in rows]


# --- random resized crop --------------------------------------------------------------------------

# (width, height): region (top, left, height, width) of the rule now and of the old one.
FALLBACKS = {
    (1000, 10): ((0, 493, 10, 13), (0, 495, 10, 10)),
    (10, 1000): ((493, 0, 13, 10), (495, 0, 10, 10)),
    (500, 375): ((0, 0, 375, 500), (0, 62, 375, 375)),
    (400, 300): ((0, 0, 300, 400), (0, 50, 300, 300)),
    (300, 400): ((0, 0, 400, 300), (50, 0, 300, 300)),
    (640, 480): ((0, 0, 480, 640), (0, 80, 480, 480)),
    (1920, 1080): ((0, 240, 1080, 1440), (0, 420, 1080, 1080)),
}


def numbers_that_fail(step, height, width):
    """Numbers under which no attempt fits: the whole area, at a ratio that is not the picture's."""
    for ratio in np.linspace(0, 0.999999, 200).tolist():
        trial = [0.999999, ratio, 0.9] * ATTEMPTS + [0.5, 0.5]
        if draw_step(step, height, width, trial).values["fallback"]:
            return trial
    raise AssertionError(f"every ratio fits into {width} x {height}")


@pytest.mark.parametrize(("size", "regions"), FALLBACKS.items())
def test_fallback_is_the_published_region_of_either_rule(size, regions):
    width, height = size
    for rule, (top, left, high, wide) in zip(("log_uniform", "uniform_swap"), regions, strict=True):
        step = RandomResizedCrop(rule=rule, scale=(1.0, 1.0))
        drawn = draw_step(step, height, width, numbers_that_fail(step, height, width))
        assert drawn.values["fallback"]
        assert len(drawn.attempts) == ATTEMPTS
        assert not any(attempt.accepted for attempt in drawn.attempts)
        assert drawn.region == (left, top, wide, high)
        assert "no attempt fitted" in drawn.text


@pytest.mark.parametrize("size", [*FALLBACKS, (7, 1), (1, 5), (33, 100), (100, 33), (224, 224)])
def test_fallback_equals_torchvisions_own(size):
    width, height = size
    step = RandomResizedCrop(scale=(1.0, 1.0))
    region = draw_step(step, height, width, numbers_that_fail(step, height, width)).region
    # Four times the area never fits, so torchvision has to fall back as well.
    never = v2.RandomResizedCrop(8, scale=(4.0, 4.0))
    theirs = never.make_params([torch.zeros(3, height, width)])
    assert region._asdict() == {name: theirs[name] for name in ("left", "top", "width", "height")}


def test_a_line_of_one_pixel_leaves_at_least_one_pixel():
    step = RandomResizedCrop(ratio=(3.0, 4.0), scale=(1.0, 1.0))
    for height, width in ((1, 1), (1, 2), (50, 1)):
        greatest = [0.999999, 0.999999, 0.9] * ATTEMPTS + [0.5, 0.5]
        region = draw_step(step, height, width, greatest).region
        assert 1 <= region.width <= width
        assert 1 <= region.height <= height


@pytest.mark.parametrize(("width", "height"), [(500, 375), (224, 224), (60, 400)])
def test_crops_are_distributed_like_torchvisions(width, height):
    """Means of 4,000 crops of either program agree within five standard errors."""
    count = 4_000
    torch.manual_seed(5)
    picture = [torch.zeros(1, height, width)]
    theirs_transform = v2.RandomResizedCrop(224, antialias=True)
    theirs = [theirs_transform.make_params(picture) for _ in range(count)]
    theirs = np.array([[p["left"], p["top"], p["width"], p["height"]] for p in theirs], float)
    mine = np.array([drawn.region for drawn in drawn_crops(CROP, height, width, count)], float)

    def features(crops):
        left, top, wide, high = crops.T
        area = wide * high / (width * height)
        return np.stack([area, np.log(wide / high), wide > high, left, top, area**2], axis=1)

    a, b = features(mine), features(theirs)
    error = np.sqrt((a.var(axis=0) + b.var(axis=0)) / count)
    assert np.all(np.abs(a.mean(axis=0) - b.mean(axis=0)) < 5 * error + 1e-12)


def test_log_uniform_ratios_are_as_often_wide_as_tall_and_uniform_ones_are_not():
    """Published: P(w > h) 0.4996 log-uniform, 0.5717 uniform, 0.4999 uniform with exchange."""
    count = 40_000  # standard error 0.0025
    log = [drawn.attempts[0] for drawn in drawn_crops(CROP, 1000, 1000, count)]
    old = [drawn.attempts[0] for drawn in drawn_crops(OLD, 1000, 1000, count)]

    def share(truths):
        return sum(truths) / count

    assert share(a.ratio > 1 for a in log) == pytest.approx(0.4996, abs=0.0125)
    assert share(a.ratio > 1 for a in old) == pytest.approx(0.5717, abs=0.0125)
    assert share((a.ratio > 1) != a.swapped for a in old) == pytest.approx(0.4999, abs=0.0125)
    assert share(a.swapped for a in old) == pytest.approx(0.5, abs=0.0125)
    assert np.median([a.ratio for a in old]) == pytest.approx(1.0418, abs=0.01)
    assert not any(a.swapped for a in log)


def test_kept_area_of_a_large_square_is_uniform_but_for_what_does_not_fit():
    """By integration: of area a and log-ratio t, both uniform, a crop fits if a exp(|t|) <= 1."""
    count = 20_000
    areas = (np.arange(2000) + 0.5) / 2000 * 0.92 + 0.08
    fits = np.minimum(-np.log(areas), math.log(4 / 3)) / math.log(4 / 3)
    expected = (areas * fits).sum() / fits.sum()
    kept = [
        drawn.region.width * drawn.region.height / 1e6
        for drawn in drawn_crops(CROP, 1000, 1000, count)
    ]
    # Standard deviation of an area about 0.25, so the standard error is 0.0018.
    assert np.mean(kept) == pytest.approx(expected, abs=0.009)


def test_attempts_record_what_was_drawn_and_the_last_is_the_one_taken():
    several = [
        drawn for drawn in drawn_crops(CROP, 375, 500, 400) if 1 < len(drawn.attempts) < ATTEMPTS
    ]
    assert several
    for drawn in several:
        assert [attempt.accepted for attempt in drawn.attempts[:-1]] == [False] * (
            len(drawn.attempts) - 1
        )
        for attempt in drawn.attempts:
            area = attempt.area_fraction * 375 * 500
            assert attempt.width == round(math.sqrt(area * attempt.ratio))
            assert attempt.height == round(math.sqrt(area / attempt.ratio))
            assert attempt.accepted == (attempt.width <= 500 and attempt.height <= 375)
        last = drawn.attempts[-1]
        assert drawn.region[2:] == (last.width, last.height)
        assert f"attempt {len(drawn.attempts)} of 10" in drawn.text


def test_positions_reach_both_ends_and_never_beyond():
    crops = drawn_crops(RandomResizedCrop(scale=(0.2, 0.3), ratio=(1, 1)), 6, 6, 2_000)
    for axis in (0, 1):
        starts = {drawn.region[axis] for drawn in crops}
        spare = {6 - drawn.region[axis + 2] for drawn in crops}
        assert min(starts) == 0
        assert max(starts) == max(spare)
    assert all(d.region.left + d.region.width <= 6 for d in crops)
    assert all(d.region.top + d.region.height <= 6 for d in crops)


@settings(max_examples=200, deadline=None)
@given(
    height=st.integers(1, 3000),
    width=st.integers(1, 3000),
    rule=st.sampled_from(["log_uniform", "uniform_swap"]),
    seed=st.integers(0, 1000),
)
def test_every_crop_lies_within_the_picture(height, width, rule, seed):
    step = RandomResizedCrop(rule=rule)
    left, top, wide, high = draw_step(
        step, height, width, sample_rng(seed, 0, 0).random(step.numbers).tolist()
    ).region
    assert left >= 0
    assert top >= 0
    assert wide >= 1
    assert high >= 1
    assert left + wide <= width
    assert top + high <= height


def test_changing_one_step_leaves_the_chance_of_the_others():
    """Another scale, ratio or rule changes the crop, never whether a sample is flipped."""
    variants = [
        AugmentSpec(steps=(crop, HorizontalFlip()))
        for crop in (CROP, OLD, RandomResizedCrop(scale=(0.9, 1), ratio=(1, 1)))
    ]
    flipped = [
        [draw(spec, 90, 160, sample_rng(3, 1, i)).flipped for i in range(64)] for spec in variants
    ]
    assert flipped[0] == flipped[1] == flipped[2]
    assert 16 < sum(flipped[0]) < 48


# --- the other steps ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(375, 500, 256), (500, 375, 256), (333, 500, 256), (256, 256, 256), (7, 1001, 32), (1, 3, 5)],
)
def test_resize_gives_torchvisions_size(height, width, size):
    theirs = v2.functional.resize(torch.zeros(3, height, width, dtype=torch.uint8), [size]).shape
    assert draw_step(Resize(size=size), height, width, []).size == tuple(theirs[1:])


@pytest.mark.parametrize("height", [224, 225, 226, 227, 256, 257, 258, 259])
def test_centre_crop_rounds_halves_to_even_like_torchvision(height):
    region = draw_step(CenterCrop(size=224), height, 341, []).region
    ramp = torch.arange(height)[None, :, None].expand(1, height, 341)
    assert region.top == int(v2.functional.center_crop(ramp, [224, 224])[0, 0, 0])
    assert region.left == 58


def test_centre_crop_of_257_begins_at_16():
    assert draw_step(CenterCrop(size=224), 257, 257, []).region == (16, 16, 224, 224)


def test_pad_crop_reaches_all_81_places_evenly():
    numbers = sample_numbers(0, 0, range(40_500), 2)
    tops, lefts = pad_crop_corners(PadCrop(), 32, 32, numbers)
    counts = np.zeros((9, 9))
    np.add.at(counts, (tops + 4, lefts + 4), 1)
    assert counts.shape == (9, 9)
    # 500 each on average, standard deviation 22.
    assert counts.min() > 390
    assert counts.max() < 610


def test_pad_crop_of_too_small_a_picture_says_what_to_do():
    with pytest.raises(PictureError, match="20 × 32 pixels with a border of 4 is too small") as e:
        draw_step(PadCrop(), 32, 20, [0.5, 0.5])
    assert "resize" in e.value.remedy


def test_a_picture_too_elongated_to_resize_is_refused_before_memory_is_taken():
    with pytest.raises(PictureError, match="too elongated"):
        draw(PRESETS["imagenet_val"], 1, 10_000)
    draw(PRESETS["imagenet_val"], 10, 5_000)


@pytest.mark.parametrize(("p", "least", "most"), [(0.0, 0, 0), (1.0, 1000, 1000), (0.2, 150, 250)])
def test_flip_happens_with_its_probability(p, least, most):
    mirrored = flips(HorizontalFlip(p=p), sample_numbers(0, 0, range(1000), 1))
    assert least <= mirrored.sum() <= most


# --- where the result came from -------------------------------------------------------------------


def located(spec, height, width, index=0):
    drawn = draw(spec, height, width, sample_rng(0, 0, index))
    return drawn, drawn.crop_box


def test_validation_box_is_the_central_square_of_the_original():
    drawn = draw(PRESETS["imagenet_val"], 375, 500)
    # Resized to 341 x 256, cut at (58, 16): back on the original by 500/341 and 375/256.
    expected = (58 * 500 / 341, 16 * 375 / 256, 224 * 500 / 341, 224 * 375 / 256)
    assert drawn.crop_box == pytest.approx(expected)
    assert drawn.kept_fraction == pytest.approx(224 * 224 / (341 * 256))
    assert drawn.distortion == pytest.approx((375 / 256) / (500 / 341))
    assert drawn.padded_fraction == 0
    assert drawn.describe() == "kept 57 %"


def test_random_crop_box_is_its_region():
    drawn, box = located(PRESETS["imagenet_train"], 375, 500)
    region = drawn.steps[0].region
    assert box == pytest.approx(region)
    assert drawn.kept_fraction == pytest.approx(region.width * region.height / (375 * 500))
    assert drawn.distortion == pytest.approx(region.height / region.width)


def test_a_shifted_crop_goes_outside_and_the_border_is_counted():
    spec = AugmentSpec(steps=(PadCrop(padding=4, size=32), HorizontalFlip(p=0)))
    draws = [draw(spec, 32, 32, sample_rng(0, 0, index)) for index in range(200)]
    corner = next(d for d in draws if d.crop_box[:2] == (-4, -4))
    assert corner.crop_box == (-4, -4, 32, 32)
    assert corner.kept_fraction == pytest.approx(28 * 28 / 1024)
    assert corner.padded_fraction == pytest.approx(1 - 28 * 28 / 1024)
    assert corner.describe() == "kept 77 % · border 23 %"
    still = next(d for d in draws if d.crop_box[:2] == (0, 0))
    assert still.describe() == "kept 100 %"


def test_a_crop_after_a_flip_is_found_on_the_other_side():
    spec = AugmentSpec(
        steps=(ResizeExact(size=10), HorizontalFlip(p=1), PadCrop(padding=2, size=10))
    )
    for index in range(50):
        drawn, box = located(spec, 20, 20, index)
        region = drawn.steps[2].region
        assert box.left == pytest.approx(-2 * region.left)  # mirrored, and two pixels for each
        assert box.top == pytest.approx(2 * region.top)
        assert drawn.flipped


def test_a_border_added_early_is_not_counted_as_picture_later():
    spec = AugmentSpec(steps=(CenterCrop(size=40), CenterCrop(size=30)))
    drawn = draw(spec, 20, 20)
    assert drawn.crop_box == (-5, -5, 30, 30)
    assert drawn.kept_fraction == 1
    # Cut down to 10 first, the border of the second crop shows black where the original has more.
    drawn = draw(AugmentSpec(steps=(CenterCrop(size=10), CenterCrop(size=20))), 20, 20)
    assert drawn.crop_box == (0, 0, 20, 20)
    assert drawn.kept_fraction == pytest.approx(0.25)
    assert drawn.padded_fraction == pytest.approx(0.75)


def test_box_agrees_with_where_the_pixels_really_came_from():
    """A picture whose colours are its coordinates, through resize, crop and flip."""
    from resnet_studio.data.transforms import apply_uint8

    height, width = 200, 250
    across = np.broadcast_to(np.arange(width), (height, width))
    down = np.broadcast_to(np.arange(height)[:, None], (height, width))
    picture = np.stack([across, down, down], axis=-1).astype(np.uint8)
    spec = AugmentSpec(
        steps=(Resize(size=160), RandomResizedCrop(size=64), HorizontalFlip(), CenterCrop(size=40))
    )
    for index in range(40):
        drawn, box = located(spec, height, width, index)
        pixels = apply_uint8(spec, picture, drawn).numpy().astype(float)
        columns = pixels[0].mean(axis=0)
        if drawn.flipped:
            columns = columns[::-1]
        centres = box.left + (np.arange(40) + 0.5) / 40 * box.width - 0.5
        assert np.abs(columns - centres)[4:-4].max() < 1.5
        rows = box.top + (np.arange(40) + 0.5) / 40 * box.height - 0.5
        assert np.abs(pixels[1].mean(axis=1) - rows)[4:-4].max() < 1.5


def test_a_sample_is_described_in_one_short_line():
    draws = [draw(PRESETS["imagenet_train"], 375, 500, sample_rng(1, 0, i)) for i in range(100)]
    lines = [drawn.describe() for drawn in draws]
    assert all(line.startswith("kept ") and len(line) < 50 for line in lines)
    for drawn, line in zip(draws, lines, strict=True):
        assert ("flipped" in line) == drawn.flipped
        stretch = max(drawn.distortion, 1 / drawn.distortion)
        assert (f"×{stretch:.2f}" in line) == (stretch >= 1.01)
        if stretch >= 1.01:
            assert ("wide" in line) == (drawn.crop_box.width < drawn.crop_box.height)
    assert any("tall" in line for line in lines)


def test_drawing_a_whole_pipeline_or_only_its_rest_gives_the_same_steps():
    spec = PRESETS["cifar_train"]
    numbers = sample_rng(2, 3, 4).random(spec.numbers).tolist()
    whole = draw_steps(spec.steps, 500, 375, numbers)
    rest = draw_steps(spec.steps[2:], 32, 32, numbers)
    assert whole[2:] == rest


def test_a_draw_of_no_steps_is_the_picture():
    drawn = Draw(3, 4, ())
    assert drawn.crop_box == (0, 0, 4, 3)
    assert drawn.describe() == "kept 100 %"


# --- the shorter side, turns, and pictures upside down --------------------------------------------


def test_the_shorter_side_is_drawn_evenly_with_both_ends():
    step = RandomShortSide(min=256, max=260)
    sides = [drawn.values["side"] for drawn in drawn_crops(step, 400, 300, 5_000)]
    counts = np.bincount(sides)[256:]
    assert len(counts) == 5
    # 1,000 each on average, standard deviation 28.
    assert counts.min() > 860
    assert counts.max() < 1140


def test_the_longer_side_follows_the_shorter_as_in_a_plain_resize():
    for drawn in drawn_crops(RandomShortSide(), 375, 500, 50):
        side = drawn.values["side"]
        assert drawn.size == draw_step(Resize(size=side), 375, 500, []).size
        assert 256 <= side <= 480
        assert drawn.text.startswith(f"shorter side {side}: resized to ")


def test_an_elongated_picture_is_refused_whatever_side_is_drawn():
    with pytest.raises(PictureError, match="too elongated"):
        draw_step(RandomShortSide(min=300, max=480), 1, 2_000, [0.9])


def test_angles_are_drawn_evenly_to_both_sides():
    angles = [d.values["angle"] for d in drawn_crops(RandomRotation(degrees=30), 40, 60, 4_000)]
    assert -30 <= min(angles) < -29
    assert 29 < max(angles) <= 30
    assert np.mean(angles) == pytest.approx(0, abs=5 * 17.3 / math.sqrt(4_000))
    assert np.std(angles) == pytest.approx(60 / math.sqrt(12), rel=0.05)


def test_a_turn_says_which_way():
    step = RandomRotation(degrees=30)
    assert draw_step(step, 40, 60, [0.25]).text == "turned 15.0° clockwise"
    assert draw_step(step, 40, 60, [0.75]).text == "turned 15.0° anticlockwise"
    assert draw_step(RandomRotation(degrees=0), 40, 60, [0.3]).affine is None


def test_a_vertical_flip_has_the_chance_of_a_horizontal_one():
    rows = sample_numbers(0, 0, range(500), 1)
    for p in (0.0, 0.3, 1.0):
        done = [draw_step(VerticalFlip(p=p), 8, 6, row).values["flipped"] for row in rows.tolist()]
        assert done == flips(HorizontalFlip(p=p), rows).tolist()


def test_a_plain_random_crop_stays_within_the_picture():
    step = PadCrop(padding=0, size=7)
    for drawn in drawn_crops(step, 9, 12, 200):
        left, top, width, height = drawn.region
        assert 0 <= left <= 12 - width
        assert 0 <= top <= 9 - height
    with pytest.raises(PictureError, match="too small"):
        draw_step(step, 6, 12, [0.5, 0.5])
