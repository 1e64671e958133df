"""The whole network once more, as formulas of the papers on a plain dictionary of weights.

No module of `resnet_studio.models` is used here: branches are written as loops over their
convolutions, where the modules have one class for each order. Everything is as in evaluation:
batch normalisation with running statistics, and nothing dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
    ZeroPadding,
)

relu = functional.relu


@dataclass(frozen=True)
class Weights:
    """The tensors of a state dict whose names begin alike."""

    state: Mapping[str, Tensor]
    prefix: str = ""

    def under(self, name: str) -> Weights:
        return Weights(self.state, f"{self.prefix}{name}.")

    def get(self, name: str) -> Tensor | None:
        return self.state.get(f"{self.prefix}{name}")

    def conv(self, name: str, x: Tensor, *, stride: int = 1, padding: int = 0, groups: int = 1):
        part = self.under(name)
        return functional.conv2d(
            x, part.get("weight"), part.get("bias"), stride, padding, groups=groups
        )

    def bn(self, name: str, x: Tensor) -> Tensor:
        part = self.under(name)
        mean, variance = (part.get(f"running_{key}")[:, None, None] for key in ("mean", "var"))
        scale, shift = (part.get(key)[:, None, None] for key in ("weight", "bias"))
        return (x - mean) / torch.sqrt(variance + 1e-5) * scale + shift


def network(spec: NetworkSpec, state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """Maps pictures to logits."""
    weights = Weights(state)
    x = stem(spec, weights, x)
    first = True
    for stage, depth in enumerate(spec.depths, start=1):
        for index in range(depth):
            stride = 2 if stage > 1 and index == 0 else 1
            place = weights.under(f"layer{stage}.{index}")
            x = block(spec, place, x, outputs=spec.channels[stage - 1], stride=stride, first=first)
            first = False
    if spec.order is ActivationOrder.FULL_PREACTIVATION:
        x = weights.bn("bn_last", x)
    if spec.order.preactivated:
        x = relu(x)
    return functional.linear(x.mean((2, 3)), state["fc.weight"], state["fc.bias"])


def stem(spec: NetworkSpec, weights: Weights, x: Tensor) -> Tensor:
    """What happens before the first block."""
    if spec.stem is StemKind.TUTORIAL:
        return functional.max_pool2d(weights.conv("conv1", x, stride=2), 3, 2)
    if spec.stem is StemKind.DEEP:
        deep = weights.under("conv1")
        x = relu(deep.bn("1", deep.conv("0", x, stride=2, padding=1)))
        x = relu(deep.bn("4", deep.conv("3", x, padding=1)))
        x = deep.conv("6", x, padding=1)
    elif spec.stem is StemKind.CIFAR:
        x = weights.conv("conv1", x, padding=1)
    else:
        x = weights.conv("conv1", x, stride=2, padding=3)
    if spec.order is not ActivationOrder.FULL_PREACTIVATION:
        x = weights.bn("bn1", x)
    if not spec.order.preactivated:
        x = relu(x)
    return x if spec.stem is StemKind.CIFAR else functional.max_pool2d(x, 3, 2, 1)


def block(
    spec: NetworkSpec, weights: Weights, x: Tensor, *, outputs: int, stride: int, first: bool
) -> Tensor:
    """One residual block (He et al. 2016, figure 4), with any shortcut (table 1)."""
    order = spec.order
    identity = not (stride > 1 or x.shape[1] != outputs or _always_projects(spec))
    split = x
    shared = order.preactivated and (not identity or (first and spec.shared_first_activation))
    if shared and spec.shortcut is not ShortcutKind.NONE:
        split = _activated(order, weights, 1, x)
    out = branch(spec, weights, x, stride=stride)
    if spec.shortcut is not ShortcutKind.NONE:
        out = merged(spec, weights, out, split, stride=stride, identity=identity)
    last = 2 if spec.block is BlockKind.BASIC else 3
    if order is ActivationOrder.BN_AFTER_ADDITION:
        out = weights.bn(f"bn{last}", out)
    finally_active = (
        ActivationOrder.ORIGINAL,
        ActivationOrder.BN_AFTER_ADDITION,
        ActivationOrder.RELU_TWICE,
    )
    return relu(out) if order in finally_active else out


def branch(spec: NetworkSpec, weights: Weights, x: Tensor, *, stride: int) -> Tensor:
    """F(x), with its squeeze-and-excitation."""
    order, out = spec.order, x
    windows = _windows(spec, stride)
    for number, (step, padding, groups) in enumerate(windows, start=1):
        if order.preactivated:
            out = _activated(order, weights, number, out)
        out = weights.conv(f"conv{number}", out, stride=step, padding=padding, groups=groups)
        last = number == len(windows)
        if order is ActivationOrder.FULL_PREACTIVATION:
            continue
        if not (last and order is ActivationOrder.BN_AFTER_ADDITION):
            out = weights.bn(f"bn{number}", out)
        if not last and not order.preactivated:
            out = relu(out)
    if spec.se_reduction:
        means = out.mean((2, 3), keepdim=True)
        part = weights.under("se")
        out = out * torch.sigmoid(part.conv("fc2", relu(part.conv("fc1", means))))
    if order in (ActivationOrder.RELU_BEFORE_ADDITION, ActivationOrder.RELU_TWICE):
        out = relu(out)
    return out


def merged(
    spec: NetworkSpec, weights: Weights, out: Tensor, split: Tensor, *, stride: int, identity: bool
) -> Tensor:
    """What branch and shortcut make together, before anything that follows the addition."""
    kind = spec.shortcut_type
    passed = split if identity else fitted(spec, weights, split, out.shape[1], stride=stride)
    if kind is ShortcutType.SCALING:
        return spec.residual_scale * out + spec.shortcut_scale * passed
    if not kind.gated:
        return out + passed
    padding = 1 if kind is ShortcutType.HIGHWAY else 0
    logits = weights.under("gate").conv("conv", split, stride=stride, padding=padding)
    gate = 1 / (1 + torch.exp(-logits))
    if kind is ShortcutType.SHORTCUT_GATE:
        return out + (1 - gate) * passed
    return gate * out + (1 - gate) * passed


def fitted(spec: NetworkSpec, weights: Weights, x: Tensor, outputs: int, *, stride: int) -> Tensor:
    """The shortcut where it is not the identity."""
    part = weights.under("downsample")
    if spec.shortcut_type is ShortcutType.CONV:
        return part.conv("0", x, stride=stride)
    if spec.shortcut is ShortcutKind.A:
        added = outputs - x.shape[1]
        before = added // 2 if spec.zero_padding is ZeroPadding.BOTH else 0
        kept = x[:, :, ::stride, ::stride]
        zeros = kept.new_zeros(kept.shape[0], added, *kept.shape[2:])
        return torch.cat((zeros[:, :before], kept, zeros[:, before:]), dim=1)
    if spec.projection is ProjectionKind.BIAS:
        return part.conv("0", x, stride=stride)
    number = 0
    if spec.projection is ProjectionKind.AVGPOOL:
        x, stride, number = _means(x) if stride > 1 else x, 1, 1
    out = part.conv(str(number), x, stride=stride)
    if spec.order is ActivationOrder.FULL_PREACTIVATION:
        return out
    return part.bn(str(number + 1), out)


def _means(x: Tensor) -> Tensor:
    """The mean of each 2x2 pixels; on an odd size the edge pixels count as often as they can."""
    bottom, right = (size % 2 for size in x.shape[2:])
    # Repeating the edge leaves the mean of what is there as it is.
    return functional.avg_pool2d(functional.pad(x, (0, right, 0, bottom), mode="replicate"), 2)


def _activated(order: ActivationOrder, weights: Weights, number: int, x: Tensor) -> Tensor:
    if order is ActivationOrder.FULL_PREACTIVATION:
        x = weights.bn(f"bn{number}", x)
    return relu(x)


def _always_projects(spec: NetworkSpec) -> bool:
    return spec.shortcut is ShortcutKind.C or spec.shortcut_type is ShortcutType.CONV


def _windows(spec: NetworkSpec, stride: int) -> list[tuple[int, int, int]]:
    """Stride, padding and groups of each convolution of a branch."""
    if spec.block is BlockKind.BASIC:
        return [(stride, 1, 1), (1, 1, 1)]
    first, second = (stride, 1) if spec.stride_on is StridePlace.CONV1 else (1, stride)
    return [(first, 0, 1), (second, 1, spec.groups), (1, 0, 1)]
