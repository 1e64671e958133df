"""How pixels of every kind become eight-bit RGB: depth, palette, transparency, colour space.

Deeper pixels are scaled, never clipped: 16-bit ones by their full range, floating-point and
32-bit ones from their own darkest and brightest value. Transparent ones are laid on white.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# tRNS of a PNG counts in the file's own units, the loaded pixels in 0 to 255.
_GREY_STEP = {"L;2": 85, "L;4": 17}
_WHITE_IS_ZERO = 0
_PHOTOMETRIC_TAG = 262


def stored_as(image: Image.Image) -> str:
    """Returns how the file stores a pixel, in Pillow's words ("RGB;16B"); known before loading."""
    tiles: list[Any] = getattr(image, "tile", [])
    if not tiles:
        return ""
    args = tiles[0][3]
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def to_rgb(image: Image.Image, notes: list[str], *, stored: str = "") -> NDArray[np.uint8]:
    """Converts a loaded Pillow image of any mode.

    Args:
        image: The image; `load` was called.
        notes: What was done is appended here in plain words.
        stored: `stored_as` of the image before it was loaded.

    Returns:
        (H, W, 3) uint8, C-contiguous, owning its memory.

    Raises:
        ValueError: If a floating-point image has no finite value.
    """
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        return _from_sixteen_bits(image, notes, bits=12 if stored == "I;12" else 16)
    if image.mode in ("I", "F"):
        return _three_channels(_stretch(np.asarray(image), notes))
    if ";16" in stored:
        notes.append("16-bit, scaled to 8-bit")
    if image.has_transparency_data:
        return np.array(_on_white(image, notes, stored=stored))
    if image.mode == "CMYK":
        notes.append("converted from CMYK")
    if image.mode == "LAB":
        notes.append("converted from Lab")
        return np.array(_lab_to_rgb(image))
    # convert() would copy a picture that is RGB already, which most are.
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def array_to_rgb(array: NDArray[Any], notes: list[str]) -> NDArray[np.uint8]:
    """Converts an array of 1 to 4 channels; see `imaging.picture_from_array`.

    Raises:
        ValueError: If the number of channels or the type of numbers is not supported.
    """
    channels = array[..., None] if array.ndim == 2 else array
    if not 1 <= channels.shape[2] <= 4:
        raise ValueError(f"{channels.shape[2]} channels are not supported, only 1 to 4")
    alpha = None
    if channels.shape[2] in (2, 4):
        channels, alpha = channels[..., :-1], channels[..., -1]
    eight = _eight_bits(channels, notes)
    rgb = np.repeat(eight, 3, axis=2) if eight.shape[2] == 1 else np.array(eight, order="C")
    if alpha is None:
        return rgb
    notes.append("transparency laid on white")
    mask = Image.fromarray(_alpha_eight_bits(alpha))
    return np.array(_blend(Image.fromarray(rgb), mask))


def _eight_bits(array: NDArray[Any], notes: list[str]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        notes.append("16-bit, scaled to 8-bit")
        return np.asarray(_table(65535)[array])
    if np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer):
        return _stretch(array, notes)
    raise ValueError(f"numbers of type {array.dtype} are not supported")


def _alpha_eight_bits(alpha: NDArray[Any]) -> NDArray[np.uint8]:
    """Opacity has a fixed range (floating point: 0 to 1), so that it is never stretched."""
    if np.issubdtype(alpha.dtype, np.floating):
        opacity = np.nan_to_num(np.clip(alpha, 0.0, 1.0), nan=1.0)
        return np.asarray(np.rint(opacity * 255.0), dtype=np.uint8)
    return np.ascontiguousarray(_eight_bits(alpha, []))


def _three_channels(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[..., None], 3, axis=2)


def _table(brightest: int) -> NDArray[np.uint8]:
    """Returns the 8-bit value of each 16-bit one, rounded; beyond `brightest` stays white."""
    values = np.arange(65536, dtype=np.float64) * (255.0 / brightest)
    return np.asarray(np.rint(np.minimum(values, 255.0)), dtype=np.uint8)


def _from_sixteen_bits(image: Image.Image, notes: list[str], *, bits: int) -> NDArray[np.uint8]:
    deep = np.asarray(image)
    if image.mode == "I":
        deep = np.clip(deep, 0, 65535)
    notes.append(f"{bits}-bit, scaled to 8-bit")
    table = _table(2**bits - 1)
    if _white_is_zero(image):
        table = np.asarray(255 - table, dtype=np.uint8)
    rgb = _three_channels(table[deep])
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        notes.append("transparency laid on white")
        rgb[deep == transparent] = 255
    return rgb


def _white_is_zero(image: Image.Image) -> bool:
    """TIFF may store black as the largest value; Pillow inverts that for 8 bits but not for 16."""
    tags = getattr(image, "tag_v2", None)
    return tags is not None and tags.get(_PHOTOMETRIC_TAG) == _WHITE_IS_ZERO


def _stretch(deep: NDArray[Any], notes: list[str]) -> NDArray[np.uint8]:
    """Maps the darkest finite value to 0 and the brightest to 255; a flat picture to mid-grey."""
    finite = np.isfinite(deep)
    if not finite.any():
        raise ValueError("it holds no finite number")
    within = deep[finite]
    low, high = float(within.min()), float(within.max())
    notes.append(f"values {low:g} to {high:g} stretched to 0 to 255")
    if low == high:
        return np.full(deep.shape, 128, dtype=np.uint8)
    stretched = np.empty(deep.shape, dtype=np.uint8)
    # Row by row: a large picture would otherwise take many times its size as 64-bit numbers.
    for row, values in zip(stretched, deep, strict=True):
        row[...] = _stretched_row(values, low, high)
    return stretched


def _stretched_row(values: NDArray[Any], low: float, high: float) -> NDArray[np.float64]:
    # Halved, since the span of the largest numbers would overflow.
    fraction = (values.astype(np.float64) / 2 - low / 2) / (high / 2 - low / 2)
    np.nan_to_num(fraction, copy=False, nan=0.0, posinf=1.0, neginf=0.0)
    return np.rint(np.clip(fraction, 0.0, 1.0) * 255.0)


def _on_white(image: Image.Image, notes: list[str], *, stored: str) -> Image.Image:
    """Composites on white, as paper and most viewers show transparent pixels."""
    if image.mode == "La":
        image = image.convert("LA")
    if stored in _GREY_STEP and isinstance(image.info.get("transparency"), int):
        image.info["transparency"] *= _GREY_STEP[stored]
    if ";16" in stored and isinstance(image.info.get("transparency"), tuple):
        image.info["transparency"] = tuple(v >> 8 for v in image.info["transparency"])
    rgba = image.convert("RGBA")
    alpha = rgba.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return rgba.convert("RGB")
    notes.append("transparency laid on white")
    return _blend(rgba.convert("RGB"), alpha)


def _blend(rgb: Image.Image, mask: Image.Image) -> Image.Image:
    white = Image.new("RGB", rgb.size, (255, 255, 255))
    white.paste(rgb, mask=mask)
    return white


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    from PIL import ImageCms  # not at the top: it loads a library that few pictures need

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(
        image,
        lab,
        srgb,
        outputMode="RGB",
        # The usual table of 33 points an axis is 10 levels off in dark colours.
        flags=ImageCms.Flags.NOOPTIMIZE,
    )
    if converted is None:  # only with inPlace
        raise ValueError("Lab could not be converted")
    return converted
