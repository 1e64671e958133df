from __future__ import annotations

import numpy as np
import pytest

from resnet_studio.data.augment import PRESETS, AugmentSpec, PadCrop, draw, sample_rng
from resnet_studio.data.imaging import picture_from_array, sample_pictures
from resnet_studio.data.preview import preview, preview_sample, stages
from resnet_studio.data.transforms import apply, denormalise
from resnet_studio.errors import PictureError

PHOTO = sample_pictures()[0]
TRAIN = PRESETS["imagenet_train"]


def test_the_same_seed_shows_the_same_samples_and_another_seed_others():
    first = preview(TRAIN, PHOTO, seed=3, count=6)
    again = preview(TRAIN, PHOTO, seed=3, count=6)
    other = preview(TRAIN, PHOTO, seed=4, count=6)
    assert [sample.index for sample in first] == list(range(6))
    for a, b, c in zip(first, again, other, strict=True):
        assert a.image.shape == (224, 224, 3)
        assert a.image.dtype == np.uint8
        assert np.array_equal(a.image, b.image)
        assert a.draw == b.draw
        assert not np.array_equal(a.image, c.image)
    assert len({sample.draw.crop_box for sample in first}) == 6


def test_a_longer_preview_begins_with_the_shorter_one():
    short, long = (preview(TRAIN, PHOTO, seed=0, count=count) for count in (2, 5))
    assert [s.draw for s in short] == [s.draw for s in long[:2]]
    later = preview(TRAIN, PHOTO, seed=0, count=2, first=3)
    assert [s.draw for s in later] == [s.draw for s in long[3:]]


def test_a_sample_changes_from_epoch_to_epoch():
    draws = [preview_sample(TRAIN, PHOTO, seed=0, epoch=epoch, index=9).draw for epoch in range(4)]
    assert len({d.crop_box for d in draws}) == 4


def test_what_is_shown_is_what_a_network_would_read():
    sample = preview_sample(TRAIN, PHOTO, seed=1, epoch=2, index=7)
    drawn = draw(TRAIN, PHOTO.height, PHOTO.width, sample_rng(1, 2, 7))
    assert sample.draw == drawn
    assert np.array_equal(denormalise(apply(TRAIN, PHOTO.rgb, drawn), TRAIN), sample.image)


def test_stages_lead_from_the_picture_to_the_sample():
    spec = PRESETS["cifar_train"]
    sample = preview_sample(spec, PHOTO, seed=0, epoch=0, index=0)
    shown = stages(spec, PHOTO, sample.draw)
    assert [stage.title for stage in shown] == [
        "Resize the shorter side",
        "Centre crop",
        "Pad and crop",
        "Horizontal flip",
        "Normalise",
    ]
    assert [stage.image.shape[:2] for stage in shown] == [s.size for s in sample.draw.steps]
    assert shown[0].drawn.text == "resized to 47 × 32"
    assert np.array_equal(shown[-1].image, sample.image)


def test_drawing_on_a_sample_leaves_the_picture_alone():
    picture = picture_from_array(np.full((32, 32, 3), 9, dtype=np.uint8))
    spec = PRESETS["cifar_val"]
    sample = preview_sample(spec, picture, seed=0, epoch=0, index=0)
    sample.image[:] = 0
    for stage in stages(spec, picture, sample.draw):
        stage.image[:] = 1
    assert (picture.rgb == 9).all()


def test_a_picture_that_does_not_fit_is_refused_with_a_remedy():
    picture = picture_from_array(np.zeros((5, 5, 3), dtype=np.uint8))
    with pytest.raises(PictureError, match="too small"):
        preview(AugmentSpec(steps=(PadCrop(),)), picture, seed=0, count=1)
