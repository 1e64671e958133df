"""The optimiser that a recipe asks for."""

from __future__ import annotations

import torch
from torch import nn

from resnet_studio.training.recipe import Recipe


def make_optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.SGD:
    """Returns stochastic gradient descent over all parameters of `model`.

    Weight decay acts on every parameter, biases and batch normalisation included, as in
    He et al. 2015 (arXiv:1512.03385). The rate given here is never used: `set_learning_rate`
    comes before each step.
    """
    return torch.optim.SGD(
        model.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
    )


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Sets the rate of the next step."""
    for group in optimiser.param_groups:
        group["lr"] = rate
