"""What chance decides for each step that moves pixels: numbers in, regions, angles and words out.

One draw function for each step of `augment_steps.py`. Steps that change colours: `draws_colour.py`.
No torch here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.affine import turning_in_pixels
from resnet_studio.data.augment_steps import (
    ATTEMPTS,
    CenterCrop,
    GeometryStep,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    RandomRotation,
    RandomShortSide,
    Resize,
    ResizeExact,
    VerticalFlip,
)
from resnet_studio.data.drawn import Attempt, Region, StepDraw
from resnet_studio.errors import PictureError

# 150 MB of RGB. A picture of 10,000 x 1 pixels resized to 256 would take 2 GB.
MAX_RESIZED_PIXELS = 50_000_000


def draw_geometry_step(
    step: GeometryStep, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    """Decide what one step does to a picture of that size; `numbers` are the step's own."""
    match step:
        case RandomResizedCrop():
            return _draw_random_resized_crop(step, height, width, numbers)
        case Resize():
            return _draw_resize(step, height, width)
        case ResizeExact():
            return _draw_resize_exact(step, height, width)
        case RandomShortSide():
            return _draw_random_short_side(step, height, width, numbers)
        case CenterCrop():
            return _draw_center_crop(step, height, width)
        case PadCrop():
            return _draw_pad_crop(step, height, width, numbers)
        case HorizontalFlip():
            return _draw_horizontal_flip(step, height, width, numbers)
        case VerticalFlip():
            return _draw_vertical_flip(step, height, width, numbers)
        case RandomRotation():
            return _draw_random_rotation(step, height, width, numbers)
        case Normalise():
            return _draw_normalise(step, height, width)
        case _:
            assert_never(step)


