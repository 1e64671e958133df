"""Squeeze-and-excitation weighs channels by what it sees of the whole map."""

from __future__ import annotations

import pytest
import torch

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.attention import SqueezeExcitation
from resnet_studio.models.resnet import build_network


def _x() -> torch.Tensor:
    return torch.randn(2, 8, 5, 5, generator=torch.Generator().manual_seed(1))


def test_each_channel_is_multiplied_by_one_number_of_0_to_1():
    x = _x()
    weights = SqueezeExcitation(8, reduction=2)(x) / x
    assert torch.allclose(weights, weights.mean((2, 3), keepdim=True), atol=1e-5)
    assert 0 < float(weights.detach().min()) < float(weights.detach().max()) < 1


def test_where_in_the_map_a_value_is_does_not_matter_to_the_weights():
    module, x = SqueezeExcitation(8, reduction=2), _x()
    assert torch.allclose(module(x.flip(2, 3)), module(x).flip(2, 3), atol=1e-6)


@pytest.mark.parametrize(("reduction", "hidden"), [(1, 8), (3, 2), (8, 1), (64, 1)])
def test_at_least_one_channel_is_between_the_two_layers(reduction, hidden):
    module = SqueezeExcitation(8, reduction=reduction)
    assert module.fc1.weight.shape == (hidden, 8, 1, 1)
    assert module.fc2.weight.shape == (8, hidden, 1, 1)
    assert module(_x()).shape == (2, 8, 5, 5)


def test_it_stands_in_every_block_before_the_addition():
    spec = NetworkSpec(block="basic", depths=(1, 1), stem="cifar", stem_width=8, se_reduction=4)
    block = build_network(spec, seed=0).blocks["layer1.0"].eval()
    x = _x()
    block.se.fc2.weight.data.zero_()  # then the weights are all 1/2
    squeezed = block(x)
    block.se.fc2.bias.data.fill_(50.0)  # and now 1
    whole = block(x)
    branch = block.bn2(block.conv2(block.relu1(block.bn1(block.conv1(x)))))
    assert torch.allclose(squeezed, torch.relu(x + branch / 2), atol=1e-6)
    assert torch.allclose(whole, torch.relu(x + branch), atol=1e-6)
