"""Colours and palette, light and dark, declared once.

The categorical colours are those of Okabe and Ito (2008), chosen to stay apart for all common
forms of colour blindness; text colours keep a contrast of at least 4.5 : 1 on their ground.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from resnet_studio.assets import resource


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


def style_sheet(theme: Theme) -> str:
    """Returns the few rules that a palette cannot express: focus, tool tips, tabs."""
    kind = "dark" if theme.dark else "light"
    down = resource("icons", f"chevron-down-{kind}.svg").as_posix()
    up = resource("icons", f"chevron-up-{kind}.svg").as_posix()
    return f"""
    QToolTip {{ color: {theme.text}; background: {theme.raised};
                border: 1px solid {theme.border}; padding: 4px; }}
    QLineEdit, QComboBox, QAbstractSpinBox {{ padding: 3px 6px; min-height: 20px;
        border: 1px solid {theme.border}; border-radius: 4px; background: {theme.surface}; }}
    QAbstractSpinBox QLineEdit, QComboBox QLineEdit {{
        border: none; padding: 0 2px 0 6px; min-height: 0; background: transparent; }}
    QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{
        border: 2px solid {theme.accent}; padding: 2px 5px; }}
    QLineEdit[invalid="true"], QComboBox[invalid="true"], QAbstractSpinBox[invalid="true"] {{
        border: 2px solid {theme.danger}; padding: 2px 5px; }}
    QAbstractSpinBox QLineEdit:focus, QComboBox QLineEdit:focus {{
        border: none; padding: 0 2px 0 6px; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox::down-arrow {{ image: url("{down}"); width: 12px; height: 12px; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
        border: none; background: transparent; width: 20px; }}
    QAbstractSpinBox::up-arrow {{ image: url("{up}"); width: 10px; height: 10px; }}
    QAbstractSpinBox::down-arrow {{ image: url("{down}"); width: 10px; height: 10px; }}
    QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{
        background: {theme.raised}; }}
    QPushButton {{ padding: 5px 12px; border: 1px solid {theme.border}; border-radius: 4px;
        background: {theme.raised}; }}
    QPushButton:hover {{ border-color: {theme.accent}; }}
    QPushButton:focus {{ border: 2px solid {theme.accent}; padding: 4px 11px; }}
    QPushButton:disabled {{ color: {theme.muted}; background: {theme.window}; }}
    QPushButton[primary="true"] {{ background: {theme.accent}; color: {theme.accent_text};
        border-color: {theme.accent}; font-weight: 600; }}
    QPushButton[primary="true"]:disabled {{ background: {theme.raised}; color: {theme.muted};
        border-color: {theme.border}; }}
    QToolButton {{ padding: 4px 6px; border: 1px solid transparent; border-radius: 4px; }}
    QToolButton:hover {{ background: {theme.raised}; border-color: {theme.border}; }}
    QToolButton:checked {{ background: {theme.raised}; border-color: {theme.accent}; }}
    QToolButton:focus {{ border: 2px solid {theme.accent}; padding: 3px 5px; }}
    QTabBar::tab {{ padding: 8px 16px; color: {theme.muted}; border: none;
        border-bottom: 3px solid transparent; background: transparent; }}
    QTabBar::tab:selected {{ color: {theme.text}; border-bottom-color: {theme.accent}; }}
    QTabBar::tab:hover {{ color: {theme.text}; }}
    QTabBar:focus {{ outline: none; }}
    QTabBar::tab:focus {{ border: 1px dotted {theme.accent}; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {theme.border}; }}
    QHeaderView::section {{ background: {theme.raised}; color: {theme.text}; padding: 4px 6px;
        border: none; border-right: 1px solid {theme.border}; }}
    QProgressBar {{ border: 1px solid {theme.border}; border-radius: 4px; text-align: center;
        background: {theme.surface}; color: {theme.text}; }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}
    QStatusBar QLabel, QLabel[muted="true"] {{ color: {theme.muted}; }}
    QLabel[error="true"] {{ color: {theme.danger}; }}
    QLabel[warning="true"] {{ color: {theme.warning}; }}
    QLabel[good="true"] {{ color: {theme.good}; }}
    QLabel[heading="true"] {{ font-weight: 600; }}
    QDockWidget {{ font-weight: 600; }}
    """


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
    font.setPointSizeF(max(1.0, float(base)) * font_scale / 100)
    application.setFont(font)
    application.setStyleSheet(style_sheet(theme))
