"""The two roots of the papers."""

from __future__ import annotations

import torch
from torch import nn

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.stems import stem


def test_the_imagenet_stem_is_7x7_and_a_pool():
    made = stem(NetworkSpec(block="basic", depths=(1,)))
    assert made.conv1.weight.shape == (64, 3, 7, 7)
    assert (made.conv1.stride, made.conv1.padding, made.conv1.bias) == ((2, 2), (3, 3), None)
    x = torch.ones(1, 3, 224, 224)
    for module in made:
        x = module(x)
    assert x.shape == (1, 64, 56, 56)


def test_the_cifar_stem_is_one_3x3_and_keeps_the_size():
    made = stem(NetworkSpec(block="basic", depths=(1,), stem="cifar", in_channels=1))
    assert made.conv1.weight.shape == (16, 1, 3, 3)
    assert isinstance(made.maxpool, nn.Identity)
    assert made.conv1(torch.ones(1, 1, 32, 32)).shape == (1, 16, 32, 32)
