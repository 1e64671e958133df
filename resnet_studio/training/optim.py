"""The optimiser that a recipe asks for: torch's SGD or AdamW.

Optimisers made for batches of many thousands of pictures (LARS, You et al. 2017,
arXiv:1708.03888; LAMB, You et al. 2019, arXiv:1904.00962) are not in torch and so not offered; up
to 8,192 pictures the linear scaling rule does without them (Goyal et al. 2017, arXiv:1706.02677).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from resnet_studio.training.devices import Hardware
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Optimiser


def make_optimiser(
    model: nn.Module, recipe: Recipe, hardware: Hardware | None = None
) -> torch.optim.Optimizer:
    """Returns the optimiser over all parameters of `model`, which are on their device already.

    The rate given here is never used: `set_learning_rate` comes before each step. A state that
    was saved on another device can be loaded; how the steps are computed stays as chosen here.

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
    optimiser.register_load_state_dict_pre_hook(_compute_as_now)
    optimiser.register_load_state_dict_post_hook(_lay_out_as_parameters)
    if fused and hardware is not None and not hardware.immediate:
        _begin_momentum(optimiser)
        optimiser.register_load_state_dict_post_hook(_begin_momentum)
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
    groups: list[dict[str, Any]] = [
        {"params": [parameter for parameter in parameters if parameter.ndim > 1]},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Sets the rate of the next step."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def _fused(hardware: Hardware | None) -> bool | None:
    """Returns whether one kernel updates all parameters; None leaves it to torch.

    Milliseconds of one SGD step with momentum, on the processor, torch 2.15, one thread: ResNet-20
    0.18 fused, 0.51 with foreach, 0.75 with a loop over the tensors (torch's own choice there);
    ResNet-18 5.3, 37.5 and 39.1. AdamW: 0.46, 1.4 and 1.9; 8.1, 47.9 and 50.3. (Medians of 55
    steps in turns, quartiles within 10 %.) On CUDA torch recommends it; on Metal nothing was
    measured.
    """
    device = hardware.device.type if hardware is not None else "cpu"
    return True if device in {"cpu", "cuda"} else None


def _compute_as_now(optimiser: torch.optim.Optimizer, state: dict[str, Any]) -> dict[str, Any]:
    """Replaces how a saved optimiser computed by how this one does: its device may be another."""
    how = {key: optimiser.param_groups[0][key] for key in ("foreach", "fused")}
    return {**state, "param_groups": [{**group, **how} for group in state["param_groups"]]}


def _begin_momentum(optimiser: torch.optim.Optimizer) -> None:
    """Gives every parameter the momentum 0, where the optimiser has one and not yet a value.

    torch's fused SGD makes room for it in the first step and leaves it to the kernel to fill it.
    A step that `found_inf` holds back writes nothing, so chance values would stay. Those of AdamW
    begin as zeros anyway.
    """
    for group in optimiser.param_groups:
        if group.get("momentum", 0.0):
            for parameter in group["params"]:
                optimiser.state[parameter].setdefault(
                    "momentum_buffer", torch.zeros_like(parameter, requires_grad=False)
                )


def _lay_out_as_parameters(optimiser: torch.optim.Optimizer) -> None:
    """Brings loaded tensors into the memory order of their parameters, without changing values.

    The fused kernels of the processor walk through the memory of parameter and momentum in step and
    do not look at their strides: with another order they would mix up the numbers in silence.
    """
    for parameter, values in optimiser.state.items():
        for name, value in values.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                values[name] = torch.empty_like(parameter).copy_(value)
