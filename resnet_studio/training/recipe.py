"""How a network is trained: the numbers of a recipe, their bounds, and recipes of the literature.

A recipe is data. It says nothing about the network or the pictures (`config.RunConfig` joins the
three), and the rules that follow from it live elsewhere: the learning rate of each step in
`schedules`, the optimiser in `optim`. No torch here: forms validate and draw recipes before it
is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resnet_studio.architecture.textforms import shown
from resnet_studio.errors import RunError

Fraction = Annotated[float, Field(gt=0.0, lt=1.0)]


class Schedule(StrEnum):
    """The course of the learning rate after the warm-up."""

    CONSTANT = "constant"
    STEP = "step"
    COSINE = "cosine"


class Warmup(StrEnum):
    """How the first epochs are trained more gently.

    CONSTANT holds a small rate, then jumps (He et al. 2015, arXiv:1512.03385, section 4.2).
    GRADUAL rises in a straight line, step by step (Goyal et al. 2017, arXiv:1706.02677).
    """

    CONSTANT = "constant"
    GRADUAL = "gradual"


class DeviceChoice(StrEnum):
    """Where to train; AUTO takes CUDA, else MPS, else the processor."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Precision(StrEnum):
    """Arithmetic of convolutions and the linear layer; weights are always kept in float32.

    AUTO takes bfloat16 where the hardware multiplies it natively, float32 elsewhere.
    """

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"


class Recipe(BaseModel):
    """The numbers of one training run: stochastic gradient descent with momentum.

    Weight decay acts on every parameter, biases and batch normalisation included, as in
    He et al. 2015.

    Attributes:
        epochs: Passes over the training pictures.
        batch_size: Pictures in one optimiser step.
        validation_batch_size: Pictures at a time in validation; None means twice `batch_size`,
            which fits because nothing is kept for gradients.
        learning_rate: Base rate, reached after the warm-up.
        momentum: Share of the previous update that is kept.
        nesterov: Whether the gradient is taken after the momentum's move.
        weight_decay: Factor of the squared weights' half in the loss.
        schedule: Course of the rate after the warm-up.
        milestones: Where STEP lowers the rate, as fractions of the whole run.
        gamma: Factor by which STEP lowers it.
        warmup: Kind of warm-up.
        warmup_epochs: Length of the warm-up; 0 is none, parts of an epoch are allowed.
        warmup_start: Rate at its beginning, as a fraction of `learning_rate`.
        label_smoothing: Share of the target spread over all classes.
        seed: Decides the first weights, the order of the pictures and their augmentation.
        device: Where to train.
        precision: Arithmetic.
        threads: Threads of the processor; 0 leaves the choice to the program. A number pins
            the last bits of a run, which depend on it.
        checkpoint_seconds: Longest time between two checkpoints within an epoch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(default=10, ge=1, le=100_000)
    batch_size: int = Field(default=128, ge=1, le=65_536)
    validation_batch_size: int | None = Field(default=None, ge=1, le=65_536)
    learning_rate: float = Field(default=0.1, gt=0.0, le=100.0)
    momentum: float = Field(default=0.9, ge=0.0, lt=1.0)
    nesterov: bool = False
    weight_decay: float = Field(default=1e-4, ge=0.0, le=1.0)
    schedule: Schedule = Schedule.COSINE
    milestones: tuple[Fraction, ...] = (0.5, 0.75)
    gamma: float = Field(default=0.1, gt=0.0, le=1.0)
    warmup: Warmup = Warmup.GRADUAL
    warmup_epochs: float = Field(default=0.0, ge=0.0, le=1000.0)
    warmup_start: float = Field(default=0.1, ge=0.0, le=1.0)
    label_smoothing: float = Field(default=0.0, ge=0.0, lt=1.0)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    device: DeviceChoice = DeviceChoice.AUTO
    precision: Precision = Precision.AUTO
    threads: int = Field(default=0, ge=0, le=1024)
    checkpoint_seconds: float = Field(default=60.0, gt=0.0, le=86_400.0)

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        if any(a >= b for a, b in zip(self.milestones, self.milestones[1:], strict=False)):
            raise ValueError(
                f"milestones are {self.milestones}; each must be later than the one before."
            )
        if self.warmup_epochs > self.epochs:
            raise ValueError(
                f"warmup_epochs is {self.warmup_epochs:g}, which is longer than the run; "
                f"it must be at most {self.epochs}."
            )
        if self.nesterov and self.momentum == 0.0:
            raise ValueError("nesterov is on and momentum is 0; it must be above 0.")
        return self

    @property
    def validation_batch(self) -> int:
        """Pictures at a time in validation."""
        return self.validation_batch_size or 2 * self.batch_size

    def replace(self, **changes: Any) -> Recipe:
        """Returns a validated copy.

        Raises:
            RunError: If a value is out of its range; the message names field, value and range.
        """
        return parse_recipe({**self.model_dump(), **changes})


def parse_recipe(values: Mapping[str, Any]) -> Recipe:
    """Makes a recipe of what a person typed or a file holds; missing fields take defaults.

    Raises:
        RunError: Naming the first wrong field, its value and what is allowed.
    """
    try:
        return Recipe.model_validate(dict(values))
    except ValidationError as error:
        raise RunError(
            f"The recipe cannot be used: {validation_message(error)}",
            remedy="Correct this value, or start from a preset.",
        ) from error


def field_error(field: str, value: Any, recipe: Recipe | None = None) -> str | None:
    """Checks one value as it is typed.

    Args:
        field: Name of the field of `Recipe`.
        value: What was typed.
        recipe: The other fields, where they matter; the defaults if None.

    Returns:
        A sentence for the form, or None if the value is allowed.
    """
    try:
        Recipe.model_validate({**(recipe or Recipe()).model_dump(), field: value})
    except ValidationError as error:
        return validation_message(error)
    return None


def validation_message(error: ValidationError) -> str:
    """Returns pydantic's first complaint as a sentence with field, value and what is allowed."""
    first = error.errors(include_url=False)[0]
    message = str(first["msg"]).removeprefix("Value error, ")
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] in {"value_error", "spec"}:
        return message
    if first["type"] == "extra_forbidden":
        return f"There is no field {where}."
    if first["type"] == "missing":
        return f"The field {where} is missing."
    field = next((part for part in reversed(first["loc"]) if isinstance(part, str)), "")
    wanted = _allowed(field) if len(first["loc"]) == 1 else ""
    message = message.replace("Input should", "it should")
    problem = f"it must be {wanted}" if wanted else message
    return f"{where} is {shown(first['input'])}; {problem}."


