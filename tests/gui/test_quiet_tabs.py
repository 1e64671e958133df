"""Tabs that are not painted anew for every word on a page."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QMainWindow, QVBoxLayout, QWidget

from resnet_studio.gui.widgets.quiet_tabs import QuietTabs


class Painted(QWidget):
    """Counts how often it is painted."""

    times = 0

    def paintEvent(self, event):
        self.times += 1


class Page(QWidget):
    """A word, and a picture below it."""

    def __init__(self):
        super().__init__()
        self.word = QLabel("a")
        self.picture = Painted()
        column = QVBoxLayout(self)
        column.addWidget(self.word)
        column.addWidget(self.picture, 1)


@pytest.fixture
def window(qtbot, qapp):
    made = QMainWindow()
    made.page, tabs = Page(), QuietTabs()
    tabs.addTab(made.page, "page")
    made.setCentralWidget(tabs)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    qtbot.waitUntil(lambda: made.page.picture.times > 0)
    made.page.word.setText("ab")  # the layout after the first is compared with it
    for _ in range(5):
        qapp.processEvents()
    return made


def test_a_longer_word_is_painted_alone(window, qapp):
    page = window.page
    before = page.picture.times
    page.word.setText("abc")
    for _ in range(5):
        qapp.processEvents()
    assert page.word.sizeHint().width() <= page.word.width()
    assert page.picture.times == before


def test_a_page_that_needs_more_room_gets_it(window, qtbot):
    window.page.picture.setMinimumWidth(700)
    qtbot.waitUntil(lambda: window.minimumSizeHint().width() >= 700)
    qtbot.waitUntil(lambda: window.width() >= 700)
