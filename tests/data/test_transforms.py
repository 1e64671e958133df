from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import v2

from resnet_studio.data.augment import (
    PRESETS,
    AugmentSpec,
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomRotation,
    RandomShortSide,
    Resize,
    ResizeExact,
    VerticalFlip,
    draw,
    pipelines_for,
    sample_numbers,
    sample_rng,
)
from resnet_studio.data.colour_steps import ColourStep
from resnet_studio.data.imaging import sample_pictures
from resnet_studio.data.transforms import (
    apply,
    apply_batch,
    apply_uint8,
    denormalise,
    fixed_steps,
    normalise,
    works_on_batches,
)
from resnet_studio.errors import PictureError

PHOTOS = sample_pictures()


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def planes(rgb):
    return torch.from_numpy(rgb.copy()).permute(2, 0, 1).contiguous()


def theirs_from_draw(spec, rgb, drawn):
    """Do with torchvision's functions what a draw says."""
    image = planes(rgb)
    for step, step_draw in zip(spec.steps, drawn.steps, strict=True):
        size = list(step_draw.size)
        match step.kind:
            case "random_resized_crop":
                left, top, width, height = step_draw.region
                image = v2.functional.resized_crop(image, top, left, height, width, size)
            case "resize" | "resize_exact":
                given = [step.size] if step.kind == "resize" else size
                image = v2.functional.resize(image, given)
            case "center_crop":
                image = v2.functional.center_crop(image, size)
            case "pad_crop":
                left, top, width, height = step_draw.region
                image = v2.functional.pad(image, [step.padding], fill=list(step.fill))
                image = image[
                    :,
                    top + step.padding : top + step.padding + height,
                    left + step.padding : left + step.padding + width,
                ]
            case "horizontal_flip":
                image = v2.functional.horizontal_flip(image) if step_draw.mirrored else image
            case "vertical_flip":
                image = v2.functional.vertical_flip(image) if step_draw.affine else image
            case "random_rotation":
                image = v2.functional.rotate(
                    image,
                    step_draw.values["angle"],
                    interpolation=v2.InterpolationMode(step.interpolation),
                    fill=list(step.fill),
                )
            case "random_short_side":
                image = v2.functional.resize(image, [step_draw.values["side"]])
    return image


def test_importing_transforms_takes_no_torchvision():
    code = "import sys, resnet_studio.data.transforms; sys.exit('torchvision' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- the same bits as torchvision -----------------------------------------------------------------


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.name)
@pytest.mark.parametrize("size", [64, 96, 224])
def test_validation_pipeline_is_torchvisions_bit_for_bit(photo, size):
    spec = pipelines_for(size)[1]
    theirs = v2.Compose(
        [
            v2.Resize(round(size * 256 / 224)),
            v2.CenterCrop(size),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(spec.normalise.mean, spec.normalise.std),
        ]
    )(planes(photo.rgb))
    mine = apply(spec, photo.rgb, draw(spec, photo.height, photo.width))
    assert mine.dtype == torch.float32
    assert mine.is_contiguous()
    assert torch.equal(mine, theirs)


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.name)
def test_validation_pipeline_is_within_one_level_of_pillows(photo):
    spec = PRESETS["imagenet_val"]
    theirs = v2.Compose([v2.Resize(256), v2.CenterCrop(224), v2.PILToTensor()])
    theirs = theirs(Image.fromarray(photo.rgb))
    mine = apply_uint8(spec, photo.rgb, draw(spec, photo.height, photo.width))
    assert (mine.int() - theirs.int()).abs().max() <= 1


# Those that change colours are compared in test_transforms_colour.py and test_torchvision_code.py.
MOVING = {
    name: spec
    for name, spec in PRESETS.items()
    if not any(isinstance(step, ColourStep) for step in spec.steps)
}
MOVING["turning"] = AugmentSpec(
    name="turning",
    steps=(
        RandomShortSide(min=30, max=60),
        RandomRotation(degrees=90, fill=(1, 2, 3)),
        VerticalFlip(),
        PadCrop(padding=9, size=39, fill=(250, 0, 120)),
    ),
)


