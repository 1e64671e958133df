"""The operations of RandAugment and TrivialAugment: names, magnitudes, words, and what moves where.

Names, order and magnitudes are torchvision's (`_AUGMENTATION_SPACE` of its two transforms), so that
a draw can be handed to torchvision as it is. No torch here.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from resnet_studio.data.affine import turning_in_pixels
from resnet_studio.data.colour_steps import RandAugment, TrivialAugment
from resnet_studio.data.drawn import Affine

Policy = RandAugment | TrivialAugment

OPERATIONS: Final = (
    "Identity",
    "ShearX",
    "ShearY",
    "TranslateX",
    "TranslateY",
    "Rotate",
    "Brightness",
    "Color",
    "Contrast",
    "Sharpness",
    "Posterize",
    "Solarize",
    "AutoContrast",
    "Equalize",
)
_SIGNED: Final = frozenset(OPERATIONS[1:10])
_WITHOUT_MAGNITUDE: Final = frozenset(("Identity", "AutoContrast", "Equalize"))
_FACTORS: Final = {
    "Brightness": "brightness",
    "Color": "saturation",
    "Contrast": "contrast",
    "Sharpness": "sharpness",
}


def has_direction(operation: str) -> bool:
    """Return whether the magnitude is taken with a random sign."""
    return operation in _SIGNED


def has_magnitude(operation: str) -> bool:
    """Return whether the operation can be strong or weak at all."""
    return operation not in _WITHOUT_MAGNITUDE


def magnitude(policy: Policy, operation: str, place: int, height: int, width: int) -> float:
    """Return how strong an operation is at a step of its range, without sign.

    Args:
        policy: Says how wide the range is, and into how many steps it is divided.
        operation: One of `OPERATIONS`.
        place: The step, from 0.
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.

    Returns:
        Of a shear, pixels to the side for each pixel away from the edge; of a shift, pixels; of a
        turn, degrees; of "Posterize", the bits that stay; of "Solarize", the share of the levels
        that stay; else what is added to the factor 1.
    """
    if not has_magnitude(operation):
        return 0.0
    wide = isinstance(policy, TrivialAugment)
    if operation == "Posterize":
        per_bit = np.float32((policy.bins - 1) / (6 if wide else 4))
        return float(np.rint(np.float32(8) - np.float32(place) / per_bit))
    if operation == "Solarize":
        return _evenly(1.0, 0.0, policy.bins, place)
    return _evenly(0.0, _most(operation, height, width, wide=wide), policy.bins, place)


def _most(operation: str, height: int, width: int, *, wide: bool) -> float:
    match operation:
        case "ShearX" | "ShearY":
            return 0.99 if wide else 0.3
        case "TranslateX" | "TranslateY":
            side = width if operation == "TranslateX" else height
            return 32.0 if wide else 150.0 / 331.0 * side
        case "Rotate":
            return 135.0 if wide else 30.0
        case _:
            return 0.99 if wide else 0.9


def _evenly(start: float, end: float, count: int, place: int) -> float:
    """Return `torch.linspace(start, end, count)[place]`, to the last bit.

    A shift is cut to whole pixels, so the last bit decides over 15 or 16 of them. torch steps from
    the nearer end in single precision, with one rounding of product and sum together.
    """
    first, last = np.float32(start), np.float32(end)
    step = float((last - first) / np.float32(count - 1))
    if place < count // 2:
        return float(np.float32(float(first) + step * place))
    return float(np.float32(float(last) - step * (count - 1 - place)))


def words(operation: str, amount: float) -> str:
    """Return what an operation of a magnitude with its sign does, for a person."""
    sign = "−" if amount < 0 else ""
    match operation:
        case "Identity":
            return "left as it is"
        case "ShearX":
            return f"sheared across by {sign}{abs(amount):.2f}"
        case "ShearY":
            return f"sheared down by {sign}{abs(amount):.2f}"
        case "TranslateX":
            return f"shifted {abs(int(amount))} px {'left' if amount < 0 else 'right'}"
        case "TranslateY":
            return f"shifted {abs(int(amount))} px {'up' if amount < 0 else 'down'}"
        case "Rotate":
            return f"turned {sign}{abs(amount):.0f}°"
        case "Posterize":
            return f"{int(amount)} bits a colour"
        case "Solarize":
            return f"inverted from level {255 * amount:.0f}"
        case "AutoContrast":
            return "contrast stretched"
        case "Equalize":
            return "equalised"
        case _:
            return f"{_FACTORS[operation]} ×{1 + amount:.2f}"


def moved(operation: str, amount: float, height: int, width: int) -> Affine | None:
    """Return where the pixels of the result come from; None for an operation on colours.

    Args:
        operation: One of `OPERATIONS`.
        amount: Its magnitude with sign.
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.

    Returns:
        `StepDraw.affine`.
    """
    match operation:
        case "ShearX":
            return (1.0, amount, 0.0, 0.0, 1.0, 0.0)
        case "ShearY":
            return (1.0, 0.0, 0.0, amount, 1.0, 0.0)
        case "TranslateX":
            return (1.0, 0.0, -float(int(amount)), 0.0, 1.0, 0.0)
        case "TranslateY":
            return (1.0, 0.0, 0.0, 0.0, 1.0, -float(int(amount)))
        case "Rotate":
            return turning_in_pixels(amount, height, width)
        case _:
            return None


def after(first: Affine | None, second: Affine | None) -> Affine | None:
    """Return where the pixels come from after two operations."""
    if first is None or second is None:
        return second if first is None else first
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (
        a * g + b * j,
        a * h + b * k,
        a * i + b * m + c,
        d * g + e * j,
        d * h + e * k,
        d * i + e * m + f,
    )
