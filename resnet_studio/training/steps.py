"""One training step and one validation step: the arithmetic at the heart of the loop."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_studio.training.devices import Hardware, autocast, computing


def train_step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    *,
    images: Tensor,
    labels: Tensor,
    hardware: Hardware,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Takes one optimiser step with the rate that the optimiser has.

    Args:
        model: The network, in training mode, in channels-last order.
        optimiser: Holds the parameters of `model`.
        images: (N, C, H, W) float32, normalised, on the device.
        labels: (N,) int64, on the device.
        hardware: Device and arithmetic.
        label_smoothing: Share of the target spread over all classes.

    Returns:
        (2,) float32 on the device: mean loss of the batch and number of pictures classified right,
        both before the step. Reading it waits for the device, so read several at once.
    """
    with computing(hardware):
        with autocast(hardware):
            logits = model(images.contiguous(memory_format=torch.channels_last))
        loss = functional.cross_entropy(logits.float(), labels, label_smoothing=label_smoothing)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return _figures(loss, logits, labels)


@torch.no_grad()
def validation_step(
    model: nn.Module, *, images: Tensor, labels: Tensor, hardware: Hardware
) -> Tensor:
    """Judges one batch with the network as it is, in evaluation mode; changes nothing.

    Returns:
        As `train_step`; the loss is the plain cross entropy, without label smoothing.
    """
    with computing(hardware), autocast(hardware):
        logits = model(images.contiguous(memory_format=torch.channels_last))
    return _figures(functional.cross_entropy(logits.float(), labels), logits, labels)


def _figures(loss: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    correct = (logits.detach().argmax(dim=1) == labels).sum()
    return torch.stack((loss.detach(), correct.to(loss.dtype)))
