"""How a network is trained: the numbers of a recipe and their bounds.

A recipe is data. It says nothing about the network or the pictures (`config.RunConfig` joins the
three), and what follows from it lives elsewhere: the learning rate of each step in `schedules`,
the optimiser in `optim`, recipes with a name in `presets`, what can be chosen in
`recipe_choices`. No torch here: forms validate and draw recipes before it is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resnet_studio.architecture.textforms import shown
from resnet_studio.errors import RunError
from resnet_studio.training.recipe_choices import (
    ClassWeights,
    Compile,
    DataPath,
    DeviceChoice,
    Optimiser,
    Precision,
    Sampler,
    Schedule,
    Warmup,
)

Fraction = Annotated[float, Field(gt=0.0, lt=1.0)]


class Recipe(BaseModel):
    """The numbers of one training run.

    Attributes:
        epochs: Passes over the training pictures.
        steps: Optimiser steps in all, if they and not the epochs decide the length; the last
            epoch may then be a part of one.
        batch_size: Pictures in one optimiser step, of all processes together.
        accumulate: Parts that a batch is computed in, one after the other, to need less memory;
            batch normalisation then sees the parts.
        validation_batch_size: Pictures at a time in validation; None means twice `batch_size`,
            which fits because nothing is kept for gradients.
        optimiser: Kind of step.
        learning_rate: Base rate, reached after the warm-up.
        reference_batch_size: If given, `learning_rate` is meant for batches of this size and is
            scaled in proportion to `batch_size` (the linear scaling rule of Goyal et al. 2017).
        momentum: SGD: share of the previous update that is kept.
        nesterov: SGD: whether the gradient is taken after the momentum's move.
        beta1: AdamW: decay of the mean of the gradients.
        beta2: AdamW: decay of the mean of their squares.
        weight_decay: SGD: factor of the squared weights' half in the loss. AdamW: share of the
            weights taken away at each step, times the learning rate.
        decay_all: Whether weight decay acts on biases and batch normalisation too, as in He et
            al. 2015; else only on the weights of convolutions and of the linear layer.
        schedule: Course of the rate after the warm-up.
        milestones: Where STEP lowers the rate, as fractions of the whole run.
        period: PERIODIC: epochs between two falls of the rate.
        gamma: Factor by which STEP, PERIODIC and PLATEAU lower it.
        final_rate: COSINE and ONE_CYCLE: rate at the end, as a fraction of `learning_rate`.
        peak: ONE_CYCLE: where the highest rate is reached, as a fraction of the run.
        plateau_epochs: PLATEAU: epochs without a lower validation loss before the rate falls.
        warmup: Kind of warm-up.
        warmup_epochs: Length of the warm-up; 0 is none, parts of an epoch are allowed.
        warmup_start: Rate at its beginning, as a fraction of `learning_rate`; ONE_CYCLE begins
            with this fraction and has no other warm-up.
        label_smoothing: Share of the target spread over all classes.
        mixup: Alpha of MixUp (Zhang et al. 2017, arXiv:1710.09412); 0 is none.
        cutmix: Alpha of CutMix (Yun et al. 2019, arXiv:1905.04899); 0 is none. With both, each
            batch gets one of them, by even chance.
        class_weights: How much the pictures of each class count in the loss.
        sampler: How often an epoch visits the pictures of each class.
        clip_norm: Greatest norm of the gradient; longer ones are shortened to it. None leaves
            them.
        ema_decay: Decay of the running mean of the weights that is validated and kept in place
            of the weights; 0 is none.
        early_stopping: Epochs without a better validation after which the run ends; 0 never.
        seed: Decides the first weights, the order of the pictures and their augmentation.
        device: Where to train.
        precision: Arithmetic.
        compile: Whether to compile the network.
        sync_batch_norm: Whether batch normalisation uses the whole batch where several processes
            share it, and not each its own part.
        data_path: Whether the pictures are kept in memory.
        workers: Processes that decode streamed pictures; 0 decodes in threads of this one, None
            leaves the choice to the program. Changes no pixel.
        threads: Threads of the processor; 0 leaves the choice to the program. A number pins
            the last bits of a run, which depend on it.
        checkpoint_seconds: Longest time between two checkpoints within an epoch.
        keep_every: Epochs between two checkpoints that are kept for good; 0 keeps none but the
            last and the best.
        keep_most: Most of those; the oldest goes first.
        tensorboard: Whether event files for TensorBoard are written, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(default=10, ge=1, le=100_000)
    steps: int | None = Field(default=None, ge=1, le=1_000_000_000)
    batch_size: int = Field(default=128, ge=1, le=65_536)
    accumulate: int = Field(default=1, ge=1, le=1024)
    validation_batch_size: int | None = Field(default=None, ge=1, le=65_536)
    optimiser: Optimiser = Optimiser.SGD
    learning_rate: float = Field(default=0.1, gt=0.0, le=100.0)
    reference_batch_size: int | None = Field(default=None, ge=1, le=65_536)
    momentum: float = Field(default=0.9, ge=0.0, lt=1.0)
    nesterov: bool = False
    beta1: float = Field(default=0.9, ge=0.0, lt=1.0)
    beta2: float = Field(default=0.999, ge=0.0, lt=1.0)
    weight_decay: float = Field(default=1e-4, ge=0.0, le=1.0)
    decay_all: bool = True
    schedule: Schedule = Schedule.COSINE
    milestones: tuple[Fraction, ...] = (0.5, 0.75)
    period: float = Field(default=30.0, gt=0.0, le=100_000.0)
    gamma: float = Field(default=0.1, gt=0.0, le=1.0)
    final_rate: float = Field(default=0.0, ge=0.0, le=1.0)
    peak: Fraction = 0.3
    plateau_epochs: int = Field(default=10, ge=1, le=100_000)
    warmup: Warmup = Warmup.GRADUAL
    warmup_epochs: float = Field(default=0.0, ge=0.0, le=1000.0)
    warmup_start: float = Field(default=0.1, ge=0.0, le=1.0)
    label_smoothing: float = Field(default=0.0, ge=0.0, lt=1.0)
    mixup: float = Field(default=0.0, ge=0.0, le=100.0)
    cutmix: float = Field(default=0.0, ge=0.0, le=100.0)
    class_weights: ClassWeights = ClassWeights.NONE
    sampler: Sampler = Sampler.SHUFFLE
    clip_norm: float | None = Field(default=None, gt=0.0, le=1e6)
    ema_decay: float = Field(default=0.0, ge=0.0, lt=1.0)
    early_stopping: int = Field(default=0, ge=0, le=100_000)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    device: DeviceChoice = DeviceChoice.AUTO
    precision: Precision = Precision.AUTO
    compile: Compile = Compile.AUTO
    sync_batch_norm: bool = False
    data_path: DataPath = DataPath.AUTO
    workers: int | None = Field(default=None, ge=0, le=256)
    threads: int = Field(default=0, ge=0, le=1024)
    checkpoint_seconds: float = Field(default=60.0, gt=0.0, le=86_400.0)
    keep_every: int = Field(default=0, ge=0, le=100_000)
    keep_most: int = Field(default=5, ge=1, le=100_000)
    tensorboard: bool = False

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        if any(a >= b for a, b in zip(self.milestones, self.milestones[1:], strict=False)):
            raise ValueError(
                f"milestones are {self.milestones}; each must be later than the one before."
            )
        if self.steps is None and self.warmup_epochs > self.epochs:
            raise ValueError(
                f"warmup_epochs is {self.warmup_epochs:g}, which is longer than the run; "
                f"it must be at most {self.epochs}."
            )
        if self.nesterov and self.momentum == 0.0:
            raise ValueError("nesterov is on and momentum is 0; it must be above 0.")
        if self.accumulate > self.batch_size:
            raise ValueError(
                f"accumulate is {self.accumulate}, more parts than a batch has pictures; "
                f"it must be at most {self.batch_size}."
            )
        return self

    def total_steps(self, steps_per_epoch: int) -> int:
        """Returns the optimiser steps of the whole run."""
        return self.steps or self.epochs * steps_per_epoch

    def total_epochs(self, steps_per_epoch: int) -> int:
        """Returns the epochs of the whole run, the last of them perhaps a part of one."""
        return -(-self.total_steps(steps_per_epoch) // steps_per_epoch)

    @property
    def base_rate(self) -> float:
        """The rate after the warm-up: `learning_rate` by the linear scaling rule, if asked for."""
        if self.reference_batch_size is None:
            return self.learning_rate
        return self.learning_rate * self.batch_size / self.reference_batch_size

    @property
    def validation_batch(self) -> int:
        """Pictures at a time in validation."""
        return self.validation_batch_size or 2 * self.batch_size

    def replace(self, **changes: Any) -> Recipe:
        """Returns a validated copy; new `epochs` without new `steps` decide the length.

        Raises:
            RunError: If a value is out of its range; the message names field, value and range.
        """
        if "epochs" in changes:
            changes = {"steps": None, **changes}
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
    wanted = _allowed(field, within=len(first["loc"]) > 1)
    message = message.replace("Input should", "it should")
    problem = f"it must be {wanted}" if wanted else message
    return f"{where} is {shown(first['input'])}; {problem}."


def _allowed(field: str, *, within: bool) -> str:
    """Returns the range of a number of the recipe in words; empty for any other field.

    Args:
        field: Its name.
        within: Whether a value in a list is meant and not the list.
    """
    if field == "milestones":
        return f"{'a number' if within else 'a list of numbers'} between 0 and 1"
    info = Recipe.model_fields.get(field)
    if info is None or within:
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
