"""What a command is, and the menus there are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do.

    Attributes:
        id: "area.verb"; the area decides which panel the palette names.
        title: Menu text, with an ampersand before the mnemonic.
        shortcut: Portable key sequence; empty for none.
        menu: Title of its menu; the palette shows it beside the command.
        icon: qtawesome name; empty for none.
        tip: One sentence for tool tip and palette.
        toolbar: Whether it has a button in the toolbar.
        needs: Conditions that must all hold; "!x" means that x must not hold.
        checkable: Whether it is switched on and off.
        panel: The panel that is brought to the front first, where else its effect would not be
            seen: "architecture", "features", "augmentation", "training", "classification",
            "data"; empty for none.
        separated: Whether a line stands above it in its menu.
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
    panel: str = ""
    separated: bool = False


FILE = "&File"
EDIT = "&Edit"
VIEW = "&View"
NETWORK = "&Network"
PICTURE = "&Picture"
AUGMENTATION = "&Augmentation"
DATA = "&Data set"
TRAINING = "&Training"
HELP = "&Help"
MENUS: tuple[str, ...] = (
    *(FILE, EDIT, VIEW, NETWORK),
    *(PICTURE, AUGMENTATION, DATA, TRAINING, HELP),
)
