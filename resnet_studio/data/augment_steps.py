"""The steps an augmentation pipeline is made of, as data: what may be chosen, and its bounds.

A step says nothing about how it is drawn or applied. To add one:

1. a class here, with its `kind`, bounds, `title`, how many random numbers it takes (`numbers`)
   and the side of the picture it leaves (`side_after`), and its name in `Step`;
2. a draw function in `draws.py`, and its case in `draw_step`;
3. an apply function in `transforms.py`, and its case in `apply_step`.

mypy reports the second and the third while they are missing. No torch here.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from resnet_studio.data.step_base import Size, StepModel, Triple

ATTEMPTS = 10  # how often RandomResizedCrop tries, in every version of torchvision


class RandomResizedCrop(StepModel):
    """Cut out a part of random area and aspect ratio, and resize it to a square.

    The "Inception crop" (Szegedy et al. 2014, arXiv:1409.4842), as torchvision does it today
    (`log_uniform`), or as it did until version 0.2 and as older texts print it (`uniform_swap`:
    uniform ratio, width and height exchanged every other time, a central square where nothing
    fits).
    """

    title: ClassVar[str] = "Random resized crop"
    numbers: ClassVar[int] = 3 * ATTEMPTS + 2

    kind: Literal["random_resized_crop"] = "random_resized_crop"
    size: Size = Field(default=224, description="Side of the picture that results, in pixels.")
    scale: tuple[float, float] = Field(
        default=(0.08, 1.0), description="Least and greatest share of the picture's area to keep."
    )
    ratio: tuple[float, float] = Field(
        default=(3 / 4, 4 / 3), description="Least and greatest width over height of the part."
    )
    rule: Literal["log_uniform", "uniform_swap"] = Field(
        default="log_uniform", description="How the ratio is drawn: torchvision now, or until 0.2."
    )

    @field_validator("scale")
    @classmethod
    def _scale_is_a_range(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 < value[0] <= value[1] <= 1:
            raise ValueError(
                f"the share to keep runs from {value[0]:g} to {value[1]:g}; it must run from a "
                "number above 0 to one not smaller and at most 1"
            )
        return value

    @field_validator("ratio")
    @classmethod
    def _ratio_is_a_range(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0.01 <= value[0] <= value[1] <= 100:
            raise ValueError(
                f"the ratio runs from {value[0]:g} to {value[1]:g}; it must run from a number of "
                "at least 0.01 to one not smaller and at most 100"
            )
        return value

    def side_after(self, side: int | None) -> int | None:
        """Return the size that the part is resized to."""
        return self.size


class Resize(StepModel):
    """Resize the SHORTER side to `size`, keeping the aspect ratio."""

    title: ClassVar[str] = "Resize the shorter side"

    kind: Literal["resize"] = "resize"
    size: Size = Field(default=256, description="The shorter side that results, in pixels.")

    def side_after(self, side: int | None) -> int | None:
        """Return the size for a square; other pictures keep their ratio."""
        return None if side is None else self.size


class ResizeExact(StepModel):
    """Resize to a square of `size`, whatever the aspect ratio was."""

    title: ClassVar[str] = "Resize to a square"

    kind: Literal["resize_exact"] = "resize_exact"
    size: Size = Field(default=96, description="Both sides of the picture that results, in pixels.")

    def side_after(self, side: int | None) -> int | None:
        """Return the size."""
        return self.size


class CenterCrop(StepModel):
    """Cut out the central square; where the picture is smaller, black is added around it."""

    title: ClassVar[str] = "Centre crop"

    kind: Literal["center_crop"] = "center_crop"
    size: Size = Field(default=224, description="Side of the square, in pixels.")

    def side_after(self, side: int | None) -> int | None:
        """Return the size."""
        return self.size


class PadCrop(StepModel):
    """Add a black border and cut out a square at random: the CIFAR recipe.

    He et al. 2015 (arXiv:1512.03385, 4.2) pad "4 pixels on each side". The border is black before
    normalisation, as torchvision users have it; the authors' Torch code padded after normalisation,
    where zero is the mean colour.
    """

    title: ClassVar[str] = "Pad and crop"
    numbers: ClassVar[int] = 2

    kind: Literal["pad_crop"] = "pad_crop"
    padding: int = Field(default=4, ge=0, le=4096, description="Black border, in pixels.")
    size: Size = Field(default=32, description="Side of the square cut out, in pixels.")

    @model_validator(mode="after")
    def _border_is_narrower_than_the_crop(self) -> PadCrop:
        if self.padding >= self.size:
            raise ValueError(
                f"a border of {self.padding} pixels around a crop of {self.size} could leave a "
                "picture that is only border; the border must be narrower than the crop"
            )
        return self

    def side_after(self, side: int | None) -> int | None:
        """Return the size of the crop, if it fits into the padded picture."""
        if side is not None and side + 2 * self.padding < self.size:
            raise ValueError(
                f"a crop of {self.size} pixels does not fit into a picture of {side} with a border "
                f"of {self.padding}; the crop can be {side + 2 * self.padding} at most"
            )
        return self.size


class HorizontalFlip(StepModel):
    """Mirror left and right with probability `p`."""

    title: ClassVar[str] = "Horizontal flip"
    numbers: ClassVar[int] = 1

    kind: Literal["horizontal_flip"] = "horizontal_flip"
    p: float = Field(default=0.5, ge=0, le=1, description="Probability of the flip.")


class Normalise(StepModel):
    """Scale to [0, 1], subtract the mean and divide by the standard deviation of each channel."""

    title: ClassVar[str] = "Normalise"

    kind: Literal["normalise"] = "normalise"
    mean: Triple = Field(description="Mean of red, green, blue, of pictures in [0, 1].")
    std: Triple = Field(description="Standard deviation of red, green, blue.")

    @field_validator("mean")
    @classmethod
    def _mean_is_within_reach(cls, value: Triple) -> Triple:
        if not all(-10 <= number <= 10 for number in value):
            raise ValueError("each mean must lie between -10 and 10; pictures lie in [0, 1] here")
        return value

    @field_validator("std")
    @classmethod
    def _std_is_positive(cls, value: Triple) -> Triple:
        if not all(0.0001 <= number <= 1000 for number in value):
            raise ValueError("each standard deviation must lie between 0.0001 and 1000")
        return value


# What moves pixels, and the usual ending.
GeometryStep = (
    RandomResizedCrop | Resize | ResizeExact | CenterCrop | PadCrop | HorizontalFlip | Normalise
)
Step = GeometryStep
