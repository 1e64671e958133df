"""The graph gives the known counts, exactly, and is well formed for any spec."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.checks import largest_map, weight_count
from resnet_studio.architecture.elements import (
    INPUT,
    Block,
    EdgeKind,
    Layer,
    LayerKind,
    Section,
    SectionKind,
)
from resnet_studio.architecture.graph import NetworkGraph, build_graph
from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
    depths_for,
)
from resnet_studio.errors import SpecError
from tests.architecture.strategies import small_specs

REFERENCE = json.loads(
    (Path(__file__).parent / "reference_counts.json").read_text(encoding="utf-8")
)
FIGURES_IN_REFERENCE = 896
FULL = ActivationOrder.FULL_PREACTIVATION
TUTORIAL = NetworkSpec(
    block=BlockKind.BASIC,
    depths=(2, 2, 2, 2),
    stem=StemKind.TUTORIAL,
    projection=ProjectionKind.BIAS,
    order=ActivationOrder.RELU_TWICE,
)


def measure(graph: NetworkGraph, figure: str) -> int:
    """Returns what the graph says for a figure of the reference file."""
    readings = {
        "params": graph.parameters,
        "conv_params": graph.conv_parameters,
        "bn_params": graph.bn_parameters,
        "fc_params": graph.linear_parameters,
        "macs": graph.macs,
        "state_dict_keys": graph.state_dict_keys,
        "parameter_tensors": graph.parameter_tensors,
        "buffers": graph.buffers,
        "n_conv": graph.conv_count,
        "n_bn": graph.bn_count,
        "projections": graph.projection_count,
    }
    return readings[figure]


def assert_counts(spec: NetworkSpec, expected: dict[str, int]) -> None:
    graph = build_graph(spec)
    assert {figure: measure(graph, figure) for figure in expected} == expected


def cifar_spec(depth: int, *, block: BlockKind = BlockKind.BASIC, **fields: Any) -> NetworkSpec:
    depths = depths_for(depth, block=block, stem=StemKind.CIFAR)
    return NetworkSpec(block=block, depths=depths, stem=StemKind.CIFAR, **fields)


def wide_spec(depth: int, factor: int, **fields: Any) -> NetworkSpec:
    """Returns the Wide ResNet of this depth and widening factor."""
    block, stem = BlockKind.BASIC, StemKind.CIFAR
    depths = depths_for(depth, block=block, stem=stem, counts_projections=True)
    widths = tuple(factor * width for width in (16, 32, 64))
    return NetworkSpec(
        block=block,
        stem=stem,
        depths=depths,
        widths=widths,
        order=FULL,
        shortcut=ShortcutKind.B,
        **fields,
    )


def timm_spec(name: str) -> NetworkSpec:
    """Returns the network that timm calls "resnet50d" or "resnetv2_50"."""
    if name in CATALOG:
        return CATALOG[name].spec
    preactivated, digits, tweak = re.fullmatch(r"resnet(v2_)?(\d+)([cd]?)", name).groups()
    depth = int(digits)
    block = BlockKind.BASIC if depth < 50 else BlockKind.BOTTLENECK
    return NetworkSpec(
        block=block,
        depths=depths_for(depth, block=block, stem=StemKind.IMAGENET),
        stem=StemKind.DEEP if tweak else StemKind.IMAGENET,
        projection=ProjectionKind.AVGPOOL if tweak == "d" else ProjectionKind.CONV,
        order=FULL if preactivated else ActivationOrder.ORIGINAL,
        shared_first_activation=False,
    )


def named_spec(name: str) -> NetworkSpec:
    """Returns the spec of a reference name: "resnet50", or "resnet50_v1" for stride on the 1x1."""
    if name.endswith("_v1"):
        return CATALOG[name.removesuffix("_v1")].spec.replace(stride_on=StridePlace.CONV1)
    return CATALOG[name].spec


def count_figures(values: Any) -> int:
    if isinstance(values, dict):
        return sum(count_figures(value) for key, value in values.items() if key != "_note")
    if isinstance(values, list):
        return sum(count_figures(value) for value in values)
    return 0 if isinstance(values, str) else 1


def test_the_reference_file_has_all_its_figures():
    assert count_figures(REFERENCE) == FIGURES_IN_REFERENCE


@pytest.mark.parametrize("name", REFERENCE["torchvision_224"])
def test_counts_of_torchvisions_networks_are_exact(name):
    assert_counts(CATALOG[name].spec, REFERENCE["torchvision_224"][name])


@pytest.mark.parametrize("name", REFERENCE["torchvision_params_by_child"])
def test_parameters_of_each_child_module_are_exact(name):
    graph = build_graph(CATALOG[name].spec)
    expected = REFERENCE["torchvision_params_by_child"][name]
    assert {child: graph.find(child).parameters for child in expected} == expected


@pytest.mark.parametrize("name", REFERENCE["imagenet_shortcut_options"])
def test_counts_of_each_shortcut_option_are_exact(name):
    network, option = name.split("_")
    spec = CATALOG[network].spec.replace(shortcut=ShortcutKind(option))
    assert_counts(spec, REFERENCE["imagenet_shortcut_options"][name])


def test_counts_of_resnet50_with_projections_everywhere_are_exact():
    spec = CATALOG["resnet50"].spec.replace(shortcut=ShortcutKind.C)
    assert_counts(spec, REFERENCE["resnet50_option_C"])


@pytest.mark.parametrize("name", REFERENCE["v1_stride"])
def test_counts_with_the_stride_on_the_first_1x1_are_exact(name):
    assert_counts(named_spec(f"{name}_v1"), REFERENCE["v1_stride"][name])


@pytest.mark.parametrize("depth", REFERENCE["cifar_6n2"])
def test_counts_of_the_cifar_networks_are_exact(depth):
    expected = dict(REFERENCE["cifar_6n2"][depth])
    spec = cifar_spec(int(depth))
    assert spec.depths == (expected.pop("n"),) * 3
    variants = {
        "optionB": spec.replace(shortcut=ShortcutKind.B),
        "plain": spec.replace(shortcut=ShortcutKind.NONE),
        "cifar100": spec.replace(classes=100),
    }
    for figure in list(expected):
        base, _, variant = figure.rpartition("_")
        if variant in variants:
            assert_counts(variants[variant], {base: expected.pop(figure)})
    assert_counts(spec, expected)


@pytest.mark.parametrize("name", REFERENCE["cifar_orders"])
def test_counts_of_the_cifar_networks_with_and_without_preactivation_are_exact(name):
    """The bottlenecks have the stride on the first 1x1; option B where no other is named."""
    order, block, depth, *option, classes = name.split("_")
    spec = cifar_spec(
        int(depth),
        block=BlockKind(block),
        shortcut=ShortcutKind.A if option else ShortcutKind.B,
        order=FULL if order == "preact" else ActivationOrder.ORIGINAL,
        stride_on=StridePlace.CONV1,
        classes=int(classes.removeprefix("cifar")),
    )
    assert_counts(spec, REFERENCE["cifar_orders"][name])


@pytest.mark.parametrize("name", REFERENCE["wide_resnet_cifar"])
def test_counts_of_the_wide_networks_are_exact(name):
    _, depth, factor, classes = name.split("_")
    spec = wide_spec(int(depth), int(factor), classes=int(classes.removeprefix("cifar")))
    assert spec.depth == int(depth)
    assert_counts(spec, REFERENCE["wide_resnet_cifar"][name])


@pytest.mark.parametrize("name", REFERENCE["timm_224"])
def test_counts_of_timms_networks_are_exact(name):
    """timm's ResNetV2 never shares the first activation of basic blocks."""
    expected = dict(REFERENCE["timm_224"][name])
    if "v2" in name:
        expected["n_conv"] -= 1  # the head, which is a linear layer here
    assert_counts(timm_spec(name), expected)


