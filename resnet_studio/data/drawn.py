"""What chance decided for one step, as plain values: regions, attempts, words. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# a, b, c, d, e, f: the point (x, y) of a step's result comes from (a x + b y + c, d x + e y + f).
Affine = tuple[float, float, float, float, float, float]


class Region(NamedTuple):
    """A rectangle of whole pixels in the picture that enters a step; may lie partly outside."""

    left: int
    top: int
    width: int
    height: int


class CropBox(NamedTuple):
    """A rectangle on the original picture, in its pixels; may lie partly outside."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a random resized crop.

    Attributes:
        area_fraction: The share of the picture's area that was drawn.
        ratio: The width over height that was drawn, before an exchange of the two.
        swapped: Whether width and height were exchanged (rule "uniform_swap").
        width: Width in pixels that follows.
        height: Height in pixels that follows.
        accepted: Whether a rectangle of that size fits into the picture.
    """

    area_fraction: float
    ratio: float
    swapped: bool
    width: int
    height: int
    accepted: bool


@dataclass(frozen=True, slots=True)
class StepDraw:
    """What one step does to one picture.

    Attributes:
        kind: The step's kind.
        size: (height, width) of the picture that leaves the step.
        text: What happens, in a few words.
        region: What is cut out of the picture that enters; None where nothing is cut.
        mirrored: Whether left and right are exchanged.
        values: The figures behind the text, by name, for a table.
        attempts: Every try of a random resized crop, in order.
        affine: Where the pixels of the result come from, if not by `region` and `mirrored`: maps
            its coordinates to those of the picture that enters, in pixels from the outer corner of
            the top left pixel.
        detail: What the step's apply function needs besides; a frozen dataclass of its own.
    """

    kind: str
    size: tuple[int, int]
    text: str
    region: Region | None = None
    mirrored: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    affine: Affine | None = None
    detail: Any = None
