"""What gives a block's input the shape of its residual branch (He et al. 2015, arXiv:1512.03385).

Identity where the shape stays; otherwise zero padding (option A) or a projection (options B and
C). A plain network has no shortcut at all. What else a shortcut may do (scale, drop, gate) comes
after this, in the block.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from resnet_studio.architecture.spec import (
    ActivationOrder,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    ZeroPadding,
)
from resnet_studio.models.layers import conv1x1


class ZeroPad(nn.Module):
    """Option A: every `stride`-th pixel, and zeros in the new channels; no weights.

    The new channels come last, as in the authors' Torch code (fb.resnet.torch), or half of them
    before the others and the rest after, as some reimplementations for CIFAR have it. That
    renumbers channels: weights of the one mean nothing in the other.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        stride: int,
        place: ZeroPadding = ZeroPadding.END,
    ) -> None:
        super().__init__()
        added = outputs - inputs
        self.stride = stride
        self.before = added // 2 if place is ZeroPadding.BOTH else 0
        self.after = added - self.before

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) to (N, outputs, ceil(H / stride), ceil(W / stride))."""
        kept = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(kept, (0, 0, 0, 0, self.before, self.after))

    def extra_repr(self) -> str:
        """Describes the module where torch prints the network."""
        return f"stride={self.stride}, before={self.before}, after={self.after}"


def shortcut(spec: NetworkSpec, inputs: int, outputs: int, *, stride: int) -> nn.Module | None:
    """Returns what fits a block's shortcut to its branch; None where nothing has to."""
    if spec.shortcut is ShortcutKind.NONE:
        return None
    if spec.shortcut_type is ShortcutType.CONV:
        return nn.Sequential(conv1x1(inputs, outputs, stride=stride))
    changes = stride != 1 or inputs != outputs
    if not changes and spec.shortcut is not ShortcutKind.C:
        return None
    if spec.shortcut is ShortcutKind.A:
        return ZeroPad(inputs, outputs, stride=stride, place=spec.zero_padding)
    return _projection(spec, inputs, outputs, stride=stride)


def _projection(spec: NetworkSpec, inputs: int, outputs: int, *, stride: int) -> nn.Sequential:
    """Returns the projection of options B and C, of the kind that the spec asks for."""
    if spec.projection is ProjectionKind.BIAS:
        return nn.Sequential(conv1x1(inputs, outputs, stride=stride, bias=True))
    layers: list[nn.Module] = []
    if spec.projection is ProjectionKind.AVGPOOL:
        # An identity keeps the numbers of what follows where there is nothing to average.
        layers.append(_average(stride) if stride > 1 else nn.Identity())
        stride = 1
    layers.append(conv1x1(inputs, outputs, stride=stride))
    # With full pre-activation the projection reads what is normalised already.
    if spec.order is not ActivationOrder.FULL_PREACTIVATION:
        layers.append(nn.BatchNorm2d(outputs))
    return nn.Sequential(*layers)


def _average(window: int) -> nn.AvgPool2d:
    """Returns the pool of ResNet-D (arXiv:1812.01187).

    On a map of odd size the last window averages the pixels that there are, so that the pool
    makes as many as the branch's strided convolution.
    """
    return nn.AvgPool2d(window, window, ceil_mode=True, count_include_pad=False)
