"""Two networks side by side: what differs, what belongs to what, and that it all adds up."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.diff import (
    ChangeState,
    FieldChange,
    Measure,
    activations,
    compare,
)
from resnet_studio.architecture.diff_layers import paired
from resnet_studio.architecture.elements import Layer
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import ShortcutKind
from tests.architecture.strategies import small_specs

SAME, CHANGED = ChangeState.SAME, ChangeState.CHANGED
ONLY_BEFORE, ONLY_AFTER = ChangeState.ONLY_BEFORE, ChangeState.ONLY_AFTER


def network(entry, **changes):
    return CATALOG[entry].spec.replace(**changes)


def layers_within(comparison, block):
    """The layers' rows of one block: (state, name before, name after, words)."""
    row = comparison.rows_before.get(block) or comparison.rows_after[block]
    return [
        (
            child.state,
            child.before.name.removeprefix(f"{block}.") if child.before else None,
            child.after.name.removeprefix(f"{block}.") if child.after else None,
            "; ".join(map(str, child.differences)),
        )
        for child in row.children
    ]


def test_a_network_is_the_same_as_itself_under_another_name():
    comparison = compare(network("resnet50"), network("resnet50", name="mine"))
    assert comparison.same
    assert comparison.fields == ()
    assert {row.state for row in comparison.walk()} == {SAME}
    assert [total.difference for total in comparison.totals] == [0] * 6
    assert {total.ratio for total in comparison.totals} == {1.0}


def test_basic_against_bottleneck_says_which_convolutions_are_which():
    comparison = compare(network("resnet34"), network("resnet50"))
    assert comparison.fields == (
        FieldChange("block", "basic", "bottleneck"),
        FieldChange("expansion", None, 4),
    )
    assert layers_within(comparison, "layer1.1") == [
        (CHANGED, "conv1", "conv1", "kernel 3×3 → 1×1; channels read 64 → 256"),
        (SAME, "bn1", "bn1", ""),
        (SAME, "relu1", "relu1", ""),
        (SAME, "conv2", "conv2", ""),
        (SAME, "bn2", "bn2", ""),
        (ONLY_AFTER, None, "relu2", ""),
        (ONLY_AFTER, None, "conv3", ""),
        (ONLY_AFTER, None, "bn3", ""),
        (CHANGED, "add", "add", "channels 64 → 256"),
        (CHANGED, "relu2", "relu3", "channels 64 → 256"),
    ]
    totals = {total.measure: (total.before, total.after) for total in comparison.totals}
    assert totals[Measure.DEPTH] == (34, 50)
    assert totals[Measure.PARAMETERS] == (21_797_672, 25_557_032)
    assert totals[Measure.RECEPTIVE_FIELD] == (899, 427)
    assert comparison.total(Measure.PARAMETERS).difference == 3_759_360
    assert comparison.total(Measure.PARAMETERS).ratio == pytest.approx(1.17247, abs=1e-5)


def test_the_stride_on_the_1x1_changes_four_layers_of_each_stage_that_halves_the_map():
    original, torchvision = network("resnet50", stride_on="1x1"), network("resnet50")
    comparison = compare(original, torchvision)
    assert comparison.fields == (FieldChange("stride_on", "1x1", "3x3"),)
    changed = [
        row.name
        for row in comparison.walk()
        if row.state is not SAME and isinstance(row.after, Layer)
    ]
    assert changed == [
        f"layer{stage}.0.{layer}"
        for stage in (2, 3, 4)
        for layer in ("conv1", "bn1", "relu1", "conv2")
    ]
    assert layers_within(comparison, "layer2.0")[:4] == [
        (CHANGED, "conv1", "conv1", "stride 2 → 1; map 28×28 → 56×56"),
        (CHANGED, "bn1", "bn1", "map 28×28 → 56×56"),
        (CHANGED, "relu1", "relu1", "map 28×28 → 56×56"),
        (CHANGED, "conv2", "conv2", "stride 1 → 2"),
    ]
    assert comparison.total(Measure.PARAMETERS).difference == 0
    assert comparison.total(Measure.MACS).difference == 4_089_184_256 - 3_857_973_248


def test_a_zero_padding_belongs_to_the_projection_in_its_place():
    comparison = compare(network("cifar_resnet20"), network("cifar_resnet20", shortcut="B"))
    assert comparison.fields == (FieldChange("shortcut", "A", "B"),)
    assert [row.name for row in comparison.walk() if row.level == 1 and row.state is CHANGED] == [
        "layer2.0",
        "layer3.0",
    ]
    shortcut = [row for row in layers_within(comparison, "layer2.0") if row[0] is not SAME]
    assert shortcut == [
        (
            CHANGED,
            "downsample",
            "downsample.0",
            "layer zero-pad, 16 → 32, at the end, /2 → 1×1 conv, 32, /2",
        ),
        (ONLY_AFTER, None, "downsample.1", ""),
    ]
    row = comparison.rows_after["layer2.0"]
    assert [str(change) for change in row.differences] == ["shortcut zero-pad → projection"]


