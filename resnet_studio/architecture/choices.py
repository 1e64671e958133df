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


class ShortcutType(StrEnum):
    """What a shortcut does to what it carries (He et al. 2016, arXiv:1603.05027, table 1).

    `IDENTITY` nothing; `SCALING` multiplies by a constant; the gates multiply by 1 - g(x), where
    g is a 1x1 convolution and a sigmoid: `EXCLUSIVE_GATE` multiplies the residual branch by g(x)
    as well, `SHORTCUT_GATE` leaves it alone. `CONV` is a 1x1 convolution on every shortcut,
    `DROPOUT` drops values of it. `HIGHWAY` is the exclusive gate of Srivastava et al. 2015
    (arXiv:1505.00387), whose gate convolves as the layers that it gates do: 3x3.
    """

    IDENTITY = "identity"
    SCALING = "scaling"
    EXCLUSIVE_GATE = "exclusive_gate"
    SHORTCUT_GATE = "shortcut_gate"
    CONV = "conv1x1"
    DROPOUT = "dropout"
    HIGHWAY = "highway"

    @property
    def gated(self) -> bool:
        """Whether a learned gate decides how much passes."""
        return self in (self.EXCLUSIVE_GATE, self.SHORTCUT_GATE, self.HIGHWAY)


class ZeroPadding(StrEnum):
    """Where option A puts the new channels of zeros: after the old ones, or half on each side.

    The paper does not say. The authors' Torch code pads at the end; a widely copied
    reimplementation for CIFAR pads on both sides.
    """

    END = "end"
    BOTH = "both"


class ProjectionKind(StrEnum):
    """What a projection shortcut is made of.

    `CONV` is a 1x1 convolution and batch normalisation, with the block's stride. `AVGPOOL` is that
    of ResNet-D (arXiv:1812.01187): a 2x2 average pool has the stride. `BIAS` is a 1x1 convolution
    with bias and without batch normalisation.
    """

    CONV = "conv"
    AVGPOOL = "avgpool"
    BIAS = "bias"


class ActivationOrder(StrEnum):
    """Where batch normalisation and ReLU stand in a block (arXiv:1603.05027, figure 4).

    `RELU_TWICE` has a ReLU before the addition and one after it; it is no figure of the paper but
    the block of a tutorial's network.
    """

    ORIGINAL = "original"
    BN_AFTER_ADDITION = "bn_after_addition"
    RELU_BEFORE_ADDITION = "relu_before_addition"
    RELU_ONLY_PREACTIVATION = "relu_only_preactivation"
    FULL_PREACTIVATION = "full_preactivation"
    RELU_TWICE = "relu_twice"

    @property
    def preactivated(self) -> bool:
        """Whether a block activates what it reads; its last convolution then ends the branch."""
        return self in (self.RELU_ONLY_PREACTIVATION, self.FULL_PREACTIVATION)

    @property
    def bn_ends_branch(self) -> bool:
        """Whether a batch normalisation follows the branch's last convolution."""
        return self not in (self.FULL_PREACTIVATION, self.BN_AFTER_ADDITION)


class StemKind(StrEnum):
    """The root of the network.

    `IMAGENET` is a 7x7/2 convolution and a 3x3/2 pool; `CIFAR` one 3x3 convolution; `DEEP` three
    3x3 convolutions, the first /2, and the pool (ResNet-C, arXiv:1812.01187); `TUTORIAL` a 7x7/2
    convolution and a 3x3/2 pool, both without padding, and neither batch normalisation nor ReLU.
    """

    IMAGENET = "imagenet"
    CIFAR = "cifar"
    DEEP = "deep"
    TUTORIAL = "tutorial"


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
    "se_reduction": (0, 64),
}
# Bounds of the fields that are fractions or a bias.
FRACTIONS: Final[Mapping[str, tuple[float, float]]] = {
    "shortcut_scale": (0.0, 1.0),
    "residual_scale": (0.0, 1.0),
    "shortcut_dropout": (0.0, 0.95),
    "gate_bias": (-10.0, 10.0),
    "dropout": (0.0, 0.95),
    "stochastic_depth": (0.0, 0.95),
}
MAX_DEPTH: Final = 4000
"""Weighted layers; ResNet-1202 is the deepest published network."""
MAX_PARAMETERS: Final = 1_000_000_000
"""Weights of the convolutions and the linear layer: 4 GB as float32."""
MAX_MAP_ELEMENTS: Final = 1 << 28
"""Elements of the largest feature map of one picture: 1 GiB as float32."""
MAX_NAME: Final = 100
"""Characters of a name."""
