"""The built networks are those of the graph, and torchvision's bit for bit."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.models.blocks import Block
from resnet_studio.models.layers import Add
from resnet_studio.models.resnet import build_network, outline_network

TORCHVISION = (
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "wide_resnet50_2",
)
SPECS = {name: entry.spec for name, entry in CATALOG.items()} | {
    "one stage": NetworkSpec(block="basic", depths=(2,), stem="cifar"),
    "six stages": NetworkSpec(block="basic", depths=(1,) * 6, stem_width=4),
    "grey pictures": NetworkSpec(block="basic", depths=(1, 1), stem="cifar", in_channels=1),
    "narrowing": NetworkSpec(block="basic", depths=(1, 1), widths=(16, 8), stem_width=32),
    "original stride": NetworkSpec(block="bottleneck", depths=(2, 2), stride_on="1x1"),
    "shortcut A": NetworkSpec(block="bottleneck", depths=(2, 2), shortcut="A"),
    "shortcut C": NetworkSpec(block="basic", depths=(2, 2), shortcut="C"),
    "plain bottleneck": NetworkSpec(block="bottleneck", depths=(2, 2), shortcut="none"),
    "odd size": NetworkSpec(block="bottleneck", depths=(1, 2, 1), input_size=97, expansion=2),
}


def _torchvision(name: str, *, seed: int = 3) -> nn.Module:
    import torchvision

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return torchvision.models.get_model(name, weights=None)


def _pictures(count: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(11)
    return torch.randn(count, 3, size, size, generator=generator), torch.tensor([7, 421][:count])


@pytest.mark.parametrize("name", TORCHVISION)
def test_with_torchvisions_weights_outputs_and_gradients_are_torchvisions(name):
    theirs = _torchvision(name)
    ours = build_network(CATALOG[name].spec, seed=0)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    pictures, labels = _pictures(2, 64)

    with torch.inference_mode():
        assert torch.equal(ours.eval()(pictures), theirs.eval()(pictures))

    for network in (ours, theirs):
        network.train()
        nn.functional.cross_entropy(network(pictures), labels).backward()
    expected = dict(theirs.named_parameters())
    for parameter_name, parameter in ours.named_parameters():
        assert parameter.grad is not None
        assert torch.equal(parameter.grad, expected[parameter_name].grad), parameter_name
    # The step also moved the running statistics.
    for key, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[key], value), key


@pytest.mark.parametrize("name", TORCHVISION)
def test_a_state_dict_loads_strictly_into_torchvision_in_the_same_order(name):
    theirs = _torchvision(name)
    ours = build_network(CATALOG[name].spec, seed=5)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    theirs.load_state_dict(ours.state_dict(), strict=True)
    assert all(
        torch.equal(a, b)
        for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("name", SPECS)
def test_counts_names_and_shapes_are_those_of_the_graph(name):
    spec = SPECS[name]
    graph = build_graph(spec)
    network = outline_network(spec).eval()
    assert sum(p.numel() for p in network.parameters()) == graph.parameters
    assert len(network.state_dict()) == graph.state_dict_keys

    shapes: dict[str, tuple[int, ...]] = {}
    for module_name, module in network.named_modules():
        module.register_forward_hook(
            lambda _, __, output, key=module_name: shapes.__setitem__(key, tuple(output.shape[1:]))
        )
    picture = torch.zeros(1, spec.in_channels, spec.input_size, spec.input_size, device="meta")
    network(picture)
    for layer in graph.layers:
        # The graph flattens in the pooling layer; torch does so between pooling and head.
        made = shapes[layer.name][:1] if layer.name == "avgpool" else shapes[layer.name]
        assert made == layer.output_shape[: len(made)], layer.name
    for section in graph.stages:
        assert shapes[section.name] == section.output_shape
    for block in graph.blocks:
        assert shapes[block.name] == block.output_shape
    assert shapes["maxpool"] == graph.stem.output_shape
    assert shapes["fc"] == graph.head.output_shape


@pytest.mark.parametrize("name", SPECS)
def test_every_module_that_computes_is_a_layer_of_the_graph(name):
    layers = {layer.name for layer in build_graph(SPECS[name]).layers}
    modules = {
        key
        for key, module in outline_network(SPECS[name]).named_modules()
        if not list(module.children()) and not isinstance(module, nn.Identity)
    }
    assert modules == layers


def test_a_plain_network_has_neither_additions_nor_shortcuts():
    network = outline_network(CATALOG["plain18"].spec)
    assert not any(isinstance(module, Add) for module in network.modules())
    assert all(b.add is None and b.downsample is None for b in network.blocks.values())


def test_no_relu_works_in_place():
    network = outline_network(CATALOG["resnet50"].spec)
    relus = [module for module in network.modules() if isinstance(module, nn.ReLU)]
    assert len(relus) == 1 + 3 * 16
    assert not any(relu.inplace for relu in relus)


def test_hooks_see_values_that_stay(tiny):
    kept = {}
    for name, module in tiny.named_modules():
        module.register_forward_hook(
            lambda _, __, output, key=name: kept.__setitem__(key, (output, output.clone()))
        )
    tiny(torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert all(torch.equal(output, at_once) for output, at_once in kept.values())


def test_the_same_seed_gives_the_same_bits_and_another_gives_others(tiny_spec):
    first, again, other = (build_network(tiny_spec, seed=seed) for seed in (4, 4, 5))
    pairs = zip(first.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(first.conv1.weight, other.conv1.weight)
    assert not torch.equal(first.fc.bias, other.fc.bias)


def test_a_seeded_build_leaves_the_global_generator_alone(tiny_spec):
    before = torch.get_rng_state()
    build_network(tiny_spec, seed=4)
    outline_network(tiny_spec)
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_seed_the_global_generator_decides(tiny_spec):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(8)
        first, second = build_network(tiny_spec), build_network(tiny_spec)
        torch.manual_seed(8)
        again = build_network(tiny_spec)
    assert torch.equal(first.fc.weight, again.fc.weight)
    assert not torch.equal(first.fc.weight, second.fc.weight)


def test_stages_and_blocks_are_found_by_name_in_order():
    network = outline_network(CATALOG["resnet34"].spec)
    assert list(network.stages) == ["layer1", "layer2", "layer3", "layer4"]
    assert [len(stage) for stage in network.stages.values()] == [3, 4, 6, 3]
    assert list(network.blocks)[:4] == ["layer1.0", "layer1.1", "layer1.2", "layer2.0"]
    assert all(isinstance(block, Block) for block in network.blocks.values())
    assert network.blocks["layer2.0"] is network.get_submodule("layer2.0")


def test_an_outline_takes_no_memory():
    network = outline_network(CATALOG["resnet152"].spec)
    assert {tensor.device.type for tensor in network.state_dict().values()} == {"meta"}


def test_a_network_can_be_copied_whole(tiny):
    twin = copy.deepcopy(tiny).eval()
    picture = torch.ones(1, 3, 32, 32)
    assert twin.spec == tiny.spec
    assert torch.equal(twin(picture), tiny.eval()(picture))
