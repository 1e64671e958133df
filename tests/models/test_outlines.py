"""The shapes of two blocks of each stage stand for all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.models.outlines import shapes_of
from resnet_studio.models.resnet import outline_network
from tests.architecture.strategies import small_specs


def _outlined(spec) -> list[tuple[str, tuple[int, ...]]]:
    state = outline_network(spec).state_dict()
    return [(name, tuple(tensor.shape)) for name, tensor in state.items()]


@pytest.mark.parametrize("name", ["resnet18", "resnet152", "cifar_preact_resnet164", "wrn28_10"])
def test_names_and_shapes_are_the_networks_in_their_order(name):
    spec = CATALOG[name].spec
    assert list(shapes_of(spec).items()) == _outlined(spec)


@settings(max_examples=50, deadline=None)
@given(small_specs(max_width=8))
def test_that_holds_for_any_network(spec):
    assert list(shapes_of(spec).items()) == _outlined(spec)