@pytest.mark.parametrize("name", REFERENCE["timm_se_224"])
def test_counts_with_squeeze_and_excitation_are_exact(name):
    expected = dict(REFERENCE["timm_se_224"][name])
    spec = timm_spec(name.removeprefix("se")).replace(se_reduction=16)
    expected["n_conv"] -= 2 * sum(spec.depths)  # those inside, which are no layers of their own
    assert_counts(spec, expected)


@pytest.mark.parametrize("kind", REFERENCE["shortcut_types_resnet110"])
def test_parameters_that_a_shortcut_type_adds_are_exact(kind):
    spec = cifar_spec(110)
    other = spec.replace(shortcut_type=ShortcutType(kind))
    added = build_graph(other).parameters - build_graph(spec).parameters
    assert added == REFERENCE["shortcut_types_resnet110"][kind]


def test_the_tutorials_network_has_the_shapes_that_it_prints():
    graph = build_graph(TUTORIAL)
    expected = REFERENCE["tutorial_96"]
    assert {name: list(graph.find(name).output_shape) for name in expected} == expected


@pytest.mark.parametrize("name", REFERENCE["receptive_fields"])
def test_receptive_fields_of_the_imagenet_networks_are_exact(name):
    graph = build_graph(named_spec(name))
    for where, size, jump, first_centre, map_size in REFERENCE["receptive_fields"][name]:
        part = graph.find(where)
        field = part.receptive_field
        found = (field.size, field.jump, field.first_centre, part.output_shape[1])
        assert found == (size, jump, first_centre, map_size), where


