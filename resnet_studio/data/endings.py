"""The ending of a pipeline: 8-bit colours become the numbers that a network reads, and back.

The same bits whether pictures come alone or in a batch, on the processor or on a GPU, and for an
ending with one mean for each channel (`Normalise`) as for one with a mean for each pixel
(`PerPixelMean`); a pipeline without ending only scales to [0, 1].
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_studio.data.augment_spec import AugmentSpec, Ending
from resnet_studio.data.augment_steps import Normalise
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.errors import PictureError

Floats = NDArray[np.float32]

# Up to here a picture's means lie in the processor's first cache beside the picture.
_SMALL_SIDE = 48
_AS_IT_IS = Normalise(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
# torchvision multiplies by the inverse in single precision and then subtracts and divides; another
# order of these gives other last bits.
_LEVEL = 1.0 / 255


def normalise(spec: AugmentSpec, images: Tensor) -> Tensor:
    """Return colours as the network reads them: scaled to [0, 1], then normalised by the spec.

    Args:
        spec: The pipeline.
        images: (..., 3, S, S) uint8, in any memory layout, on any device.

    Returns:
        The same shape, float32, contiguous, on the same device.

    Raises:
        PictureError: The pictures have another size than the mean picture of the spec.
    """
    last = _ending(spec, images.shape[-2], images.shape[-1])
    mean, std = _as_planes(last)
    if images.device.type == "cpu":
        values = images.numpy().astype(np.float32, order="C")
        values *= _LEVEL
        values -= mean
        values /= std
        return torch.from_numpy(values)
    scaled = images.to(torch.float32, memory_format=torch.contiguous_format).mul_(_LEVEL)
    return scaled.sub_(_beside(mean, scaled)).div_(_beside(std, scaled))


def normalise_batch(spec: AugmentSpec, images: Tensor) -> Tensor:
    """Return a whole batch as the network reads it, in the layout that convolutions read fastest.

    The same bits as `normalise`. Measured for 128 pictures of 32 pixels on one core: 0.20 ms
    against 0.35, since numpy's inner loop runs over a whole picture and not over three colours;
    a table of the 256 levels would take 0.74.

    Args:
        spec: The pipeline.
        images: (N, S, S, 3) uint8, contiguous.

    Returns:
        (N, 3, S, S) float32 in channels_last memory order, on the same device.

    Raises:
        PictureError: The pictures have another size than the mean picture of the spec.
    """
    height, width = images.shape[1:3]
    last = _ending(spec, height, width)
    if images.device.type != "cpu":
        scaled = images.to(torch.float32).mul_(_LEVEL)
        mean, std = _there(last, images.device)
        return scaled.sub_(mean).div_(std).permute(0, 3, 1, 2)
    whole = isinstance(last, PerPixelMean) or width <= _SMALL_SIDE
    mean_row, std_row = _in_a_row(last, height * width if whole else width)
    values = images.numpy().reshape(-1, mean_row.size).astype(np.float32)
    values *= _LEVEL
    values -= mean_row
    values /= std_row
    return torch.from_numpy(values.reshape(images.shape)).permute(0, 3, 1, 2)


def denormalise(images: Tensor, spec: AugmentSpec) -> NDArray[np.uint8]:
    """Return what the network read as colours for the eye.

    Args:
        images: (3, S, S) or (N, 3, S, S) float, normalised by `spec`.
        spec: The pipeline.

    Returns:
        (S, S, 3) or (N, S, S, 3) uint8; exactly the colours before normalisation.

    Raises:
        PictureError: The pictures have another size than the mean picture of the spec.
    """
    last = _ending(spec, images.shape[-2], images.shape[-1])
    colours = images.detach().to("cpu", torch.float32)
    mean, std = (_beside(each, colours) for each in _as_planes(last))
    colours = colours * std + mean
    levels = (colours * 255).round().clamp(0, 255).to(torch.uint8)
    rgb: NDArray[np.uint8] = levels.movedim(-3, -1).contiguous().numpy()
    return rgb


def _ending(spec: AugmentSpec, height: int, width: int) -> Ending:
    last = spec.ending or _AS_IT_IS
    if isinstance(last, PerPixelMean) and (height, width) != (last.side, last.side):
        raise PictureError(
            f"The mean picture of {last.side} × {last.side} pixels cannot be subtracted from a "
            f"picture of {width} × {height}.",
            remedy=f"Bring pictures to {last.side} × {last.side} pixels.",
        )
    return last


def _beside(values: Floats, like: Tensor) -> Tensor:
    return torch.from_numpy(values.copy()).to(like.device)


def _mean_of(last: Ending) -> Floats:
    """Return the mean as (1, 1, 3), or as (S, S, 3) if it differs from pixel to pixel."""
    if isinstance(last, PerPixelMean):
        return last.mean
    return np.array(last.mean, dtype=np.float32).reshape(1, 1, 3)


def _as_planes(last: Ending) -> tuple[Floats, Floats]:
    """Return mean and deviation, (3, 1, 1) or (3, S, S) each."""
    std = np.array(last.std, dtype=np.float32)
    return _mean_of(last).transpose(2, 0, 1), std[:, None, None]


@lru_cache(maxsize=8)
def _in_a_row(last: Ending, pixels: int) -> tuple[Floats, Floats]:
    """Return mean and deviation for each of so many pixels, (3 * pixels,) each."""
    mean = _mean_of(last).reshape(-1)
    std = np.array(last.std, dtype=np.float32)
    return np.tile(mean, 3 * pixels // mean.size), np.tile(std, pixels)


@lru_cache(maxsize=8)
def _there(last: Ending, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return mean and deviation on a device; sent once, since sending waits for it."""
    mean = torch.from_numpy(_mean_of(last).copy()).to(device)
    return mean, torch.tensor(last.std, device=device)
