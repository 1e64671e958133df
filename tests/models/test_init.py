"""Every value that a network starts from is the one that the papers give."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.resnet import build_network

WIDE = NetworkSpec(block="basic", depths=(1, 1), stem="imagenet", stem_width=64, classes=1000)


def _std(weight: torch.Tensor) -> float:
    return float(weight.detach().std())


def test_fan_out_scales_by_the_outputs():
    network = build_network(WIDE, seed=0)
    first = network.blocks["layer2.0"].conv1.weight  # 64 to 128 channels
    assert _std(first) == pytest.approx(math.sqrt(2 / (9 * 128)), rel=0.01)
    assert _std(network.conv1.weight) == pytest.approx(math.sqrt(2 / (49 * 64)), rel=0.03)
    assert float(first.detach().mean()) == pytest.approx(0, abs=1e-3)


def test_fan_in_scales_by_the_inputs():
    network = build_network(WIDE.replace(initialisation="fan_in"), seed=0)
    first = network.blocks["layer2.0"].conv1.weight
    assert _std(first) == pytest.approx(math.sqrt(2 / (9 * 64)), rel=0.01)


def test_the_scale_is_torchvisions_for_grouped_convolutions_too():
    spec = NetworkSpec(block="bottleneck", depths=(1,), groups=32, base_width=4)
    weight = build_network(spec, seed=0).blocks["layer1.0"].conv2.weight
    assert weight.shape == (128, 4, 3, 3)
    assert _std(weight) == pytest.approx(math.sqrt(2 / (9 * 128)), rel=0.03)


def test_batch_normalisation_starts_as_the_identity():
    for module in build_network(WIDE, seed=0).modules():
        if isinstance(module, nn.BatchNorm2d):
            assert (module.weight == 1).all()
            assert (module.bias == 0).all()
            assert (module.running_mean == 0).all()
            assert (module.running_var == 1).all()
            assert module.num_batches_tracked == 0


def test_the_linear_layer_has_torchs_default():
    fc = build_network(WIDE, seed=0).fc
    bound = 1 / math.sqrt(128)
    for values in (fc.weight.detach(), fc.bias.detach()):
        assert float(values.abs().max()) <= bound
        assert float(values.abs().max()) == pytest.approx(bound, rel=0.01)
        assert _std(values) == pytest.approx(bound / math.sqrt(3), rel=0.05)


def test_zero_init_makes_each_residual_block_the_identity():
    network = build_network(WIDE.replace(zero_init_residual=True), seed=0).eval()
    block = network.blocks["layer1.0"]
    x = torch.rand(1, 64, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(block(x), x)
    assert all((block.last_bn.weight == 0).all() for block in network.blocks.values())


def test_zero_init_leaves_a_plain_network_alone():
    spec = WIDE.replace(zero_init_residual=True, shortcut="none")
    network = build_network(spec, seed=0)
    assert all((block.last_bn.weight == 1).all() for block in network.blocks.values())
