"""The picture browser: what it shows, finds, asks for, opens and leaves out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu

from resnet_studio.data.dataset import ArrayDataset, DataSplit, Subset
from resnet_studio.gui.dataset.browser_grid import PictureGrid
from resnet_studio.gui.dataset.browser_list import EVERY, Order, Wanted, listing_of, shown_rows
from resnet_studio.gui.dataset.browser_thumbnails import ThumbnailLoader

WAIT_MS = 30_000


@pytest.fixture
def page(opened, qtbot):
    """The page with the small folder: 35 pictures of three classes."""
    browser = opened.views.show_view("pictures")
    qtbot.waitUntil(lambda: browser.listing is not None, timeout=WAIT_MS)
    return browser


def in_sight(grid) -> list[int]:
    rect = grid.viewport().rect()
    return [
        int(row) for place, row in enumerate(grid.rows) if grid.tile_rect(place).intersects(rect)
    ]


def wait_for_thumbnails(qtbot, page) -> None:
    grid = page.grid
    qtbot.waitUntil(
        lambda: all(page.loader.thumbnail(row) for row in in_sight(grid)), timeout=WAIT_MS
    )


def colour_at(grid, point: QPoint) -> tuple[int, int, int]:
    return grid.viewport().grab().toImage().pixelColor(point).getRgb()[:3]


def names(page) -> list[str]:
    return [page.listing.names[row] for row in page.grid.rows]


def test_every_picture_of_every_side_is_shown_with_its_pixels(qtbot, page):
    assert page.count.text() == "35 of 35 shown"
    sides = [page.listing.side_name(row) for row in range(35)]
    split = page.studio.data.split
    assert sides.count("train") == len(split.train)
    assert sides.count("validation") == len(split.validation)
    wait_for_thumbnails(qtbot, page)
    dataset, index = page.listing.place(0)
    wanted = dataset.picture(index)
    square = page.grid.tile_rect(0)
    shown = colour_at(page.grid, QPoint(square.center().x(), 5 + page.grid.side // 2))
    # Tiny pictures are enlarged by a whole factor, so that a pixel of theirs is a square here.
    factor = page.grid.side // max(wanted.shape[:2])
    near = wanted[wanted.shape[0] // 2 - 1 : wanted.shape[0] // 2 + 1]
    near = near[:, wanted.shape[1] // 2 - 1 : wanted.shape[1] // 2 + 1].reshape(-1, 3)
    assert factor == 2
    assert shown in [tuple(pixel) for pixel in near.tolist()]


def test_search_class_side_and_order_choose_what_is_shown(qtbot, page):
    page.bar.search.setText("BIRD/1")
    qtbot.waitUntil(lambda: len(page.grid.rows) == 11)  # 1, 10 to 19
    assert page.count.text() == "11 of 35 shown"
    page.bar.search.setText("dog")
    page.bar.search.returnPressed.emit()
    assert names(page) == [f"dog/{n}.png" for n in range(5)]
    assert page.all_button.isVisible()
    page.all_button.click()
    assert len(page.grid.rows) == 35
    page.bar.classes.setCurrentIndex(page.bar.classes.findText("cat"))
    assert {name.split("/")[0] for name in names(page)} == {"cat"}
    page.bar.sides.setCurrentIndex(page.bar.sides.findData("validation"))
    assert len(page.grid.rows) == 2
    page.bar.show_all()
    page.bar.order.setCurrentIndex(page.bar.order.findData(Order.NAME.value))
    assert names(page)[:3] == ["bird/0.png", "cat/0.png", "dog/0.png"]
    page.bar.order.setCurrentIndex(page.bar.order.findData(Order.LARGEST.value))
    widths = [page.listing.size[row][0] for row in page.grid.rows]
    assert widths == sorted(widths, reverse=True)


def test_keys_walk_select_and_open(qtbot, page):
    grid = page.grid
    grid.setFocus()
    columns = grid.columns
    for key, place in (
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 1 + columns),
        (Qt.Key.Key_Left, columns),
        (Qt.Key.Key_End, 34),
        (Qt.Key.Key_Home, 0),
    ):
        qtbot.keyClick(grid, key)
        assert grid.current == place
    qtbot.keyClick(grid, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selection.tolist() == list(range(columns + 1))
    assert f"{columns + 1} selected" in page.count.text()
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.tile_rect(34).intersects(grid.viewport().rect())
    with qtbot.waitSignal(page.studio.picture_changed, timeout=WAIT_MS):
        qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert page.studio.picture.path.name == "4.png"
    qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(grid.selection) == 35


def test_the_mouse_selects_and_zooms(qtbot, page):
    grid = page.grid
    for place, held in ((2, "NoModifier"), (4, "ShiftModifier"), (3, "ControlModifier")):
        modifier = getattr(Qt.KeyboardModifier, held)
        spot = grid.tile_rect(place).center()
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, modifier, spot)
    assert grid.selection.tolist() == [2, 4]
    before = grid.side
    wheel = QWheelEvent(
        QPointF(20, 20),
        QPointF(grid.viewport().mapToGlobal(QPoint(20, 20))),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(grid.viewport(), wheel)
    assert grid.side == before + 16
    assert page.studio.settings["choices"]["pictures.size"] == str(before + 16)
    wait_for_thumbnails(qtbot, page)
    qtbot.waitUntil(lambda: page.loader.thumbnail(in_sight(grid)[0]).side == grid.side)


def test_a_picture_is_left_out_and_the_file_stays(qtbot, page, settle, pictures):
    page.grid.reveal(page.listing.names.index("cat/3.png"))
    page.grid.setFocus()
    qtbot.keyClick(page.grid, Qt.Key.Key_Delete)
    assert page.studio.data.config.edits.excluded_files == ("cat/3.png",)
    settle()
    qtbot.waitUntil(lambda: page.listing is not None and len(page.listing) == 34, timeout=WAIT_MS)
    assert "cat/3.png" not in page.listing.names
    assert (pictures / "cat" / "3.png").exists()
    page.studio.undo_stack.undo()
    settle()
    qtbot.waitUntil(lambda: page.listing is not None and len(page.listing) == 35, timeout=WAIT_MS)


def test_the_menu_copies_the_picture_and_its_path(qtbot, page, pictures):
    page.grid.reveal(page.listing.names.index("dog/1.png"))
    menu = QMenu(page)
    page._fill_menu(menu)
    actions = {action.text().replace("&", ""): action for action in menu.actions()}
    actions["Copy the path"].trigger()
    assert Path(QGuiApplication.clipboard().text()) == pictures / "dog" / "1.png"
    actions["Copy the picture"].trigger()
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().image().width() == 24, timeout=WAIT_MS)
    assert actions["Open its folder"].isEnabled()


def test_the_lab_is_asked_for_the_number_that_training_uses(qtbot, page):
    page.grid.reveal(page.listing.names.index("cat/2.png"))
    menu = QMenu(page)
    page._fill_menu(menu)
    dataset, index = page.listing.place(page.grid.current_row)
    (lab,) = [action for action in menu.actions() if f"sample {index + 1}" in action.text()]
    with qtbot.waitSignal(page.studio.index_wished, timeout=WAIT_MS) as wished:
        lab.trigger()
    assert wished.args == [index]
    assert dataset.file_of(index) == "cat/2.png"
    assert np.array_equal(page.studio.picture.rgb, dataset.picture(index))


def test_a_picture_that_has_gone_is_said_to_be_broken(qtbot, page, pictures):
    (pictures / "bird" / "0.png").unlink()
    page.loader.open(page.listing)
    page.grid.set_side(64)
    qtbot.waitUntil(lambda: "1 cannot be opened" in page.count.text(), timeout=WAIT_MS)
    page.bar.sides.setCurrentIndex(page.bar.sides.findData("broken"))
    assert names(page) == ["bird/0.png"]
    assert "there is no such file" in page.grid.describe(0)


def test_other_pages_can_show_a_picture_here(page):
    page.bar.search.setText("bird")
    page.bar.search.returnPressed.emit()
    split = page.studio.data.split
    label = split.classes.index("dog")
    position = int(np.flatnonzero(split.validation.labels == label)[0])
    page.reveal("validation", position)
    row = page.grid.current_row
    assert page.listing.class_name(row) == "dog"
    assert page.listing.position[row] == position
    assert page.grid.selection.tolist() == [row]


# A hundred thousand


def large_split(count: int) -> DataSplit:
    """`count` pictures of 4 pixels that take the memory of one."""
    pixels = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    images = np.broadcast_to(pixels, (count, 4, 4, 3))
    labels = np.arange(count) % 10
    dataset = ArrayDataset("many", tuple("abcdefghij"), images, labels)
    return DataSplit(
        "many",
        Subset(dataset, np.arange(0, count, 2)),
        Subset(dataset, np.arange(1, count, 2)),
    )


@pytest.fixture
def many(studio, qtbot):
    """A grid with a hundred thousand pictures, on screen."""
    grid = PictureGrid(studio.theme, ThumbnailLoader(studio))
    qtbot.addWidget(grid)
    grid.resize(800, 600)
    grid.show()
    listing = listing_of(large_split(100_000))
    grid.loader.open(listing)
    grid.show_listing(listing, np.arange(len(listing)))
    yield grid
    grid.loader.stop()
    grid.loader.deleteLater()


def test_only_what_is_near_is_asked_for_among_a_hundred_thousand(qtbot, many):
    asked: list[int] = []
    want = many.loader.want
    many.loader.want = lambda rows, side: (asked.extend(rows), want(rows, side))
    many.verticalScrollBar().setValue(many.verticalScrollBar().maximum() // 2)
    qtbot.waitUntil(lambda: bool(asked))
    visible = [place for place in asked if many.tile_rect(place).intersects(many.viewport().rect())]
    assert asked[: len(visible)] == visible  # those in sight come first
    assert len(asked) < 500
    assert min(asked) > 40_000
    many.go_to(99_999)
    qtbot.waitUntil(lambda: many.loader.thumbnail(99_999) is not None, timeout=WAIT_MS)
    assert many.loader.thumbnail(30_000) is None


def test_filters_of_a_hundred_thousand_agree_with_plain_loops():
    listing = listing_of(large_split(1000))
    broken = np.zeros(1000, dtype=np.bool_)
    broken[7] = True
    wanted = Wanted("picture 9", 3, "validation")
    rows = shown_rows(listing, wanted, Order.DATA, broken)
    plain = [
        row
        for row in range(1000)
        if "picture 9" in listing.names[row] and row % 10 == 3 and row % 2 == 1
    ]
    assert rows.tolist() == plain
    assert shown_rows(listing, Wanted(broken=True), Order.NAME, broken).tolist() == [7]
    by_class = shown_rows(listing, Wanted(label=EVERY), Order.CLASS, broken)
    assert listing.label[by_class].tolist() == sorted(listing.label.tolist())


def test_a_grid_that_loses_its_pictures_paints_nothing(qtbot, many):
    many.loader.open(None)
    many.show_listing(None, np.empty(0, dtype=np.int64))
    many.repaint()
    assert many.current_row is None
    QApplication.sendEvent(many, QEvent(QEvent.Type.FontChange))
    assert many.describe(0) == ""


def test_a_person_goes_on_where_they_were_after_leaving_one_out(qtbot, page, settle):
    page.grid.set_side(200)
    page.grid.go_to(30)
    before = page.grid.verticalScrollBar().value()
    assert before > 0
    page._leave_out()
    settle()
    qtbot.waitUntil(lambda: page.listing is not None and len(page.listing) == 34, timeout=WAIT_MS)
    assert page.grid.verticalScrollBar().value() == before


def test_a_cache_that_takes_nothing_is_said_once_and_the_pictures_are_shown(
    qtbot, page, home, messages
):
    (home / "cache").write_text("in the way")
    page.listing.place(0)[0].sizes[:] = 1000  # as if they were too large to be made each time
    for _ in range(2):
        page.loader.open(page.listing)
        page.grid.set_side(page.grid.side + 16)
        wait_for_thumbnails(qtbot, page)
        qtbot.waitUntil(lambda: not page.loader._busy)
    assert [message.kind for message in messages] == ["warning"]
    assert str(home / "cache") in messages[0].remedy
    assert not page._broken.any()
