"""The table: the same tree as a Qt model, and as CSV."""

from __future__ import annotations

import csv
import io
import math

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.graph import build_graph
from resnet_studio.gui.architecture.outline import Outline
from resnet_studio.gui.architecture.table import LayerTable, LayerTableModel, table_csv
from resnet_studio.gui.theme import LIGHT


@pytest.fixture
def model(qapp):
    return LayerTableModel(Outline(build_graph(get("resnet50").spec)), LIGHT)


def row(model, name):
    index = model.index_of(name)
    return [model.data(index.siblingAtColumn(column)) for column in range(model.columnCount())]


def test_the_model_keeps_qts_rules(model):
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for section in range(model.rowCount()):
        parent = model.index(section, 0)
        for child in range(model.rowCount(parent)):
            assert model.parent(model.index(child, 3, parent)) == parent


def test_sections_hold_blocks_and_blocks_hold_layers(model):
    assert model.rowCount() == 6
    stage = model.index_of("layer1")
    assert model.rowCount(stage) == 3
    assert model.rowCount(model.index_of("layer1.0")) == 12
    assert model.parent(model.index_of("layer1.0")) == stage
    assert not model.index_of("layer7").isValid()
    assert model.entry(QModelIndex()) is None


def test_rows_show_the_known_figures_of_resnet_50(model):
    shown = ["256×56×56", "215,808", "667,942,912", "35 px", "56.7 MiB", ""]
    assert row(model, "layer1")[2:] == shown
    assert row(model, "layer1.0.conv2")[:4] == ["conv2", "3×3 conv, 64", "64×56×56", "36,864"]
    assert row(model, "layer1.0")[1] == "projection block"
    assert row(model, "fc")[2:4] == ["1000", "2,049,000"]


def test_numbers_are_on_the_right_and_sections_have_their_colour(model):
    stage = model.index_of("layer2")
    alignment = model.data(stage.siblingAtColumn(3), Qt.ItemDataRole.TextAlignmentRole)
    assert alignment & Qt.AlignmentFlag.AlignRight
    swatch = model.data(stage, Qt.ItemDataRole.DecorationRole)
    assert swatch.toImage().pixelColor(3, 3).name() == LIGHT.stage_colour(2, 6)


def test_the_csv_has_every_part_once_with_bare_numbers():
    graph = build_graph(get("resnet50").spec)
    rows = list(csv.reader(io.StringIO(table_csv(graph))))
    names = [line[0] for line in rows[1:]]
    assert len(names) == len(set(names))
    assert set(names) == {item.name for item in (*graph.sections, *graph.blocks, *graph.layers)}
    by_name = {line[0]: line for line in rows[1:]}
    assert rows[0][5:] == ["Rec. field (px)", "Memory (bytes)"]
    made = 4 * sum(math.prod(layer.output_shape) for layer in graph.stages[0].layers)
    assert by_name["layer1"][2:] == ["256×56×56", "215808", "667942912", "35", str(made)]
    sections = [by_name[section.name] for section in graph.sections]
    assert sum(int(line[3]) for line in sections) == 25_557_032
    assert sum(int(line[4]) for line in sections) == 4_089_184_256


@pytest.mark.parametrize("width", [500, 700, 1400])
def test_what_a_part_is_can_be_read_at_any_width_and_size_of_text(qtbot, width):
    table = LayerTable(Outline(build_graph(get("resnet50").spec)), LIGHT)
    qtbot.addWidget(table)
    font = table.font()
    font.setPointSizeF(1.5 * font.pointSizeF())
    table.setFont(font)
    table.set_widths()
    table.resize(width, 300)
    with qtbot.waitExposed(table):
        table.show()
    header = table.header()
    assert header.sectionSize(1) > table.fontMetrics().horizontalAdvance("3×3 conv, 256")
    assert header.length() >= table.viewport().width()
