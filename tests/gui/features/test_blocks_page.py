from __future__ import annotations

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from resnet_studio.gui.features.blocks_page import BlocksPage
from resnet_studio.probe.residual import Part, dissect, survey


@pytest.fixture
def page(studio, qtbot, tiny_spec, picture):
    """The view on a network of two blocks, one with a zero-padding shortcut; shows a picture."""
    studio.set_spec(tiny_spec)
    studio.set_picture(picture)
    made = BlocksPage(studio)
    qtbot.addWidget(made)
    made.resize(900, 640)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def settle(qtbot, studio):
    """Waits until a page shows the block that it is to show, of the network that there is now."""

    def wait(page):
        qtbot.waitUntil(lambda: _settled(page), timeout=60_000)
        return page.found

    return wait


def _settled(page) -> bool:
    return (
        page.found is not None
        and page.survey is not None
        and page.survey.network is page.studio.network
        and page.found.reading.block.name == page.block
        and not page.studio.workers.tasks
    )


def _move(maps, part, across, down) -> None:
    box = maps.scene.box(part)
    point = QPointF(box.left() + across * box.width(), box.top() + down * box.height())
    QTest.mouseMove(maps, point.toPoint())
    QApplication.processEvents()


def test_it_shows_the_maps_and_figures_of_the_first_block(page, settle, studio, picture):
    found = settle(page)
    expected = dissect(survey(studio.network, picture), "layer1.0")
    for part in Part:
        np.testing.assert_array_equal(found.maps[part], expected.maps[part])
    assert page.maps.scene.parts == tuple(Part)
    balance = expected.reading.figures.balance
    assert f"{balance:.2f}"[:4] in page.figures.as_text()
    assert len(page.strip.readings) == page.blocks.count() == 2
    rows = page.channels.channels
    strongest = int(np.argmax(expected.channel_balance()))
    assert rows.channel(0) == strongest


def test_block_and_selection_of_the_window_follow_each_other(page, settle, studio):
    settle(page)
    studio.select("layer2.0.conv2")
    assert settle(page).reading.block.name == "layer2.0"
    assert page.strip.chosen == page.blocks.currentText() == "layer2.0"
    QTest.keyClick(page.strip, Qt.Key.Key_Left)
    assert settle(page).reading.block.name == studio.selection == "layer1.0"
    QTest.keyClick(page, Qt.Key.Key_Right)
    assert settle(page).reading.block.name == studio.selection == "layer2.0"
    QTest.keyClick(page, Qt.Key.Key_Right)
    assert page.block == "layer2.0"
    QTest.mouseClick(page.strip, Qt.MouseButton.LeftButton, pos=page.strip.place(0).toPoint())
    assert settle(page).reading.block.name == "layer1.0"


def test_a_change_of_shape_is_said_and_x_shows_the_channel_that_the_shortcut_takes(
    page, settle, studio
):
    studio.select("layer2.0")
    settle(page)
    assert "x has 4 channels, 32×32, the output 8 channels, 16×16" in page.note.text()
    assert "4 channels of zeros" in page.note.text()
    page.channel.setValue(5)
    assert page.maps.channel == 5
    assert page.maps.scene.own_channel(Part.INPUT, 5) is None
    assert page.channels.channels.channel(page.channels.currentIndex().row()) == 5


def test_the_value_under_the_cursor_is_shown_in_all_maps_at_the_same_place(page, settle, studio):
    studio.select("layer2.0")
    found = settle(page)
    page.channel.setValue(2)
    _move(page.maps, Part.SUM, 0.7, 0.3)
    at = page.maps.pointed
    assert at is not None
    for part in Part:
        stride = 2 if part is Part.INPUT else 1
        value, row, column = page.maps.scene.value(part, at)
        assert (row, column) == (stride * int(at.down * 16), stride * int(at.across * 16))
        assert value == found.maps[part][2, row, column]
    carried = page.maps.scene.value(Part.SHORTCUT, at)[0]  # zero padding copies what it reads
    assert carried == page.maps.scene.value(Part.INPUT, at)[0]
    assert abs(at.across - 0.7) < 0.05
    assert page.maps.accessibleDescription().count("row") == 5


def test_the_colours_have_zero_in_the_middle_and_one_scale_or_five(page, settle, studio):
    found = settle(page)
    page.channel.setValue(1)
    most = max(float(np.abs(found.maps[part][1]).max()) for part in Part)
    for part in Part:
        scale = page.maps.scene.scale_of(part)
        assert (scale.low, scale.high) == pytest.approx((-most, most))
    sign = found.maps[Part.BRANCH][1] < 0
    row, column = np.argwhere(sign)[np.argmin(found.maps[Part.BRANCH][1][sign])]
    box = page.maps.scene.box(Part.BRANCH)
    cell = QPointF((column + 0.5) / 32 * box.width(), (row + 0.5) / 32 * box.height())
    seen = QColor(page.maps.grab().toImage().pixel((box.topLeft() + cell).toPoint()))
    assert seen.blue() > seen.red()
    page.colours.setCurrentIndex(1)
    for part in Part:
        own = float(np.abs(found.maps[part][1]).max())
        assert page.maps.scene.scale_of(part).high == pytest.approx(own)