def _allowed(field: str) -> str:
    """Returns the range of a number of the recipe in words; empty for any other field."""
    info = Recipe.model_fields.get(field)
    if info is None:
        return ""
    limits = {
        key: _number(getattr(constraint, key))
        for constraint in info.metadata
        for key in ("ge", "gt", "le", "lt")
        if getattr(constraint, key, None) is not None
    }
    if not limits:
        return ""
    low = f"from {limits['ge']}" if "ge" in limits else f"above {limits['gt']}"
    high = f"to {limits['le']}" if "le" in limits else f"below {limits['lt']}"
    joint = "" if "ge" in limits and "le" in limits else "and up " if "le" in limits else "and "
    kind = "a whole number" if info.annotation in {int, int | None} else "a number"
    return f"{kind} {low} {joint}{high}"


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


@dataclass(frozen=True, slots=True)
class Preset:
    """A recipe with a name and where it comes from.

    Attributes:
        id: Key in `RECIPES`.
        title: Label in lists.
        recipe: The numbers.
        note: Source, and every deviation from it.
    """

    id: str
    title: str
    recipe: Recipe
    note: str


DIGITS = Preset(
    id="digits",
    title="Digits, quick",
    recipe=Recipe(
        epochs=10,
        batch_size=64,
        learning_rate=0.1,
        nesterov=True,
        weight_decay=5e-4,
        warmup_epochs=1.0,
    ),
    note=(
        "Ours: one cosine arc with a gradual warm-up. ResNet-20 on digits of 32×32: 98.3 to 99.4 % "
        "of the digits held out (five seeds), 95 % after 4 or 5 epochs; 26 to 48 seconds in all on "
        "two processor cores shared with other programs (load average 2.3 to 3.8)."
    ),
)

