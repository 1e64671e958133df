"""Every family of the catalogue is drawn, trained and looked into, in its smallest form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import NetworkSpec, StemKind
from resnet_studio.data.imaging import picture_from_array
from resnet_studio.models import build_network
from resnet_studio.models.structure import structure
from resnet_studio.probe.activations import examine
from resnet_studio.probe.network import load_network


def smallest(spec: NetworkSpec) -> NetworkSpec:
    """Returns a network of the same family with two blocks in each stage."""
    stages = len(spec.depths)
    groups = min(spec.groups, 2)
    return spec.replace(
        name="smallest",
        depths=(2,) * stages,
        stem_width=8,
        widths=tuple(8 << stage for stage in range(stages)),
        groups=groups,
        base_width=spec.base_width if groups == 1 else 32,
        stochastic_depth=min(spec.stochastic_depth, 0.1),
        classes=7,
        input_size={StemKind.CIFAR: 32, StemKind.TUTORIAL: 96}.get(spec.stem, 64),
    )


def families():
    """Returns one network of each structure that the catalogue has."""
    seen, found = [], []
    for entry in CATALOG.values():
        spec = smallest(entry.spec)
        rates = (spec.dropout, spec.stochastic_depth, spec.zero_init_residual)
        key = (structure(spec), rates)
        if key not in seen:
            seen.append(key)
            found.append(pytest.param(spec, id=entry.id))
    return found


@pytest.mark.parametrize("spec", families())
def test_a_step_of_training_reaches_every_parameter(spec):
    torch.manual_seed(0)
    network = build_network(spec.replace(gate_bias=-1.0), seed=0)
    pictures = torch.randn(4, 3, spec.input_size, spec.input_size)
    labels = torch.arange(4) % spec.classes
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    for _ in range(3):  # stochastic depth leaves a block out now and then
        optimiser.zero_grad()
        loss = functional.cross_entropy(network(pictures), labels)
        loss.backward()
        optimiser.step()
    assert loss.isfinite()
    for (name, now), then in zip(network.named_parameters(), before, strict=True):
        assert now.isfinite().all(), name
        assert not torch.equal(now, then), name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar_preact_resnet1001", "cifar_resnet1202"])
def test_more_than_a_thousand_layers_are_trained(name):
    network = build_network(CATALOG[name].spec, seed=0)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01)
    pictures, labels = torch.randn(2, 3, 32, 32), torch.tensor([0, 1])
    losses = []
    for _ in range(2):
        optimiser.zero_grad()
        loss = functional.cross_entropy(network(pictures), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.isfinite(losses).all()
    assert losses[0] != losses[1]
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


@pytest.mark.parametrize("spec", families())
def test_a_picture_is_classified_and_every_section_has_its_maps(spec):
    rng = np.random.default_rng(1)
    picture = picture_from_array(rng.integers(0, 256, (70, 90, 3), dtype=np.uint8), name="noise")
    seen = examine(load_network(spec), picture)
    graph = build_graph(spec)
    assert len(seen.predictions) == 5
    assert [section.name for section in seen.sections] == [s.name for s in graph.sections[:-1]]
    for found, drawn in zip(seen.sections, graph.sections, strict=False):
        assert found.maps.shape == drawn.output_shape
