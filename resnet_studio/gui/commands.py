"""Every command of the application, declared once.

Menu, toolbar, command palette, shortcut list and buttons are all made from this table. A panel
connects what a command does; the conditions a command needs decide when it is enabled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence

from resnet_studio.gui.icons import icon
from resnet_studio.gui.theme import Theme


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do.

    Attributes:
        id: "area.verb"; the area decides which panel the palette names.
        title: Menu text, with an ampersand before the mnemonic.
        shortcut: Portable key sequence; empty for none.
        menu: Title of its menu; empty for none (a button or the palette only).
        icon: qtawesome name; empty for none.
        tip: One sentence for tool tip and palette.
        toolbar: Whether it has a button in the toolbar.
        needs: Conditions that must all hold; "!x" means that x must not hold.
        checkable: Whether it is switched on and off.
    """

    id: str
    title: str
    shortcut: str = ""
    menu: str = ""
    icon: str = ""
    tip: str = ""
    toolbar: bool = False
    needs: tuple[str, ...] = ()
    checkable: bool = False


_N = QT_TRANSLATE_NOOP
_FILE = _N("commands", "&File")
_EDIT = _N("commands", "&Edit")
_VIEW = _N("commands", "&View")
_NETWORK = _N("commands", "&Network")
_TRAINING = _N("commands", "&Training")
_HELP = _N("commands", "&Help")
MENUS: tuple[str, ...] = (_FILE, _EDIT, _VIEW, _NETWORK, _TRAINING, _HELP)

TABLE: tuple[Command, ...] = (
    Command(
        "picture.open",
        _N("commands", "&Open picture…"),
        "Ctrl+O",
        _FILE,
        "mdi6.image-plus",
        _N("commands", "Open a picture; dropping it on the window does the same."),
        toolbar=True,
    ),
    Command(
        "picture.paste",
        _N("commands", "&Paste picture"),
        "Ctrl+V",
        _FILE,
        "mdi6.clipboard-arrow-down-outline",
        _N("commands", "Use the picture in the clipboard."),
    ),
    Command(
        "picture.sample",
        _N("commands", "&Sample photograph"),
        "Ctrl+Shift+O",
        _FILE,
        "mdi6.image-multiple-outline",
        _N("commands", "Show the next of the photographs that come with the program."),
        toolbar=True,
    ),
    Command(
        "weights.open",
        _N("commands", "Open &weights…"),
        "Ctrl+Shift+W",
        _FILE,
        "mdi6.database-import-outline",
        _N("commands", "Load weights from a .safetensors or .pth file."),
        needs=("torch",),
    ),
    Command(
        "spec.open",
        _N("commands", "Open &network specification…"),
        "",
        _FILE,
        "mdi6.file-import-outline",
        _N("commands", "Load a network from a .toml or .json file."),
    ),
    Command(
        "spec.save",
        _N("commands", "Save network spe&cification…"),
        "Ctrl+S",
        _FILE,
        "mdi6.content-save-outline",
        _N("commands", "Save the network as a .toml or .json file."),
    ),
    Command(
        "app.quit",
        _N("commands", "&Quit"),
        "Ctrl+Q",
        _FILE,
        "mdi6.exit-to-app",
        _N("commands", "Close the studio; a run in progress is stopped and kept."),
    ),
    Command(
        "edit.undo",
        _N("commands", "&Undo network change"),
        "Ctrl+Z",
        _EDIT,
        "mdi6.undo",
        _N("commands", "Take back the last change of the network."),
        toolbar=True,
        needs=("can_undo",),
    ),
    Command(
        "edit.redo",
        _N("commands", "&Redo network change"),
        "Ctrl+Shift+Z",
        _EDIT,
        "mdi6.redo",
        _N("commands", "Make the change again."),
        toolbar=True,
        needs=("can_redo",),
    ),
    Command(
        "app.settings",
        _N("commands", "&Settings…"),
        "Ctrl+,",
        _EDIT,
        "mdi6.cog-outline",
        _N("commands", "Appearance, text size, folders."),
    ),
    Command(
        "view.architecture",
        _N("commands", "&Architecture"),
        "Ctrl+1",
        _VIEW,
        "mdi6.layers-outline",
        _N("commands", "Show the drawing of the network."),
    ),
    Command(
        "view.features",
        _N("commands", "&Feature maps"),
        "Ctrl+2",
        _VIEW,
        "mdi6.grid",
        _N("commands", "Show what each stage makes of the picture."),
    ),
    Command(
        "view.augmentation",
        _N("commands", "A&ugmentation"),
        "Ctrl+3",
        _VIEW,
        "mdi6.crop",
        _N("commands", "Show what training would see of the picture."),
    ),
    Command(
        "view.training",
        _N("commands", "&Training"),
        "Ctrl+4",
        _VIEW,
        "mdi6.chart-line",
        _N("commands", "Train the network and follow its curves."),
    ),
    Command(
        "view.form",
        _N("commands", "&Network form"),
        "Ctrl+B",
        _VIEW,
        "mdi6.form-select",
        _N("commands", "Show or hide the form at the left."),
        checkable=True,
    ),
    Command(
        "view.theme",
        _N("commands", "Light or &dark"),
        "Ctrl+Shift+L",
        _VIEW,
        "mdi6.theme-light-dark",
        _N("commands", "Switch between light and dark colours."),
        toolbar=True,
    ),
    Command(
        "view.fullscreen",
        _N("commands", "F&ull screen"),
        "F11",
        _VIEW,
        "mdi6.fullscreen",
        _N("commands", "Fill the screen, for a projector."),
    ),
    Command(
        "app.palette",
        _N("commands", "Command &palette…"),
        "Ctrl+K",
        _VIEW,
        "mdi6.magnify",
        _N("commands", "Find and run any command by its name."),
        toolbar=True,
    ),
    Command(
        "help.shortcuts",
        _N("commands", "&Keyboard shortcuts"),
        "F1",
        _HELP,
        "mdi6.keyboard-outline",
        _N("commands", "List every command with its keys."),
    ),
    Command(
        "help.log",
        _N("commands", "Open &log folder"),
        "",
        _HELP,
        "mdi6.text-box-search-outline",
        _N("commands", "Open the folder of the program's log."),
    ),
    Command(
        "help.about",
        _N("commands", "&About ResNet Studio"),
        "",
        _HELP,
        "mdi6.information-outline",
        _N("commands", "Version of the program and of its libraries."),
    ),
)


