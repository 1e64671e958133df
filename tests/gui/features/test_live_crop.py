from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from resnet_studio.data.imaging import picture_from_array
from resnet_studio.gui.features.inside_page import InsidePage
from resnet_studio.probe import activations
from resnet_studio.probe.framing import USUAL, Framing, FramingKind
from resnet_studio.probe.predict import classify


def box(left, top, side):
    return Framing(FramingKind.BOX, (left, top, side, side))


def drag(view, start: QPointF, *ways: QPoint) -> None:
    pressed = start.toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=pressed)
    for way in ways:
        QTest.mouseMove(view, pressed + way)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=pressed + ways[-1])


def choose(side, kind) -> None:
    index = side.framing.findData(kind)
    side.framing.setCurrentIndex(index)
    side.framing.activated.emit(index)


@pytest.fixture
def gate(monkeypatch):
    """Holds the first examination until `set`, and notes the framing of each."""
    opened, framings, inner = threading.Event(), [], activations.examine

    def examine(*args, framing, **options):
        framings.append(framing)
        assert opened.wait(20)
        return inner(*args, framing=framing, **options)

    monkeypatch.setattr(activations, "examine", examine)
    opened.framings = framings
    yield opened
    opened.set()


def test_dragging_the_frame_brings_crop_maps_and_classes_of_what_is_in_it(
    panel, studio, look, picture
):
    look(panel, picture)
    side = panel.side
    drag(side.picture, side.picture.crop_area().center(), QPoint(-9, 3), QPoint(-500, 0))
    assert studio.framing_choice.framing == box(0, 0, 40)
    assert side.picture.crop == (0, 0, 40, 40)
    examination = look(panel)
    assert examination.crop_box == (0, 0, 40, 40)
    expected = classify(studio.network, picture, framing=box(0, 0, 40))
    assert side.predictions.predictions == expected
    shown = side.crop.image.pixelColor(2, 7)
    assert (shown.red(), shown.green(), shown.blue()) == tuple(examination.crop_rgb[7, 2])
    assert FramingKind(side.framing.currentData()) is FramingKind.BOX
    assert "40×40" in side.crop_text.text()
    assert "crop 40×40 at (0, 0)" in panel.caption()


def test_dragging_a_corner_resizes_the_square(panel, studio, look, picture):
    look(panel, picture)
    view = panel.side.picture
    scale = view.picture_area().width() / picture.width
    way = QPoint(round(-10 * scale), round(-10 * scale))
    drag(view, view.crop_area().bottomRight() - QPointF(2, 2), way)
    left, top, side, _ = studio.framing_choice.framing.box
    assert (left, top) == (8, 0)
    assert side == pytest.approx(30, abs=1)
    look(panel)


def test_a_click_without_a_movement_leaves_the_usual_crop_alone(panel, studio, look, picture):
    look(panel, picture)
    view = panel.side.picture
    drag(view, view.crop_area().center(), QPoint(0, 0))
    assert studio.framing_choice.framing == USUAL


def test_of_many_steps_of_a_drag_the_running_one_is_shown_and_then_the_newest_alone(
    panel, studio, look, picture, gate, qtbot
):
    gate.set()
    look(panel, picture)
    gate.clear()
    gate.framings.clear()
    shown = []
    inner = panel.side.show_examination
    panel.side.show_examination = lambda *args: (shown.append(args[0].crop_box), inner(*args))
    for left in range(6):
        studio.framing_choice.set(box(left, 0, 32))
        qtbot.waitUntil(lambda: len(gate.framings) == 1)
        lanes = [task.lane for task in studio.workers.tasks if not task.cancelled]
        assert lanes.count("features") == 1
    gate.set()
    look(panel)
    assert gate.framings == [box(0, 0, 32), box(5, 0, 32)]
    assert shown == [(0, 0, 32, 32), (5, 0, 32, 32)]
    assert panel.side.picture.crop == (5, 0, 32, 32)


def test_the_keyboard_moves_resizes_and_resets_the_crop(panel, studio, look, picture, qtbot):
    look(panel, picture)
    view, choice = panel.side.picture, studio.framing_choice
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    left, top, side, _ = choice.framing.box
    assert side == 36
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert choice.framing == box(left + 2, top, side)
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert choice.framing == box(left + 2, top + 1, side)
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert choice.framing.box[2] == 40
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert choice.framing == USUAL
    assert look(panel).crop_box == pytest.approx((8.0, 0.0, 40.0, 40.0), abs=1.3)


def test_a_double_click_and_the_command_bring_the_usual_crop_back(panel, studio, look, picture):
    look(panel, picture)
    action = studio.commands.action("picture.usual_crop")
    assert not action.isEnabled()
    studio.framing_choice.set(box(3, 3, 20))
    view = panel.side.picture
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=view.crop_area().center().toPoint())
    assert studio.framing_choice.framing == USUAL
    studio.framing_choice.set(box(3, 3, 20))
    action.trigger()
    assert studio.framing_choice.framing == USUAL
    look(panel)


def test_another_picture_begins_with_the_usual_crop(panel, studio, look, picture):
    look(panel, picture)
    studio.framing_choice.set(box(3, 3, 20))
    look(panel, picture_from_array(255 - picture.rgb, name="negative"))
    assert studio.framing_choice.framing == USUAL
    assert FramingKind(panel.side.framing.currentData()) is FramingKind.PIPELINE


def test_letterbox_and_ones_own_crop_are_a_choice_away(panel, studio, look, picture):
    look(panel, picture)
    studio.framing_choice.set(box(3, 4, 20))
    choose(panel.side, FramingKind.LETTERBOX)
    examination = look(panel)
    assert examination.crop_box == pytest.approx((0, -8, 56, 56), abs=2)
    assert "whole picture" in panel.side.crop_text.text()
    assert "letterbox" in panel.caption()
    choose(panel.side, FramingKind.BOX)
    assert studio.framing_choice.framing == box(3, 4, 20)
    look(panel)


def test_small_crops_are_shown_with_pixels_of_equal_size(panel, look, picture):
    look(panel, picture)
    view = panel.side.crop
    view.set_side(110)
    assert view.width() == 96
    shot = view.grab().toImage()
    for x, y in ((0, 0), (31, 31), (7, 20)):
        assert shot.pixelColor(3 * x + 1, 3 * y + 1) == view.image.pixelColor(x, y)


class _Noting(InsidePage):
    """Notes what the network sees at each computation."""

    def start(self):
        framing = self.framing
        self.compute(lambda _state: framing, self.seen.append)


def test_every_view_computes_again_when_the_crop_changes_and_ends_with_the_newest(
    studio, qtbot, tiny_spec, picture
):
    studio.set_spec(tiny_spec)
    page = _Noting(studio)
    page.seen = []
    qtbot.addWidget(page)
    studio.set_picture(picture)
    page.show()
    qtbot.waitUntil(lambda: page.seen == [USUAL], timeout=60_000)
    for left in range(5):
        studio.framing_choice.set(box(left, 0, 32))
    qtbot.waitUntil(lambda: not studio.workers.tasks and page.seen[-1] == box(4, 0, 32))
    assert len(page.seen) <= 3
    assert "crop 32×32 at (4, 0)" in page.caption()
    page.hide()
    studio.framing_choice.set(USUAL)
    assert not studio.workers.tasks
    page.show()
    qtbot.waitUntil(lambda: page.seen[-1] == USUAL and not studio.workers.tasks)
