"""What carries a block's input past its residual branch (He et al. 2015, arXiv:1512.03385).

Identity where the shape stays; otherwise zero padding (option A) or a projection (options B and
C). A plain network has no shortcut at all.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from resnet_studio.architecture.spec import ShortcutKind
from resnet_studio.models.layers import conv1x1


class ZeroPad(nn.Module):
    """Option A: every `stride`-th pixel, and zeros in the new channels; no weights.

    The new channels come last, as in the authors' Torch code (fb.resnet.torch); some
    reimplementations spread them over both ends, which only renumbers channels.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.added = outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) to (N, outputs, ceil(H / stride), ceil(W / stride))."""
        kept = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(kept, (0, 0, 0, 0, 0, self.added))

    def extra_repr(self) -> str:
        """Describes the module where torch prints the network."""
        return f"stride={self.stride}, added={self.added}"


def projection(inputs: int, outputs: int, *, stride: int) -> nn.Sequential:
    """Returns the 1x1 convolution and batch normalisation of options B and C."""
    return nn.Sequential(conv1x1(inputs, outputs, stride=stride), nn.BatchNorm2d(outputs))


def shortcut(kind: ShortcutKind, inputs: int, outputs: int, *, stride: int) -> nn.Module | None:
    """Returns the module on a block's shortcut; None where it is the identity or absent."""
    changes = stride != 1 or inputs != outputs
    if kind is ShortcutKind.NONE or (not changes and kind is not ShortcutKind.C):
        return None
    if kind is ShortcutKind.A:
        return ZeroPad(inputs, outputs, stride=stride)
    return projection(inputs, outputs, stride=stride)