def pad_crop_corners(
    step: PadCrop, height: int, width: int, numbers: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return tops and lefts of the crops of many pictures of one size, from rows of two numbers.

    They are counted from the picture's corner, so a crop that begins in the border is negative.

    Raises:
        PictureError: The crop does not fit into the padded picture.
    """
    spare_height = height + 2 * step.padding - step.size
    spare_width = width + 2 * step.padding - step.size
    if spare_height < 0 or spare_width < 0:
        raise PictureError(
            f"A picture of {width} × {height} pixels with a border of {step.padding} is too small "
            f"for a crop of {step.size}.",
            remedy="Put a resize before the crop.",
        )
    tops = (numbers[:, 0] * (spare_height + 1)).astype(np.int64) - step.padding
    lefts = (numbers[:, 1] * (spare_width + 1)).astype(np.int64) - step.padding
    return tops, lefts


def flips(step: HorizontalFlip | VerticalFlip, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of many pictures are flipped, from rows of one number."""
    flipped: NDArray[np.bool_] = numbers[:, 0] < step.p
    return flipped


# --- one draw function for each step --------------------------------------------------------------


def _draw_random_resized_crop(
    step: RandomResizedCrop, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    attempts: list[Attempt] = []
    for number in range(ATTEMPTS):
        attempt = _attempt(step, height, width, numbers[3 * number : 3 * number + 3])
        attempts.append(attempt)
        if attempt.accepted:
            break
    tried, last = len(attempts), attempts[-1]
    if last.accepted:
        # Every offset counts, the last one included, as in torchvision.
        top = int(numbers[-2] * (height - last.height + 1))
        left = int(numbers[-1] * (width - last.width + 1))
        region = Region(left, top, last.width, last.height)
        text = (
            f"attempt {tried} of {ATTEMPTS}: {_percent(last.area_fraction)} of the area, "
            f"{_size_text(region.height, region.width)} at ({left}, {top})"
        )
    else:
        region = fallback_region(step, height, width)
        text = f"no attempt fitted: central {_size_text(region.height, region.width)}"
    values = {
        "attempt": tried,
        "fallback": not last.accepted,
        "area_fraction": last.area_fraction,
        "ratio": last.ratio,
        **region._asdict(),
    }
    return StepDraw(
        step.kind, (step.size, step.size), text, region, values=values, attempts=tuple(attempts)
    )


def _attempt(step: RandomResizedCrop, height: int, width: int, numbers: Sequence[float]) -> Attempt:
    """Draw area and ratio, and see whether such a rectangle fits.

    The third number is set aside under either rule, so that choosing the other rule with the same
    seed changes nothing else.
    """
    fraction = _between(*step.scale, numbers[0])
    area = fraction * height * width
    swapped = False
    if step.rule == "log_uniform":
        ratio = math.exp(_between(math.log(step.ratio[0]), math.log(step.ratio[1]), numbers[1]))
    else:
        ratio = _between(*step.ratio, numbers[1])
        swapped = numbers[2] < 0.5
    wide, high = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
    if swapped:
        wide, high = high, wide
    accepted = 0 < wide <= width and 0 < high <= height
    return Attempt(fraction, ratio, swapped, wide, high, accepted)


def fallback_region(step: RandomResizedCrop, height: int, width: int) -> Region:
    """Return the central region that is taken when no attempt fits."""
    wide, high = width, height
    if step.rule == "uniform_swap":
        wide = high = min(width, height)
    elif width / height < step.ratio[0]:
        high = round(width / step.ratio[0])
    elif width / height > step.ratio[1]:
        wide = round(height * step.ratio[1])
    # torchvision would cut nothing out of a line of one pixel when the ratios are extreme.
    wide, high = max(1, wide), max(1, high)
    return Region((width - wide) // 2, (height - high) // 2, wide, high)


def _draw_resize(step: Resize, height: int, width: int) -> StepDraw:
    return _resized(step.kind, _size_with_short_side(step.size, height, width))


def _draw_random_short_side(
    step: RandomShortSide, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    side = step.min + int(numbers[0] * (step.max - step.min + 1))
    drawn = _resized(step.kind, _size_with_short_side(side, height, width))
    return replace(
        drawn,
        text=f"shorter side {side}: {drawn.text}",
        values={"number": numbers[0], "side": side, **drawn.values},
    )


def _size_with_short_side(side: int, height: int, width: int) -> tuple[int, int]:
    """Return (height, width) with the shorter one `side`, the other rounded down as torchvision."""
    longer = int(side * max(height, width) / min(height, width))
    if side * longer > MAX_RESIZED_PIXELS:
        raise PictureError(
            f"A picture of {width} × {height} pixels is too elongated: with its shorter side "
            f"resized to {side}, the other would be {longer}.",
            remedy="Crop it first.",
        )
    return (side, longer) if height <= width else (longer, side)


def _draw_resize_exact(step: ResizeExact, height: int, width: int) -> StepDraw:
    return _resized(step.kind, (step.size, step.size))


def _draw_center_crop(step: CenterCrop, height: int, width: int) -> StepDraw:
    region = Region(
        _central_offset(width, step.size), _central_offset(height, step.size), step.size, step.size
    )
    side = (step.size, step.size)
    text = f"central {_size_text(*side)}"
    return StepDraw(step.kind, side, text, region, values=region._asdict())


def _draw_pad_crop(step: PadCrop, height: int, width: int, numbers: Sequence[float]) -> StepDraw:
    tops, lefts = pad_crop_corners(step, height, width, np.array([numbers]))
    region = Region(int(lefts[0]), int(tops[0]), step.size, step.size)
    text = f"{_size_text(step.size, step.size)} at ({region.left}, {region.top})"
    return StepDraw(step.kind, (step.size, step.size), text, region, values=region._asdict())


def _draw_horizontal_flip(
    step: HorizontalFlip, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    mirrored = bool(flips(step, np.array([numbers]))[0])
    return StepDraw(
        step.kind,
        (height, width),
        "flipped" if mirrored else "not flipped",
        mirrored=mirrored,
        values={"number": numbers[0], "flipped": mirrored},
    )


def _draw_vertical_flip(
    step: VerticalFlip, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    flipped = bool(flips(step, np.array([numbers]))[0])
    return StepDraw(
        step.kind,
        (height, width),
        "upside down" if flipped else "not flipped",
        values={"number": numbers[0], "flipped": flipped},
        affine=(1.0, 0.0, 0.0, 0.0, -1.0, float(height)) if flipped else None,
    )


def _draw_random_rotation(
    step: RandomRotation, height: int, width: int, numbers: Sequence[float]
) -> StepDraw:
    angle = _between(-step.degrees, step.degrees, numbers[0])
    way = "anticlockwise" if angle > 0 else "clockwise"
    return StepDraw(
        step.kind,
        (height, width),
        f"turned {abs(angle):.1f}° {way}",
        values={"number": numbers[0], "angle": angle},
        affine=turning_in_pixels(angle, height, width),
    )


def _draw_normalise(step: Normalise, height: int, width: int) -> StepDraw:
    text = f"mean {_triple(step.mean)}, std {_triple(step.std)}"
    values = {"mean": step.mean, "std": step.std}
    return StepDraw(step.kind, (height, width), text, values=values)


# --- helpers --------------------------------------------------------------------------------------


def _between(low: float, high: float, number: float) -> float:
    return low + (high - low) * number


def _central_offset(length: int, size: int) -> int:
    """Return where a central crop begins; negative where the picture is smaller, as torchvision.

    Python rounds halves to even: 257 to 224 gives 16, and 259 gives 18.
    """
    return round((length - size) / 2.0) if length >= size else -((size - length) // 2)


def _resized(kind: str, size: tuple[int, int]) -> StepDraw:
    values = {"width": size[1], "height": size[0]}
    return StepDraw(kind, size, f"resized to {_size_text(*size)}", values=values)


def _size_text(height: int, width: int) -> str:
    return f"{width} × {height}"


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.0f} %"


def _triple(values: tuple[float, float, float]) -> str:
    return " / ".join(f"{value:.3g}" for value in values)
