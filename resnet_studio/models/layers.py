"""The small pieces that blocks, shortcuts and stems are made of."""

from __future__ import annotations

from torch import Tensor, nn


def conv3x3(inputs: int, outputs: int, *, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Returns a 3x3 convolution with padding 1; without bias, for batch normalisation follows."""
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, groups=groups, bias=False)


def conv1x1(inputs: int, outputs: int, *, stride: int = 1) -> nn.Conv2d:
    """Returns a 1x1 convolution without bias."""
    return nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)


class Add(nn.Module):
    """The addition that ends a residual branch, as a module so that a hook can see it."""

    def forward(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        """Returns F(x) + shortcut(x); both (N, C, H, W)."""
        # Not in place: a hook on the last normalisation keeps what it was given.
        return residual + shortcut
