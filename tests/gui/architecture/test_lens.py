"""The papers' tables beside the present network: lit column, marks, words, switching, export."""

from __future__ import annotations

import csv

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.paper_table import TABLES
from resnet_studio.gui.architecture.lens_page import LensPage
from resnet_studio.gui.architecture.lens_table import FIRST, LIVE, SHOWN, TITLE
from resnet_studio.probe.shipped import shipped_weights

KEYS = [table.key for table in TABLES]


@pytest.fixture
def page(studio, qtbot):
    """The page with ResNet-50 beside table 1 of He et al. 2015."""
    studio.set_appearance("light")
    studio.set_spec(get("resnet50").spec)
    shown = LensPage(studio)
    qtbot.addWidget(shown)
    shown.resize(960, 400)
    with qtbot.waitExposed(shown):
        shown.show()
    return shown


def cell(page, row, column):
    return page.model.index(row, column)


def shown(page, row, column):
    return cell(page, row, column).data(SHOWN)


def click(page, row, column):
    rect = page.view.visualRect(cell(page, row, column))
    QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())


def said(page):
    return page.words.toPlainText().replace("\u00a0", " ")


def test_the_column_of_the_present_network_is_lit_and_nothing_marked(page, studio):
    assert page.model.headerData(page.model.lit, Qt.Orientation.Horizontal) == "50-layer"
    rows, columns = page.model.rowCount(), page.model.columnCount()
    lit = {
        column for row in range(rows) for column in range(columns) if shown(page, row, column).lit
    }
    assert lit == {FIRST + 2}
    assert not any(shown(page, row, LIVE).differs for row in range(rows))
    assert cell(page, 4, LIVE).data() == "[1×1, 256; 3×3, 256; 1×1, 1024] × 6"
    studio.set_spec(get("resnet18").spec)
    assert page.model.lit == FIRST


def test_the_lit_column_is_seen_in_the_picture(page):
    image = page.view.image()
    assert image.width() == 2 * page.view.horizontalHeader().length()
    assert image.height() > 2 * page.view.verticalHeader().length()
    header = page.view.horizontalHeader()
    row = 2 * (page.view.verticalHeader().sectionViewportPosition(0) + header.height() + 3)
    places = [2 * (header.sectionPosition(column) + 3) for column in (page.model.lit, FIRST)]
    lit, other = (QColor(image.pixel(place, row)) for place in places)
    assert other == QColor(page._studio.theme.surface)
    assert lit != other


def test_the_selection_lights_the_row_and_a_click_selects_the_part(page, studio):
    studio.select("layer2.0.conv1")
    assert page.model.chosen_rows() == [3]
    studio.select("stem")
    assert page.model.chosen_rows() == [0, 1]
    studio.select("maxpool")
    assert page.model.chosen_rows() == [1]
    studio.select("bn1")
    assert page.model.chosen_rows() == [0]
    click(page, 5, TITLE)
    assert studio.selection == "layer4"
    click(page, 6, TITLE)
    assert studio.selection == "head"
    click(page, 1, LIVE)
    assert studio.selection == "maxpool"


def test_the_arrow_keys_choose_as_a_click_does(page, studio):
    click(page, 2, TITLE)
    QTest.keyClick(page.view, Qt.Key.Key_Down)
    assert studio.selection == "layer2"
    assert page.offer.isHidden()
    QTest.keyClick(page.view, Qt.Key.Key_Right)
    QTest.keyClick(page.view, Qt.Key.Key_Right)
    assert not page.offer.isHidden()


def test_another_column_offers_its_networks_and_switching_can_be_undone(page, studio):
    click(page, 2, FIRST)
    assert [button.text() for button in page.offer_buttons] == [
        "ResNet-18, option A",
        "ResNet-18",
        "Plain-18",
    ]
    page.offer_buttons[1].click()
    assert studio.spec == get("resnet18").spec
    assert page.model.lit == FIRST
    assert page.offer.isHidden()
    studio.undo_stack.undo()
    assert page.model.lit == FIRST + 2


