"""The root of the network: what happens before the first block."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from resnet_studio.architecture.spec import ActivationOrder, NetworkSpec, StemKind
from resnet_studio.models.layers import conv3x3


class Stem(NamedTuple):
    """The modules of a stem under the names that torchvision gives them.

    One that a stem lacks is an identity. `conv1` is a sequence in a deep stem.
    """

    conv1: nn.Module
    bn1: nn.Module
    relu: nn.Module
    maxpool: nn.Module


def stem(spec: NetworkSpec) -> Stem:
    """Returns the modules of the spec's stem.

    ImageNet: 7x7 convolution with stride 2 and padding 3, then a 3x3 max pool with stride 2 and
    padding 1. Deep: three 3x3 convolutions in its place, the first with stride 2 (ResNet-C,
    arXiv:1812.01187). CIFAR: one 3x3 convolution and no pool. Tutorial: as ImageNet, but without
    padding, with a bias, and without batch normalisation and ReLU.

    With full pre-activation (arXiv:1603.05027) the convolution is followed by no normalisation
    and no ReLU, with ReLU-only pre-activation by no ReLU: the first block begins with them.
    """
    width, order = spec.stem_width, spec.order
    if spec.stem is StemKind.TUTORIAL:
        convolution = nn.Conv2d(spec.in_channels, width, 7, stride=2)
        return Stem(convolution, nn.Identity(), nn.Identity(), nn.MaxPool2d(3, stride=2))
    full = order is ActivationOrder.FULL_PREACTIVATION
    return Stem(
        conv1=_convolution(spec),
        bn1=nn.Identity() if full else nn.BatchNorm2d(width),
        relu=nn.Identity() if order.preactivated else nn.ReLU(),
        maxpool=(
            nn.Identity() if spec.stem is StemKind.CIFAR else nn.MaxPool2d(3, stride=2, padding=1)
        ),
    )


def _convolution(spec: NetworkSpec) -> nn.Module:
    inputs, width = spec.in_channels, spec.stem_width
    if spec.stem is StemKind.CIFAR:
        return conv3x3(inputs, width)
    if spec.stem is StemKind.IMAGENET:
        return nn.Conv2d(inputs, width, 7, stride=2, padding=3, bias=False)
    half = width // 2
    return nn.Sequential(
        *(conv3x3(inputs, half, stride=2), nn.BatchNorm2d(half), nn.ReLU()),
        *(conv3x3(half, half), nn.BatchNorm2d(half), nn.ReLU()),
        conv3x3(half, width),
    )
