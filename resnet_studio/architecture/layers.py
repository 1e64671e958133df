"""One function for each kind of layer: shape, counts and receptive field from what it reads."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

from resnet_studio.architecture.arithmetic import grow, join, output_size
from resnet_studio.architecture.elements import Layer, LayerKind, ReceptiveField, Shape


class Picture(NamedTuple):
    """What the first layer reads; it has the same to say as a layer that others read."""

    name: str
    output_shape: Shape
    receptive_field: ReceptiveField


Source: TypeAlias = Picture | Layer
"""What a layer reads: the picture, or another layer."""


class Chain:
    """Layers that are made one after the other, each to read the one before.

    Attributes:
        end: What the next layer reads.
    """

    __slots__ = ("_layers", "end")

    def __init__(self, start: Source) -> None:
        self.end = start
        self._layers: list[Layer] = []

    def put(self, layer: Layer) -> None:
        """Adds a layer; what comes next reads it."""
        self._layers.append(layer)
        self.end = layer

    def cut(self) -> tuple[Layer, ...]:
        """Returns the layers put since the last cut."""
        layers, self._layers = tuple(self._layers), []
        return layers


def convolution(
    name: str,
    source: Source,
    channels: int,
    *,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    bias: bool = False,
    padded: bool = True,
) -> Layer:
    """A square convolution; `padded` so that stride 1 keeps the size."""
    title = f"{kernel}×{kernel} conv, {channels}"
    if groups != 1:
        title += f", {groups} groups"
    if bias:
        title += ", bias"
    return _window(
        name,
        LayerKind.CONV,
        title,
        source,
        channels=channels,
        kernel=kernel,
        stride=stride,
        padding=(kernel - 1) // 2 if padded else 0,
        groups=groups,
        weights=kernel * kernel * (source.output_shape[0] // groups) * channels,
        bias=bias,
    )


def max_pool(name: str, source: Source, *, kernel: int, stride: int, padded: bool = True) -> Layer:
    """The largest value of each window; `padded` with minus infinity by half the window."""
    return _window(
        name,
        LayerKind.MAX_POOL,
        f"{kernel}×{kernel} max pool",
        source,
        channels=source.output_shape[0],
        kernel=kernel,
        stride=stride,
        padding=(kernel - 1) // 2 if padded else 0,
    )


def zero_pad(name: str, source: Source, channels: int, *, stride: int, both_sides: bool) -> Layer:
    """Shortcut option A: keeps every `stride`-th row and column and adds channels of zeros.

    They go to the end, or with `both_sides` half before the others, rounded down, and the rest
    after them.
    """
    before = source.output_shape[0]
    added = channels - before
    first = added // 2 if both_sides else 0
    title = f"zero-pad, {before} → {channels}"
    if added:
        title += ", both sides" if both_sides else ", at the end"
    return _window(
        name,
        LayerKind.ZERO_PAD,
        title,
        source,
        channels=channels,
        kernel=1,
        stride=stride,
        padding=0,
        zeros=(first, added - first),
    )


def gate(name: str, source: Source, channels: int, *, kernel: int, stride: int) -> Layer:
    """A convolution with bias and a sigmoid: how much of each number passes (arXiv:1603.05027)."""
    return _window(
        name,
        LayerKind.GATE,
        f"gate {kernel}×{kernel}, sigmoid",
        source,
        channels=channels,
        kernel=kernel,
        stride=stride,
        padding=(kernel - 1) // 2,
        weights=kernel * kernel * source.output_shape[0] * channels,
        bias=True,
    )


def average_pool(name: str, source: Source, *, window: int) -> Layer:
    """The mean of each window, side by side; the last one stops at the edge of the map.

    An edge window averages the pixels that there are, so that no pixel is lost (ResNet-D,
    arXiv:1812.01187, on maps of odd size).
    """
    channels, size, _ = source.output_shape
    after = -(-size // window)
    return Layer(
        name=name,
        kind=LayerKind.AVG_POOL,
        title=f"{window}×{window} average pool, /{window}",
        inputs=(source.name,),
        input_shape=source.output_shape,
        output_shape=(channels, after, after),
        receptive_field=grow(source.receptive_field, kernel=window, stride=window, padding=0),
        kernel=window,
        stride=window,
    )


def global_average_pool(name: str, source: Source) -> Layer:
    """The mean of each channel over its whole map."""
    channels, size, _ = source.output_shape
    return Layer(
        name=name,
        kind=LayerKind.AVG_POOL,
        title=f"{size}×{size} average pool",
        inputs=(source.name,),
        input_shape=source.output_shape,
        output_shape=(channels, 1, 1),
        receptive_field=grow(source.receptive_field, kernel=size, stride=size, padding=0),
        kernel=size,
        stride=size,
    )


def batch_norm(name: str, source: Source) -> Layer:
    """Batch normalisation with one scale and one shift for each channel."""
    shape = source.output_shape
    return Layer(
        name=name,
        kind=LayerKind.BATCH_NORM,
        title="batch norm",
        inputs=(source.name,),
        input_shape=shape,
        output_shape=shape,
        receptive_field=source.receptive_field,
        parameters=2 * shape[0],
        tensors=2,
    )


def relu(name: str, source: Source) -> Layer:
    """The rectifier max(0, x)."""
    return _pointwise(name, LayerKind.RELU, "ReLU", source)


def scale(name: str, source: Source, factor: float) -> Layer:
    """Multiplication of every number by the same constant (arXiv:1603.05027, section 3.1)."""
    return _pointwise(name, LayerKind.SCALE, f"× {factor:.4g}", source, factor=factor)


def dropout(name: str, source: Source, rate: float) -> Layer:
    """While training, drops each number with probability `rate` and scales up the others."""
    return _pointwise(name, LayerKind.DROPOUT, f"dropout {rate:.3g}", source, factor=rate)


def drop_path(name: str, source: Source, rate: float) -> Layer:
    """While training, drops the whole branch with probability `rate` (arXiv:1603.09382)."""
    return _pointwise(name, LayerKind.DROP_PATH, f"drop path {rate:.3g}", source, factor=rate)


def squeeze_excitation(name: str, source: Source, *, reduction: int) -> Layer:
    """Weighs each channel by what the means of all channels say (arXiv:1709.01507).

    Two 1x1 convolutions with bias on the means, from C channels to C / `reduction`, at least one,
    and back, a ReLU between them and a sigmoid after.
    """
    channels = source.output_shape[0]
    hidden = max(1, channels // reduction)
    weights = 2 * channels * hidden
    return Layer(
        name=name,
        kind=LayerKind.SE,
        title=f"SE, {channels} → {hidden} → {channels}",
        inputs=(source.name,),
        input_shape=source.output_shape,
        output_shape=source.output_shape,
        receptive_field=source.receptive_field,
        parameters=weights + hidden + channels,
        macs=weights,
        tensors=4,
        hidden=hidden,
    )


def addition(name: str, branch: Source, shortcut: Source) -> Layer:
    """The sum F(x) + shortcut; sees what either path sees."""
    return Layer(
        name=name,
        kind=LayerKind.ADD,
        title="add",
        inputs=(branch.name, shortcut.name),
        input_shape=branch.output_shape,
        output_shape=branch.output_shape,
        receptive_field=join((branch.receptive_field, shortcut.receptive_field)),
    )


def gated_addition(
    name: str, branch: Source, shortcut: Source, gate: Source, *, gates_branch: bool
) -> Layer:
    """The sum F(x) + (1 - g) shortcut, or g F(x) + (1 - g) shortcut if the gate has both."""
    return Layer(
        name=name,
        kind=LayerKind.ADD,
        title="add, branch and shortcut gated" if gates_branch else "add, shortcut gated",
        inputs=(branch.name, shortcut.name, gate.name),
        input_shape=branch.output_shape,
        output_shape=branch.output_shape,
        receptive_field=join(
            (branch.receptive_field, shortcut.receptive_field, gate.receptive_field)
        ),
        gates_branch=gates_branch,
    )


def linear(name: str, source: Source, outputs: int) -> Layer:
    """A linear layer with bias on the flattened input."""
    inputs = math.prod(source.output_shape)
    return Layer(
        name=name,
        kind=LayerKind.LINEAR,
        title=f"linear, {outputs}",
        inputs=(source.name,),
        input_shape=(inputs,),
        output_shape=(outputs,),
        receptive_field=source.receptive_field,
        parameters=(inputs + 1) * outputs,
        macs=inputs * outputs,
        tensors=2,
    )


def _pointwise(
    name: str, kind: LayerKind, title: str, source: Source, *, factor: float = 0.0
) -> Layer:
    """A layer that treats each number by itself and trains nothing."""
    return Layer(
        name=name,
        kind=kind,
        title=title,
        inputs=(source.name,),
        input_shape=source.output_shape,
        output_shape=source.output_shape,
        receptive_field=source.receptive_field,
        factor=factor,
    )


def _window(
    name: str,
    kind: LayerKind,
    title: str,
    source: Source,
    *,
    channels: int,
    kernel: int,
    stride: int,
    padding: int,
    groups: int = 1,
    weights: int = 0,
    bias: bool = False,
    zeros: tuple[int, int] = (0, 0),
) -> Layer:
    """A layer that moves a window over the map and uses each weight once at each place."""
    size = output_size(source.output_shape[1], kernel=kernel, stride=stride, padding=padding)
    return Layer(
        name=name,
        kind=kind,
        title=title if stride == 1 else f"{title}, /{stride}",
        inputs=(source.name,),
        input_shape=source.output_shape,
        output_shape=(channels, size, size),
        receptive_field=grow(source.receptive_field, kernel=kernel, stride=stride, padding=padding),
        kernel=kernel,
        stride=stride,
        padding=padding,
        groups=groups,
        parameters=weights + channels if bias else weights,
        macs=weights * size * size,
        tensors=bool(weights) + bias,
        zeros=zeros,
    )
