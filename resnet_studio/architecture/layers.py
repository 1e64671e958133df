"""One function for each kind of layer: shape, counts and receptive field from what it reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from resnet_studio.architecture.arithmetic import grow, join, output_size
from resnet_studio.architecture.elements import Layer, LayerKind, ReceptiveField, Shape


class Point(NamedTuple):
    """Where a layer reads: the picture, or the output of another layer."""

    name: str
    shape: Shape
    field: ReceptiveField


def end(layers: Sequence[Layer]) -> Point:
    """Returns the output of the last of `layers`."""
    last = layers[-1]
    return Point(last.name, last.output_shape, last.receptive_field)


def convolution(
    name: str, source: Point, channels: int, *, kernel: int, stride: int, groups: int = 1
) -> Layer:
    """A square convolution without bias, padded so that stride 1 keeps the size."""
    title = f"{kernel}×{kernel} conv, {channels}"
    return _window(
        name,
        LayerKind.CONV,
        title if groups == 1 else f"{title}, {groups} groups",
        source,
        channels=channels,
        kernel=kernel,
        stride=stride,
        padding=(kernel - 1) // 2,
        groups=groups,
        parameters=kernel * kernel * (source.shape[0] // groups) * channels,
    )


def max_pool(name: str, source: Point, *, kernel: int, stride: int) -> Layer:
    """The largest value of each window, padded with minus infinity by half the window."""
    return _window(
        name,
        LayerKind.MAX_POOL,
        f"{kernel}×{kernel} max pool",
        source,
        channels=source.shape[0],
        kernel=kernel,
        stride=stride,
        padding=(kernel - 1) // 2,
    )


def zero_pad(name: str, source: Point, channels: int, *, stride: int) -> Layer:
    """Shortcut option A: keeps every `stride`-th row and column and adds channels of zeros."""
    title = f"zero-pad, {source.shape[0]} → {channels}"
    return _window(
        name,
        LayerKind.ZERO_PAD,
        title,
        source,
        channels=channels,
        kernel=1,
        stride=stride,
        padding=0,
    )


def global_average_pool(name: str, source: Point) -> Layer:
    """The mean of each channel over its whole map."""
    channels, size, _ = source.shape
    return Layer(
        name=name,
        kind=LayerKind.AVG_POOL,
        title=f"{size}×{size} average pool",
        inputs=(source.name,),
        input_shape=source.shape,
        output_shape=(channels, 1, 1),
        receptive_field=grow(source.field, kernel=size, stride=size, padding=0),
        kernel=size,
        stride=size,
    )


def batch_norm(name: str, source: Point) -> Layer:
    """Batch normalisation with one scale and one shift for each channel."""
    return Layer(
        name=name,
        kind=LayerKind.BATCH_NORM,
        title="batch norm",
        inputs=(source.name,),
        input_shape=source.shape,
        output_shape=source.shape,
        receptive_field=source.field,
        parameters=2 * source.shape[0],
    )


def relu(name: str, source: Point) -> Layer:
    """The rectifier max(0, x)."""
    return Layer(
        name=name,
        kind=LayerKind.RELU,
        title="ReLU",
        inputs=(source.name,),
        input_shape=source.shape,
        output_shape=source.shape,
        receptive_field=source.field,
    )


def addition(name: str, branch: Point, shortcut: Point) -> Layer:
    """The sum F(x) + shortcut; sees what either path sees."""
    return Layer(
        name=name,
        kind=LayerKind.ADD,
        title="add",
        inputs=(branch.name, shortcut.name),
        input_shape=branch.shape,
        output_shape=branch.shape,
        receptive_field=join((branch.field, shortcut.field)),
    )


def linear(name: str, source: Point, outputs: int) -> Layer:
    """A linear layer with bias on the flattened input."""
    inputs = math.prod(source.shape)
    return Layer(
        name=name,
        kind=LayerKind.LINEAR,
        title=f"linear, {outputs}",
        inputs=(source.name,),
        input_shape=(inputs,),
        output_shape=(outputs,),
        receptive_field=source.field,
        parameters=(inputs + 1) * outputs,
        macs=inputs * outputs,
    )


def _window(
    name: str,
    kind: LayerKind,
    title: str,
    source: Point,
    *,
    channels: int,
    kernel: int,
    stride: int,
    padding: int,
    groups: int = 1,
    parameters: int = 0,
) -> Layer:
    """A layer that moves a window over the map and uses each parameter once at each place."""
    size = output_size(source.shape[1], kernel=kernel, stride=stride, padding=padding)
    return Layer(
        name=name,
        kind=kind,
        title=title if stride == 1 else f"{title}, /{stride}",
        inputs=(source.name,),
        input_shape=source.shape,
        output_shape=(channels, size, size),
        receptive_field=grow(source.field, kernel=kernel, stride=stride, padding=padding),
        kernel=kernel,
        stride=stride,
        padding=padding,
        groups=groups,
        parameters=parameters,
        macs=parameters * size * size,
    )
