"""Working in place saves memory and changes no bit, in any family."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from torch import nn
from torch.nn import functional

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.models import build_network
from resnet_studio.models.inplace import work_in_place
from resnet_studio.models.layers import Add
from tests.architecture.strategies import small_specs
from tests.test_families import families


def trained_step(network, pictures, labels):
    """Returns logits and gradients of one step."""
    torch.manual_seed(7)  # dropout and stochastic depth draw the same
    logits = network(pictures)
    functional.cross_entropy(logits, labels).backward()
    return logits.detach(), [parameter.grad for parameter in network.parameters()]


def assert_alike(spec):
    pictures = torch.randn(3, spec.in_channels, spec.input_size, spec.input_size)
    labels = torch.arange(3) % spec.classes
    usual, other = build_network(spec, seed=1), work_in_place(build_network(spec, seed=1))
    expected, expected_gradients = trained_step(usual, pictures, labels)
    found, gradients = trained_step(other, pictures, labels)
    assert torch.equal(found, expected) or not expected.isfinite().all()
    for mine, theirs in zip(gradients, expected_gradients, strict=True):
        assert torch.equal(mine, theirs) or not theirs.isfinite().all()
    with torch.inference_mode():
        assert torch.equal(other.eval()(pictures), usual.eval()(pictures))


@pytest.mark.parametrize("spec", families())
def test_no_family_computes_anything_else(spec):
    assert_alike(spec.replace(input_size=48 if spec.input_size > 32 else 32))


@settings(max_examples=40, deadline=None)
@given(spec=small_specs())
def test_no_network_computes_anything_else(spec):
    usual, other = build_network(spec, seed=1), work_in_place(build_network(spec, seed=1))
    pictures = torch.randn(2, spec.in_channels, spec.input_size, spec.input_size)
    with torch.inference_mode():
        expected, found = usual.eval()(pictures), other.eval()(pictures)
    assert torch.equal(expected.nan_to_num(), found.nan_to_num())


def test_every_relu_and_addition_of_resnet50_works_in_place():
    network = work_in_place(build_network(CATALOG["resnet50"].spec, seed=0))
    places = [module for module in network.modules() if isinstance(module, (nn.ReLU, Add))]
    assert len(places) == 1 + 16 * 4
    assert all(module.inplace for module in places)


def test_a_picture_is_left_as_it_was():
    network = work_in_place(build_network(CATALOG["cifar_resnet20"].spec, seed=0)).eval()
    picture = torch.randn(1, 3, 32, 32)
    before = picture.clone()
    network(picture)
    assert torch.equal(picture, before)


def test_a_network_as_it_is_built_leaves_what_hooks_were_given():
    network = build_network(CATALOG["cifar_resnet20"].spec, seed=0).eval()
    kept = {}

    def keep(name):
        return lambda _module, _inputs, output: kept.__setitem__(name, (output, output.clone()))

    for name, module in network.named_modules():
        if not list(module.children()):
            module.register_forward_hook(keep(name))
    network(torch.randn(1, 3, 32, 32))
    assert len(kept) > 60
    assert all(torch.equal(*pair) for pair in kept.values())
