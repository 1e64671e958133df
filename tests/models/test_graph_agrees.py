"""The torch-free graph says what the built network does: order, shapes, flow, weights, work."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import INPUT, Layer, LayerKind, build_graph
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.attention import SqueezeExcitation
from resnet_studio.models.gates import Gate, GatedAdd
from resnet_studio.models.layers import Add, Scale
from resnet_studio.models.resnet import ResNet, outline_network
from resnet_studio.models.shortcuts import ZeroPad
from tests.architecture.strategies import small_specs

SPECS = {name: entry.spec for name, entry in CATALOG.items()} | {
    "one stage": NetworkSpec(block="basic", depths=(2,), stem="cifar"),
    "six stages": NetworkSpec(block="basic", depths=(1,) * 6, stem_width=4),
    "grey pictures": NetworkSpec(block="basic", depths=(1, 1), stem="cifar", in_channels=1),
    "narrowing": NetworkSpec(block="basic", depths=(1, 1), widths=(16, 8), stem_width=32),
    "plain bottleneck": NetworkSpec(block="bottleneck", depths=(2, 2), shortcut="none"),
    "odd size": NetworkSpec(block="bottleneck", depths=(1, 2, 1), input_size=97, expansion=2),
}


@dataclass
class Seen:
    """What one forward pass showed.

    Attributes:
        order: Names of the graph's layers as they ran.
        inputs: Shapes of what each module read, without the batch.
        outputs: Shape of what each module made, without the batch.
        sources: Names of the layers that made what each layer read.
        macs: Multiply-accumulates of each convolution and linear layer.
    """

    order: list[str] = field(default_factory=list)
    inputs: dict[str, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    outputs: dict[str, tuple[int, ...]] = field(default_factory=dict)
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    macs: dict[str, int] = field(default_factory=dict)


def _seen(network: ResNet, layers: set[str]) -> Seen:
    """Runs the network on the meta device, where shapes cost nothing."""
    spec, seen = network.spec, Seen()
    size = spec.input_size
    picture = torch.zeros(2, spec.in_channels, size, size, device="meta")
    # The tensors are kept, so that no two of them have the same identity.
    made: list[tuple[Tensor, str]] = [(picture, INPUT)]
    makers = {id(picture): INPUT}

    def note(name: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.outputs[name] = tuple(output.shape[1:])
        seen.inputs[name] = tuple(tuple(tensor.shape[1:]) for tensor in inputs)
        seen.macs[name] = _macs(module, output)
        if name in layers:
            seen.order.append(name)
            seen.sources[name] = tuple(makers.get(id(tensor), "?") for tensor in inputs)
            made.append((output, name))
            makers[id(output)] = name

    for name, module in network.named_modules():
        module.register_forward_hook(
            lambda module, inputs, output, name=name: note(name, module, inputs, output)
        )
    # In training: what drops then makes a tensor of its own.
    network.train()(picture)
    return seen


def _macs(module: nn.Module, output: Tensor) -> int:
    if isinstance(module, nn.Conv2d):
        return module.weight[0].numel() * math.prod(output.shape[1:])
    return module.weight.numel() if isinstance(module, nn.Linear) else 0


def _macs_by_layer(seen: Seen, layers: dict[str, Layer]) -> dict[str, int]:
    """Sums what is within squeeze-and-excitations and gates; nothing else may be in no layer."""
    totals = dict.fromkeys(layers, 0)
    for name, macs in seen.macs.items():
        layer = name if name in layers else name.rpartition(".")[0]
        if macs:
            totals[layer] += macs
    return totals


def _assert_agree(spec: NetworkSpec) -> None:
    graph, network = build_graph(spec), outline_network(spec)
    layers = {layer.name: layer for layer in graph.layers}
    modules = dict(network.named_modules())
    seen = _seen(network, set(layers))
    macs = _macs_by_layer(seen, layers)

    assert seen.order == list(layers), "every layer once, in the order of computation"
    assert [name for name in modules if name in layers] == list(layers), "and listed so"
    for name, layer in layers.items():
        module = modules[name]
        _assert_kind(layer, module)
        assert seen.outputs[name] == layer.output_shape, name
        assert seen.inputs[name] == (layer.input_shape,) * len(layer.inputs), name
        # torch flattens between the last pool and the linear layer, the graph in the latter.
        assert name == "fc" or seen.sources[name] == layer.inputs, name
        assert sum(p.numel() for p in module.parameters()) == layer.parameters, name
        assert len(list(module.parameters())) == layer.tensors, name
        assert macs[name] == layer.macs, name

    for part in (*graph.stages, *graph.blocks):
        assert seen.outputs[part.name] == part.output_shape, part.name
        mine = modules[part.name].parameters()
        assert sum(p.numel() for p in mine) == part.parameters, part.name
    assert seen.outputs["maxpool"] == graph.stem.output_shape
    assert _computing(network, layers) == set(layers)
    assert sum(p.numel() for p in network.parameters()) == graph.parameters
    assert len(list(network.parameters())) == graph.parameter_tensors
    assert len(network.state_dict()) == graph.state_dict_keys
    assert sum(seen.macs.values()) == graph.macs


def _assert_kind(layer: Layer, module: nn.Module) -> None:
    """The module is of the layer's kind, with its window, rate or constant."""
    kind = layer.kind
    expected = {
        LayerKind.CONV: nn.Conv2d,
        LayerKind.BATCH_NORM: nn.BatchNorm2d,
        LayerKind.RELU: nn.ReLU,
        LayerKind.MAX_POOL: nn.MaxPool2d,
        LayerKind.AVG_POOL: nn.AdaptiveAvgPool2d if layer.name == "avgpool" else nn.AvgPool2d,
        LayerKind.LINEAR: nn.Linear,
        LayerKind.ADD: GatedAdd if len(layer.inputs) == 3 else Add,
        LayerKind.ZERO_PAD: ZeroPad,
        LayerKind.SE: SqueezeExcitation,
        LayerKind.GATE: Gate,
        LayerKind.SCALE: Scale,
        LayerKind.DROPOUT: nn.Dropout,
        LayerKind.DROP_PATH: _stochastic_depth(),
    }
    assert type(module) is expected[kind], layer.name
    if kind in (LayerKind.CONV, LayerKind.GATE):
        conv = module.conv if kind is LayerKind.GATE else module
        window = (conv.kernel_size[0], conv.stride[0], conv.padding[0], conv.groups)
        assert window == (layer.kernel, layer.stride, layer.padding, layer.groups), layer.name
    elif kind is LayerKind.MAX_POOL:
        window = (module.kernel_size, module.stride, module.padding)
        assert window == (layer.kernel, layer.stride, layer.padding)
    elif kind is LayerKind.ZERO_PAD:
        assert (module.before, module.after) == layer.zeros, layer.name
        assert module.stride == layer.stride, layer.name
    elif kind is LayerKind.SE:
        assert module.fc1.out_channels == layer.hidden, layer.name
    elif kind is LayerKind.SCALE:
        assert module.factor == layer.factor, layer.name
    elif kind in (LayerKind.DROPOUT, LayerKind.DROP_PATH):
        assert module.p == layer.factor, layer.name
    elif kind is LayerKind.ADD and len(layer.inputs) == 3:
        assert module.gates_branch == layer.gates_branch, layer.name


def _computing(network: ResNet, layers: dict[str, Layer]) -> set[str]:
    """Returns the layers in which the network's innermost modules are; an unknown one by name."""
    found = set()
    for name, module in network.named_modules():
        if not list(module.children()) and not isinstance(module, nn.Identity):
            owner = name.rpartition(".")[0]
            inside = owner in layers and layers[owner].kind in (LayerKind.SE, LayerKind.GATE)
            found.add(owner if inside else name)
    return found


def _stochastic_depth() -> type[nn.Module]:
    from torchvision.ops import StochasticDepth

    return StochasticDepth


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if sum(spec.depths) > 300 else name
        for name, spec in SPECS.items()
    ],
)
def test_the_graph_of_a_published_network_is_the_network(name):
    _assert_agree(SPECS[name])


@settings(max_examples=100, deadline=None)
@given(small_specs())
def test_the_graph_of_any_network_is_the_network(spec):
    _assert_agree(spec)


def test_a_rate_that_is_no_more_than_zero_in_the_first_block_drops_paths_all_the_same():
    smallest = math.ulp(0.0)
    spec = NetworkSpec(block="basic", depths=(2,), stem="cifar", stochastic_depth=smallest)
    _assert_agree(spec)
