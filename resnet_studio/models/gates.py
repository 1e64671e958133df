"""Shortcuts that learn how much they let through.

Highway networks (Srivastava et al. 2015, arXiv:1505.00387) weigh branch and shortcut by g and
1 - g; He et al. 2016 (arXiv:1603.05027, section 3.1) try that on ResNet-110 ("exclusive gating"),
and with the branch left alone ("shortcut-only gating").
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_studio.architecture.spec import ShortcutType


class Gate(nn.Module):
    """g(x): a convolution with bias and a sigmoid, one value for each number of the branch.

    The convolution is 1x1 in He et al. 2016. In a Highway network it is of the same kind as what
    it gates, which in a residual block is 3x3.
    """

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int) -> None:
        super().__init__()
        padding = (kernel - 1) // 2
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) to values of 0 to 1 in the shape of the branch."""
        return torch.sigmoid(self.conv(x))


class GatedAdd(nn.Module):
    """The addition of a branch and a shortcut that a gate weighs.

    Attributes:
        gates_branch: Whether the gate weighs the branch as well.
    """

    def __init__(self, *, gates_branch: bool) -> None:
        super().__init__()
        self.gates_branch = gates_branch

    def forward(self, branch: Tensor, shortcut: Tensor, gate: Tensor) -> Tensor:
        """Returns g F + (1 - g) s, or F + (1 - g) s; all (N, C, H, W)."""
        passed = (1 - gate) * shortcut
        return gate * branch + passed if self.gates_branch else branch + passed

    def extra_repr(self) -> str:
        """Describes the module where torch prints the network."""
        return f"gates_branch={self.gates_branch}"


def gate(kind: ShortcutType, inputs: int, outputs: int, *, stride: int) -> Gate:
    """Returns the gate of one block; `kind` is one of the gated ones."""
    return Gate(inputs, outputs, kernel=3 if kind is ShortcutType.HIGHWAY else 1, stride=stride)


def gated_add(kind: ShortcutType) -> GatedAdd:
    """Returns the addition behind a gate of that kind."""
    return GatedAdd(gates_branch=kind is not ShortcutType.SHORTCUT_GATE)
