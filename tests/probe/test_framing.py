from __future__ import annotations

import numpy as np
import pytest
import torch

from resnet_studio.data.augment import draw
from resnet_studio.data.imaging import picture_from_array
from resnet_studio.data.transforms import apply
from resnet_studio.errors import PictureError
from resnet_studio.probe.activations import examine
from resnet_studio.probe.framing import (
    USUAL,
    Framing,
    FramingKind,
    border_colour,
    framed,
    square_inside,
)
from resnet_studio.probe.predict import classify, prepare

LETTERBOX = Framing(FramingKind.LETTERBOX)


def box(left, top, side):
    return Framing(FramingKind.BOX, (left, top, side, side))


def test_the_usual_framing_gives_the_very_bits_of_the_networks_own_pipeline(tiny, picture):
    pipeline = tiny.preprocessing
    expected = apply(pipeline, picture.rgb, draw(pipeline, picture.height, picture.width))
    assert torch.equal(prepare(tiny, picture, USUAL).batch[0], expected)
    assert torch.equal(prepare(tiny, picture).batch[0], expected)


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"),
    [(40, 80, slice(8, 24), slice(0, 32)), (90, 30, slice(0, 32), slice(10, 21))],
)
def test_a_letterbox_holds_the_whole_picture_in_a_border_of_the_mean_colour(
    tiny, height, width, rows, columns
):
    # White in all corners: what is cut off, even one pixel, would lack it.
    pixels = np.full((height, width, 3), 255, dtype=np.uint8)
    prepared = prepare(tiny, picture_from_array(pixels), LETTERBOX)
    inside = np.zeros((32, 32), dtype=bool)
    inside[rows, columns] = True
    assert (prepared.rgb[inside] == 255).all()
    assert (prepared.rgb[~inside] == border_colour(tiny.preprocessing)).all()
    # The mean colour is what the network reads as nearly 0.
    assert prepared.batch[0][:, torch.from_numpy(~inside)].abs().max() < 0.02


def test_the_box_of_a_letterbox_reaches_as_far_beyond_the_picture_as_the_border(tiny):
    picture = picture_from_array(np.zeros((40, 80, 3), dtype=np.uint8))
    assert prepare(tiny, picture, LETTERBOX).crop_box == (0, -20, 80, 80)


def test_a_chosen_square_is_exactly_that_square_resized(tiny, picture):
    prepared = prepare(tiny, picture, box(20.3, 4.6, 32))
    np.testing.assert_array_equal(prepared.rgb, picture.rgb[5:37, 20:52])
    assert prepared.crop_box == (20, 5, 32, 32)
    larger = prepare(tiny, picture, box(16, 0, 40))
    alone = picture_from_array(picture.rgb[:, 16:56])
    np.testing.assert_array_equal(larger.rgb, prepare(tiny, alone).rgb)


def test_a_square_of_one_pixel_fills_the_input_with_its_colour(tiny, picture):
    rgb, _ = framed(tiny.preprocessing, picture.rgb, box(7, 9, 1))
    assert rgb.shape == (32, 32, 3)
    assert (rgb == picture.rgb[9, 7]).all()


@pytest.mark.parametrize(
    "crop", [(-1, 0, 32, 32), (30, 0, 32, 32), (0, 10, 32, 32), (0, 0, 0, 0), (0, 0, 20, 21)]
)
def test_a_square_that_does_not_lie_in_the_picture_is_refused_by_name(tiny, picture, crop):
    with pytest.raises(PictureError, match=r"noise: .*inside a picture of 56 × 40") as caught:
        prepare(tiny, picture, Framing(FramingKind.BOX, crop))
    assert "1 to 40" in caught.value.remedy


def test_a_box_belongs_to_the_framing_box_alone():
    with pytest.raises(ValueError, match="box"):
        Framing(FramingKind.BOX)
    with pytest.raises(ValueError, match="box"):
        Framing(FramingKind.LETTERBOX, (0, 0, 8, 8))


@pytest.mark.parametrize(
    ("wished", "expected"),
    [
        ((-5, 3, 10, 10), (0, 3, 10, 10)),
        ((50, 38, 10, 10), (46, 30, 10, 10)),
        ((3, 3, 500, 500), (3, 0, 40, 40)),
        ((3.4, 2.6, 1, 1), (3, 3, 8, 8)),
    ],
)
def test_a_wished_square_is_moved_and_shrunk_into_the_picture(wished, expected):
    assert square_inside(wished, 40, 56, least=8) == expected


def test_a_picture_smaller_than_the_least_square_is_taken_whole():
    assert square_inside((0, 0, 9, 9), 3, 5, least=8) == (0, 0, 3, 3)


def test_maps_and_classes_follow_the_framing(tiny, picture):
    mine = box(0, 0, 32)
    examined = examine(tiny, picture, framing=mine)
    assert examined.crop_box == (0, 0, 32, 32)
    assert examined.predictions == classify(tiny, picture, framing=mine)
    assert examined.predictions != classify(tiny, picture)
    alone = examine(tiny, picture_from_array(picture.rgb[:32, :32]))
    np.testing.assert_array_equal(examined.sections[0].maps, alone.sections[0].maps)
