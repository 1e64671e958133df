"""Gates weigh shortcuts as Srivastava et al. 2015 and He et al. 2016 have it."""

from __future__ import annotations

import math

import pytest
import torch

from resnet_studio.architecture.spec import NetworkSpec, ShortcutType
from resnet_studio.models.gates import Gate, GatedAdd, gate
from resnet_studio.models.resnet import build_network

SPEC = NetworkSpec(block="basic", depths=(1, 1), stem="cifar", stem_width=8, shortcut="A")
GATED = [kind for kind in ShortcutType if kind.gated]


def _x(channels: int = 8) -> torch.Tensor:
    return torch.randn(2, channels, 6, 6, generator=torch.Generator().manual_seed(2))


def test_a_gate_has_the_shape_of_the_branch_and_values_of_0_to_1():
    made = Gate(8, 16, kernel=1, stride=2)(100 * _x()).detach()
    assert made.shape == (2, 16, 3, 3)
    assert 0 <= float(made.min()) < 0.01
    assert 0.99 < float(made.max()) <= 1


@pytest.mark.parametrize(
    ("kind", "kernel"), [("exclusive_gate", 1), ("shortcut_gate", 1), ("highway", 3)]
)
def test_only_a_highways_gate_looks_at_the_neighbours(kind, kernel):
    made = gate(ShortcutType(kind), 8, 8, stride=1)
    assert made.conv.kernel_size == (kernel, kernel)
    assert made(_x()).shape == (2, 8, 6, 6)


def test_an_open_gate_lets_only_the_branch_pass_and_a_closed_one_only_the_shortcut():
    branch, shortcut = _x(), _x().flip(0)
    both = GatedAdd(gates_branch=True)
    assert torch.equal(both(branch, shortcut, torch.ones(1)), branch)
    assert torch.equal(both(branch, shortcut, torch.zeros(1)), shortcut)


def test_shortcut_only_gating_leaves_the_branch_alone():
    branch, shortcut = _x(), _x().flip(0)
    only = GatedAdd(gates_branch=False)
    assert torch.equal(only(branch, shortcut, torch.ones(1)), branch)
    assert torch.equal(only(branch, shortcut, torch.zeros(1)), branch + shortcut)


@pytest.mark.parametrize("kind", GATED)
@pytest.mark.parametrize("bias", [0.0, -6.0])
def test_gates_start_with_the_bias_of_the_spec_and_mostly_at_its_sigmoid(kind, bias):
    network = build_network(SPEC.replace(shortcut_type=kind, gate_bias=bias), seed=0)
    gates = [block.gate for block in network.blocks.values()]
    assert all((made.conv.bias == bias).all() for made in gates)
    shut = gates[0](torch.zeros(1, 8, 4, 4))
    assert float(shut.detach().mean()) == pytest.approx(1 / (1 + math.exp(-bias)))


@pytest.mark.parametrize("kind", GATED)
def test_the_gate_of_a_block_that_halves_the_map_reads_what_comes_in(kind):
    block = build_network(SPEC.replace(shortcut_type=kind), seed=0).blocks["layer2.0"]
    assert (block.gate.conv.in_channels, block.gate.conv.stride) == (8, (2, 2))
    assert block(_x()).shape == (2, 16, 3, 3)


def test_with_a_closed_gate_a_highway_block_is_its_activated_input():
    spec = SPEC.replace(shortcut_type="highway", gate_bias=-10.0, order="relu_before_addition")
    network = build_network(spec, seed=0).double().eval()
    block = network.blocks["layer1.0"]
    x = 0.1 * _x().double()
    assert torch.allclose(block(x), x, atol=1e-3)
