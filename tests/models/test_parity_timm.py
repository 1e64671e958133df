"""With timm's weights the networks that timm has too give its outputs."""

from __future__ import annotations

import re
from functools import partial

import pytest
import torch
from torch import nn

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import NetworkSpec, ProjectionKind
from resnet_studio.models.resnet import ResNet, build_network

# Name there, id here, changes of the spec here.
NETWORKS = (
    ("resnet18", "resnet18", {}),
    ("resnet50c", "resnet50c", {}),
    ("resnet18d", "resnet18d", {}),
    ("resnet34d", "resnet34d", {}),
    ("resnet50d", "resnet50d", {}),
    ("seresnet50", "seresnet50", {}),
    ("seresnext50_32x4d", "seresnext50_32x4d", {}),
    ("resnext50_32x4d", "resnext50_32x4d", {}),
    ("wide_resnet50_2", "wide_resnet50_2", {}),
)
DEEP = {"stem": "deep", "projection": "avgpool"}
# timm's first basic block lets the shortcut leave before the activation; its bottleneck has a
# projection there, which reads what is activated.
BASIC = {"order": "full_preactivation", "shared_first_activation": False}
PREACTIVATED = (
    ("resnetv2_50", "preact_resnet50", {}),
    ("resnetv2_50d", "preact_resnet50", DEEP),
    ("resnetv2_101", "preact_resnet101", {}),
    ("resnetv2_18", "resnet18", BASIC),
    ("resnetv2_18d", "resnet18", BASIC | DEEP),
    ("resnetv2_34", "resnet34", BASIC),
)
# Names in timm's pre-activation networks and here; its other networks have our names.
RENAMED = (
    (r"^stem\.conv\.", "conv1."),
    (r"^stem\.conv1\.", "conv1.0."),
    (r"^stem\.norm1\.", "conv1.1."),
    (r"^stem\.conv2\.", "conv1.3."),
    (r"^stem\.norm2\.", "conv1.4."),
    (r"^stem\.conv3\.", "conv1.6."),
    (r"^stages\.0\.blocks\.", "layer1."),
    (r"^stages\.1\.blocks\.", "layer2."),
    (r"^stages\.2\.blocks\.", "layer3."),
    (r"^stages\.3\.blocks\.", "layer4."),
    (r"\.norm(\d)\.", r".bn\1."),
    (r"^norm\.", "bn_last."),
    (r"^head\.fc\.", "fc."),
)


def _timm(name: str, **arguments) -> nn.Module:
    """Returns timm's network with 10 classes and random weights, normalisations among them."""
    import timm

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        network = timm.create_model(name, num_classes=10, **arguments)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.running_var, 0.5, 1.5)
                nn.init.normal_(module.bias, 0, 0.1)
                nn.init.normal_(module.running_mean, 0, 0.1)
    return network.eval()


def _spec(name: str, changes: dict) -> NetworkSpec:
    return CATALOG[name].spec.replace(classes=10, **changes)


def _preactivated_with(theirs: nn.Module, spec: NetworkSpec) -> ResNet:
    """Returns our network with the weights of one of timm's pre-activation networks."""
    # Here pool and convolution of a projection have numbers, there names.
    number = 1 if spec.projection is ProjectionKind.AVGPOOL else 0
    state = {}
    for name, tensor in theirs.state_dict().items():
        for theirs_is, ours_is in RENAMED:
            name = re.sub(theirs_is, ours_is, name)
        state[name.replace(".downsample.conv.", f".downsample.{number}.")] = tensor
    # timm's last layer is a 1x1 convolution here.
    state["fc.weight"] = state["fc.weight"].flatten(1)
    return _with(state, spec)


def _with(state: dict[str, torch.Tensor], spec: NetworkSpec) -> ResNet:
    """Returns our network with these weights; neither side may have a name of its own."""
    network = build_network(spec, seed=0)
    network.load_state_dict(state, strict=True)
    return network.eval()


def _difference(ours: nn.Module, theirs: nn.Module, *, size: int) -> float:
    """Returns the largest difference of the outputs over the largest output."""
    pictures = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(7))
    with torch.inference_mode():
        here, there = ours(pictures), theirs(pictures)
    assert here.shape == there.shape == (1, 10)
    assert float(there.std()) > 0
    return float((here - there).abs().max() / there.abs().max())


@pytest.mark.parametrize(("theirs", "ours", "changes"), NETWORKS, ids=[n[0] for n in NETWORKS])
def test_outputs_are_timms(theirs, ours, changes):
    twin = _timm(theirs)
    network = _with(twin.state_dict(), _spec(ours, changes))
    # The odd size makes the last window of an average pool a part of one.
    assert max(_difference(network, twin, size=size) for size in (64, 97)) < 1e-5


@pytest.mark.parametrize(
    ("theirs", "ours", "changes"), PREACTIVATED, ids=[n[0] for n in PREACTIVATED]
)
def test_outputs_of_preactivation_networks_are_timms(theirs, ours, changes):
    twin = _timm(theirs)
    network = _preactivated_with(twin, _spec(ours, changes))
    assert max(_difference(network, twin, size=size) for size in (64, 97)) < 1e-5


def test_squeeze_and_excitation_of_basic_blocks_is_timms():
    from timm.layers import SEModule

    # timm rounds the channels inside to a multiple of 8, the paper does not.
    attention = partial(SEModule, rd_ratio=1 / 16, rd_divisor=1)
    twin = _timm("resnet18", block_args={"attn_layer": attention})
    network = _with(twin.state_dict(), _spec("seresnet18", {}))
    assert _difference(network, twin, size=64) < 1e-5


def test_stride_on_the_first_convolution_is_not_timms():
    # Says that the comparison above can fail: the same weights with one stride elsewhere.
    twin = _timm("resnet50d")
    network = _with(twin.state_dict(), _spec("resnet50d", {"stride_on": "1x1"}))
    assert _difference(network, twin, size=64) > 1e-2
