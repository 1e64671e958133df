"""The drawing of the panel: it unfolds while zooming, moves, shows where it is, says what flows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from resnet_studio.gui.architecture import frame
from resnet_studio.gui.architecture.outline import every_block_opened, every_stage_folded
from resnet_studio.gui.architecture.painting import Artist
from resnet_studio.gui.architecture.semantic import Level
from resnet_studio.gui.architecture.view import ZOOM_STEP


def zoom(view, steps, at):
    for _ in range(abs(steps)):
        view.zoom_by(ZOOM_STEP if steps > 0 else 1 / ZOOM_STEP, at)


def under(view, point):
    """The block at a pixel, however far above or below its boxes the pixel is."""
    return view._part_at(point.x())[0]


@pytest.mark.parametrize("name", ["resnet18", "cifar_resnet110"])
def test_zooming_in_unfolds_blocks_and_zooming_out_folds_blocks_then_stages(
    view, show, middle_of, name
):
    show(name)
    at = middle_of("layer2.1")
    zoom(view, 9, at)
    assert view.level is Level.LAYERS
    assert view.folds == every_block_opened(view.graph)
    assert under(view, at) == "layer2.1"
    zoom(view, -9, at)
    assert view.level is Level.BLOCKS
    assert not view.folds.opened
    zoom(view, -6, at)
    assert view.folds == every_stage_folded(view.graph)
    zoom(view, 4, at)
    assert not view.folds.folded


def test_an_unfolded_block_is_shown_so_large_that_its_words_have_room(view, show, middle_of):
    show("resnet18")
    at = middle_of("layer3.0")
    while view.level is Level.BLOCKS:
        zoom(view, 1, at)
    seen = view.camera.rect(view.drawing.rect_of("layer3.0"))
    window = view.drawing_area()
    assert window.contains(seen.x, seen.cy)
    assert window.contains(seen.right, seen.cy)
    assert view.camera.zoom >= 0.7 * view.look.text_scale / view.drawing.room


def test_what_a_person_folded_stays_folded_at_every_zoom(view, show, middle_of):
    show("resnet18")
    view.toggle("layer2.1")
    view.fit()
    view.toggle("layer4")
    at = middle_of("layer1.0")
    zoom(view, 6, at)
    assert view.level is Level.LAYERS
    assert "layer4" in view.folds.folded
    view.toggle("layer3.0")
    assert "layer3.0" not in view.folds.opened
    zoom(view, -12, at)
    assert view.level is Level.STAGES
    assert "layer2.1" in view.folds.opened
    assert view.folds.folded == {"layer1", "layer3", "layer4"}


def test_without_semantic_zoom_zooming_changes_no_fold(view, show, middle_of):
    show("resnet18")
    view.semantic = False
    at = middle_of("layer2.1")
    for steps in (9, -16):
        zoom(view, steps, at)
        assert view.folds.opened == view.folds.folded == frozenset()


def test_folding_moves_and_comes_to_rest_by_itself(view, qtbot):
    view.animated = True
    view.toggle("layer3.2")
    assert view.motion.running
    before = view.grab().toImage()
    with qtbot.waitSignal(view.motion.ended):
        pass
    assert not view.motion.running
    assert view.grab().toImage() != before
    assert "layer3.2" in view.folds.opened


def test_the_first_frame_of_a_motion_is_the_drawing_as_it_was(view):
    view.selection = ""
    before = view.grab().toImage()
    view.animated = True
    view.toggle("layer3.2")
    frame = view.grab().toImage()
    window = view.drawing_area()
    y = round(view.camera.y)
    same = [
        frame.pixelColor(x, y - 8) == before.pixelColor(x, y - 8)
        for x in range(0, round(window.right), 7)
    ]
    assert sum(same) > 0.9 * len(same)


@pytest.mark.parametrize(
    "interrupt",
    [
        lambda view: view.pan(-10, 0),
        lambda view: view.zoom_by(1.1, QPointF(300, 200)),
        lambda view: view.toggle("layer3.2"),
        lambda view: view.resize(view.width() - 30, view.height()),
    ],
)
def test_anything_a_person_does_ends_the_motion_at_once(view, interrupt):
    view.animated = True
    view.toggle("layer3.2")
    ended = []
    view.motion.ended.connect(lambda: ended.append(True))
    interrupt(view)
    assert ended


def test_nothing_moves_where_the_platform_has_motion_switched_off(view, monkeypatch):
    view.animated = True
    monkeypatch.setattr(
        "resnet_studio.gui.architecture.fold_motion.motion_wanted", lambda _widget: False
    )
    view.toggle("layer3.2")
    assert view.motion is None


# -- overview ---------------------------------------------------------------------------------


def test_the_overview_is_there_while_a_part_is_seen(view):
    assert view.minimap is None, "the whole network needs no overview"
    view.zoom_by(2, QPointF(400, 200))
    assert view.minimap.isVisible()
    assert view.rect().contains(view.minimap.geometry())
    view.fit()
    assert not view.minimap.isVisible()
    view.set_minimap(False)
    view.zoom_by(2, QPointF(400, 200))
    assert not view.minimap.isVisible()


def test_the_overview_frames_what_is_seen_and_a_click_moves_there(view, qtbot):
    view.semantic = False
    view.zoom_by(3, QPointF(100, 200))
    first = view.minimap.seen_frame()
    assert first.x < 0.3 * view.minimap.width()
    target = QPoint(round(0.8 * view.minimap.width()), view.minimap.height() // 2)
    qtbot.mouseClick(view.minimap, Qt.MouseButton.LeftButton, pos=target)
    assert view.minimap.seen_frame().cx == pytest.approx(target.x(), abs=2)
    assert view.minimap.seen_frame().w == pytest.approx(first.w, abs=1)
    QTest.mousePress(view.minimap, Qt.MouseButton.LeftButton, pos=target)
    QTest.mouseMove(view.minimap, QPoint(90, 30))
    assert view.minimap.seen_frame().cx == pytest.approx(90, abs=2)
    QTest.mouseRelease(view.minimap, Qt.MouseButton.LeftButton, pos=QPoint(90, 30))


def test_the_overview_shows_the_stages_in_their_colours(view, studio):
    view.zoom_by(3, QPointF(400, 200))
    image = view.minimap.grab().toImage()
    frame = view.minimap.seen_frame()
    assert image.pixelColor(round(frame.x) + 1, round(frame.cy)) == QColor(studio.theme.accent)
    columns = {image.pixelColor(x, 2).name() for x in range(4, image.width() - 4)}
    assert len(columns) >= len(view.drawing.sections)


# -- words ------------------------------------------------------------------------------------


def tip_at_drawing(view, x, y):
    return view.tip_at(QPointF(*view.camera.to_screen(x, y)))


def test_the_lines_say_what_flows_through_them(view, studio):
    block = next(figure for figure in view.drawing.sections[2].blocks if figure.name == "layer2.0")
    arc = block.arc
    tip = tip_at_drawing(view, (arc.start + arc.end) / 2 - 4, arc.top)
    assert "layer2.0 · shortcut: projection" in tip
    assert "256×56×56 → 512×28×28" in tip
    stem = view.drawing.sections[0]
    wire = stem.wires[-1]
    assert "64×112×112 flows here" in tip_at_drawing(view, (wire.start + wire.end) / 2, 0)
    left = tip_at_drawing(view, block.rect.x + 0.5, 0)
    assert "256×56×56 flows here" in left


def test_a_layer_on_a_shortcut_says_more_than_the_line(view, show):
    show("resnet18")
    view.toggle("layer2.0")
    chip = view.drawing.rect_of("layer2.0.downsample.0")
    assert "1×1 conv" in tip_at_drawing(view, chip.cx, chip.cy)


def test_the_tool_tip_of_a_part_has_its_memory(view, middle_of):
    assert "Activation memory: " in view.tip_at(middle_of("layer3.0"))


def test_the_overview_follows_the_theme(view, studio):
    view.zoom_by(3, QPointF(400, 200))
    light = view.minimap.grab().toImage()
    studio.set_appearance("dark")
    assert view.minimap.grab().toImage() != light
    view.event(QEvent(QEvent.Type.Leave))


def test_far_in_the_blocks_in_sight_and_their_maps_still_say_what_they_are(
    view, show, middle_of, monkeypatch
):
    show("resnet18")
    area = view.drawing_area()

    def names():
        return [text for text, *_ in frame.places(view.drawing, view.camera, area, view.look)]

    assert names() == []
    below = QPointF(0, 0.15 * area.h)
    for part in ("layer2.1", "layer2.1.conv1"):  # the first unfolds the block
        view.zoom_by(6.0, middle_of(part) + below)
    view.centre_on(view.visible_rect("layer2.1.conv1").cx, 0.3 * view.drawing.bounds.h)
    assert not area.contains(area.cx, view.camera.y), "the main line is out of sight"
    assert "layer2.1 · identity block" in names()
    written = []
    monkeypatch.setattr(Artist, "_text", lambda _artist, *said: written.append(said[2]))
    view.grab()
    assert "3×3 conv, 128" in written
