"""With torchvision's weights every network that torchvision has is torchvision's, bit for bit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.resnet import ResNet, build_network, outline_network

NAMES = (
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
)


def _twins(spec: NetworkSpec) -> tuple[ResNet, nn.Module]:
    """Returns our network and torchvision's of that name, with weights of the same values."""
    import torchvision

    ours = build_network(spec, seed=3)
    with torch.device("meta"):
        theirs = torchvision.models.get_model(spec.name, weights=None, num_classes=spec.classes)
    state = {name: tensor.clone() for name, tensor in ours.state_dict().items()}
    theirs.load_state_dict(state, strict=True, assign=True)
    return ours, theirs.requires_grad_()


def _pictures(count: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(11)
    return torch.randn(count, 3, size, size, generator=generator), torch.tensor([7, 421][:count])


def test_these_are_all_that_torchvision_has():
    import torchvision

    names = torchvision.models.list_models(module=torchvision.models, include=["*resne*"])
    assert set(names) == set(NAMES)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if "101" in name or "152" in name else name
        for name in NAMES
    ],
)
def test_outputs_and_gradients_of_a_training_step(name):
    ours, theirs = _twins(CATALOG[name].spec)
    pictures, labels = _pictures(2, 64)

    with torch.inference_mode():
        assert torch.equal(ours.eval()(pictures), theirs.eval()(pictures))

    for network in (ours, theirs):
        network.train()
        nn.functional.cross_entropy(network(pictures), labels).backward()
    expected = dict(theirs.named_parameters())
    for parameter_name, parameter in ours.named_parameters():
        assert parameter.grad is not None
        assert torch.equal(parameter.grad, expected[parameter_name].grad), parameter_name
    # The step also moved the running statistics.
    for key, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], value), key


@pytest.mark.parametrize("name", NAMES)
def test_state_dict_and_parameters_are_in_torchvisions_order(name):
    import torchvision

    ours = outline_network(CATALOG[name].spec)
    with torch.device("meta"):
        theirs = torchvision.models.get_model(name, weights=None)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    # An optimiser's state has the numbers of the parameters.
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]


def test_a_state_dict_of_torchvision_loads_strictly():
    import torchvision

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        theirs = torchvision.models.resnet18(weights=None).eval()
    ours = build_network(CATALOG["resnet18"].spec, seed=0).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    pictures, _ = _pictures(1, 32)
    assert torch.equal(ours(pictures), theirs(pictures))


def test_other_sizes_and_classes_change_nothing():
    ours, theirs = _twins(CATALOG["resnet18"].spec.replace(classes=7, input_size=97))
    for size in (33, 97):
        pictures, _ = _pictures(1, size)
        assert torch.equal(ours.eval()(pictures), theirs.eval()(pictures))


def test_several_steps_of_training_end_in_the_same_weights():
    ours, theirs = _twins(CATALOG["resnet18"].spec.replace(classes=3))
    pictures, _ = _pictures(4, 32)
    labels = torch.tensor([0, 1, 2, 0])
    for network in (ours, theirs):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
        for _ in range(3):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network.train()(pictures), labels).backward()
            optimizer.step()
    for key, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], value), key
