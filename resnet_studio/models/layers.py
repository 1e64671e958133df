"""The small pieces that blocks, shortcuts and stems are made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv3x3(inputs: int, outputs: int, *, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Returns a 3x3 convolution with padding 1; without bias, for batch normalisation follows."""
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, groups=groups, bias=False)


def conv1x1(inputs: int, outputs: int, *, stride: int = 1, bias: bool = False) -> nn.Conv2d:
    """Returns a 1x1 convolution; without bias unless it is asked for."""
    return nn.Conv2d(inputs, outputs, 1, stride=stride, bias=bias)


class Add(nn.Module):
    """The addition that ends a residual branch, as a module so that a hook can see it.

    Attributes:
        inplace: Whether the sum overwrites the branch, which a hook may have been given.
    """

    def __init__(self) -> None:
        super().__init__()
        self.inplace = False

    def forward(self, branch: Tensor, shortcut: Tensor) -> Tensor:
        """Returns the sum of both; all (N, C, H, W)."""
        return branch.add_(shortcut) if self.inplace else branch + shortcut


class Scale(nn.Module):
    """Multiplication by a constant (He et al. 2016, arXiv:1603.05027, section 3.1)."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Returns every number times the factor; the shape stays."""
        return x * self.factor

    def extra_repr(self) -> str:
        """Describes the module where torch prints the network."""
        return f"factor={self.factor:g}"


class Weighted(nn.Module):
    """The addition of an operated block: both sides are multiplied by a factor before they meet.

    A factor of 0 gives zeros, whatever the side carries; a factor of 1 leaves its bits.

    Attributes:
        add: The addition as it was.
        branch: Factor of the residual branch.
        shortcut: Factor of the shortcut.
    """

    def __init__(self, add: nn.Module, *, branch: float, shortcut: float) -> None:
        super().__init__()
        self.add = add
        self.branch = branch
        self.shortcut = shortcut

    def forward(self, branch: Tensor, shortcut: Tensor, *gate: Tensor) -> Tensor:
        """Returns the sum of both; all (N, C, H, W), and the gate too where there is one."""
        out: Tensor = self.add(
            weighted(branch, self.branch), weighted(shortcut, self.shortcut), *gate
        )
        return out

    def extra_repr(self) -> str:
        """Describes the module where torch prints the network."""
        return f"branch={self.branch:g}, shortcut={self.shortcut:g}"


def weighted(x: Tensor, factor: float) -> Tensor:
    """Returns a side of an operated block after its factor: zeros for 0, x itself for 1."""
    if factor == 1:
        return x
    return torch.zeros_like(x) if factor == 0 else x * factor


def drop_path(rate: float) -> nn.Module:
    """Returns stochastic depth (Huang et al. 2016, arXiv:1603.09382) of one residual branch.

    While training it drops the branch with probability `rate`, for a whole mini-batch at once as
    in the paper, and divides it by 1 - rate where it stays, so that testing needs no correction.
    """
    # Slow to import, and few networks need it.
    from torchvision.ops import StochasticDepth

    return StochasticDepth(rate, mode="batch")
