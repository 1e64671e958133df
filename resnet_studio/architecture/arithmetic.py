"""The arithmetic of convolutions and pools: sizes, what is never read, receptive fields.

A window of `kernel` pixels that moves by `stride` over `size` pixels with `padding` zeros on each
side stops at floor((size + 2 padding - kernel) / stride) + 1 places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_studio.architecture.elements import INPUT, Layer, LayerKind, ReceptiveField
from resnet_studio.errors import SpecError

PIXEL = ReceptiveField(size=1, jump=1, first_centre=0.0)
"""The receptive field of a pixel of the picture itself."""
_CONVOLVES = (LayerKind.CONV, LayerKind.GATE)
_WINDOWED = (*_CONVOLVES, LayerKind.MAX_POOL, LayerKind.ZERO_PAD)


@dataclass(frozen=True, slots=True)
class Unread:
    """What a window never reads of the rows (and, alike, the columns) of its padded input.

    Attributes:
        remainder: Rows after the last window: the remainder of the division.
        padding: Rows of the padding among these, at the bottom.
        rows: Rows of the map itself that no window reads, wherever they are.
        last_row: Whether the last row of the map is one of them.
    """

    remainder: int
    padding: int
    rows: int
    last_row: bool


def output_size(size: int, *, kernel: int, stride: int, padding: int) -> int:
    """Returns floor((size + 2 padding - kernel) / stride) + 1.

    Raises:
        SpecError: If the window is larger than the padded input.
    """
    room = size + 2 * padding - kernel
    if room < 0:
        raise SpecError(
            f"A window of {kernel} does not fit into {size} pixels with padding {padding}.",
            field="input_size",
            remedy=f"The input must have at least {kernel - 2 * padding} pixels there.",
        )
    return room // stride + 1


def unread(size: int, *, kernel: int, stride: int, padding: int) -> Unread:
    """Returns which rows of a map of `size` rows the window never reads.

    Raises:
        SpecError: If the window is larger than the padded input.
    """
    windows = output_size(size, kernel=kernel, stride=stride, padding=padding)
    remainder = (size + 2 * padding - kernel) % stride
    if kernel < stride:  # windows leave gaps between them
        starts = range(-padding, -padding + windows * stride, stride)
        read = sum(max(0, min(start + kernel, size) - max(start, 0)) for start in starts)
        last = padding + size - 1
        last_row = last // stride >= windows or last % stride >= kernel
    else:
        read = size - min(size, max(0, remainder - padding))
        last_row = read < size
    return Unread(
        remainder=remainder,
        padding=min(remainder, padding),
        rows=size - read,
        last_row=last_row,
    )


def grow(field: ReceptiveField, *, kernel: int, stride: int, padding: int) -> ReceptiveField:
    """Returns the receptive field after one more window (Araujo et al. 2019, distill.00021).

    size + (kernel - 1) jump; jump x stride; first centre + ((kernel - 1) / 2 - padding) jump.
    """
    if kernel == 1 and stride == 1 and padding == 0:
        return field
    return ReceptiveField(
        size=field.size + (kernel - 1) * field.jump,
        jump=field.jump * stride,
        first_centre=field.first_centre + ((kernel - 1) / 2 - padding) * field.jump,
    )


def join(fields: Sequence[ReceptiveField]) -> ReceptiveField:
    """Returns the receptive field where paths meet: what any of them sees.

    All must have the same jump, as paths to one addition have. In every residual block this is
    the field of the branch: its 3x3 convolution sees all that a shortcut sees, and more.
    """
    first = fields[0]
    if all(field == first for field in fields):
        return first
    low = min(field.first_centre - (field.size - 1) / 2 for field in fields)
    high = max(field.first_centre + (field.size - 1) / 2 for field in fields)
    return ReceptiveField(
        size=round(high - low) + 1, jump=first.jump, first_centre=(low + high) / 2
    )


def explain(layer: Layer) -> str:
    """Returns in plain sentences how size and counts of `layer` come about."""
    return " ".join(sentences(layer))


def sentences(layer: Layer) -> tuple[str, ...]:
    """Returns the sentences of `explain`: what it does, its size, what it skips, its counts."""
    said = [_purpose(layer)]
    if layer.kind in _WINDOWED:
        said += _size(layer)
    if layer.kind in _CONVOLVES:
        said += _convolution_counts(layer)
    if layer.kind is LayerKind.AVG_POOL and not _covers_map(layer):
        said.append(_pooled_size(layer))
    if layer.kind is not LayerKind.LINEAR:
        said.append(_view(layer))
    if layer.kind in _WINDOWED and layer.kernel > 1:
        said.append(_growth(layer))
    return tuple(said)


def _purpose(layer: Layer) -> str:
    """Returns the sentence on what a layer does."""
    match layer.kind:
        case LayerKind.CONV | LayerKind.GATE | LayerKind.LINEAR | LayerKind.BATCH_NORM:
            return _weighing(layer)
        case LayerKind.SE:
            return _squeezing(layer)
        case LayerKind.RELU:
            return "Replaces negative numbers by 0; keeps the shape, trains nothing."
        case LayerKind.MAX_POOL:
            return f"Keeps the largest number of each {layer.kernel} × {layer.kernel} window."
        case LayerKind.AVG_POOL:
            return _averaging(layer)
        case LayerKind.ADD:
            return _adding(layer)
        case LayerKind.ZERO_PAD:
            return _padding(layer)
        case LayerKind.SCALE | LayerKind.DROPOUT | LayerKind.DROP_PATH:
            return _thinning(layer)


def _weighing(layer: Layer) -> str:
    before, after = f"{layer.input_shape[0]:,}", f"{layer.output_shape[0]:,}"
    window = f"A {layer.kernel} × {layer.kernel} convolution from {before} to {after} channels"
    if layer.kind is LayerKind.CONV:
        return f"{window}, {'with' if _has_bias(layer) else 'without'} bias."
    if layer.kind is LayerKind.GATE:
        return (
            f"{window}, with bias, and a sigmoid: a number g between 0 and 1 for each number of "
            "the shortcut, of which the share 1 − g passes."
        )
    if layer.kind is LayerKind.BATCH_NORM:
        return (
            f"Normalises each of {before} channels, then scales and shifts it: "
            f"2 × {before} = {layer.parameters:,} parameters."
        )
    return (
        f"Each of {after} outputs weighs all {before} numbers and adds a bias: "
        f"({before} + 1) × {after} = {layer.parameters:,} parameters, "
        f"{layer.macs:,} multiply-accumulates."
    )


def _squeezing(layer: Layer) -> str:
    channels, hidden = f"{layer.input_shape[0]:,}", f"{layer.hidden:,}"
    return (
        f"Multiplies each of {channels} channels by a weight between 0 and 1, which two 1 × 1 "
        f"convolutions with bias make of the channels' means, through {hidden} numbers: "
        f"2 × {channels} × {hidden} + {hidden} + {channels} = {layer.parameters:,} parameters, "
        f"2 × {channels} × {hidden} = {layer.macs:,} multiply-accumulates."
    )


def _averaging(layer: Layer) -> str:
    channels, height, width = layer.input_shape
    if _covers_map(layer):
        return (
            f"Averages each channel over its whole {height} × {width} map: "
            f"{channels:,} numbers are left."
        )
    return f"Averages each {layer.kernel} × {layer.kernel} window; trains nothing."


def _adding(layer: Layer) -> str:
    shape = " × ".join(f"{length:,}" for length in layer.input_shape)
    if len(layer.inputs) < 3:
        return f"Adds the shortcut to the residual branch, number by number: both are {shape}."
    branch = "g times the residual branch" if layer.gates_branch else "the residual branch"
    return (
        f"Adds 1 − g times the shortcut to {branch}, number by number, where the gate says g: "
        f"all are {shape}."
    )


def _padding(layer: Layer) -> str:
    first, last = layer.zeros
    zeros = f" and appends {_channels(last)} of zeros" if last else ""
    if first:
        zeros = f", with {_channels(first)} of zeros before them and {last:,} after"
    return f"Passes {_channels(layer.input_shape[0])} on{zeros}; trains nothing."


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count:,} channels"


def _thinning(layer: Layer) -> str:
    if layer.kind is LayerKind.SCALE:
        return f"Multiplies every number by {layer.factor:.4g}; trains nothing."
    rate, kept = f"{layer.factor:.3g}", f"{1 - layer.factor:.3g}"
    if layer.kind is LayerKind.DROPOUT:
        return (
            f"While training, replaces each number by 0 with probability {rate} and divides the "
            f"others by {kept}; otherwise passes all on as they are."
        )
    return (
        f"While training, leaves out the residual branch with probability {rate}, for a whole "
        f"batch at once, and divides it by {kept} where it stays; otherwise passes it on."
    )


def _has_bias(layer: Layer) -> bool:
    return layer.tensors == 2


def _covers_map(layer: Layer) -> bool:
    """Whether a pool has one window, which is the whole map."""
    return layer.input_shape[1] == layer.kernel


def _size(layer: Layer) -> list[str]:
    size, kernel, stride, padding = (
        layer.input_shape[1],
        layer.kernel,
        layer.stride,
        layer.padding,
    )
    lost = unread(size, kernel=kernel, stride=stride, padding=padding)
    room, after = f"({size} + 2 × {padding} − {kernel}) / {stride}", layer.output_shape[1]
    if lost.remainder:
        said = [f"Size: floor({room}) + 1 = {after}; the division leaves {lost.remainder}."]
    else:
        said = [f"Size: {room} + 1 = {after}; the division is exact."]
    if lost.padding:
        said.append(
            f"So the {_last_lines(lost.padding)} of the padding, at the bottom and on the right, "
            f"are never read: the padding that counts is {padding} before and "
            f"{padding - lost.padding} after."
        )
    if lost.rows:
        said.append(_skipped(layer, lost))
    elif lost.padding:
        said.append(f"No pixel of the {_map_name(layer)} is lost.")
    return said


def _pooled_size(layer: Layer) -> str:
    """Returns the sentence on the size after windows side by side, of which the last is cut."""
    size, window, after = layer.input_shape[1], layer.kernel, layer.output_shape[1]
    rest = size % window
    if not rest:
        return f"Size: {size} / {window} = {after}; the division is exact."
    return (
        f"Size: {size} / {window}, rounded up, = {after}: the last window has only {rest} of "
        f"{window} rows or columns and averages what is there."
    )


def _map_name(layer: Layer) -> str:
    return "picture" if layer.inputs == (INPUT,) else "map"


def _view(layer: Layer) -> str:
    field = layer.receptive_field
    sees = f"{field.size:,} × {field.size:,} pixels of the picture, padding included"
    if layer.kind is LayerKind.AVG_POOL and _covers_map(layer):
        return f"Each number sees {sees}."
    if layer.kind is LayerKind.SE:
        return f"Each number sees {sees}; the weight of its channel depends on the whole map."
    return f"Each number sees {sees}; its neighbour sees the same {field.jump:,} px further."


def _growth(layer: Layer) -> str:
    """Returns how the field comes from that of the map before, by the recurrence of `grow`."""
    field, kernel = layer.receptive_field, layer.kernel
    jump = field.jump // layer.stride
    before = field.size - (kernel - 1) * jump
    grown = f"{before:,} + ({kernel} − 1) × {jump:,} = {field.size:,} px"
    grows = f"The field grows by {kernel - 1} steps of the map before, {jump:,} px each: {grown}"
    if layer.stride == 1:
        return f"{grows}."
    return f"{grows}; the step becomes {jump:,} × {layer.stride} = {field.jump:,} px."


def _skipped(layer: Layer, lost: Unread) -> str:
    """Returns the sentence on rows and columns of the map itself that are never read."""
    if layer.kernel >= layer.stride:
        return f"So the {_last_lines(lost.rows)} of the {_map_name(layer)} are never read."
    size = layer.input_shape[1]
    read = size - lost.rows
    last = "the last one too" if lost.last_row else "not the last one"
    return (
        f"Of {size} rows and {size} columns {lost.rows} each are skipped, {last}: with stride "
        f"{layer.stride} only {read} × {read} of {size} × {size} positions are read."
    )


def _last_lines(count: int) -> str:
    return "last row and column" if count == 1 else f"last {count} rows and columns"


def _convolution_counts(layer: Layer) -> list[str]:
    inputs = f"{layer.input_shape[0]:,}"
    if layer.groups > 1:
        inputs = f"({inputs} / {layer.groups} groups)"
    outputs, height, width = layer.output_shape
    bias = outputs if _has_bias(layer) else 0
    weights = layer.parameters - bias
    return [
        f"Parameters: {layer.kernel} × {layer.kernel} × {inputs} × {outputs:,}"
        f"{f' + {bias:,}' if bias else ''} = {layer.parameters:,}.",
        f"Multiply-accumulates: {weights:,} × {height} × {width} = {layer.macs:,}.",
    ]
