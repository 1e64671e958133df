"""Two networks one above the other, as a person sees and uses them."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.diff import ChangeState
from resnet_studio.gui.architecture.compare_choices import Candidate, variants
from resnet_studio.gui.architecture.compare_page import ComparePage


def entry(name):
    found = get(name)
    return Candidate("", found.title, "", found.spec, found.title)


@pytest.fixture
def page(studio, qtbot):
    """ResNet-34 above ResNet-50, at the size that a window of 1280 x 800 leaves."""
    studio.set_appearance("light")
    studio.set_spec(get("resnet34").spec)
    shown = ComparePage(studio, entry("resnet50"))
    qtbot.addWidget(shown)
    shown.resize(960, 660)
    with qtbot.waitExposed(shown):
        shown.show()
    return shown


@pytest.fixture
def strides(page, studio):
    """The same page with ResNet-50's strides on the 1x1 above those on the 3x3."""
    studio.set_spec(get("resnet50").spec)
    page.show_candidate(
        next(item for item in variants(studio.spec, "ResNet-50") if "v1.5" in item.title)
    )
    return page


def middle(view, name):
    rect = view.camera.rect(view.drawing.rect_of(name))
    return QPointF(rect.cx, rect.cy)


def test_the_present_network_stands_above_and_the_chosen_one_below(page):
    upper, lower = page.pair.views
    assert (upper.graph.spec.name, lower.graph.spec.name) == ("resnet34", "resnet50")
    assert page.pair.names[0].text() == "Before: <b>ResNet-34</b>"
    assert page.pair.names[1].text() == "After: <b>ResNet-50</b>"
    assert "25,557,032 parameters · 4.09 G MACs · 150 MB" in page.pair.figures[1].text()
    assert page.differing.text() == "Block Basic → Bottleneck · Expansion — → 4"
    assert "parameters ×1.17" in page.totals.text()
    assert upper.height() >= 180
    assert upper.is_fitted
    assert lower.is_fitted


def test_a_variant_that_is_named_first_stands_above(strides):
    assert strides.names == ("ResNet-50, stride on the 1×1", "ResNet-50")
    assert strides.comparison.after.spec.name == "resnet50"


def test_swapping_turns_every_difference_round(page):
    page.swap()
    assert page.names == ("ResNet-50", "ResNet-34")
    assert page.differing.text() == "Block Bottleneck → Basic · Expansion 4 → —"
    assert page.pair.views[0].states["layer1.1.conv3"] is ChangeState.ONLY_BEFORE
    page.swap()
    assert page.names == ("ResNet-34", "ResNet-50")


def test_a_change_in_the_form_is_compared_at_once(page, studio):
    studio.set_spec(get("resnet50").spec)
    assert page.differing.text() == "Both networks are the same."
    assert not page.totals.isVisible()
    assert page.legend.text() == ""
    assert page.table.table_model().rowCount() == 1
    studio.undo_stack.undo()
    assert "Bottleneck" in page.differing.text()


def test_networks_that_only_start_differently_have_the_same_layers(page, studio):
    studio.set_spec(get("resnet50").spec.replace(zero_init_residual=True))
    assert page.differing.text().startswith("The layers are the same.")


def test_zooming_one_drawing_shows_the_counterpart_in_the_other(page):
    upper, lower = page.pair.views
    page.pair.views[0].zoom_by(6, middle(upper, "layer3.4"))
    assert not lower.is_fitted
    start = upper.drawing.rect_of("layer3.4.conv2").x
    upper.pan(upper.drawing_area().cx - upper.camera.to_screen(start, 0)[0], 0)
    start = lower.drawing.rect_of("layer3.4.conv2").x
    assert lower.camera.to_screen(start, 0)[0] == pytest.approx(lower.drawing_area().cx)
    lower.fit()
    assert upper.is_fitted


