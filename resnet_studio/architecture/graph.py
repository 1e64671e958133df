"""From a spec to the network's layers, blocks and edges, with every shape and count.

Building is linear in the depth. Nothing here knows torch; that the torch network has these
modules, shapes and parameters is tested beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from resnet_studio.architecture import layers as make
from resnet_studio.architecture.arithmetic import PIXEL
from resnet_studio.architecture.elements import (
    INPUT,
    Block,
    Edge,
    EdgeKind,
    Layer,
    LayerKind,
    ReceptiveField,
    Section,
    SectionKind,
    Shape,
    ShortcutForm,
)
from resnet_studio.architecture.layers import Point, end
from resnet_studio.architecture.spec import (
    BlockKind,
    NetworkSpec,
    ShortcutKind,
    StemKind,
    StridePlace,
)

# The records live in `elements`; who works with a graph imports everything from here.
__all__ = [
    "INPUT",
    "Block",
    "Edge",
    "EdgeKind",
    "Layer",
    "LayerKind",
    "NetworkGraph",
    "ReceptiveField",
    "Section",
    "SectionKind",
    "Shape",
    "ShortcutForm",
    "build_graph",
]


@dataclass(frozen=True)
class NetworkGraph:
    """A network as drawn and counted.

    Attributes:
        spec: What it was made from, with `input_size` as drawn.
        sections: Stem, stages, head.
        edges: What flows between the layers, in the order of computation.
    """

    spec: NetworkSpec
    sections: tuple[Section, ...]
    edges: tuple[Edge, ...]

    @property
    def input_size(self) -> int:
        """Height and width of the picture in pixels."""
        return self.spec.input_size

    @property
    def input_shape(self) -> Shape:
        """Shape of the picture."""
        return (self.spec.in_channels, self.input_size, self.input_size)

    @property
    def stem(self) -> Section:
        """The root of the network."""
        return self.sections[0]

    @property
    def stages(self) -> tuple[Section, ...]:
        """The stages of residual blocks."""
        return self.sections[1:-1]

    @property
    def head(self) -> Section:
        """Pooling and the linear layer."""
        return self.sections[-1]

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in the order of computation."""
        return tuple(layer for section in self.sections for layer in section.layers)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks in the order of computation."""
        return tuple(block for section in self.sections for block in section.blocks)

    @cached_property
    def parameters(self) -> int:
        """Trained numbers."""
        return sum(section.parameters for section in self.sections)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layer for one picture."""
        return sum(section.macs for section in self.sections)

    @property
    def conv_parameters(self) -> int:
        """Trained numbers of the convolutions."""
        return self._parameters_by_kind.get(LayerKind.CONV, 0)

    @property
    def bn_parameters(self) -> int:
        """Scales and shifts of the batch normalisations."""
        return self._parameters_by_kind.get(LayerKind.BATCH_NORM, 0)

    @property
    def linear_parameters(self) -> int:
        """Weights and biases of the linear layer."""
        return self._parameters_by_kind.get(LayerKind.LINEAR, 0)

    @property
    def conv_count(self) -> int:
        """Convolutions, projections included."""
        return self._count_by_kind.get(LayerKind.CONV, 0)

    @property
    def bn_count(self) -> int:
        """Batch normalisations."""
        return self._count_by_kind.get(LayerKind.BATCH_NORM, 0)

    @property
    def projection_count(self) -> int:
        """Blocks whose shortcut is a projection."""
        return sum(block.shortcut_form is ShortcutForm.PROJECTION for block in self.blocks)

    @property
    def parameter_tensors(self) -> int:
        """Trained tensors: a weight per convolution, two per normalisation, two of the head."""
        return self.conv_count + 2 * self.bn_count + 2

    @property
    def buffers(self) -> int:
        """Untrained tensors: running mean, running variance and count per normalisation."""
        return 3 * self.bn_count

    @property
    def state_dict_keys(self) -> int:
        """Tensors of a state dict of the torch network."""
        return self.parameter_tensors + self.buffers

    @cached_property
    def activations(self) -> int:
        """Numbers that all layers together make for one picture."""
        return sum(math.prod(layer.output_shape) for layer in self.layers)

    def find(self, name: str) -> Layer | Block | Section:
        """Returns the layer, block or section of that name; KeyError if there is none."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, Layer | Block | Section]:
        found: dict[str, Layer | Block | Section] = {}
        for section in self.sections:
            found[section.name] = section
        for block in self.blocks:
            found[block.name] = block
        for layer in self.layers:
            found[layer.name] = layer
        return found

    @cached_property
    def _parameters_by_kind(self) -> Mapping[LayerKind, int]:
        totals: dict[LayerKind, int] = {}
        for layer in self.layers:
            totals[layer.kind] = totals.get(layer.kind, 0) + layer.parameters
        return totals

    @cached_property
    def _count_by_kind(self) -> Mapping[LayerKind, int]:
        totals: dict[LayerKind, int] = {}
        for layer in self.layers:
            totals[layer.kind] = totals.get(layer.kind, 0) + 1
        return totals


def build_graph(spec: NetworkSpec, *, input_size: int | None = None) -> NetworkGraph:
    """Returns the network of `spec`, drawn for pictures of `input_size` pixels.

    Args:
        spec: What to build.
        input_size: Height and width of the picture; the spec's own if None.

    Raises:
        SpecError: If the spec cannot have that input size.
    """
    if input_size is not None and input_size != spec.input_size:
        spec = spec.replace(input_size=input_size)
    picture = Point(INPUT, (spec.in_channels, spec.input_size, spec.input_size), PIXEL)
    sections = [_stem(spec, picture)]
    for stage in range(1, len(spec.depths) + 1):
        sections.append(_stage(spec, stage, end(sections[-1].layers)))
    sections.append(_head(spec, end(sections[-1].layers)))
    return NetworkGraph(spec=spec, sections=tuple(sections), edges=tuple(_edges(sections)))


def _stem(spec: NetworkSpec, picture: Point) -> Section:
    large = spec.stem is StemKind.IMAGENET
    kernel, stride = (7, 2) if large else (3, 1)
    layers = [
        make.convolution("conv1", picture, spec.stem_width, kernel=kernel, stride=stride),
    ]
    layers.append(make.batch_norm("bn1", end(layers)))
    layers.append(make.relu("relu", end(layers)))
    if large:
        layers.append(make.max_pool("maxpool", end(layers), kernel=3, stride=2))
    return _section("stem", SectionKind.STEM, "Stem", tuple(layers), blocks=(), start=picture)


def _stage(spec: NetworkSpec, stage: int, start: Point) -> Section:
    blocks: list[Block] = []
    layers: list[Layer] = []
    source = start
    for index in range(spec.depths[stage - 1]):
        stride = 2 if index == 0 and stage > 1 else 1
        block = _block(spec, stage, index, source=source, stride=stride)
        blocks.append(block)
        layers += block.layers
        source = end(block.merge)
    return _section(
        f"layer{stage}",
        SectionKind.STAGE,
        f"Stage {stage}",
        tuple(layers),
        blocks=tuple(blocks),
        start=start,
    )


def _head(spec: NetworkSpec, start: Point) -> Section:
    pool = make.global_average_pool("avgpool", start)
    return _section(
        "head",
        SectionKind.HEAD,
        "Head",
        (pool, make.linear("fc", end([pool]), spec.classes)),
        blocks=(),
        start=start,
    )


def _block(spec: NetworkSpec, stage: int, index: int, *, source: Point, stride: int) -> Block:
    name = f"layer{stage}.{index}"
    channels = spec.channels[stage - 1]
    residual = _residual(spec, stage, name, source=source, stride=stride)
    form = _shortcut_form(spec.shortcut, changes=stride != 1 or source.shape[0] != channels)
    shortcut = _shortcut(form, name, source, channels=channels, stride=stride)
    merge = _merge(form, name, source, residual=residual, shortcut=shortcut)
    layers = (*residual, *shortcut, *merge)
    return Block(
        name=name,
        stage=stage,
        index=index,
        residual=tuple(residual),
        shortcut=tuple(shortcut),
        shortcut_form=form,
        merge=tuple(merge),
        input_shape=source.shape,
        output_shape=merge[-1].output_shape,
        parameters=sum([layer.parameters for layer in layers]),
        macs=sum([layer.macs for layer in layers]),
        receptive_field=merge[-1].receptive_field,
    )


def _residual(
    spec: NetworkSpec, stage: int, name: str, *, source: Point, stride: int
) -> list[Layer]:
    """Returns the residual branch: convolutions, each with its normalisation, ReLUs between."""
    width, channels = spec.inner_widths[stage - 1], spec.channels[stage - 1]
    if spec.block is BlockKind.BASIC:
        plan = [(3, stride, width, 1), (3, 1, channels, 1)]
    else:
        early = spec.stride_on is StridePlace.CONV1
        first, second = (stride, 1) if early else (1, stride)
        plan = [(1, first, width, 1), (3, second, width, spec.groups), (1, 1, channels, 1)]
    layers: list[Layer] = []
    point = source
    for number, (kernel, step, out, groups) in enumerate(plan, start=1):
        layers.append(
            make.convolution(
                f"{name}.conv{number}", point, out, kernel=kernel, stride=step, groups=groups
            )
        )
        layers.append(make.batch_norm(f"{name}.bn{number}", end(layers)))
        if number < len(plan):
            layers.append(make.relu(f"{name}.relu{number}", end(layers)))
        point = end(layers)
    return layers


def _shortcut_form(kind: ShortcutKind, *, changes: bool) -> ShortcutForm:
    if kind is ShortcutKind.NONE:
        return ShortcutForm.NONE
    if kind is ShortcutKind.C or (kind is ShortcutKind.B and changes):
        return ShortcutForm.PROJECTION
    return ShortcutForm.ZERO_PAD if changes else ShortcutForm.IDENTITY


def _shortcut(
    form: ShortcutForm, name: str, source: Point, *, channels: int, stride: int
) -> list[Layer]:
    if form is ShortcutForm.PROJECTION:
        projection = make.convolution(
            f"{name}.downsample.0", source, channels, kernel=1, stride=stride
        )
        return [projection, make.batch_norm(f"{name}.downsample.1", end([projection]))]
    if form is ShortcutForm.ZERO_PAD:
        return [make.zero_pad(f"{name}.downsample", source, channels, stride=stride)]
    return []


def _merge(
    form: ShortcutForm,
    name: str,
    source: Point,
    *,
    residual: Sequence[Layer],
    shortcut: Sequence[Layer],
) -> list[Layer]:
    point = end(residual)
    relu = f"{name}.relu{1 + sum(layer.kind is LayerKind.RELU for layer in residual)}"
    if form is ShortcutForm.NONE:
        return [make.relu(relu, point)]
    addition = make.addition(f"{name}.add", point, end(shortcut) if shortcut else source)
    return [addition, make.relu(relu, end([addition]))]


def _edges(sections: Sequence[Section]) -> Iterator[Edge]:
    for section in sections:
        if not section.blocks:
            for layer in section.layers:
                yield Edge(layer.inputs[0], layer.name, layer.input_shape, EdgeKind.MAIN)
        for block in section.blocks:
            yield from _block_edges(block)


def _block_edges(block: Block) -> Iterator[Edge]:
    for layer in block.residual:
        yield Edge(layer.inputs[0], layer.name, layer.input_shape, EdgeKind.MAIN)
    for layer in block.shortcut:
        yield Edge(layer.inputs[0], layer.name, layer.input_shape, EdgeKind.SHORTCUT)
    for layer in block.merge:
        yield Edge(layer.inputs[0], layer.name, layer.input_shape, EdgeKind.MAIN)
        for source in layer.inputs[1:]:  # the addition reads the shortcut second
            yield Edge(source, layer.name, layer.input_shape, EdgeKind.SHORTCUT)


def _section(
    name: str,
    kind: SectionKind,
    title: str,
    layers: tuple[Layer, ...],
    *,
    blocks: tuple[Block, ...],
    start: Point,
) -> Section:
    return Section(
        name=name,
        kind=kind,
        title=title,
        layers=layers,
        blocks=blocks,
        input_shape=start.shape,
        output_shape=layers[-1].output_shape,
        parameters=sum([layer.parameters for layer in layers]),
        macs=sum([layer.macs for layer in layers]),
        receptive_field=layers[-1].receptive_field,
    )
