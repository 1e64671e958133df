from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from resnet_studio.gui.command_table import Command
from resnet_studio.gui.commands import Commands
from resnet_studio.gui.theme import LIGHT
from resnet_studio.gui.widgets.command_palette import CommandPalette

TABLE = (
    Command("picture.open", "&Open picture…", "Ctrl+O", "&File", "mdi6.image", "Open a picture."),
    Command(
        "edit.undo", "&Undo", "Ctrl+Z", "&Edit", "mdi6.undo", "Take it back.", needs=("can_undo",)
    ),
    Command("weights.open", "Open &weights…", "", "&Network", "", "Load weights from a file."),
    Command("app.palette", "Command &palette…", "Ctrl+K", "&View", "", "Find any command."),
    Command("training.start", "Start", "F5", "&Training", "", "Train with the picture set."),
)


@pytest.fixture
def window(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(1000, 700)
    widget.show()
    return widget


@pytest.fixture
def ran():
    return []


@pytest.fixture
def palette(qtbot, window, ran):
    commands = Commands(window, TABLE)
    commands.set_theme(LIGHT)
    for command in TABLE:
        commands.connect(command.id, lambda command=command: ran.append(command.id))
    made = CommandPalette(commands, window)
    made.open_centred()
    qtbot.waitUntil(made.isVisible)
    return made


def names(palette):
    return [palette.list.item(row).text() for row in range(palette.list.count())]


def test_it_lists_every_command_but_itself(palette):
    assert names(palette) == ["Open picture", "Undo", "Open weights", "Start"]


def test_it_opens_inside_its_window(palette, window):
    area = window.frameGeometry()
    assert area.contains(palette.geometry().center())
    assert palette.width() <= window.width()


def test_words_are_looked_for_in_any_order_and_a_name_comes_before_a_sentence(qtbot, palette):
    qtbot.keyClicks(palette.search, "picture")
    assert names(palette) == ["Open picture", "Start"]
    palette.search.clear()
    qtbot.keyClicks(palette.search, "WEIGHTS open")
    assert names(palette) == ["Open weights"]


def test_the_name_of_a_menu_finds_its_commands(qtbot, palette):
    qtbot.keyClicks(palette.search, "network")
    assert names(palette) == ["Open weights"]


def test_enter_runs_the_selected_command_and_closes(qtbot, palette, ran):
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert ran == ["weights.open"]
    assert not palette.isVisible()


def test_a_click_runs_a_command(qtbot, palette, ran):
    rect = palette.list.visualItemRect(palette.list.item(3))
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert ran == ["training.start"]


def test_arrows_go_around_the_ends_and_pages_stop_there(qtbot, palette):
    qtbot.keyClick(palette.search, Qt.Key.Key_Up)
    assert palette.list.currentRow() == 3
    qtbot.keyClick(palette.search, Qt.Key.Key_Down)
    assert palette.list.currentRow() == 0
    qtbot.keyClick(palette.search, Qt.Key.Key_PageDown)
    assert palette.list.currentRow() == 3
    qtbot.keyClick(palette.search, Qt.Key.Key_PageUp)
    assert palette.list.currentRow() == 0


def test_a_disabled_command_says_why_and_does_not_run(qtbot, palette, ran):
    qtbot.keyClicks(palette.search, "undo")
    assert "There is nothing to take back." in palette.hint.text()
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert not ran


def test_the_first_command_that_can_run_is_selected(qtbot, palette):
    qtbot.keyClicks(palette.search, "it")  # of "edit.undo", which is disabled, and of "with"
    assert names(palette) == ["Undo", "Start"]
    assert palette.list.currentItem().text() == "Start"


def test_no_match_is_said(qtbot, palette, ran):
    qtbot.keyClicks(palette.search, "xylophone")
    assert not names(palette)
    assert "No command" in palette.hint.text()
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert not ran


def test_it_forgets_what_was_typed_when_it_opens_again(qtbot, palette):
    qtbot.keyClicks(palette.search, "undo")
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    palette.open_centred()
    assert len(names(palette)) == 4


def test_keys_are_drawn_at_the_right_edge(qtbot, palette):
    """Each row paints something dark in its last tenth exactly if the command has keys."""
    viewport = palette.list.viewport()
    image = viewport.grab().toImage()
    background = image.pixelColor(image.width() - 2, image.height() - 2)
    drawn = []
    for row in (2, 3):  # without and with keys, both unselected
        rect = palette.list.visualItemRect(palette.list.item(row))
        right = range(rect.right() - 40, rect.right() - 2)
        column = range(rect.top() + 3, rect.bottom() - 3)
        drawn.append(any(image.pixelColor(x, y) != background for x in right for y in column))
    assert drawn == [False, True]


def test_every_command_is_read_out_with_its_menu_and_keys(palette):
    item = palette.list.item(0)
    assert item.data(Qt.ItemDataRole.AccessibleTextRole) == "Open picture, File Ctrl+O"
