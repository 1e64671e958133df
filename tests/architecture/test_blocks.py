"""Every block has the layers of its order and its shortcut, in the order of computation."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given

from resnet_studio.architecture.elements import Block, EdgeKind, Layer, LayerKind, ShortcutForm
from resnet_studio.architecture.graph import NetworkGraph, build_graph
from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    ZeroPadding,
)
from tests.architecture.strategies import small_specs

FULL = ActivationOrder.FULL_PREACTIVATION
RELU_ONLY = ActivationOrder.RELU_ONLY_PREACTIVATION
IDENTITY, CHANGED = "layer1.1", "layer2.0"
"""A block in the middle of a stage, and one that halves the map."""

# Residual branch and merge of a basic block with everything that may stand in it.
BASIC = {
    "original": ("conv1 bn1 relu1 dropout conv2 bn2 se drop_path", "add relu2"),
    "bn_after_addition": ("conv1 bn1 relu1 dropout conv2 se drop_path", "add bn2 relu2"),
    "relu_before_addition": ("conv1 bn1 relu1 dropout conv2 bn2 se relu2 drop_path", "add"),
    "relu_twice": ("conv1 bn1 relu1 dropout conv2 bn2 se relu2 drop_path", "add relu3"),
    "relu_only_preactivation": ("relu1 conv1 bn1 relu2 dropout conv2 bn2 se drop_path", "add"),
    "full_preactivation": ("bn1 relu1 conv1 bn2 relu2 dropout conv2 se drop_path", "add"),
}
BOTTLENECK = {
    "original": ("conv1 bn1 relu1 conv2 bn2 relu2 conv3 bn3", "add relu3"),
    "bn_after_addition": ("conv1 bn1 relu1 conv2 bn2 relu2 conv3", "add bn3 relu3"),
    "relu_before_addition": ("conv1 bn1 relu1 conv2 bn2 relu2 conv3 bn3 relu3", "add"),
    "relu_twice": ("conv1 bn1 relu1 conv2 bn2 relu2 conv3 bn3 relu3", "add relu4"),
    "relu_only_preactivation": ("relu1 conv1 bn1 relu2 conv2 bn2 relu3 conv3 bn3", "add"),
    "full_preactivation": ("bn1 relu1 conv1 bn2 relu2 conv2 bn3 relu3 conv3", "add"),
}


def network(**fields: Any) -> NetworkGraph:
    """Returns a network of two stages of two blocks, basic ones with the CIFAR stem by default."""
    usual = {"block": BlockKind.BASIC, "stem": StemKind.CIFAR, "input_size": 8, "stem_width": 4}
    return build_graph(NetworkSpec(**{"depths": (2, 2)} | usual | fields))


def block_of(graph: NetworkGraph, name: str) -> Block:
    block = graph.find(name)
    assert isinstance(block, Block)
    return block


def layer_of(graph: NetworkGraph, name: str) -> Layer:
    layer = graph.find(name)
    assert isinstance(layer, Layer)
    return layer


def names(layers: tuple[Layer, ...]) -> str:
    """Returns the layers' names within their block."""
    return " ".join(layer.name.split(".", 2)[-1] for layer in layers)


@pytest.mark.parametrize("order", ActivationOrder)
def test_basic_blocks_have_the_layers_of_their_order(order):
    graph = network(order=order, dropout=0.3, se_reduction=2, stochastic_depth=0.5)
    block = block_of(graph, IDENTITY)
    assert (names(block.residual), names(block.merge)) == BASIC[order]
    assert block.entry == block.shortcut == ()
    assert block.addition is block.merge[0]
    assert block.end is block.merge[-1]


@pytest.mark.parametrize("order", ActivationOrder)
def test_bottleneck_blocks_have_the_layers_of_their_order(order):
    block = block_of(network(block=BlockKind.BOTTLENECK, order=order), IDENTITY)
    assert (names(block.residual), names(block.merge)) == BOTTLENECK[order]


