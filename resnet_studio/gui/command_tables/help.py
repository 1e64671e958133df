"""Help."""

from __future__ import annotations

from resnet_studio.gui.command_tables.command import HELP, Command

HELP_COMMANDS: tuple[Command, ...] = (
    Command(
        "help.shortcuts",
        "&Keyboard shortcuts",
        "F1",
        HELP,
        "mdi6.keyboard-outline",
        "List every command with its keys.",
    ),
    Command(
        "help.log",
        "Open &log folder",
        "",
        HELP,
        "mdi6.text-box-search-outline",
        "Open the folder of the program's log.",
        separated=True,
    ),
    Command(
        "help.about",
        "&About ResNet Studio",
        "",
        HELP,
        "mdi6.information-outline",
        "Version of the program and of its libraries.",
        separated=True,
    ),
)
