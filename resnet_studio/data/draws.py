"""What chance decides for one picture, apart from applying it: numbers in, geometry and words out.

`draw_steps` turns a row of uniform numbers into one `StepDraw` per step: which region is cut out,
to which size it is resized, whether it is mirrored, and how that came about (every attempt of a
random resized crop). The window draws it and prints it; `transforms.py` does it to the pixels.
No torch here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.augment_steps import (
    ATTEMPTS,
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    Resize,
    ResizeExact,
    Step,
)
from resnet_studio.data.drawn import Attempt, CropBox, Region, StepDraw
from resnet_studio.data.trace import Polygon, Trace, trace
from resnet_studio.errors import PictureError

__all__ = [
    "Attempt",
    "CropBox",
    "Draw",
    "Region",
    "StepDraw",
    "draw_step",
    "draw_steps",
    "flips",
    "numbers_needed",
    "pad_crop_corners",
]

# 150 MB of RGB. A picture of 10,000 x 1 pixels resized to 256 would take 2 GB.
MAX_RESIZED_PIXELS = 50_000_000


@dataclass(frozen=True)
class Draw:
    """What a whole pipeline does to one picture.

    Attributes:
        height: Height of the original picture in pixels.
        width: Width of the original picture in pixels.
        steps: One draw for each step, in order.
    """

    height: int
    width: int
    steps: tuple[StepDraw, ...]

    @property
    def crop_box(self) -> CropBox:
        """The rectangle of the original picture that becomes the result.

        Of a result that was turned, the smallest rectangle around it.
        """
        return self._trace.frame.box

    @property
    def corners(self) -> Polygon:
        """The result's four corners on the original, as (x, y) clockwise from its top left."""
        return self._trace.frame.corners

    @property
    def visible(self) -> Polygon:
        """The part of the original that can be seen in the result: a convex polygon, or empty."""
        return self._trace.visible

    @property
    def flipped(self) -> bool:
        """Whether left and right are exchanged in the result."""
        return self._trace.mirrored

    @property
    def kept_fraction(self) -> float:
        """The share of the original picture's area that can be seen in the result."""
        return self._trace.visible_area / (self.width * self.height)

    @property
    def padded_fraction(self) -> float:
        """The share of the result that is added border."""
        return max(0.0, 1.0 - self._trace.visible_area / self._trace.frame.area)

    @property
    def distortion(self) -> float:
        """How much wider things look than they are: 1.2 is 20 % wider, 0.8 is 20 % narrower."""
        height, width = self.steps[-1].size if self.steps else (self.height, self.width)
        frame = self._trace.frame
        return (width / height) / (math.hypot(*frame.across) / math.hypot(*frame.down))

    def describe(self) -> str:
        """Return a line to stand under a thumbnail: "kept 37 % · stretched ×1.21 wide · flipped".

        A part that would say nothing (no stretch, no border, no flip) is left out.
        """
        parts = [f"kept {_percent(self.kept_fraction)}"]
        stretch = max(self.distortion, 1 / self.distortion)
        if stretch >= 1.01:
            parts.append(f"stretched ×{stretch:.2f} {'wide' if self.distortion > 1 else 'tall'}")
        if self.padded_fraction >= 0.005:
            parts.append(f"border {_percent(self.padded_fraction)}")
        if self.flipped:
            parts.append("flipped")
        return " · ".join(parts)

    @cached_property
    def _trace(self) -> Trace:
        return trace(self.steps, self.height, self.width)


def draw_steps(
    steps: Sequence[Step], height: int, width: int, numbers: Sequence[float]
) -> tuple[StepDraw, ...]:
    """Decide what each step does to a picture of that size.

    Args:
        steps: The steps, in order.
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.
        numbers: Uniform numbers in [0, 1), as many as `numbers_needed(steps)` or more.

    Raises:
        PictureError: The picture is too small or too elongated for a step.
    """
    draws: list[StepDraw] = []
    taken = 0
    for step in steps:
        mine = numbers[taken : taken + step.numbers]
        taken += step.numbers
        drawn = draw_step(step, height, width, mine)
        height, width = drawn.size
        draws.append(drawn)
    return tuple(draws)


def numbers_needed(steps: Sequence[Step]) -> int:
    """Return how many uniform numbers the steps take for one picture."""
    return sum(step.numbers for step in steps)


def draw_step(step: Step, height: int, width: int, numbers: Sequence[float]) -> StepDraw:
    """Decide what one step does to a picture of that size; `numbers` are the step's own."""
    match step:
        case RandomResizedCrop():
            return _draw_random_resized_crop(step, height, width, numbers)
        case Resize():
            return _draw_resize(step, height, width)
        case ResizeExact():
            return _draw_resize_exact(step, height, width)
        case CenterCrop():
            return _draw_center_crop(step, height, width)
        case PadCrop():
            return _draw_pad_crop(step, height, width, numbers)
        case HorizontalFlip():
            return _draw_horizontal_flip(step, height, width, numbers)
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


def flips(step: HorizontalFlip, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of many pictures are mirrored, from rows of one number."""
    mirrored: NDArray[np.bool_] = numbers[:, 0] < step.p
    return mirrored


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
        region = _fallback(step, height, width)
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


def _fallback(step: RandomResizedCrop, height: int, width: int) -> Region:
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
    short, long = min(height, width), max(height, width)
    longer = int(step.size * long / short)
    if step.size * longer > MAX_RESIZED_PIXELS:
        raise PictureError(
            f"A picture of {width} × {height} pixels is too elongated: with its shorter side "
            f"resized to {step.size}, the other would be {longer}.",
            remedy="Crop it first.",
        )
    size = (step.size, longer) if height <= width else (longer, step.size)
    return _resized(step.kind, size)


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