@pytest.mark.parametrize("depth", REFERENCE["receptive_fields_cifar"])
def test_receptive_fields_of_the_cifar_networks_are_exact(depth):
    graph = build_graph(cifar_spec(int(depth)))
    for where, size, map_size in REFERENCE["receptive_fields_cifar"][depth]:
        part = graph.find(where.replace("stage", "layer"))
        assert (part.receptive_field.size, part.output_shape[1]) == (size, map_size), where


@pytest.mark.parametrize("name", REFERENCE["receptive_fields_640"])
def test_receptive_fields_do_not_depend_on_the_input_size(name):
    graph = build_graph(named_spec(name), input_size=640)
    for where, (size, first_centre, map_size) in REFERENCE["receptive_fields_640"][name].items():
        part = graph.find(where)
        field = part.receptive_field
        found = (field.size, field.first_centre, part.output_shape[1])
        assert found == (size, first_centre, map_size), where


def test_resnet50_has_six_parts_with_the_papers_shapes():
    graph = build_graph(CATALOG["resnet50"].spec)
    assert [(part.name, part.kind, part.output_shape) for part in graph.sections] == [
        ("stem", SectionKind.STEM, (64, 56, 56)),
        ("layer1", SectionKind.STAGE, (256, 56, 56)),
        ("layer2", SectionKind.STAGE, (512, 28, 28)),
        ("layer3", SectionKind.STAGE, (1024, 14, 14)),
        ("layer4", SectionKind.STAGE, (2048, 7, 7)),
        ("head", SectionKind.HEAD, (1000,)),
    ]
    assert graph.stem is graph.sections[0]
    assert graph.head is graph.sections[-1]
    assert [len(stage.blocks) for stage in graph.stages] == [3, 4, 6, 3]
    assert graph.find("avgpool").output_shape == (2048, 1, 1)
    assert graph.find("fc").input_shape == (2048,)


def test_a_bottleneck_block_has_torchvisions_module_names():
    block = build_graph(CATALOG["resnet50"].spec).find("layer2.0")
    assert isinstance(block, Block)
    assert [layer.name.removeprefix("layer2.0.") for layer in block.layers] == [
        *("conv1", "bn1", "relu1", "conv2", "bn2", "relu2", "conv3", "bn3"),
        *("downsample.0", "downsample.1"),
        *("add", "relu3"),
    ]
    assert (block.stage, block.index) == (2, 0)
    assert (block.input_shape, block.output_shape) == ((256, 56, 56), (512, 28, 28))


def test_the_stride_place_decides_which_convolution_halves_the_map():
    v15 = build_graph(named_spec("resnet50"))
    v1 = build_graph(named_spec("resnet50_v1"))
    assert v15.find("layer2.0.conv1").output_shape == (128, 56, 56)
    assert v1.find("layer2.0.conv1").output_shape == (128, 28, 28)
    assert v15.find("layer2.0.conv2").title == "3×3 conv, 128, /2"
    assert v1.find("layer2.0.conv1").title == "1×1 conv, 128, /2"


