"""The pipelines that papers and programs train with, at their published sizes and at any other."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import ValidationError

from resnet_studio.data.augment_spec import AugmentSpec, explained
from resnet_studio.data.augment_steps import (
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    Resize,
    ResizeExact,
    Step,
)
from resnet_studio.data.published import PUBLISHED, SourceKind

_PUBLISHED = {kind: Normalise(mean=each.mean, std=each.std) for kind, each in PUBLISHED.items()}
IMAGENET = _PUBLISHED["imagenet"]
CIFAR10 = _PUBLISHED["cifar10"]
DIGITS = _PUBLISHED["digits"]
HALVES = Normalise(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
_STATISTICS: Mapping[str, Normalise] = {"folder": IMAGENET, **_PUBLISHED}


def pipelines_for(input_size: int, kind: SourceKind = "folder") -> tuple[AugmentSpec, AugmentSpec]:
    """Return the training and the validation pipeline for a network's input size.

    From 64 pixels on, pictures are treated in ImageNet style (random resized crop and flip), below
    in CIFAR style (border of an eighth of the size, crop, flip). Digits are only shifted, at any
    size: a flipped digit is another digit or none, and a small part of one is not readable. Small
    pieces of clothing are only shifted and flipped: a mirrored one is the same (as in Zhong et al.
    2017, arXiv:1708.04896).

    Args:
        input_size: Side of the network's input in pixels.
        kind: Where the pictures come from, `DataConfig.source`: decides mean and deviation.

    Raises:
        SpecError: No pipeline has such a size.
    """
    statistics = _STATISTICS[kind]
    try:
        if kind in ("digits", "mnist"):
            return _digits_train(input_size, statistics), _digits_validation(input_size, statistics)
        if input_size >= 64 and kind != "fashion_mnist":
            return (
                _imagenet_train(input_size, statistics),
                _imagenet_validation(input_size, statistics),
            )
        return _cifar_train(input_size, statistics), _cifar_validation(input_size, statistics)
    except ValidationError as error:
        raise explained(error) from None


def _imagenet_train(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("imagenet_train", size, usual=224),
        note="The PyTorch recipe for ImageNet: a random part of any size from 8 % of the picture "
        "on, resized, and flipped half the time.",
        steps=(RandomResizedCrop(size=size), HorizontalFlip(), statistics),
    )


def _imagenet_validation(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("imagenet_val", size, usual=224),
        note="The shorter side is resized to 256/224 of the input, and the centre is cut out.",
        steps=(Resize(size=round(size * 256 / 224)), CenterCrop(size=size), statistics),
    )


def _cifar_train(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("cifar_train", size, usual=32),
        note="The CIFAR recipe: shifted by up to an eighth of the size over a black border, and "
        "flipped half the time. Pictures of another size are first brought to it.",
        steps=(*_square(size), _shift(size), HorizontalFlip(), statistics),
    )


def _cifar_validation(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("cifar_val", size, usual=32),
        note="The picture as it is; pictures of another size are brought to it.",
        steps=(*_square(size), statistics),
    )


def _digits_train(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("digits_train", size, usual=32),
        note="Shifted by up to an eighth of the size. Not flipped: a flipped digit is another "
        "digit, or none.",
        steps=(*_square(size), _shift(size), statistics),
    )


def _digits_validation(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("digits_val", size, usual=32),
        note="The digit enlarged to the network's input.",
        steps=(*_square(size), statistics),
    )


def _tutorial(name: str) -> AugmentSpec:
    return AugmentSpec(
        name=name,
        note="The CIFAR-10 tutorial: resized to 96 × 96 without augmentation, colours from -1 to "
        "1; the same in training and validation.",
        steps=(ResizeExact(size=96), HALVES),
    )


def _square(size: int) -> tuple[Step, ...]:
    """Bring any picture to a square; one that has the size passes unchanged."""
    return Resize(size=size), CenterCrop(size=size)


def _shift(size: int) -> PadCrop:
    return PadCrop(padding=min(max(1, round(size / 8)), max(0, size - 1)), size=size)


def _name(style: str, size: int, *, usual: int) -> str:
    return style if size == usual else f"{style}_{size}"


PRESETS: Mapping[str, AugmentSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            _imagenet_train(224, IMAGENET),
            _imagenet_validation(224, IMAGENET),
            _cifar_train(32, CIFAR10),
            _cifar_validation(32, CIFAR10),
            _digits_train(32, DIGITS),
            _digits_validation(32, DIGITS),
            _tutorial("tutorial_train"),
            _tutorial("tutorial_val"),
        )
    }
)
