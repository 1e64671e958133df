"""The network of the CIFAR-10 tutorial makes the shapes that the tutorial prints."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.models.basic import BasicReluTwice
from resnet_studio.models.blocks import Place
from resnet_studio.models.resnet import ResNet, build_network

SPEC = CATALOG["tutorial96"].spec
# What the tutorial calls blocks 1 to 5 ends with these modules: its second block begins with the
# stem's pool, its fifth ends with the head's.
PRINTED = {
    "conv1": (1, 64, 45, 45),
    "layer1": (1, 64, 22, 22),
    "layer2": (1, 128, 11, 11),
    "layer3": (1, 256, 6, 6),
    "avgpool": (1, 512, 1, 1),
    "fc": (1, 10),
}


@pytest.fixture(scope="module")
def network() -> ResNet:
    return build_network(SPEC, seed=0).eval()


def test_the_printed_shapes(network):
    shapes = {}
    handles = [
        network.get_submodule(name).register_forward_hook(
            lambda _, __, output, name=name: shapes.__setitem__(name, tuple(output.shape))
        )
        for name in PRINTED
    ]
    network(torch.rand(1, 3, 96, 96))
    for handle in handles:
        handle.remove()
    assert shapes == PRINTED


@pytest.mark.parametrize(
    ("inputs", "stride", "expected"),
    [(32, 1, (1, 32, 96, 96)), (3, 2, (1, 32, 48, 48))],
    ids=["same shape", "shape changes"],
)
def test_a_block_alone(inputs, stride, expected):
    block = BasicReluTwice(SPEC, Place(inputs=inputs, inner=32, outputs=32, stride=stride))
    assert tuple(block(torch.rand(1, inputs, 96, 96)).shape) == expected


def test_biases_are_where_the_tutorial_has_them(network):
    with_bias = {
        name
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and module.bias is not None
    }
    projections = {f"layer{stage}.0.downsample.0" for stage in (2, 3, 4)}
    assert with_bias == {"conv1"} | projections


def test_a_picture_of_another_size_is_classified_too(network):
    assert network(torch.rand(2, 3, 64, 64)).shape == (2, 10)
