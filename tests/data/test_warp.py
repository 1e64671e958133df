"""Turned and sheared pictures, against torchvision's functions on tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from resnet_studio.data.affine import inverse_affine
from resnet_studio.data.warp import turned, warped

ANGLES = st.one_of(
    st.floats(-400, 400, allow_nan=False), st.sampled_from([-180.0, -90.0, 0.0, 90.0, 270.0, 360.0])
)
COLOURS = st.one_of(
    st.none(), st.just([0, 0, 0]), st.lists(st.integers(0, 255), min_size=3, max_size=3)
)
SIDES = st.integers(1, 60)


def noise(height, width):
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)


def planes(rgb):
    return torch.from_numpy(rgb.copy()).permute(2, 0, 1).contiguous()


@settings(max_examples=150, deadline=None)
@given(SIDES, SIDES, st.booleans(), ANGLES, st.sampled_from(["nearest", "bilinear"]), COLOURS)
def test_a_turned_picture_has_torchvisions_bits(height, width, square, angle, mode, fill):
    rgb = noise(height, height if square else width)
    theirs = functional.rotate(planes(rgb), angle, interpolation=InterpolationMode(mode), fill=fill)
    mine = turned(rgb, angle, interpolation=mode, fill=fill)
    assert mine.flags.c_contiguous
    assert np.array_equal(mine, theirs.permute(1, 2, 0).numpy())


@settings(max_examples=100, deadline=None)
@given(
    SIDES,
    SIDES,
    st.tuples(ANGLES, st.floats(0.1, 5), st.floats(-60, 60), st.floats(-60, 60)),
    st.tuples(st.integers(-70, 70), st.integers(-70, 70)),
    st.sampled_from(["nearest", "bilinear"]),
    COLOURS,
)
def test_a_sheared_and_shifted_picture_has_torchvisions_bits(
    height, width, shape, shift, mode, fill
):
    angle, scale, *shear = shape
    rgb = noise(height, width)
    theirs = functional.affine(
        planes(rgb),
        angle=angle,
        translate=list(shift),
        scale=scale,
        shear=shear,
        interpolation=InterpolationMode(mode),
        fill=fill,
    )
    matrix = inverse_affine(angle, translate=shift, scale=scale, shear=tuple(shear))
    mine = warped(rgb, matrix, interpolation=mode, fill=fill)
    assert np.array_equal(mine, theirs.permute(1, 2, 0).numpy())


@pytest.mark.parametrize("angle", [30.0, 90.0, 180.0])
def test_the_picture_that_is_turned_stays_as_it_was(angle):
    rgb = noise(20, 20)
    before = rgb.copy()
    rgb.flags.writeable = False
    turned(rgb, angle, interpolation="bilinear", fill=(1, 2, 3))
    assert np.array_equal(rgb, before)
