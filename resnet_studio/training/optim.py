"""The optimiser that a recipe asks for: torch's SGD or AdamW.

Optimisers made for batches of many thousands of pictures (LARS, You et al. 2017,
arXiv:1708.03888; LAMB, You et al. 2019, arXiv:1904.00962) are not in torch and so not offered; up
to 8,192 pictures the linear scaling rule does without them (Goyal et al. 2017, arXiv:1706.02677).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from resnet_studio.training.devices import Hardware
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Optimiser


def make_optimiser(
    model: nn.Module, recipe: Recipe, hardware: Hardware | None = None
) -> torch.optim.Optimizer:
    """Returns the optimiser over all parameters of `model`, which are on their device already.

    The rate given here is never used: `set_learning_rate` comes before each step. What it was
    restored from does not decide how it computes (`fused`), but the device it is on now does.

    Args:
        model: The network.
        recipe: The recipe.
        hardware: What the steps are computed on; None means the processor.
    """
    groups = parameter_groups(model, recipe)
    fused = _fused(hardware)
    optimiser: torch.optim.Optimizer
    if recipe.optimiser is Optimiser.ADAMW:
        optimiser = torch.optim.AdamW(
            groups,
            lr=recipe.base_rate,
            betas=(recipe.beta1, recipe.beta2),
            weight_decay=recipe.weight_decay,
            fused=fused,
        )
    else:
        optimiser = torch.optim.SGD(
            groups,
            lr=recipe.base_rate,
            momentum=recipe.momentum,
            nesterov=recipe.nesterov,
            weight_decay=recipe.weight_decay,
            fused=fused,
        )
    optimiser.register_load_state_dict_pre_hook(_computes_as_now)
    return optimiser


def parameter_groups(model: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    """Returns the parameters as torch's optimisers take them, in the order of the network.

    With `decay_all` they are one group, as in He et al. 2015 (arXiv:1512.03385). Without it, those
    with a single axis make a second one without weight decay: all biases (of convolutions, gates
    and the linear layer) and the scale and shift of batch normalisation.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if recipe.decay_all:
        return [{"params": parameters}]
    groups = [
        {"params": [parameter for parameter in parameters if parameter.ndim > 1]},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Sets the rate of the next step."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def _fused(hardware: Hardware | None) -> bool | None:
    """Returns whether one kernel updates all parameters; None leaves it to torch."""
    return True if hardware is not None and hardware.device.type == "cuda" else None


def _computes_as_now(optimiser: torch.optim.Optimizer, state: dict[str, Any]) -> dict[str, Any]:
    """Replaces how a saved optimiser computed by how this one does: its device may be another."""
    groups = [
        {**saved, "foreach": own["foreach"], "fused": own["fused"]}
        for saved, own in zip(state["param_groups"], optimiser.param_groups, strict=False)
    ]
    return {**state, "param_groups": groups}
