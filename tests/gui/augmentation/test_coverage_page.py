"""The heat map on screen, and a box that is dragged, moved by keys, remembered and cleared."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtTest import QTest

from resnet_studio.data.augment import PRESETS
from resnet_studio.data.coverage import drawn_crops, heat_map, losses
from resnet_studio.data.drawn import CropBox
from resnet_studio.gui.augmentation import box_memory
from resnet_studio.gui.augmentation.object_drag import (
    BoxDrag,
    Handle,
    central,
    handle_at,
    moved,
    pulled,
)
from tests.gui.augmentation.conftest import LONG_MS

SIZE = QSize(90, 60)


@pytest.fixture
def page(panel, studio, qtbot, make_picture):
    studio.pipelines.set((PRESETS["imagenet_train"], PRESETS["imagenet_val"]))
    studio.set_picture(make_picture(90, 60))
    page = panel.views.page("coverage")
    page.draws.setValue(200)
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        panel.views.show_view("coverage")
    return page


def drag(view, start, end):
    """Drags from one point of the picture to another."""
    places = [view.on_widget(QPointF(*point)).toPoint() for point in (start, end)]
    middle = QPoint((places[0].x() + places[1].x()) // 2, (places[0].y() + places[1].y()) // 2)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=places[0])
    QTest.mouseMove(view, middle)
    QTest.mouseMove(view, places[1])
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=places[1])


def near(box, *expected):
    """Tells whether a box is the expected one, up to what a pixel of the screen shows."""
    found = (box.left(), box.top(), box.right(), box.bottom())
    return np.abs(np.subtract(found, expected)).max() < 1


def test_map_and_table_are_those_of_the_drawn_crops(page):
    crops = drawn_crops(PRESETS["imagenet_train"], 60, 90, seed=page.seed, count=200)
    np.testing.assert_array_equal(page.counts, heat_map(crops))
    assert page.rows[0].rival == "present"
    assert page.table_view.rowCount() == len(page.rows) == 6
    assert "Drag a box" in page.headline.text()
    assert page.chart.isHidden()


def test_a_dragged_box_says_in_how_many_crops_it_is_lost(page):
    drag(page.view, (60, 10), (80, 30))
    assert near(page.view.box, 60, 10, 80, 30)
    box = page.view.box
    marked = CropBox(box.left(), box.top(), box.width(), box.height())
    crops = drawn_crops(PRESETS["imagenet_train"], 60, 90, seed=page.seed, count=200)
    expected = losses(crops, marked)
    assert page.losses.seen.tolist() == expected.seen.tolist()
    assert f"{100 * expected.lost:g} %" in page.headline.text().replace("\u00a0", " ")
    assert not page.chart.isHidden()
    page.lost_below.setValue(60)
    assert page.losses.lost == (expected.seen < 0.6).mean()


def test_the_box_is_moved_by_its_inside_and_resized_by_a_handle(page):
    page.view.set_box(QRectF(20, 10, 30, 20))
    drag(page.view, (35, 20), (45, 30))
    assert near(page.view.box, 30, 20, 60, 40)
    drag(page.view, (60, 40), (70, 50))
    assert near(page.view.box, 30, 20, 70, 50)


def test_keys_make_move_resize_and_clear_the_box(page, qtbot):
    view = page.view
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert view.box == central(SIZE)
    qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert view.box.left() == 31
    qtbot.keyClick(
        view,
        Qt.Key.Key_Down,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    assert view.box.height() == 21
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert view.box is None
    assert page.losses is None
    assert not page.clear.isEnabled()


def test_the_box_comes_back_with_its_picture(page, studio, qtbot, make_picture):
    drag(page.view, (10, 10), (40, 40))
    first, box = studio.picture, page.view.box
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        studio.set_picture(make_picture(50, 50, name="other"))
    assert page.view.box is None
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        studio.set_picture(first)
    assert near(page.view.box, box.left(), box.top(), box.right(), box.bottom())


@pytest.mark.parametrize("stored", ["", "[]", "{", '{"noise 90x60": [0, 0, 500, 5]}', '{"a": 1}'])
def test_a_damaged_note_of_boxes_is_no_box(studio, make_picture, stored):
    studio.settings["choices"] = {"lab.boxes": stored}
    picture = make_picture(90, 60)
    assert box_memory.recalled(studio, picture) is None
    box_memory.keep(studio, picture, QRectF(1, 2, 3, 4))
    assert box_memory.recalled(studio, picture) == QRectF(1, 2, 3, 4)


def test_the_worst_samples_are_framed_on_the_picture(page):
    page.view.set_box(QRectF(70, 40, 15, 15))
    page.view.box_chosen.emit()
    assert page.worst.numbers == page.losses.worst(8)
    before = page.view.grab().toImage()
    page.worst.buttons[1].click()
    assert page.view.grab().toImage() != before
    page.worst.buttons[1].click()
    assert page.view.grab().toImage() == before


def test_the_table_tells_the_comparison_and_each_sample(page):
    page.view.set_box(QRectF(70, 40, 15, 15))
    page.view.box_chosen.emit()
    rows = list(csv.DictReader(io.StringIO(page.table())))
    assert [row["pipeline"] for row in rows[:6]] == [row.rival for row in page.rows]
    samples = [float(row["seen"]) for row in rows[6:]]
    assert samples == pytest.approx(page.losses.seen.tolist(), abs=1e-6)
    assert not page.image().isNull()


def test_a_box_never_leaves_the_picture():
    box = QRectF(10, 10, 30, 20)
    assert moved(box, -50, 500, SIZE) == QRectF(0, 40, 30, 20)
    assert pulled(box, Handle.LOWER_RIGHT, 500, 500, SIZE) == QRectF(10, 10, 80, 50)
    assert pulled(box, Handle.LEFT, 500, 0, SIZE) == QRectF(39, 10, 1, 20)
    drawn = BoxDrag(None, QPointF(80, 50), QRectF(), SIZE).to(QPointF(200, -9))
    assert drawn == QRectF(80, 0, 10, 50)


def test_handles_are_caught_around_their_places_and_a_small_box_by_its_inside():
    frame = QRectF(100, 100, 200, 120)
    assert handle_at(frame, QPointF(296, 222), 9) is Handle.LOWER_RIGHT
    assert handle_at(frame, QPointF(200, 98), 9) is Handle.UPPER
    assert handle_at(frame, QPointF(200, 160), 9) is Handle.INSIDE
    assert handle_at(frame, QPointF(90, 60), 9) is None
    small = QRectF(100, 100, 16, 16)
    assert handle_at(small, QPointF(108, 108), 9) is Handle.INSIDE
    assert handle_at(small, QPointF(97, 97), 9) is Handle.UPPER_LEFT


def test_fewer_draws_wished_for_while_many_are_drawn_do_not_mix_up_the_colours(page, qtbot):
    page.refresh(again=True)
    assert page.working
    page.draws.blockSignals(True)
    page.draws.setValue(100)  # the map that comes is one of 200 draws
    page.draws.blockSignals(False)
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        pass
    assert page.counts.max() > 100
    page.view.pointed.emit(QPointF(45, 30))
    share = float(page.reading.text().split("in ")[1].split()[0].rstrip("%").replace("\u00a0", ""))
    assert 50 < share <= 100


def test_a_picture_whose_map_was_given_up_is_shown_when_the_view_is_seen_again(
    page, panel, studio, qtbot, make_picture
):
    studio.set_picture(make_picture(60, 90))
    assert page.working
    panel.views.show_view("steps")
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        panel.views.show_view("coverage")
    assert (page.view.original.width(), page.view.original.height()) == (60, 90)
