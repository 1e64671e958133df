"""The list of networks as a person uses it: headers, typing, Return."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.gui.network_form.presets import PresetBox, preset_source
from resnet_studio.gui.network_values import CUSTOM


@pytest.fixture
def box(qtbot):
    shown = PresetBox()
    qtbot.addWidget(shown)
    shown.show_preset("resnet18")
    shown.show()
    return shown


@pytest.fixture
def chosen(box):
    keys = []
    box.chosen.connect(keys.append)
    return keys


def type_name(qtbot, box, text):
    box.text_line.setFocus()
    box.text_line.selectAll()
    qtbot.keyClicks(box.text_line, text)


def headers(box):
    return [row for row in range(box.count()) if box.itemData(row) is None]


def test_every_network_is_listed_under_the_header_of_its_family(box):
    family, found = "", {}
    for row in range(box.count()):
        if box.itemData(row) is None:
            family = box.itemText(row)
        elif box.itemData(row) != CUSTOM:
            found[box.itemData(row)] = family
    assert found == {key: entry.family for key, entry in CATALOG.items()}


def test_headers_cannot_be_chosen(box, chosen):
    assert headers(box)
    for row in headers(box):
        assert box.model().item(row).flags() == Qt.ItemFlag.NoItemFlags
    box.setCurrentIndex(1)
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert box.itemData(box.currentIndex()) == "resnet18"
    assert chosen == []


def test_the_tool_tip_of_a_network_names_its_id(box):
    row = box.findData("resnet50")
    assert "resnet50" in box.itemData(row, Qt.ItemDataRole.ToolTipRole)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ResNet-50", "resnet50"),
        ("resnet50", "resnet50"),
        ("resnet 50", "resnet50"),
        ("wrn28_10", "wrn28_10"),
        ("1202", "cifar_resnet1202"),
        ("tutorial", "tutorial96"),
    ],
)
def test_a_part_of_a_name_and_return_choose_a_network(qtbot, box, chosen, text, key):
    type_name(qtbot, box, text)
    popup = box.completer().popup()
    qtbot.keyClick(popup if popup.isVisible() else box.text_line, Qt.Key.Key_Return)
    assert chosen == [key]
    assert box.currentText() == CATALOG[key].title
    assert not popup.isVisible()


def test_typing_offers_all_that_contains_it(qtbot, box):
    type_name(qtbot, box, "wide")
    finder = box.completer()
    found = {finder.completionModel().index(row, 0).data() for row in range(9)} - {None}
    assert {"Wide ResNet-50-2", "Wide ResNet-101-2"} <= found
    finder.popup().hide()


@pytest.mark.parametrize("text", ["nonsense", "", "Wide"])
def test_what_names_no_network_is_put_back(qtbot, box, chosen, text):
    type_name(qtbot, box, text)
    box.text_line.setText(text)
    box.completer().popup().hide()
    box.text_line.editingFinished.emit()
    assert box.currentText() == "ResNet-18"
    assert chosen == []


def test_a_click_selects_the_name_so_that_typing_replaces_it(qtbot, box):
    box.text_line.clearFocus()
    qtbot.mouseClick(box.text_line, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: box.text_line.selectedText() == "ResNet-18")


def test_the_source_of_a_preset_is_its_paper():
    assert preset_source("resnet50") == "He, Zhang, Ren, Sun 2015, arXiv:1512.03385"
    assert preset_source(None) == ""
