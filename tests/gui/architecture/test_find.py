"""Finding a part by name, kind or shape."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.graph import build_graph
from resnet_studio.gui.architecture.find import Index
from resnet_studio.gui.architecture.outline import Outline

INDEX = Index(Outline(build_graph(get("resnet18").spec)))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("layer3.0.conv2", ("layer3.0.conv2",)),
        ("LAYER3.0.CONV2", ("layer3.0.conv2",)),
        ("projection block", ("layer2.0", "layer3.0", "layer4.0")),
        ("7x7 conv", ("conv1",)),
        ("1x1 conv", tuple(f"layer{stage}.0.downsample.0" for stage in (2, 3, 4))),
        ("512x7x7 block", ("layer4", "layer4.0", "layer4.1")),
        ("512*7*7 identity", ("layer4.1",)),
        ("max", ("maxpool",)),
        ("", ()),
        ("   ", ()),
        ("transformer", ()),
    ],
)
def test_every_word_must_occur_in_name_kind_or_shape(text, names):
    assert INDEX.matches(text) == names


@pytest.fixture
def bar(panel, studio):
    studio.commands.run("architecture.find")
    return panel.exploring.find


def test_the_bar_counts_and_goes_from_match_to_match(panel, view, studio, bar, qtbot):
    assert bar.isVisible()
    QTest.keyClicks(bar.line, "projection block")
    assert bar.count.text() == "4 matches"
    assert len(view.found_rects()) == 4
    QTest.keyClick(bar.line, Qt.Key.Key_Return)
    assert (studio.selection, bar.count.text()) == ("layer1.0", "1 / 4")
    studio.commands.run("architecture.find_next")
    assert studio.selection == view.selection == "layer2.0"
    QTest.keyClick(bar.line, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    studio.commands.run("architecture.find_previous")
    assert (studio.selection, bar.count.text()) == ("layer4.0", "4 / 4")
    QTest.keyClick(bar.line, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert not view.found_rects()


def test_what_nothing_matches_is_said(panel, bar, studio):
    QTest.keyClicks(bar.line, "lstm")
    assert bar.count.text() == "no match"
    QTest.keyClick(bar.line, Qt.Key.Key_Return)
    assert studio.selection == ""


def test_matches_are_marked_in_the_drawing(panel, view, bar):
    before = view.grab().toImage()
    bar.line.setText("identity block")
    assert view.grab().toImage() != before


def test_a_search_follows_to_another_network(panel, bar, show):
    bar.line.setText("identity block")
    assert len(bar.names) == 12
    show("resnet18")
    assert len(bar.names) == 5


def test_a_match_in_a_very_deep_network_is_shown_large_enough_to_be_seen(panel, view, show, bar):
    show("cifar_resnet1202")
    bar.line.setText("layer2.150")
    bar.step(1)
    seen = view.camera.rect(view.visible_rect("layer2.150"))
    assert seen.w >= 14
    assert view.drawing_area().contains(seen.cx, seen.cy)


@pytest.mark.parametrize("name", ["layer2.1.conv2", "layer4.1.bn2", "conv1"])
def test_a_match_is_brought_to_the_middle_and_made_readable_however_far_in_one_is(
    view, show, bar, name
):
    show("resnet18")
    area = view.drawing_area()
    for _ in range(15):
        view.zoom_by(1.25, QPointF(area.cx, area.cy))
    assert view.camera.zoom > 2 * view._block_zoom
    bar.line.setText(name)
    bar.step(1)
    area = view.drawing_area()  # the bar has taken some of it
    seen = view.camera.rect(view.visible_rect(name))
    assert abs(seen.cx - area.cx) < area.w / 4
    assert area.x < seen.x < seen.right < area.right
    assert view.camera.zoom == pytest.approx(view._block_zoom)
    assert area.contains(seen.cx, view.camera.y)  # the main line, on which it stands


def test_a_match_in_a_drawing_that_is_seen_whole_moves_nothing(view, show, bar):
    show("resnet18")
    before = view.camera
    bar.line.setText("layer4.1.conv1")
    bar.step(1)
    assert view.is_fitted
    assert view.camera == before


def test_a_part_within_a_found_part_has_no_mark_of_its_own(panel, view, bar):
    bar.line.setText("layer3")
    assert len(bar.names) > 50
    assert view.found_rects() == (view.drawing.rect_of("layer3"),)
