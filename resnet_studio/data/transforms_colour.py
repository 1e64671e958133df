"""Pixels of the steps that change colours: what a draw says, done to one picture.

The operations are those of torchvision's transforms v2 on 8-bit tensors; only the mean of a
contrast is taken in another way (see `_contrast`). torchvision is imported when the first picture
comes, since that takes 0.8 s.

A picture is (H, W, 3) uint8 between steps. torchvision wants (3, H, W): a mere view of the same
memory serves operations that treat each number alone; for the others, which read three colours at
once or work a plane at a time, planes are made first and turned back at the end. Measured for 224
pixels on one core: 0.05 ms each way, against 0.1 to 4 ms for the operations.
"""

from __future__ import annotations

import math
from typing import Any, Final, TypeVar, assert_never

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_studio.data.colour_steps import (
    ColourJitter,
    ColourStep,
    PCAColour,
    RandAugment,
    RandomErasing,
    RandomGrayscale,
    TrivialAugment,
)
from resnet_studio.data.drawn import StepDraw
from resnet_studio.data.draws_colour import Adjustments, Erased, Greyed, Operations, Tint
from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.data.warp import Interpolation

Pixels = NDArray[np.uint8]
Number = TypeVar("Number", int, float)

_FACTORS: Final = {
    "Brightness": "brightness",
    "Color": "saturation",
    "Contrast": "contrast",
    "Sharpness": "sharpness",
}
# Operations that read one colour at a time, so that the layout is all the same to them.
_ANY_LAYOUT: Final = frozenset(
    ("brightness", "Brightness", "Posterize", "Solarize", "TranslateX", "TranslateY", "Identity")
)
_MOVING: Final = frozenset(("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"))


def apply_colour_step(step: ColourStep, image: Pixels, drawn: StepDraw) -> Pixels:
    """Return (H, W, 3) uint8 `image` after one step; perhaps `image` itself."""
    match step:
        case ColourJitter():
            return jittered(image, drawn.detail)
        case PCAColour():
            return tinted(image, drawn.detail)
        case RandomGrayscale():
            return greyed(image, drawn.detail)
        case RandomErasing():
            return erased(step, image, drawn.detail)
        case RandAugment() | TrivialAugment():
            return operated(image, drawn.detail, interpolation=step.interpolation)
        case PerPixelMean():
            return image
        case _:
            assert_never(step)


def jittered(image: Pixels, detail: Adjustments) -> Pixels:
    """Return the picture with brightness, contrast, saturation and hue changed in that order.

    Compared bit for bit with torchvision's `v2.ColorJitter` of the same factors and order.
    """
    planes = _laid_out(image, {name for name, _ in detail.each})
    for name, factor in detail.each:
        planes = _adjusted(planes, name, factor)
    return _pixels(planes)


def tinted(image: Pixels, detail: Tint) -> Pixels:
    """Return the picture with one colour added to all pixels, rounded and clipped to 0 to 255.

    Compared with an independent computation in double precision, to half a level. AlexNet added
    the colour to single precision numbers, which were neither rounded nor clipped; here every step
    works on 8-bit colours, so what leaves their range is lost.
    """
    shift = np.rint((detail.red, detail.green, detail.blue)).clip(-255, 255).astype(np.int16)
    # By rows: numpy's inner loop then runs over a row of numbers, and not over three.
    levels = image.reshape(len(image), -1) + np.tile(shift, image.shape[1])
    return levels.clip(0, 255).astype(np.uint8).reshape(image.shape)


def greyed(image: Pixels, detail: Greyed) -> Pixels:
    """Return the picture without colour, if it is to be grey.

    Compared bit for bit with torchvision's `v2.functional.rgb_to_grayscale`.
    """
    if not detail.grey:
        return image
    grey = _torchvision().rgb_to_grayscale(_planes(image))
    return _pixels(grey.expand(3, -1, -1))


def erased(step: RandomErasing, image: Pixels, detail: Erased | None) -> Pixels:
    """Return the picture with the rectangle covered, if there is one.

    Compared bit for bit with torchvision's `v2.RandomErasing` of the same rectangle and values.
    """
    if detail is None:
        return image
    left, top, width, height = detail.region
    covered = image.copy()
    part = covered[top : top + height, left : left + width]
    match step.value:
        case "black":
            part[:] = 0
        case "mean":
            part[:] = step.mean_colour
        case "noise":
            part[:] = noise(detail.seed, height, width)
    return covered


def noise(seed: int, height: int, width: int) -> Pixels:
    """Return uniform bytes, (H, W, 3): the same for a seed in every version of numpy."""
    count = height * width * 3
    words = np.random.Philox(key=seed).random_raw(math.ceil(count / 8))
    return words.astype("<u8").view(np.uint8)[:count].reshape(height, width, 3)


def operated(image: Pixels, detail: Operations, *, interpolation: Interpolation) -> Pixels:
    """Return the picture after the operations of RandAugment or TrivialAugment.

    Compared bit for bit with torchvision's `v2.RandAugment` and `v2.TrivialAugmentWide` of the same
    operations, magnitudes and signs.

    Args:
        image: (H, W, 3) uint8.
        detail: The operations in order.
        interpolation: "nearest" or "bilinear", for those that move pixels.
    """
    planes = _laid_out(image, {operation for operation, _ in detail.each})
    for operation, amount in detail.each:
        if operation in _FACTORS:
            planes = _adjusted(planes, _FACTORS[operation], 1.0 + amount)
        elif operation in _MOVING:
            planes = _moved(planes, operation, amount, interpolation)
        elif operation != "Identity":
            planes = _levelled(planes, operation, amount)
    return _pixels(planes)


