"""Every field of the recipe form as data: name, label, sentence, kind, and when it has an effect.

The form is made from these sections, so a field is added here and nowhere else. The bounds are
those of `Recipe`. Texts are translated when the table is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

from PySide6.QtCore import QCoreApplication

from resnet_studio.training.recipe_choices import (
    ClassWeights,
    Compile,
    DataPath,
    Optimiser,
    Precision,
    Sampler,
    Schedule,
    Warmup,
)

Values: TypeAlias = Mapping[str, Any]
"""What the editors hold, by field: texts of numbers, values of choices, states of switches."""

LENGTH = "length"
"""The one entry that is no field of `Recipe`: whether epochs or steps decide the length."""
EPOCHS, STEPS = "epochs", "steps"
_FALLING = (Schedule.STEP, Schedule.PERIODIC, Schedule.PLATEAU)


class Kind(Enum):
    """What a field is typed or chosen with."""

    NUMBER = auto()
    PERCENTAGES = auto()
    CHOICE = auto()
    SWITCH = auto()


def _always(_values: Values) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of the form.

    Attributes:
        name: Field of `Recipe`, or `LENGTH`.
        label: Its label, with the unit in brackets.
        tip: What it does, in a sentence.
        kind: How it is edited.
        choices: Texts and values of a choice.
        empty: What an empty field means, where it may be empty.
        matters: Whether it has an effect, given the other fields.
    """

    name: str
    label: str
    tip: str
    kind: Kind = Kind.NUMBER
    choices: tuple[tuple[str, Any], ...] = ()
    empty: str = ""
    matters: Callable[[Values], bool] = _always


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together; a section without a title is always open."""

    name: str
    title: str
    entries: tuple[Entry, ...]


def sections() -> tuple[Section, ...]:
    """Returns the form from top to bottom, in the language of the window."""
    return (
        Section("", "", _main()),
        Section("optimiser", _tr("Optimiser"), _optimiser()),
        Section("schedule", _tr("Learning rate schedule"), _schedule()),
        Section("regularisation", _tr("Regularisation"), _regularisation()),
        Section("speed", _tr("Speed and memory"), _speed()),
        Section("keeping", _tr("Checkpoints"), _keeping()),
    )


def _main() -> tuple[Entry, ...]:
    lengths = ((_tr("Epochs"), EPOCHS), (_tr("Steps"), STEPS))
    return (
        Entry(
            LENGTH,
            _tr("Length in"),
            _tr("Whether passes over the pictures or optimiser steps decide when the run ends."),
            Kind.CHOICE,
            lengths,
        ),
        Entry(
            "epochs",
            _tr("Epochs"),
            _tr("How often the network sees every training picture."),
            matters=lambda v: v[LENGTH] == EPOCHS,
        ),
        Entry(
            "steps",
            _tr("Steps"),
            _tr("Optimiser steps in all; the last epoch may be a part of one."),
            matters=lambda v: v[LENGTH] == STEPS,
        ),
        Entry(
            "batch_size",
            _tr("Batch size"),
            _tr("Pictures in one step. Larger steps are steadier and need more memory."),
        ),
        Entry(
            "seed",
            _tr("Seed"),
            _tr("Decides first weights, order and augmentation: the same gives the same."),
        ),
    )


def _optimiser() -> tuple[Entry, ...]:
    def sgd(v: Values) -> bool:
        return bool(v["optimiser"] == Optimiser.SGD)

    def adam(v: Values) -> bool:
        return not sgd(v)

    return (
        Entry(
            "learning_rate",
            _tr("Learning rate"),
            _tr("How far each step moves the weights, after the warm-up."),
        ),
        Entry(
            "optimiser",
            _tr("Optimiser"),
            _tr("SGD is the papers' own; AdamW scales each weight's step (arXiv:1711.05101)."),
            Kind.CHOICE,
            ((_tr("SGD"), Optimiser.SGD), (_tr("AdamW"), Optimiser.ADAMW)),
        ),
        Entry(
            "momentum",
            _tr("Momentum"),
            _tr("Share of the last move that is kept; 0 is plain gradient descent."),
            matters=sgd,
        ),
        Entry(
            "beta1",
            _tr("Beta 1"),
            _tr("How slowly the mean of the gradients forgets."),
            matters=adam,
        ),
        Entry(
            "beta2",
            _tr("Beta 2"),
            _tr("How slowly the mean of their squares forgets."),
            matters=adam,
        ),
        Entry(
            "reference_batch_size",
            _tr("Reference batch size"),
            _tr("The rate grows in proportion to the batch size beyond this one (Goyal 2017)."),
            empty=_tr("any size"),
        ),
        Entry(
            "nesterov",
            _tr("Nesterov momentum"),
            _tr("Take the gradient after the momentum's move."),
            Kind.SWITCH,
            matters=sgd,
        ),
    )


def _schedule() -> tuple[Entry, ...]:
    def among(*kinds: Schedule) -> Callable[[Values], bool]:
        return lambda v: v["schedule"] in kinds

    def warms(v: Values) -> bool:
        return v["schedule"] != Schedule.ONE_CYCLE and str(v["warmup_epochs"]).strip() != "0"

    return (
        Entry(
            "schedule",
            _tr("Schedule"),
            _tr("How the learning rate changes after the warm-up."),
            Kind.CHOICE,
            (
                (_tr("Cosine"), Schedule.COSINE),
                (_tr("Steps"), Schedule.STEP),
                (_tr("Periodic"), Schedule.PERIODIC),
                (_tr("One cycle"), Schedule.ONE_CYCLE),
                (_tr("Plateau"), Schedule.PLATEAU),
                (_tr("Constant"), Schedule.CONSTANT),
            ),
        ),
        Entry(
            "milestones",
            _tr("Milestones (%)"),
            _tr("Where the rate is lowered, in percent of the whole run: 50, 75."),
            Kind.PERCENTAGES,
            matters=among(Schedule.STEP),
        ),
        Entry(
            "period",
            _tr("Period (epochs)"),
            _tr("Epochs between two falls of the rate."),
            matters=among(Schedule.PERIODIC),
        ),
        Entry(
            "plateau_epochs",
            _tr("Patience (epochs)"),
            _tr("Epochs without a lower validation loss before the rate falls."),
            matters=among(Schedule.PLATEAU),
        ),
        Entry(
            "gamma",
            _tr("Factor (gamma)"),
            _tr("0.1 makes the rate a tenth."),
            matters=among(*_FALLING),
        ),
        Entry(
            "peak",
            _tr("Peak at (fraction)"),
            _tr("Where the highest rate is reached: 0.3 is after three tenths of the run."),
            matters=among(Schedule.ONE_CYCLE),
        ),
        Entry(
            "final_rate",
            _tr("Final rate (×)"),
            _tr("Rate at the end of the run, as a fraction of the learning rate."),
            matters=among(Schedule.COSINE, Schedule.ONE_CYCLE),
        ),
        Entry(
            "warmup_epochs",
            _tr("Warm-up (epochs)"),
            _tr("Epochs at the beginning with a smaller learning rate; 0 is none."),
            matters=lambda v: v["schedule"] != Schedule.ONE_CYCLE,
        ),
        Entry(
            "warmup",
            _tr("Warm-up shape"),
            _tr("Linear: a straight rise (Goyal et al. 2017). Constant: a small rate, held."),
            Kind.CHOICE,
            ((_tr("Linear"), Warmup.GRADUAL), (_tr("Constant"), Warmup.CONSTANT)),
            matters=warms,
        ),
        Entry(
            "warmup_start",
            _tr("First rate (×)"),
            _tr("Rate at the beginning, as a fraction of the learning rate."),
            matters=lambda v: warms(v) or v["schedule"] == Schedule.ONE_CYCLE,
        ),
    )


def _regularisation() -> tuple[Entry, ...]:
    return (
        Entry(
            "weight_decay",
            _tr("Weight decay"),
            _tr("How strongly weights are drawn to zero at each step."),
        ),
        Entry(
            "label_smoothing",
            _tr("Label smoothing"),
            _tr("Share of the target that is spread over all classes."),
        ),
        Entry(
            "mixup",
            _tr("MixUp (alpha)"),
            _tr("Mixes pairs of pictures and their targets (arXiv:1710.09412); 0 is none."),
        ),
        Entry(
            "cutmix",
            _tr("CutMix (alpha)"),
            _tr("Pastes a part of one picture into another (arXiv:1905.04899); 0 is none."),
        ),
        Entry(
            "class_weights",
            _tr("Class weights"),
            _tr("Balanced: pictures of rare classes count more, so that classes count alike."),
            Kind.CHOICE,
            ((_tr("None"), ClassWeights.NONE), (_tr("Balanced"), ClassWeights.BALANCED)),
        ),
        Entry(
            "sampler",
            _tr("Sampler"),
            _tr(
                "Balanced: an epoch visits all classes alike, rare pictures several times. Choose "
                "this or class weights; both together count rare classes twice."
            ),
            Kind.CHOICE,
            ((_tr("Shuffled"), Sampler.SHUFFLE), (_tr("Balanced"), Sampler.BALANCED)),
        ),
        Entry(
            "ema_decay",
            _tr("EMA of weights"),
            _tr("Decay of an exponential moving average that is validated and kept; 0 is none."),
        ),
        Entry(
            "clip_norm",
            _tr("Gradient clipping"),
            _tr("Greatest norm of the gradient; a greater one is scaled down to it."),
            empty=_tr("off"),
        ),
        Entry(
            "early_stopping",
            _tr("Early stopping"),
            _tr("Epochs without a better validation after which the run ends; 0 is off."),
        ),
        Entry(
            "decay_all",
            _tr("Decay biases and batch norm"),
            _tr("As in He et al. 2015; else only the weights of convolutions and the last layer."),
            Kind.SWITCH,
        ),
    )


def _speed() -> tuple[Entry, ...]:
    automatic = _tr("Automatic")
    return (
        Entry(
            "precision",
            _tr("Precision"),
            _tr("Automatic takes bfloat16 where the hardware is fast at it."),
            Kind.CHOICE,
            (
                (automatic, Precision.AUTO),
                (_tr("float32"), Precision.FP32),
                (_tr("bfloat16"), Precision.BF16),
            ),
        ),
        Entry(
            "compile",
            _tr("Compile"),
            _tr("Automatic measures at the start, on a GPU, whether compiling pays."),
            Kind.CHOICE,
            ((automatic, Compile.AUTO), (_tr("No"), Compile.OFF), (_tr("Yes"), Compile.ON)),
        ),
        Entry(
            "data_path",
            _tr("Data path"),
            _tr("Kept decoded in memory, or decoded anew in each epoch; the pixels are the same."),
            Kind.CHOICE,
            (
                (automatic, DataPath.AUTO),
                (_tr("In memory"), DataPath.MEMORY),
                (_tr("Streamed"), DataPath.STREAM),
            ),
        ),
        Entry(
            "workers",
            _tr("Data workers"),
            _tr("Processes that decode streamed pictures; 0 decodes in this one."),
            empty=_tr("automatic"),
            matters=lambda v: v["data_path"] != DataPath.MEMORY,
        ),
        Entry(
            "accumulate",
            _tr("Accumulation steps"),
            _tr("Gradient accumulation: parts of a batch, one after the other, to save memory."),
        ),
        Entry(
            "validation_batch_size",
            _tr("Validation batch size"),
            _tr("Pictures at a time in validation."),
            empty=_tr("twice the batch"),
        ),
        Entry(
            "threads",
            _tr("Threads"),
            _tr("Threads of the processor; 0 leaves the choice to the program."),
        ),
        Entry(
            "sync_batch_norm",
            _tr("Synchronised batch norm"),
            _tr("Normalise the whole batch where several processes share it, not each its part."),
            Kind.SWITCH,
            matters=lambda v: v.get("processes", 1) > 1,
        ),
    )


def _keeping() -> tuple[Entry, ...]:
    return (
        Entry(
            "checkpoint_seconds",
            _tr("Save every (s)"),
            _tr("Longest time between two checkpoints within an epoch, in seconds."),
        ),
        Entry(
            "keep_every",
            _tr("Keep every (epochs)"),
            _tr("Epochs between checkpoints that are kept for good; 0: the last and the best."),
        ),
        Entry(
            "keep_most",
            _tr("Keep at most"),
            _tr("Checkpoints that are kept for good; the oldest goes first."),
            matters=lambda v: str(v["keep_every"]).strip() != "0",
        ),
        Entry(
            "tensorboard",
            _tr("TensorBoard files"),
            _tr("Also write event files that TensorBoard reads."),
            Kind.SWITCH,
        ),
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("recipe", text)
