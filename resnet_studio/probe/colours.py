"""The colour maps of the feature maps: one for amounts, one for values with a sign.

Both are computed here, not tabulated, in Oklab (Björn Ottosson 2020, "A perceptual color space
for image processing"), where equal distances look about equally different; neighbouring levels
are equally far apart, so that no edge appears where the values have none.

The sequential map runs from dark violet through blue and green to light yellow. Lightness only
rises, so that it reads the same for every kind of colour blindness and on a grey print, and the
hue never sets red against green. The diverging map has zero in the middle, nearly white, and
darkens alike to both sides: to blue below and to orange brown above, the two hues that stay
apart for all who lack one kind of cone.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache

import numpy as np
import numpy.typing as npt

Colours = npt.NDArray[np.uint8]
_Floats = npt.NDArray[np.float64]

LEVELS = 255
"""Colours of a map. Levels run from 1 to 255: level 0 of a mosaic is the gap between tiles."""
MIDDLE_LEVEL = 128
"""The level of zero in the diverging map."""


class Palette(StrEnum):
    """Which colours the levels get."""

    SEQUENTIAL = "sequential"
    DIVERGING = "diverging"


# Lightness and hue (degrees) at both ends, and the most chroma wished for. Chosen by eye on
# photographs' feature maps: darker ends hide faint activations on a projector.
_LIGHTNESS = (0.22, 0.94)
_HUE = (310.0, 105.0)
_CHROMA = 0.15

# The diverging map: lightness in the middle and at both ends, hue (degrees) below and above zero,
# and the chroma of the ends, which is about the most that sRGB has for the blue one.
_MIDDLE_LIGHTNESS, _END_LIGHTNESS = 0.97, 0.38
_COLD, _WARM = 255.0, 48.0
_END_CHROMA = 0.13

# Ottosson's matrices: Oklab to cube roots of cone responses, and cone responses to linear sRGB.
_LAB_TO_ROOTS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_CONES_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


@cache
def sequential_map() -> Colours:
    """Returns the colours of levels 1 to 255, low to high: (255, 3) uint8 sRGB, read-only."""
    fine = _path(np.linspace(0.0, 1.0, 2001))
    walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    even = np.linspace(0.0, walked[-1], LEVELS)
    lab = np.stack([np.interp(even, walked, fine[:, axis]) for axis in range(3)], axis=1)
    colours = np.round(255.0 * _encode(_linear_rgb(lab))).astype(np.uint8)
    colours.setflags(write=False)
    return colours


@cache
def diverging_map() -> Colours:
    """Returns the colours of levels 1 to 255, zero at level 128: (255, 3) uint8 sRGB, read-only."""
    arms = [_arm(hue) for hue in (_COLD, _WARM)]
    lab = np.concatenate([arms[0][::-1], arms[1][1:]])
    colours = np.round(255.0 * _encode(_linear_rgb(lab))).astype(np.uint8)
    colours.setflags(write=False)
    return colours


def colour_map(palette: Palette) -> Colours:
    """Returns the colours of levels 1 to 255: (255, 3) uint8 sRGB, read-only."""
    return diverging_map() if palette == Palette.DIVERGING else sequential_map()


@cache
def argb_table(palette: Palette = Palette.SEQUENTIAL) -> npt.NDArray[np.uint32]:
    """Returns one 0xAARRGGBB word for each level 0 to 255; level 0 is fully transparent."""
    colours = colour_map(palette).astype(np.uint32)
    words = np.zeros(LEVELS + 1, dtype=np.uint32)
    words[1:] = 0xFF000000 | colours[:, 0] << 16 | colours[:, 1] << 8 | colours[:, 2]
    words.setflags(write=False)
    return words


def colourise(
    levels: npt.NDArray[np.uint8], palette: Palette = Palette.SEQUENTIAL
) -> npt.NDArray[np.uint32]:
    """Turns levels 0 to 255 of any shape into 0xAARRGGBB words (premultiplied: alpha 0 or 255)."""
    return argb_table(palette)[levels]


def _arm(hue: float) -> _Floats:
    """Returns the (128, 3) Oklab colours from the middle of the diverging map to one end."""
    position = np.linspace(0.0, 1.0, MIDDLE_LEVEL)
    lightness = _MIDDLE_LIGHTNESS + (_END_LIGHTNESS - _MIDDLE_LIGHTNESS) * position
    angle = np.full_like(position, np.radians(hue))
    wished = _END_CHROMA * position
    limit = 0.97 * _chroma_limit(lightness, angle)
    chroma = np.minimum(wished, limit)
    return np.stack([lightness, chroma * np.cos(angle), chroma * np.sin(angle)], axis=1)


def _path(position: _Floats) -> _Floats:
    """Returns Oklab colours at `position` (0 to 1) along the map, not yet evenly spaced."""
    lightness = np.interp(position, (0.0, 1.0), _LIGHTNESS)
    hue = np.radians(np.interp(position, (0.0, 1.0), _HUE))
    limit = 0.97 * _chroma_limit(lightness, hue)
    # A soft minimum: a hard one would put a visible crease where the gamut takes over.
    chroma = (_CHROMA**-6 + limit**-6) ** (-1 / 6)
    return np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)


def _chroma_limit(lightness: _Floats, hue: _Floats) -> _Floats:
    """Returns the largest chroma that sRGB can show at each lightness and hue, by bisection."""
    low, high = np.zeros_like(lightness), np.full_like(lightness, 0.4)
    for _ in range(24):
        middle = (low + high) / 2
        lab = np.stack([lightness, middle * np.cos(hue), middle * np.sin(hue)], axis=1)
        rgb = _linear_rgb(lab)
        shown = ((rgb >= 0.0) & (rgb <= 1.0)).all(axis=1)
        low, high = np.where(shown, middle, low), np.where(shown, high, middle)
    return low


def _linear_rgb(lab: _Floats) -> _Floats:
    linear: _Floats = (lab @ _LAB_TO_ROOTS.T) ** 3 @ _CONES_TO_RGB.T
    return linear


def _encode(linear: _Floats) -> _Floats:
    """Applies the transfer curve of sRGB (IEC 61966-2-1)."""
    bounded = np.clip(linear, 0.0, 1.0)
    curve = 1.055 * np.maximum(bounded, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(bounded <= 0.0031308, 12.92 * bounded, curve)