def _adjusted(planes: Tensor, name: str, factor: float) -> Tensor:
    functional = _torchvision()
    result: Tensor
    match name:
        case "brightness":
            result = functional.adjust_brightness(planes, factor)
        case "contrast":
            result = _contrast(planes, factor)
        case "saturation":
            result = functional.adjust_saturation(planes, factor)
        case "hue":
            result = functional.adjust_hue(planes, factor)
        case "sharpness":
            result = functional.adjust_sharpness(planes, factor)
        case _:
            raise ValueError(f"{name} is no property of colours")
    return result


def _contrast(planes: Tensor, factor: float) -> Tensor:
    """Draw all numbers towards the mean grey, or away from it.

    The mean is taken of whole numbers. torchvision adds single precision numbers; up to 65,793
    pixels (256 x 256) that is exact as well. Above, its last bit depends on how many threads share
    the sum (in 45 of 150 pictures tried), and a picture might differ between worker and preview.
    """
    grey = _torchvision().rgb_to_grayscale(planes)
    total = np.float32(int(grey.sum(dtype=torch.int64)))
    mean = torch.full((1, 1, 1), float(total / np.float32(grey.numel())))
    blended = planes.mul(factor).add_(mean, alpha=1.0 - factor)
    return blended.clamp_(0, 255).to(torch.uint8)


def _levelled(planes: Tensor, operation: str, amount: float) -> Tensor:
    functional = _torchvision()
    result: Tensor
    match operation:
        case "Posterize":
            result = functional.posterize(planes, int(amount))
        case "Solarize":
            result = functional.solarize(planes, 255.0 * amount)
        case "AutoContrast":
            result = functional.autocontrast(planes)
        case "Equalize":
            result = functional.equalize(planes)
        case _:
            raise ValueError(f"there is no operation {operation}")
    return result


def _moved(planes: Tensor, operation: str, amount: float, interpolation: str) -> Tensor:
    """Turn, shear or shift; torchvision wants the angle whose tangent a shear is."""
    from torchvision.transforms import InterpolationMode

    if operation.startswith("Translate"):
        return _shifted(planes, *_on_axis(operation, int(amount)))
    functional, mode = _torchvision(), InterpolationMode(interpolation)
    result: Tensor
    if operation == "Rotate":
        result = functional.rotate(planes, amount, interpolation=mode)
    else:
        result = functional.affine(
            planes,
            angle=0.0,
            translate=[0, 0],
            scale=1.0,
            shear=list(_on_axis(operation, math.degrees(math.atan(amount)))),
            interpolation=mode,
            center=[0, 0],
        )
    return result


def _on_axis(operation: str, amount: Number) -> tuple[Number, Number]:
    """Return an amount across and an amount down, of which one is nought."""
    nothing = amount * 0
    return (amount, nothing) if operation.endswith("X") else (nothing, amount)


def _shifted(planes: Tensor, right: int, down: int) -> Tensor:
    """Return the picture shifted by whole pixels, with black behind it.

    torchvision looks every pixel up where it comes from, which gives the same and takes 1.2 ms for
    224 pixels; this takes 0.02.
    """
    before = planes.numpy()
    height, width = before.shape[1:]
    right, down = max(-width, min(width, right)), max(-height, min(height, down))
    after = np.zeros_like(before)
    after[:, max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = before[
        :, max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
    ]
    return torch.from_numpy(after)


# --- layouts --------------------------------------------------------------------------------------


def _laid_out(image: Pixels, operations: set[str]) -> Tensor:
    """Return the picture as (3, H, W): a view if that serves all operations, else in planes."""
    return _view(image) if operations <= _ANY_LAYOUT else _planes(image)


def _view(image: Pixels) -> Tensor:
    """Return the picture as (3, H, W) without copying, where torch may share the memory."""
    shareable = image.flags.writeable and image.flags.c_contiguous
    return torch.from_numpy(image if shareable else image.copy(order="C")).permute(2, 0, 1)


def _planes(image: Pixels) -> Tensor:
    """Return a copy as (3, H, W) in planes; numpy copies in one thread, and faster than torch."""
    planes = np.empty((3, *image.shape[:2]), dtype=np.uint8)
    for place, plane in enumerate(planes):
        plane[:] = image[..., place]
    return torch.from_numpy(planes)


def _pixels(tensor: Tensor) -> Pixels:
    """Return (3, H, W) uint8 in any layout as (H, W, 3) with the colours side by side."""
    planes = tensor.numpy()
    if planes.transpose(1, 2, 0).flags.c_contiguous:
        return planes.transpose(1, 2, 0)
    image = np.empty((*planes.shape[1:], 3), dtype=np.uint8)
    for place, plane in enumerate(planes):
        image[..., place] = plane
    return image


def _torchvision() -> Any:
    from torchvision.transforms.v2 import functional

    return functional
