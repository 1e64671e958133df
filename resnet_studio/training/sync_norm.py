"""Batch normalisation over the whole batch where several processes each have a part of it.

torch has such a layer for CUDA and refuses it on the processor; this module has one for there. The
names in a state dict are those of the plain layer, so checkpoints fit with and without it.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


def synchronised(model: nn.Module, device: torch.device) -> nn.Module:
    """Replaces every `BatchNorm2d` of a network by one that normalises over all processes.

    Args:
        model: The network; its parameters and buffers are kept, so an optimiser made before
            stays valid.
        device: Where it is going to train.

    Returns:
        The same network.
    """
    if device.type == "cuda":
        converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return converted
    for name, module in list(model.named_modules()):
        if type(module) is nn.BatchNorm2d:
            parent, _, own = name.rpartition(".")
            setattr(model.get_submodule(parent), own, SynchronisedBatchNorm2d(module))
    return model


class SynchronisedBatchNorm2d(nn.BatchNorm2d):
    """`BatchNorm2d` whose batch is that of all processes together, differentiable through it.

    Mean and variance are found one after the other, in float32 at least, so that channels with a
    large mean lose no digits. The parts may differ in size, and one may be empty. All processes
    must call it together in training; in evaluation it is the plain layer.
    """

    def __init__(self, plain: nn.BatchNorm2d) -> None:
        """Takes over the parameters, buffers and settings of a plain layer."""
        super().__init__(plain.num_features, plain.eps, plain.momentum, device="meta")
        self.affine, self.track_running_stats = plain.affine, plain.track_running_stats
        self.weight, self.bias = plain.weight, plain.bias
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            self.register_buffer(name, getattr(plain, name))
        self.training = plain.training

    def forward(self, input: Tensor) -> Tensor:
        """Normalises each channel.

        Args:
            input: (N, C, H, W), this process's part, of any floating type.

        Returns:
            The same shape and type.
        """
        if not self.training:
            return super().forward(input)
        self._check_input_dim(input)
        x = input.to(torch.promote_types(input.dtype, torch.float32))
        mean, variance, count = _moments(x)
        self._follow(mean.detach(), variance.detach(), count)
        scale = torch.rsqrt(variance + self.eps) * self.weight
        shift = self.bias - mean * scale
        normalised = torch.addcmul(_wide(shift), x, _wide(scale))
        return normalised.to(input.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, count: Tensor) -> None:
        """Moves the running statistics; their variance is the unbiased one, as in torch."""
        if self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        step = self.momentum if self.momentum is not None else 1.0 / self.num_batches_tracked
        self.running_mean.lerp_(mean, step)
        self.running_var.lerp_(variance * (count / (count - 1.0)), step)


def _moments(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Returns mean and biased variance, (C,) each, and the count of numbers in a channel, ()."""
    sums = torch.cat((x.sum(dim=(0, 2, 3)), x.new_full((1,), x.numel() / x.shape[1])))
    together = _Total.apply(sums)
    count = together[-1].detach()
    mean = together[:-1] / count
    variance = _Total.apply((x - _wide(mean)).square().sum(dim=(0, 2, 3))) / count
    return mean, variance, count


def _wide(channels: Tensor) -> Tensor:
    return channels[None, :, None, None]


class _Total(torch.autograd.Function):
    """The sum over all processes. Each of them uses it, so its gradient is summed likewise.

    torch's own differentiable `all_reduce` (torch.distributed.nn) is about to go.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return _summed(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return _summed(gradients[0])


def _summed(values: Tensor) -> Tensor:
    together = values.clone(memory_format=torch.contiguous_format)
    dist.all_reduce(together)
    return together
