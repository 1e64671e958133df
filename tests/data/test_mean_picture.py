from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from resnet_studio.data.augment import AugmentSpec, CenterCrop, HorizontalFlip, Normalise, PadCrop
from resnet_studio.data.draws_colour import draw_colour_step
from resnet_studio.data.mean_picture import LARGEST_SIDE, LINE, PerPixelMean, packed
from resnet_studio.errors import SpecError

SMOOTH = np.add.outer(np.arange(12.0), np.arange(12.0))[..., None] * [2.5, 5.0, 7.25]


@settings(max_examples=40, deadline=None)
@given(side=st.integers(1, 9), seed=st.integers(0, 10**6), whole=st.booleans())
def test_a_mean_picture_is_kept_to_the_256th_of_a_level(side, seed, whole):
    levels = np.random.default_rng(seed).uniform(0, 255, (side, side, 3))
    levels = np.rint(levels * 256) / 256 if whole else levels
    ending = packed(levels, pictures=3)
    stored = ending.mean.astype(np.float64) * 255
    assert np.abs(stored - levels).max() <= (2e-5 if whole else 1 / 512 + 2e-5)
    again = packed(stored, pictures=3)
    assert again == ending  # what is stored once stays as it is
    assert PerPixelMean.model_validate(ending.model_dump(mode="json")) == ending


def test_the_extremes_are_kept():
    levels = np.zeros((2, 2, 3))
    levels[0] = 255
    assert packed(levels, pictures=1).rgb.tolist() == levels.astype(int).tolist()
    assert packed(levels, pictures=1).channel_means == (0.5, 0.5, 0.5)


def test_the_largest_mean_picture_has_lines_that_a_file_of_a_run_may_have():
    noise = np.random.default_rng(0).uniform(0, 255, (LARGEST_SIDE, LARGEST_SIDE, 3))
    ending = packed(noise, pictures=1)
    assert max(map(len, ending.picture)) <= LINE
    assert sum(map(len, ending.picture)) < 540_000
    assert ending.mean.shape == (LARGEST_SIDE, LARGEST_SIDE, 3)


def test_neighbours_that_are_alike_make_the_text_short():
    levels = np.kron(SMOOTH, np.ones((8, 8, 1)))
    assert sum(map(len, packed(levels, pictures=1).picture)) < 96 * 96 * 3 / 20


def lines_of(content: bytes) -> tuple[str, ...]:
    text = base64.b64encode(content).decode()
    return tuple(text[begin : begin + LINE] for begin in range(0, len(text), LINE))


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (("####",), "pattern"),
        (("abc",), "damaged"),
        (lines_of(b"no picture at all"), "damaged"),
        (lines_of(zlib.compress(bytes(6 * 4 - 1))), "holds no picture of 2 × 2"),
        (lines_of(zlib.compress(bytes(6 * 4 + 1))), "holds no picture of 2 × 2"),
        (lines_of(zlib.compress(bytes(50_000_000), 9)), "holds no picture of 2 × 2"),
        (lines_of(zlib.compress(b"\xff" * 24)), "above 255"),
        ((), "at least 1"),
    ],
)
def test_text_that_is_no_mean_picture_is_refused(picture, words):
    with pytest.raises(ValidationError, match=words):
        PerPixelMean(side=2, picture=picture)


def test_a_mean_picture_of_another_side_is_refused_in_words():
    ending = packed(SMOOTH, pictures=5)
    spec = AugmentSpec(steps=(PadCrop(padding=4, size=32), HorizontalFlip()))
    with pytest.raises(SpecError) as caught:
        spec.with_ending(ending)
    assert "Step 3: the mean picture is 12 × 12 pixels" in caught.value.message
    assert "pictures of 32 × 32 reach it; measure the mean" in caught.value.message


def test_a_pipeline_takes_and_changes_its_ending():
    ending = packed(SMOOTH, pictures=50_000, std=(0.5, 0.5, 0.25))
    bare = AugmentSpec(name="mine", note="n", steps=(CenterCrop(size=12),))
    spec = bare.with_ending(ending)
    assert (spec.name, spec.note) == ("mine", "n")
    assert spec.ending is ending
    assert spec.normalise is None
    assert spec.pixel_steps == bare.steps
    assert spec.output_size == 12
    halves = Normalise(mean=(0.5,) * 3, std=(0.5,) * 3)
    assert spec.with_ending(halves).ending == spec.with_ending(halves).normalise == halves
    assert spec.with_ending(None) == bare
    with pytest.raises(SpecError, match="Step 1: Per-pixel mean must be the last step"):
        AugmentSpec.from_dict({"steps": [ending.model_dump(), {"kind": "resize_exact"}]})
    drawn = draw_colour_step(ending, 12, 12, ())
    assert drawn.text == "mean picture of 50,000 pictures subtracted, std 0.5 / 0.5 / 0.25"
    assert AugmentSpec.from_json(spec.to_json()) == spec
