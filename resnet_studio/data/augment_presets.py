"""The pipelines that papers and programs train with, at their published sizes and at any other.

Each note says what the authors did and what differs here. One difference is everywhere: between
steps colours are whole numbers from 0 to 255, as in torchvision, where the papers' own programs
computed with fractions.
"""

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
    RandomShortSide,
    Resize,
    ResizeExact,
    Step,
)
from resnet_studio.data.colour_steps import (
    PCAColour,
    RandAugment,
    RandomErasing,
    TrivialAugment,
)
from resnet_studio.data.published import PUBLISHED, SourceKind
from resnet_studio.data.step_base import Colour

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
        "on, resized, and flipped half the time. The part is Szegedy et al.'s (2014), not what He "
        'et al. (2015) trained with: that is the preset "paper".',
        steps=(RandomResizedCrop(size=size), HorizontalFlip(), statistics),
    )


def _imagenet_validation(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("imagenet_val", size, usual=224),
        note="The shorter side is resized to 256/224 of the input, and the centre is cut out: one "
        "crop for each picture, by which PyTorch publishes the errors of its weights.",
        steps=(Resize(size=round(size * 256 / 224)), CenterCrop(size=size), statistics),
    )


def _cifar_train(size: int, statistics: Normalise) -> AugmentSpec:
    return AugmentSpec(
        name=_name("cifar_train", size, usual=32),
        note="The CIFAR recipe: shifted by up to an eighth of the size over a black border, and "
        "flipped half the time. Pictures of another size are first brought to it. The border is "
        "black and each colour has one mean, as most programs do it; He et al. (2015) differ in "
        'both: see "paper_cifar".',
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


def _paper_train() -> AugmentSpec:
    return AugmentSpec(
        name="paper_train",
        note="He et al. (2015, arXiv:1512.03385, 3.4) on ImageNet: the shorter side is drawn from "
        "256 to 480, a crop of 224 is cut out at random and flipped half the time, and AlexNet's "
        "PCA colour is added. The paper subtracts the mean of each pixel over the training "
        "pictures; here the mean colour is subtracted, until you measure the mean picture. Like "
        "the paper, it does not divide by the deviation.",
        steps=(
            RandomShortSide(min=256, max=480),
            PadCrop(padding=0, size=224),
            HorizontalFlip(),
            PCAColour(),
            _mean_only(IMAGENET),
        ),
    )


def _paper_validation() -> AugmentSpec:
    return AugmentSpec(
        name="paper_val",
        note="The centre crop of He et al.'s test (2015, arXiv:1512.03385, 3.4). For its "
        "comparisons the paper averages over ten crops (four corners and the centre, and their "
        "flips), which classification offers; for its best results over several sizes of the "
        "whole picture, which is not done here. The paper does not print the shorter side; 256 is "
        "AlexNet's. The mean colour stands for the mean picture.",
        steps=(Resize(size=256), CenterCrop(size=224), _mean_only(IMAGENET)),
    )


def _paper_cifar_train() -> AugmentSpec:
    return AugmentSpec(
        name="paper_cifar_train",
        note="He et al. (2015, arXiv:1512.03385, 4.2) on CIFAR-10: 4 pixels padded on each side, a "
        "crop of 32, flipped half the time, the mean of each pixel subtracted. Here the mean "
        "colour is subtracted, until you measure the mean picture. The paper does not say which "
        "colour the border has; here it is the mean colour, as in fb.resnet.torch, which pads with "
        "zeros after subtracting.",
        steps=(
            *_square(32),
            PadCrop(padding=4, size=32, fill=_levels(CIFAR10)),
            HorizontalFlip(),
            _mean_only(CIFAR10),
        ),
    )


def _paper_cifar_validation() -> AugmentSpec:
    return AugmentSpec(
        name="paper_cifar_val",
        note="He et al. (2015, arXiv:1512.03385, 4.2) test on the picture as it is: one view of "
        "32 × 32. The mean colour stands for the mean picture.",
        steps=(*_square(32), _mean_only(CIFAR10)),
    )


def _rand_augment_train() -> AugmentSpec:
    return AugmentSpec(
        name="rand_augment_train",
        note="torchvision's reference training with RandAugment (Cubuk et al. 2019, "
        "arXiv:1909.13719): a random resized crop, a flip, then two operations of magnitude 9. "
        "What comes in from outside of the picture is black.",
        steps=(
            RandomResizedCrop(size=224),
            HorizontalFlip(),
            RandAugment(operations=2, magnitude=9, interpolation="bilinear"),
            IMAGENET,
        ),
    )


def _trivial_augment_train() -> AugmentSpec:
    return AugmentSpec(
        name="trivial_augment_train",
        note="What torchvision's second weights of ResNet-50 were trained with: a random resized "
        "crop, a flip, TrivialAugment (Müller and Hutter 2021, arXiv:2103.10158), and a rectangle "
        "erased one time in ten (Zhong et al. 2017, arXiv:1708.04896). That recipe crops 176 "
        "pixels for training and 224 for validation, and mixes pictures (MixUp, CutMix), which "
        "belongs to the recipe here. It erases after normalising, with 0; that is the mean colour.",
        steps=(
            RandomResizedCrop(size=224),
            HorizontalFlip(),
            TrivialAugment(interpolation="bilinear"),
            RandomErasing(p=0.1, value="mean", mean_colour=_levels(IMAGENET)),
            IMAGENET,
        ),
    )


def _rand_augment_validation() -> AugmentSpec:
    return _imagenet_validation(224, IMAGENET).model_copy(update={"name": "rand_augment_val"})


def _trivial_augment_validation() -> AugmentSpec:
    return AugmentSpec(
        name="trivial_augment_val",
        note="The shorter side is resized to 232, and the centre is cut out: how torchvision tests "
        "its second weights of ResNet-50.",
        steps=(Resize(size=232), CenterCrop(size=224), IMAGENET),
    )


def _none(name: str) -> AugmentSpec:
    return AugmentSpec(
        name=name,
        note="Nothing but what a network needs: resized to a square, whatever the shape was, and "
        "scaled to [0, 1]. The same in training and validation. No paper trains so; it shows what "
        "the other presets add.",
        steps=(ResizeExact(size=224),),
    )


def _mean_only(statistics: Normalise) -> Normalise:
    return Normalise(mean=statistics.mean, std=(1.0, 1.0, 1.0))


def _levels(statistics: Normalise) -> Colour:
    """Return the mean colour in levels from 0 to 255."""
    red, green, blue = (round(255 * value) for value in statistics.mean)
    return red, green, blue


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
            _paper_train(),
            _paper_validation(),
            _paper_cifar_train(),
            _paper_cifar_validation(),
            _rand_augment_train(),
            _rand_augment_validation(),
            _trivial_augment_train(),
            _trivial_augment_validation(),
            _none("none_train"),
            _none("none_val"),
        )
    }
)
