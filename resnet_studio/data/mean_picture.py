"""The ending that subtracts a mean picture, as data: a picture of 16-bit levels kept as text.

He et al. 2015 (arXiv:1512.03385, 3.4 and 4.2) subtract "the per-pixel mean": from each pixel of a
picture the mean of that very pixel over the training pictures, as Krizhevsky et al. 2012 do. The
mean picture is measured once (`per_pixel_mean.py`) and belongs to the pipeline from then on, since
a network that was trained with it can read nothing without it. So it is kept in the pipeline
itself, in lines of text that TOML and JSON hold. No torch here.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from functools import lru_cache
from typing import Annotated, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from resnet_studio.data.step_base import StepModel, Triple

LARGEST_SIDE: Final = 256
LINE: Final = 4000
"""Characters of text in a line: a file of a run refuses far longer ones."""
_LEVELS: Final = 256
"""Stored steps in one of the 255 levels of a colour."""
_LINES: Final = 2 * LARGEST_SIDE * LARGEST_SIDE * 3 * 4 // 3 // LINE + 8

Line = Annotated[str, Field(min_length=1, max_length=LINE, pattern=r"^[A-Za-z0-9+/=]+$")]


class PerPixelMean(StepModel):
    """Scale to [0, 1], subtract the mean picture of a training set, divide by the deviation.

    The stored means are rounded to 1/256 of one of the 255 levels, and every path computes with
    just these. `packed` makes the text.
    """

    title: ClassVar[str] = "Per-pixel mean"

    kind: Literal["per_pixel_mean"] = "per_pixel_mean"
    side: int = Field(
        ge=1,
        le=LARGEST_SIDE,
        description="Side of the mean picture; that of the pictures that reach this step.",
        json_schema_extra={"unit": "px", "hidden": True},
    )
    pictures: int = Field(
        default=0,
        ge=0,
        le=2**53,
        description="How many training pictures the mean was measured on; 0 if that is unknown.",
        json_schema_extra={"unit": "", "hidden": True},
    )
    std: Triple = Field(
        default=(1.0, 1.0, 1.0),
        description="What red, green and blue are divided by after the mean picture is subtracted.",
        json_schema_extra={"unit": "", "soft": [0.1, 1.0], "hard": [0.0001, 1000]},
    )
    picture: tuple[Line, ...] = Field(
        min_length=1,
        max_length=_LINES,
        description="The mean picture as compressed text.",
        json_schema_extra={"unit": "", "hidden": True},
    )

    @field_validator("std")
    @classmethod
    def _std_is_positive(cls, value: Triple) -> Triple:
        if not all(0.0001 <= number <= 1000 for number in value):
            raise ValueError("each standard deviation must lie between 0.0001 and 1000")
        return value

    @model_validator(mode="after")
    def _text_holds_a_picture(self) -> PerPixelMean:
        _unpacked(self.picture, self.side)
        return self

    def side_after(self, side: int | None) -> int | None:
        """Return the side, if it is that of the mean picture."""
        if side is not None and side != self.side:
            raise ValueError(
                f"the mean picture is {self.side} × {self.side} pixels, and pictures of {side} × "
                f"{side} reach it; measure the mean of the training set again at this size, or end "
                "with Normalise"
            )
        return side

    @property
    def mean(self) -> NDArray[np.float32]:
        """The mean picture, (S, S, 3) float32 in [0, 1]; read-only."""
        return _mean(self.picture, self.side)

    @property
    def channel_means(self) -> Triple:
        """The means of red, green and blue over the whole mean picture, in [0, 1]."""
        return _channel_means(self.picture, self.side)

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """The mean picture for the eye, (S, S, 3) uint8."""
        levels: NDArray[np.uint8] = np.rint(self.mean * 255).astype(np.uint8)
        return levels


def packed(
    levels: NDArray[np.float64], *, pictures: int, std: Triple = (1.0, 1.0, 1.0)
) -> PerPixelMean:
    """Return the ending that subtracts a mean picture.

    Args:
        levels: (S, S, 3) mean levels, 0 to 255; they are rounded to 1/256 of a level.
        pictures: On how many pictures they were measured.
        std: What the colours are divided by.
    """
    stored = np.rint(np.clip(levels, 0, 255) * _LEVELS).astype(np.uint16)
    text = base64.b64encode(zlib.compress(_smoothed(stored), 9)).decode("ascii")
    lines = tuple(text[begin : begin + LINE] for begin in range(0, len(text), LINE))
    return PerPixelMean(side=len(levels), pictures=pictures, std=std, picture=lines)


@lru_cache(maxsize=8)
def _mean(lines: tuple[str, ...], side: int) -> NDArray[np.float32]:
    mean = (_unpacked(lines, side) / (255.0 * _LEVELS)).astype(np.float32)
    mean.flags.writeable = False
    return mean


@lru_cache(maxsize=8)
def _channel_means(lines: tuple[str, ...], side: int) -> Triple:
    """Return the means over the picture; kept, since every draw of a pipeline tells them."""
    red, green, blue = _mean(lines, side).mean(axis=(0, 1), dtype=np.float64).tolist()
    return red, green, blue


@lru_cache(maxsize=8)
def _unpacked(lines: tuple[str, ...], side: int) -> NDArray[np.uint16]:
    """Return the stored levels, (S, S, 3).

    Raises:
        ValueError: The text is no picture of that side; in words.
    """
    count = side * side * 3
    try:
        content = base64.b64decode("".join(lines), validate=True)
        # One byte more than there may be, so that text from anywhere cannot fill the memory.
        raw = zlib.decompressobj().decompress(content, 2 * count + 1)
    except (binascii.Error, ValueError, zlib.error):
        raise ValueError(
            "the text of the mean picture is damaged; measure the mean again"
        ) from None
    if len(raw) != 2 * count:
        raise ValueError(
            f"the text of the mean picture holds no picture of {side} × {side} pixels; measure it "
            "again"
        )
    halves = np.frombuffer(raw, dtype=np.uint8).astype(np.uint16).reshape(2, side, side, 3)
    stored: NDArray[np.uint16] = np.cumsum(halves[0] << 8 | halves[1], axis=1, dtype=np.uint16)
    if stored.max() > 255 * _LEVELS:
        raise ValueError("the mean picture has levels above 255; measure it again")
    return stored


def _smoothed(stored: NDArray[np.uint16]) -> bytes:
    """Return differences from pixel to pixel, high bytes first: neighbours are much alike.

    For the mean of 3,727 pictures of CIFAR-10 this makes the text 29 % shorter (5,292 characters).
    """
    steps = np.diff(stored, axis=1, prepend=np.uint16(0))  # modulo 2^16, as the sum is
    return np.stack(((steps >> 8).astype(np.uint8), steps.astype(np.uint8))).tobytes()
