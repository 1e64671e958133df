from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.data.augment import AugmentSpec, CenterCrop, Normalise
from resnet_studio.data.endings import denormalise, normalise, normalise_batch
from resnet_studio.data.mean_picture import packed
from resnet_studio.errors import PictureError


def ending_in_a_mean_picture(side, seed=0, std=(1.0, 1.0, 1.0)):
    levels = np.random.default_rng(seed).uniform(0, 255, (side, side, 3))
    return AugmentSpec(steps=(CenterCrop(size=side),)).with_ending(
        packed(levels, pictures=9, std=std)
    )


def noise(count, side, seed=0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(0, 256, (count, side, side, 3), dtype=np.uint8))


@settings(max_examples=60, deadline=None)
@given(
    side=st.integers(1, 12),
    seed=st.integers(0, 10**6),
    std=st.tuples(*[st.floats(0.01, 20.0)] * 3),
)
def test_colours_come_back_from_a_mean_picture(side, seed, std):
    spec = ending_in_a_mean_picture(side, seed, std)
    rgb = noise(1, side, seed + 1)[0]
    back = denormalise(normalise(spec, rgb.permute(2, 0, 1)), spec)
    assert np.array_equal(back, rgb.numpy())


@pytest.mark.parametrize("side", [1, 32, 50, 64])
def test_a_batch_has_the_bits_of_its_pictures_with_any_ending(side):
    plain = AugmentSpec(steps=(CenterCrop(size=side),))
    halves = Normalise(mean=(0.4, 0.5, 0.6), std=(0.1, 0.2, 0.3))
    for spec in (plain, plain.with_ending(halves), ending_in_a_mean_picture(side, std=(0.2,) * 3)):
        images = noise(3, side)
        batch = normalise_batch(spec, images)
        each = torch.stack([normalise(spec, image.permute(2, 0, 1)) for image in images])
        assert torch.equal(batch, each)
        assert batch.is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(normalise(spec, images.permute(0, 3, 1, 2)), each)


def test_the_mean_picture_is_subtracted_pixel_by_pixel():
    spec = ending_in_a_mean_picture(5, std=(0.5, 0.25, 2.0))
    rgb = noise(1, 5)[0]
    expected = (rgb.numpy() / 255 - spec.ending.mean) / [0.5, 0.25, 2.0]
    ours = normalise(spec, rgb.permute(2, 0, 1)).permute(1, 2, 0).numpy()
    assert np.abs(ours - expected).max() < 1e-6


def test_the_branch_for_other_devices_has_the_same_bits(monkeypatch):
    """Made to run here by tensors that deny being on the processor."""

    class Elsewhere(torch.Tensor):
        device = torch.device("meta")

    there = "resnet_studio.data.endings."
    monkeypatch.setattr(there + "_beside", lambda values, like: torch.from_numpy(values.copy()))
    monkeypatch.setattr(
        there + "_there",
        lambda last, device: (torch.from_numpy(last.mean.copy()), torch.tensor(last.std)),
    )
    spec, images = ending_in_a_mean_picture(6, std=(0.3, 0.2, 0.1)), noise(4, 6)
    elsewhere = images.clone().as_subclass(Elsewhere)
    batch = normalise_batch(spec, elsewhere).as_subclass(torch.Tensor)
    planes = elsewhere.permute(0, 3, 1, 2)
    alone = normalise(spec, planes).as_subclass(torch.Tensor)
    assert torch.equal(batch, normalise_batch(spec, images))
    assert torch.equal(alone, batch)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_mean_picture_gives_the_same_bits_on_a_gpu():
    spec, images = ending_in_a_mean_picture(64, std=(0.3, 0.2, 0.1)), noise(4, 64)
    assert torch.equal(normalise_batch(spec, images.cuda()).cpu(), normalise_batch(spec, images))
    planes = images.permute(0, 3, 1, 2)
    assert torch.equal(normalise(spec, planes.cuda()).cpu(), normalise(spec, planes))


def test_a_picture_of_another_size_is_refused_in_words():
    spec = ending_in_a_mean_picture(6)
    for wrong in (lambda: normalise_batch(spec, noise(1, 7)), lambda: normalise(spec, noise(3, 7))):
        with pytest.raises(PictureError, match="mean picture of 6 × 6") as caught:
            wrong()
        assert caught.value.remedy == "Bring pictures to 6 × 6 pixels."
