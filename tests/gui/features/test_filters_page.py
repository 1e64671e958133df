from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest

from resnet_studio.gui.features.filters_page import FiltersPage, weighted
from resnet_studio.gui.features.filters_plots import Quantity
from resnet_studio.probe.filters import filter_pictures, histogram, report


@pytest.fixture
def page(studio, qtbot, tiny_spec):
    """The view on the tiny network, without a picture, once the weights have been read."""
    studio.set_spec(tiny_spec)
    made = FiltersPage(studio)
    qtbot.addWidget(made)
    made.resize(700, 900)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: made.report is not None and not studio.workers.tasks)
    return made


@pytest.fixture
def settled(qtbot, studio, page):
    """Waits until nothing is being read."""
    return lambda: qtbot.waitUntil(lambda: not studio.workers.tasks)


def _choose(box, data) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_filters_are_drawn_weight_for_weight_in_their_colours(page):
    expected = filter_pictures(page.report.first, shared=False)
    image = page.grid.grab().toImage()
    for index in range(4):
        tile = page.grid.tile(index)
        for row, column in ((0, 0), (1, 2), (2, 1)):
            place = tile.topLeft() + QPointF(
                tile.width() * (column + 0.5) / 3, tile.height() * (row + 0.5) / 3
            )
            colour = image.pixelColor(place.toPoint())
            assert [*colour.getRgb()[:3]] == expected[index, row, column].tolist()
    assert page.grid.filter_at(page.grid.tile(3).center()) == 3
    assert "16" not in page.sections[0].note.text()
    assert "4 filters of 3×3×3" in page.sections[0].note.text()


def test_one_scale_for_all_filters_is_said_and_remembered(page, studio):
    _choose(page.range, "shared")
    assert page.grid.shared
    assert "largest weight of all" in page.sections[0].note.text()
    assert studio.settings["choices"]["filters.range"] == "shared"


def test_the_histogram_is_that_of_the_layer_that_is_selected(page, studio, settled):
    assert page.weights.histogram.layer == "conv1"
    studio.select("layer2.0.conv1")
    settled()
    expected = histogram(studio.network, "layer2.0.conv1")
    np.testing.assert_array_equal(page.weights.histogram.counts, expected.counts)
    assert page.layer.currentData() == "layer2.0.conv1"
    _choose(page.layer, "fc")
    settled()
    assert studio.selection == "fc"
    assert page.weights.histogram.layer == "fc"
    assert "uniform within ±1/√8" in page.sections[1].note.text()


def test_bars_are_as_high_as_the_counts_they_stand_for(page):
    chart, found = page.weights, page.weights.histogram
    frame = chart.frame_()
    fullest = int(found.counts.argmax())
    middle = float(found.edges[fullest] + found.edges[fullest + 1]) / 2
    image = chart.grab().toImage()
    x = round(frame.x(middle))
    bar = QColor(chart.theme.curve_train)
    reached = frame.y(float(found.counts[fullest]))
    assert image.pixelColor(x, round(reached) + 3) == bar
    assert image.pixelColor(x, round(reached) - 3) != bar
    assert f"{found.counts[fullest]} weights" in chart.text_at(QPointF(x, reached))
    page.log.setChecked(True)
    (_, _), (low, high) = chart.ranges()
    assert low < 0 < high < 4


def test_scales_near_zero_are_counted_below_the_plot(page, studio, settled):
    with torch.no_grad():
        studio.network.model.layer1[0].bn2.weight[:3] = 0.0
    page.report = page._read = None
    page.refresh(again=True)
    settled()
    assert "3 of 12 within ±0.01" in page.sections[2].note.text()
    frame = page.scales.frame_()
    index = page.scales.layers.index("layer1.0.bn2")
    text = page.scales.text_at(QPointF(frame.x(index), frame.y(0.5)))
    assert "3 of 4 within" in text
    assert "ends its residual branch" in text


def test_a_click_on_a_column_selects_its_layer_and_the_arrows_go_on(page, studio, settled):
    chart = page.norms
    frame = chart.frame_()
    place = QPointF(frame.x(2), frame.area.center().y()).toPoint()
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place)
    assert studio.selection == chart.layers[2] == "layer1.0.conv2"
    settled()
    assert page.weights.histogram.layer == "layer1.0.conv2"
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert studio.selection == chart.layers[3]
    settled()


def test_a_block_marks_all_its_columns_in_both_plots(page, studio, settled):
    studio.select("layer1.0")
    settled()
    assert [page.norms.selected, page.norms._last] == [1, 2]
    assert page.scales.layers[page.scales.selected] == "layer1.0.bn1"
    assert page.weights.histogram.layer == "layer1.0.conv1"


def test_norms_are_shown_beside_what_is_expected_at_the_start(page):
    layer = page.report.layers[1]
    for quantity, value, expected in (
        (Quantity.NORM, layer.norm, layer.expected_norm),
        (Quantity.RMS, layer.rms, layer.expected_std),
        (Quantity.RATIO, layer.rms / layer.expected_std, 1.0),
    ):
        _choose(page.quantity, quantity.value)
        assert (page.norms.value(layer), page.norms.expected(layer)) == (value, expected)
        assert page.norms.ranges()[1][1] >= value


def test_every_part_is_copied_and_saved_with_its_numbers(page, monkeypatch, tmp_path):
    monkeypatch.setattr(page.studio, "save_file", lambda _t, name, _f: tmp_path / name)
    for section in page.sections:
        for action in section.export.menu().actions():
            action.trigger()
        assert not QGuiApplication.clipboard().image().isNull()
    names = {path.name for path in tmp_path.iterdir()}
    kinds = ("filters", "histogram", "scales", "weights")
    assert names == {f"tiny_{kind}.{end}" for kind in kinds for end in ("png", "csv")}
    rows = list(csv.DictReader(io.StringIO((tmp_path / "tiny_weights.csv").read_text())))
    assert [float(row["l2_norm"]) for row in rows] == [each.norm for each in page.report.layers]
    weights = list(csv.DictReader(io.StringIO((tmp_path / "tiny_filters.csv").read_text())))
    assert float(weights[-1]["weight"]) == page.report.first.weights[3, 2, 2, 2]


def test_another_network_is_read_again_and_plots_stand_in_two_columns_where_there_is_room(
    page, studio, tiny_spec, settled, qtbot
):
    studio.set_spec(tiny_spec.replace(order="full_preactivation", depths=(1, 2)))
    qtbot.waitUntil(lambda: studio.network is not None and page._read is studio.network)
    assert page.norms.layers == tuple(each.name for each in report(studio.network).layers)
    assert "no normalisation ends the residual branch" in page.sections[2].note.text()
    page.resize(1300, 900)
    first, second = page.sections[:2]
    qtbot.waitUntil(lambda: first.y() == second.y() and second.x() > first.x())
    assert page.image().width() > 1000


@pytest.mark.parametrize(
    ("selection", "layer"),
    [
        ("", "conv1"),
        ("stem", "conv1"),
        ("layer1", "layer1.0.conv1"),
        ("layer1.0.relu2", "layer1.0.conv2"),
        ("layer1.0.add", "layer1.0.conv1"),
        ("head", "fc"),
        ("bn1", "conv1"),
        ("fc", "fc"),
    ],
)
def test_whatever_is_selected_means_a_layer_with_weights(selection, layer):
    assert weighted(selection, ["conv1", "layer1.0.conv1", "layer1.0.conv2", "fc"]) == layer
