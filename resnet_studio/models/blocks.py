"""What all residual blocks share: how they are put together, and how branch and shortcut meet.

`resnet_studio.models.basic` and `resnet_studio.models.bottleneck` have the branches, one class
for each order of activation, so that each forward pass reads as the figure of its paper.

Attributes have torchvision's names, so that its weights load unrenamed. Each ReLU is a module of
its own (torchvision calls one module two or three times), so that a hook tells them apart, and
none works in place, so that what a hook was given stays as it was. Convolutions, normalisations
and ReLUs are numbered in the order in which the block computes them.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Final, NamedTuple

from torch import Tensor, nn

from resnet_studio.architecture.spec import (
    ActivationOrder,
    NetworkSpec,
    ShortcutKind,
    ShortcutType,
)
from resnet_studio.models.attention import SqueezeExcitation
from resnet_studio.models.gates import Gate, GatedAdd, gate, gated_add
from resnet_studio.models.layers import Add, Scale, drop_path
from resnet_studio.models.shortcuts import shortcut

_RELU_ENDS_BRANCH: Final = (ActivationOrder.RELU_BEFORE_ADDITION, ActivationOrder.RELU_TWICE)
_RELU_ENDS_BLOCK: Final = (
    ActivationOrder.ORIGINAL,
    ActivationOrder.BN_AFTER_ADDITION,
    ActivationOrder.RELU_TWICE,
)


class Place(NamedTuple):
    """Where in the network a block stands.

    Attributes:
        inputs: Channels of what it reads.
        inner: Channels inside its residual branch.
        outputs: Channels of what it makes.
        stride: 2 where it halves the map.
        first: Whether it is the network's first block.
        drop_rate: How often training drops its residual branch.
    """

    inputs: int
    inner: int
    outputs: int
    stride: int = 1
    first: bool = False
    drop_rate: float = 0.0


class Block(nn.Module):
    """One residual block, or the same layers without shortcut in a plain network.

    A module that a block lacks is None, not an identity.

    Attributes:
        dropout: What drops values inside the residual branch.
        se: The squeeze-and-excitation of the residual branch.
        residual_scale: The constant on the residual branch.
        drop_path: What drops the whole residual branch.
        downsample: What gives the shortcut the branch's shape.
        shortcut_scale: The constant on the shortcut.
        shortcut_dropout: What drops values of the shortcut.
        gate: What weighs the shortcut, and with some types the branch too.
        add: The addition; None in a plain network.
        shares_activation: Whether the shortcut leaves behind the activation of the input.
    """

    # Those with the highest numbers are only there with bottlenecks and some orders.
    conv1: nn.Conv2d
    bn1: nn.BatchNorm2d
    relu1: nn.ReLU
    conv2: nn.Conv2d
    bn2: nn.BatchNorm2d
    relu2: nn.ReLU
    conv3: nn.Conv2d
    bn3: nn.BatchNorm2d
    relu3: nn.ReLU
    relu4: nn.ReLU
    dropout: nn.Module | None
    se: nn.Module | None
    residual_scale: nn.Module | None
    drop_path: nn.Module | None
    downsample: nn.Module | None
    shortcut_scale: nn.Module | None
    shortcut_dropout: nn.Module | None
    gate: Gate | None
    add: Add | GatedAdd | None

    def __init__(self, spec: NetworkSpec, place: Place) -> None:
        super().__init__()
        self.dropout = self.se = self.residual_scale = self.drop_path = None
        self.downsample = self.shortcut_scale = self.shortcut_dropout = None
        self.gate = self.add = None
        # Modules are made in the order of computation: torch lists and prints them so.
        numbered = _Numbered(self)
        self._make_branch(spec, place, numbered)
        if spec.shortcut is not ShortcutKind.NONE:
            self._make_merge(spec, place)
        if spec.order is ActivationOrder.BN_AFTER_ADDITION:
            numbered.normalise(place.outputs)
        if spec.order in _RELU_ENDS_BLOCK:
            numbered.rectify()
        # He et al. 2016 (appendix): in the first block, and where the shortcut is no identity.
        self.shares_activation = spec.order.preactivated and (
            self.downsample is not None or (place.first and spec.shared_first_activation)
        )

    @staticmethod
    @abstractmethod
    def convolutions(spec: NetworkSpec, place: Place) -> tuple[nn.Conv2d, ...]:
        """Returns the convolutions of the residual branch, in order."""

    @property
    @abstractmethod
    def last_bn(self) -> nn.BatchNorm2d:
        """The batch normalisation that ends the branch, with the orders that have one there."""

    def activate_input(self, x: Tensor) -> Tensor:
        """Returns what the branch's first convolution reads; x itself without pre-activation."""
        return x

    @abstractmethod
    def residual(self, x: Tensor) -> Tensor:
        """Returns F, the residual branch from its first convolution on.

        A constant on the branch and stochastic depth are no part of it.
        """

    def activate_output(self, x: Tensor) -> Tensor:
        """Returns the block's output, from the sum; that itself where nothing follows it."""
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Maps (N, C, H, W) to (N, C', H', W')."""
        start = self.activate_input(x)
        out = self.residual(start)
        if self.add is not None:
            out = self._merge(self.add, out, start if self.shares_activation else x)
        return self.activate_output(out)

    def _merge(self, add: nn.Module, branch: Tensor, split: Tensor) -> Tensor:
        """Adds branch and shortcut; `split` is where the shortcut leaves, and the gate too."""
        if self.residual_scale is not None:
            branch = self.residual_scale(branch)
        if self.drop_path is not None:
            branch = self.drop_path(branch)
        passed = split if self.downsample is None else self.downsample(split)
        if self.shortcut_scale is not None:
            passed = self.shortcut_scale(passed)
        if self.shortcut_dropout is not None:
            passed = self.shortcut_dropout(passed)
        if self.gate is None:
            return add(branch, passed)  # type: ignore[no-any-return]
        return add(branch, passed, self.gate(split))  # type: ignore[no-any-return]

    def _drop(self, x: Tensor) -> Tensor:
        """Drops values between two convolutions (Wide ResNet, arXiv:1605.07146)."""
        return x if self.dropout is None else self.dropout(x)

    def _excite(self, x: Tensor) -> Tensor:
        """Weighs the branch's channels, where there is a squeeze-and-excitation."""
        return x if self.se is None else self.se(x)

    def _make_branch(self, spec: NetworkSpec, place: Place, numbered: _Numbered) -> None:
        channels, order = place.inputs, spec.order
        if order is ActivationOrder.FULL_PREACTIVATION:
            numbered.normalise(channels)
        if order.preactivated:
            numbered.rectify()
        for index, convolution in enumerate(self.convolutions(spec, place)):
            if index:
                numbered.normalise(channels)
                numbered.rectify()
                if spec.dropout:  # only basic blocks may have it: there is one such place
                    self.dropout = nn.Dropout(spec.dropout)
            numbered.convolve(convolution)
            channels = convolution.out_channels
        if order.bn_ends_branch:
            numbered.normalise(channels)
        if spec.se_reduction:
            self.se = SqueezeExcitation(channels, reduction=spec.se_reduction)
        if order in _RELU_ENDS_BRANCH:
            numbered.rectify()

    def _make_merge(self, spec: NetworkSpec, place: Place) -> None:
        kind, (inputs, _, outputs, stride, *_) = spec.shortcut_type, place
        if kind is ShortcutType.SCALING and spec.residual_scale != 1:
            self.residual_scale = Scale(spec.residual_scale)
        if spec.stochastic_depth:
            self.drop_path = drop_path(place.drop_rate)
        self.downsample = shortcut(spec, inputs, outputs, stride=stride)
        if kind is ShortcutType.SCALING:
            self.shortcut_scale = Scale(spec.shortcut_scale)
        if kind is ShortcutType.DROPOUT:
            self.shortcut_dropout = nn.Dropout(spec.shortcut_dropout)
        if kind.gated:
            self.gate = gate(kind, inputs, outputs, stride=stride)
        self.add = gated_add(kind) if kind.gated else Add()


class _Numbered:
    """Gives a block its layers under numbered names: conv1, conv2, ..., bn1, ..., relu1, ..."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._counts = {"conv": 0, "bn": 0, "relu": 0}

    def convolve(self, convolution: nn.Conv2d) -> None:
        self._put("conv", convolution)

    def normalise(self, channels: int) -> None:
        self._put("bn", nn.BatchNorm2d(channels))

    def rectify(self) -> None:
        self._put("relu", nn.ReLU())

    def _put(self, kind: str, module: nn.Module) -> None:
        self._counts[kind] += 1
        self._block.add_module(f"{kind}{self._counts[kind]}", module)