@pytest.mark.parametrize(
    ("option", "forms"),
    [
        ("none", ["none"] * 4),
        ("A", ["identity", "identity", "zeropad", "identity"]),
        ("B", ["identity", "identity", "projection", "identity"]),
        ("C", ["projection"] * 4),
    ],
)
def test_each_shortcut_option_gives_its_forms(option, forms):
    spec = NetworkSpec(
        block=BlockKind.BASIC,
        depths=(2, 2),
        stem=StemKind.CIFAR,
        shortcut=ShortcutKind(option),
    )
    assert [str(block.shortcut_form) for block in build_graph(spec).blocks] == forms


def test_a_plain_network_adds_nothing():
    graph = build_graph(CATALOG["plain34"].spec)
    assert not any(layer.kind is LayerKind.ADD for layer in graph.layers)
    assert all(edge.kind is EdgeKind.MAIN for edge in graph.edges)
    assert all(len(layer.inputs) == 1 for layer in graph.layers)


def test_a_residual_block_is_drawn_with_its_branch_and_its_shortcut():
    graph = build_graph(CATALOG["resnet18"].spec)
    edges = {(edge.source, edge.target): edge for edge in graph.edges}
    identity = edges["layer1.0.relu2", "layer1.1.add"]
    assert (identity.kind, identity.shape) == (EdgeKind.SHORTCUT, (64, 56, 56))
    branch = edges["layer1.0.relu2", "layer1.1.conv1"]
    assert (branch.kind, branch.shape) == (EdgeKind.MAIN, (64, 56, 56))
    assert edges["layer1.1.relu2", "layer2.0.downsample.0"].kind is EdgeKind.SHORTCUT
    assert edges["layer2.0.downsample.1", "layer2.0.add"].shape == (128, 28, 28)
    assert edges["layer2.0.bn2", "layer2.0.add"].kind is EdgeKind.MAIN
    assert edges[INPUT, "conv1"].shape == (3, 224, 224)
    assert edges["avgpool", "fc"].shape == (512,)


def test_option_a_keeps_channels_and_appends_zeros():
    layer = build_graph(CATALOG["cifar_resnet20"].spec).find("layer2.0.downsample")
    assert isinstance(layer, Layer)
    assert (layer.kind, layer.stride, layer.parameters) == (LayerKind.ZERO_PAD, 2, 0)
    assert (layer.input_shape, layer.output_shape) == ((16, 32, 32), (32, 16, 16))


def test_find_tells_sections_blocks_and_layers_apart():
    graph = build_graph(CATALOG["resnet18"].spec)
    kinds = [type(graph.find(name)) for name in ("layer1", "layer1.0", "layer1.0.conv1")]
    assert kinds == [Section, Block, Layer]
    with pytest.raises(KeyError):
        graph.find("layer9")


def test_activations_count_every_layers_output():
    spec = NetworkSpec(
        block=BlockKind.BASIC, depths=(1,), widths=(2,), stem=StemKind.CIFAR, stem_width=2,
        input_size=4, classes=3,
    )  # fmt: skip
    # stem: conv, bn, relu; block: conv, bn, relu, conv, bn, add, relu; head: pool, linear
    assert build_graph(spec).activations == (3 + 7) * 2 * 4 * 4 + 2 + 3


def test_another_input_size_changes_shapes_and_macs_but_no_parameters():
    spec = CATALOG["resnet18"].spec
    small, usual = build_graph(spec, input_size=112), build_graph(spec)
    assert small.input_size == small.spec.input_size == 112
    assert small.stages[-1].output_shape == (512, 4, 4)
    assert small.parameters == usual.parameters
    assert small.macs < usual.macs
    assert spec.input_size == 224


@pytest.mark.parametrize("size", [1, 2, 7, 33, 225, 1000])
def test_any_input_size_gives_a_map_everywhere(size):
    graph = build_graph(CATALOG["resnet50"].spec, input_size=size)
    assert all(min(layer.output_shape) >= 1 for layer in graph.layers)


@pytest.mark.parametrize("size", [0, -3, 5000])
def test_an_impossible_input_size_is_refused(size):
    with pytest.raises(SpecError, match="from 1 to 4,096"):
        build_graph(CATALOG["resnet50"].spec, input_size=size)


