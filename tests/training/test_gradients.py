from __future__ import annotations

import pytest
import torch

from resnet_studio.models.inplace import work_in_place
from resnet_studio.models.resnet import ResNet, build_network
from resnet_studio.training.devices import choose_hardware
from resnet_studio.training.gradients import Sections, culprit, culprit_forward, norms
from resnet_studio.training.recipe import Recipe
from tests.training.conftest import tiny_spec

HARDWARE = choose_hardware(Recipe(device="cpu", precision="fp32"))
IMAGES = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def trained(**fields: object) -> ResNet:
    """A network with the gradient of one batch."""
    model = build_network(tiny_spec(**fields), seed=1)
    model(IMAGES).square().sum().backward()
    return model


@pytest.mark.parametrize(
    "fields",
    [{}, {"order": "full_preactivation"}, {"depths": (1, 1, 1), "widths": (4, 4, 8)}],
)
def test_the_sections_hold_every_parameter_once(fields):
    model = build_network(tiny_spec(**fields), seed=1)
    sections = Sections.of(model)
    stages = [f"stage {number + 1}" for number in range(len(model.spec.depths))]
    assert sections.names == ("stem", *stages, "head")
    held = [id(parameter) for group in sections.parameters for parameter in group]
    assert sorted(held) == sorted(id(parameter) for parameter in model.parameters())
    assert len(set(held)) == len(held)
    assert id(model.fc.weight) in {id(parameter) for parameter in sections.parameters[-1]}
    assert id(model.conv1.weight) in {id(parameter) for parameter in sections.parameters[0]}


def test_frozen_parameters_are_in_no_section():
    model = build_network(tiny_spec(), seed=1)
    for name in ("conv1", "bn1", "layer1"):
        model.get_submodule(name).requires_grad_(False)
    assert Sections.of(model).names == ("stage 2", "head")


def test_a_norm_is_that_of_all_the_gradients_of_its_section():
    model = trained()
    sections = Sections.of(model)
    for norm, group in zip(norms(sections), sections.parameters, strict=True):
        flat = torch.cat([parameter.grad.flatten() for parameter in group])
        torch.testing.assert_close(norm, flat.norm())


def test_a_section_without_gradients_has_the_norm_zero():
    model = trained()
    for parameter in model.layer1.parameters():
        parameter.grad = None
    found = dict(zip(Sections.of(model).names, norms(Sections.of(model)).tolist(), strict=True))
    assert found["stage 1"] == 0.0
    assert found["stage 2"] > 0.0


def test_nothing_is_blamed_while_all_is_finite():
    assert culprit(trained(), IMAGES, HARDWARE) == ""
    assert culprit(build_network(tiny_spec(), seed=1)) == ""


def test_the_first_layer_with_broken_weights_is_named():
    model = trained()
    with torch.no_grad():
        model.layer2[0].conv2.weight[0, 0, 0, 0] = torch.inf
        model.fc.bias[0] = torch.nan
    assert culprit(model, IMAGES, HARDWARE) == "the weights of layer2.0.conv2"


def test_the_gradient_that_broke_first_on_the_way_back_is_named():
    model = trained()
    for parameter in (model.conv1.weight, model.layer1[0].conv1.weight, model.layer1[0].bn2.weight):
        parameter.grad[0] = torch.inf
    assert culprit(model, IMAGES, HARDWARE) == "the gradient of layer1.0.bn2.weight"


@pytest.mark.parametrize("in_place", [False, True])
def test_the_first_layer_whose_output_is_not_finite_is_named(in_place):
    model = build_network(tiny_spec(), seed=1)
    if in_place:
        work_in_place(model)
    with torch.no_grad():
        model.layer2[0].conv1.weight.fill_(3e38)
    assert culprit_forward(model, IMAGES, HARDWARE) == "the output of layer2.0.conv1"
    assert culprit(model, IMAGES, HARDWARE) == "the output of layer2.0.conv1"


def test_broken_pictures_are_named():
    images = IMAGES.clone()
    images[3, 0, 0, 0] = torch.nan
    assert culprit(build_network(tiny_spec(), seed=1), images, HARDWARE) == "the pictures"


def test_looking_for_the_culprit_changes_nothing():
    model = trained()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    culprit(model, IMAGES, HARDWARE)
    assert model.training
    assert all(value.equal(before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
