"""Choosing among the samples by keys and pointer."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt

from resnet_studio.gui.augmentation.words import caption
from tests.gui.augmentation.helpers import choose


def centre_of(grid, index):
    tile = grid.tiling.tile(index)
    return QPoint(tile.left + tile.width // 2, tile.top + tile.height // 2)


def test_arrow_keys_move_the_selection_and_stop_at_the_ends(filled, qtbot):
    grid = filled.samples.grid
    columns = grid.tiling.columns
    qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert grid.selected == 0
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.selected == 1
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert grid.selected == 1 + columns
    qtbot.keyClick(grid, Qt.Key.Key_Up)
    assert grid.selected == 1
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.selected == 11
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.selected == 11
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    assert grid.selected == 0


def test_a_click_selects_and_the_story_follows(filled, qtbot):
    qtbot.mouseClick(
        filled.samples.grid, Qt.MouseButton.LeftButton, pos=centre_of(filled.samples.grid, 4)
    )
    assert filled.samples.grid.selected == 4
    assert filled.samples.side.heading.text() == "Sample 5"
    assert filled.samples.side.original.strong == 4


def test_the_pointer_shows_another_rectangle_and_leaves_the_selection(filled, qtbot):
    qtbot.mouseMove(filled.samples.grid, centre_of(filled.samples.grid, 3))
    assert filled.samples.side.original.strong == 3
    assert filled.samples.grid.selected == 0
    assert filled.samples.side.heading.text() == "Sample 1"
    filled.samples.grid.leaveEvent(_leave())
    assert filled.samples.side.original.strong == 0


def _leave():
    from PySide6.QtCore import QEvent

    return QEvent(QEvent.Type.Leave)


def test_the_description_for_screen_readers_follows_the_selection(filled):
    filled.samples.grid.select(2)
    text = filled.samples.grid.accessibleDescription()
    assert text.startswith("Sample 3: ")
    for part in caption(filled.samples.grid.draws[2]):
        assert part in text


def test_tiles_neither_overlap_nor_leave_the_view(filled, settle):
    for count in (4, 12, 64):
        if count != len(filled.samples.grid.draws):
            settle(choose, filled.controls.count, count)
        tiling = filled.samples.grid.tiling
        boxes = [tiling.tile(index) for index in range(count)]
        assert len({(box.left, box.top) for box in boxes}) == count
        assert all(box.left + box.width <= filled.samples.grid.width() for box in boxes)
        assert max(box.top + box.height for box in boxes) <= filled.samples.grid.height()


def test_a_selection_out_of_sight_is_scrolled_to(filled, settle, qtbot):
    settle(choose, filled.controls.count, 64)
    bar = filled.samples.grid_scroll.verticalScrollBar()
    assert bar.maximum() > 0
    qtbot.keyClick(filled.samples.grid, Qt.Key.Key_End)
    assert bar.value() == bar.maximum()


def test_the_selection_is_kept_within_fewer_samples(filled, settle):
    filled.samples.grid.select(11)
    settle(choose, filled.controls.count, 4)
    assert filled.samples.grid.selected == 3
    assert filled.samples.side.heading.text() == "Sample 4"


def test_every_tile_becomes_smooth_after_a_resize(filled, qtbot, settle):
    settle(choose, filled.controls.count, 64)
    filled.resize(1600, 900)
    visible = filled.samples.grid.visibleRegion().boundingRect()
    qtbot.waitUntil(
        lambda: all(
            filled.samples.grid.is_smooth(index)
            for index in range(64)
            if filled.samples.grid.tiling.tile(index).top < visible.bottom()
        )
    )
