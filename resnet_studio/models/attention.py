"""Squeeze-and-excitation (Hu et al. 2018, arXiv:1709.01507)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_studio.models.layers import conv1x1


class SqueezeExcitation(nn.Module):
    """Weighs each channel by what the means of all channels say.

    The two fully connected layers are 1x1 convolutions on a map of one pixel, with bias, and have
    timm's names, so that its weights load unrenamed. `channels // reduction` channels are between
    them, at least one, as in the paper; timm rounds that to a multiple of 8.
    """

    def __init__(self, channels: int, *, reduction: int) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.fc1 = conv1x1(channels, hidden, bias=True)
        self.fc2 = conv1x1(hidden, channels, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        """Returns x (N, C, H, W) with each channel times its weight of 0 to 1."""
        means = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(functional.relu(self.fc1(means))))
