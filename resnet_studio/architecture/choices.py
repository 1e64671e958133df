"""The choices and bounds of a spec: what each field may be.

One home for the bounds: validation, the messages and the form's spin boxes read this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class BlockKind(StrEnum):
    """The residual branch of a block (He et al. 2015, figure 5)."""

    BASIC = "basic"
    BOTTLENECK = "bottleneck"


class ShortcutKind(StrEnum):
    """What the shortcuts do where the shape changes (He et al. 2015, section 3.3 and 4.1).

    `NONE` is the plain network without shortcuts; `A` pads the new channels with zeros; `B`
    projects where the shape changes; `C` projects in every block.
    """

    NONE = "none"
    A = "A"
    B = "B"
    C = "C"


class StemKind(StrEnum):
    """The root of the network: 7x7/2 convolution and 3x3/2 pool, or one 3x3 convolution."""

    IMAGENET = "imagenet"
    CIFAR = "cifar"


class StridePlace(StrEnum):
    """Which convolution of a bottleneck halves the map: the first 1x1 (original) or the 3x3.

    The second is torchvision's placement, often called "v1.5".
    """

    CONV1 = "1x1"
    CONV2 = "3x3"


class Initialisation(StrEnum):
    """Which fan scales the He normal initialisation of the convolutions (arXiv:1502.01852)."""

    FAN_OUT = "fan_out"
    FAN_IN = "fan_in"


# `depths` and `widths` bound each entry; `stages` bounds how many entries both have.
LIMITS: Final[Mapping[str, tuple[int, int]]] = {
    "stages": (1, 6),
    "depths": (1, 1000),
    "widths": (1, 8192),
    "expansion": (1, 16),
    "stem_width": (1, 2048),
    "groups": (1, 1024),
    "base_width": (1, 1024),
    "classes": (2, 100_000),
    "in_channels": (1, 64),
    "input_size": (1, 4096),
}
MAX_DEPTH: Final = 4000
"""Weighted layers; ResNet-1202 is the deepest published network."""
MAX_PARAMETERS: Final = 1_000_000_000
"""Weights of the convolutions and the linear layer: 4 GB as float32."""
MAX_MAP_ELEMENTS: Final = 1 << 28
"""Elements of the largest feature map of one picture: 1 GiB as float32."""
MAX_NAME: Final = 100
"""Characters of a name."""