def test_the_lower_drawing_leads_the_upper_one_as_well(page):
    upper, lower = page.pair.views
    lower.zoom_by(4, middle(lower, "layer2.1"))
    camera = upper.camera
    lower.pan(-120, 0)
    assert upper.camera.x < camera.x
    assert upper.camera.zoom == camera.zoom


def test_folding_in_one_drawing_folds_in_the_other(page):
    upper, lower = page.pair.views
    upper.toggle("layer2.1")
    assert lower.folds.opened == {"layer2.1"}
    lower.toggle("layer3")
    assert upper.folds.folded == {"layer3"}
    assert upper.folds.opened == {"layer2.1"}


def test_an_opened_block_is_seen_whole_in_its_low_window(page):
    upper, lower = page.pair.views
    upper.toggle("layer4.0")
    for view in (upper, lower):
        card = view.camera.rect(view.drawing.rect_of("layer4.0"))
        window = view.drawing_area()
        assert card.y >= window.y - 1
        assert card.bottom <= window.bottom + 1


def test_a_block_without_counterpart_is_unfolded_in_its_own_drawing_only(page):
    page.show_candidate(entry("resnet101"))
    upper, lower = page.pair.views
    lower.toggle("layer3.20")
    upper.toggle("layer3.2")
    assert lower.folds.opened == {"layer3.2", "layer3.20"}
    assert upper.folds.opened == {"layer3.2"}


def test_a_click_in_one_drawing_marks_both_the_row_and_the_windows_selection(page, studio, qtbot):
    upper, lower = page.pair.views
    qtbot.mouseClick(lower, Qt.MouseButton.LeftButton, pos=middle(lower, "layer2.1").toPoint())
    assert (upper.selection, lower.selection) == ("layer2.1", "layer2.1")
    assert studio.selection == "layer2.1"
    row = page.comparison.rows_after["layer2.1"]
    assert page.table.currentIndex() == page.table.table_model().index_of(row)
    assert page.told.text() == "layer2.1: channels 128 → 512"


def test_the_relu_after_the_addition_is_marked_under_both_its_names(page, studio):
    studio.select("layer2.1.relu2")
    upper, lower = page.pair.views
    assert (upper.selection, lower.selection) == ("layer2.1.relu2", "layer2.1.relu3")


def test_a_row_of_the_other_network_alone_selects_nothing_in_the_present_one(page, studio):
    studio.select("layer1")
    row = page.comparison.rows_after["layer2.1.conv3"]
    page.table.setCurrentIndex(page.table.table_model().index_of(row))
    upper, lower = page.pair.views
    assert (upper.selection, lower.selection) == ("", "layer2.1.conv3")
    assert studio.selection == ""
    assert page.told.text() == "layer2.1.conv3: only below"


def test_the_filter_shows_and_hides_what_is_alike(strides, studio):
    model = strides.table.table_model()
    assert model.rowCount() == 1 + 3
    strides.only_changes.setChecked(False)
    assert model.rowCount() == 1 + 6
    studio.select("layer1.1")
    assert strides.table.currentIndex().isValid()
    strides.only_changes.setChecked(True)
    assert not strides.table.currentIndex().isValid()


def test_a_tool_tip_of_a_drawing_has_both_sides(page):
    upper, _ = page.pair.views
    upper.toggle("layer2.0")
    tip = upper.tip_at(middle(upper, "layer2.0.conv1"))
    assert "stride 2 → 1" in tip
    assert "57,802,752" in tip
    assert "102,760,448" in tip
    assert upper.tip_at(QPointF(upper.width() / 2, upper.height() - 3)) == ""


def test_escape_selects_nothing_and_then_goes_back(page, studio, qtbot):
    upper, _ = page.pair.views
    upper.setFocus()
    studio.select("layer1")
    with qtbot.assertNotEmitted(page.closed):
        QTest.keyClick(upper, Qt.Key.Key_Escape)
    assert studio.selection == ""
    with qtbot.waitSignal(page.closed):
        QTest.keyClick(upper, Qt.Key.Key_Escape)


