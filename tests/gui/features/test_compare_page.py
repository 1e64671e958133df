from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from resnet_studio.data.imaging import picture_from_array
from resnet_studio.gui.features.compare_networks import OtherNetwork, Source
from resnet_studio.gui.features.compare_page import ComparePage
from resnet_studio.gui.features.compare_with import Kind
from resnet_studio.probe.comparison import ComparedOrder, Side, compare
from resnet_studio.probe.framing import Framing, FramingKind
from resnet_studio.probe.network import WeightsChoice, load_network
from resnet_studio.probe.predict import classify


@pytest.fixture
def negative(picture):
    return picture_from_array(255 - picture.rgb, name="negative")


@pytest.fixture
def page(studio, qtbot, tiny_spec):
    studio.set_spec(tiny_spec)
    made = ComparePage(studio)
    qtbot.addWidget(made)
    made.resize(680, 620)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def settled(page, studio, qtbot):
    """Waits until nothing is computed, and returns what is shown."""

    def wait():
        qtbot.waitUntil(lambda: page.found is not None and not studio.workers.tasks, timeout=60_000)
        return page.found

    return wait


@pytest.fixture
def pictures(page, studio, picture, negative, settled):
    """The view of two pictures: the negative at the left, the one shown before at the right."""
    studio.set_picture(picture)
    studio.set_picture(negative)
    return settled()


def choose(box, value):
    box.setCurrentIndex(box.findData(value))


def test_without_a_second_picture_the_view_says_how_to_get_one(
    page, studio, picture, negative, settled, qtbot
):
    studio.set_picture(picture)
    said = page.waiting
    qtbot.waitUntil(
        lambda: "second one" in said.text() and not studio.workers.tasks, timeout=60_000
    )
    assert page.place.currentWidget() is page.waiting
    assert not studio.commands.action("compare.copy").isEnabled()
    studio.set_picture(negative)
    assert settled().second.side.picture is picture


def test_the_previous_picture_is_the_second_one_and_both_halves_show_their_own(
    page, studio, pictures, picture, negative
):
    network = load_network(studio.spec)
    expected = compare("layer2", Side(network, negative), Side(network, picture))
    for seen, other in ((pictures.first, expected.first), (pictures.second, expected.second)):
        np.testing.assert_array_equal(seen.maps, other.maps)
    assert (page.first.title.text(), page.second.title.text()) == ("negative", "noise")
    assert page.first.predictions.predictions == classify(network, negative)
    assert page.second.predictions.predictions == classify(network, picture)
    assert "difference" in page.summary.text()


def test_all_mosaics_stand_in_one_order_and_both_sides_have_one_colour_for_one_value(
    page, pictures
):
    choose(page.order, ComparedOrder.DIFFERENCE)
    order = pictures.order(ComparedOrder.DIFFERENCE)
    first, second, change = page._mosaics()
    assert order[0] == int(pictures.change.distance.argmax())
    for mosaic in (first, second, change):
        left, top, width, _ = mosaic.grid.box(0)
        assert mosaic.place_at(mosaic.channel_box(order[0]).center())[0] == order[0]
        assert (left, top, width) == (0, 0, 16)
    value = pictures.first.maps[order[0], 5, 5]
    nearest = np.abs(pictures.second.maps - value)
    channel, row, column = np.unravel_index(nearest.argmin(), nearest.shape)
    assert nearest.min() < (pictures.range.high - pictures.range.low) / 254
    position = order.tolist().index(channel)
    left, top, _, _ = second.grid.box(position)
    one = first.image.pixelColor(5, 5)
    other = second.image.pixelColor(left + int(column), top + int(row))
    assert max(abs(one.red() - other.red()), abs(one.blue() - other.blue())) <= 6


def test_the_layer_follows_the_selection_and_sets_it(page, studio, pictures, settled):
    studio.select("layer1.0.conv2")
    assert settled().first.layer == "layer1.0.conv2"
    index = page.layer.findData("layer1")
    page.layer.setCurrentIndex(index)
    page.layer.activated.emit(index)
    assert studio.selection == "layer1"
    assert settled().first.layer == "layer1"


def test_the_present_crop_is_ones_own_and_the_second_picture_keeps_the_usual_one(
    page, studio, pictures, settled
):
    own = Framing(FramingKind.BOX, (0, 0, 20, 20))
    studio.framing_choice.set(own)
    found = settled()
    assert found.first.side.framing == own
    assert found.second.side.framing != own
    assert "crop 20×20" in page.first.title.text()
    studio.framing_choice.set(Framing(FramingKind.LETTERBOX))
    assert settled().second.side.framing.kind is FramingKind.LETTERBOX


def test_a_picture_dropped_on_the_right_half_is_compared_and_on_the_left_is_shown(
    page, studio, pictures, settled, tmp_path, qtbot
):
    before = studio.picture
    path = tmp_path / "grey.png"
    Image.fromarray(np.full((40, 40, 3), 90, dtype=np.uint8)).save(path)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    _drop(page, mime, page.width() - 20)
    qtbot.waitUntil(lambda: page.beside.picture.name == "grey.png")
    assert settled().second.side.picture.name == "grey.png"
    assert studio.picture is before
    _drop(page, mime, 20)
    qtbot.waitUntil(lambda: studio.picture is not before)
    assert settled().first.side.picture.name == "grey.png"


