"""Whole batches augmented on a GPU, from pictures that lie there.

Only steps that move whole pixels (`PadCrop` and the flips): moving gives the same bits anywhere.
Resizing is not done here, since another device's antialiased sums differ in the last bits from
what the preview shows; resized pictures come from the processor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from resnet_studio.data.augment_steps import HorizontalFlip, PadCrop, Step, VerticalFlip
from resnet_studio.data.draws import flips, pad_crop_corners
from resnet_studio.data.step_base import BLACK


def apply_on_device(
    steps: Sequence[Step],
    images: Tensor,
    places: NDArray[np.int64],
    numbers: NDArray[np.float64],
) -> Tensor:
    """Do steps to some of the pictures on a device; the same bits as `transforms.apply_batch`.

    Args:
        steps: Steps of which `transforms.works_on_batches` is true.
        images: (N, H, W, 3) uint8, on the device.
        places: (n,) int64, which of them.
        numbers: (n, k) the numbers of each sample for these steps.

    Returns:
        (n, S, S, 3) uint8, contiguous, on the device.

    Raises:
        PictureError: The pictures are too small for a crop.
    """
    chosen, *moves = _moves(steps, places, numbers, images)
    batch = images.index_select(0, chosen)
    waiting = iter(moves)
    for step in steps:
        if isinstance(step, PadCrop):
            batch = _pad_and_crop(step, batch, next(waiting), next(waiting))
        else:
            along = 1 if isinstance(step, VerticalFlip) else 2
            flipped = next(waiting).bool()[:, None, None, None]
            batch = torch.where(flipped, batch.flip(along), batch)
    return batch.contiguous()


def _moves(
    steps: Sequence[Step],
    places: NDArray[np.int64],
    numbers: NDArray[np.float64],
    images: Tensor,
) -> Tensor:
    """Decide by how much each picture moves, and send that with the places in one copy."""
    rows = [places]
    height, width = images.shape[1:3]
    taken = 0
    for step in steps:
        mine = numbers[:, taken : taken + step.numbers]
        taken += step.numbers
        if isinstance(step, PadCrop):
            tops, lefts = pad_crop_corners(step, height, width, mine)
            rows += [tops + step.padding, lefts + step.padding]
            height = width = step.size
        elif isinstance(step, HorizontalFlip | VerticalFlip):
            rows.append(flips(step, mine).astype(np.int64))
        else:
            raise TypeError(f"{step.kind} does not work on whole batches")
    return sent(torch.from_numpy(np.stack(rows)), images.device)


def sent(values: Tensor, device: torch.device) -> Tensor:
    """Return a tensor of the processor on the device; a GPU is not waited for."""
    if device.type == "cuda":
        pinned = values if values.is_pinned() else values.pin_memory()
        return pinned.to(device, non_blocking=True)
    return values.to(device)


def _pad_and_crop(step: PadCrop, images: Tensor, tops: Tensor, lefts: Tensor) -> Tensor:
    border = step.padding
    padded = functional.pad(images, (0, 0, border, border, border, border))
    if border and step.fill != BLACK:
        for channel, level in enumerate(step.fill):  # numbers, since a tensor would have to be sent
            padded[..., channel] = level
        padded[:, border:-border, border:-border] = images
    along = torch.arange(step.size, device=images.device)
    picture = torch.arange(len(images), device=images.device)[:, None, None]
    down, across = tops[:, None, None] + along[:, None], lefts[:, None, None] + along
    return padded[picture, down, across]
