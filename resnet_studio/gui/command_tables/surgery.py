"""Surgery on the network that is looked into."""

from __future__ import annotations

from resnet_studio.gui.command_tables.command import NETWORK, Command

SURGERY_COMMANDS: tuple[Command, ...] = (
    Command(
        "surgery.reset",
        "Undo all sur&gery",
        "",
        NETWORK,
        "mdi6.bandage",
        "Bring every cut shortcut and every removed block back; the weights were never changed.",
        needs=("operated",),
        separated=True,
    ),
)
