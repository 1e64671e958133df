"""What an entry of the catalogue is, and the papers that its networks come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from resnet_studio.architecture.spec import NetworkSpec


class Family(StrEnum):
    """The groups of the catalogue, in the order in which lists show them; values are titles."""

    IMAGENET = "ImageNet"
    OPTIONS = "Shortcut options"
    RESNEXT = "ResNeXt"
    WIDE = "Wide"
    TWEAKS = "ResNet-C and -D"
    SQUEEZE = "Squeeze-and-excitation"
    PLAIN = "Plain"
    CIFAR = "CIFAR"
    PREACTIVATION = "Pre-activation"
    ORDERS = "Activation orders"
    SHORTCUTS = "Shortcut types"
    STOCHASTIC = "Stochastic depth"
    TEACHING = "Teaching"


@dataclass(frozen=True, slots=True)
class Paper:
    """Where a network was published."""

    authors: str
    year: int
    title: str
    arxiv: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One published number.

    Attributes:
        title: What was measured, and how.
        value: The number.
        unit: "%", "million" or "billion".
        source: Where it is printed.
    """

    title: str
    value: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of the catalogue.

    Attributes:
        id: What a person types.
        title: What a person reads.
        family: The title of its group.
        spec: The network; its name is the id.
        paper: Where it was published.
        note: What is particular about it, in one or two sentences.
        published: Published figures by a short key.
        aliases: Other names that it goes by.
    """

    id: str
    title: str
    family: str
    spec: NetworkSpec
    paper: Paper
    note: str
    published: Mapping[str, Figure] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


HE_2015: Final = Paper(
    "He, Zhang, Ren, Sun", 2015, "Deep Residual Learning for Image Recognition", "1512.03385"
)
HE_2016: Final = Paper(
    "He, Zhang, Ren, Sun", 2016, "Identity Mappings in Deep Residual Networks", "1603.05027"
)
SRIVASTAVA_2015: Final = Paper(
    "Srivastava, Greff, Schmidhuber", 2015, "Highway Networks", "1505.00387"
)
HUANG_2016: Final = Paper(
    "Huang, Sun, Liu, Sedra, Weinberger", 2016, "Deep Networks with Stochastic Depth", "1603.09382"
)
ZAGORUYKO_2016: Final = Paper("Zagoruyko, Komodakis", 2016, "Wide Residual Networks", "1605.07146")
XIE_2016: Final = Paper(
    "Xie, Girshick, Dollár, Tu, He",
    2016,
    "Aggregated Residual Transformations for Deep Neural Networks",
    "1611.05431",
)
HU_2017: Final = Paper(
    "Hu, Shen, Albanie, Sun, Wu", 2017, "Squeeze-and-Excitation Networks", "1709.01507"
)
TONG_HE_2018: Final = Paper(
    "He, Zhang, Zhang, Zhang, Xie, Li",
    2018,
    "Bag of Tricks for Image Classification with Convolutional Neural Networks",
    "1812.01187",
)
