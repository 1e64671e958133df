"""Every command of the application as data: id, title, keys, menu, icon, sentence, conditions.

`gui/commands.py` makes menus, toolbar, palette and buttons of it. The texts are translated there,
in the context "commands". The order is that of the menus.
"""

from __future__ import annotations

from resnet_studio.gui.command_tables.architecture import ARCHITECTURE_COMMANDS
from resnet_studio.gui.command_tables.augmentation import AUGMENTATION_COMMANDS
from resnet_studio.gui.command_tables.classification import CLASSIFICATION_COMMANDS
from resnet_studio.gui.command_tables.command import MENUS, Command
from resnet_studio.gui.command_tables.dataset import DATASET_COMMANDS
from resnet_studio.gui.command_tables.features import FEATURES_COMMANDS
from resnet_studio.gui.command_tables.help import HELP_COMMANDS
from resnet_studio.gui.command_tables.surgery import SURGERY_COMMANDS
from resnet_studio.gui.command_tables.training import TRAINING_COMMANDS
from resnet_studio.gui.command_tables.window import WINDOW_COMMANDS

__all__ = ["MENUS", "TABLE", "Command"]

TABLE: tuple[Command, ...] = (
    *WINDOW_COMMANDS,
    *TRAINING_COMMANDS,
    *FEATURES_COMMANDS,
    *SURGERY_COMMANDS,
    *CLASSIFICATION_COMMANDS,
    *ARCHITECTURE_COMMANDS,
    *AUGMENTATION_COMMANDS,
    *DATASET_COMMANDS,
    *HELP_COMMANDS,
)
