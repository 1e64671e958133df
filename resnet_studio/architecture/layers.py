"""One function for each kind of layer: shape, counts and receptive field from what it reads."""

from __future__ import annotations

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
    before, size, _ = source.shape
    padding = (kernel - 1) // 2
    after = output_size(size, kernel=kernel, stride=stride, padding=padding)
    parameters = kernel * kernel * (before // groups) * channels
    title = f"{kernel}×{kernel} conv, {channels}"
    if groups > 1:
        title += f", {groups} groups"
    if stride > 1:
        title += f", /{stride}"
    return Layer(
        name=name,
        kind=LayerKind.CONV,
        title=title,
        inputs=(source.name,),
        input_shape=source.shape,
        output_shape=(channels, after, after),
        kernel=kernel,
        stride=stride,
        padding=padding,
        groups=groups,
        parameters=parameters,
        macs=parameters * after * after,
        receptive_field=grow(source.field, kernel=kernel, stride=stride, padding=padding),
    )


def batch_norm(name: str, source: Point) -> Layer:
    """Batch normalisation with one scale and one shift for each channel."""
    return _pointwise(
        name, LayerKind.BATCH_NORM, "batch norm", source, parameters=2 * source.shape[0]
    )


def relu(name: str, source: Point) -> Layer:
    """The rectifier max(0, x)."""
    return _pointwise(name, LayerKind.RELU, "ReLU", source)


def addition(name: str, branch: Point, shortcut: Point) -> Layer:
    """The sum F(x) + shortcut; sees what either path sees."""
    return Layer(
        name=name,
        kind=LayerKind.ADD,
        title="add",
        inputs=(branch.name, shortcut.name),
        input_shape=branch.shape,
        output_shape=branch.shape,
        kernel=1,
        stride=1,
        padding=0,
        groups=1,
        parameters=0,
        macs=0,
        receptive_field=join((branch.field, shortcut.field)),
    )


def zero_pad(name: str, source: Point, channels: int, *, stride: int) -> Layer:
    """Shortcut option A: keeps every `stride`-th row and column and adds channels of zeros."""
    before, size, _ = source.shape
    after = output_size(size, kernel=1, stride=stride, padding=0)
    title = f"zero-pad, {before} → {channels}"
    return Layer(
        name=name,
        kind=LayerKind.ZERO_PAD,
        title=title if stride == 1 else f"{title}, /{stride}",
        inputs=(source.name,),
        input_shape=source.shape,
        output_shape=(channels, after, after),
        kernel=1,
        stride=stride,
        padding=0,
        groups=1,
        parameters=0,
        macs=0,
        receptive_field=grow(source.field, kernel=1, stride=stride, padding=0),
    )


def max_pool(name: str, source: Point, *, kernel: int, stride: int) -> Layer:
    """The largest value of each window, padded with minus infinity by half the window."""
    padding = (kernel - 1) // 2
    after = output_size(source.shape[1], kernel=kernel, stride=stride, padding=padding)
    title = f"{kernel}×{kernel} max pool, /{stride}"
    return _pool(name, LayerKind.MAX_POOL, title, source, after, kernel, stride, padding)


def global_average_pool(name: str, source: Point) -> Layer:
    """The mean of each channel over its whole map."""
    size = source.shape[1]
    title = f"{size}×{size} average pool"
    return _pool(name, LayerKind.AVG_POOL, title, source, 1, size, size, 0)


def linear(name: str, source: Point, outputs: int) -> Layer:
    """A linear layer with bias on the flattened input."""
    inputs = 1
    for length in source.shape:
        inputs *= length
    return Layer(
        name=name,
        kind=LayerKind.LINEAR,
        title=f"linear, {outputs}",
        inputs=(source.name,),
        input_shape=(inputs,),
        output_shape=(outputs,),
        kernel=1,
        stride=1,
        padding=0,
        groups=1,
        parameters=(inputs + 1) * outputs,
        macs=inputs * outputs,
        receptive_field=source.field,
    )


def _pointwise(
    name: str, kind: LayerKind, title: str, source: Point, *, parameters: int = 0
) -> Layer:
    return Layer(
        name=name,
        kind=kind,
        title=title,
        inputs=(source.name,),
        input_shape=source.shape,
        output_shape=source.shape,
        kernel=1,
        stride=1,
        padding=0,
        groups=1,
        parameters=parameters,
        macs=0,
        receptive_field=source.field,
    )


def _pool(
    name: str,
    kind: LayerKind,
    title: str,
    source: Point,
    after: int,
    kernel: int,
    stride: int,
    padding: int,
) -> Layer:
    return Layer(
        name=name,
        kind=kind,
        title=title,
        inputs=(source.name,),
        input_shape=source.shape,
        output_shape=(source.shape[0], after, after),
        kernel=kernel,
        stride=stride,
        padding=padding,
        groups=1,
        parameters=0,
        macs=0,
        receptive_field=grow(source.field, kernel=kernel, stride=stride, padding=padding),
    )
