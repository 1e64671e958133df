"""Opening pictures: every mode against numpy, every bad file one clear error."""

from __future__ import annotations

import colorsys
import io
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from resnet_studio.data import imaging
from resnet_studio.data.imaging import (
    SUFFIXES,
    Picture,
    UnreadablePictureError,
    open_picture,
    picture_from_array,
    read_header,
    sample_pictures,
)
from resnet_studio.data.pixels import to_rgb
from resnet_studio.errors import PictureError
from tests.data import pictures
from tests.data.pictures import encoded, gradient, smooth


def assert_equal_within(rgb: np.ndarray, expected: np.ndarray, *, levels: float = 1) -> None:
    """Compares with a reference in 0..255; the default allows for rounding only."""
    assert rgb.dtype == np.uint8
    assert rgb.shape == expected.shape
    worst = np.abs(rgb.astype(np.float64) - expected).max()
    assert worst <= levels, f"differs by {worst} of 255"


def grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None].astype(np.float64), 3, axis=2)


def over_white(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    opacity = alpha[..., None].astype(np.float64) / 255
    return colour * opacity + 255 * (1 - opacity)


def refused(source, **options) -> UnreadablePictureError:
    with pytest.raises(UnreadablePictureError) as caught:
        open_picture(source, **options)
    return caught.value


# Depths and modes


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "PPM", "QOI", "TGA", "SGI", "PCX"])
def test_lossless_rgb_is_returned_as_it_is(file_format):
    array = gradient()
    picture = open_picture(encoded(array, file_format))
    assert np.array_equal(picture.rgb, array)
    assert picture.notes == ()


@pytest.mark.parametrize(
    ("file_format", "options"), [("WEBP", {"lossless": True}), ("JPEG2000", {})]
)
def test_lossless_codecs_return_the_pixels_that_went_in(file_format, options):
    array = smooth()
    assert np.array_equal(open_picture(encoded(array, file_format, **options)).rgb, array)


@pytest.mark.parametrize("file_format", ["JPEG", "AVIF"])
def test_lossy_codecs_come_close(file_format):
    array = smooth()
    picture = open_picture(encoded(array, file_format, quality=95))
    assert_equal_within(picture.rgb, array, levels=12)


def test_grey_becomes_three_equal_channels():
    array = gradient(channels=1)[..., 0]
    assert_equal_within(open_picture(encoded(array, "PNG")).rgb, grey(array), levels=0)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_shallow_grey_fills_the_whole_range(bits):
    brightest = 2**bits - 1
    values = np.arange(48).reshape(6, 8, 1) % (brightest + 1)
    rgb = open_picture(pictures.png(values, bits=bits, colour=pictures.GREY)).rgb
    assert_equal_within(rgb, grey(values[..., 0] * 255 / brightest), levels=0)


def test_one_bit_is_black_and_white():
    array = gradient(channels=1)[..., 0] > 127
    rgb = open_picture(encoded(Image.fromarray(array), "TIFF")).rgb
    assert_equal_within(rgb, grey(array * 255), levels=0)


SIXTEEN = np.linspace(0, 65535, 48).reshape(6, 8).astype(np.uint16)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_saturated(file_format):
    picture = open_picture(encoded(SIXTEEN, file_format))
    assert_equal_within(picture.rgb, grey(SIXTEEN / 65535 * 255), levels=0.5)
    assert picture.notes == ("16-bit, scaled to 8-bit",)


def test_sixteen_bit_big_endian_tiff_is_scaled():
    image = Image.frombytes("I;16B", (8, 6), SIXTEEN.astype(">u2").tobytes())
    data = encoded(image, "TIFF")
    assert Image.open(io.BytesIO(data)).mode == "I;16B"
    assert_equal_within(open_picture(data).rgb, grey(SIXTEEN / 65535 * 255), levels=0.5)