def test_the_title_of_a_column_offers_too_and_the_lit_one_its_other_network(page):
    header = page.view.horizontalHeader()
    middle = QPoint(header.sectionViewportPosition(FIRST + 2) + 10, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert [button.text() for button in page.offer_buttons] == ["ResNet-50 v1"]


def test_what_departs_from_the_paper_is_marked_and_told(page, studio):
    studio.set_spec(get("resnet50").spec.replace(name="x", depths=(3, 4, 5, 3), classes=10))
    marked = [row for row in range(page.model.rowCount()) if shown(page, row, LIVE).differs]
    assert marked == [4, 6]
    assert "5 blocks, printed 6" in cell(page, 4, LIVE).data(Qt.ItemDataRole.ToolTipRole)
    assert "conv4_x: 5 blocks, printed 6; head: 10 classes, printed 1000." in said(page)
    assert "Classes 1000 → 10" in said(page)


def test_another_input_is_said_once_and_marks_no_cell(page, studio):
    studio.set_spec(get("resnet50").spec.replace(name="x", input_size=64))
    assert not any(shown(page, row, LIVE).differs for row in range(page.model.rowCount()))
    assert shown(page, 2, LIVE).below == "→ 16×16"
    assert "64 px and the table's 224 px: so all sizes differ" in said(page)


def test_printed_and_counted_multiply_adds_are_explained(page):
    text = said(page)
    assert "printed 3.8 × 10⁹, which is 3,857,973,248 cut off after the last digit" in text
    assert "+231,211,008 multiply-adds" in text
    assert "4,089,184,256 multiply-adds" in text
    assert "22.85 % / 6.71 % (He et al. 2015, table 3)" in text
    row = next(r for r in range(page.model.rowCount()) if "multiply" in cell(page, r, TITLE).data())
    assert cell(page, row, LIVE).data() == "—; 4.089 × 10⁹"
    assert cell(page, row, page.model.lit).data() == "3.8 × 10⁹; 3.858 × 10⁹"


def test_a_network_of_another_family_brings_its_own_table(page, studio):
    studio.set_spec(get("cifar_resnet20").spec)
    assert page.choice.currentData() == "he2015_cifar"
    assert "269,722 rounded" in said(page)
    page.choice.setCurrentIndex(KEYS.index("wide"))
    page.choice.activated.emit(KEYS.index("wide"))
    assert page.model.table.key == "wide"
    studio.set_spec(get("wrn40_2").spec)
    assert page.model.table.key == "wide"


def test_a_table_that_has_the_network_stays_chosen(page, studio):
    page.choice.activated.emit(KEYS.index("resnext"))
    studio.set_spec(get("resnext50_32x4d").spec)
    studio.set_spec(get("resnet50").spec)
    assert page.model.table.key == "resnext"
    assert "C=32" in cell(page, 2, FIRST + 1).data()


def test_the_page_takes_the_place_of_the_layers_and_gives_it_back(panel, studio):
    before = panel.splitter.sizes()
    studio.commands.run("architecture.paper_lens")
    page = panel.lens.page
    assert page.isVisible()
    assert not panel.lower_splitter.isVisible()
    assert page.height() > 150
    assert panel.view.height() > 100
    studio.set_spec(get("resnet18").spec)
    assert page.model.lit == FIRST
    QTest.keyClick(page.view, Qt.Key.Key_Escape)
    assert panel.lower_splitter.isVisible()
    assert panel.splitter.sizes()[:2] == before[:2]
    assert not studio.commands.action("architecture.paper_lens").isChecked()


def test_out_of_sight_it_waits_and_catches_up_when_shown(panel, studio):
    page = panel.lens.page
    studio.set_spec(get("resnet18").spec)
    studio.select("layer1")
    assert page.model.lit == FIRST + 2
    studio.commands.run("architecture.paper_lens")
    assert page.model.lit == FIRST
    assert page.model.chosen_rows() == [2]
    panel.lens.show(False)


def test_the_error_of_the_weights_that_come_with_the_program_stands_beside(page, studio):
    digits = next(each for each in shipped_weights() if "accuracy" in each.card)
    studio.set_spec(digits.spec)
    last = cell(page, page.model.rowCount() - 1, LIVE)
    assert last.data() == f"{100 - 100 * digits.card['accuracy']:.2f} %"
    assert digits.card["result"] in last.data(Qt.ItemDataRole.ToolTipRole)
    studio.set_spec(get("cifar_resnet32").spec)
    assert cell(page, page.model.rowCount() - 1, LIVE).data() == "—"


def test_the_table_is_copied_and_saved(page, studio, tmp_path, monkeypatch):
    page.copy()
    assert not QGuiApplication.clipboard().image().isNull()
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _kinds: tmp_path / name)
    page.save_png()
    page.save_csv()
    with Image.open(tmp_path / "he2015.png") as picture:
        assert picture.width == page.view.image().width()
    with (tmp_path / "he2015.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    assert head[:3] == ["Layer, output", "This network", "18-layer"]
    assert rows[2][2] == "[3×3, 64; 3×3, 64] × 2"
    assert len(rows) == page.model.rowCount()


def test_it_follows_the_theme(page, studio):
    before = page.view.grab().toImage()
    studio.set_appearance("dark")
    after = page.view.grab().toImage()
    corner = QPoint(after.width() - 30, 60)
    assert QColor(after.pixel(corner)).lightness() < QColor(before.pixel(corner)).lightness()
    assert isinstance(page.view, QTableView)
