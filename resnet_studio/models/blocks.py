"""The two residual blocks of He et al. 2015 (arXiv:1512.03385, figure 5).

Attributes have torchvision's names, so that its weights load unrenamed. Each ReLU is a module of
its own (torchvision calls one module two or three times), so that a hook tells them apart, and
none works in place, so that what a hook was given stays as it was.
"""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from resnet_studio.architecture.spec import BlockKind, NetworkSpec, ShortcutKind, StridePlace
from resnet_studio.models.layers import Add, conv1x1, conv3x3
from resnet_studio.models.shortcuts import shortcut


class Block(nn.Module):
    """relu(F(x) + shortcut(x)), or relu(F(x)) in a plain network.

    Attributes:
        downsample: The module on the shortcut; None where that is the identity or absent.
        add: The addition; None in a plain network.
    """

    downsample: nn.Module | None
    add: Add | None

    @abstractmethod
    def residual(self, x: Tensor) -> Tensor:
        """Returns F(x), the residual branch up to its last batch normalisation."""

    @property
    @abstractmethod
    def last_bn(self) -> nn.BatchNorm2d:
        """The batch normalisation that ends the residual branch."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, C, H, W) to (N, C', H', W')."""
        out = self.residual(x)
        if self.add is not None:
            out = self.add(out, x if self.downsample is None else self.downsample(x))
        return self._activate(out)

    @abstractmethod
    def _activate(self, out: Tensor) -> Tensor:
        """Applies the ReLU that follows the addition."""


class BasicBlock(Block):
    """Two 3x3 convolutions; the first has the stride."""

    def __init__(self, spec: NetworkSpec, inputs: int, width: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = conv3x3(inputs, width, stride=stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut(spec.shortcut, inputs, width, stride=stride)
        self.add = _addition(spec)
        self.relu2 = nn.ReLU()

    def residual(self, x: Tensor) -> Tensor:
        """Returns F(x) = bn2(conv2(relu1(bn1(conv1(x)))))."""
        out = self.relu1(self.bn1(self.conv1(x)))
        return self.bn2(self.conv2(out))  # type: ignore[no-any-return]

    @property
    def last_bn(self) -> nn.BatchNorm2d:
        """`bn2`."""
        return self.bn2

    def _activate(self, out: Tensor) -> Tensor:
        return self.relu2(out)  # type: ignore[no-any-return]


class Bottleneck(Block):
    """1x1 down, 3x3, 1x1 up by `expansion`.

    The stride sits on the first 1x1 (the paper) or on the 3x3 (torchvision, "v1.5"). With
    `groups` the 3x3 is split as in ResNeXt (arXiv:1611.05431), with `base_width` widened as in
    Wide ResNet (arXiv:1605.07146).
    """

    def __init__(self, spec: NetworkSpec, inputs: int, width: int, *, stride: int) -> None:
        super().__init__()
        # torchvision's formula: channels of a group at this width, times the groups.
        inner = width * spec.base_width // 64 * spec.groups
        outputs = width * spec.expansion
        first, second = (stride, 1) if spec.stride_on is StridePlace.CONV1 else (1, stride)
        self.conv1 = conv1x1(inputs, inner, stride=first)
        self.bn1 = nn.BatchNorm2d(inner)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(inner, inner, stride=second, groups=spec.groups)
        self.bn2 = nn.BatchNorm2d(inner)
        self.relu2 = nn.ReLU()
        self.conv3 = conv1x1(inner, outputs)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = shortcut(spec.shortcut, inputs, outputs, stride=stride)
        self.add = _addition(spec)
        self.relu3 = nn.ReLU()

    def residual(self, x: Tensor) -> Tensor:
        """Returns F(x), the three convolutions with their normalisations."""
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.relu2(self.bn2(self.conv2(out)))
        return self.bn3(self.conv3(out))  # type: ignore[no-any-return]

    @property
    def last_bn(self) -> nn.BatchNorm2d:
        """`bn3`."""
        return self.bn3

    def _activate(self, out: Tensor) -> Tensor:
        return self.relu3(out)  # type: ignore[no-any-return]


BLOCKS: dict[BlockKind, type[BasicBlock] | type[Bottleneck]] = {
    BlockKind.BASIC: BasicBlock,
    BlockKind.BOTTLENECK: Bottleneck,
}


def _addition(spec: NetworkSpec) -> Add | None:
    return None if spec.shortcut is ShortcutKind.NONE else Add()
