"""The button at the foot of every view of the lab: its picture and its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QToolButton

from resnet_studio.gui.icons import icon
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme

VIEW_COMMANDS = ("copy_view", "save_view", "copy_table", "save_table")
"""What can be done with the picture and the numbers of any view."""
_ICON = "mdi6.export-variant"


class ExportButton(QToolButton):
    """Opens a menu that copies and saves what the view shows."""

    def __init__(self, studio: Studio, more: Sequence[str] = ()) -> None:
        """Makes the button; `more` are further commands of the panel, after the usual four."""
        super().__init__()
        self.setText(self.tr("Copy or save"))
        self.setAccessibleName(self.tr("Copy or save"))
        self.setToolTip(self.tr("Copy or save what is shown, as a picture or as numbers."))
        self.setProperty("framed", True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        add_commands(menu, studio, (*VIEW_COMMANDS, *more))
        self.setMenu(menu)
        self.set_theme(studio.theme)
        studio.theme_changed.connect(self.set_theme)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.setIcon(icon(_ICON, theme))


def add_commands(menu: QMenu, studio: Studio, names: Sequence[str]) -> None:
    """Puts commands of the panel into a menu, a line between each pair."""
    for place, name in enumerate(names):
        if place and place % 2 == 0:
            menu.addSeparator()
        menu.addAction(studio.commands.action(f"augmentation.{name}"))
