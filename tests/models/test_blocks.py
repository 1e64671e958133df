"""A block is its residual branch plus its shortcut, with the stride where the spec has it."""

from __future__ import annotations

import torch

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.resnet import build_network

BASIC = NetworkSpec(block="basic", depths=(1, 1), stem="cifar", stem_width=8, shortcut="B")
BOTTLENECK = NetworkSpec(block="bottleneck", depths=(1, 1), stem="cifar", stem_width=8)


def _x(channels: int) -> torch.Tensor:
    return torch.randn(2, channels, 8, 8, generator=torch.Generator().manual_seed(2))


def test_a_block_adds_its_input_to_its_residual_branch():
    block = build_network(BASIC, seed=0).blocks["layer1.0"].eval()
    x = _x(8)
    assert torch.equal(block(x), torch.relu(block.residual(x) + x))


def test_a_projection_replaces_the_input_where_the_shape_changes():
    block = build_network(BASIC, seed=0).blocks["layer2.0"].eval()
    x = _x(8)
    assert torch.equal(block(x), torch.relu(block.residual(x) + block.downsample(x)))


def test_a_plain_block_is_its_residual_branch():
    block = build_network(BASIC.replace(shortcut="none"), seed=0).blocks["layer1.0"].eval()
    x = _x(8)
    assert torch.equal(block(x), torch.relu(block.residual(x)))


def test_a_basic_block_has_its_stride_on_the_first_convolution():
    block = build_network(BASIC, seed=0).blocks["layer2.0"]
    assert (block.conv1.stride, block.conv2.stride) == ((2, 2), (1, 1))


def test_torchvisions_bottleneck_has_its_stride_on_the_3x3():
    block = build_network(BOTTLENECK, seed=0).blocks["layer2.0"]
    assert [c.stride[0] for c in (block.conv1, block.conv2, block.conv3)] == [1, 2, 1]


def test_the_papers_bottleneck_has_its_stride_on_the_first_1x1():
    block = build_network(BOTTLENECK.replace(stride_on="1x1"), seed=0).blocks["layer2.0"]
    assert [c.stride[0] for c in (block.conv1, block.conv2, block.conv3)] == [2, 1, 1]


def test_groups_and_base_width_shape_only_the_inside_of_a_bottleneck():
    spec = BOTTLENECK.replace(groups=4, base_width=32)
    block = build_network(spec, seed=0).blocks["layer1.0"]
    assert block.conv2.weight.shape == (16, 4, 3, 3)
    assert block.conv3.weight.shape == (32, 16, 1, 1)


def test_expansion_decides_what_a_bottleneck_gives_out():
    block = build_network(BOTTLENECK.replace(expansion=2), seed=0).blocks["layer1.0"]
    assert block(_x(8)).shape == (2, 16, 8, 8)
