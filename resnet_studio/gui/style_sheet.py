"""The style sheet of the application: what a palette cannot express, in the colours of a theme.

Lengths that belong to words (check boxes, icons, arrows) grow with the text size; borders and
paddings do not. A focused control changes its border and never its size, so that nothing moves
while the keyboard walks through a form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_studio.assets import resource

if TYPE_CHECKING:
    from resnet_studio.gui.theme import Theme

_ICON, _TOOLBAR_ICON, _INDICATOR = 16, 24, 16
"""Pixels at a text size of 100 percent."""
_TITLE = 1.5
"""Size of a title over that of the text."""


def style_sheet(theme: Theme, *, font_scale: int = 100, points: float = 9.0) -> str:
    """Returns the style sheet.

    Args:
        theme: The colours.
        font_scale: Text size in percent of the platform's.
        points: Size of the text that follows from it.
    """
    parts = (_fields, _boxes, _buttons, _tool_buttons, _sliders, _tabs, _views, _labels)
    # Here and not by `setFont`: Qt takes a font away again when the style sheet changes.
    title = f'QLabel[title="true"] {{ font-size: {_TITLE * points:.2f}pt; }}'
    return "\n".join([*(part(theme, _Lengths(font_scale)) for part in parts), title])


class _Lengths:
    """Lengths in pixels that grow with the text."""

    def __init__(self, font_scale: int) -> None:
        self._scale = font_scale / 100

    def __call__(self, pixels: int) -> int:
        return max(1, round(pixels * self._scale))


def _picture(name: str, theme: Theme) -> str:
    kind = "dark" if theme.dark else "light"
    return f'url("{resource("icons", f"{name}-{kind}.svg").as_posix()}")'


def _fields(theme: Theme, px: _Lengths) -> str:
    down, up = _picture("chevron-down", theme), _picture("chevron-up", theme)
    return f"""
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
    QComboBox {{ combobox-popup: 0; }}
    QComboBox::drop-down {{ border: none; width: {px(22)}px; }}
    QComboBox::down-arrow {{ image: {down}; width: {px(12)}px; height: {px(12)}px; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
        border: none; background: transparent; width: {14 + px(6)}px; }}
    QAbstractSpinBox::up-arrow {{ image: {up}; width: {px(10)}px; height: {px(10)}px; }}
    QAbstractSpinBox::down-arrow {{ image: {down}; width: {px(10)}px; height: {px(10)}px; }}
    QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{
        background: {theme.raised}; }}
    """


def _boxes(theme: Theme, px: _Lengths) -> str:
    """Check boxes and radio buttons: Fusion's own are hardly seen on a dark ground."""
    half = px(_INDICATOR) // 2
    side = 2 * half  # even, so that a radio button is round
    return f"""
    QCheckBox, QRadioButton {{ spacing: {px(6)}px; }}
    QCheckBox::indicator, QRadioButton::indicator {{ width: {side - 2}px; height: {side - 2}px;
        border: 1px solid {theme.muted}; background: {theme.surface}; }}
    QCheckBox::indicator {{ border-radius: 3px; }}
    QRadioButton::indicator {{ border-radius: {half}px; }}
    QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {theme.accent}; }}
    QCheckBox::indicator:checked, QRadioButton::indicator:checked {{
        border-color: {theme.accent}; background: {theme.accent}; }}
    QCheckBox::indicator:checked {{ image: {_picture("check", theme)}; }}
    QRadioButton::indicator:checked {{ image: {_picture("dot", theme)}; }}
    QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ width: {side - 4}px;
        height: {side - 4}px; border: 2px solid {theme.accent}; }}
    QCheckBox::indicator:checked:focus, QRadioButton::indicator:checked:focus {{
        border-color: {theme.text}; }}
    QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{
        border-color: {theme.border}; background: {theme.window}; }}
    QCheckBox::indicator:checked:disabled, QRadioButton::indicator:checked:disabled {{
        border-color: {theme.muted}; background: {theme.muted}; }}
    """


def _buttons(theme: Theme, px: _Lengths) -> str:
    return f"""
    QPushButton {{ padding: 5px 12px; border: 1px solid {theme.border}; border-radius: 4px;
        background: {theme.raised}; }}
    QPushButton:hover {{ border-color: {theme.accent}; }}
    QPushButton:focus {{ border: 2px solid {theme.accent}; padding: 4px 11px; }}
    QPushButton:disabled {{ color: {theme.muted}; background: {theme.window}; }}
    QPushButton[primary="true"] {{ background: {theme.accent}; color: {theme.accent_text};
        border-color: {theme.accent}; font-weight: 600; }}
    QPushButton[primary="true"]:focus {{ border-color: {theme.text}; }}
    QPushButton[primary="true"]:disabled {{ background: {theme.raised}; color: {theme.muted};
        border-color: {theme.border}; }}
    QPushButton {{ qproperty-iconSize: {px(_ICON)}px {px(_ICON)}px; }}
    """


