"""What names and shapes cannot tell of a network, with what is taken for it and why.

Each can be answered otherwise: `resnet_studio.models.identify.Identified.answered`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from resnet_studio.architecture.spec import (
    ActivationOrder,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
    ZeroPadding,
    applies,
)

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that a file does not say.

    Attributes:
        field: What it is: a field of the spec, "normalisation" or "classes".
        value: What is taken for it.
        reason: Why, in a sentence.
        choices: What it may be instead, `value` among them; empty where anything may be.
        told: Whether the family of the file speaks for the value, more than custom.
    """

    field: str
    value: Any
    reason: str
    choices: tuple[Any, ...] = ()
    told: bool = False

    def __str__(self) -> str:
        return f"{self.field}: {self.value}. {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """Returns what a program that reads our JSON wants to know."""
        return {
            "field": self.field,
            "value": self.value,
            "reason": self.reason,
            "choices": list(self.choices),
        }


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What is subtracted from each channel in [0, 1], and what it is then divided by."""

    mean: Triple
    std: Triple


IMAGENET: Final = "ImageNet"
CIFAR10: Final = "CIFAR-10"
CIFAR10_EACH: Final = "CIFAR-10 (deviations within pictures)"
CIFAR100: Final = "CIFAR-100"
HALVES: Final = "halves"
NONE: Final = "none"
NORMALISATIONS: Final[Mapping[str, Normalisation]] = MappingProxyType(
    {
        IMAGENET: Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        CIFAR10: Normalisation((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
        # Of each picture by itself, then averaged: less than over all pixels. Widely copied.
        CIFAR10_EACH: Normalisation((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
        CIFAR100: Normalisation((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
        HALVES: Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        NONE: Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    }
)
_SAME_SHAPES: Final = tuple(
    order for order in ActivationOrder if order is not ActivationOrder.FULL_PREACTIVATION
)

FAMILY_STUDIO: Final = "ResNet Studio"
FAMILY_TORCHVISION: Final = "torchvision"
FAMILY_TIMM: Final = "timm"
FAMILY_TIMM_V2: Final = "timm ResNetV2"
FAMILY_CIFAR_A: Final = "CIFAR ResNet (option A)"
FAMILY_CIFAR_B: Final = "CIFAR ResNet (option B)"
FAMILY_CIFAR_4: Final = "CIFAR ResNet (four stages)"
FAMILY_CIFAR: Final = "CIFAR ResNet"
FAMILY_PREACT: Final = "pre-activation ResNet"


def usual_normalisation(spec: NetworkSpec, family: str) -> tuple[str, str]:
    """Returns the name of the normalisation that is most likely, and why."""
    if family in (FAMILY_CIFAR_A, FAMILY_CIFAR_B):
        return IMAGENET, "Published weights of this family read pictures normalised as ImageNet's."
    if family == FAMILY_TIMM_V2:
        return HALVES, "timm's ResNetV2 weights read pictures scaled to -1 to 1."
    if spec.stem is StemKind.TUTORIAL:
        return HALVES, "The tutorial scales pictures to -1 to 1."
    if spec.stem is StemKind.CIFAR and spec.classes == 100:
        return CIFAR100, "A 3×3 stem and 100 classes."
    if family == FAMILY_CIFAR_4:
        return CIFAR10_EACH, "What programs of this family normalise with."
    if spec.stem is StemKind.CIFAR:
        return CIFAR10, "A 3×3 stem: a network for small pictures."
    return IMAGENET, "The usual normalisation of networks for large pictures."


def of_network(spec: NetworkSpec, family: str) -> Iterator[Assumption]:
    """Yields what the shapes leave open about the network itself."""
    yield from _of_shortcuts(spec, family)
    yield from _of_blocks(spec, family)
    if spec.stem is StemKind.CIFAR:
        yield Assumption(
            "stem",
            str(spec.stem),
            "The first convolution is 3×3; no pool follows it, as in networks for CIFAR.",
            (str(StemKind.CIFAR),),
        )
    yield Assumption(
        "input_size",
        spec.input_size,
        "The usual size of pictures for this stem; the network itself takes any.",
    )


def _of_shortcuts(spec: NetworkSpec, family: str) -> Iterator[Assumption]:
    if spec.shortcut is ShortcutKind.A and spec.shortcut_type is ShortcutType.IDENTITY:
        yield Assumption(
            "shortcut",
            str(spec.shortcut),
            "No shortcut has weights: option A, unless it is a plain network.",
            (str(ShortcutKind.A), str(ShortcutKind.NONE)),
        )
    if applies(spec, "zero_padding") and (spec.stem_width, *spec.channels)[-1] != spec.stem_width:
        both = family == FAMILY_CIFAR_A
        yield Assumption(
            "zero_padding",
            str(spec.zero_padding),
            "Files with three stages and a head named linear come from programs that pad on both "
            "sides."
            if both
            else "As the authors of option A have it.",
            tuple(map(str, ZeroPadding)),
            told=both,
        )
    if spec.shortcut_type in (ShortcutType.EXCLUSIVE_GATE, ShortcutType.SHORTCUT_GATE):
        yield Assumption(
            "shortcut_type",
            str(spec.shortcut_type),
            "Whether the gate weighs the residual branch too leaves no trace in its weights.",
            (str(ShortcutType.EXCLUSIVE_GATE), str(ShortcutType.SHORTCUT_GATE)),
        )
    if family == FAMILY_TIMM_V2 and spec.stem is StemKind.DEEP:
        yield Assumption(
            "projection",
            str(spec.projection),
            "timm's ResNetV2 networks with a deep stem average before they project.",
            (str(ProjectionKind.AVGPOOL), str(ProjectionKind.CONV)),
            told=True,
        )


def _of_blocks(spec: NetworkSpec, family: str) -> Iterator[Assumption]:
    if spec.order in _SAME_SHAPES:
        yield Assumption(
            "order",
            str(spec.order),
            "The usual order; the others without full pre-activation have the same weights.",
            tuple(map(str, _SAME_SHAPES)),
        )
    if applies(spec, "shared_first_activation"):
        yield Assumption(
            "shared_first_activation",
            spec.shared_first_activation,
            "As in the paper."
            if spec.shared_first_activation
            else "In most programs the first shortcut leaves before the activation.",
            (True, False),
            told=family != FAMILY_STUDIO,
        )
    if applies(spec, "stride_on") and len(spec.depths) > 1:
        yield Assumption(
            "stride_on",
            str(spec.stride_on),
            "On the 3×3, as torchvision and timm have it; the paper has it on the first 1×1.",
            tuple(map(str, StridePlace)),
        )
