"""The summary says what the graph says, as data, rows and text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import BlockKind, NetworkSpec, StemKind
from resnet_studio.architecture.summary import Detail, format_text, rows, shape_text, summary
from tests.architecture.strategies import small_specs


def test_the_summary_of_resnet50_has_the_known_numbers():
    made = summary(build_graph(CATALOG["resnet50"].spec))
    assert made["name"] == "resnet50"
    assert (made["parameters"], made["macs"]) == (25_557_032, 4_089_184_256)
    assert (made["input_size"], made["depth"], made["classes"]) == (224, 50, 1000)
    assert made["stem"]["shape"] == [64, 56, 56]
    assert [(stage["name"], stage["shape"], stage["blocks"]) for stage in made["stages"]] == [
        ("layer1", [256, 56, 56], 3),
        ("layer2", [512, 28, 28], 4),
        ("layer3", [1024, 14, 14], 6),
        ("layer4", [2048, 7, 7], 3),
    ]
    assert [stage["receptive_field"] for stage in made["stages"]] == [35, 91, 267, 427]
    assert made["head"]["parameters"] == 2_049_000


@given(small_specs())
def test_the_summary_survives_json_and_adds_up(spec):
    graph = build_graph(spec)
    made = summary(graph)
    assert json.loads(json.dumps(made)) == made
    parts = [made["stem"], *made["stages"], made["head"]]
    assert sum(part["parameters"] for part in parts) == made["parameters"]
    assert sum(part["macs"] for part in parts) == made["macs"]
    assert [stage["blocks"] for stage in made["stages"]] == list(spec.depths)


@given(small_specs())
def test_rows_name_every_part_once_and_add_up_on_each_level(spec):
    graph = build_graph(spec)
    sections = list(rows(graph, detail=Detail.SECTIONS))
    assert [row.name for row in sections] == [section.name for section in graph.sections]
    assert sum(row.parameters for row in sections) == graph.parameters
    blocks = [row for row in rows(graph, detail=Detail.BLOCKS) if row.level == 1]
    assert [row.name for row in blocks] == [block.name for block in graph.blocks]
    everything = list(rows(graph, detail=Detail.LAYERS))
    names = [row.name for row in everything]
    assert len(names) == len(set(names))
    parts = [*graph.sections, *graph.blocks, *graph.layers]
    assert sorted(names) == sorted(part.name for part in parts)
    levels = {section.name: 0 for section in graph.sections}
    levels |= {block.name: 1 for block in graph.blocks}
    levels |= {
        layer.name: 1 + len(section.blocks[:1])
        for section in graph.sections
        for layer in section.layers
    }
    assert {row.name: row.level for row in everything} == levels
    for row in everything:
        part = graph.find(row.name)
        assert (row.shape, row.macs) == (part.output_shape, part.macs)


@pytest.mark.parametrize(
    ("fields", "first", "second"),
    [
        ({}, "identity shortcut", "zero-padded shortcut"),
        ({"shortcut": "B"}, "identity shortcut", "projection shortcut"),
        ({"shortcut": "none"}, "no shortcut", "no shortcut"),
        ({"shortcut_type": "conv1x1"}, "projection shortcut", "projection shortcut"),
        ({"shortcut_type": "highway"}, "identity shortcut, gated", "zero-padded shortcut, gated"),
        ({"shortcut_type": "scaling"}, "identity shortcut, scaled", "zero-padded shortcut, scaled"),
        (
            {"shortcut_type": "dropout", "se_reduction": 4, "dropout": 0.3},
            "identity shortcut, with dropout, SE",
            "zero-padded shortcut, with dropout, SE",
        ),
        ({"dropout": 0.3}, "identity shortcut", "zero-padded shortcut"),
    ],
)
def test_a_block_is_told_by_its_shortcut(fields, first, second):
    spec = NetworkSpec(block=BlockKind.BASIC, stem=StemKind.CIFAR, depths=(1, 1), **fields)
    blocks = [row for row in rows(build_graph(spec)) if row.level == 1]
    assert [row.title for row in blocks] == [f"block, {first}", f"block, {second}"]


def test_the_text_is_aligned_and_ends_with_the_totals():
    lines = format_text(build_graph(CATALOG["resnet18"].spec)).splitlines()
    *table, empty, total = lines
    assert len({len(line) for line in table}) == 1
    assert len(table) == 1 + 6
    assert empty == ""
    assert total == ("resnet18: 18 layers, 11,689,512 parameters, 1,814,073,344 MACs at 224 × 224")


@pytest.mark.parametrize(("detail", "lines"), [("sections", 6), ("blocks", 14), ("layers", 82)])
def test_the_text_goes_as_deep_as_asked(detail, lines):
    text = format_text(build_graph(CATALOG["resnet18"].spec), detail=Detail(detail))
    assert len(text.splitlines()) == lines + 3
    assert ("conv1" in text) == (detail == "layers")
    assert ("layer1.0" in text) == (detail != "sections")


def test_a_shape_is_written_with_multiplication_signs():
    assert shape_text((64, 56, 56)) == "64 × 56 × 56"
    assert shape_text((1000,)) == "1000"
