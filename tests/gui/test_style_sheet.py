from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QTabBar,
    QTextBrowser,
    QToolBar,
    QToolButton,
    QWidget,
)

from resnet_studio.gui import theme as themes
from resnet_studio.gui.style_sheet import style_sheet
from resnet_studio.gui.theme import DARK, LIGHT
from tests.gui.test_theme import contrast

BOTH = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


@pytest.fixture
def dressed(qapp):
    """Dresses the application, and gives it back as it was."""

    def dress(theme, *, font_scale=100):
        themes.apply(qapp, theme, font_scale=font_scale)

    yield dress
    themes.apply(qapp, LIGHT, font_scale=100)


def primary():
    button = QPushButton("Start")
    button.setProperty("primary", True)
    return button


def checked(box):
    box.setChecked(True)
    return box


def tabs():
    bar = QTabBar()
    bar.addTab("One")
    bar.addTab("Two")
    return bar


def slider():
    made = QSlider()
    made.setOrientation(made.orientation().Horizontal)
    made.setValue(50)
    return made


CONTROLS = {
    "line edit": lambda: QLineEdit("3, 4, 6, 3"),
    "combo box": QComboBox,
    "spin box": QSpinBox,
    "check box": lambda: QCheckBox("Smooth"),
    "checked box": lambda: checked(QCheckBox("Smooth")),
    "radio button": lambda: QRadioButton("This one"),
    "chosen radio button": lambda: checked(QRadioButton("This one")),
    "button": lambda: QPushButton("Stop"),
    "primary button": primary,
    "tool button": QToolButton,
    "slider": slider,
    "tab bar": tabs,
    "text": QTextBrowser,
}


@BOTH
@pytest.mark.parametrize("name", CONTROLS)
def test_the_keyboard_focus_is_seen_and_moves_nothing(qtbot, dressed, theme, name):
    dressed(theme)
    page = QWidget()
    row = QHBoxLayout(page)
    control, other = CONTROLS[name](), QToolButton()
    control.setFocusPolicy(control.focusPolicy().StrongFocus)
    other.setFocusPolicy(other.focusPolicy().StrongFocus)
    row.addWidget(control)
    row.addWidget(other)
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    other.setFocus()
    qtbot.waitUntil(other.hasFocus)
    before, hint = control.grab().toImage(), control.sizeHint()
    control.setFocus()
    qtbot.waitUntil(control.hasFocus)
    assert control.grab().toImage() != before
    assert control.sizeHint() == hint


@BOTH
@pytest.mark.parametrize("kind", [QCheckBox, QRadioButton])
def test_an_empty_box_stands_out_from_its_ground(qtbot, dressed, theme, kind):
    dressed(theme)
    box = kind("")
    qtbot.addWidget(box)
    image = box.grab().toImage()
    middle = image.height() // 2
    colours = {QColor(image.pixel(x, middle)).name() for x in range(16)}
    assert max(contrast(colour, theme.window) for colour in colours) >= 3.0


def test_boxes_icons_and_thumbnails_follow_the_text_size(qtbot, dressed):
    sides, icons, toolbars = [], [], []
    for scale in (100, 200):
        dressed(LIGHT, font_scale=scale)
        box, button, bar, thumbnail = QCheckBox(""), QToolButton(), QToolBar(), QToolButton()
        thumbnail.setProperty("thumbnail", True)
        for widget in (box, button, bar, thumbnail):
            qtbot.addWidget(widget)
            widget.ensurePolished()
        sides.append(box.sizeHint().width())
        icons.append(button.iconSize().width())
        toolbars.append(bar.iconSize().width())
        assert thumbnail.iconSize().width() == 128
    assert sides[1] > sides[0] * 1.5
    assert (icons, toolbars) == ([16, 32], [24, 48])


@BOTH
def test_every_picture_of_the_style_sheet_exists(theme):
    pictures = re.findall(r'url\("([^"]+)"\)', style_sheet(theme))
    assert len(set(pictures)) == 7
    assert all(Path(picture).is_file() for picture in pictures)


def test_qt_understands_the_whole_sheet(qapp, dressed):
    from PySide6.QtCore import qInstallMessageHandler

    complaints = []
    before = qInstallMessageHandler(lambda _kind, _context, text: complaints.append(text))
    try:
        dressed(DARK, font_scale=150)
        QApplication.processEvents()
    finally:
        qInstallMessageHandler(before)
    assert not [text for text in complaints if "style" in text.lower()]
