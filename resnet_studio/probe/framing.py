"""Which part of a picture the network sees: the usual crop, the whole picture, or a chosen square.

The usual crop is what the network was trained with, and nothing here touches it. A letterbox shows
the whole picture, at the price of things smaller than in training; a square of one's own lets a
person move and enlarge what the network looks at. Both end in the network's input size and are
resized as the usual crop is. Imports neither torch nor numpy: the window knows framings from the
beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from resnet_studio.errors import PictureError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from resnet_studio.data.augment import AugmentSpec

    Pixels = NDArray[np.uint8]

CropBox = tuple[float, float, float, float]
"""(left, top, width, height) in pixels of the picture; may lie partly outside."""


class FramingKind(StrEnum):
    """How a picture of any shape becomes a square."""

    PIPELINE = "pipeline"
    """As the network's preprocessing says: usually the shorter side resized, the centre cut out."""
    LETTERBOX = "letterbox"
    """The whole picture fitted inside, with borders of the mean colour."""
    BOX = "box"
    """A square that a person has chosen."""


@dataclass(frozen=True, slots=True)
class Framing:
    """What of a picture the network sees.

    Attributes:
        kind: How the square is found.
        box: The square on the picture, for `BOX` only; whole pixels are taken.

    Raises:
        ValueError: If there is a box without `BOX`, or `BOX` without a box.
    """

    kind: FramingKind = FramingKind.PIPELINE
    box: CropBox | None = None

    def __post_init__(self) -> None:
        if (self.kind is FramingKind.BOX) != (self.box is not None):
            raise ValueError("a box belongs to the framing BOX, and to no other")


USUAL = Framing()


def framed(pipeline: AugmentSpec, rgb: Pixels, framing: Framing) -> tuple[Pixels, CropBox]:
    """Returns what a letterbox or a chosen square shows of a picture.

    Args:
        pipeline: The network's preprocessing: gives input size S and the colour of the border.
        rgb: The picture, (H, W, 3) uint8.
        framing: `LETTERBOX` or `BOX`.

    Returns:
        (S, S, 3) uint8, and where that lies on the picture.

    Raises:
        PictureError: If the square does not lie in the picture.
    """
    if framing.kind is FramingKind.LETTERBOX:
        return _letterboxed(pipeline, rgb)
    assert framing.box is not None
    left, top, side = _whole_square(framing.box, rgb.shape[0], rgb.shape[1])
    cut = rgb[top : top + side, left : left + side]
    size = (pipeline.output_size, pipeline.output_size)
    return _resized(cut, size), (float(left), float(top), float(side), float(side))


def border_colour(pipeline: AugmentSpec) -> tuple[int, int, int]:
    """Returns the mean colour of the network's training pictures.

    Once normalised it is 0; after the subtraction of a mean picture only about 0.
    """
    red, green, blue = pipeline.mean_colour
    return round(255 * red), round(255 * green), round(255 * blue)


def square_inside(box: CropBox, height: int, width: int, *, least: int = 1) -> CropBox:
    """Returns the square of whole pixels nearest to `box` that lies in the picture.

    Args:
        box: A wished square; its width counts. It may lie outside.
        height: Height of the picture in pixels.
        width: Width of the picture in pixels.
        least: Side below which it must not shrink, if the picture has as many pixels.
    """
    largest = min(height, width)
    side = min(largest, max(min(least, largest), round(box[2])))
    left = min(max(round(box[0]), 0), width - side)
    top = min(max(round(box[1]), 0), height - side)
    return float(left), float(top), float(side), float(side)


def _whole_square(box: CropBox, height: int, width: int) -> tuple[int, int, int]:
    """Returns left, top and side in whole pixels."""
    left, top, side = round(box[0]), round(box[1]), round(box[2])
    inside = left >= 0 and top >= 0 and left + side <= width and top + side <= height
    if side < 1 or round(box[3]) != side or not inside:
        raise PictureError(
            f"The crop ({left}, {top}), {round(box[2])} × {round(box[3])} pixels, is no square "
            f"inside a picture of {width} × {height}.",
            remedy=f"Choose a square of 1 to {min(width, height)} pixels within the picture.",
        )
    return left, top, side


def _letterboxed(pipeline: AugmentSpec, rgb: Pixels) -> tuple[Pixels, CropBox]:
    import numpy as np

    height, width = rgb.shape[:2]
    side = pipeline.output_size
    high, wide = (max(1, round(length * side / max(height, width))) for length in (height, width))
    top, left = (side - high) // 2, (side - wide) // 2
    square = np.empty((side, side, 3), dtype=np.uint8)
    square[:] = border_colour(pipeline)
    square[top : top + high, left : left + wide] = _resized(rgb, (high, wide))
    across, down = width / wide, height / high
    return square, (-left * across, -top * down, side * across, side * down)


def _resized(rgb: Pixels, size: tuple[int, int]) -> Pixels:
    """Returns the pixels at (height, width), resized as every pipeline resizes."""
    from resnet_studio.data.augment import ResizeExact
    from resnet_studio.data.draws import StepDraw
    from resnet_studio.data.transforms import apply_step  # needs torch

    step = ResizeExact(size=max(size))
    return apply_step(step, rgb, StepDraw(step.kind, size, text=""))