def test_option_c_adds_a_projection_to_every_identity_shortcut():
    comparison = compare(network("resnet18"), network("resnet18", shortcut="C"))
    added = [row.name for row in comparison.walk() if row.state is ONLY_AFTER]
    blocks = ("layer1.0", "layer1.1", "layer2.1", "layer3.1", "layer4.1")
    assert added == [f"{block}.downsample.{part}" for block in blocks for part in (0, 1)]


def test_a_plain_network_lacks_the_shortcuts_and_nothing_else():
    comparison = compare(network("resnet18"), network("plain18"))
    states = Counter(row.state for row in comparison.walk() if row.level == 2)
    assert ONLY_AFTER not in states
    assert CHANGED not in states
    gone = [row.name for row in comparison.walk() if row.state is ONLY_BEFORE]
    assert [name.split(".")[-1] for name in gone if "downsample" not in name] == ["add"] * 8
    assert len([name for name in gone if "downsample" in name]) == 2 * 3


def test_more_blocks_and_more_stages_are_there_on_one_side_only():
    comparison = compare(network("cifar_resnet20"), network("cifar_resnet32"))
    stage = comparison.rows_after["layer1"]
    assert [row.state for row in stage.children] == [SAME] * 3 + [ONLY_AFTER] * 2
    assert [str(change) for change in stage.differences] == ["blocks 3 → 5"]
    comparison = compare(network("resnet18"), network("cifar_resnet20"))
    assert [row.name for row in comparison.sections] == [
        "stem",
        "layer1",
        "layer2",
        "layer3",
        "layer4",
        "head",
    ]
    missing = comparison.rows_before["layer4"]
    assert {row.state for row in missing.walk()} == {ONLY_BEFORE}
    assert comparison.rows_before["maxpool"].state is ONLY_BEFORE
    assert [str(change) for change in comparison.rows_after["conv1"].differences] == [
        "kernel 7×7 → 3×3",
        "stride 2 → 1",
        "channels 64 → 16",
        "map 112×112 → 32×32",
    ]


def test_groups_and_the_size_of_the_picture_are_told():
    comparison = compare(network("resnet50"), network("resnext50_32x4d"))
    assert [str(change) for change in comparison.rows_after["layer1.1.conv2"].differences] == [
        "groups 1 → 32",
        "channels read 64 → 128",
        "channels 64 → 128",
    ]
    smaller = compare(network("resnet18"), network("resnet18", input_size=112))
    assert smaller.fields == (FieldChange("input_size", 224, 112),)
    assert [str(change) for change in smaller.rows_after["avgpool"].differences] == [
        "kernel 7×7 → 4×4"
    ]
    assert smaller.rows_after["fc"].state is SAME


def test_the_original_order_against_pre_activation_says_what_has_moved():
    comparison = compare(network("resnet18"), network("resnet18", order="full_preactivation"))
    assert layers_within(comparison, "layer1.1") == [
        (CHANGED, "bn1", "bn1", "reads conv1 → the block's input"),
        (SAME, "relu1", "relu1", ""),
        (CHANGED, "conv1", "conv1", "reads the block's input → relu1"),
        (CHANGED, "bn2", "bn2", "reads conv2 → conv1"),
        (CHANGED, "relu2", "relu2", "reads add → bn2"),
        (CHANGED, "conv2", "conv2", "reads relu1 → relu2"),
        (CHANGED, "add", "add", "reads bn2 → conv2"),
    ]
    alone = {row.name: row.state for row in comparison.walk() if None in row.sides}
    assert alone == {
        "bn1": ONLY_BEFORE,
        "relu": ONLY_BEFORE,
        **{f"layer{stage}.0.downsample.1": ONLY_BEFORE for stage in (2, 3, 4)},
        "bn_last": ONLY_AFTER,
        "relu_last": ONLY_AFTER,
    }


@pytest.mark.parametrize(
    ("changes", "block", "told"),
    [
        ({"se_reduction": 16}, "layer1.1", {"se": ""}),
        ({"dropout": 0.3}, "layer1.1", {"dropout": ""}),
        ({"shortcut_type": "dropout"}, "layer1.1", {"shortcut_dropout": ""}),
        (
            {"projection": "avgpool"},
            "layer2.0",
            {"downsample.0": "", "downsample.1": "stride 2 → 1"},
        ),
        (
            {"projection": "bias"},
            "layer2.0",
            {
                "downsample.0": "layer 1×1 conv, 128, /2 → 1×1 conv, 128, bias, /2",
                "downsample.1": "",
            },
        ),
        (
            {"shortcut_type": "exclusive_gate"},
            "layer1.1",
            {"gate": "", "add": "layer add → add, branch and shortcut gated"},
        ),
    ],
    ids=str,
)
def test_what_a_choice_adds_leaves_all_other_layers_alike(changes, block, told):
    comparison = compare(network("resnet18"), network("resnet18", **changes))
    differing = {
        new or old: text
        for state, old, new, text in layers_within(comparison, block)
        if state is not SAME
    }
    assert differing == told


