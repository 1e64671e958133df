"""The tree of names that drawing, table and keyboard share."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.graph import build_graph
from resnet_studio.gui.architecture.outline import Folds, Outline, neighbour


@pytest.fixture
def outline():
    return Outline(build_graph(get("resnet50").spec))


def test_every_layer_block_and_section_of_the_graph_has_one_entry(outline):
    graph = outline.graph
    for item in (*graph.sections, *graph.blocks, *graph.layers):
        assert outline.find(item.name).item is item
    assert outline.find("layer9") is None


def test_a_layer_belongs_to_its_block_and_the_block_to_its_stage(outline):
    names = [entry.name for entry in outline.lineage("layer2.0.conv1")]
    assert names == ["layer2.0.conv1", "layer2.0", "layer2"]
    assert [entry.name for entry in outline.lineage("conv1")] == ["conv1", "stem"]
    assert list(outline.lineage("")) == []


@pytest.mark.parametrize(
    ("start", "step", "target"),
    [
        ("", "next", "stem"),
        ("", "previous", "head"),
        ("stem", "next", "layer1"),
        ("head", "next", "head"),
        ("layer1", "in", "layer1.0"),
        ("layer1.2", "next", "layer2.0"),
        ("layer2.0", "previous", "layer1.2"),
        ("layer1.0", "previous", "maxpool"),
        ("layer1.0", "in", "layer1.0"),
        ("layer2.0", "in", "layer2.0.conv1"),
        ("layer2.0.conv1", "out", "layer2.0"),
        ("layer2.0.relu3", "next", "layer2.1.conv1"),
        ("layer3", "in", "layer3"),
        ("layer2.3", "next", "layer4.0"),
        ("layer3.4", "next", "layer4"),
        ("layer1.0", "last", "fc"),
        ("layer1.0", "first", "conv1"),
    ],
)
def test_arrow_keys_walk_over_what_is_drawn(outline, start, step, target):
    folds = Folds(frozenset({"layer3"}), frozenset({"layer2.0", "layer2.1"}))
    assert neighbour(outline, folds, start, step) == target


def test_toggling_twice_changes_nothing(outline):
    folds = Folds()
    for name in ("layer3", "layer2.0"):
        once = folds.toggled(outline.find(name))
        assert once != folds
        assert once.toggled(outline.find(name)) == folds