_HE2015_CIFAR = Recipe(
    epochs=164,
    batch_size=128,
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=1e-4,
    schedule=Schedule.STEP,
    milestones=(0.5, 0.75),
    gamma=0.1,
)

HE2015_CIFAR = Preset(
    id="he2015_cifar",
    title="He et al. 2015, CIFAR-10",
    recipe=_HE2015_CIFAR,
    note=(
        "arXiv:1512.03385, section 4.2: rate 0.1, a tenth at 32,000 and 48,000 of 64,000 steps of "
        "128 pictures. 64,000 steps are 163.7 epochs of 50,000 pictures (rounded to 164) and "
        "181.8 of 45,000; the milestones are fractions of the run, so they stay in place when "
        "the number of epochs is changed."
    ),
)

HE2015_CIFAR_110 = Preset(
    id="he2015_cifar_110",
    title="He et al. 2015, CIFAR-10, 110 layers",
    recipe=_HE2015_CIFAR.replace(warmup=Warmup.CONSTANT, warmup_epochs=400 / 391, warmup_start=0.1),
    note=(
        "As the CIFAR-10 recipe, begun with rate 0.01. The paper holds it until the training error "
        "is below 80 %, about 400 steps; here it is held for 400 steps of 391 an epoch."
    ),
)

HE2015_IMAGENET = Preset(
    id="he2015_imagenet",
    title="He et al. 2015, ImageNet",
    recipe=Recipe(
        epochs=120,
        batch_size=256,
        learning_rate=0.1,
        momentum=0.9,
        weight_decay=1e-4,
        schedule=Schedule.STEP,
        milestones=(0.25, 0.5, 0.75),
        gamma=0.1,
    ),
    note=(
        "arXiv:1512.03385, section 3.4: rate 0.1, batch 256, up to 600,000 steps, which are 120 "
        "epochs. The paper divides the rate by 10 when the error stops falling; here that is "
        "at a quarter, half and three quarters of the run."
    ),
)

TUTORIAL = Preset(
    id="tutorial",
    title="CIFAR-10 tutorial",
    recipe=Recipe(
        epochs=20,
        batch_size=64,
        validation_batch_size=128,
        learning_rate=0.01,
        momentum=0.0,
        weight_decay=0.0,
        schedule=Schedule.CONSTANT,
    ),
    note="Plain gradient descent at rate 0.01 for 20 epochs, as taught with 96×96 CIFAR-10.",
)

CIFAR10_QUICK = Preset(
    id="cifar10_quick",
    title="CIFAR-10, quick",
    recipe=Recipe(
        epochs=15,
        batch_size=128,
        learning_rate=0.1,
        nesterov=True,
        weight_decay=5e-4,
        warmup_epochs=1.0,
    ),
    note="Ours: one cosine arc with a gradual warm-up, for a first look within minutes.",
)

FOLDER = Preset(
    id="folder",
    title="Folder of pictures",
    recipe=Recipe(
        epochs=20,
        batch_size=32,
        learning_rate=0.025,
        nesterov=True,
        weight_decay=1e-4,
        warmup_epochs=2.0,
    ),
    note=(
        "Ours: one cosine arc with a gradual warm-up, at twice the rate of the ImageNet recipe "
        "scaled to this batch (0.1 × 32 / 256), because such folders are small."
    ),
)

RECIPES: Mapping[str, Preset] = {
    preset.id: preset
    for preset in (
        DIGITS,
        CIFAR10_QUICK,
        FOLDER,
        HE2015_CIFAR,
        HE2015_CIFAR_110,
        HE2015_IMAGENET,
        TUTORIAL,
    )
}

DEFAULT_RECIPES: Mapping[str, Preset] = {
    "digits": DIGITS,
    "cifar10": CIFAR10_QUICK,
    "folder": FOLDER,
}
"""The recipe that a new run on each source of data begins with."""
