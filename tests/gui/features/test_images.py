from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from resnet_studio.gui.features.images import (
    LONGEST_SHOWN,
    levels_image,
    number,
    percent,
    ramp_image,
    rgb_image,
    shown_image,
)
from resnet_studio.probe.colours import sequential_map


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (0.01234, "0.0123"),
        (4.5678, "4.57"),
        (-2.5, "−2.5"),
        (1234.4, "1234"),
        (9999.7, "10000"),
        (120.0, "120"),
        (23_456_789.0, "2.3e7"),
        (0.00001234, "1.2e−5"),
        (float("inf"), "∞"),
        (float("nan"), "NaN"),
    ],
)
def test_numbers_have_three_digits_and_no_clutter(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("probability", "text"),
    [(1.0, "100.0 %"), (0.9731, "97.3 %"), (0.0512, "5.12 %"), (0.0004, "0.04 %"), (0, "< 0.01 %")],
)
def test_probabilities_are_percent(probability, text):
    assert percent(probability) == text


def test_levels_get_the_colours_of_the_map_and_gaps_are_transparent(qapp):
    image = levels_image(np.array([[0, 1, 255]], dtype=np.uint8))
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(1, 0) == QColor(*map(int, sequential_map()[0]))
    assert image.pixelColor(2, 0) == QColor(*map(int, sequential_map()[-1]))


def test_the_ramp_is_the_map_from_low_to_high(qapp):
    ramp = ramp_image()
    assert (ramp.width(), ramp.height()) == (255, 1)
    assert ramp.pixelColor(100, 0) == QColor(*map(int, sequential_map()[100]))


def test_an_image_outlives_its_array(qapp):
    pixels = np.full((2, 3, 3), (10, 20, 30), dtype=np.uint8)
    image = rgb_image(pixels)
    pixels[:] = 0
    assert image.pixelColor(2, 1) == QColor(10, 20, 30)


@pytest.mark.parametrize("size", [(20, 3), (5000, 40), (300, 9001)])
def test_huge_pictures_are_reduced_for_the_screen_in_their_shape(qapp, size):
    width, height = size
    image = shown_image(np.zeros((height, width, 3), dtype=np.uint8))
    assert max(image.width(), image.height()) <= LONGEST_SHOWN
    assert image.width() / image.height() == pytest.approx(width / height, rel=0.05)
