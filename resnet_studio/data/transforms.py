"""Pixels: what a `Draw` says, done to a picture or to a whole batch.

The results are those of torchvision's v2 transforms on tensors, bit for bit (the tests compare
them), but nothing is imported from torchvision: that takes another 0.8 s after torch itself, before
the first feature map or training step. Resizing is torch's: bilinear, antialiased, on 8-bit
colours.

Between steps a picture is an (H, W, 3) uint8 array. torch resizes that layout several times faster
than planes (a photograph of 6 million pixels to 256: 1.5 ms against 7), and one layout on every
path is what makes a picture alone and a picture in a batch the same bits. All else on the processor
is numpy's: torch shares even small copies among its threads, and waking them takes up to 12 ms
where cores are busy with training, against 0.2 ms for the copy.

Small pictures of one size go through `apply_batch`, whole batches at a time.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import assert_never

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.augment_steps import (
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    RandomRotation,
    RandomShortSide,
    Resize,
    ResizeExact,
    Step,
    VerticalFlip,
)
from resnet_studio.data.colour_steps import ColourStep
from resnet_studio.data.draws import (
    Draw,
    Region,
    StepDraw,
    draw_steps,
    flips,
    pad_crop_corners,
)
from resnet_studio.data.endings import denormalise as denormalise
from resnet_studio.data.endings import normalise as normalise
from resnet_studio.data.endings import normalise_batch as normalise_batch
from resnet_studio.data.step_base import BLACK, Colour
from resnet_studio.data.transforms_colour import apply_colour_step
from resnet_studio.data.warp import turned
from resnet_studio.errors import PictureError

_WHOLE_BATCHES = (PadCrop, HorizontalFlip, VerticalFlip)


def apply(spec: AugmentSpec, rgb: NDArray[np.uint8], draw: Draw) -> Tensor:
    """Return a picture as the network reads it: (3, S, S) float32, normalised.

    Args:
        spec: The pipeline.
        rgb: The picture, (H, W, 3) uint8.
        draw: What chance decided for it, of the same pipeline and size.
    """
    return normalise(spec, apply_uint8(spec, rgb, draw))


def apply_uint8(spec: AugmentSpec, rgb: NDArray[np.uint8], draw: Draw) -> Tensor:
    """Return the picture before it is normalised, as the eye sees it: (3, S, S) uint8."""
    image = apply_steps(spec.steps, rgb, draw.steps)
    return torch.from_numpy(image.transpose(2, 0, 1).copy())


def apply_steps(
    steps: Sequence[Step], image: NDArray[np.uint8], draws: Sequence[StepDraw]
) -> NDArray[np.uint8]:
    """Return (H, W, 3) uint8 `image` after the steps; `Normalise` leaves 8-bit colours alone.

    The result may be `image` itself: do not write to it.
    """
    for step, drawn in zip(steps, draws, strict=True):
        image = apply_step(step, image, drawn)
    return image


def apply_step(step: Step, image: NDArray[np.uint8], drawn: StepDraw) -> NDArray[np.uint8]:
    """Return (H, W, 3) uint8 `image` after one step; perhaps `image` itself."""
    if isinstance(step, ColourStep):
        return apply_colour_step(step, image, drawn)
    match step:
        case RandomResizedCrop():
            return _resized(_cut(image, _region(drawn)), drawn.size)
        case Resize() | ResizeExact() | RandomShortSide():
            return _resized(image, drawn.size)
        case CenterCrop():
            return _cut(image, _region(drawn))
        case PadCrop():
            return _cut(image, _region(drawn), fill=step.fill)
        case HorizontalFlip():
            return _mirrored(image) if drawn.mirrored else image
        case VerticalFlip():
            # A copy: of one row, numpy would call the view contiguous that torch cannot share.
            return image if drawn.affine is None else image[::-1].copy()
        case RandomRotation():
            angle, mode = drawn.values["angle"], step.interpolation
            return turned(image, angle, interpolation=mode, fill=step.fill)
        case Normalise():
            return image
        case _:
            assert_never(step)


# --- whole batches --------------------------------------------------------------------------------


def fixed_steps(spec: AugmentSpec) -> int:
    """Return how many steps come before the first chance: they give the same in every epoch."""
    for place, step in enumerate(spec.pixel_steps):
        if step.numbers:
            return place
    return len(spec.pixel_steps)


def leaves_alone(steps: Sequence[Step], height: int, width: int) -> bool:
    """Return whether steps without chance give a picture of that size back as it is."""
    try:
        draws = draw_steps(steps, height, width, ())
    except PictureError:
        return False
    whole = Region(0, 0, width, height)
    return all(
        drawn.size == (height, width)
        and drawn.region in (None, whole)
        and not (drawn.mirrored or drawn.affine or drawn.detail)
        for drawn in draws
    )


def works_on_batches(steps: Sequence[Step]) -> bool:
    """Return whether `apply_batch` has all these steps."""
    return all(isinstance(step, _WHOLE_BATCHES) for step in steps)


def apply_batch(
    steps: Sequence[Step],
    images: NDArray[np.uint8],
    numbers: NDArray[np.float64],
    *,
    overwrite: bool = False,
) -> NDArray[np.uint8]:
    """Do steps to many pictures of one size at once; the same bits as one after the other.

    Args:
        steps: Steps of which `works_on_batches` is true.
        images: (N, H, W, 3) uint8.
        numbers: (N, k) the numbers of each sample for these steps.
        overwrite: Whether `images` is the caller's own, not needed afterwards, and contiguous.

    Returns:
        (N, S, S, 3) uint8; perhaps `images` itself.

    Raises:
        PictureError: The pictures are too small for a crop.
    """
    taken = 0
    for step in steps:
        mine = numbers[:, taken : taken + step.numbers]
        taken += step.numbers
        if isinstance(step, PadCrop):
            images, overwrite = _pad_and_crop(step, images, mine), True
        elif isinstance(step, HorizontalFlip):
            images = images if overwrite else np.array(images, order="C")
            _mirror(images, flips(step, mine))
            overwrite = True
        elif isinstance(step, VerticalFlip):
            images = images if overwrite else np.array(images, order="C")
            chosen = flips(step, mine)
            images[chosen] = images[chosen, ::-1]
            overwrite = True
        else:
            raise TypeError(f"{step.kind} does not work on whole batches")
    return images


def _mirror(images: NDArray[np.uint8], chosen: NDArray[np.bool_]) -> None:
    """Mirror some of (N, H, W, 3) contiguous pictures in place."""
    count, height, width, _ = images.shape
    lines = images.reshape(count, height, 3 * width)
    # By bytes: choosing pixels of three bytes takes half as long again.
    backwards = (np.arange(width - 1, -1, -1)[:, None] * 3 + np.arange(3)).ravel()
    lines[chosen] = np.take(lines[chosen], backwards, axis=2)


def _pad_and_crop(
    step: PadCrop, images: NDArray[np.uint8], numbers: NDArray[np.float64]
) -> NDArray[np.uint8]:
    count, height, width, _ = images.shape
    tops, lefts = pad_crop_corners(step, height, width, numbers)
    border = step.padding
    padded = _filled((count, height + 2 * border, width + 2 * border, 3), step.fill)
    padded[:, border : border + height, border : border + width] = images
    # (N, tops, lefts, 3, S, S): all crops there are, without copying one.
    crops = sliding_window_view(padded, (step.size, step.size), axis=(1, 2))
    # Colours last before the choice, so that whole rows of pixels are copied.
    crops = crops.transpose(0, 1, 2, 4, 5, 3)
    chosen: NDArray[np.uint8] = crops[np.arange(count), tops + border, lefts + border]
    return chosen


# --- helpers --------------------------------------------------------------------------------------


def _region(drawn: StepDraw) -> Region:
    assert drawn.region is not None, drawn.kind
    return drawn.region


def _mirrored(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (..., W, 3) pictures mirrored; indexing copies pixels twice as fast as a slice."""
    return np.take(images, np.arange(images.shape[-2] - 1, -1, -1), axis=-2)


