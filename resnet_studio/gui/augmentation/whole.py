"""Pictures of what lies in a scroll area, also of what would have to be scrolled to."""

from __future__ import annotations

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget


def whole(content: QWidget) -> QImage:
    """Returns all of a widget, laid out for what it shows now.

    A scroll area lays its widget out some time after it has changed; a picture asked for at once
    would show what was there before.
    """
    if (layout := content.layout()) is not None:
        layout.activate()
    wide = max(content.width(), content.minimumSizeHint().width())
    high = content.heightForWidth(wide) if content.hasHeightForWidth() else -1
    content.resize(wide, max(content.height(), high, content.sizeHint().height()))
    return content.grab().toImage()
