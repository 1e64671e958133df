"""The steps an augmentation pipeline is made of, as data: what may be chosen, and its bounds.

A step says nothing about how it is drawn or applied. To add one:

1. a class here, with its `kind`, bounds, `title`, how many random numbers it takes (`numbers`)
   and the side of the picture it leaves (`side_after`), and its name in `Step`;
2. a draw function in `draws_geometry.py`, and its case in `draw_geometry_step`;
3. an apply function in `transforms.py`, and its case in `apply_step`;
4. its line of torchvision code in `torchvision_code.py`, and its case in `test_one_code_path.py`.

mypy and the tests report what is missing. No torch here.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from resnet_studio.data.colour_steps import ColourStep
from resnet_studio.data.step_base import (
    BLACK,
    Colour,
    Probability,
    Size,
    StepModel,
    Triple,
)

ATTEMPTS = 10  # how often RandomResizedCrop tries, in every version of torchvision


def _several(hard: list[float], soft: list[float]) -> dict[str, Any]:
    """Return what a form needs to know of the numbers of a pair or triple."""
    return {"unit": "", "hard": hard, "soft": soft}


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
        default=(0.08, 1.0),
        description="Least and greatest share of the picture's area to keep.",
        json_schema_extra=_several([0.001, 1], [0.05, 1]),
    )
    ratio: tuple[float, float] = Field(
        default=(3 / 4, 4 / 3),
        description="Least and greatest width over height of the part.",
        json_schema_extra=_several([0.01, 100], [0.5, 2]),
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

    def least_after(self, least: int | None) -> int | None:
        """Return the size."""
        return self.size


class RandomShortSide(StepModel):
    """Resize the SHORTER side to a random whole number of pixels, keeping the aspect ratio.

    The scale augmentation of Simonyan and Zisserman 2014 (arXiv:1409.1556, 3.1), with which He et
    al. 2015 (arXiv:1512.03385, 3.4) train: the side is drawn evenly from [256, 480], both ends
    included as in fb.resnet.torch, and a crop of 224 is cut out of the picture.
    """

    title: ClassVar[str] = "Resize the shorter side at random"
    numbers: ClassVar[int] = 1

    kind: Literal["random_short_side"] = "random_short_side"
    min: Size = Field(default=256, description="The least shorter side, in pixels.")
    max: Size = Field(default=480, description="The greatest shorter side, in pixels.")

    @model_validator(mode="after")
    def _sides_are_a_range(self) -> RandomShortSide:
        if self.min > self.max:
            raise ValueError(
                f"the shorter side runs from {self.min} to {self.max}; the first must not be the "
                "greater one"
            )
        return self

    def side_after(self, side: int | None) -> int | None:
        """Return the side of a square if there is only one."""
        return self.min if side is not None and self.min == self.max else None

    def least_after(self, least: int | None) -> int | None:
        """Return the least side."""
        return self.min


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
    """Add a border and cut out a square at random; without a border, the plain random crop.

    The CIFAR recipe: He et al. 2015 (arXiv:1512.03385, 4.2) pad "4 pixels on each side". The border
    is black before normalisation, as torchvision users have it; fb.resnet.torch (Facebook 2016)
    pads after normalisation, where zero is the mean colour: choose that as `fill` to have it so.
    """

    title: ClassVar[str] = "Pad and crop"
    numbers: ClassVar[int] = 2

    kind: Literal["pad_crop"] = "pad_crop"
    padding: int = Field(
        default=4,
        ge=0,
        le=4096,
        description="Border on each side, in pixels; 0 for a plain random crop.",
        json_schema_extra={"unit": "px", "soft": [0, 32]},
    )
    size: Size = Field(default=32, description="Side of the square cut out, in pixels.")
    fill: Colour = Field(
        default=BLACK,
        description="Colour of the border: red, green, blue.",
        json_schema_extra=_several([0, 255], [0, 255]),
    )

    @model_validator(mode="after")
    def _border_is_narrower_than_the_crop(self) -> PadCrop:
        if self.padding >= self.size:
            raise ValueError(
                f"a border of {self.padding} pixels around a crop of {self.size} could leave a "
                "picture that is only border; the border must be narrower than the crop"
            )
        return self

    def side_after(self, side: int | None) -> int | None:
        """Return the size of the crop."""
        return self.size

    def least_after(self, least: int | None) -> int | None:
        """Return the size of the crop, if it fits into the smallest picture with its border."""
        if least is not None and least + 2 * self.padding < self.size:
            raise ValueError(
                f"a crop of {self.size} pixels does not fit into a picture of {least} with a "
                f"border of {self.padding}; the crop can be {least + 2 * self.padding} at most"
            )
        return self.size


class HorizontalFlip(StepModel):
    """Mirror left and right with probability `p`."""

    title: ClassVar[str] = "Horizontal flip"
    numbers: ClassVar[int] = 1

    kind: Literal["horizontal_flip"] = "horizontal_flip"
    p: Probability = Field(default=0.5, description="Probability of the flip.")


class VerticalFlip(StepModel):
    """Exchange top and bottom with probability `p`: for pictures from above, through a microscope.

    Photographs have an upper side; nobody trains ImageNet with it.
    """

    title: ClassVar[str] = "Vertical flip"
    numbers: ClassVar[int] = 1

    kind: Literal["vertical_flip"] = "vertical_flip"
    p: Probability = Field(default=0.5, description="Probability of the flip.")


class RandomRotation(StepModel):
    """Turn about the centre by a random angle; the size stays, and corners are filled.

    As `torchvision.transforms.v2.RandomRotation` with `expand=False`: the angle is drawn evenly
    from [-degrees, degrees], anticlockwise above 0.
    """

    title: ClassVar[str] = "Random rotation"
    numbers: ClassVar[int] = 1

    kind: Literal["random_rotation"] = "random_rotation"
    degrees: float = Field(
        default=15.0,
        ge=0,
        le=180,
        description="Greatest angle to either side, in degrees.",
        json_schema_extra={"unit": "°", "soft": [0, 45]},
    )
    fill: Colour = Field(
        default=BLACK,
        description="Colour of what lies outside of the picture: red, green, blue.",
        json_schema_extra=_several([0, 255], [0, 255]),
    )
    interpolation: Literal["bilinear", "nearest"] = Field(
        default="bilinear",
        description="Colours between pixels: mixed, or the nearest one's as in torchvision.",
    )


class Normalise(StepModel):
    """Scale to [0, 1], subtract the mean and divide by the standard deviation of each channel."""

    title: ClassVar[str] = "Normalise"

    kind: Literal["normalise"] = "normalise"
    mean: Triple = Field(
        description="Mean of red, green, blue, of pictures in [0, 1].",
        json_schema_extra=_several([-10, 10], [0, 1]),
    )
    std: Triple = Field(
        description="Standard deviation of red, green, blue.",
        json_schema_extra=_several([0.0001, 1000], [0.05, 1]),
    )

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
    RandomResizedCrop
    | Resize
    | ResizeExact
    | RandomShortSide
    | CenterCrop
    | PadCrop
    | HorizontalFlip
    | VerticalFlip
    | RandomRotation
    | Normalise
)
Step = GeometryStep | ColourStep
