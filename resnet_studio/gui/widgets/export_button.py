"""The button of a dialog whose picture can be copied and saved."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu, QToolButton


def make_export_button(copy: Callable[[], object], save: Callable[[str], object]) -> QToolButton:
    """Returns a button with a menu to copy a picture or to save it, or its numbers.

    Args:
        copy: Copies the picture.
        save: Saves it as "png" or "svg", or its numbers as "csv".
    """
    button = QToolButton()
    button.setText(_tr("Export"))
    button.setProperty("framed", True)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setToolTip(_tr("Copy the picture, or save it as PNG, SVG or CSV."))
    menu = QMenu(button)
    menu.addAction(_tr("Copy the picture"), copy)
    menu.addAction(_tr("Save as PNG…"), lambda: save("png"))
    menu.addAction(_tr("Save as SVG…"), lambda: save("svg"))
    menu.addAction(_tr("Save the numbers as CSV…"), lambda: save("csv"))
    button.setMenu(menu)
    return button


def _tr(text: str) -> str:
    return QCoreApplication.translate("export", text)
