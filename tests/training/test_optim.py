from __future__ import annotations

import torch

from resnet_studio.models.resnet import build_network
from resnet_studio.training.optim import make_optimiser, set_learning_rate
from resnet_studio.training.recipe import Recipe
from tests.training.conftest import tiny_spec


def test_weight_decay_acts_on_every_parameter():
    model = build_network(tiny_spec(), seed=0)
    optimiser = make_optimiser(model, Recipe(weight_decay=0.01))
    assert [group["weight_decay"] for group in optimiser.param_groups] == [0.01]
    decayed = {id(p) for group in optimiser.param_groups for p in group["params"]}
    assert decayed == {id(parameter) for parameter in model.parameters()}


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


def test_the_rate_can_be_set_for_every_step():
    model = build_network(tiny_spec(), seed=0)
    optimiser = make_optimiser(model, Recipe())
    set_learning_rate(optimiser, 0.125)
    assert all(group["lr"] == 0.125 for group in optimiser.param_groups)
