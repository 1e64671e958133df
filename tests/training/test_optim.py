from __future__ import annotations

import copy

import pytest
import torch

from resnet_studio.models.resnet import build_network
from resnet_studio.training.devices import Hardware, choose_hardware
from resnet_studio.training.optim import make_optimiser, parameter_groups, set_learning_rate
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Optimiser
from tests.training.conftest import tiny_spec

RECIPES = [
    Recipe(weight_decay=0.01),
    Recipe(weight_decay=0.01, nesterov=True, decay_all=False),
    Recipe(momentum=0.0),
    Recipe(optimiser=Optimiser.ADAMW, learning_rate=0.01, weight_decay=0.05, beta2=0.95),
]


def network() -> torch.nn.Module:
    """Returns a network with every kind of parameter, in the memory order of training."""
    spec = tiny_spec(stem="tutorial", input_size=33, se_reduction=2, shortcut_type="shortcut_gate")
    return build_network(spec, seed=0).to(memory_format=torch.channels_last)


def take_steps(model, optimiser, *, first: int, steps: int) -> None:
    """Takes steps whose gradients go through autograd, which lays them out."""
    for step in range(first, first + steps):
        generator = torch.Generator().manual_seed(step)
        images = torch.randn(4, 3, 33, 33, generator=generator)
        set_learning_rate(optimiser, 0.1 / (step + 1))
        optimiser.zero_grad()
        model(images.contiguous(memory_format=torch.channels_last)).square().mean().backward()
        optimiser.step()


def values(model) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def test_weight_decay_acts_on_every_parameter():
    model = build_network(tiny_spec(), seed=0)
    optimiser = make_optimiser(model, Recipe(weight_decay=0.01))
    assert [group["weight_decay"] for group in optimiser.param_groups] == [0.01]
    decayed = {id(p) for group in optimiser.param_groups for p in group["params"]}
    assert decayed == {id(parameter) for parameter in model.parameters()}


def test_weight_decay_spares_biases_and_batch_normalisation_if_the_recipe_says_so():
    model = network()
    optimiser = make_optimiser(model, Recipe(weight_decay=0.01, decay_all=False))
    decay = {
        id(parameter): group["weight_decay"]
        for group in optimiser.param_groups
        for parameter in group["params"]
    }
    names = dict(model.named_parameters())
    assert len(decay) == len(names)
    spared = {name for name, parameter in names.items() if decay[id(parameter)] == 0.0}
    for name, module in model.named_modules():
        norm = isinstance(module, torch.nn.BatchNorm2d)
        for part, _ in module.named_parameters(recurse=False):
            assert (f"{name}.{part}" in spared) == (norm or part == "bias"), f"{name}.{part}"
    kinds = ("fc.bias", "bn1.weight", "bn1.bias", "gate.conv.bias", "conv1.bias")
    assert all(any(name.endswith(kind) for name in spared) for kind in kinds), sorted(spared)


def test_a_frozen_parameter_is_left_out():
    model = network()
    model.fc.weight.requires_grad_(False)
    groups = parameter_groups(model, Recipe(decay_all=False))
    kept = {id(parameter) for group in groups for parameter in group["params"]}
    assert kept == {id(p) for p in model.parameters() if p is not model.fc.weight}


def test_a_step_is_that_of_momentum_with_decay():
    weight = torch.nn.Parameter(torch.tensor([2.0]))
    model = torch.nn.ParameterList([weight])
    optimiser = make_optimiser(model, Recipe(momentum=0.5, weight_decay=0.1))
    set_learning_rate(optimiser, 0.1)
    velocity, value = 0.0, 2.0
    for gradient in (1.0, -3.0, 0.5):
        weight.grad = torch.tensor([gradient])
        optimiser.step()
        velocity = 0.5 * velocity + gradient + 0.1 * value
        value -= 0.1 * velocity
        torch.testing.assert_close(weight.detach(), torch.tensor([value]))


