"""Colours and palette, light and dark, declared once.

The categorical colours are those of Okabe and Ito (2008), chosen to stay apart for all common
forms of colour blindness; text colours keep a contrast of at least 4.5 : 1 on their ground.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from resnet_studio.gui.style_sheet import style_sheet


@dataclass(frozen=True, slots=True)
class Theme:
    """One appearance; every colour as "#rrggbb".

    Attributes:
        stages: Fill of the stem, the stages in order, and last the head.
        curve_train: Line of what is measured on training pictures.
        curve_validation: Line of what is measured on validation pictures.
    """

    dark: bool
    window: str
    surface: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    accent_text: str
    good: str
    warning: str
    danger: str
    grid: str
    stages: tuple[str, ...]
    curve_train: str
    curve_validation: str

    def stage_colour(self, index: int, count: int | None = None) -> str:
        """Returns the colour of section `index` (0 = stem) of `count`; the last is the head's."""
        if count is not None and index == count - 1:
            return self.stages[-1]
        return self.stages[index % (len(self.stages) - 1)]


LIGHT = Theme(
    dark=False,
    window="#f3f4f6",
    surface="#ffffff",
    raised="#e9ebef",
    border="#c3c8d0",
    text="#15181d",
    muted="#545c68",
    accent="#005fb8",
    accent_text="#ffffff",
    good="#00714f",
    warning="#8a5300",
    danger="#b3261e",
    grid="#dfe2e7",
    stages=("#8d96a5", "#56b4e9", "#009e73", "#e69f00", "#cc79a7", "#d55e00"),
    curve_train="#0072b2",
    curve_validation="#c04d00",
)
DARK = Theme(
    dark=True,
    window="#1b1e23",
    surface="#23272e",
    raised="#2f343d",
    border="#4a515d",
    text="#eef0f3",
    muted="#adb5c1",
    accent="#4aa8ff",
    accent_text="#06121f",
    good="#4fd1a5",
    warning="#f2b84b",
    danger="#ff8a80",
    grid="#363c46",
    stages=("#7f8999", "#3f9fd8", "#1aa67e", "#d9982b", "#c678a4", "#d8692a"),
    curve_train="#56b4e9",
    curve_validation="#ff9f45",
)


def choose(appearance: str) -> Theme:
    """Returns the theme for the setting "light", "dark" or "system"."""
    if appearance == "light":
        return LIGHT
    if appearance == "dark":
        return DARK
    scheme = QGuiApplication.styleHints().colorScheme()
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def palette_of(theme: Theme) -> QPalette:
    """Returns the Qt palette of a theme."""
    palette = QPalette()
    role = QPalette.ColorRole
    for target, colour in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.surface),
        (role.AlternateBase, theme.window),
        (role.Text, theme.text),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.danger),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.muted),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.accent_text),
        (role.Accent, theme.accent),
        (role.Link, theme.accent),
        (role.LinkVisited, theme.accent),
        (role.Light, theme.surface),
        (role.Midlight, theme.raised),
        (role.Mid, theme.border),
        (role.Dark, theme.border),
        (role.Shadow, "#000000"),
    ):
        palette.setColor(target, QColor(colour))
    for target in (role.WindowText, role.Text, role.ButtonText):
        # Muted and no paler: settings are disabled during training, and are read all the same.
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(theme.muted))
    return palette


def apply(application: QApplication, theme: Theme, *, font_scale: int = 100) -> None:
    """Gives the whole application the theme; takes effect at once.

    Args:
        application: The running application.
        theme: The colours.
        font_scale: Text size in percent of the platform's.
    """
    if application.style().objectName().lower() != "fusion":
        application.setStyle("Fusion")
    application.setPalette(palette_of(theme))
    base = application.property("studio_base_point_size")
    if base is None:
        base = application.font().pointSizeF()
        application.setProperty("studio_base_point_size", base)
    font = QFont(application.font())
    points = max(1.0, float(base)) * font_scale / 100
    font.setPointSizeF(points)
    application.setFont(font)
    application.setStyleSheet(style_sheet(theme, font_scale=font_scale, points=points))