def test_all_channels_are_shown_as_tiles_and_one_of_them_is_clicked(page, settle, studio):
    studio.select("layer2.0")
    settle(page)
    page.show_choice.setCurrentIndex(page.show_choice.findData("every"))
    box = page.maps.scene.box(Part.BRANCH)
    targets = {}
    for x in range(2, int(box.width()), 6):
        for y in range(2, int(box.height()), 6):
            at = page.maps.scene.point_at(box.topLeft() + QPointF(x, y))
            if at is not None:
                targets[at.channel] = (box.topLeft() + QPointF(x, y)).toPoint()
    assert sorted(targets) == list(range(8))
    QTest.mouseClick(page.maps, Qt.MouseButton.LeftButton, pos=targets[6])
    assert page.channel.value() == 6
    QTest.mouseDClick(page.maps, Qt.MouseButton.LeftButton, pos=targets[3])
    assert page.show_choice.currentData() == "one"
    assert page.maps.channel == 3
    assert studio.settings["choices"]["blocks.show"] == "one"


def test_after_surgery_the_ratio_is_zero_and_the_output_is_x(page, settle, studio):
    settle(page)
    studio.operating.toggle_block("layer1.0")
    found = settle(page)
    assert found.reading.figures.change == 0
    np.testing.assert_array_equal(found.maps[Part.OUTPUT], found.maps[Part.INPUT])
    assert "removed" in page.note.text()
    # Below the logarithmic axis, where zeros have a lane of their own.
    assert page.strip.place(0).y() > page.strip.place(1).y()
    page.strip.grab()


def test_a_plain_network_says_that_it_has_no_shortcut(page, settle, studio, tiny_spec):
    settle(page)
    studio.set_spec(tiny_spec.replace(shortcut="none"))
    settle(page)
    assert page.maps.scene.parts == (Part.INPUT, Part.BRANCH, Part.OUTPUT)
    assert "no shortcut" in page.title.text()
    assert "nothing is added" in page.note.text()
    assert "|shortcut(x)|" not in page.figures.as_text()
    page.grab()


def test_picture_and_numbers_are_saved(page, settle, studio, monkeypatch, tmp_path):
    settle(page)
    page.exports.copy_picture()
    copied = QApplication.clipboard().image()
    assert copied.width() > 1000
    assert len({copied.pixel(x, copied.height() - 60) for x in range(copied.width())}) > 2
    target = tmp_path / "numbers"
    monkeypatch.setattr(studio, "save_file", lambda *_args: target)
    page.exports.save_numbers()
    rows = list(csv.DictReader(target.with_suffix(".csv").read_text().splitlines()))
    assert [row["block"] for row in rows] == ["layer1.0", "layer2.0"]
    page.exports.save_picture()
    assert target.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_the_channels_can_be_sorted_and_gone_through(page, settle):
    found = settle(page)
    rows = page.channels.channels
    page.channels.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert [rows.channel(row) for row in range(4)] == [0, 1, 2, 3]
    page.channels.setCurrentIndex(rows.index(2, 0))
    assert page.channel.value() == page.maps.channel == 2
    QTest.keyClick(page.maps, Qt.Key.Key_Down)
    assert page.channel.value() == 3
    QTest.keyClick(page.maps, Qt.Key.Key_Down)
    assert page.channel.value() == found.channels - 1 == 3


def test_a_deep_network_is_drawn_and_gone_through_by_stages(page, settle, studio, tiny_spec):
    settle(page)
    studio.set_spec(tiny_spec.replace(depths=(60, 40)))
    settle(page)
    strip = page.strip
    assert len(strip.readings) == 100
    assert strip.index_at(strip.place(73)) == 73
    QTest.keyClick(strip, Qt.Key.Key_PageDown)
    assert settle(page).reading.block.name == "layer2.0"
    QTest.keyClick(strip, Qt.Key.Key_End)
    assert settle(page).reading.block.name == "layer2.39"
    strip.grab()


def test_without_a_picture_it_says_what_to_do(page, settle, studio):
    settle(page)
    studio.set_picture(None)
    assert page.place.currentWidget() is page.waiting
    assert "picture" in page.waiting.text()
    assert page.image() is None
