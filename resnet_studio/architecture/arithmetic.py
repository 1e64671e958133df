"""The arithmetic of convolutions and pools: sizes, what is never read, receptive fields.

A window of `kernel` pixels that moves by `stride` over `size` pixels with `padding` zeros on each
side stops at floor((size + 2 padding - kernel) / stride) + 1 places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_studio.architecture.elements import ReceptiveField
from resnet_studio.errors import SpecError

PIXEL = ReceptiveField(size=1, jump=1, first_centre=0.0)
"""The receptive field of a pixel of the picture itself."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What a window never reads of the rows (and, alike, the columns) of its padded input.

    Attributes:
        remainder: Rows after the last window: the remainder of the division.
        padding: Rows of the padding among these, at the bottom.
        rows: Rows of the map itself that no window reads, wherever they are.
        last_row: Whether the last row of the map is one of them.
    """

    remainder: int
    padding: int
    rows: int
    last_row: bool


def output_size(size: int, *, kernel: int, stride: int, padding: int) -> int:
    """Returns floor((size + 2 padding - kernel) / stride) + 1.

    Raises:
        SpecError: If the window is larger than the padded input.
    """
    room = size + 2 * padding - kernel
    if room < 0:
        raise SpecError(
            f"A window of {kernel} does not fit into {size} pixels with padding {padding}.",
            field="input_size",
            remedy=f"The input must have at least {kernel - 2 * padding} pixels there.",
        )
    return room // stride + 1


def unread(size: int, *, kernel: int, stride: int, padding: int) -> Unread:
    """Returns which rows of a map of `size` rows the window never reads.

    Raises:
        SpecError: If the window is larger than the padded input.
    """
    windows = output_size(size, kernel=kernel, stride=stride, padding=padding)
    remainder = (size + 2 * padding - kernel) % stride
    read = size - max(0, remainder - padding)
    if kernel < stride:  # windows leave gaps between them
        starts = range(-padding, -padding + windows * stride, stride)
        read = sum(max(0, min(start + kernel, size) - max(start, 0)) for start in starts)
    last_row = remainder > padding
    return Unread(
        remainder=remainder,
        padding=min(remainder, padding),
        rows=size - read,
        last_row=last_row,
    )


def grow(field: ReceptiveField, *, kernel: int, stride: int, padding: int) -> ReceptiveField:
    """Returns the receptive field after one more window (Araujo et al. 2019, distill.00021).

    size + (kernel - 1) jump; jump x stride; first centre + ((kernel - 1) / 2 - padding) jump.
    """
    if kernel == 1 and stride == 1 and padding == 0:
        return field
    return ReceptiveField(
        size=field.size + (kernel - 1) * field.jump,
        jump=field.jump * stride,
        first_centre=field.first_centre + ((kernel - 1) / 2 - padding) * field.jump,
    )


def join(fields: Sequence[ReceptiveField]) -> ReceptiveField:
    """Returns the receptive field where paths meet: what any of them sees.

    All must have the same jump, as paths to one addition have. With equal centres, as in every
    residual block with padded convolutions, this is the largest of them.
    """
    first = fields[0]
    if all(field == first for field in fields):
        return first
    low = min(field.first_centre - (field.size - 1) / 2 for field in fields)
    high = max(field.first_centre + (field.size - 1) / 2 for field in fields)
    return ReceptiveField(
        size=round(high - low) + 1, jump=first.jump, first_centre=(low + high) / 2
    )