def test_a_rate_or_a_reduction_that_only_the_title_tells_is_a_change():
    comparison = compare(network("resnet18", dropout=0.3), network("resnet18", dropout=0.1))
    changed = layers_within(comparison, "layer1.0")[3]
    assert changed == (CHANGED, "dropout", "dropout", "layer dropout 0.3 → dropout 0.1")
    comparison = compare(network("resnet18", se_reduction=16), network("resnet18", se_reduction=8))
    (changed,) = [row for row in layers_within(comparison, "layer1.0") if row[0] is CHANGED]
    assert changed[3] == "layer SE, 64 → 4 → 64 → SE, 64 → 8 → 64"


def test_a_deep_stem_begins_with_the_convolution_in_the_place_of_the_first():
    comparison = compare(network("resnet18"), network("resnet18", stem="deep"))
    pairs = [
        (row.before and row.before.name, row.after.name) for row in comparison.sections[0].children
    ]
    assert pairs == [
        ("conv1", "conv1.0"),
        *((None, f"conv1.{place}") for place in range(1, 7)),
        ("bn1", "bn1"),
        ("relu", "relu"),
        ("maxpool", "maxpool"),
    ]


def test_what_is_only_set_at_the_start_of_training_changes_no_layer():
    comparison = compare(network("resnet18"), network("resnet18", zero_init_residual=True))
    assert comparison.same_layers
    assert not comparison.same
    assert comparison.fields == (FieldChange("zero_init_residual", False, True),)


def test_fields_without_effect_and_the_name_are_not_told():
    basic = network("resnet18")
    assert compare(basic, basic.replace(name="other")).fields == ()
    plain = basic.replace(shortcut=ShortcutKind.NONE)
    told = [change.field for change in compare(basic, plain).fields]
    assert told == ["shortcut"]
    told = [
        change.field for change in compare(network("resnet34"), network("resnext50_32x4d")).fields
    ]
    assert told == ["block", "expansion", "groups", "base_width"]


@given(small_specs(), small_specs())
def test_every_part_of_both_networks_is_in_exactly_one_row(first, second):
    before, after = build_graph(first), build_graph(second)
    comparison = compare(before, after)
    for graph, side in ((before, "before"), (after, "after")):
        names = [getattr(row, side).name for row in comparison.walk() if getattr(row, side)]
        parts = [*graph.sections, *graph.blocks, *graph.layers]
        assert sorted(names) == sorted(part.name for part in parts)
    assert list(comparison.rows_after) == [
        part for part in _depth_first(after) if part in comparison.rows_after
    ]


def _depth_first(graph):
    for section in graph.sections:
        yield section.name
        for block in section.blocks:
            yield block.name
            yield from (layer.name for layer in block.layers)
        if not section.blocks:
            yield from (layer.name for layer in section.layers)


@given(small_specs(), small_specs())
def test_swapping_the_networks_swaps_every_row(first, second):
    there, back = compare(first, second), compare(second, first)
    swapped = {ONLY_BEFORE: ONLY_AFTER, ONLY_AFTER: ONLY_BEFORE}

    def pairs(comparison):
        return {
            (row.before and row.before.name, row.after and row.after.name): row.state
            for row in comparison.walk()
        }

    assert pairs(back) == {
        (new, old): swapped.get(state, state) for (old, new), state in pairs(there).items()
    }


@given(small_specs(), small_specs())
def test_sections_add_up_to_the_totals_and_a_part_differs_if_anything_in_it_does(first, second):
    comparison = compare(first, second)
    for place, graph in enumerate((comparison.before, comparison.after)):
        parts = [row.sides[place] for row in comparison.sections if row.sides[place] is not None]
        assert sum(part.parameters for part in parts) == graph.parameters
        assert sum(activations(part) for part in parts) == graph.activations
    for row in comparison.walk():
        if row.before is None or row.after is None:
            assert {part.state for part in row.walk()} == {row.state}
        else:
            differs = bool(row.differences) or any(part.state is not SAME for part in row.children)
            assert (row.state is CHANGED) == differs


@given(small_specs(), small_specs())
def test_two_layers_that_are_the_same_make_the_same_of_the_same(first, second):
    for row in compare(first, second).walk():
        if row.state is SAME and isinstance(row.before, Layer):
            before, after = row.before, row.after
            assert (before.kind, before.title, before.output_shape, before.parameters) == (
                after.kind,
                after.title,
                after.output_shape,
                after.parameters,
            )
            assert (before.kernel, before.stride, before.groups, before.macs) == (
                after.kernel,
                after.stride,
                after.groups,
                after.macs,
            )


def test_a_layer_without_counterpart_stands_behind_the_one_that_it_followed():
    graph, plain = build_graph(network("resnet18")), build_graph(network("plain18"))
    pairs = list(paired(graph.find("layer2.0"), plain.find("layer2.0")))
    names = [(pair.before or pair.after).name.split(".", 2)[2] for pair in pairs]
    assert names == [
        "conv1",
        "bn1",
        "relu1",
        "conv2",
        "bn2",
        "downsample.0",
        "downsample.1",
        "add",
        "relu2",
    ]
