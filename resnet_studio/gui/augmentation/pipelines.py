"""Which pipelines the panel offers, and what their steps are called on screen."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from PySide6.QtCore import QCoreApplication

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.data.augment import (
    PRESETS,
    AugmentSpec,
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    Resize,
    ResizeExact,
    Step,
    pipelines_for,
)
from resnet_studio.data.sources import DataConfig
from resnet_studio.gui.augmentation.words import decimal, percent, size_text
from resnet_studio.training.config import default_config

translate = QCoreApplication.translate


class Source(StrEnum):
    """Where a pair of pipelines comes from.

    The first three follow the network of the window: they are what training of it begins with on
    these data. The others are the published ones, at their published size.
    """

    OWN_PICTURES = "own_pictures"
    OWN_DIGITS = "own_digits"
    OWN_CIFAR = "own_cifar"
    IMAGENET = "imagenet"
    CIFAR = "cifar"
    DIGITS = "digits"
    TUTORIAL = "tutorial"


Rule = Literal["log_uniform", "uniform_swap"]
"""How RandomResizedCrop draws its ratio, as `RandomResizedCrop.rule` has it."""
PRESENT: Rule = "log_uniform"
OLDER: Rule = "uniform_swap"


def pipelines(source: Source, spec: NetworkSpec) -> tuple[AugmentSpec, AugmentSpec]:
    """Returns the training and the validation pipeline.

    Args:
        source: Which ones.
        spec: The network of the window.

    Raises:
        SpecError: The network cannot be fitted to such data.
    """
    match source:
        case Source.OWN_PICTURES:
            return pipelines_for(spec.input_size, kind="folder")
        case Source.OWN_DIGITS | Source.OWN_CIFAR:
            data = DataConfig(source="digits" if source is Source.OWN_DIGITS else "cifar10")
            config = default_config(spec, data)
            return config.train_augment, config.validation_augment
        case _:
            return PRESETS[f"{source}_train"], PRESETS[f"{source}_val"]


def source_title(source: Source) -> str:
    """Returns what a source is called in the list."""
    return {
        Source.OWN_PICTURES: translate("Augmentation", "This network, own pictures"),
        Source.OWN_DIGITS: translate("Augmentation", "This network, the digits"),
        Source.OWN_CIFAR: translate("Augmentation", "This network, CIFAR-10"),
        Source.IMAGENET: translate("Augmentation", "ImageNet"),
        Source.CIFAR: translate("Augmentation", "CIFAR-10"),
        Source.DIGITS: translate("Augmentation", "Digits"),
        Source.TUTORIAL: translate("Augmentation", "CIFAR-10 tutorial"),
    }[source]


def has_rule(pipeline: AugmentSpec) -> bool:
    """Returns whether there is a random resized crop whose rule can be chosen."""
    return any(isinstance(step, RandomResizedCrop) for step in pipeline.steps)


def with_rule(pipeline: AugmentSpec, rule: Rule) -> AugmentSpec:
    """Returns the pipeline with another rule of random resized crop; itself if it has none."""
    if not has_rule(pipeline) or rule == PRESENT:
        return pipeline
    change = {"rule": rule}
    steps = tuple(
        step.model_copy(update=change) if isinstance(step, RandomResizedCrop) else step
        for step in pipeline.steps
    )
    return pipeline.model_copy(update={"steps": steps, "name": f"{pipeline.name}_older_crop"})


def step_title(step: Step) -> str:
    """Returns the name of a step."""
    match step:
        case RandomResizedCrop():
            return translate("Augmentation", "Random resized crop")
        case Resize():
            return translate("Augmentation", "Resize")
        case ResizeExact():
            return translate("Augmentation", "Resize to a square")
        case CenterCrop():
            return translate("Augmentation", "Centre crop")
        case PadCrop():
            return translate("Augmentation", "Pad and crop")
        case HorizontalFlip():
            return translate("Augmentation", "Horizontal flip")
        case Normalise():
            return translate("Augmentation", "Normalise")


def step_lines(step: Step) -> tuple[str, ...]:
    """Returns the numbers of a step in short lines."""
    match step:
        case RandomResizedCrop():
            return _crop_lines(step)
        case Resize():
            return (translate("Augmentation", "shorter side {size} px").format(size=step.size),)
        case ResizeExact() | CenterCrop():
            return (_pixels(step.size),)
        case PadCrop():
            border = translate("Augmentation", "black border {padding} px")
            crop = translate("Augmentation", "{size} at random")
            return border.format(padding=step.padding), crop.format(size=_pixels(step.size))
        case HorizontalFlip():
            return (translate("Augmentation", "probability {p}").format(p=decimal(step.p)),)
        case Normalise():
            mean = translate("Augmentation", "mean {values}")
            deviation = translate("Augmentation", "std {values}")
            return (
                mean.format(values=_triple(step.mean)),
                deviation.format(values=_triple(step.std)),
            )


def _crop_lines(step: RandomResizedCrop) -> tuple[str, ...]:
    area = translate("Augmentation", "area {low} to {high} of the picture")
    ratio = translate("Augmentation", "ratio {low} to {high}, resized to {size}")
    if step.rule == OLDER:
        ratio = translate("Augmentation", "ratio {low} to {high}, swapped ½, to {size}")
    low, high = step.ratio
    return (
        area.format(low=percent(step.scale[0]), high=percent(step.scale[1])),
        ratio.format(low=decimal(low), high=decimal(high), size=_pixels(step.size)),
    )


def _pixels(size: int) -> str:
    return translate("Augmentation", "{size} px").format(size=size_text(size, size))


def _triple(values: tuple[float, float, float]) -> str:
    return " ".join(decimal(value) for value in values)