def test_the_keyboard_reaches_both_drawings_the_filter_and_the_table(page):
    page.pair.views[0].setFocus()
    reached = []
    for _ in range(3):
        QTest.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
        reached.append(page.focusWidget())
    assert reached == [page.pair.views[1], page.only_changes, page.table]


def test_what_the_marks_mean_is_said_for_those_that_are_there(page, strides):
    assert "changed" in strides.legend.text()
    assert "only" not in strides.legend.text()
    page.show_candidate(entry("plain34"))
    assert "only above" in page.legend.text()


def test_another_theme_repaints_everything(page, studio):
    studio.select("layer2.1")
    light = page.grab().toImage()
    legend = page.legend.text()
    studio.set_appearance("dark")
    assert page.legend.text() != legend
    assert page.grab().toImage().pixelColor(5, 200) != light.pixelColor(5, 200)
    assert page.table.currentIndex().isValid()


@pytest.mark.parametrize("scale", [100, 150])
def test_in_a_window_of_1280_pixels_everything_has_room(page, studio, scale):
    studio.settings["font_scale"] = scale
    studio.refresh_theme()
    try:
        assert page.minimumSizeHint().width() <= 960
        assert page.minimumSizeHint().height() <= 620
        for view in page.pair.views:
            assert view.drawing_area().h >= 90
    finally:
        studio.settings["font_scale"] = 100
        studio.refresh_theme()


def test_the_titles_have_one_line_where_the_drawings_are_low(page):
    upper, _ = page.pair.views
    assert upper.look.has_notes
    upper.resize(900, 130)
    assert not upper.look.has_notes
    assert not upper.has_legend()
    upper.resize(900, 400)
    assert upper.look.has_notes
    assert upper.has_legend()


def test_a_picture_of_both_has_both_names_drawings_and_marks(page, studio, tmp_path, monkeypatch):
    target = tmp_path / "both.png"
    monkeypatch.setattr(studio, "save_file", lambda *_words: target)
    page.save_png()
    with Image.open(target) as picture:
        width, height = picture.size
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24)}
    assert width >= 1600
    assert height > 1000
    for colour in (studio.theme.curve_validation, studio.theme.curve_train):
        assert tuple(bytes.fromhex(colour[1:])) in colours


def test_the_svg_is_well_formed_and_names_both_networks(page, studio, tmp_path, monkeypatch):
    target = tmp_path / "both.svg"
    monkeypatch.setattr(studio, "save_file", lambda *_words: target)
    page.save_svg()
    text = " ".join(ElementTree.parse(target).getroot().itertext())
    assert "ResNet-34 · 34 layers" in text
    assert "ResNet-50 · 50 layers" in text
    assert "Block Basic → Bottleneck" in text


def test_the_table_is_copied_and_saved_as_csv(page, studio, tmp_path, monkeypatch, messages):
    page.copy_table()
    copied = QGuiApplication.clipboard().text()
    rows = list(csv.DictReader(io.StringIO(copied)))
    assert len(rows) == sum(1 for _ in page.comparison.walk())
    assert "clipboard" in messages[-1].text
    target = tmp_path / "changes.csv"
    monkeypatch.setattr(studio, "save_file", lambda *_words: target)
    page.save_table()
    assert target.read_text(encoding="utf-8") == copied


def test_very_deep_networks_are_shown_with_their_surplus_blocks_marked(page, studio):
    studio.set_spec(get("cifar_resnet1202").spec)
    page.show_candidate(entry("cifar_preact_resnet1001"))
    upper, lower = page.pair.views
    assert upper.states["layer2.150"] is ChangeState.ONLY_BEFORE
    assert lower.states["layer2.110"] is ChangeState.CHANGED
    upper.zoom_by(60, middle(upper, "layer2.50"))
    assert not page.grab().isNull()
