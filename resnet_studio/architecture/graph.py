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
from resnet_studio.architecture.blocks import stage_blocks
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
from resnet_studio.architecture.layers import Chain, Picture, Source
from resnet_studio.architecture.spec import ActivationOrder, NetworkSpec, StemKind

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
    """

    spec: NetworkSpec
    sections: tuple[Section, ...]

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
        """Pooling and the linear layer, with pre-activation the last activation before them."""
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
    def edges(self) -> tuple[Edge, ...]:
        """What flows between the layers, in the order of computation."""
        return tuple(_edges(self.sections))

    @cached_property
    def parameters(self) -> int:
        """Trained numbers."""
        return sum(section.parameters for section in self.sections)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layer for one picture."""
        return sum(section.macs for section in self.sections)

    @cached_property
    def parameters_by_kind(self) -> Mapping[LayerKind, int]:
        """Trained numbers of all layers of each kind that trains any."""
        totals: dict[LayerKind, int] = {}
        for layer in self.layers:
            if layer.parameters:
                totals[layer.kind] = totals.get(layer.kind, 0) + layer.parameters
        return totals

    @property
    def conv_parameters(self) -> int:
        """Trained numbers of the convolutions, counted as in `conv_count`."""
        return self.parameters_by_kind.get(LayerKind.CONV, 0)

    @property
    def bn_parameters(self) -> int:
        """Scales and shifts of the batch normalisations."""
        return self.parameters_by_kind.get(LayerKind.BATCH_NORM, 0)

    @property
    def linear_parameters(self) -> int:
        """Weights and biases of the linear layer."""
        return self.parameters_by_kind[LayerKind.LINEAR]

    @property
    def conv_count(self) -> int:
        """Convolutions, projections included; not those inside squeeze-and-excitations and gates.

        In a torch network these are `Conv2d` modules too: two in each layer of kind SE, one in
        each GATE.
        """
        return self._count_by_kind[LayerKind.CONV]

    @property
    def bn_count(self) -> int:
        """Batch normalisations."""
        return self._count_by_kind.get(LayerKind.BATCH_NORM, 0)

    @property
    def projection_count(self) -> int:
        """Blocks whose shortcut is a projection."""
        return sum(block.shortcut_form is ShortcutForm.PROJECTION for block in self.blocks)

    @cached_property
    def parameter_tensors(self) -> int:
        """Trained tensors: a weight or bias each, scale and shift of a normalisation."""
        return sum([layer.tensors for layer in self.layers])

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
    picture = Picture(INPUT, (spec.in_channels, spec.input_size, spec.input_size), PIXEL)
    sections = [_stem(spec, picture)]
    for stage in range(1, len(spec.depths) + 1):
        sections.append(_stage(spec, stage, sections[-1].layers[-1]))
    sections.append(_head(spec, sections[-1].layers[-1]))
    return NetworkGraph(spec=spec, sections=tuple(sections))


def _stem(spec: NetworkSpec, picture: Source) -> Section:
    chain = Chain(picture)
    width, order = spec.stem_width, spec.order
    if spec.stem is StemKind.DEEP:
        _three_convolutions(chain, width)
    elif spec.stem is StemKind.CIFAR:
        chain.put(make.convolution("conv1", picture, width, kernel=3))
    else:
        bare = spec.stem is StemKind.TUTORIAL
        chain.put(
            make.convolution(
                "conv1", picture, width, kernel=7, stride=2, bias=bare, padded=not bare
            )
        )
    if spec.stem is not StemKind.TUTORIAL:
        # With pre-activation the first block begins with what is left out here.
        if order is not ActivationOrder.FULL_PREACTIVATION:
            chain.put(make.batch_norm("bn1", chain.end))
        if not order.preactivated:
            chain.put(make.relu("relu", chain.end))
    if spec.stem is not StemKind.CIFAR:
        padded = spec.stem is not StemKind.TUTORIAL
        chain.put(make.max_pool("maxpool", chain.end, kernel=3, stride=2, padded=padded))
    return _section("stem", SectionKind.STEM, "Stem", chain.cut(), blocks=(), start=picture)


def _three_convolutions(chain: Chain, width: int) -> None:
    """Makes the deep stem up to its last convolution; numbers are those within "conv1"."""
    for number, stride in ((0, 2), (3, 1)):
        chain.put(
            make.convolution(f"conv1.{number}", chain.end, width // 2, kernel=3, stride=stride)
        )
        chain.put(make.batch_norm(f"conv1.{number + 1}", chain.end))
        chain.put(make.relu(f"conv1.{number + 2}", chain.end))
    chain.put(make.convolution("conv1.6", chain.end, width, kernel=3))


def _stage(spec: NetworkSpec, stage: int, start: Source) -> Section:
    blocks = tuple(stage_blocks(spec, stage, start))
    return _section(
        f"layer{stage}",
        SectionKind.STAGE,
        f"Stage {stage}",
        tuple([layer for block in blocks for layer in block.layers]),
        blocks=blocks,
        start=start,
    )


def _head(spec: NetworkSpec, start: Source) -> Section:
    chain = Chain(start)
    # With pre-activation nothing has activated the sum of the last block yet.
    if spec.order is ActivationOrder.FULL_PREACTIVATION:
        chain.put(make.batch_norm("bn_last", chain.end))
    if spec.order.preactivated:
        chain.put(make.relu("relu_last", chain.end))
    chain.put(make.global_average_pool("avgpool", chain.end))
    chain.put(make.linear("fc", chain.end, spec.classes))
    return _section("head", SectionKind.HEAD, "Head", chain.cut(), blocks=(), start=start)


def _edges(sections: Sequence[Section]) -> Iterator[Edge]:
    for section in sections:
        if not section.blocks:
            for layer in section.layers:
                yield Edge(layer.inputs[0], layer.name, layer.input_shape, EdgeKind.MAIN)
        for block in section.blocks:
            yield from _block_edges(block)


def _block_edges(block: Block) -> Iterator[Edge]:
    for layer in (*block.entry, *block.residual):
        yield Edge(layer.inputs[0], layer.name, layer.input_shape, EdgeKind.MAIN)
    for layer in block.shortcut:
        yield Edge(layer.inputs[0], layer.name, layer.input_shape, EdgeKind.SHORTCUT)
    for layer in block.merge:
        yield Edge(layer.inputs[0], layer.name, layer.input_shape, EdgeKind.MAIN)
        for source in layer.inputs[1:]:  # the addition reads the shortcut second, a gate third
            yield Edge(source, layer.name, layer.input_shape, EdgeKind.SHORTCUT)


def _section(
    name: str,
    kind: SectionKind,
    title: str,
    layers: tuple[Layer, ...],
    *,
    blocks: tuple[Block, ...],
    start: Source,
) -> Section:
    return Section(
        name=name,
        kind=kind,
        title=title,
        layers=layers,
        blocks=blocks,
        input_shape=start.output_shape,
        output_shape=layers[-1].output_shape,
        parameters=sum([part.parameters for part in blocks or layers]),
        macs=sum([part.macs for part in blocks or layers]),
        receptive_field=layers[-1].receptive_field,
    )
