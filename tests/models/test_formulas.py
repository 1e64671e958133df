"""Every network computes the formulas of the papers, whatever its order, shortcut and stem."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
)
from resnet_studio.models.resnet import ResNet, build_network
from tests.architecture.strategies import small_specs
from tests.models import formulas

SMALL = NetworkSpec(
    block="basic", depths=(2, 2), widths=(6, 10), stem="cifar", stem_width=6, shortcut="B"
)
WIDE_28_10 = CATALOG["wrn28_10"].spec


def _ready(spec: NetworkSpec, *, seed: int = 0) -> ResNet:
    """Returns the network as if it had been trained: no weight or statistic is 0 or 1."""
    network = build_network(spec, seed=seed).double().eval()
    generator = torch.Generator().manual_seed(seed + 1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight, module.running_var):
                values.data.uniform_(0.5, 1.5, generator=generator)
            for values in (module.bias, module.running_mean):
                values.data.normal_(0, 0.5, generator=generator)
        elif isinstance(module, nn.Conv2d) and module.bias is not None:
            module.bias.data.normal_(0, 0.5, generator=generator)
    return network


def _assert_computes_the_formulas(spec: NetworkSpec, *, size: int) -> None:
    network = _ready(spec)
    generator = torch.Generator().manual_seed(5)
    shape = (2, spec.in_channels, size, size)
    pictures = torch.randn(shape, generator=generator, dtype=torch.float64)
    with torch.inference_mode():
        ours, theirs = network(pictures), formulas.network(spec, network.state_dict(), pictures)
    assert _difference(ours, theirs) < 1e-10


def _difference(ours: Tensor, theirs: Tensor) -> float:
    """Returns the largest difference over the largest value."""
    assert ours.isfinite().all()
    assert ours.shape == theirs.shape
    return float((ours - theirs).abs().max() / theirs.abs().max())


@pytest.mark.parametrize("block", BlockKind)
@pytest.mark.parametrize("order", ActivationOrder)
@pytest.mark.parametrize("shortcut", ShortcutKind)
def test_each_order_with_each_option(block, order, shortcut):
    spec = SMALL.replace(block=block, order=order, shortcut=shortcut)
    _assert_computes_the_formulas(spec, size=9)


@pytest.mark.parametrize("block", BlockKind)
@pytest.mark.parametrize("order", ActivationOrder)
@pytest.mark.parametrize("shortcut_type", ShortcutType)
def test_each_order_with_each_type_of_shortcut(block, order, shortcut_type):
    spec = SMALL.replace(
        block=block, order=order, shortcut="A", shortcut_type=shortcut_type, residual_scale=0.7
    )
    _assert_computes_the_formulas(spec, size=9)


@pytest.mark.parametrize("order", ActivationOrder)
@pytest.mark.parametrize("projection", ProjectionKind)
@pytest.mark.parametrize("size", [8, 9])
def test_each_order_with_each_kind_of_projection(order, projection, size):
    _assert_computes_the_formulas(SMALL.replace(order=order, projection=projection), size=size)


@pytest.mark.parametrize("order", ActivationOrder)
@pytest.mark.parametrize("stem", StemKind)
def test_each_order_with_each_stem(order, stem):
    _assert_computes_the_formulas(SMALL.replace(order=order, stem=stem, input_size=32), size=32)


@pytest.mark.parametrize("block", BlockKind)
@pytest.mark.parametrize("order", ActivationOrder)
def test_each_order_with_squeeze_and_excitation(block, order):
    _assert_computes_the_formulas(SMALL.replace(block=block, order=order, se_reduction=2), size=8)


@pytest.mark.parametrize("order", [order for order in ActivationOrder if order.preactivated])
@pytest.mark.parametrize("shared", [False, True])
def test_the_first_activation_stands_where_the_spec_says(order, shared):
    spec = SMALL.replace(order=order, shared_first_activation=shared)
    _assert_computes_the_formulas(spec, size=8)
    other = spec.replace(shared_first_activation=not shared)
    pictures = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)).double()
    assert not torch.allclose(_ready(spec)(pictures), _ready(other)(pictures))


@pytest.mark.parametrize("stride_on", ["1x1", "3x3"])
def test_grouped_and_widened_bottlenecks(stride_on):
    spec = SMALL.replace(
        block="bottleneck", widths=(8, 16), groups=4, base_width=32, stride_on=stride_on
    )
    _assert_computes_the_formulas(spec, size=9)


def test_zero_padding_on_both_sides():
    _assert_computes_the_formulas(SMALL.replace(shortcut="A", zero_padding="both"), size=9)


def test_a_wide_residual_network():
    # WRN-28-10 with one block in each stage and a twentieth of its channels.
    spec = WIDE_28_10.replace(depths=(1, 1, 1), widths=(8, 16, 32))
    assert spec.order is ActivationOrder.FULL_PREACTIVATION
    _assert_computes_the_formulas(spec, size=32)


def test_the_tutorials_network():
    spec = CATALOG["tutorial96"].spec.replace(widths=(8, 16, 32, 64), stem_width=8)
    _assert_computes_the_formulas(spec, size=96)


@settings(max_examples=60, deadline=None)
@given(small_specs(max_width=12, max_size=40))
def test_any_combination(spec):
    _assert_computes_the_formulas(spec, size=spec.input_size)
