from __future__ import annotations

import numpy as np
import pytest

from resnet_studio.probe.colours import (
    LEVELS,
    MIDDLE_LEVEL,
    Palette,
    argb_table,
    colourise,
    diverging_map,
    sequential_map,
)

# Machado, Oliveira and Fernandes (2009): what linear RGB becomes for a person who lacks one cone.
_BLINDNESS = {
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def _linear(colours: np.ndarray) -> np.ndarray:
    value = colours / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _luminance(linear: np.ndarray) -> np.ndarray:
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def _lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    relative = (linear @ to_xyz.T) / np.array([0.9505, 1.0, 1.089])
    f = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116)
    return np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )


def test_lightness_rises_with_every_level_from_dark_to_light():
    lightness = _lab(_linear(sequential_map()))[:, 0]
    assert len(lightness) == LEVELS
    assert lightness[0] < 15
    assert lightness[-1] > 90
    # 0.1: rounding to 8 bits may take back a trace, never a step that the eye could see.
    assert np.diff(lightness).min() > -0.1
    assert np.diff(lightness[::4]).min() > 0


@pytest.mark.parametrize("kind", _BLINDNESS)
def test_levels_stay_in_order_for_the_colour_blind(kind):
    seen = np.clip(_linear(sequential_map()) @ np.array(_BLINDNESS[kind]).T, 0, 1)
    assert np.diff(_luminance(seen)[::8]).min() > 0


def test_neighbouring_levels_are_about_equally_far_apart():
    lab = _lab(_linear(sequential_map()))
    steps = np.linalg.norm(lab[8::8] - lab[:-8:8], axis=1)
    assert steps.max() / steps.min() < 2.6


def test_level_zero_is_transparent_and_the_others_are_opaque():
    words = colourise(np.array([[0, 1, 255]], dtype=np.uint8))
    assert words.shape == (1, 3)
    assert words[0, 0] == 0
    red, green, blue = (int(part) for part in sequential_map()[-1])
    assert words[0, 2] == 0xFF000000 | red << 16 | green << 8 | blue
    assert (argb_table()[1:] >> 24 == 0xFF).all()


def test_the_diverging_map_is_palest_at_zero_and_darkens_alike_to_both_sides():
    lab = _lab(_linear(diverging_map()))
    middle = MIDDLE_LEVEL - 1
    assert len(lab) == LEVELS
    assert np.linalg.norm(lab[middle, 1:]) < 2  # no hue of its own
    assert lab[middle, 0] > 92
    below, above = lab[middle::-1, 0], lab[middle:, 0]
    # 4 of 100: CIELAB and Oklab do not quite agree on how light blue is.
    assert np.abs(below - above).max() < 4
    assert max(np.diff(below[::4]).max(), np.diff(above[::4]).max()) < 0


@pytest.mark.parametrize("kind", _BLINDNESS)
def test_the_sign_can_be_told_by_the_colour_blind_already_at_a_quarter_of_the_range(kind):
    seen = np.clip(_linear(diverging_map()) @ np.array(_BLINDNESS[kind]).T, 0, 1)
    lab = _lab(seen)
    quarter, middle = LEVELS // 8, MIDDLE_LEVEL - 1
    for away in range(quarter, MIDDLE_LEVEL, 8):
        assert np.linalg.norm(lab[middle - away] - lab[middle + away]) > 12


def test_each_palette_has_a_table_of_its_own():
    level = np.array([1], dtype=np.uint8)
    red, green, blue = (int(part) for part in diverging_map()[0])
    assert colourise(level, Palette.DIVERGING)[0] == 0xFF000000 | red << 16 | green << 8 | blue
    assert colourise(level)[0] == argb_table(Palette.SEQUENTIAL)[1]