@pytest.mark.parametrize(("order", "entry"), [(FULL, "bn1 relu1"), (RELU_ONLY, "relu1")])
@pytest.mark.parametrize("option", ["A", "B"])
def test_where_the_shape_changes_branch_and_shortcut_read_the_same_activation(order, entry, option):
    graph = network(order=order, shortcut=option, dropout=0.3, se_reduction=2, stochastic_depth=0.5)
    block = block_of(graph, CHANGED)
    assert names(block.entry) == entry
    assert f"{entry} {names(block.residual)}" == BASIC[order][0]
    activated = (block.entry[-1].name,)
    assert block.residual[0].inputs == block.shortcut[0].inputs == activated
    assert block.layers == block.entry + block.residual + block.shortcut + block.merge


@pytest.mark.parametrize("shared", [True, False])
def test_the_first_shortcut_carries_the_activation_only_if_it_is_shared(shared):
    graph = network(order=FULL, shared_first_activation=shared)
    first, second = block_of(graph, "layer1.0"), block_of(graph, IDENTITY)
    assert names(first.entry) == ("bn1 relu1" if shared else "")
    assert first.addition.inputs[1] == ("layer1.0.relu1" if shared else "conv1")
    assert second.entry == ()
    assert second.addition.inputs[1] == "layer1.0.add"


def test_blocks_that_are_not_preactivated_have_no_entry():
    for order in ActivationOrder:
        if not order.preactivated:
            assert not any(block.entry for block in network(order=order, shortcut="C").blocks)


@pytest.mark.parametrize(
    ("order", "merge"),
    [
        ("original", "relu2"),
        ("bn_after_addition", "bn2 relu2"),
        ("relu_before_addition", ""),
        ("relu_twice", "relu3"),
        ("relu_only_preactivation", ""),
        ("full_preactivation", ""),
    ],
)
def test_a_plain_block_ends_without_addition(order, merge):
    for block in network(order=order, shortcut=ShortcutKind.NONE).blocks:
        assert names(block.merge) == merge
        assert block.addition is None
        assert block.end is (block.merge or block.residual)[-1]
        assert block.entry == block.shortcut == ()


@pytest.mark.parametrize(
    ("stem", "order", "expected"),
    [
        ("imagenet", "original", "conv1 bn1 relu maxpool"),
        ("imagenet", "relu_only_preactivation", "conv1 bn1 maxpool"),
        ("imagenet", "full_preactivation", "conv1 maxpool"),
        ("cifar", "relu_before_addition", "conv1 bn1 relu"),
        ("cifar", "relu_only_preactivation", "conv1 bn1"),
        ("cifar", "full_preactivation", "conv1"),
        ("deep", "bn_after_addition", "{deep} bn1 relu maxpool"),
        ("deep", "full_preactivation", "{deep} maxpool"),
        ("tutorial", "relu_twice", "conv1 maxpool"),
        ("tutorial", "full_preactivation", "conv1 maxpool"),
    ],
)
def test_the_stem_leaves_to_a_preactivated_block_what_that_begins_with(stem, order, expected):
    deep = " ".join(f"conv1.{number}" for number in range(7))
    graph = network(stem=stem, order=order, input_size=32)
    assert " ".join(layer.name for layer in graph.stem.layers) == expected.format(deep=deep)


@pytest.mark.parametrize("option", ["none", "A"])
@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("original", "avgpool fc"),
        ("bn_after_addition", "avgpool fc"),
        ("relu_only_preactivation", "relu_last avgpool fc"),
        ("full_preactivation", "bn_last relu_last avgpool fc"),
    ],
)
def test_the_head_activates_what_no_block_has_activated(option, order, expected):
    graph = network(order=order, shortcut=option)
    assert " ".join(layer.name for layer in graph.head.layers) == expected


