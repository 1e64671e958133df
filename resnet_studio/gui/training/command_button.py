"""A push button that is a command: text, icon, tool tip and enabled state follow its action."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget


class CommandButton(QPushButton):
    """Runs a command; unlike a tool button it has a frame, and can be the primary one.

    A tip that is set by `set_reason` replaces the action's own while the command is disabled.
    """

    def __init__(
        self, action: QAction, text: str, *, primary: bool = False, parent: QWidget | None = None
    ) -> None:
        """Makes the button.

        Args:
            action: The command.
            text: A shorter text than the menu's; translated.
            primary: Whether it is what the person most likely wants.
            parent: Parent widget.
        """
        super().__init__(text, parent)
        self._action = action
        self._reason = ""
        self.setProperty("primary", primary)
        self.clicked.connect(lambda _checked=False: action.trigger())
        action.changed.connect(self._follow)
        self._follow()

    def set_reason(self, reason: str) -> None:
        """Says why the command is disabled; shown instead of its tip."""
        if reason != self._reason:
            self._reason = reason
            self._follow()

    def _follow(self) -> None:
        action = self._action
        self.setEnabled(action.isEnabled())
        if not self.property("primary"):  # an icon in the colour of text is dark on the accent
            self.setIcon(action.icon())
        tip = self._reason if self._reason and not action.isEnabled() else action.toolTip()
        self.setToolTip(tip)
        self.setAccessibleDescription(tip)
