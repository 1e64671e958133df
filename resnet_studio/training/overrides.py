"""The recipe's fields as optional flags: what is left out keeps the preset's value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from resnet_studio.training.recipe_choices import (
    ClassWeights,
    Compile,
    DataPath,
    DeviceChoice,
    Optimiser,
    Precision,
    Schedule,
    Warmup,
)


@dataclass(frozen=True, kw_only=True)
class RecipeOverrides:
    """Every field of `Recipe`, or None to keep it; a test holds the two together.

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

    epochs: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    accumulate: int | None = None
    validation_batch_size: int | None = None
    optimiser: Optimiser | None = None
    learning_rate: float | None = None
    reference_batch_size: int | None = None
    momentum: float | None = None
    nesterov: bool | None = None
    beta1: float | None = None
    beta2: float | None = None
    weight_decay: float | None = None
    decay_all: bool | None = None
    schedule: Schedule | None = None
    milestones: tuple[float, ...] | None = None
    period: float | None = None
    gamma: float | None = None
    final_rate: float | None = None
    peak: float | None = None
    plateau_epochs: int | None = None
    warmup: Warmup | None = None
    warmup_epochs: float | None = None
    warmup_start: float | None = None
    label_smoothing: float | None = None
    mixup: float | None = None
    cutmix: float | None = None
    class_weights: ClassWeights | None = None
    clip_norm: float | None = None
    ema_decay: float | None = None
    early_stopping: int | None = None
    seed: int | None = None
    device: DeviceChoice | None = None
    precision: Precision | None = None
    compile: Compile | None = None
    sync_batch_norm: bool | None = None
    data_path: DataPath | None = None
    workers: int | None = None
    threads: int | None = None
    checkpoint_seconds: float | None = None
    keep_every: int | None = None
    keep_most: int | None = None
    tensorboard: bool | None = None

    def changes(self) -> dict[str, Any]:
        """Returns the fields that were given."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if value is not None}
