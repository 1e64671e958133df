"""The values that a network starts from, all drawn from one generator.

Convolutions: He et al. 2015 (arXiv:1502.01852), normal with standard deviation
sqrt(2 / (k * k * out_channels)) (fan-out: keeps the size of the gradients from layer to layer) or
sqrt(2 / (k * k * in_channels / groups)) (fan-in: keeps the size of the activations). Batch
normalisation: weight 1, bias 0, running mean 0 and variance 1. Linear layer: torch's default,
uniform within ±1 / sqrt(inputs), weights and biases alike.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from resnet_studio.architecture.spec import Initialisation
from resnet_studio.models.blocks import Block


def initialise(
    network: nn.Module,
    *,
    fan: Initialisation,
    zero_init_residual: bool = False,
    generator: torch.Generator | None = None,
) -> None:
    """Overwrites every parameter and buffer of `network`.

    Args:
        network: Made of `Block`s, convolutions, batch normalisations and linear layers.
        fan: What scales the convolutions. The fan-out ignores groups, as torchvision's does.
        zero_init_residual: Start each block as the identity by a zero last normalisation (Goyal
            et al. 2017, arXiv:1706.02677). Blocks without an addition are left alone: zeros
            there would stop every signal.
        generator: Source of all randomness; None draws from torch's global generator.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(
                module.weight, mode=fan.value, nonlinearity="relu", generator=generator
            )
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Linear):
            bound = 1 / math.sqrt(module.in_features)
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
    if zero_init_residual:
        _start_as_identity(network)


def _start_as_identity(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, Block) and module.add is not None:
            nn.init.zeros_(module.last_bn.weight)
