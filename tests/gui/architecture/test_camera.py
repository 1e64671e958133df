"""Zoom and pan as arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_studio.gui.architecture.camera import MAX_ZOOM, Camera, fitted
from resnet_studio.gui.architecture.geometry import Rect

WINDOW = Rect(0, 50, 900, 300)
pixels = st.floats(-2000, 2000)


@given(st.floats(0.01, 10), pixels, pixels, st.floats(0.1, 10), pixels, pixels)
def test_zooming_keeps_the_point_under_the_pointer(zoom, x, y, factor, at_x, at_y):
    before = Camera(zoom, x, y)
    after = before.zoomed(factor, at_x, at_y, least=0.005)
    kept = after.to_screen(*before.to_drawing(at_x, at_y))
    assert kept == pytest.approx((at_x, at_y), abs=1e-6)


def test_the_zoom_has_limits():
    assert Camera(1).zoomed(1e9, 0, 0, least=0.5).zoom == MAX_ZOOM
    assert Camera(1).zoomed(1e-9, 0, 0, least=0.5).zoom == 0.5


@given(st.floats(1, 20_000), st.floats(1, 2000))
def test_a_fitted_drawing_is_whole_and_in_the_middle(width, height):
    bounds = Rect(-10, -height / 3, width, height)
    seen = fitted(bounds, WINDOW).rect(bounds)
    assert seen.w <= WINDOW.w + 1e-6
    assert seen.h <= WINDOW.h + 1e-6
    assert (seen.cx, seen.cy) == pytest.approx((WINDOW.cx, WINDOW.cy))


@given(pixels, pixels, st.floats(1, 800), st.floats(1, 250))
def test_revealing_shows_the_whole_target(x, y, width, height):
    target = Rect(x, y, width, height)
    seen = Camera().revealing(target, WINDOW).rect(target)
    assert WINDOW.contains(seen.x, seen.y, margin=1e-6)
    assert WINDOW.contains(seen.right, seen.bottom, margin=1e-6)


def test_revealing_moves_nothing_that_is_in_sight():
    camera = Camera(2, 10, 60)
    assert camera.revealing(Rect(0, 0, 100, 100), WINDOW) == camera
