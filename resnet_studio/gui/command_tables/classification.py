"""The classification of many pictures."""

from __future__ import annotations

from resnet_studio.gui.command_tables.command import Command

CLASSIFICATION_COMMANDS: tuple[Command, ...] = ()
