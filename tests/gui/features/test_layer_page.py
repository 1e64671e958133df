"""The view of one layer: found by name, shown channel by channel, each number with its field."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from resnet_studio.data.imaging import picture_from_array
from resnet_studio.gui.features.layer_page import LayerPage
from resnet_studio.probe.channels import Order, channel_difference
from resnet_studio.probe.colours import Palette
from resnet_studio.probe.field import Cell, measure_field, theoretical_box
from resnet_studio.probe.layer_maps import take_layer
from resnet_studio.probe.predict import prepare


@pytest.fixture
def page(studio, qtbot, tiny_spec, picture):
    """The view on a tiny network and a picture, shown, with layer2.0.conv1."""
    studio.set_spec(tiny_spec)
    studio.commands.set_theme(studio.theme)
    studio.select("layer2.0.conv1")
    made = LayerPage(studio)
    qtbot.addWidget(made)
    made.resize(700, 560)
    made.show()
    qtbot.waitExposed(made)
    studio.set_picture(picture)
    _wait(qtbot, made)
    return made


def _wait(qtbot, page, layer: str = "") -> None:
    """Waits until the view shows what it was asked for."""

    def settled() -> bool:
        return (
            page.shown is not None
            and not page.studio.workers.tasks
            and page.shown.maps.name == (layer or page.layer)
            and page.shown.ready.picture is page.studio.picture
        )

    # The first one in a process waits for torch: half a minute where others keep the cores busy.
    qtbot.waitUntil(settled, timeout=60_000)


def _maps(page, layer: str) -> np.ndarray:
    network = page.studio.network
    return take_layer(network, prepare(network, page.studio.picture), layer).maps


def test_it_shows_the_selected_layer_as_a_hook_sees_it(page, qtbot, studio):
    np.testing.assert_array_equal(page.mosaic_view.maps.maps, _maps(page, "layer2.0.conv1"))
    assert page.choice.currentText().startswith("layer2.0.conv1 · 3×3 conv, 8")
    assert page.details.text().startswith("8 channels of 16×16 · each sees up to 9×9 px")
    assert page.mosaic_view.mosaic.palette is Palette.DIVERGING
    studio.select("layer1")  # a section means what leaves it
    _wait(qtbot, page, "layer1.0.relu2")
    np.testing.assert_array_equal(page.mosaic_view.maps.maps, _maps(page, "layer1"))
    assert page.mosaic_view.mosaic.palette is Palette.SEQUENTIAL


def test_a_layer_is_found_by_typing_a_part_of_its_name(page, qtbot, studio):
    edit = page.choice.lineEdit()
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClicks(edit, "2.0.BN2")
    assert "layer2.0.bn2" in page.choice.completer().currentCompletion()
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    page.choice.completer().popup().hide()
    _wait(qtbot, page, "layer2.0.bn2")
    assert studio.selection == "layer2.0.bn2"
    edit.selectAll()
    qtbot.keyClicks(edit, "nothing like this")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert page.choice.currentText().startswith("layer2.0.bn2")


def test_the_keys_n_and_p_go_from_layer_to_layer(page, qtbot, studio):
    names = [layer.name for layer in studio.graph.layers]
    place = names.index("layer2.0.conv1")
    page.mosaic_view.setFocus()
    qtbot.keyClick(page.mosaic_view, Qt.Key.Key_N)
    assert studio.selection == page.layer == names[place + 1]
    for _ in range(2):
        qtbot.keyClick(page.mosaic_view, Qt.Key.Key_P)
    assert studio.selection == page.layer == names[place - 1]
    _wait(qtbot, page)


def test_a_vector_is_shown_as_squares_with_the_names_of_the_classes(page, qtbot, studio):
    studio.select("fc")
    _wait(qtbot, page, "fc")
    view = page.mosaic_view
    assert page.details.text().startswith("5 numbers")
    reading = view.reading_at(view.channel_box(3).center().toPoint())
    assert (reading.channel, reading.row, reading.column) == (3, 0, 0)
    assert reading.value == float(_maps(page, "fc")[3, 0, 0])
    assert view.describe(3).startswith(f"{studio.network.classes[3]}: channel 3")


def test_the_cursor_reads_value_and_place_and_tells_what_the_number_sees(page, studio):
    view, told = page.mosaic_view, []
    studio.pointed_at.connect(told.append)
    box = view.channel_box(5)
    point = QPoint(round(box.left() + 11.5 * view.zoom), round(box.top() + 2.5 * view.zoom))
    QTest.mouseMove(view, point)
    reading = view.reading_at(point)
    assert (reading.channel, reading.row, reading.column) == (5, 2, 11)
    assert reading.value == float(_maps(page, "layer2.0.conv1")[5, 2, 11])
    field = studio.graph.find("layer2.0.conv1").receptive_field
    expected = theoretical_box(field, 2, 11).within(32)
    crop = page.shown.ready.prepared.crop_box
    assert told[-1] == expected.on_picture(crop, 32)
    assert "row 2, column 11" in page.reading.text()
    assert f"can see {expected.width}×{expected.height} px of 32×32" in page.reading.text()
    QTest.mouseMove(page.export, QPoint(2, 2))
    assert told[-1] is None


def test_what_a_chosen_cell_looks_at_is_measured_when_asked_for(page, qtbot, studio, picture):
    page.enlarge(5)
    view = page.channel_view
    view.choose_cell(2, 11)
    assert view.canvas.fields.measured is None
    view.gradient.click()
    qtbot.waitUntil(lambda: view.canvas.fields.measured is not None, timeout=20_000)
    expected = measure_field(studio.network, picture, "layer2.0.conv1", Cell(5, 2, 11))
    assert view.canvas.fields.measured == expected.box
    assert f"95 % of the gradient in {expected.box.width}×{expected.box.height}" in (
        view.value.text()
    )
    assert view.bar.scale.high == pytest.approx(float(expected.magnitude.max()))
    qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.pinned == (2, 12)
    assert view.canvas.fields.measured is None  # that of the cell before is no longer shown
    qtbot.waitUntil(lambda: view.canvas.fields.measured is not None, timeout=20_000)
    view.gradient.click()
    assert view.canvas.fields.measured is None
    values = page.mosaic_view.maps.maps[5]
    assert view.bar.scale.high == pytest.approx(float(np.abs(values).max()))


def test_channels_go_to_pages_and_the_keyboard_turns_them(page, qtbot):
    choices, view = page.choices, page.mosaic_view
    choices.order.setCurrentIndex(choices.order.findData(Order.VARIANCE))
    choices.tile.setCurrentIndex(choices.tile.findData(256))
    ranking = view.mosaic.ranking.tolist()
    assert view.page_count > 1
    shown = list(view.mosaic.order)
    size = len(shown)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert page.page_label.text() == f"page 2 of {view.page_count}"
    shown += list(view.mosaic.order)
    while page.page_on.isEnabled():
        page.page_on.click()
        shown += list(view.mosaic.order)
    assert shown == ranking
    view.set_current_channel(ranking[0])
    assert view.page == 0
    for _ in range(size):
        qtbot.keyClick(view, Qt.Key.Key_Right)
    assert (view.page, view.current_channel) == (1, ranking[size])
    choices.pages.setChecked(False)
    assert view.page_count == 1
    assert sorted(view.mosaic.order) == list(range(8))


def test_channels_are_sorted_by_their_difference_to_the_picture_before(page, qtbot, studio):
    first = _maps(page, "layer2.0.conv1")
    order = page.choices.order
    place = order.findData(Order.DIFFERENCE)
    assert not order.model().item(place).isEnabled()
    studio.set_picture(picture_from_array(255 - studio.picture.rgb, name="negative"))
    _wait(qtbot, page)
    assert order.model().item(place).isEnabled()
    order.setCurrentIndex(place)
    _wait(qtbot, page)
    second = _maps(page, "layer2.0.conv1")
    distance = channel_difference(second, first)
    assert np.diff(distance[page.mosaic_view.mosaic.order]).max() <= 0
    assert distance.max() > 0
    studio.set_picture(None)  # with nothing to compare, the channels stand by number again
    assert order.currentData() == Order.CHANNEL
    assert not order.model().item(place).isEnabled()


def test_choices_are_remembered_for_the_next_time(page, studio, qtbot):
    page.choices.colours.setCurrentIndex(2)
    page.choices.range.setCurrentIndex(1)
    page.choices.pages.setChecked(False)
    again = LayerPage(studio)
    qtbot.addWidget(again)
    assert again.choices.display == page.choices.display
    assert again.choices.display.per_channel
    assert not again.choices.display.paged


def test_surgery_changes_what_a_layer_gives(page, qtbot, studio):
    studio.select("layer2.0.add")
    _wait(qtbot, page, "layer2.0.add")
    before = page.mosaic_view.maps.maps
    studio.operating.toggle_shortcut("layer2.0")
    qtbot.waitUntil(lambda: page.mosaic_view.maps.maps is not before, timeout=20_000)
    np.testing.assert_array_equal(page.mosaic_view.maps.maps, _maps(page, "layer2.0.bn2"))
    assert "operated" in page.caption()


def test_another_network_begins_with_a_layer_that_it_has(page, qtbot, studio, tiny_spec):
    studio.set_spec(tiny_spec.replace(depths=(1,), widths=(4,)))
    _wait(qtbot, page, "conv1")
    assert page.choice.names[-1] == "fc"
    assert all(not name.startswith("layer2") for name in page.choice.names)


def test_the_mosaic_and_the_statistics_can_be_copied_and_saved(page, studio, tmp_path, monkeypatch):
    page.copy()
    assert not QGuiApplication.clipboard().image().isNull()
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _kinds: tmp_path / name)
    page.save_statistics()
    page.enlarge(2)
    page.save()
    assert (tmp_path / "tiny_layer2.0.conv1_channel2.png").stat().st_size > 1000
    table = tmp_path / "tiny_layer2.0.conv1_channels.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    maps = _maps(page, "layer2.0.conv1")
    assert [float(row["max"]) for row in rows] == pytest.approx(maps.max(axis=(1, 2)).tolist())
