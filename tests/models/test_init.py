"""Every value that a network starts from is the one that the papers give."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from torch import nn

from resnet_studio.architecture.spec import ActivationOrder, BlockKind, NetworkSpec
from resnet_studio.models.resnet import build_network
from tests.architecture.strategies import small_specs

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


@pytest.mark.parametrize("fan", ["fan_in", "fan_out"])
def test_squeeze_and_excitation_and_gates_start_as_all_convolutions(fan):
    spec = WIDE.replace(initialisation=fan, se_reduction=2, shortcut_type="exclusive_gate")
    block = build_network(spec, seed=0).blocks["layer2.0"]
    inside = {"fan_in": (128, 64, 64), "fan_out": (64, 128, 128)}[fan]
    for convolution, channels in zip(
        (block.se.fc1, block.se.fc2, block.gate.conv), inside, strict=True
    ):
        assert _std(convolution.weight) == pytest.approx(math.sqrt(2 / channels), rel=0.05)


def test_biases_of_convolutions_start_at_zero_and_those_of_gates_where_the_spec_says():
    spec = WIDE.replace(
        stem="tutorial",
        projection="bias",
        se_reduction=16,
        shortcut_type="shortcut_gate",
        gate_bias=-3.5,
    )
    network = build_network(spec, seed=0)
    biases = {
        name: module.bias
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d) and module.bias is not None
    }
    assert {name.rpartition(".")[2] for name in biases} == {"conv1", "0", "fc1", "fc2", "conv"}
    for name, bias in biases.items():
        assert (bias == (-3.5 if name.endswith("gate.conv") else 0)).all(), name


@settings(max_examples=40, deadline=None)
@given(small_specs(max_width=8))
def test_every_value_of_any_network_is_drawn_from_its_seed(spec):
    # Memory that nobody wrote to has other values in each of the two.
    first, again = (build_network(spec, seed=9).state_dict() for _ in range(2))
    for name, value in first.items():
        assert torch.equal(value, again[name]), name
        assert value.isfinite().all(), name


@pytest.mark.parametrize("order", [order for order in ActivationOrder if order.bn_ends_branch])
@pytest.mark.parametrize("block", BlockKind)
def test_zero_init_makes_the_branch_of_every_order_that_allows_it_zero(order, block):
    spec = WIDE.replace(block=block, order=order, zero_init_residual=True, se_reduction=4)
    for part in build_network(spec, seed=0).blocks.values():
        x = torch.rand(2, part.conv1.in_channels, 4, 4, generator=torch.Generator().manual_seed(0))
        assert (part.residual(x) == 0).all()
