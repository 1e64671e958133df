"""Outlines on the original: corners, boxes, and the area that is kept, also of turned pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.data.augment import (
    PRESETS,
    AugmentSpec,
    CenterCrop,
    Draw,
    HorizontalFlip,
    PadCrop,
    RandomResizedCrop,
    RandomRotation,
    Resize,
    ResizeExact,
    VerticalFlip,
    draw,
    sample_rng,
)
from resnet_studio.data.drawn import Region, StepDraw
from resnet_studio.data.trace import clipped, signed_area, trace
from resnet_studio.data.transforms import apply_uint8

SQUARE = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))


def drawn_by(*steps, height=60, width=80, index=0):
    return draw(AugmentSpec(steps=steps), height, width, sample_rng(2, 0, index))


def turn(angle, height, width):
    """A draw of a turn by an angle that is chosen, not drawn."""
    from resnet_studio.data.affine import turning_in_pixels

    affine = turning_in_pixels(angle, height, width)
    return StepDraw("random_rotation", (height, width), "", values={"angle": angle}, affine=affine)


# --- polygons -------------------------------------------------------------------------------------


def test_area_is_positive_clockwise_on_a_screen():
    assert signed_area(SQUARE) == 100
    assert signed_area(SQUARE[::-1]) == -100
    assert signed_area(()) == 0


@pytest.mark.parametrize("window", [SQUARE, SQUARE[::-1]], ids=["clockwise", "anticlockwise"])
def test_clipping_keeps_what_lies_within(window):
    assert clipped(SQUARE, window) == SQUARE
    half = ((5.0, -5.0), (20.0, -5.0), (20.0, 20.0), (5.0, 20.0))
    assert abs(signed_area(clipped(half, window))) == 50
    far = tuple((x + 30, y) for x, y in SQUARE)
    assert clipped(far, window) == ()
    diamond = ((5.0, -2.0), (12.0, 5.0), (5.0, 12.0), (-2.0, 5.0))
    # Of the diamond's 98 four corners stick out, triangles of 2 by 4.
    assert abs(signed_area(clipped(diamond, window))) == pytest.approx(98 - 4 * 4)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 360),
    st.tuples(st.floats(-8, 18), st.floats(-8, 18)),
    st.tuples(st.floats(1, 15), st.floats(1, 15)),
)
def test_clipped_area_is_the_share_of_points_in_both(angle, centre, sides):
    radians = math.radians(angle)
    cos, sin = math.cos(radians), math.sin(radians)
    half = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    window = tuple(
        (
            centre[0] + (x * sides[0] * cos - y * sides[1] * sin) / 2,
            centre[1] + (x * sides[0] * sin + y * sides[1] * cos) / 2,
        )
        for x, y in half
    )
    grid = (np.arange(200) + 0.5) / 20
    x, y = np.meshgrid(grid - centre[0], grid - centre[1])
    inside = (abs(x * cos + y * sin) <= sides[0] / 2) & (abs(y * cos - x * sin) <= sides[1] / 2)
    # 200 x 200 points over 10 x 10; an edge passes by some points on the wrong side.
    assert abs(signed_area(clipped(SQUARE, window))) == pytest.approx(inside.sum() / 400, abs=0.3)


# --- outlines -------------------------------------------------------------------------------------


def test_corners_go_clockwise_from_the_results_own_top_left():
    left, top, width, height = region = Region(10, 20, 30, 40)
    cut = StepDraw("random_resized_crop", (8, 8), "", region)
    right, bottom = left + width, top + height
    box = ((left, top), (right, top), (right, bottom), (left, bottom))
    assert Draw(100, 90, (cut,)).corners == box
    flipped = StepDraw("horizontal_flip", (8, 8), "", mirrored=True)
    assert Draw(100, 90, (cut, flipped)).corners == (box[1], box[0], box[3], box[2])
    upside_down = StepDraw("vertical_flip", (8, 8), "", affine=(1.0, 0.0, 0.0, 0.0, -1.0, 8.0))
    drawn = Draw(100, 90, (cut, upside_down))
    assert drawn.corners == (box[3], box[2], box[1], box[0])
    assert drawn.crop_box == region
    assert drawn.upside_down
    assert not drawn.flipped
    assert drawn.kept_fraction == width * height / 9000
    both = Draw(100, 90, (cut, upside_down, flipped))
    assert both.corners == (box[2], box[3], box[0], box[1])
    assert both.crop_box == region


def test_a_crop_after_an_upside_down_picture_is_found_at_the_other_end():
    upside_down = StepDraw("vertical_flip", (100, 90), "", affine=(1.0, 0.0, 0.0, 0.0, -1.0, 100.0))
    cut = StepDraw("pad_crop", (20, 30), "", Region(10, 5, 30, 20))
    assert Draw(100, 90, (upside_down, cut)).crop_box == (10, 75, 30, 20)


def test_a_turned_square_keeps_what_a_turned_square_covers():
    """Two squares about one centre, one turned by 45 degrees, share a regular octagon."""
    drawn = Draw(10, 10, (turn(45.0, 10, 10),))
    assert drawn.kept_fraction == pytest.approx(2 * (math.sqrt(2) - 1))
    assert drawn.padded_fraction == pytest.approx(1 - 2 * (math.sqrt(2) - 1))
    assert drawn.crop_box == pytest.approx((5 - math.sqrt(50),) * 2 + (math.sqrt(200),) * 2)
    # Turned anticlockwise, the top left of the result shows what lay above the centre.
    assert drawn.corners[0] == pytest.approx((5, 5 - math.sqrt(50)))
    assert len(drawn.visible) == 8
    assert drawn.distortion == pytest.approx(1)
    assert drawn.turned == 45
    assert "turned +45°" in drawn.describe()


@pytest.mark.parametrize("angle", [90.0, -90.0, 180.0, 270.0])
def test_a_quarter_turn_of_a_square_loses_nothing(angle):
    drawn = Draw(12, 12, (turn(angle, 12, 12),))
    assert drawn.kept_fraction == 1
    assert drawn.padded_fraction == 0
    assert drawn.crop_box == (0, 0, 12, 12)


def test_a_crop_within_the_turned_picture_has_no_border():
    drawn = Draw(
        100, 100, (turn(30.0, 100, 100), StepDraw("", (20, 20), "", Region(40, 40, 20, 20)))
    )
    assert drawn.kept_fraction == pytest.approx(0.04)
    assert drawn.padded_fraction == pytest.approx(0, abs=1e-12)


def test_what_a_turn_cut_off_does_not_come_back():
    there_and_back = (turn(45.0, 10, 10), turn(-45.0, 10, 10))
    drawn = Draw(10, 10, there_and_back)
    assert drawn.kept_fraction == pytest.approx(2 * (math.sqrt(2) - 1))
    assert drawn.crop_box == pytest.approx((0, 0, 10, 10))


STEPS = (
    st.builds(RandomResizedCrop, size=st.integers(4, 40)),
    st.builds(Resize, size=st.integers(4, 60)),
    st.builds(ResizeExact, size=st.integers(4, 60)),
    st.builds(CenterCrop, size=st.integers(4, 60)),
    st.builds(PadCrop, size=st.just(30), padding=st.integers(15, 20)),
    st.builds(HorizontalFlip),
    st.builds(VerticalFlip),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(*STEPS), max_size=5),
    st.integers(1, 90),
    st.integers(1, 90),
    st.integers(0, 99),
)
def test_upright_outlines_have_the_area_that_polygons_have(steps, height, width, index):
    drawn = drawn_by(*steps, ResizeExact(size=5), height=height, width=width, index=index)
    frames = trace(drawn.steps, height, width).frames
    assert all(frame.upright for frame in frames)
    polygon = frames[0].corners
    for frame in frames[1:]:
        polygon = clipped(polygon, frame.corners)
    assert drawn.kept_fraction * height * width == pytest.approx(
        abs(signed_area(polygon)), abs=1e-6
    )
    assert signed_area(drawn.visible) == pytest.approx(abs(signed_area(polygon)), abs=1e-6)
    box, corners = drawn.crop_box, drawn.corners
    assert box.left == pytest.approx(min(x for x, _ in corners))
    assert box.top + box.height == pytest.approx(max(y for _, y in corners))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(*STEPS, st.builds(RandomRotation, degrees=st.floats(0, 180))), max_size=4),
    st.integers(20, 60),
    st.integers(20, 60),
    st.integers(0, 99),
)
def test_kept_and_border_shares_stay_within_bounds(steps, height, width, index):
    drawn = drawn_by(*steps, ResizeExact(size=5), height=height, width=width, index=index)
    assert 0 <= drawn.kept_fraction <= 1
    assert 0 <= drawn.padded_fraction <= 1
    assert signed_area(drawn.visible) >= 0
    for x, y in drawn.visible:
        assert -1e-6 <= x <= width + 1e-6
        assert -1e-6 <= y <= height + 1e-6


@pytest.mark.parametrize("index", range(12))
def test_outlines_agree_with_where_the_pixels_really_came_from(index):
    """A picture whose colours are its coordinates, turned, cut, flipped, upside down."""
    height, width, side = 200, 250, 64
    y, x = np.mgrid[0:height, 0:width]
    picture = np.stack([x, y, np.full_like(x, 255)], axis=-1).astype(np.uint8)
    spec = AugmentSpec(
        steps=(
            RandomRotation(degrees=60),
            RandomResizedCrop(size=90, scale=(0.3, 1)),
            HorizontalFlip(),
            VerticalFlip(),
            RandomRotation(degrees=30),
            CenterCrop(size=side),
        )
    )
    drawn = draw(spec, height, width, sample_rng(1, 0, index))
    pixels = apply_uint8(spec, picture, drawn).numpy().astype(float)
    (x0, y0), (x1, y1), _, (x3, y3) = drawn.corners
    across, down = np.meshgrid(*[(np.arange(side) + 0.5) / side] * 2)
    expected = np.stack(
        [
            x0 + across * (x1 - x0) + down * (x3 - x0) - 0.5,
            y0 + across * (y1 - y0) + down * (y3 - y0) - 0.5,
        ]
    )
    seen = pixels[2] == 255  # elsewhere black was mixed in
    assert seen.mean() > 0.3
    assert np.abs(pixels[:2] - expected)[:, seen].max() < 3
    covered = (pixels[2] > 127).mean()
    assert covered == pytest.approx(1 - drawn.padded_fraction, abs=0.03)


def test_presets_have_the_boxes_that_they_had():
    """Written down before turned outlines came: no number of an upright pipeline changes."""
    box = draw(PRESETS["imagenet_val"], 375, 500).crop_box
    assert box == (58 * (500 / 341), 16 * (375 / 256), 224 * (500 / 341), 224 * (375 / 256))
