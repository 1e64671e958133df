"""The table of a comparison: both sides' figures, the filter, and the CSV."""

from __future__ import annotations

import csv
import io

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.diff import ChangeState, compare
from resnet_studio.gui.architecture.compare_table import CompareModel, CompareTable, comparison_csv
from resnet_studio.gui.theme import DARK, LIGHT


def compared(first, second, **changes):
    return compare(CATALOG[first].spec, CATALOG[second].spec.replace(**changes))


def texts(model, index):
    return [model.data(index.siblingAtColumn(place)) for place in range(model.columnCount())]


STRIDES = compared("resnet50_v1", "resnet50")


@pytest.fixture
def table(qtbot):
    """The table of ResNet-50 with its strides on the 1x1 against that with them on the 3x3."""
    shown = CompareTable(STRIDES, LIGHT)
    qtbot.addWidget(shown)
    shown.resize(960, 300)
    shown.show_comparison(STRIDES, only_changes=True)
    return shown


def test_qt_finds_nothing_wrong_with_the_model(qapp):
    model = CompareModel(compared("resnet18", "cifar_resnet20"), LIGHT)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_comparison(compared("resnet18", "plain18"), only_changes=False)
    assert model.rowCount() == 1 + 6


def test_the_first_row_has_the_totals_of_both(table):
    model = table.table_model()
    assert texts(model, model.index(0, 0)) == [
        "Whole network",
        "50 layers",
        "50 layers",
        "25.6 M",
        "3.86 G → 4.09 G",
        "144 MB → 150 MB",
        "483 → 427",
    ]


def test_a_row_has_both_sides_and_one_number_where_they_are_equal(table):
    model = table.table_model()
    assert texts(model, model.index_of(STRIDES.rows_after["layer2.0.conv1"])) == [
        "conv1",
        "1×1 conv, 128, /2 · 128×28×28",
        "1×1 conv, 128 · 128×56×56",
        "32.8 k",
        "25.7 M → 103 M",
        "401 kB → 1.61 MB",
        "35",
    ]


def test_only_changes_leaves_out_what_is_alike(table):
    model = table.table_model()
    titles = [texts(model, model.index(row, 0))[0] for row in range(model.rowCount())]
    assert titles == ["Whole network", "layer2", "layer3", "layer4"]
    assert model.rowCount(model.index(1, 0)) == 1
    assert not model.index_of(STRIDES.rows_after["layer2.1"]).isValid()
    table.show_comparison(STRIDES, only_changes=False)
    assert model.rowCount() == 1 + 6
    assert model.index_of(STRIDES.rows_after["layer2.1"]).isValid()


def test_what_one_side_lacks_is_a_dash(qapp):
    comparison = compared("resnet18", "plain18")
    model = CompareModel(comparison, LIGHT)
    shown = texts(model, model.index_of(comparison.rows_before["layer2.0.downsample.0"]))
    assert shown[:5] == [
        "downsample.0",
        "1×1 conv, 128, /2 · 128×28×28",
        "—",
        "8.19 k → —",
        "6.42 M → —",
    ]


def test_every_row_that_differs_has_its_mark_and_says_what_differs(table):
    model = table.table_model()
    index = model.index_of(STRIDES.rows_after["layer2.0.conv1"])
    assert not index.data(Qt.ItemDataRole.DecorationRole).isNull()
    tip = index.data(Qt.ItemDataRole.ToolTipRole)
    assert "stride 2 → 1" in tip
    assert "102,760,448" in tip
    assert "stride 2 → 1" in index.data(Qt.ItemDataRole.AccessibleTextRole)


def test_a_small_comparison_is_unfolded_whole_and_a_large_one_to_its_blocks(table):
    assert table.isExpanded(table.table_model().index_of(STRIDES.rows_after["layer2.0"]))
    large = compared("resnet34", "resnet50")
    table.show_comparison(large, only_changes=True)
    assert table.isExpanded(table.table_model().index_of(large.rows_after["layer2"]))
    assert not table.isExpanded(table.table_model().index_of(large.rows_after["layer2.0"]))


def test_a_chosen_row_is_told_and_a_marked_one_is_not(table, qtbot):
    row = STRIDES.rows_after["layer3.0.conv2"]
    with qtbot.assertNotEmitted(table.chosen):
        table.set_chosen(row)
    assert table.currentIndex() == table.table_model().index_of(row)
    with qtbot.waitSignal(table.chosen) as signal:
        table.setCurrentIndex(table.table_model().index(0, 0, QModelIndex()))
    assert signal.args == [None]


def test_another_theme_keeps_what_is_unfolded_and_chosen(table):
    row = STRIDES.rows_after["layer4.0.conv1"]
    table.collapse(table.table_model().index_of(STRIDES.rows_after["layer2"]))
    table.set_chosen(row)
    table.set_theme(DARK)
    assert table.currentIndex() == table.table_model().index_of(row)
    assert not table.isExpanded(table.table_model().index_of(STRIDES.rows_after["layer2"]))
    assert table.isExpanded(table.table_model().index_of(STRIDES.rows_after["layer4.0"]))


def test_the_csv_has_every_row_with_bare_numbers():
    rows = list(csv.DictReader(io.StringIO(comparison_csv(STRIDES))))
    assert len(rows) == sum(1 for _ in STRIDES.walk())
    (row,) = [row for row in rows if row["name, after"] == "layer2.0.conv1"]
    assert (row["MACs, before"], row["MACs, after"]) == ("25690112", "102760448")
    assert row["state"] == ChangeState.CHANGED.value
    assert row["change"] == "stride 2 → 1; map 28×28 → 56×56"
