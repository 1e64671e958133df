"""A comparison as text folds what is alike, and as data and cells leaves nothing out."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.diff import ChangeState, compare
from resnet_studio.architecture.diff_text import (
    CSV_COLUMNS,
    as_data,
    csv_rows,
    format_text,
    value_text,
    words,
)
from tests.architecture.strategies import small_specs


def compared(first, second, **changes):
    return compare(CATALOG[first].spec, CATALOG[second].spec.replace(**changes))


def test_the_text_tells_fields_totals_and_changed_layers():
    text = format_text(compared("resnet50", "resnet50", stride_on="1x1"))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == "resnet50 → resnet50"
    assert "stride_on 3x3 → 1x1" in lines
    assert "MACs 4,089,184,256 3,857,973,248 -231,211,008 0.943" in lines
    assert "sees (px) 427 483 +56 1.131" in lines
    row = next(line for line in lines if line.startswith("≠ layer2.0.conv1"))
    assert "stride 1 → 2; map 56×56 → 28×28" in row
    assert "102,760,448 → 25,690,112" in row


def test_runs_of_what_is_alike_are_one_line():
    text = format_text(compared("resnet50", "resnet50", stride_on="1x1"))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "… 36 layers alike stem … layer1" in lines
    assert "… 8 layers alike layer2.0.bn2 … layer2.0.relu3" in lines
    assert "… 30 layers alike layer2.1 … layer2.3" in lines
    told = sum(int(line.split()[1]) for line in lines if line.startswith("…"))
    changed = sum(line.startswith("≠ layer") and line.count(".") == 2 for line in lines)
    assert told + changed == len(compared("resnet50", "resnet50").after.layers)


def test_neighbouring_blocks_that_change_alike_are_told_once():
    text = format_text(compared("cifar_resnet110", "cifar_plain110"))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert any(line.startswith("≠ layer1.0 … layer1.17, each") for line in lines)
    assert len(lines) < 60


def test_a_block_of_one_network_only_is_one_line_with_its_shape():
    text = format_text(compared("cifar_resnet20", "cifar_resnet32"))
    assert "+   layer3.3 … layer3.4, each  block, identity shortcut: 64 × 8 × 8" in text
    assert "layer3.3.conv1" not in text


def test_everything_lists_each_row_by_itself():
    comparison = compared("resnet18", "plain18")
    table = format_text(comparison, everything=True).split("\n\n")[-1].splitlines()
    assert len(table) == 1 + sum(1 for _ in comparison.walk())
    assert "layer4.1.add" in table[-6] + table[-5] + table[-4]


def test_equal_networks_are_said_to_be_the_same():
    text = format_text(compared("resnet18", "resnet18", name="mine"))
    assert "Both networks are the same." in text
    assert text.endswith("All 68 layers are alike.")
    text = format_text(compared("resnet18", "resnet18", zero_init_residual=True))
    assert "the same" not in text
    assert "zero_init_residual  no      →  yes" in text


@given(small_specs(), small_specs())
def test_the_data_survive_json_and_have_every_row(first, second):
    comparison = compare(first, second)
    data = as_data(comparison)
    assert json.loads(json.dumps(data))["rows"] == data["rows"]
    assert len(data["rows"]) == sum(1 for _ in comparison.walk())
    assert data["same"] == comparison.same
    for side in ("before", "after"):
        sections = [row[side] for row in data["rows"] if row["level"] == 0 and row[side]]
        for figure in ("parameters", "macs", "activations", "activation_bytes"):
            total = data["totals"][figure][side]
            assert sum(section[figure] for section in sections) == total


@given(small_specs(), small_specs())
def test_every_csv_row_has_a_cell_for_each_title_and_none_for_what_is_missing(first, second):
    comparison = compare(first, second)
    rows = list(csv_rows(comparison))
    assert {len(row) for row in rows} == {len(CSV_COLUMNS)}
    for row, cells in zip(comparison.walk(), rows, strict=True):
        named = dict(zip(CSV_COLUMNS, cells, strict=True))
        assert (named["name, before"] == "") == (row.state is ChangeState.ONLY_AFTER)
        assert (named["name, after"] == "") == (row.state is ChangeState.ONLY_BEFORE)
        assert named["change"] == words(row)


def test_values_are_written_for_a_person():
    assert [value_text(value) for value in ((3, 4), True, 0.5, None, 64, "B")] == [
        "3, 4",
        "yes",
        "0.5",
        "—",
        "64",
        "B",
    ]


@pytest.mark.parametrize("everything", [False, True])
def test_a_narrow_terminal_gets_every_figure_in_lines_that_fit(everything):
    comparison = compared("resnet50", "seresnext50_32x4d")
    wide = format_text(comparison, everything=everything)
    narrow = format_text(comparison, everything=everything, columns=80)
    assert max(map(len, wide.splitlines())) > 80
    assert max(map(len, narrow.splitlines())) <= 80
    figures = re.compile(r"[\d,]+(?: → [\d,]+)?")
    for line in wide.split("\n\n")[-1].splitlines()[1:]:
        assert all(figure in narrow for figure in figures.findall(line.partition("  ")[2]))
    assert format_text(comparison, everything=everything, columns=1000) == wide
