from __future__ import annotations

import csv
import io

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from resnet_studio.gui.command_table import MENUS, TABLE
from resnet_studio.gui.commands import Commands
from resnet_studio.gui.panel_keys import PANEL_KEYS
from resnet_studio.gui.widgets.shortcut_list import ShortcutList


@pytest.fixture
def window(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(1280, 800)
    return widget


@pytest.fixture
def shortcuts(window):
    commands = Commands(window)
    made = ShortcutList(commands, window)
    made.show()
    return made


def rows(shortcuts):
    """Returns (heading, command, keys, sentence) of every row."""
    table = shortcuts.table
    found = []
    for place in range(table.topLevelItemCount()):
        heading = table.topLevelItem(place)
        children = [heading.child(row) for row in range(heading.childCount())]
        found += [
            (heading.text(0), *(child.text(column) for column in range(3))) for child in children
        ]
    return found


def test_every_command_stands_under_its_menu_with_its_keys(shortcuts):
    shown = rows(shortcuts)
    assert ("File", "Open picture", "Ctrl+O", TABLE[0].tip) in shown
    assert len(shown) == len(TABLE) + len(PANEL_KEYS)
    assert {row.shortcut for row in TABLE} <= {keys for _, _, keys, _ in shown} | {""}


def test_headings_come_in_the_order_of_the_menus(shortcuts):
    headings = list(dict.fromkeys(row[0] for row in rows(shortcuts)))
    assert headings[: len(MENUS)] == [menu.replace("&", "") for menu in MENUS]


def test_the_keys_inside_the_views_are_listed(shortcuts):
    assert ("In an enlarged channel", "", "Esc", "Go back to all channels.") in rows(shortcuts)


def test_everything_is_unfolded_and_fits_into_the_window(shortcuts):
    table = shortcuts.table
    assert all(table.topLevelItem(row).isExpanded() for row in range(table.topLevelItemCount()))
    assert shortcuts.width() <= 1280
    assert not table.horizontalScrollBar().isVisible()


def test_the_list_can_be_copied_as_csv(qtbot, shortcuts):
    shortcuts.copy()
    lines = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text())))
    assert lines[0] == ["Command", "Keys", "What it does"]
    assert ["Open picture", "Ctrl+O", TABLE[0].tip] in lines


def test_close_closes(qtbot, shortcuts):
    shortcuts.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close).click()
    assert not shortcuts.isVisible()
