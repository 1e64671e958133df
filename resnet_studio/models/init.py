"""The values that a network starts from, all drawn from one generator.

Convolutions: He et al. 2015 (arXiv:1502.01852), normal with standard deviation
sqrt(2 / (k * k * out_channels)) (fan-out: keeps the size of the gradients from layer to layer) or
sqrt(2 / (k * k * in_channels / groups)) (fan-in: keeps the size of the activations); those of
gates and squeeze-and-excitations too. Their biases, where they have any, 0; that of a gate as the
spec says. Batch normalisation: weight 1, bias 0, running mean 0 and variance 1. Linear layer:
torch's default, uniform within ±1 / sqrt(inputs), weights and biases alike.
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
    gate_bias: float = 0.0,
    generator: torch.Generator | None = None,
) -> None:
    """Overwrites every parameter and buffer of `network`.

    Args:
        network: Made of `Block`s, convolutions, batch normalisations and linear layers.
        fan: What scales the convolutions. The fan-out ignores groups, as torchvision's does.
        zero_init_residual: Start each block as the identity by a zero last normalisation (Goyal
            et al. 2017, arXiv:1706.02677). Blocks without an addition are left alone: zeros
            there would stop every signal.
        gate_bias: Bias of the gates on shortcuts. Below zero, it lets the shortcut pass at first
            (Srivastava et al. 2015, arXiv:1505.00387).
        generator: Source of all randomness; None draws from torch's global generator.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(
                module.weight, mode=fan.value, nonlinearity="relu", generator=generator
            )
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Linear):
            bound = 1 / math.sqrt(module.in_features)
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
    for module in network.modules():
        if isinstance(module, Block):
            _start_block(module, zero_init_residual=zero_init_residual, gate_bias=gate_bias)


def _start_block(block: Block, *, zero_init_residual: bool, gate_bias: float) -> None:
    if zero_init_residual and block.add is not None:
        nn.init.zeros_(block.last_bn.weight)
    if block.gate is not None and block.gate.conv.bias is not None:
        nn.init.constant_(block.gate.conv.bias, gate_bias)