def test_the_deep_stem_has_three_convolutions_and_the_first_has_the_stride():
    graph = network(stem=StemKind.DEEP, stem_width=64, input_size=224)
    convolutions = [layer for layer in graph.stem.layers if layer.kind is LayerKind.CONV]
    assert [layer.title for layer in convolutions] == [
        "3×3 conv, 32, /2",
        "3×3 conv, 32",
        "3×3 conv, 64",
    ]
    pool = layer_of(graph, "maxpool")
    assert pool.output_shape == (64, 56, 56)
    assert pool.receptive_field == (15, 4, 0.0)


def test_the_tutorials_stem_is_bare_and_not_padded():
    graph = network(stem=StemKind.TUTORIAL, stem_width=64, input_size=96)
    convolution, pool = graph.stem.layers
    assert convolution.title == "7×7 conv, 64, bias, /2"
    assert (convolution.parameters, convolution.macs) == (
        7 * 7 * 3 * 64 + 64,
        7 * 7 * 3 * 64 * 45 * 45,
    )
    assert (convolution.padding, pool.padding) == (0, 0)
    assert pool.receptive_field == (11, 4, 5.0)  # without padding the first centre moves inwards


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "1×1 conv, 8, /2 | batch norm"),
        ({"order": FULL}, "1×1 conv, 8, /2"),
        ({"order": RELU_ONLY}, "1×1 conv, 8, /2 | batch norm"),
        ({"projection": "bias"}, "1×1 conv, 8, bias, /2"),
        ({"projection": "avgpool"}, "2×2 average pool, /2 | 1×1 conv, 8 | batch norm"),
        ({"projection": "avgpool", "order": FULL}, "2×2 average pool, /2 | 1×1 conv, 8"),
        ({"shortcut": "A"}, "zero-pad, 4 → 8, at the end, /2"),
        ({"shortcut": "A", "zero_padding": "both"}, "zero-pad, 4 → 8, both sides, /2"),
        ({"shortcut": "A", "shortcut_type": "conv1x1"}, "1×1 conv, 8, /2"),
        ({"shortcut_type": "scaling"}, "1×1 conv, 8, /2 | batch norm | × 0.5"),
        (
            {"shortcut": "A", "shortcut_type": "dropout"},
            "zero-pad, 4 → 8, at the end, /2 | dropout 0.5",
        ),
        (
            {"shortcut": "A", "shortcut_type": "shortcut_gate"},
            "zero-pad, 4 → 8, at the end, /2 | gate 1×1, sigmoid, /2",
        ),
    ],
)
def test_a_shortcut_that_changes_the_shape_has_the_layers_of_its_form(fields, expected):
    block = block_of(network(**{"shortcut": "B"} | fields), CHANGED)
    assert " | ".join(layer.title for layer in block.shortcut) == expected
    assert block.shortcut_form is (
        ShortcutForm.ZERO_PAD if "zero-pad" in expected else ShortcutForm.PROJECTION
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("identity", ""),
        ("scaling", "shortcut_scale"),
        ("dropout", "shortcut_dropout"),
        ("exclusive_gate", "gate"),
        ("shortcut_gate", "gate"),
        ("highway", "gate"),
        ("conv1x1", "downsample.0"),
    ],
)
def test_an_identity_shortcut_has_the_layers_of_its_type(kind, expected):
    block = block_of(network(shortcut_type=kind), IDENTITY)
    assert names(block.shortcut) == expected
    form = ShortcutForm.PROJECTION if kind == "conv1x1" else ShortcutForm.IDENTITY
    assert block.shortcut_form is form


def test_layers_of_a_projection_are_named_as_in_their_module():
    pooled = network(shortcut="C", projection=ProjectionKind.AVGPOOL)
    assert names(block_of(pooled, CHANGED).shortcut) == "downsample.0 downsample.1 downsample.2"
    # at stride 1 there is nothing to pool; number 0 is an identity in the module
    assert names(block_of(pooled, IDENTITY).shortcut) == "downsample.1 downsample.2"