def _drop(page, mime, x):
    common = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton)
    where = QPointF(x, 300)
    modifiers = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(where.toPoint(), *common, modifiers)
    QApplication.sendEvent(page, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(page, QDropEvent(where, *common, modifiers))


def test_weights_dropped_here_are_left_to_the_window(page):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile("/tmp/some.safetensors")])
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(
        QPointF(5, 5).toPoint(), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, none
    )
    QApplication.sendEvent(page, enter)
    assert not enter.isAccepted()


def test_swapping_exchanges_the_two_pictures(page, studio, pictures, picture, negative, settled):
    page.beside.swap()
    found = settled()
    assert found.first.side.picture is picture
    assert found.second.side.picture is negative


def test_an_operated_network_is_compared_with_itself_before_the_surgery(
    page, studio, pictures, settled, qtbot
):
    studio.operating.toggle_shortcut("layer2.0")
    settled()
    choose(page.kind, Kind.NETWORKS)
    found = settled()
    assert page.beside.network.source is Source.INTACT
    assert found.second.side.network is studio.intact_network
    assert found.change.relative > 0
    assert "operated" in page.first.title.text()
    assert not page.note.isVisible()
    studio.operating.reset()
    qtbot.waitUntil(lambda: page.found.change.relative == 0)
    settled()


def test_other_random_weights_are_compared_with_a_warning_that_channels_do_not_correspond(
    page, studio, pictures, settled, qtbot
):
    choose(page.kind, Kind.NETWORKS)
    found = settled()
    assert found.second.side.network.choice.seed == 1
    assert found.first.side.network.choice.seed == 0
    assert "different weights" in page.note.text()
    assert page.note.isVisible()
    studio.set_weights(WeightsChoice(seed=1))
    qtbot.waitUntil(lambda: page.found.first.side.network.choice.seed == 1, timeout=20_000)
    assert settled().second.side.network.choice.seed == 0


def test_another_network_is_shown_beside_it_without_a_difference(
    page, studio, pictures, settled, tiny_spec
):
    choose(page.kind, Kind.NETWORKS)
    settled()
    other = tiny_spec.replace(name="wider", widths=(6, 10))
    page.beside.use_network(OtherNetwork(Source.OTHER, spec=other))
    found = settled()
    assert found.change is None
    assert not page.change.isVisible()
    assert not page.table.isVisible()
    assert page.second.mosaic.grid.count == 10
    assert "10 channels" in page.note.text()
    assert "wider" in page.second.title.text()


def test_a_file_without_weights_is_refused_in_words(
    page, studio, pictures, settled, messages, tmp_path, qtbot
):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"nothing")
    choose(page.kind, Kind.NETWORKS)
    settled()
    page.beside.use_network(OtherNetwork(Source.FILE, path=str(broken)))
    qtbot.waitUntil(lambda: any(message.kind == "error" for message in messages))
    qtbot.waitUntil(lambda: not studio.workers.tasks)
    assert "broken.safetensors" in messages[-1].text
    assert page.place.currentWidget() is page.waiting
    page.beside.use_network(OtherNetwork(Source.RANDOM))
    settled()


def test_pointing_at_a_channel_marks_it_everywhere_and_a_click_goes_to_its_row(page, pictures):
    second = page.second.mosaic
    spot = second.channel_box(3).center().toPoint()
    QTest.mouseMove(second, spot)
    assert [mosaic.marked for mosaic in page._mosaics()] == [3, 3, 3]
    QTest.mouseClick(second, Qt.MouseButton.LeftButton, pos=spot)
    assert page.table.current_channel == 3
    QTest.keyClick(second, Qt.Key.Key_Right)
    assert page.table.current_channel == 4
    assert page.first.mosaic.marked == 4
    words = page._describe(3, 2, 7)
    assert "channel 3, row 2, column 7" in words


def test_the_table_lists_the_most_changed_channel_first(page, pictures):
    model = page.table.distances
    channels = [model.channel(row) for row in range(model.rowCount())]
    assert channels == pictures.order(ComparedOrder.DIFFERENCE).tolist()
    assert [int(model.index(row, 0).data()) for row in range(8)] == channels
    page.table.show_channel(channels[5])
    page.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert [model.channel(row) for row in range(8)] == list(range(8))
    assert page.table.current_channel == channels[5]
    assert page.table.currentIndex().row() == channels[5]


def test_the_comparison_is_copied_as_a_picture_and_its_numbers_saved(
    page, studio, pictures, tmp_path, monkeypatch
):
    studio.commands.action("compare.copy").trigger()
    copied = QGuiApplication.clipboard().image()
    assert copied.width() > page.area.viewport().width()
    target = tmp_path / "table.csv"
    monkeypatch.setattr(studio, "save_file", lambda *_args: target)
    studio.commands.action("compare.save_table").trigger()
    rows = list(csv.reader(target.open()))
    assert len(rows) == 9
    monkeypatch.setattr(studio, "save_file", lambda *_args: tmp_path / "picture.png")
    studio.commands.action("compare.save").trigger()
    assert QImage(str(tmp_path / "picture.png")).size() == copied.size()


def test_what_was_chosen_is_remembered(page, studio, pictures, qtbot):
    choose(page.order, ComparedOrder.DIFFERENCE)
    again = ComparePage(studio)
    qtbot.addWidget(again)
    assert ComparedOrder(again.order.currentData()) is ComparedOrder.DIFFERENCE
    assert again.beside.picture is studio.previous_picture
