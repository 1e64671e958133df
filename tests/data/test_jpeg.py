"""Another decoder, the same bits: whatever `imaging` does with a JPEG, it does with this one."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from resnet_studio.data import jpeg
from resnet_studio.data.imaging import UnreadablePictureError, open_picture, sample_pictures

pytestmark = pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")

PHOTO = Image.fromarray(sample_pictures()[1].rgb)
UPSIDE_DOWN = Image.Exif()
UPSIDE_DOWN[0x0112] = 6


@pytest.fixture(autouse=True)
def small_ones_too(monkeypatch):
    monkeypatch.setattr(jpeg, "FEWEST_PIXELS", 1)


def stored(image=PHOTO, **how):
    file = io.BytesIO()
    image.save(file, "JPEG", **how)
    return file.getvalue()


@pytest.mark.parametrize(
    "how",
    [
        {"subsampling": 0},
        {"subsampling": 1},
        {"subsampling": 2, "quality": 30},
        {"progressive": True},
        {"keep_rgb": True},
        {"restart_marker_rows": 1},
        {"exif": UPSIDE_DOWN},
    ],
    ids=lambda how: "-".join(how),
)
@pytest.mark.parametrize("size", [(640, 427), (61, 47)])
def test_a_jpeg_has_the_same_bits_from_either_decoder(how, size):
    content = stored(PHOTO.resize(size), **how)
    assert jpeg.large_jpeg(content, size[0] * size[1]) is not None
    one, other = open_picture(content), open_picture(content, jpeg=jpeg.large_jpeg)
    assert np.array_equal(one.rgb, other.rgb)
    assert one.notes == other.notes
    assert other.rgb.flags.c_contiguous
    assert other.rgb.flags.writeable


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_jpegs_and_other_formats_are_left_to_pillow(mode):
    asked = []
    picture = open_picture(
        stored(PHOTO.convert(mode)), jpeg=lambda content, pixels: asked.append(content)
    )
    assert picture.rgb.shape == (427, 640, 3)
    file = io.BytesIO()
    PHOTO.save(file, "PNG")
    open_picture(file, jpeg=lambda content, pixels: asked.append(content))
    assert asked == []


@pytest.mark.parametrize("left", [0.5, 0.999])
def test_a_jpeg_that_is_cut_off_is_refused_in_the_same_words(left):
    content = stored()[: int(left * len(stored()))]
    for decoder in (None, jpeg.large_jpeg):
        with pytest.raises(UnreadablePictureError, match="it is cut off; its end is missing"):
            open_picture(content, jpeg=decoder)


def test_damage_within_gives_the_same_bits_from_either_decoder():
    whole = bytearray(stored())
    for place in range(2000, len(whole) - 2, 5000):
        damaged = bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        pictures = []
        for decoder in (None, jpeg.large_jpeg):
            try:
                pictures.append(open_picture(damaged, jpeg=decoder).rgb)
            except UnreadablePictureError as error:
                pictures.append(error.reason)
        assert np.array_equal(*pictures)


def test_small_pictures_do_not_load_torchvision(monkeypatch):
    monkeypatch.setattr(jpeg, "FEWEST_PIXELS", 1000)
    monkeypatch.setattr(jpeg, "_decoder", lambda: pytest.fail("it was asked for"))
    assert jpeg.large_jpeg(stored(PHOTO.resize((20, 20))), 400) is None


def test_a_decoder_with_other_bits_is_not_used():
    def other(content):
        return open_picture(content).rgb ^ 1

    assert not jpeg._has_the_same_bits(other)
    assert jpeg._has_the_same_bits(lambda content: open_picture(content).rgb)