def test_projections_are_not_what_a_1x1_convolution_on_every_shortcut_is():
    graph = network(shortcut="A", shortcut_type="conv1x1", projection=ProjectionKind.AVGPOOL)
    assert names(block_of(graph, CHANGED).shortcut) == "downsample.0"


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_an_average_pool_keeps_the_edge_of_a_map_of_odd_size(size):
    graph = network(shortcut="B", projection=ProjectionKind.AVGPOOL, input_size=size)
    pool = layer_of(graph, f"{CHANGED}.downsample.0")
    assert pool.output_shape == (4, (size + 1) // 2, (size + 1) // 2)
    assert block_of(graph, CHANGED).shortcut[-1].output_shape == (8, *pool.output_shape[1:])


@pytest.mark.parametrize(
    ("layout", "added", "expected"),
    [("end", 4, (0, 4)), ("both", 4, (2, 2)), ("both", 5, (2, 3)), ("both", 0, (0, 0))],
)
def test_zeros_go_where_the_layout_says(layout, added, expected):
    graph = network(shortcut="A", zero_padding=ZeroPadding(layout), widths=(4, 4 + added))
    layer = layer_of(graph, f"{CHANGED}.downsample")
    assert layer.zeros == expected
    assert layer.output_shape[0] == 4 + added


@pytest.mark.parametrize(
    ("kind", "kernel", "title"),
    [
        ("exclusive_gate", 1, "add, branch and shortcut gated"),
        ("shortcut_gate", 1, "add, shortcut gated"),
        ("highway", 3, "add, branch and shortcut gated"),
    ],
)
@pytest.mark.parametrize("where", [IDENTITY, CHANGED])
def test_a_gate_reads_the_input_and_weighs_the_addition(kind, kernel, title, where):
    graph = network(shortcut="A", shortcut_type=ShortcutType(kind))
    block = block_of(graph, where)
    gate = block.gate
    assert gate.title.startswith(f"gate {kernel}×{kernel}, sigmoid")
    assert gate.inputs == block.residual[0].inputs
    assert (
        gate.parameters
        == kernel**2 * gate.input_shape[0] * gate.output_shape[0] + (gate.output_shape[0])
    )
    assert gate.output_shape == block.output_shape
    assert block.addition.title == title
    assert block.addition.gates_branch == (kind != "shortcut_gate")
    assert block.addition.inputs[2] == gate.name
    passed = f"{where}.downsample" if where == CHANGED else gate.inputs[0]
    assert block.addition.inputs[1] == passed
    edges = {(edge.source, edge.target): edge.kind for edge in graph.edges}
    assert edges[gate.name, block.addition.name] is EdgeKind.SHORTCUT


def test_without_a_gate_a_block_has_none():
    assert block_of(network(), IDENTITY).gate is None
    assert block_of(network(shortcut_type="scaling"), IDENTITY).gate is None


def test_scaling_multiplies_the_shortcut_and_the_branch_where_that_is_not_by_one():
    fields = {"shortcut_type": ShortcutType.SCALING, "shortcut_scale": 0.25}
    block = block_of(network(**fields), IDENTITY)
    assert (block.shortcut[-1].title, block.shortcut[-1].factor) == ("× 0.25", 0.25)
    assert names(block.residual) == "conv1 bn1 relu1 conv2 bn2"
    block = block_of(network(**fields, residual_scale=0.5, stochastic_depth=0.2), IDENTITY)
    assert names(block.residual) == "conv1 bn1 relu1 conv2 bn2 residual_scale drop_path"
    assert block.residual[-2].factor == 0.5


def test_the_drop_rate_rises_in_a_straight_line_to_that_of_the_last_block():
    graph = network(stochastic_depth=0.5, depths=(1, 2, 1))
    paths = [layer for layer in graph.layers if layer.kind is LayerKind.DROP_PATH]
    assert [layer.factor for layer in paths] == [0.125, 0.25, 0.375, 0.5]
    assert paths[1].title == "drop path 0.25"
    assert [block.residual[-1] for block in graph.blocks] == paths


@pytest.mark.parametrize(("reduction", "hidden"), [(16, 16), (3, 85), (64, 4)])
def test_squeeze_and_excitation_counts_its_two_convolutions(reduction, hidden):
    graph = network(block=BlockKind.BOTTLENECK, stem_width=64, se_reduction=reduction)
    layer = layer_of(graph, f"{IDENTITY}.se")
    assert layer.title == f"SE, 256 → {hidden} → 256"
    assert layer.hidden == hidden
    assert layer.parameters == 256 * hidden + hidden + hidden * 256 + 256
    assert layer.macs == 2 * 256 * hidden
    assert layer.receptive_field == layer_of(graph, f"{IDENTITY}.bn3").receptive_field


def test_squeeze_and_excitation_keeps_one_channel_of_few():
    graph = network(se_reduction=16)  # four channels
    assert layer_of(graph, f"{IDENTITY}.se").hidden == 1


def test_dropout_says_its_rate():
    layer = layer_of(network(dropout=0.3), f"{IDENTITY}.dropout")
    assert (layer.title, layer.factor, layer.parameters) == ("dropout 0.3", 0.3, 0)


@given(small_specs())
def test_a_block_ends_where_it_says_and_the_next_one_begins_there(spec):
    graph = build_graph(spec)
    before = graph.stem.layers[-1]
    for block in graph.blocks:
        assert block.layers[0].inputs == (before.name,)
        assert block.input_shape == before.output_shape
        assert block.output_shape == block.end.output_shape
        assert block.receptive_field == block.end.receptive_field
        assert block.end is block.layers[-1]
        before = block.end
    assert graph.head.layers[0].inputs == (before.name,)


@given(small_specs())
def test_branch_and_shortcut_leave_from_the_same_place(spec):
    for block in build_graph(spec).blocks:
        split = block.entry[-1].name if block.entry else block.layers[0].inputs[0]
        assert block.residual[0].inputs == (split,)
        if block.gate is not None:
            assert block.gate.inputs == (split,)
        carrying = block.shortcut[:-1] if block.gate else block.shortcut
        if carrying:
            assert carrying[0].inputs == (split,)
        if block.addition is not None:
            passed = carrying[-1].name if carrying else split
            assert block.addition.inputs[:2] == (block.residual[-1].name, passed)


@given(small_specs())
def test_the_form_says_how_the_shortcut_gets_its_shape(spec):
    kinds = {
        ShortcutForm.NONE: set(),
        ShortcutForm.IDENTITY: set(),
        ShortcutForm.PROJECTION: {LayerKind.CONV},
        ShortcutForm.ZERO_PAD: {LayerKind.ZERO_PAD},
    }
    for block in build_graph(spec).blocks:
        found = {layer.kind for layer in block.shortcut}
        assert found & {LayerKind.CONV, LayerKind.ZERO_PAD} == kinds[block.shortcut_form]
        if block.shortcut_form is ShortcutForm.IDENTITY:
            assert block.input_shape == block.output_shape


def calls_to_build(blocks: int) -> int:
    """Returns how many calls within the package build a network of so many blocks."""
    spec = NetworkSpec(block=BlockKind.BASIC, stem=StemKind.CIFAR, depths=(blocks,))
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call" and "resnet_studio" in frame.f_code.co_filename

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        build_graph(spec)
    finally:
        sys.setprofile(before)
    return calls


def test_building_takes_the_same_work_for_each_further_block():
    ten, twenty, fifty = (calls_to_build(blocks) for blocks in (10, 20, 50))
    assert fifty - twenty == 3 * (twenty - ten)