def test_a_size_of_which_an_unpadded_stem_leaves_nothing_is_refused():
    assert build_graph(TUTORIAL, input_size=11).stem.output_shape == (64, 1, 1)
    with pytest.raises(SpecError, match="at least 11"):
        build_graph(TUTORIAL, input_size=10)


@given(small_specs())
def test_every_graph_is_well_formed(spec):
    graph = build_graph(spec)
    made = {INPUT: graph.input_shape}
    for layer in graph.layers:  # every layer reads what an earlier one made
        assert layer.name not in made
        for source in layer.inputs:
            expected = made[source]
            if layer.kind is LayerKind.LINEAR:
                expected = expected[:1]
            assert layer.input_shape == expected
        made[layer.name] = layer.output_shape
    assert graph.layers[-1].output_shape == (spec.classes,)
    pairs = [(source, layer.name) for layer in graph.layers for source in layer.inputs]
    assert sorted((edge.source, edge.target) for edge in graph.edges) == sorted(pairs)


@given(small_specs())
def test_totals_are_the_sums_of_their_parts(spec):
    graph = build_graph(spec)
    for total in ("parameters", "macs"):
        layers = sum(getattr(layer, total) for layer in graph.layers)
        sections = sum(getattr(section, total) for section in graph.sections)
        assert getattr(graph, total) == layers == sections
    blocks = sum(block.parameters for block in graph.blocks)
    assert blocks == sum(stage.parameters for stage in graph.stages)
    assert sum(graph.parameters_by_kind.values()) == graph.parameters
    named = graph.conv_parameters + graph.bn_parameters + graph.linear_parameters
    composite = (LayerKind.SE, LayerKind.GATE)
    inside = sum(graph.parameters_by_kind.get(kind, 0) for kind in composite)
    assert named + inside == graph.parameters


@given(small_specs())
def test_trained_tensors_are_the_weights_and_biases_of_the_layers(spec):
    graph = build_graph(spec)
    usual = {LayerKind.BATCH_NORM: 2, LayerKind.LINEAR: 2, LayerKind.SE: 4, LayerKind.GATE: 2}
    for layer in graph.layers:
        if layer.kind is LayerKind.CONV:
            assert layer.tensors == 1 + ("bias" in layer.title)
            weights = layer.macs // (layer.output_shape[1] * layer.output_shape[2])
            biases = layer.output_shape[0] if layer.tensors == 2 else 0
            assert layer.parameters == weights + biases
        else:
            assert layer.tensors == usual.get(layer.kind, 0)
    assert graph.parameter_tensors == sum(layer.tensors for layer in graph.layers)
    assert graph.state_dict_keys == graph.parameter_tensors + 3 * graph.bn_count


@given(small_specs())
def test_weights_and_maps_are_those_that_the_spec_was_admitted_for(spec):
    graph = build_graph(spec)
    weights = graph.head.macs
    for layer in graph.layers:
        if layer.kind in (LayerKind.CONV, LayerKind.GATE):
            weights += layer.macs // (layer.output_shape[1] * layer.output_shape[2])
        elif layer.kind is LayerKind.SE:
            weights += layer.macs
    assert weight_count(spec) == weights
    maps = [graph.input_shape, *(layer.output_shape for layer in graph.layers[:-1])]
    assert max(math.prod(shape) for shape in maps) <= largest_map(spec)


@given(small_specs())
def test_depth_counts_the_stem_once_the_branches_and_the_linear_layer(spec):
    """A deep stem is one of the layers; Wide ResNets count projections instead of the end."""
    branches = [layer for block in build_graph(spec).blocks for layer in block.residual]
    convolutions = sum(layer.kind is LayerKind.CONV for layer in branches)
    assert spec.depth - convolutions == (1 + len(spec.depths) if spec.counts_projections else 2)


@given(small_specs())
def test_the_receptive_field_after_an_addition_is_the_largest_of_its_paths(spec):
    graph = build_graph(spec)
    fields = {layer.name: layer.receptive_field for layer in graph.layers}
    for layer in graph.layers:
        if layer.kind is LayerKind.ADD:
            paths = [fields[source] for source in layer.inputs]
            assert layer.receptive_field.size == max(field.size for field in paths)
            assert layer.receptive_field == paths[0]  # a branch sees all that a shortcut sees
            assert {field.jump for field in paths} == {layer.receptive_field.jump}
