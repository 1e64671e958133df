"""Moving pixels on the device; without a GPU the device is the processor, with the same code."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from resnet_studio.data.augment_steps import HorizontalFlip, PadCrop, Resize, VerticalFlip
from resnet_studio.data.on_device import apply_on_device
from resnet_studio.data.randomness import sample_numbers
from resnet_studio.data.transforms import apply_batch

PICTURES = np.random.default_rng(0).integers(0, 256, (50, 12, 14, 3), dtype=np.uint8)
PLACES = np.array([7, 0, 49, 7, 23, 31, 2, 18, 44, 5])


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (HorizontalFlip(),),
        (PadCrop(padding=3, size=12),),
        (PadCrop(padding=2, size=11), HorizontalFlip(p=0.7)),
        (VerticalFlip(), PadCrop(padding=3, size=12, fill=(255, 1, 77))),
        (HorizontalFlip(), PadCrop(padding=1, size=12), PadCrop(padding=4, size=9)),
    ],
    ids=lambda steps: "-".join(step.kind for step in steps) or "nothing",
)
@pytest.mark.parametrize(
    "device",
    [
        "cpu",
        pytest.param(
            "cuda",
            marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
        ),
    ],
)
def test_a_device_moves_pixels_as_the_processor_does(steps, device):
    numbers = sample_numbers(1, 0, PLACES, sum(step.numbers for step in steps))
    there = apply_on_device(steps, torch.from_numpy(PICTURES).to(device), PLACES, numbers)
    assert there.is_contiguous()
    assert np.array_equal(there.cpu().numpy(), apply_batch(steps, PICTURES[PLACES], numbers))


def test_a_device_does_not_resize():
    with pytest.raises(TypeError, match="resize"):
        apply_on_device(
            (Resize(size=8),), torch.from_numpy(PICTURES), PLACES, np.empty((len(PLACES), 0))
        )
