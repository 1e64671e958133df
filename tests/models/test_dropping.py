"""Dropout and stochastic depth act while training, where the papers have them, and only then."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_studio.architecture.spec import ActivationOrder, NetworkSpec
from resnet_studio.models.resnet import build_network

SPEC = NetworkSpec(block="basic", depths=(2, 2), stem="cifar", stem_width=8)
RATES = {"dropout": {"dropout": 0.5}, "stochastic_depth": {"stochastic_depth": 0.5}}
DROPPING = RATES | {"shortcut_dropout": {"shortcut_type": "dropout", "shortcut_dropout": 0.5}}


def _x(channels: int = 8) -> torch.Tensor:
    return torch.randn(2, channels, 6, 6, generator=torch.Generator().manual_seed(2)).relu()


@pytest.mark.parametrize("changes", DROPPING.values(), ids=list(DROPPING))
def test_a_trained_network_drops_nothing(changes):
    pictures = _x(3)
    plain = build_network(SPEC, seed=0).eval()
    dropping = build_network(SPEC.replace(**changes), seed=0).eval()
    assert torch.equal(dropping(pictures), plain(pictures))


@pytest.mark.parametrize("changes", DROPPING.values(), ids=list(DROPPING))
def test_training_follows_torchs_generator(changes):
    network = build_network(SPEC.replace(**changes), seed=0)
    pictures = _x(3)
    with torch.random.fork_rng(devices=[]):
        outputs = []
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            outputs.append(network(pictures))
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


def test_stochastic_depth_grows_in_a_straight_line_to_the_rate_of_the_spec():
    network = build_network(SPEC.replace(stochastic_depth=0.8), seed=0)
    rates = [block.drop_path.p for block in network.blocks.values()]
    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.8])


def test_a_branch_is_dropped_for_the_whole_batch_or_scaled_up():
    block = build_network(SPEC.replace(stochastic_depth=0.5), seed=0).blocks["layer2.1"]
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()  # so that the branch is the same each time
    x = _x(16)
    dropped, kept = x, torch.relu(x + block.residual(x) / 0.5)
    seen = []
    with torch.random.fork_rng(devices=[]):
        for seed in range(40):
            torch.manual_seed(seed)
            out = block(x)
            assert torch.equal(out, dropped) or torch.allclose(out, kept, atol=1e-6)
            seen.append(torch.equal(out, dropped))
    assert 8 < sum(seen) < 32  # a half of 40, five standard deviations


def test_dropout_on_the_shortcut_drops_values_of_the_shortcut_alone():
    spec = SPEC.replace(shortcut_type="dropout", order="relu_before_addition")
    block = build_network(spec, seed=0).blocks["layer1.0"]
    for module in block.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    x = _x() + 1  # no zeros of its own
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        passed = block(x) - block.residual(x)
    dropped = passed.abs() < 1e-5
    assert 0.3 < float(dropped.float().mean()) < 0.7
    assert torch.allclose(passed[~dropped], 2 * x[~dropped], atol=1e-5)


@pytest.mark.parametrize("order", ActivationOrder)
def test_dropout_stands_between_the_convolutions_of_a_branch_behind_the_relu(order):
    block = build_network(SPEC.replace(dropout=0.5, order=order), seed=0).blocks["layer1.0"]
    seen = {}
    block.dropout.register_forward_hook(lambda _, inputs, output: seen.update(x=inputs, y=output))
    block.conv2.register_forward_hook(lambda _, inputs, __: seen.update(conv2=inputs))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        block(_x() - 0.5)
    (before,) = seen["x"]
    assert seen["conv2"][0] is seen["y"]
    assert float(before.detach().min()) == 0  # a ReLU made it
    kept = seen["y"] != 0
    assert 0.2 < float(kept.float().mean() / (before != 0).float().mean()) < 0.8
    assert torch.equal(seen["y"][kept], 2 * before[kept])
