"""The commands of `command_table` as `QAction`s, with their handlers and conditions.

Menu, toolbar, command palette, shortcut list and buttons are all made from that table. A panel
connects what a command does; the conditions a command needs decide when it is enabled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from resnet_studio.gui.command_table import TABLE, Command
from resnet_studio.gui.conditions import sentence
from resnet_studio.gui.icons import icon
from resnet_studio.gui.theme import Theme


def translate(text: str) -> str:
    """Returns a text of the table in the language of the window."""
    return QCoreApplication.translate("commands", text)


def plain_title(command: Command) -> str:
    """Returns the translated title without the mnemonic and the dots."""
    return translate(command.title).replace("&", "").rstrip("…")


class Commands(QObject):
    """The commands as `QAction`s, with their handlers and conditions.

    Signals:
        about_to_run(str): A command's handler is called next; its id.
    """

    about_to_run = Signal(str)

    def __init__(self, parent: QObject | None = None, table: Iterable[Command] = TABLE) -> None:
        super().__init__(parent)
        self._table: Mapping[str, Command] = {command.id: command for command in table}
        self._actions = {command.id: self._action(command) for command in table}
        self._handlers: dict[str, Callable[[], Any]] = {}
        self._conditions: set[str] = set()
        for command in self._table.values():
            self._update(command)

    @property
    def table(self) -> tuple[Command, ...]:
        """The commands in the order of the menus."""
        return tuple(self._table.values())

    def command(self, command_id: str) -> Command:
        """Returns the row of the table; KeyError for an undeclared command."""
        return self._table[command_id]

    def action(self, command_id: str) -> QAction:
        """Returns the action, for a menu or a button; KeyError for an undeclared command."""
        return self._actions[command_id]

    def connect(self, command_id: str, handler: Callable[[], Any]) -> None:  # type: ignore[override]
        """Gives the command its (only) handler; a later one replaces an earlier one."""
        self._actions[command_id]
        self._handlers[command_id] = handler
        self._update(self._table[command_id])

    def run(self, command_id: str) -> bool:
        """Runs the command if it is enabled; returns whether it was."""
        action = self._actions[command_id]
        if action.isEnabled():
            action.trigger()
            return True
        return False

    def why_not(self, command_id: str) -> str:
        """Returns the translated reason why the command is disabled; "" if it is not."""
        command = self._table[command_id]
        unmet = next((need for need in command.needs if not self._holds(need)), None)
        if unmet is not None:
            return translate(sentence(unmet))
        if command_id not in self._handlers:
            return translate("Its panel is not there yet.")
        return ""

    def set_condition(self, name: str, holds: bool) -> None:
        """Says whether a condition of `Command.needs` holds now."""
        if holds == (name in self._conditions):
            return
        (self._conditions.add if holds else self._conditions.discard)(name)
        for command in self._table.values():
            if name in command.needs or f"!{name}" in command.needs:
                self._update(command)

    def set_theme(self, theme: Theme) -> None:
        """Draws the icons of all actions in the colours of `theme`."""
        for command in self._table.values():
            if command.icon:
                self._actions[command.id].setIcon(icon(command.icon, theme))

    def _action(self, command: Command) -> QAction:
        action = QAction(translate(command.title), self)
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
        action.setCheckable(command.checkable)
        action.setObjectName(command.id)
        action.triggered.connect(lambda _checked=False: self._trigger(command.id))
        return action

    def _trigger(self, command_id: str) -> None:
        if handler := self._handlers.get(command_id):
            self.about_to_run.emit(command_id)
            handler()

    def _update(self, command: Command) -> None:
        action, reason = self._actions[command.id], self.why_not(command.id)
        action.setEnabled(not reason)
        self._tell(action, translate(command.tip), reason)

    def _tell(self, action: QAction, tip: str, reason: str) -> None:
        """Says what the command does, and why it cannot be done now."""
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        first = f"{tip} ({keys})" if keys else tip
        action.setToolTip(f"{first}\n{reason}" if reason else first)
        action.setStatusTip(f"{tip} {reason}".strip())

    def _holds(self, need: str) -> bool:
        if need.startswith("!"):
            return need[1:] not in self._conditions
        return need in self._conditions
