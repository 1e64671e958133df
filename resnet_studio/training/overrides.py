"""The recipe's fields as optional flags: what is left out keeps the preset's value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from resnet_studio.training.recipe import DeviceChoice, Precision, Schedule, Warmup


@dataclass(frozen=True, kw_only=True)
class RecipeOverrides:
    """Every field of `Recipe`, or None to keep it; a test holds the two together.

    Attributes:
        epochs: Passes over the training pictures.
        batch_size: Pictures in one optimiser step.
        validation_batch_size: Pictures at a time in validation.
        learning_rate: Base rate, reached after the warm-up.
        momentum: Share of the previous update that is kept.
        nesterov: Whether the gradient is taken after the momentum's move.
        weight_decay: Factor of the squared weights' half in the loss.
        schedule: Course of the rate after the warm-up.
        milestones: Where "step" lowers the rate, as fractions of the run.
        gamma: Factor by which "step" lowers it.
        warmup: Kind of warm-up.
        warmup_epochs: Length of the warm-up.
        warmup_start: Rate at its beginning, as a fraction of the learning rate.
        label_smoothing: Share of the target spread over all classes.
        seed: Decides the first weights, the order of the pictures and their augmentation.
        device: Where to train.
        precision: Arithmetic.
        threads: Threads of the processor; 0 leaves the choice to torch.
        checkpoint_seconds: Longest time between two checkpoints within an epoch.
    """

    epochs: int | None = None
    batch_size: int | None = None
    validation_batch_size: int | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    nesterov: bool | None = None
    weight_decay: float | None = None
    schedule: Schedule | None = None
    milestones: tuple[float, ...] | None = None
    gamma: float | None = None
    warmup: Warmup | None = None
    warmup_epochs: float | None = None
    warmup_start: float | None = None
    label_smoothing: float | None = None
    seed: int | None = None
    device: DeviceChoice | None = None
    precision: Precision | None = None
    threads: int | None = None
    checkpoint_seconds: float | None = None

    def changes(self) -> dict[str, Any]:
        """Returns the fields that were given."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if value is not None}
