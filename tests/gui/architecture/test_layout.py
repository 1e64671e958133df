"""The layout is plain geometry, so what is drawn is checked as numbers."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys

import pytest

from resnet_studio.architecture.catalog import CATALOG, get
from resnet_studio.architecture.graph import ShortcutForm, build_graph
from resnet_studio.architecture.spec import LIMITS, BlockKind, NetworkSpec
from resnet_studio.gui.architecture.figures import Part
from resnet_studio.gui.architecture.layout import lay_out
from resnet_studio.gui.architecture.outline import (
    Folds,
    every_block_opened,
    every_stage_folded,
)


def graph_of(name):
    return build_graph(get(name).spec)


def drawn(name, **options):
    return lay_out(graph_of(name), **options)


def box(drawing, name):
    return next(box for box in drawing.boxes() if box.name == name)


def test_the_layout_needs_neither_qt_nor_torch():
    code = (
        "import sys, resnet_studio.gui.architecture.layout, resnet_studio.gui.architecture.camera;"
        "assert not {'PySide6', 'torch', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["resnet50", "resnet152", "cifar_resnet110"])
def test_heights_grow_with_the_square_root_of_the_map(name):
    drawing = drawn(name)
    picture = next(box for box in drawing.boxes() if box.part is Part.PICTURE)
    size = drawing.graph.input_size
    for one in drawing.boxes():
        if one.part is Part.MAP and len(one.layer.output_shape) == 3:
            ratio = (one.rect.h / picture.rect.h) ** 2
            assert ratio == pytest.approx(one.layer.output_shape[1] / size)


def test_widths_grow_with_the_square_root_of_the_channels():
    drawing = drawn("resnet50")
    narrow, wide = box(drawing, "layer4.1.conv1").rect, box(drawing, "layer4.1.conv3").rect
    assert (wide.w / narrow.w) ** 2 == pytest.approx(2048 / 512)
    assert (box(drawing, "layer3.1.conv3").rect.w / narrow.w) ** 2 == pytest.approx(1024 / 512)


def test_the_first_map_of_a_strided_bottleneck_still_has_the_size_of_its_input():
    drawing = drawn("resnet50")
    before, after = box(drawing, "layer2.0.conv1"), box(drawing, "layer2.0.conv2")
    assert (before.rect.h / after.rect.h) ** 2 == pytest.approx(56 / 28)


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_every_network_of_the_catalogue_shows_its_parts_in_order_without_overlap(name):
    drawing = drawn(name)
    assert [figure.name for figure in drawing.sections] == [
        section.name for section in drawing.graph.sections
    ]
    for before, after in zip(drawing.sections, drawing.sections[1:], strict=False):
        assert before.rect.right < after.rect.x
    for figure in drawing.sections:
        assert len(figure.blocks) == len(figure.section.blocks)
        for left, right in zip(figure.blocks, figure.blocks[1:], strict=False):
            assert left.rect.right <= right.rect.x + 1e-9
        for block in figure.blocks:
            assert figure.rect.x <= block.rect.x
            assert block.rect.right <= figure.rect.right


def test_imagenet_networks_have_six_parts_and_cifar_networks_five():
    assert len(drawn("resnet18").sections) == 6
    assert len(drawn("cifar_resnet20").sections) == 5


def test_each_block_shows_its_shortcut_past_its_maps():
    for figure in drawn("resnet50").sections:
        for block in figure.blocks:
            maps = [box.rect for box in block.boxes if box.part is Part.MAP]
            assert block.arc is not None
            assert block.arc.start < min(rect.x for rect in maps)
            assert block.arc.end > max(rect.right for rect in maps)
            assert block.arc.top < min(rect.y for rect in maps)


def test_identity_projection_and_zero_padding_are_told_apart():
    forms = {
        block.name: (block.arc.form, [box.part for box in block.boxes if box.part is Part.MARK])
        for name in ("resnet50", "cifar_resnet20")
        for figure in drawn(name).sections[1:3]
        for block in figure.blocks
        if name == "resnet50" or block.name.startswith("layer2")
    }
    assert forms["layer1.1"] == (ShortcutForm.IDENTITY, [])
    assert forms["layer1.0"] == (ShortcutForm.PROJECTION, [Part.MARK])
    assert forms["layer2.0"] == (ShortcutForm.ZERO_PAD, [Part.MARK])


def test_a_plain_network_has_neither_shortcut_nor_addition():
    drawing = drawn("plain18")
    assert all(block.arc is None for figure in drawing.sections for block in figure.blocks)
    assert not [box for box in drawing.boxes() if box.part in (Part.ADD, Part.MARK)]


def test_opening_a_block_draws_each_of_its_layers():
    closed, opened = (
        drawn("resnet50"),
        drawn("resnet50", folds=Folds(opened=frozenset({"layer2.0"}))),
    )
    layers = [layer.name for layer in closed.graph.find("layer2.0").layers]
    assert closed.rect_of("layer2.0.bn1") is None
    assert all(opened.rect_of(name) is not None for name in layers)
    assert opened.rect_of("layer2.0").w > 2 * closed.rect_of("layer2.0").w
    assert opened.rect_of("layer2.1.bn1") is None


def test_folding_a_stage_leaves_one_stack_in_place_of_its_blocks():
    folded = drawn("resnet101", folds=every_stage_folded(graph_of("resnet101")))
    assert [len(figure.blocks) for figure in folded.sections] == [0] * 6
    stacks = [box for box in folded.boxes() if box.part is Part.STACK]
    assert [stack.name for stack in stacks] == ["layer1", "layer2", "layer3", "layer4"]
    assert folded.rect_of("layer3.7") is None


def some_blocks(graph):
    """The first two blocks of each stage: every kind of block that the network has."""
    return Folds(opened=frozenset(block.name for block in graph.blocks if block.index < 2))


def finite(rect):
    return all(math.isfinite(number) for number in (rect.x, rect.y, rect.w, rect.h))


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_an_opened_block_of_every_network_has_a_box_for_each_layer_within_its_card(name):
    graph = graph_of(name)
    for block in lay_out(graph, some_blocks(graph)).sections[1:-1]:
        for figure in block.blocks[:2]:
            boxes = {box.name: box.rect for box in figure.boxes}
            assert set(boxes) == {layer.name for layer in figure.block.layers}
            for rect in boxes.values():
                assert finite(rect)
                assert rect.w > 0 < rect.h
                assert figure.rect.x <= rect.x <= rect.right <= figure.rect.right
                assert figure.rect.y <= rect.y <= rect.bottom <= figure.rect.bottom


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_no_two_boxes_of_an_opened_block_overlap(name):
    graph = graph_of(name)
    for section in lay_out(graph, some_blocks(graph)).sections[1:-1]:
        for figure in section.blocks[:2]:
            chips = [box.rect for box in figure.boxes if box.part is Part.CHIP]
            row = [box.rect for box in figure.boxes if box.part is not Part.CHIP]
            for line in (chips, row):
                for left, right in itertools.pairwise(sorted(line, key=lambda rect: rect.x)):
                    assert left.right <= right.x + 1e-9
            assert not chips or max(rect.bottom for rect in chips) < min(rect.y for rect in row)


@pytest.mark.parametrize(
    "name", ["cifar_preact_resnet164", "wrn28_10", "cifar_resnet110_relu_only"]
)
def test_an_activation_before_the_split_stands_left_of_where_the_shortcut_leaves(name):
    graph = graph_of(name)
    figure = lay_out(graph, some_blocks(graph)).sections[2].blocks[0]
    assert figure.block.entry
    entry = {layer.name for layer in figure.block.entry}
    for box in figure.boxes:
        if box.part is not Part.CHIP:
            assert (box.rect.right < figure.arc.start) == (box.name in entry)


def test_what_is_done_to_a_shortcut_is_marked_on_its_arc():
    kinds = {
        name: [
            box.layer.kind.value
            for box in drawn(name).sections[2].blocks[0].boxes
            if box.part is Part.MARK
        ]
        for name in (
            "cifar_resnet110_exclusive_gate",
            "cifar_resnet110_scaling",
            "cifar_resnet110_dropout",
            "cifar_resnet110_conv1x1",
            "resnet50d",
        )
    }
    assert kinds == {
        "cifar_resnet110_exclusive_gate": ["zeropad", "gate"],
        "cifar_resnet110_scaling": ["zeropad", "scale"],
        "cifar_resnet110_dropout": ["zeropad", "dropout"],
        "cifar_resnet110_conv1x1": ["conv"],
        "resnet50d": ["conv"],
    }


def test_a_squeeze_and_excitation_is_seen_in_closed_blocks():
    parts = [box.part for box in drawn("seresnet50").sections[1].blocks[1].boxes]
    assert parts == [Part.MAP, Part.MAP, Part.MAP, Part.STRIP, Part.ADD]


def test_a_plain_pre_activated_block_needs_nothing_after_its_branch():
    spec = get("cifar_plain20").spec.replace(order="full_preactivation")
    graph = build_graph(spec)
    figure = lay_out(graph, some_blocks(graph)).sections[1].blocks[0]
    assert figure.arc is None
    assert not figure.block.merge
    assert {box.name for box in figure.boxes} == {layer.name for layer in figure.block.layers}


def test_expanding_all_draws_every_layer_of_the_network():
    graph = graph_of("resnet50")
    drawing = lay_out(graph, every_block_opened(graph))
    assert {layer.name for layer in graph.layers} <= {box.name for box in drawing.boxes()}


def test_folding_one_thing_keeps_the_size_of_all_others():
    before = drawn("resnet50")
    after = drawn("resnet50", folds=Folds(frozenset({"layer1"}), frozenset({"layer2.0"})))
    assert after.pitch == before.pitch
    assert after.rect_of("layer4.0.conv2").w == before.rect_of("layer4.0.conv2").w


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "cifar_resnet20"])
@pytest.mark.parametrize("aspect", [2.4, 3.2])
def test_a_network_fills_a_window_of_the_wanted_shape(name, aspect):
    bounds = drawn(name, aspect=aspect).bounds
    assert bounds.w / bounds.h == pytest.approx(aspect, rel=0.25)


def test_a_point_finds_the_smallest_thing_that_is_there():
    drawing = drawn("resnet50", folds=Folds(frozenset({"layer3"}), frozenset({"layer2.0"})))

    def at(name):
        rect = drawing.rect_of(name)
        return drawing.hit(rect.cx, rect.cy)

    assert at("layer1.1") == "layer1.1", "a closed block is hit as a whole"
    assert at("layer2.0.bn2") == "layer2.0.bn2"
    assert at("layer2.0.downsample.0") == "layer2.0.downsample.0"
    card = drawing.rect_of("layer2.0")
    assert drawing.hit(card.x + 1, card.y + 1) == "layer2.0"
    assert at("layer3") == "layer3"
    assert at("fc") == "fc"
    assert drawing.hit(-50, 0) == ""
    assert drawing.hit(drawing.bounds.right + 50, 0) == ""


def test_only_the_blocks_in_sight_are_looked_up_in_a_network_of_a_thousand_layers():
    spec = NetworkSpec(block=BlockKind.BASIC, depths=(200, 200, 200), stem="cifar")
    stage = lay_out(build_graph(spec)).sections[2]
    place = stage.blocks[100].rect
    seen = stage.blocks_between(place.x + 0.1, place.right - 0.1)
    assert [block.name for block in seen] == ["layer2.100"]


@pytest.mark.parametrize(
    "changes",
    [
        {"depths": (1,), "widths": (16,), "input_size": 33, "stem": "cifar"},
        {"depths": (2,) * LIMITS["stages"][1], "input_size": 400},
        {"depths": (1, 1), "widths": (8192, 16), "input_size": 33, "shortcut": "B"},
        {"depths": (3, 3, 3), "stem": "cifar", "in_channels": 64, "classes": 100_000},
    ],
)
def test_unusual_networks_are_drawn_as_well(changes):
    graph = build_graph(NetworkSpec(**({"block": BlockKind.BASIC} | changes)))
    for folds in (Folds(), every_block_opened(graph), every_stage_folded(graph)):
        drawing = lay_out(graph, folds)
        assert drawing.bounds.w > 0
        assert all(box.rect.w > 0 and box.rect.h > 0 for box in drawing.boxes())