def test_a_dark_sixteen_bit_picture_stays_dark():
    dark = (SIXTEEN // 100).astype(np.uint16)
    assert open_picture(encoded(dark, "PNG")).rgb.max() == round(655 / 65535 * 255)


def test_sixteen_bit_pgm_uses_its_own_maximum():
    values = SIXTEEN // 64  # 10 bits
    head = b"P5 8 6 1023\n"
    rgb = open_picture(head + values.astype(">u2").tobytes()).rgb
    assert_equal_within(rgb, grey(values / 1023 * 255))


def test_white_is_zero_sixteen_bit_tiff_is_inverted():
    data = encoded(SIXTEEN, "TIFF", tiffinfo={262: 0})
    assert_equal_within(open_picture(data).rgb, grey(255 - SIXTEEN / 65535 * 255), levels=0.5)


@pytest.mark.parametrize(
    ("colour", "channels"),
    [(pictures.RGB, 3), (pictures.GREY_ALPHA, 2), (pictures.RGBA, 4)],
)
def test_sixteen_bit_colour_and_alpha_are_scaled(colour, channels):
    samples = np.random.default_rng(3).integers(0, 65536, (6, 8, channels))
    picture = open_picture(pictures.png(samples, bits=16, colour=colour))
    scaled = samples / 65535 * 255
    tones = scaled[..., :3] if channels >= 3 else grey(scaled[..., 0])
    expected = tones if channels == 3 else over_white(tones, scaled[..., -1])
    # Pillow keeps the upper byte of each sample: up to a level off in colour and in opacity.
    assert_equal_within(picture.rgb, expected, levels=1 if channels == 3 else 2)
    assert "16-bit, scaled to 8-bit" in picture.notes


def test_thirty_two_bit_integers_are_stretched_from_their_own_range():
    array = np.linspace(-70_000, 3_000_000, 48).reshape(6, 8).astype(np.int32)
    picture = open_picture(encoded(array, "TIFF"))
    expected = (array - array.min()) / (array.max() - array.min()) * 255
    assert_equal_within(picture.rgb, grey(expected), levels=0.51)
    assert "stretched" in picture.notes[0]


def test_floating_point_is_stretched_and_ignores_what_is_not_finite():
    array = np.linspace(-0.25, 7.5, 48).reshape(6, 8).astype(np.float32)
    array[0, 3], array[1, 1], array[2, 2] = np.nan, np.inf, -np.inf
    rgb = open_picture(encoded(array, "TIFF")).rgb
    expected = (np.clip(array, -0.25, 7.5) + 0.25) / 7.75 * 255
    expected[0, 3] = 0
    assert_equal_within(rgb, grey(expected), levels=0.51)


def test_the_widest_floating_point_range_does_not_overflow():
    edge = np.finfo(np.float32).max
    rgb = open_picture(encoded(np.array([[-edge, 0, edge]], np.float32), "TIFF")).rgb
    assert rgb[0, :, 0].tolist() == [0, 128, 255]


def test_a_flat_floating_point_picture_is_mid_grey():
    assert (open_picture(encoded(np.full((3, 3), 0.3, np.float32), "TIFF")).rgb == 128).all()


def test_floating_point_without_one_finite_value_is_refused():
    error = refused(encoded(np.full((3, 3), np.nan, np.float32), "TIFF"))
    assert "no finite number" in error.reason


def test_a_palette_is_looked_up():
    image = Image.fromarray(gradient()).quantize(16)
    table = np.array(image.getpalette()).reshape(-1, 3)
    assert_equal_within(open_picture(encoded(image, "PNG")).rgb, table[np.asarray(image)], levels=0)


@pytest.mark.parametrize("transparency", [5, bytes(range(0, 256, 16))])
def test_a_palette_with_transparency_is_laid_on_white(transparency):
    image = Image.fromarray(gradient()).quantize(16)
    indices = np.asarray(image)
    table = np.array(image.getpalette()).reshape(-1, 3)[indices]
    opacity = np.full(256, 255)
    if isinstance(transparency, int):
        opacity[transparency] = 0
    else:
        opacity[: len(transparency)] = list(transparency)
    picture = open_picture(encoded(image, "PNG", transparency=transparency))
    assert_equal_within(picture.rgb, over_white(table, opacity[indices]))
    assert picture.notes == ("transparency laid on white",)


def test_a_transparent_gif_is_laid_on_white():
    image = Image.fromarray(gradient()).quantize(16)
    indices = np.asarray(image)
    table = np.array(image.getpalette()).reshape(-1, 3)[indices].astype(float)
    table[indices == 3] = 255
    assert_equal_within(open_picture(encoded(image, "GIF", transparency=3)).rgb, table, levels=0)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_alpha_is_laid_on_white(mode, file_format):
    array = gradient(channels=len(mode))
    tones = grey(array[..., 0]) if mode == "LA" else array[..., :3]
    picture = open_picture(encoded(Image.fromarray(array), file_format))
    assert_equal_within(picture.rgb, over_white(tones, array[..., -1]))
    assert picture.notes == ("transparency laid on white",)


def test_an_opaque_alpha_channel_is_not_worth_a_note():
    array = gradient(channels=4)
    array[..., 3] = 255
    picture = open_picture(encoded(array, "PNG"))
    assert np.array_equal(picture.rgb, array[..., :3])
    assert picture.notes == ()


@pytest.mark.parametrize(("bits", "key"), [(1, 1), (2, 2), (4, 7), (8, 200), (16, 40000)])
def test_a_transparent_grey_of_a_png_is_white_at_every_depth(bits, key):
    values = np.arange(48).reshape(6, 8, 1) * (1 if bits < 8 else (2**bits - 1) // 48) % 2**bits
    values[2, 3] = key
    data = pictures.png(values, bits=bits, colour=pictures.GREY, trns=key.to_bytes(2, "big"))
    expected = values[..., 0] / (2**bits - 1) * 255
    expected[values[..., 0] == key] = 255
    assert_equal_within(open_picture(data).rgb, grey(expected))


@pytest.mark.parametrize("bits", [8, 16])
def test_a_transparent_colour_of_a_png_is_white(bits):
    samples = np.random.default_rng(5).integers(0, 2**bits, (6, 8, 3))
    key = samples[4, 4]
    data = pictures.png(samples, bits=bits, colour=pictures.RGB, trns=key.astype(">u2").tobytes())
    expected = samples / (2**bits - 1) * 255
    expected[4, 4] = 255
    assert_equal_within(open_picture(data).rgb, expected)


def premultiplied(array: np.ndarray) -> np.ndarray:
    whole = array.astype(int)
    whole[..., :-1] = whole[..., :-1] * whole[..., -1:] // 255
    return whole.astype(np.uint8)


@pytest.mark.parametrize("mode", ["RGBa", "La"])
def test_premultiplied_alpha_is_laid_on_white(mode):
    array = premultiplied(gradient(channels=len(mode)))
    image = Image.frombytes(mode, (8, 6), array.tobytes())
    tones = grey(array[..., 0]) if mode == "La" else array[..., :3].astype(float)
    expected = tones + 255 - grey(array[..., -1])
    # A premultiplied colour of low opacity has lost its digits before we see it.
    assert_equal_within(to_rgb(image, []), expected, levels=2)


@pytest.mark.parametrize("file_format", ["TIFF", "JPEG"])
def test_cmyk_becomes_the_colours_of_the_inks(file_format):
    ink = np.dstack([smooth(), np.full((48, 64), 40, np.uint8)])
    image = Image.frombytes("CMYK", (64, 48), ink.tobytes())
    picture = open_picture(
        encoded(image, file_format, **({"quality": 100} if file_format == "JPEG" else {}))
    )
    c = ink.astype(float) / 255
    expected = 255 * (1 - c[..., :3]) * (1 - c[..., 3:])
    assert_equal_within(picture.rgb, expected, levels=1 if file_format == "TIFF" else 6)
    assert picture.notes == ("converted from CMYK",)


def lab_reference(lightness: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """CIE 15:2004 from Lab (D50) and IEC 61966-2-1 with the Bradford-adapted matrix."""
    fy = (lightness + 16) / 116
    f = np.stack([fy + a / 500, fy, fy - b / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * [0.96422, 1.0, 0.82521]
    to_linear = np.array(
        [
            [3.1338561, -1.6168667, -0.4906146],
            [-0.9787684, 1.9161415, 0.0334540],
            [0.0719453, -0.2289914, 1.4052427],
        ]
    )
    linear = np.clip(xyz @ to_linear.T, 0, 1)
    gamma = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return gamma * 255


def test_lab_becomes_srgb():
    lightness, a = np.meshgrid(np.linspace(60, 200, 8), np.linspace(-20, 20, 6))
    b = a[:, ::-1] / 2
    stored = np.stack([lightness, a.round() + 128, b.round() + 128], 2).round().astype(np.uint8)
    image = Image.frombytes("LAB", (8, 6), (stored ^ [0, 128, 128]).astype(np.uint8).tobytes())
    picture = open_picture(encoded(image, "TIFF"))
    numbers = stored.astype(float)
    expected = lab_reference(numbers[..., 0] / 2.55, numbers[..., 1] - 128, numbers[..., 2] - 128)
    assert_equal_within(picture.rgb, expected, levels=2)
    assert picture.notes == ("converted from Lab",)


def test_hsv_becomes_rgb():
    array = gradient()
    image = Image.frombytes("HSV", (8, 6), array.tobytes())
    expected = np.array(
        [[np.multiply(colorsys.hsv_to_rgb(*(p / 255)), 255) for p in row] for row in array]
    )
    assert_equal_within(to_rgb(image, []), expected, levels=2)


def test_ycbcr_becomes_rgb_as_jfif_says():
    array = gradient()
    y, cb, cr = (array[..., i].astype(float) for i in range(3))
    expected = np.stack(
        [
            y + 1.402 * (cr - 128),
            y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128),
            y + 1.772 * (cb - 128),
        ],
        2,
    )
    rgb = to_rgb(Image.frombytes("YCbCr", (8, 6), array.tobytes()), [])
    assert_equal_within(rgb, np.clip(expected, 0, 255))


# Orientation and frames


def with_orientation(array: np.ndarray, file_format: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}.get(file_format, {})
    return encoded(array, file_format, exif=exif, **options)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_turned_upright(file_format, orientation):
    data = with_orientation(smooth(), file_format, orientation)
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    picture = open_picture(data)
    assert_equal_within(picture.rgb, expected, levels=0)
    assert picture.notes == (() if orientation == 1 else ("turned upright (EXIF)",))


KINDS = {
    "1-bit": ("PNG", lambda: Image.fromarray(gradient(channels=1)[..., 0] > 127)),
    "grey": ("PNG", lambda: Image.fromarray(gradient(channels=1)[..., 0])),
    "grey and alpha": (
        "PNG",
        lambda: Image.frombytes("LA", (8, 6), gradient(channels=2).tobytes()),
    ),
    "alpha": ("PNG", lambda: Image.fromarray(gradient(channels=4))),
    "palette": ("PNG", lambda: Image.fromarray(gradient()).quantize(16)),
    "16-bit": ("PNG", lambda: Image.fromarray(SIXTEEN)),
    "16-bit TIFF": ("TIFF", lambda: Image.fromarray(SIXTEEN)),
    "float": ("TIFF", lambda: Image.fromarray(SIXTEEN.astype(np.float32))),
    "integer": ("TIFF", lambda: Image.fromarray(SIXTEEN.astype(np.int32))),
    "CMYK": ("JPEG", lambda: Image.fromarray(smooth()).convert("CMYK")),
    "grey JPEG": ("JPEG", lambda: Image.fromarray(smooth()[..., 0])),
    "progressive": ("JPEG", lambda: Image.fromarray(smooth())),
}


def turned_by_the_table(stored: np.ndarray, orientation: int) -> np.ndarray:
    """JEITA CP-3451, tag 274: where the first row and column of what is stored belong."""
    rows, columns = {
        1: ("top", "left"),
        2: ("top", "right"),
        3: ("bottom", "right"),
        4: ("bottom", "left"),
        5: ("left", "top"),
        6: ("right", "top"),
        7: ("right", "bottom"),
        8: ("left", "bottom"),
    }[orientation]
    height, width = stored.shape[:2]
    upright = np.empty((height, width, 3) if orientation < 5 else (width, height, 3), np.uint8)
    for row in range(height):
        for column in range(width):
            places = {rows: row, columns: column}
            y = places.get("top", upright.shape[0] - 1 - places.get("bottom", 0))
            x = places.get("left", upright.shape[1] - 1 - places.get("right", 0))
            upright[y, x] = stored[row, column]
    return upright


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_pixel_is_turned_by_every_orientation(kind):
    file_format, make = KINDS[kind]
    options = {"progressive": True} if kind == "progressive" else {}
    stored = open_picture(encoded(make(), file_format, **options)).rgb
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        picture = open_picture(encoded(make(), file_format, exif=exif, **options))
        assert_equal_within(picture.rgb, turned_by_the_table(stored, orientation), levels=0)


def test_a_progressive_jpeg_has_the_pixels_of_a_plain_one():
    plain, progressive = (
        open_picture(encoded(smooth(), "JPEG", quality=90, progressive=kind)).rgb
        for kind in (False, True)
    )
    assert np.array_equal(plain, progressive)


@pytest.mark.parametrize("colour", [pictures.GREY, pictures.RGB, pictures.RGBA])
@pytest.mark.parametrize("bits", [8, 16])
def test_an_interlaced_png_has_the_pixels_of_a_plain_one(colour, bits):
    channels = {pictures.GREY: 1, pictures.RGB: 3, pictures.RGBA: 4}[colour]
    samples = np.random.default_rng(1).integers(0, 2**bits, (11, 13, channels))
    plain = open_picture(pictures.png(samples, bits=bits, colour=colour)).rgb
    data = pictures.interlaced_png(samples, bits=bits, colour=colour)
    assert np.array_equal(open_picture(data).rgb, plain)


def test_a_reduced_jpeg_keeps_what_is_asked_for_and_its_colours():
    array = smooth(480, 640)
    whole = open_picture(encoded(array, "JPEG", quality=95))
    small = open_picture(encoded(array, "JPEG", quality=95), least=100)
    assert small.rgb.shape == (120, 160, 3)
    exact = whole.rgb.reshape(120, 4, 160, 4, 3).mean(axis=(1, 3))
    assert_equal_within(small.rgb, exact, levels=3)
    turned = open_picture(with_orientation(array, "JPEG", 6), least=100)
    assert turned.rgb.shape == (160, 120, 3)
    assert open_picture(encoded(array, "PNG"), least=10).rgb.shape == (480, 640, 3)


def test_orientation_six_moves_the_top_left_pixel_to_the_top_right():
    array = np.zeros((3, 5, 3), np.uint8)
    array[0, 0] = 255
    rgb = open_picture(with_orientation(array, "PNG", 6)).rgb
    assert rgb.shape == (5, 3, 3)
    assert rgb[0, 2].tolist() == [255, 255, 255]


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation):
    picture = open_picture(with_orientation(gradient(), "PNG", orientation))
    assert np.array_equal(picture.rgb, gradient())


def test_damaged_exif_does_not_spoil_the_picture():
    data = encoded(smooth(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xfe" * 40)
    assert open_picture(data).rgb.shape == (48, 64, 3)


FRAMES = [Image.fromarray(np.full((6, 8, 3), 80 * n, np.uint8)) for n in range(3)]


@pytest.mark.parametrize(
    ("file_format", "note"),
    [
        ("GIF", "first frame of 3"),
        ("PNG", "first frame of 3"),
        ("WEBP", "first frame of 3"),
        ("TIFF", "first page of 3"),
        ("AVIF", "first frame of 3"),
    ],
)
def test_the_first_frame_of_an_animation_is_shown(file_format, note):
    picture = open_picture(encoded(FRAMES[0], file_format, save_all=True, append_images=FRAMES[1:]))
    assert_equal_within(picture.rgb, np.zeros((6, 8, 3)), levels=2)
    assert picture.notes == (note,)


def test_the_first_picture_of_an_mpo_is_shown():
    data = encoded(FRAMES[1], "MPO", save_all=True, append_images=[FRAMES[2]])
    picture = open_picture(data)
    assert_equal_within(picture.rgb, np.full((6, 8, 3), 80), levels=2)
    assert picture.notes == ("first picture of 2",)


def test_damage_after_the_first_frame_leaves_the_first_frame():
    data = encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:])
    picture = open_picture(data[:-20])
    assert picture.rgb.shape == (6, 8, 3)
    assert picture.notes[0].startswith("first frame")


# Size


@pytest.mark.parametrize("side", [10_001, 60_000])
def test_a_huge_size_is_refused_before_anything_is_decoded(side):
    data = pictures.png(np.zeros((1, 1, 1), int), bits=8, colour=pictures.GREY, size=(side, side))
    with pytest.warns(Image.DecompressionBombWarning) if side < 13_000 else _nothing():
        error = refused(data, name="bomb.png")
    assert "too large" in error.reason or "more than the limit of 100,000,000" in error.reason
    assert error.file == "bomb.png"


class _nothing:  # noqa: N801 - stands in for a context manager of pytest
    def __enter__(self):
        return None

    def __exit__(self, *_):
        return None


def test_a_header_that_is_too_large_is_refused_without_decoding(monkeypatch):
    monkeypatch.setattr(imaging, "MAX_PIXELS", 100)
    with pytest.raises(UnreadablePictureError, match="more than the limit of 100"):
        read_header(encoded(smooth(), "PNG"))


def test_a_jpeg_beyond_the_limit_is_decoded_smaller(monkeypatch):
    monkeypatch.setattr(imaging, "MAX_PIXELS", 1000)
    picture = open_picture(encoded(smooth(), "JPEG", quality=95))
    assert picture.rgb.shape == (24, 32, 3)
    assert picture.notes == ("reduced to 1/2 from 64 × 48 pixels",)
    halved = smooth().reshape(24, 2, 32, 2, 3).mean(axis=(1, 3))
    assert_equal_within(picture.rgb, halved, levels=8)


def test_a_png_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(imaging, "MAX_PIXELS", 1000)
    assert "64 × 48 pixels" in refused(encoded(smooth(), "PNG")).reason


def test_a_file_beyond_the_limit_is_not_read(monkeypatch, tmp_path):
    monkeypatch.setattr(imaging, "MAX_FILE_BYTES", 10)
    path = tmp_path / "large.png"
    path.write_bytes(encoded(smooth(), "PNG"))
    assert "larger than" in refused(path).reason


def test_the_result_owns_contiguous_memory():
    for data in (
        encoded(gradient(), "PNG"),
        with_orientation(gradient(1, 1), "PNG", 6),
        encoded(SIXTEEN, "PNG"),
    ):
        rgb = open_picture(data).rgb
        assert rgb.flags.c_contiguous
        assert rgb.flags.owndata
        assert rgb.flags.writeable


# Broken files

WHOLE = {
    "JPEG": encoded(smooth(), "JPEG"),
    "PNG": encoded(smooth(), "PNG"),
    "GIF": encoded(Image.fromarray(smooth()).quantize(64), "GIF"),
    "BMP": encoded(smooth(), "BMP"),
    "TIFF": encoded(smooth(), "TIFF"),
    "WEBP": encoded(smooth(), "WEBP", lossless=True),
    "AVIF": encoded(smooth(), "AVIF"),
    "JPEG2000": encoded(smooth(), "JPEG2000"),
    "PPM": encoded(smooth(), "PPM"),
    "QOI": encoded(smooth(), "QOI"),
    "TGA": encoded(smooth(), "TGA"),
    "SGI": encoded(smooth(), "SGI"),
    "PCX": encoded(smooth(), "PCX"),
}


@pytest.mark.parametrize("file_format", WHOLE)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9])
def test_a_truncated_file_is_an_error(file_format, share):
    whole = WHOLE[file_format]
    assert open_picture(whole).rgb.shape == (48, 64, 3)
    error = refused(whole[: int(len(whole) * share)], name="cut")
    assert error.remedy
    assert error.message.startswith("cut cannot be opened: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"just some words\n", "text file"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 40, "HEIC"),
        (b"\0\0\0\x18ftypisom\0\0\0\0mp42" + b"\0" * 40, "film"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%touch /tmp/x) run", "PostScript"),
        (b"PK\x03\x04" + b"\0" * 30, "zip"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "web page"),
        (b"\xff\x0a" + b"\0" * 30, "JPEG XL"),
        (b"\0\0\x01\0\x01\0" + b"\x10" * 30, "icons"),
        (b"8BPS\0\x01" + b"\0" * 30, "Photoshop"),
        (b"\xff\xd8\xff\xe0 but nothing more", "cut off"),
        (b"GIF89", "begins like a GIF"),
        (b"\x89PNG\r\n\x1a\nbroken", "damaged"),
        (b"\x01\x02\x03\x04" * 9, "unknown"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, content, reason):
    path = tmp_path / "holiday.jpg"
    path.write_bytes(content)
    error = refused(path)
    assert reason in error.reason
    assert error.file == "holiday.jpg"
    assert error.remedy
    assert isinstance(error, PictureError)


def test_a_missing_file_is_an_error(tmp_path):
    assert "no such file" in refused(tmp_path / "gone.png").reason


def test_a_file_below_a_file_is_an_error(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    assert "no such file" in refused(tmp_path / "a.png" / "b.png").reason


def test_a_folder_is_an_error(tmp_path):
    assert "folder" in refused(tmp_path).reason


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_refused_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "pipe" in refused(tmp_path / "pipe.jpg").reason


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_that_takes_the_place_of_a_file_does_not_hang(tmp_path, monkeypatch):
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    plain = tmp_path / "plain.jpg"
    plain.write_bytes(b"x")
    looked_at = plain.stat()
    monkeypatch.setattr(type(pipe), "stat", lambda *_a, **_k: looked_at)
    assert "pipe" in refused(pipe).reason


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")
def test_sockets_and_devices_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.jpg")
        assert "socket" in refused(tmp_path / "socket.jpg").reason
    assert "device" in refused("/dev/zero").reason


def test_a_symlink_loop_is_an_error(tmp_path):
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    assert refused(tmp_path / "loop.jpg").reason


def test_an_unreadable_file_is_an_error(tmp_path, as_nobody):
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(gradient(), "PNG"))
    path.chmod(0)
    with as_nobody(tmp_path):
        assert "permission" in refused(path).reason


def test_a_name_that_is_no_unicode_can_be_shown(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    path.write_bytes(b"no picture")
    error = refused(path)
    assert error.file == r"caf\xe9.png"
    error.message.encode("utf-8")


def test_too_little_memory_is_an_error(monkeypatch):
    def exhausted(*_args, **_options):
        raise MemoryError

    monkeypatch.setattr(imaging, "to_rgb", exhausted)
    assert "memory" in refused(WHOLE["PNG"]).reason


@settings(max_examples=150, deadline=None)
@given(
    head=st.sampled_from([b"", *(data[:24] for data in WHOLE.values())]),
    tail=st.binary(max_size=300),
)
def test_random_bytes_raise_nothing_but_a_picture_error(head, tail):
    try:
        picture = open_picture(head + tail)
    except UnreadablePictureError:
        return
    assert picture.rgb.shape[2] == 3


@settings(max_examples=150, deadline=None)
@given(
    file_format=st.sampled_from(sorted(WHOLE)),
    place=st.floats(0, 1, exclude_max=True),
    patch=st.binary(min_size=1, max_size=12),
)
@pytest.mark.filterwarnings("ignore")
def test_a_patched_file_gives_a_picture_or_a_picture_error(file_format, place, patch):
    data = bytearray(WHOLE[file_format])
    start = int(place * len(data))
    data[start : start + len(patch)] = patch
    try:
        picture = open_picture(bytes(data))
    except UnreadablePictureError:
        return
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.ndim == 3


# Sources, arrays and samples


def test_path_text_bytes_and_file_give_the_same_picture(tmp_path):
    path = tmp_path / "Größe 1.png"
    path.write_bytes(encoded(gradient(), "PNG"))
    with path.open("rb") as file:
        file.seek(5)
        from_file = open_picture(file)
        assert not file.closed
    for picture in (
        open_picture(path),
        open_picture(str(path)),
        open_picture(path.read_bytes()),
        from_file,
    ):
        assert np.array_equal(picture.rgb, gradient())
    assert open_picture(path).name == "Größe 1.png"
    assert open_picture(path).path == path
    assert open_picture(path, name="cats/1.png").name == "cats/1.png"
    assert (open_picture(path).width, open_picture(path).height) == (8, 6)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_no_file_stays_open(tmp_path):
    path = tmp_path / "a.gif"
    path.write_bytes(WHOLE["GIF"])
    before = open_files()
    open_picture(path)
    path.write_bytes(WHOLE["GIF"][:50])
    refused(path)
    assert open_files() == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_header_is_read_without_the_pixels():
    header = read_header(WHOLE["JPEG"][:700])
    assert (header.width, header.height, header.format) == (64, 48, "JPEG")


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".png", ".tif", ".webp", ".bmp", ".gif"])
def test_common_suffixes_are_known(suffix):
    assert suffix in SUFFIXES


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_arrays_of_every_channel_count_become_pictures(channels):
    array = gradient(channels=channels)
    tones = array[..., :3] if channels >= 3 else grey(array[..., 0])
    expected = over_white(tones, array[..., -1]) if channels in (2, 4) else tones
    picture = picture_from_array(array, name="clipboard")
    assert_equal_within(picture.rgb, expected)
    assert picture.name == "clipboard"
    assert picture.rgb.flags.owndata
    assert not np.shares_memory(picture.rgb, array)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[False, True]]), [0, 255]),
        (np.array([[0, 65535]], np.uint16), [0, 255]),
        (np.array([[0.0, 0.5, 1.0]]), [0, 128, 255]),
        (np.array([[-5, 5]], np.int64), [0, 255]),
    ],
)
def test_arrays_of_other_numbers_are_scaled(array, expected):
    assert picture_from_array(array).rgb[0, :, 1].tolist() == expected


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 4, 3), np.uint8),
        np.zeros(5, np.uint8),
        np.zeros((2, 2, 5), np.uint8),
        np.zeros((2, 2), np.complex64),
        np.full((2, 2), np.nan),
        np.array([["a", "b"]]),
    ],
)
def test_arrays_that_are_no_picture_are_refused(array):
    with pytest.raises(UnreadablePictureError):
        picture_from_array(array)


def test_the_sample_pictures_are_two_photographs():
    china, flower = sample_pictures()
    assert (china.name, flower.name) == ("china.jpg", "flower.jpg")
    assert china.rgb.shape == flower.rgb.shape == (427, 640, 3)
    assert china.rgb.std() > 30
    assert isinstance(china, Picture)


def test_opening_pictures_needs_neither_torch_nor_scikit_learn():
    code = (
        "import sys; from resnet_studio.data import imaging, scan; imaging.sample_pictures();"
        "print(sorted({'torch', 'sklearn', 'PySide6', 'torchvision'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