def _tool_buttons(theme: Theme, px: _Lengths) -> str:
    """`framed` buttons stand alone on a page; the others stand in a row of their kind."""
    arrow, gap = px(9), px(9) + 9
    return f"""
    QToolButton {{ padding: 4px 6px; border: 1px solid transparent; border-radius: 4px; }}
    QToolButton[framed="true"] {{ border-color: {theme.border}; background: {theme.raised}; }}
    QToolButton[framed="true"]:disabled {{ background: {theme.window}; }}
    QToolButton[operated="true"] {{ background: {theme.danger}; color: {theme.surface};
        font-weight: 600; }}
    QToolButton:hover {{ background: {theme.raised}; border-color: {theme.border}; }}
    QToolButton[operated="true"]:hover {{ background: {theme.danger};
        border-color: {theme.text}; }}
    QToolButton[framed="true"]:hover {{ border-color: {theme.accent}; }}
    QToolButton:checked {{ background: {theme.raised}; border-color: {theme.accent}; }}
    QToolButton:focus {{ border: 2px solid {theme.accent}; padding: 3px 5px; }}
    QToolButton[popupMode="2"] {{ padding-right: {gap}px; }}
    QToolButton[popupMode="2"]:focus {{ padding-right: {gap - 1}px; }}
    QToolButton::menu-indicator {{ image: {_picture("chevron-down", theme)};
        width: {arrow}px; height: {arrow}px; subcontrol-origin: border;
        subcontrol-position: center right; right: 5px; }}
    QToolButton {{ qproperty-iconSize: {px(_ICON)}px {px(_ICON)}px; }}
    QToolButton[thumbnail="true"] {{ qproperty-iconSize: 128px 88px; }}
    QToolBar, QToolBar QToolButton {{
        qproperty-iconSize: {px(_TOOLBAR_ICON)}px {px(_TOOLBAR_ICON)}px; }}
    """


def _sliders(theme: Theme, px: _Lengths) -> str:
    half = px(7)
    return f"""
    QSlider:horizontal {{ min-height: {2 * half + 4}px; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {theme.border}; }}
    QSlider::sub-page:horizontal {{ border-radius: 2px; background: {theme.accent}; }}
    QSlider::handle:horizontal {{ width: {2 * half - 2}px; margin: -{half - 2}px 0;
        border: 1px solid {theme.muted}; border-radius: {half}px; background: {theme.surface}; }}
    QSlider::handle:horizontal:hover {{ border-color: {theme.accent}; }}
    QSlider::handle:horizontal:focus {{ width: {2 * half - 4}px; background: {theme.accent};
        border: 2px solid {theme.accent}; }}
    """


def _tabs(theme: Theme, px: _Lengths) -> str:
    return f"""
    QTabBar {{ qproperty-drawBase: 0; }}
    QTabBar::tab {{ padding: 8px 16px; color: {theme.muted}; border: none;
        border-bottom: 3px solid transparent; background: transparent; }}
    QTabBar::tab:selected {{ color: {theme.text}; border-bottom-color: {theme.accent}; }}
    QTabBar::tab:hover {{ color: {theme.text}; }}
    QTabBar:focus {{ outline: none; }}
    QTabBar::tab:selected:focus {{ padding: 6px 14px 8px 14px; border: 2px solid {theme.accent};
        border-bottom-width: 3px; border-radius: 4px; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {theme.border}; }}
    QTabBar::scroller {{ width: {px(26)}px; }}
    QTabBar QToolButton {{ padding: 0; border: 1px solid {theme.border}; border-radius: 4px;
        background: {theme.raised}; }}
    QTabBar QToolButton:hover {{ border-color: {theme.accent}; }}
    QTabBar QToolButton:disabled {{ background: {theme.window}; }}
    QTabBar QToolButton::left-arrow, QTabBar QToolButton::right-arrow {{
        width: {px(12)}px; height: {px(12)}px; }}
    QTabBar QToolButton::left-arrow {{ image: {_picture("chevron-left", theme)}; }}
    QTabBar QToolButton::right-arrow {{ image: {_picture("chevron-right", theme)}; }}
    QTabBar QToolButton::left-arrow:disabled, QTabBar QToolButton::right-arrow:disabled {{
        image: none; }}
    QDockWidget {{ font-weight: 600; titlebar-close-icon: {_picture("close", theme)}; }}
    """


def _views(theme: Theme, _px: _Lengths) -> str:
    return f"""
    QHeaderView::section {{ background: {theme.raised}; color: {theme.text}; padding: 4px 6px;
        border: none; border-right: 1px solid {theme.border}; }}
    QTextBrowser {{ border: 2px solid transparent; }}
    QTextBrowser:focus {{ border: 2px solid {theme.accent}; }}
    QProgressBar {{ border: 1px solid {theme.border}; border-radius: 4px; text-align: center;
        background: {theme.surface}; color: {theme.text}; }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}
    """


def _labels(theme: Theme, _px: _Lengths) -> str:
    return f"""
    QToolTip {{ color: {theme.text}; background: {theme.raised};
                border: 1px solid {theme.border}; padding: 4px; }}
    QStatusBar QLabel, QLabel[muted="true"] {{ color: {theme.muted}; }}
    QLabel[error="true"] {{ color: {theme.danger}; }}
    QLabel[warning="true"] {{ color: {theme.warning}; }}
    QLabel[good="true"] {{ color: {theme.good}; }}
    QLabel[heading="true"] {{ font-weight: 600; }}
    """
