"""What chance decides for one picture, apart from applying it: numbers in, geometry and words out.

`draw_steps` turns a row of uniform numbers into one `StepDraw` per step: which region is cut out,
to which size it is resized, whether it is mirrored, and how that came about (every attempt of a
random resized crop). The window draws it and prints it; `transforms.py` does it to the pixels.
Each step's own part: `draws_geometry.py`. Where the result came from: `trace.py`. No torch here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from resnet_studio.data.augment_steps import Step
from resnet_studio.data.colour_steps import ColourStep
from resnet_studio.data.drawn import Attempt, CropBox, Region, StepDraw
from resnet_studio.data.draws_colour import draw_colour_step
from resnet_studio.data.draws_geometry import (
    draw_geometry_step,
    fallback_region,
    flips,
    pad_crop_corners,
)
from resnet_studio.data.trace import Polygon, Trace, trace

__all__ = [
    "Attempt",
    "CropBox",
    "Draw",
    "Region",
    "StepDraw",
    "draw_step",
    "draw_steps",
    "fallback_region",
    "flips",
    "numbers_needed",
    "pad_crop_corners",
]


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
    def upside_down(self) -> bool:
        """Whether top and bottom are exchanged in the result."""
        done = [drawn for drawn in self.steps if drawn.kind == "vertical_flip" and drawn.affine]
        return len(done) % 2 == 1

    @property
    def turned(self) -> float:
        """By how many degrees the picture was turned in all, anticlockwise above 0."""
        return float(sum(drawn.values.get("angle", 0.0) for drawn in self.steps))

    @property
    def kept_fraction(self) -> float:
        """The share of the original picture's area that can be seen in the result."""
        return min(1.0, self._trace.visible_area / (self.width * self.height))

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

        A part that would say nothing (no stretch, no border, no turn, no flip) is left out.
        """
        parts = [f"kept {_percent(self.kept_fraction)}"]
        stretch = max(self.distortion, 1 / self.distortion)
        if stretch >= 1.01:
            parts.append(f"stretched ×{stretch:.2f} {'wide' if self.distortion > 1 else 'tall'}")
        if self.padded_fraction >= 0.005:
            parts.append(f"border {_percent(self.padded_fraction)}")
        if abs(self.turned) >= 0.5:
            parts.append(f"turned {self.turned:+.0f}°")
        if self.flipped:
            parts.append("flipped")
        if self.upside_down:
            parts.append("upside down")
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
    if isinstance(step, ColourStep):
        return draw_colour_step(step, height, width, numbers)
    return draw_geometry_step(step, height, width, numbers)


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.0f} %"