def translate(text: str) -> str:
    """Returns a text of the table in the language of the window."""
    return QCoreApplication.translate("commands", text)


class Commands(QObject):
    """The commands as `QAction`s, with their handlers and conditions."""

    def __init__(self, parent: QObject | None = None, table: Iterable[Command] = TABLE) -> None:
        super().__init__(parent)
        self._table: Mapping[str, Command] = {command.id: command for command in table}
        self._actions = {command.id: self._action(command) for command in table}
        self._handlers: dict[str, Callable[[], Any]] = {}
        self._conditions: set[str] = set()
        self._update()

    @property
    def table(self) -> tuple[Command, ...]:
        """The commands in the order of the menus."""
        return tuple(self._table.values())

    def action(self, command_id: str) -> QAction:
        """Returns the action, for a menu or a button; KeyError for an undeclared command."""
        return self._actions[command_id]

    def connect(self, command_id: str, handler: Callable[[], Any]) -> None:  # type: ignore[override]
        """Gives the command its (only) handler; a later one replaces an earlier one."""
        self._actions[command_id]
        self._handlers[command_id] = handler
        self._update()

    def run(self, command_id: str) -> bool:
        """Runs the command if it is enabled; returns whether it was."""
        action = self._actions[command_id]
        if action.isEnabled():
            action.trigger()
            return True
        return False

    def set_condition(self, name: str, holds: bool) -> None:
        """Says whether a condition of `Command.needs` holds now."""
        if holds == (name in self._conditions):
            return
        (self._conditions.add if holds else self._conditions.discard)(name)
        self._update()

    def set_theme(self, theme: Theme) -> None:
        """Draws the icons of all actions in the colours of `theme`."""
        for command in self._table.values():
            if command.icon:
                self._actions[command.id].setIcon(icon(command.icon, theme))

    def _action(self, command: Command) -> QAction:
        action = QAction(translate(command.title), self)
        tip = translate(command.tip)
        if command.shortcut:
            sequence = QKeySequence(command.shortcut)
            action.setShortcut(sequence)
            tip = f"{tip} ({sequence.toString(QKeySequence.SequenceFormat.NativeText)})"
        action.setToolTip(tip)
        action.setStatusTip(translate(command.tip))
        action.setCheckable(command.checkable)
        action.setObjectName(command.id)
        action.triggered.connect(lambda _checked=False: self._trigger(command.id))
        return action

    def _trigger(self, command_id: str) -> None:
        if handler := self._handlers.get(command_id):
            handler()

    def _update(self) -> None:
        for command in self._table.values():
            enabled = command.id in self._handlers and all(map(self._holds, command.needs))
            self._actions[command.id].setEnabled(enabled)

    def _holds(self, need: str) -> bool:
        if need.startswith("!"):
            return need[1:] not in self._conditions
        return need in self._conditions
