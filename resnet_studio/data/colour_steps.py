"""The steps of a pipeline that change colours, as data: what may be chosen, and its bounds.

How they are drawn: `draws_colour.py`; what they do to pixels: `transforms_colour.py`. RandAugment
and TrivialAugment are here as well, although some of their operations move pixels. No torch here.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

from pydantic import Field, field_validator, model_validator

from resnet_studio.data.mean_picture import PerPixelMean
from resnet_studio.data.step_base import Colour, Probability, StepModel, Triple

ERASING_ATTEMPTS: Final = 10
"""How often RandomErasing tries, as in torchvision."""
MOST_OPERATIONS: Final = 10

Range = tuple[float, float]


def _usual(soft: Range, *, hard: Range | None = None) -> dict[str, Any]:
    """Return what a form wants to know of a field: see `StepModel`."""
    usual = {"unit": "", "soft": list(soft)}
    return usual if hard is None else {**usual, "hard": list(hard)}


class ColourJitter(StepModel):
    """Change brightness, contrast, saturation and hue by random amounts, in random order.

    torchvision's ColorJitter. A strength of 0.4 draws a factor between 0.6 and 1.4; one of 0 leaves
    that property alone. Torch's recipe for residual networks (fb.resnet.torch) has 0.4 for the
    first three and leaves the hue.
    """

    title: ClassVar[str] = "Colour jitter"
    numbers: ClassVar[int] = 5

    kind: Literal["colour_jitter"] = "colour_jitter"
    brightness: float = Field(
        default=0.4,
        ge=0,
        le=10,
        description="How far the factor of the brightness lies from 1 at most.",
        json_schema_extra=_usual((0, 1)),
    )
    contrast: float = Field(
        default=0.4,
        ge=0,
        le=10,
        description="How far the factor of the contrast lies from 1 at most.",
        json_schema_extra=_usual((0, 1)),
    )
    saturation: float = Field(
        default=0.4,
        ge=0,
        le=10,
        description="How far the factor of the saturation lies from 1 at most.",
        json_schema_extra=_usual((0, 1)),
    )
    hue: float = Field(
        default=0.1,
        ge=0,
        le=0.5,
        description="How far colours are turned on their circle at most; 0.5 is half the circle.",
        json_schema_extra=_usual((0, 0.5)),
    )


class PCAColour(StepModel):
    """Add to all pixels one random colour, along the directions in which colours vary most.

    Krizhevsky et al. 2012 ("ImageNet Classification with Deep Convolutional Neural Networks", 4.1):
    the colour is the sum of the principal components of the training pictures' colours, each times
    its eigenvalue and a normal random number of deviation 0.1, drawn once for a picture.

    The paper prints no eigenvalues. The usual ones for ImageNet, which stand here, are those of
    fb.resnet.torch (Facebook 2016, `datasets/imagenet.lua`: "computed from random subset of
    ImageNet training images"), for colours in [0, 1]; MXNet has them times 255.
    """

    title: ClassVar[str] = "PCA colour"
    numbers: ClassVar[int] = 3

    kind: Literal["pca_colour"] = "pca_colour"
    std: float = Field(
        default=0.1,
        ge=0,
        le=10,
        description="Standard deviation of the three normal numbers; AlexNet has 0.1.",
        json_schema_extra=_usual((0, 0.5)),
    )
    eigenvalues: Triple = Field(
        default=(0.2175, 0.0188, 0.0045),
        description="Length of each component, for colours in [0, 1].",
        json_schema_extra=_usual((0, 0.5), hard=(0, 10)),
    )
    eigenvectors: tuple[Triple, Triple, Triple] = Field(
        default=(
            (-0.5675, 0.7192, 0.4009),
            (-0.5808, -0.0045, -0.8140),
            (-0.5836, -0.6948, 0.4203),
        ),
        description="Share of the three components in red, in green and in blue, a row for each.",
        json_schema_extra=_usual((-1, 1), hard=(-1, 1)),
    )

    @field_validator("eigenvalues")
    @classmethod
    def _lengths_are_not_negative(cls, value: Triple) -> Triple:
        if not all(0 <= number <= 10 for number in value):
            raise ValueError("each eigenvalue must lie between 0 and 10; colours lie in [0, 1]")
        return value

    @field_validator("eigenvectors")
    @classmethod
    def _shares_are_at_most_one(
        cls, value: tuple[Triple, Triple, Triple]
    ) -> tuple[Triple, Triple, Triple]:
        if not all(-1 <= number <= 1 for row in value for number in row):
            raise ValueError("each number of an eigenvector must lie between -1 and 1")
        return value


class RandomGrayscale(StepModel):
    """Take all colour away with probability `p`."""

    title: ClassVar[str] = "Random greyscale"
    numbers: ClassVar[int] = 1

    kind: Literal["random_grayscale"] = "random_grayscale"
    p: Probability = Field(default=0.1, description="Probability that the picture becomes grey.")


class RandomErasing(StepModel):
    """Cover a random rectangle with probability `p`.

    Zhong et al. 2017 (arXiv:1708.04896), as torchvision does it. The covered area may be black, one
    colour (by default the mean colour of ImageNet), or noise: each byte uniform in 0 to 255, as in
    the paper. torchvision erases normalised pictures usually, where 0 is the mean colour and its
    noise is normal; here all steps work on 8-bit colours.
    """

    title: ClassVar[str] = "Random erasing"
    numbers: ClassVar[int] = 1 + 2 * ERASING_ATTEMPTS + 3

    kind: Literal["random_erasing"] = "random_erasing"
    p: Probability = Field(default=0.5, description="Probability that a rectangle is covered.")
    scale: Range = Field(
        default=(0.02, 0.33),
        description="Least and greatest share of the picture's area to cover.",
        json_schema_extra=_usual((0, 1), hard=(0, 1)),
    )
    ratio: Range = Field(
        default=(0.3, 3.3),
        description="Least and greatest height over width of the rectangle.",
        json_schema_extra=_usual((0.1, 10), hard=(0.01, 100)),
    )
    value: Literal["black", "mean", "noise"] = Field(
        default="black", description="What covers: black, the mean colour, or noise."
    )
    mean_colour: Colour = Field(
        default=(124, 116, 104),
        description="Red, green and blue of the mean colour, each 0 to 255.",
        json_schema_extra=_usual((0, 255), hard=(0, 255)),
    )

    @field_validator("scale")
    @classmethod
    def _scale_is_a_range(cls, value: Range) -> Range:
        if not 0 <= value[0] <= value[1] <= 1:
            raise ValueError(
                f"the share to cover runs from {value[0]:g} to {value[1]:g}; it must run from a "
                "number of at least 0 to one not smaller and at most 1"
            )
        return value

    @field_validator("ratio")
    @classmethod
    def _ratio_is_a_range(cls, value: Range) -> Range:
        if not 0.01 <= value[0] <= value[1] <= 100:
            raise ValueError(
                f"the ratio runs from {value[0]:g} to {value[1]:g}; it must run from a number of "
                "at least 0.01 to one not smaller and at most 100"
            )
        return value


class RandAugment(StepModel):
    """Do some random operations on the picture, all of one magnitude.

    Cubuk et al. 2019 (arXiv:1909.13719), as torchvision does it: each operation is one of fourteen
    (leave it, shear, shift, turn, brightness, saturation, contrast, sharpness, fewer levels, invert
    bright levels, stretch the contrast, equalise), and those with a direction take it at random.
    What comes in from outside is black.
    """

    title: ClassVar[str] = "RandAugment"
    numbers: ClassVar[int] = 2 * MOST_OPERATIONS

    kind: Literal["rand_augment"] = "rand_augment"
    operations: int = Field(
        default=2,
        ge=1,
        le=MOST_OPERATIONS,
        description="How many operations are done, one after the other.",
        json_schema_extra=_usual((1, 4)),
    )
    magnitude: int = Field(
        default=9,
        ge=0,
        le=999,
        description="How strong they are: a step from 0, below the number of steps.",
        json_schema_extra=_usual((0, 30)),
    )
    bins: int = Field(
        default=31,
        ge=2,
        le=1000,
        description="Into how many steps the range of each operation is divided.",
        json_schema_extra=_usual((11, 101)),
    )
    interpolation: Literal["nearest", "bilinear"] = Field(
        default="nearest", description="How turned and sheared pictures are read."
    )

    @model_validator(mode="after")
    def _magnitude_is_a_step(self) -> RandAugment:
        if self.magnitude >= self.bins:
            raise ValueError(
                f"the magnitude is {self.magnitude} of {self.bins} steps counted from 0; it can be "
                f"{self.bins - 1} at most"
            )
        return self


class TrivialAugment(StepModel):
    """Do one random operation on the picture, of random magnitude.

    Müller and Hutter 2021 (arXiv:2103.10158), as torchvision's TrivialAugmentWide does it: the
    operations are those of RandAugment with wider ranges. Nothing needs to be tuned.
    """

    title: ClassVar[str] = "TrivialAugment"
    numbers: ClassVar[int] = 3

    kind: Literal["trivial_augment"] = "trivial_augment"
    bins: int = Field(
        default=31,
        ge=2,
        le=1000,
        description="Into how many steps the range of each operation is divided.",
        json_schema_extra=_usual((11, 101)),
    )
    interpolation: Literal["nearest", "bilinear"] = Field(
        default="nearest", description="How turned and sheared pictures are read."
    )


ColourStep = (
    ColourJitter
    | PCAColour
    | RandomGrayscale
    | RandomErasing
    | RandAugment
    | TrivialAugment
    | PerPixelMean
)
