"""The root of the network: what happens before the first block."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from resnet_studio.architecture.spec import NetworkSpec, StemKind
from resnet_studio.models.layers import conv3x3


class Stem(NamedTuple):
    """The modules of a stem under the names that torchvision gives them."""

    conv1: nn.Conv2d
    bn1: nn.BatchNorm2d
    relu: nn.ReLU
    maxpool: nn.Module


def stem(spec: NetworkSpec) -> Stem:
    """Returns the modules of the spec's stem.

    ImageNet: 7x7 convolution with stride 2 and padding 3, then a 3x3 max pool with stride 2 and
    padding 1. CIFAR: one 3x3 convolution; `maxpool` is then the identity.
    """
    width = spec.stem_width
    normalisation, relu = nn.BatchNorm2d(width), nn.ReLU()
    if spec.stem is StemKind.CIFAR:
        return Stem(conv3x3(spec.in_channels, width), normalisation, relu, nn.Identity())
    convolution = nn.Conv2d(spec.in_channels, width, 7, stride=2, padding=3, bias=False)
    return Stem(convolution, normalisation, relu, nn.MaxPool2d(3, stride=2, padding=1))
