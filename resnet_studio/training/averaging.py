"""The running mean of the weights, which often validates better than the weights themselves.

Exponential moving average: mean = decay * mean + (1 - decay) * weights, after each step (Polyak &
Juditsky 1992; for networks Tarvainen & Valpola 2017, arXiv:1703.01780). The running statistics of
batch normalisation are averaged likewise, so that they fit the averaged weights.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from resnet_studio.models.resnet import ResNet
from resnet_studio.training.buffers import Kept
from resnet_studio.training.recipe import Recipe

_UPDATES = "updates"


class Average:
    """A second network that follows the first.

    The arithmetic is torch's `get_ema_multi_avg_fn`. Its `AveragedModel` is not used because it
    moves a counter to the device, or reads it from there, in every step, and so waits for the
    device; and because it averages the counters of batch normalisation, rounding them down.

    Attributes:
        network: The mean, in evaluation mode: what is validated and kept.
        updates: Steps that it has seen; the first is copied.
    """

    def __init__(self, model: ResNet, *, decay: float) -> None:
        """Begins as a copy of `model`.

        Args:
            model: The network to follow.
            decay: Part of the mean that is kept in each step, from 0 to 1.
        """
        self.network = copy.deepcopy(model).eval().requires_grad_(False)
        for parameter in self.network.parameters():
            parameter.grad = None
        self.updates = 0
        self._mean, self._counters = _tensors(self.network)
        self._kept: Kept | None = None
        self._ema = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def update(self, model: ResNet, *, broken: Tensor | None = None) -> None:
        """Takes in the weights as they are now; call it after each step.

        Args:
            model: The network that it follows.
            broken: () bool on the device: whether the step was not taken, in which case the mean
                stays as it is. None means that it was, and spares the copies which this needs.
        """
        if broken is not None:
            self._kept = self._kept or Kept(self._mean)
            self._kept.note()
        values, counters = _tensors(model)
        if self.updates:
            self._ema(self._mean, values, None)
        else:
            torch._foreach_copy_(self._mean, values)
        if counters:
            torch._foreach_copy_(self._counters, counters)
        self.updates += 1
        if broken is not None and self._kept is not None:
            self._kept.restore_if(broken)

    def forget(self, updates: int) -> None:
        """Does not count the last updates, which turned out to be of broken steps."""
        self.updates -= updates

    def state_dict(self) -> dict[str, Any]:
        """Returns the network's state dict under "network" and the number of steps."""
        return {"network": self.network.state_dict(), _UPDATES: self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from what `state_dict` returned.

        Raises:
            RuntimeError: If it is of another network.
        """
        self.network.load_state_dict(state["network"])
        self.updates = int(state[_UPDATES])


def make_average(model: ResNet, recipe: Recipe) -> Average | None:
    """Returns the average that the recipe asks for; None if it asks for none."""
    return Average(model, decay=recipe.ema_decay) if recipe.ema_decay else None


def _tensors(model: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """Returns what has a mean, and the counters, which have none; both in a fixed order."""
    tensors = [tensor.detach() for tensor in (*model.parameters(), *model.buffers())]
    return (
        [tensor for tensor in tensors if tensor.is_floating_point()],
        [tensor for tensor in tensors if not tensor.is_floating_point()],
    )
