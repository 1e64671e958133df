"""The recipe's fields as flags of the command line, in groups; what is left out is not changed.

Typed dictionaries, since a flag that was not given must be told from one whose value is "None".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, TypedDict, TypeVar

import tyro

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

Value = TypeVar("Value")
# Without the hint "(unset by default)", which would stand behind each of fifty flags.
Flag: TypeAlias = Annotated[Value, tyro.conf.arg(help_behavior_hint="")]


def _is_on(words: list[str]) -> bool:
    """Reads what stands behind a switch.

    Raises:
        ValueError: If it is neither true nor false.
    """
    said = [word.lower() for word in words] or ["true"]
    if said not in (["true"], ["false"]):
        raise ValueError(f"{' '.join(words)!r} is neither True nor False.")
    return said == ["true"]


# Alone it is switched on; what a preset switches on must be possible to switch off, too.
Switch: TypeAlias = Annotated[
    bool,
    tyro.conf.arg(help_behavior_hint=""),
    tyro.constructors.PrimitiveConstructorSpec(
        nargs="*",
        metavar="[True|False]",
        instance_from_str=_is_on,
        is_instance=lambda value: isinstance(value, bool),
        str_from_instance=lambda value: [str(value)],
    ),
]


class LengthFlags(TypedDict, total=False):
    """How long, and in which batches.

    Attributes:
        epochs: Passes over the training pictures.
        steps: Optimiser steps in all, if they and not the epochs decide the length; the last
            epoch may then be a part of one. Some presets have them; --epochs goes before those.
        batch_size: Pictures in one optimiser step, of all processes together.
        accumulate: Parts that a batch is computed in, one after the other, to need less memory;
            batch normalisation then sees the parts.
        validation_batch_size: Pictures at a time in validation; None is twice the batch size.
        early_stopping: Epochs without a better validation after which the run ends; 0 never.
    """

    epochs: Flag[int]
    steps: Flag[int | None]
    batch_size: Flag[int]
    accumulate: Flag[int]
    validation_batch_size: Flag[int | None]
    early_stopping: Flag[int]


class OptimiserFlags(TypedDict, total=False):
    """How gradients become steps.

    Attributes:
        optimiser: Kind of step.
        momentum: SGD: share of the previous update that is kept.
        nesterov: SGD: whether the gradient is taken after the momentum's move.
        beta1: AdamW: decay of the mean of the gradients.
        beta2: AdamW: decay of the mean of their squares.
        weight_decay: SGD: factor of the squared weights' half in the loss. AdamW: share of the
            weights taken away at each step, times the learning rate.
        decay_all: Whether weight decay acts on biases and batch normalisation too (He et al.
            2015), or only on the weights of convolutions and of the linear layer.
        clip_norm: Greatest norm of the gradient; longer ones are shortened to it. None leaves
            them.
        ema_decay: Decay of the running mean of the weights that is validated and kept in their
            place; 0 is none.
    """

    optimiser: Flag[Optimiser]
    momentum: Flag[float]
    nesterov: Switch
    beta1: Flag[float]
    beta2: Flag[float]
    weight_decay: Flag[float]
    decay_all: Switch
    clip_norm: Flag[float | None]
    ema_decay: Flag[float]


class RateFlags(TypedDict, total=False):
    """The learning rate and its course.

    Attributes:
        learning_rate: Base rate, reached after the warm-up.
        reference_batch_size: If given, the rate is meant for batches of this size and is scaled
            in proportion to the batch size (linear scaling rule, Goyal et al. 2017).
        schedule: Course after the warm-up.
        milestones: step: where the rate falls, as fractions of the whole run.
        period: periodic: epochs between two falls.
        gamma: step, periodic, plateau: factor of a fall.
        final_rate: cosine, one_cycle: rate at the end, as a fraction of the base rate.
        peak: one_cycle: where the highest rate is reached, as a fraction of the run.
        plateau_epochs: plateau: epochs without a lower validation loss before the rate falls.
        warmup: Kind of warm-up.
        warmup_epochs: Its length; 0 is none, parts of an epoch are allowed.
        warmup_start: Rate at its beginning, as a fraction of the base rate; one_cycle begins
            with this fraction and has no other warm-up.
    """

    learning_rate: Flag[float]
    reference_batch_size: Flag[int | None]
    schedule: Flag[Schedule]
    milestones: Flag[tuple[float, ...]]
    period: Flag[float]
    gamma: Flag[float]
    final_rate: Flag[float]
    peak: Flag[float]
    plateau_epochs: Flag[int]
    warmup: Flag[Warmup]
    warmup_epochs: Flag[float]
    warmup_start: Flag[float]


class LossFlags(TypedDict, total=False):
    """What is learned from a picture.

    Attributes:
        label_smoothing: Share of the target spread over all classes.
        mixup: Alpha of MixUp (Zhang et al. 2017, arXiv:1710.09412); 0 is none.
        cutmix: Alpha of CutMix (Yun et al. 2019, arXiv:1905.04899); 0 is none. With both, each
            batch gets one of them, by even chance.
        class_weights: How much the pictures of each class count.
        sampler: Visit each picture once an epoch, or all classes alike.
        seed: Decides the first weights, the order of the pictures and their augmentation.
    """

    label_smoothing: Flag[float]
    mixup: Flag[float]
    cutmix: Flag[float]
    class_weights: Flag[ClassWeights]
    sampler: Flag[Sampler]
    seed: Flag[int]


class HardwareFlags(TypedDict, total=False):
    """Where and how it is computed.

    Attributes:
        device: Where to train; auto takes CUDA, else MPS, else the processor.
        precision: Arithmetic; auto takes bf16 where the hardware is fast at it.
        compile: Whether to compile the network; auto does where that is faster.
        sync_batch_norm: Whether batch normalisation uses the whole batch where several processes
            share it, and not each its own part.
        data_path: Whether the pictures are kept in memory or decoded in each epoch.
        workers: Processes that decode streamed pictures; 0 decodes in threads of this one, None
            leaves the choice to the program. Changes no pixel.
        threads: Threads of the processor; 0 leaves the choice to the program. A number pins
            the last bits of a run, which depend on it.
    """

    device: Flag[DeviceChoice]
    precision: Flag[Precision]
    compile: Flag[Compile]
    sync_batch_norm: Switch
    data_path: Flag[DataPath]
    workers: Flag[int | None]
    threads: Flag[int]


class KeepingFlags(TypedDict, total=False):
    """What is kept on the disk.

    Attributes:
        checkpoint_seconds: Longest time between two checkpoints within an epoch.
        keep_every: Epochs between two checkpoints that are kept for good; 0 keeps none but the
            last and the best.
        keep_most: Most of those; the oldest goes first.
        tensorboard: Whether event files for TensorBoard are written, too.
    """

    checkpoint_seconds: Flag[float]
    keep_every: Flag[int]
    keep_most: Flag[int]
    tensorboard: Switch


class RecipeFlags(TypedDict):
    """Every field of `Recipe`; a test holds the two together."""

    length: LengthFlags
    optimiser: OptimiserFlags
    rate: RateFlags
    loss: LossFlags
    hardware: HardwareFlags
    keeping: KeepingFlags


def changes(flags: RecipeFlags) -> dict[str, Any]:
    """Returns the fields that were given."""
    groups: Mapping[str, Any] = flags
    return {name: value for group in groups.values() for name, value in group.items()}