@pytest.mark.parametrize("name", MOVING)
def test_every_preset_does_what_torchvision_does_with_the_same_draw(name):
    spec = MOVING[name]
    for index, rgb in enumerate([PHOTOS[0].rgb, PHOTOS[1].rgb, noise(32, 32), noise(8, 8)] * 4):
        drawn = draw(spec, *rgb.shape[:2], sample_rng(0, 0, index))
        assert torch.equal(apply_uint8(spec, rgb, drawn), theirs_from_draw(spec, rgb, drawn))


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    index=st.integers(0, 10_000),
    name=st.sampled_from(sorted(MOVING)),
)
def test_pictures_of_any_size_give_torchvisions_bits(height, width, index, name):
    spec = MOVING[name]
    rgb = noise(height, width, index)
    drawn = draw(spec, height, width, sample_rng(1, 2, index))
    mine = apply_uint8(spec, rgb, drawn)
    assert mine.shape == (3, spec.output_size, spec.output_size)
    assert torch.equal(mine, theirs_from_draw(spec, rgb, drawn))


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 50),
    width=st.integers(1, 50),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=3),
)
def test_centre_crops_of_smaller_pictures_are_padded_like_torchvisions(height, width, sizes):
    spec = AugmentSpec(steps=tuple(CenterCrop(size=size) for size in sizes))
    rgb = noise(height, width)
    theirs = planes(rgb)
    for size in sizes:
        theirs = v2.functional.center_crop(theirs, [size, size])
    assert torch.equal(apply_uint8(spec, rgb, draw(spec, height, width)), theirs)


def test_the_border_is_black_before_normalisation():
    spec = AugmentSpec(steps=(PadCrop(padding=4, size=32), HorizontalFlip(p=0)))
    white = np.full((32, 32, 3), 255, dtype=np.uint8)
    for index in range(30):
        drawn = draw(spec, 32, 32, sample_rng(0, 0, index))
        shown = apply_uint8(spec, white, drawn)
        share = 1 - (shown == 0).all(dim=0).float().mean().item()
        assert share == pytest.approx(drawn.kept_fraction)
        assert set(shown.unique().tolist()) <= {0, 255}


# --- normalisation and back -----------------------------------------------------------------------

ALL_LEVELS = torch.arange(256, dtype=torch.uint8).view(1, 16, 16).expand(3, 16, 16)


@pytest.mark.parametrize("name", PRESETS)
def test_normalise_is_torchvisions_for_every_level(name):
    spec = PRESETS[name]
    scaled = v2.functional.to_dtype(ALL_LEVELS.contiguous(), torch.float32, scale=True)
    last = spec.normalise
    theirs = v2.functional.normalize(scaled, last.mean, last.std) if last else scaled
    assert torch.equal(normalise(spec, ALL_LEVELS), theirs)


@pytest.mark.parametrize("name", PRESETS)
def test_denormalise_gives_every_level_back(name):
    spec = PRESETS[name]
    back = denormalise(normalise(spec, ALL_LEVELS), spec)
    assert back.dtype == np.uint8
    assert np.array_equal(back, ALL_LEVELS.permute(1, 2, 0).numpy())
    batch = denormalise(normalise(spec, torch.stack([ALL_LEVELS] * 2)), spec)
    assert batch.shape == (2, 16, 16, 3)
    assert np.array_equal(batch[1], back)


def test_without_normalise_colours_run_from_zero_to_one():
    spec = AugmentSpec(steps=(ResizeExact(size=16),))
    values = normalise(spec, ALL_LEVELS)
    assert (values.min(), values.max()) == (0, 1)
    assert np.array_equal(denormalise(values, spec), ALL_LEVELS.permute(1, 2, 0).numpy())


def test_denormalise_clips_what_no_picture_can_hold():
    spec = AugmentSpec(steps=(ResizeExact(size=1), Normalise(mean=(0, 0, 0), std=(1, 1, 1))))
    assert denormalise(torch.tensor([-1.0, 0.5, 7.0]).view(3, 1, 1), spec).ravel().tolist() == [
        0,
        128,
        255,
    ]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_normalise_gives_the_same_bits_on_a_gpu():
    for spec in PRESETS.values():
        on_gpu = normalise(spec, ALL_LEVELS.cuda())
        assert on_gpu.is_contiguous()
        assert torch.equal(on_gpu.cpu(), normalise(spec, ALL_LEVELS))


def test_the_device_branch_computes_what_the_processor_branch_computes(monkeypatch):
    """The branch for other devices, made to run here by a tensor that denies being on the CPU."""

    class Elsewhere(torch.Tensor):
        device = torch.device("meta")

    monkeypatch.setattr(
        "resnet_studio.data.endings._beside", lambda values, like: torch.from_numpy(values.copy())
    )
    for spec in PRESETS.values():
        elsewhere = ALL_LEVELS.clone().as_subclass(Elsewhere)
        there = normalise(spec, elsewhere).as_subclass(torch.Tensor)
        assert torch.equal(there, normalise(spec, ALL_LEVELS))


