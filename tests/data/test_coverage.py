"""Which parts of a picture the crops show, against counting pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from resnet_studio.data import coverage
from resnet_studio.data.augment import (
    PRESETS,
    AugmentSpec,
    RandomResizedCrop,
    Resize,
    draw,
    sample_rng,
)
from resnet_studio.data.augment_steps import RandomRotation
from resnet_studio.data.coverage import crops_of, drawn_crops, heat_map, losses
from resnet_studio.data.drawn import CropBox

HEIGHT, WIDTH = 60, 90


def _inside(polygon, xs, ys):
    """Tells which points lie in a convex polygon: on the same side of all its edges."""
    sides = []
    for (x, y), (to_x, to_y) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        sides.append((to_x - x) * (ys - y) - (to_y - y) * (xs - x))
    return np.all([side >= 0 for side in sides], axis=0)


@pytest.mark.parametrize(
    "steps",
    [
        (RandomResizedCrop(size=32),),
        (Resize(size=50), RandomResizedCrop(size=32)),
        (RandomResizedCrop(size=32), RandomRotation(degrees=40)),
    ],
    ids=lambda steps: "+".join(step.kind for step in steps),
)
def test_the_heat_map_counts_the_crops_that_hold_the_middle_of_a_pixel(steps):
    spec = AugmentSpec(steps=steps)
    drawn = [draw(spec, HEIGHT, WIDTH, sample_rng(4, 0, index)) for index in range(40)]
    ys, xs = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    counted = sum(_inside(list(each.visible), xs, ys).astype(int) for each in drawn)
    found = heat_map(drawn_crops(spec, HEIGHT, WIDTH, seed=4, count=40))
    assert found.shape == (HEIGHT, WIDTH)
    # A middle that lies on an edge belongs to one side or the other.
    assert (found != counted).mean() < 0.01
    assert np.abs(found - counted).max() <= 1


def test_a_heat_map_of_a_large_picture_has_fewer_cells_with_the_same_shares():
    box = [(100.0, 0.0), (400.0, 0.0), (400.0, 300.0), (100.0, 300.0)]
    found = heat_map(crops_of([box], 300, 400), longest=40)
    assert found.shape == (30, 40)
    assert found.sum() == 30 * 30
    assert not found[:, :10].any()


def test_the_share_of_an_object_is_exact_for_upright_and_turned_crops():
    upright = [(10.0, 10.0), (30.0, 10.0), (30.0, 40.0), (10.0, 40.0)]
    diamond = [(45.0, 10.0), (65.0, 30.0), (45.0, 50.0), (25.0, 30.0)]
    crops = crops_of([upright, diamond, []], HEIGHT, WIDTH)
    assert crops.turned.tolist() == [1]
    box = CropBox(20.0, 20.0, 20.0, 20.0)
    # Of the diamond |x - 45| + |y - 30| <= 20 the box holds a trapezium of widths 5, 15, 5.
    assert losses(crops, box).seen == pytest.approx([0.5, 200 / 400, 0.0])
    whole = CropBox(0.0, 0.0, float(WIDTH), float(HEIGHT))
    assert losses(crops, whole).seen * HEIGHT * WIDTH == pytest.approx([600, 800, 0])


def test_the_share_of_an_object_under_turned_crops_is_that_of_a_fine_count():
    spec = AugmentSpec(steps=(RandomResizedCrop(size=32), RandomRotation(degrees=40)))
    drawn = [draw(spec, HEIGHT, WIDTH, sample_rng(4, 0, index)) for index in range(30)]
    found = losses(
        drawn_crops(spec, HEIGHT, WIDTH, seed=4, count=30), CropBox(30.0, 20.0, 20.0, 10.0)
    )
    ys, xs = np.mgrid[20:30:0.05, 30:50:0.05] + 0.025
    counted = [_inside(list(each.visible), xs, ys).mean() for each in drawn]
    assert found.seen == pytest.approx(counted, abs=2e-3)
    assert 0 < found.lost < 1


def test_losing_an_object_is_told_in_shares_with_an_interval():
    seen = np.array([0.0, 0.2, 0.3, 0.49, 0.6, 1.0, 1.0, 1.0])
    found = coverage.Losses(seen, lost_below=0.25)
    assert found.lost == 2 / 8
    assert found.halved == 4 / 8
    assert found.whole == 3 / 8
    assert found.worst(3) == (0, 1, 2)
    # Wilson's interval of 2 in 8 is 7.1 % to 59.1 %.
    assert found.interval == pytest.approx((0.0715, 0.5907), abs=1e-3)
    assert coverage.Losses(np.ones(5)).interval[0] == pytest.approx(0)
    assert coverage.Losses(np.ones(5)).interval[1] > 0.3


def test_a_centre_crop_never_loses_the_middle_and_always_the_corner():
    crops = drawn_crops(PRESETS["imagenet_val"], 300, 600, seed=0, count=100)
    assert losses(crops, CropBox(280.0, 130.0, 40.0, 40.0)).lost == 0
    assert losses(crops, CropBox(0.0, 0.0, 40.0, 40.0)).lost == 1


def test_an_object_of_no_area_is_refused():
    crops = crops_of([], HEIGHT, WIDTH)
    with pytest.raises(ValueError, match="marks nothing"):
        losses(crops, CropBox(5.0, 5.0, 0.0, 3.0))


def test_pipelines_are_compared_by_the_same_draws_of_both_rules():
    rows = coverage.rival_crops(PRESETS["imagenet_train"], 300, 400, seed=0, count=100)
    by_name = {row.rival: row for row in rows}
    assert list(by_name) == [
        "present", "log_uniform", "uniform_swap", "paper", "pad_crop", "centre"
    ]  # fmt: skip
    np.testing.assert_array_equal(
        by_name["present"].crops.boxes, by_name["log_uniform"].crops.boxes
    )
    # Resized to 256 and cut to 224, a picture of 4 : 3 shows (224 / 256)² · 3 / 4 of its area.
    assert by_name["centre"].kept == pytest.approx((224 / 256) ** 2 * 3 / 4, abs=2e-3)
    # The paper's crop keeps a share of (224 / s)² · 3 / 4 for sides s of 256 to 480.
    sides = np.arange(256, 481)
    expected = float(np.mean((224 / sides) ** 2 * 3 / 4))
    assert by_name["paper"].kept == pytest.approx(expected, abs=4 * 0.16 / math.sqrt(100))


def test_a_rival_that_cannot_read_the_picture_says_why_in_its_row():
    rows = coverage.rival_crops(PRESETS["imagenet_train"], 4, 100_000, seed=0, count=100)
    problems = {row.rival: row.problem for row in rows}
    assert problems["present"] == ""
    assert "elongated" in problems["paper"]


def test_the_largest_pipeline_has_rivals_too():
    largest = AugmentSpec(steps=(RandomResizedCrop(size=8192),))
    assert {spec.output_size for _, spec in coverage.rivals(largest)} == {8192}
