"""Turning, shearing and shifting pixels: torchvision's affine kernel on (H, W, 3) uint8 pictures.

The same operations in the same order as `torchvision.transforms.v2.functional` (0.26 to 0.29) does
to tensors, so that the bits are the same; nothing is imported from torchvision, which takes 0.8 s.

The matrices: `affine.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from resnet_studio.data.affine import quarter_turns, turning
from resnet_studio.data.drawn import Affine

Interpolation = Literal["nearest", "bilinear"]


def warped(
    image: NDArray[np.uint8],
    matrix: Affine,
    *,
    interpolation: Interpolation,
    fill: Sequence[float] | None = None,
) -> NDArray[np.uint8]:
    """Return a picture of the same size with its pixels moved.

    Args:
        image: (H, W, 3) uint8.
        matrix: Where each point of the result comes from, counted from the centre.
        interpolation: How colours between pixels are found.
        fill: Red, green, blue from 0 to 255 of what lies outside of the picture. torchvision's
            two kernels differ along the slanted edge: without a colour it is black and fades once,
            with one (even black) the fading is multiplied in twice.
    """
    height, width = image.shape[:2]
    planes = torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32, order="C"))[None]
    if fill is not None:
        planes = torch.cat((planes, torch.ones(1, 1, height, width)), dim=1)
    grid = _grid(matrix, height, width)
    planes = functional.grid_sample(
        planes, grid, mode=interpolation, padding_mode="zeros", align_corners=False
    )
    if fill is not None:
        planes = _filled(planes[:, :3], planes[:, 3:], fill, interpolation)
    moved = np.empty(image.shape, dtype=np.uint8)
    # Plane by plane: 0.05 ms for 224 pixels, where one transposed copy takes 0.3.
    for channel, plane in enumerate(planes.round_()[0].numpy()):
        moved[..., channel] = plane
    return moved


def _filled(planes: Tensor, mask: Tensor, fill: Sequence[float], mode: Interpolation) -> Tensor:
    colour = torch.tensor(list(fill), dtype=torch.float32).view(1, -1, 1, 1)
    if mode == "nearest":
        return torch.where(mask < 0.5, colour, planes)
    return planes.sub_(colour).mul_(mask).add_(colour)


def _grid(matrix: Affine, height: int, width: int) -> Tensor:
    """Return where each pixel comes from, (1, H, W, 2) float32 from -1 to 1 across the picture."""
    base = torch.empty(1, height, width, 3)
    base[..., 0].copy_(torch.linspace((1.0 - width) * 0.5, (width - 1.0) * 0.5, steps=width))
    down = torch.linspace((1.0 - height) * 0.5, (height - 1.0) * 0.5, steps=height)
    base[..., 1].copy_(down[:, None])
    base[..., 2].fill_(1)
    theta = torch.tensor(matrix, dtype=torch.float32).reshape(1, 2, 3)
    theta = theta.transpose(1, 2).div_(torch.tensor([0.5 * width, 0.5 * height]))
    return base.view(1, height * width, 3).bmm(theta).view(1, height, width, 2)


def turned(
    image: NDArray[np.uint8],
    angle: float,
    *,
    interpolation: Interpolation,
    fill: Sequence[float] | None = None,
) -> NDArray[np.uint8]:
    """Return a picture of the same size turned anticlockwise about its centre.

    Quarter turns of squares and half turns of any picture move whole pixels.

    Args:
        image: (H, W, 3) uint8.
        angle: In degrees.
        interpolation: How colours between pixels are found.
        fill: See `warped`.
    """
    quarters = quarter_turns(angle, image.shape[0], image.shape[1])
    if quarters is not None:
        # A copy: of one pixel, numpy would call the view contiguous that torch cannot share.
        return np.rot90(image, quarters).copy() if quarters else image
    return warped(image, turning(angle), interpolation=interpolation, fill=fill)
