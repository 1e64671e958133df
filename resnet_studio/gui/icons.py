"""Icons from the Material Design set of qtawesome, in the colours of the theme."""

from __future__ import annotations

from PySide6.QtGui import QIcon

from resnet_studio.assets import resource
from resnet_studio.gui.theme import Theme


def icon(name: str, theme: Theme) -> QIcon:
    """Returns the icon `name` (for example "mdi6.play") in the theme's text colour."""
    import qtawesome  # loads its fonts on first use: after the first paint

    return qtawesome.icon(name, color=theme.text, color_disabled=theme.muted)


def application_icon() -> QIcon:
    """Returns the icon of the window and the task bar."""
    return QIcon(str(resource("icons", "studio.svg")))
