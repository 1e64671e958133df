"""Matrices of turns and shears: torchvision's numbers, and in pixels what numpy's turns do."""

from __future__ import annotations

import numpy as np
import pytest
from torchvision.transforms.v2.functional import _geometry

from resnet_studio.data.affine import (
    in_pixels,
    inverse_affine,
    quarter_turns,
    turning,
    turning_in_pixels,
)


def moved(affine, x, y):
    a, b, c, d, e, f = affine
    return a * x + b * y + c, d * x + e * y + f


@pytest.mark.parametrize("seed", range(5))
def test_a_matrix_is_torchvisions_to_the_last_bit(seed):
    angle, scale, *rest = np.random.default_rng(seed).uniform(-50, 50, 8).tolist()
    translate, shear, centre = rest[:2], rest[2:4], rest[4:6]
    theirs = _geometry._get_inverse_affine_matrix(centre, angle, translate, abs(scale), shear)
    mine = inverse_affine(
        angle,
        translate=tuple(translate),
        scale=abs(scale),
        shear=tuple(shear),
        centre=tuple(centre),
    )
    assert list(mine) == theirs


@pytest.mark.parametrize(
    ("angle", "height", "width", "quarters"),
    [
        (0.0, 5, 7, 0),
        (360.0, 5, 7, 0),
        (180.0, 5, 7, 2),
        (-180.0, 5, 7, 2),
        (90.0, 6, 6, 1),
        (-90.0, 6, 6, 3),
        (90.0, 5, 7, None),
        (45.0, 6, 6, None),
    ],
)
def test_whole_pixels_move_by_quarters_of_squares_and_halves(angle, height, width, quarters):
    assert quarter_turns(angle, height, width) == quarters


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_quarter_turn_in_pixels_points_to_the_pixel_that_numpy_takes(quarters):
    side = 4
    numbered = np.arange(side * side).reshape(side, side)
    result = np.rot90(numbered, quarters)
    affine = turning_in_pixels(90.0 * quarters, side, side)
    for row in range(side):
        for column in range(side):
            x, y = moved(affine, column + 0.5, row + 0.5)
            assert numbered[int(y), int(x)] == result[row, column]
    # The general formula says the same, but for the last bits of a cosine.
    assert in_pixels(turning(90.0 * quarters), side, side) == pytest.approx(affine)


def test_no_turn_moves_nothing():
    assert turning_in_pixels(0.0, 5, 7) is None
    assert turning_in_pixels(720.0, 5, 7) is None


def test_the_centre_stays_where_it_is():
    assert moved(turning_in_pixels(33.0, 20, 30), 15, 10) == pytest.approx((15, 10))