def _cut(image: NDArray[np.uint8], region: Region, *, fill: Colour = BLACK) -> NDArray[np.uint8]:
    """Return a copy of the region; what lies outside of the picture has the colour `fill`."""
    left, top = region.left, region.top
    right, bottom = left + region.width, top + region.height
    inside = image[max(top, 0) : bottom, max(left, 0) : right]
    if inside.shape[:2] == (region.height, region.width):
        return inside.copy()  # a view would keep the whole picture in memory
    cut = _filled((region.height, region.width, 3), fill)
    down, across = max(-top, 0), max(-left, 0)
    cut[down : down + inside.shape[0], across : across + inside.shape[1]] = inside
    return cut


def _filled(shape: tuple[int, ...], fill: Colour) -> NDArray[np.uint8]:
    """Return pictures of one colour; black is had from the system without writing it."""
    if fill == BLACK:
        return np.zeros(shape, dtype=np.uint8)
    pictures = np.empty(shape, dtype=np.uint8)
    pictures[...] = np.array(fill, dtype=np.uint8)
    return pictures


def _resized(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    if image.shape[:2] == size:
        return image
    planes = _tensor(image)[None].permute(0, 3, 1, 2)
    if not resizes_bytes():
        planes = planes.to(torch.float32)
    planes = functional.interpolate(planes, size, mode="bilinear", antialias=True)
    if planes.is_floating_point():
        planes = planes.round_().to(torch.uint8)
    return np.ascontiguousarray(planes[0].permute(1, 2, 0).numpy())


def _tensor(image: NDArray[np.uint8]) -> Tensor:
    """Share memory with torch where it allows; it warns of read-only and refuses flipped arrays."""
    shareable = image.flags.writeable and image.flags.c_contiguous
    return torch.from_numpy(image if shareable else image.copy(order="C"))


def resizes_bytes() -> bool:
    """Whether this processor resizes 8-bit colours directly; torchvision chooses by the same."""
    capability = torch.backends.cpu.get_cpu_capability()
    return capability in ("AVX2", "AVX512") or platform.machine() in ("aarch64", "arm64")
