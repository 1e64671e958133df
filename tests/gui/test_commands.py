from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from resnet_studio.gui.command_table import MENUS, TABLE
from resnet_studio.gui.command_tables.command import AUGMENTATION
from resnet_studio.gui.commands import Commands
from resnet_studio.gui.theme import DARK


@pytest.fixture
def commands(qapp):
    made = Commands()
    yield made
    made.deleteLater()


def test_no_two_commands_share_an_id_or_a_shortcut():
    assert not [key for key, count in Counter(row.id for row in TABLE).items() if count > 1]
    keys = Counter(row.shortcut for row in TABLE if row.shortcut)
    assert not [key for key, count in keys.items() if count > 1]


@pytest.mark.parametrize("command", TABLE, ids=lambda command: command.id)
def test_every_command_has_words_a_known_menu_and_keys_that_qt_understands(command):
    assert command.title
    assert command.tip.endswith(".")
    assert command.menu in MENUS
    if command.shortcut:
        assert not QKeySequence(command.shortcut).isEmpty()


def test_every_icon_exists(commands):
    commands.set_theme(DARK)
    for command in TABLE:
        if command.icon:
            assert not commands.action(command.id).icon().isNull(), command.id


def test_a_command_is_disabled_until_it_does_something(commands):
    action = commands.action("spec.open")
    assert not action.isEnabled()
    commands.connect("spec.open", lambda: None)
    assert action.isEnabled()


def test_conditions_enable_and_disable(commands):
    calls = []
    commands.connect("training.start", lambda: calls.append(1))
    assert not commands.run("training.start")
    commands.set_condition("torch", True)
    commands.set_condition("training_ready", True)
    assert commands.run("training.start")
    commands.set_condition("training", True)
    assert not commands.run("training.start")
    assert calls == [1]


def test_a_disabled_command_says_why_and_an_enabled_one_only_what_it_does(commands):
    commands.connect("augmentation.previous_seed", lambda: None)
    action = commands.action("augmentation.previous_seed")
    assert commands.why_not("augmentation.previous_seed") == "Open a picture first."
    assert "Open a picture first." in action.toolTip()
    assert "(Ctrl+Shift+R)" in action.toolTip()
    commands.set_condition("picture", True)
    assert "leaves nothing to chance" in action.toolTip()
    commands.set_condition("chance", True)
    commands.set_condition("earlier_seed", True)
    assert commands.why_not("augmentation.previous_seed") == ""
    assert "\n" not in action.toolTip()


def test_what_stands_in_the_way_is_said_too(commands):
    commands.connect("training.choose_folder", lambda: None)
    commands.set_condition("training", True)
    assert commands.why_not("training.choose_folder") == "A run is in progress."


def test_a_command_is_announced_before_it_runs(commands):
    order = []
    commands.about_to_run.connect(order.append)
    commands.connect("architecture.fit", lambda: order.append("done"))
    commands.run("architecture.fit")
    assert order == ["architecture.fit", "done"]


@pytest.mark.parametrize("menu", MENUS)
def test_no_two_commands_of_a_menu_share_a_mnemonic(menu):
    letters = [
        row.title[row.title.index("&") + 1].lower()
        for row in TABLE
        if row.menu == menu and "&" in row.title
    ]
    assert not [letter for letter, count in Counter(letters).items() if count > 1]


def test_no_two_menus_share_a_mnemonic():
    letters = [menu[menu.index("&") + 1].lower() for menu in MENUS]
    assert len(set(letters)) == len(MENUS)


def test_an_undeclared_command_is_refused(commands):
    with pytest.raises(KeyError):
        commands.connect("nothing.here", lambda: None)


def test_the_commands_of_a_pipeline_have_a_menu_of_their_own():
    menus = {row.menu for row in TABLE if row.id.startswith("augmentation.")}
    assert menus == {AUGMENTATION}
    assert {row.id.split(".")[0] for row in TABLE if row.menu == AUGMENTATION} == {"augmentation"}
    assert all("&" in row.title for row in TABLE if row.menu == AUGMENTATION)