def test_a_step_of_adamw_decays_apart_from_the_gradient():
    weight = torch.nn.Parameter(torch.tensor([2.0]))
    recipe = Recipe(optimiser=Optimiser.ADAMW, weight_decay=0.1, beta1=0.8, beta2=0.9)
    optimiser = make_optimiser(torch.nn.ParameterList([weight]), recipe)
    set_learning_rate(optimiser, 0.01)
    mean, square, value = 0.0, 0.0, 2.0
    for count, gradient in enumerate((1.0, -3.0, 0.5), start=1):
        weight.grad = torch.tensor([gradient])
        optimiser.step()
        mean = 0.8 * mean + 0.2 * gradient
        square = 0.9 * square + 0.1 * gradient**2
        rise = (mean / (1 - 0.8**count)) / ((square / (1 - 0.9**count)) ** 0.5 + 1e-8)
        value = value * (1 - 0.01 * 0.1) - 0.01 * rise
        torch.testing.assert_close(weight.detach(), torch.tensor([value]))


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_fused_kernel_takes_the_steps_of_the_plain_loop(recipe):
    model = network()
    plain_model = copy.deepcopy(model)
    optimiser = make_optimiser(model, recipe, choose_hardware(Recipe(device="cpu")))
    assert all(group["fused"] for group in optimiser.param_groups)
    plain = make_optimiser(plain_model, recipe)
    for group in plain.param_groups:
        group.update(fused=False, foreach=False)
    take_steps(model, optimiser, first=0, steps=3)
    take_steps(plain_model, plain, first=0, steps=3)
    torch.testing.assert_close(values(model), values(plain_model), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_restored_optimiser_goes_on_to_the_bit_whatever_the_memory_order(recipe):
    model = network()
    optimiser = make_optimiser(model, recipe)
    take_steps(model, optimiser, first=0, steps=2)
    other = network()
    other.load_state_dict(model.state_dict())
    restored = make_optimiser(other, recipe)
    state = copy.deepcopy(optimiser.state_dict())
    for entry in state["state"].values():
        entry.update({k: v.contiguous() for k, v in entry.items() if torch.is_tensor(v)})
    restored.load_state_dict(state)
    take_steps(model, optimiser, first=2, steps=2)
    take_steps(other, restored, first=2, steps=2)
    expected = values(model)
    assert all(value.equal(expected[name]) for name, value in values(other).items())


def test_how_a_saved_optimiser_computed_does_not_decide_how_this_one_does():
    model = network()
    old = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, foreach=True)
    take_steps(model, old, first=0, steps=1)
    optimiser = make_optimiser(model, Recipe())
    optimiser.load_state_dict(old.state_dict())
    assert [(g["fused"], g["foreach"]) for g in optimiser.param_groups] == [(True, None)]
    assert old.param_groups[0]["foreach"]


def test_a_state_with_other_groups_is_refused():
    model = network()
    state = make_optimiser(model, Recipe(decay_all=False)).state_dict()
    with pytest.raises(ValueError, match="group"):
        make_optimiser(model, Recipe()).load_state_dict(state)


def test_the_rate_can_be_set_for_every_step():
    model = build_network(tiny_spec(), seed=0)
    optimiser = make_optimiser(model, Recipe(decay_all=False))
    set_learning_rate(optimiser, 0.125)
    assert [group["lr"] for group in optimiser.param_groups] == [0.125, 0.125]


def test_momentum_begins_as_zeros_where_a_first_step_may_be_held_back(monkeypatch):
    """torch leaves room without a value otherwise, and so would a state without momentum."""
    hardware = choose_hardware(Recipe(device="cpu"))
    empty = make_optimiser(network(), Recipe(), hardware).state_dict()
    assert empty["state"] == {}
    monkeypatch.setattr(Hardware, "immediate", property(lambda _self: False))
    model = network()
    optimiser = make_optimiser(model, Recipe(), hardware)
    for _ in range(2):
        for parameter in model.parameters():
            momentum = optimiser.state[parameter]["momentum_buffer"]
            assert momentum.stride() == parameter.stride()
            assert not momentum.any()
            assert not momentum.requires_grad
            momentum.fill_(torch.nan)
        optimiser.load_state_dict(empty)
    assert make_optimiser(model, Recipe(momentum=0.0), hardware).state_dict()["state"] == {}