# --- whole batches --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        (PadCrop(padding=4, size=32), HorizontalFlip()),
        (HorizontalFlip(), PadCrop(padding=7, size=12)),
        (PadCrop(padding=0, size=5),),
        (VerticalFlip(), PadCrop(padding=3, size=20, fill=(255, 1, 77)), VerticalFlip(p=0.2)),
        (PadCrop(padding=2, size=32), PadCrop(padding=1, size=30), HorizontalFlip(p=0.9)),
        (HorizontalFlip(p=1.0),),
        (),
    ],
)
def test_a_whole_batch_is_each_picture_alone_bit_for_bit(steps):
    count = 64
    images = np.random.default_rng(1).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    before = images.copy()
    spec = AugmentSpec(steps=(ResizeExact(size=32), *steps))
    numbers = sample_numbers(5, 6, range(count), spec.numbers)
    assert works_on_batches(steps)
    together = apply_batch(steps, images, numbers)
    for index in range(count):
        drawn = draw(spec, 32, 32, sample_rng(5, 6, index))
        alone = apply_uint8(spec, images[index], drawn)
        assert np.array_equal(together[index], alone.permute(1, 2, 0).numpy())
    assert np.array_equal(images, before)


def test_a_batch_that_is_not_square_works_too():
    images = np.random.default_rng(1).integers(0, 256, (9, 20, 31, 3), dtype=np.uint8)
    step = PadCrop(padding=3, size=16)
    spec = AugmentSpec(steps=(step,))
    together = apply_batch((step,), images, sample_numbers(0, 0, range(9), 2))
    for index in range(9):
        alone = apply_uint8(spec, images[index], draw(spec, 20, 31, sample_rng(0, 0, index)))
        assert np.array_equal(together[index], alone.permute(1, 2, 0).numpy())


def test_whole_batches_refuse_what_they_cannot_do():
    images = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    with pytest.raises(PictureError, match="too small"):
        apply_batch((PadCrop(padding=4, size=32),), images, np.zeros((2, 2)))
    with pytest.raises(TypeError, match="resize_exact"):
        apply_batch((ResizeExact(size=2),), images, np.zeros((2, 0)))
    assert not works_on_batches((Resize(size=3), HorizontalFlip()))


def test_fixed_steps_are_those_before_the_first_chance():
    counts = {name: fixed_steps(spec) for name, spec in PRESETS.items()}
    assert counts["cifar_train"] == 2
    assert counts["imagenet_train"] == 0
    assert counts["imagenet_val"] == 2
    assert counts["tutorial_train"] == 1


@pytest.mark.parametrize("first", [VerticalFlip(p=1), HorizontalFlip(p=1)])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1)])
def test_pictures_of_one_row_or_column_are_flipped_and_then_resized(shape, first):
    spec = AugmentSpec(steps=(first, ResizeExact(size=3)))
    rgb = noise(*shape)
    flipped = rgb[::-1] if first.kind == "vertical_flip" else rgb[:, ::-1]
    plain = AugmentSpec(steps=spec.steps[1:])
    expected = apply_uint8(plain, flipped.copy(), draw(plain, *shape))
    drawn = draw(spec, *shape, sample_rng(0, 0, 0))
    assert torch.equal(apply_uint8(spec, rgb, drawn), expected)


# --- kindness to the caller's array ---------------------------------------------------------------


def test_the_picture_is_never_written_to_and_may_be_read_only_or_a_view():
    rgb = noise(50, 60)
    frozen = rgb.copy()
    frozen.flags.writeable = False
    backwards = rgb[::-1, ::-1][::-1, ::-1]
    mirrored_view = np.ascontiguousarray(rgb[:, ::-1])[:, ::-1]
    for spec in PRESETS.values():
        drawn = draw(spec, 50, 60, sample_rng(0, 0, 1))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            expected = apply_uint8(spec, rgb, drawn)
            for other in (frozen, backwards, mirrored_view):
                assert torch.equal(apply_uint8(spec, other, drawn), expected)
    assert np.array_equal(rgb, frozen)
    untouched = AugmentSpec(steps=(ResizeExact(size=8),))
    small = noise(8, 8)
    result = apply_uint8(untouched, small, draw(untouched, 8, 8))
    result.zero_()
    assert small.any()
