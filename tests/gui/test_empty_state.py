from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton

from resnet_studio.gui.widgets.empty_state import EmptyState


@pytest.fixture
def state(qtbot):
    action = QAction("Open picture…")
    made = EmptyState("Nothing here", "Drop a picture on the window.", [action])
    made.kept = action
    qtbot.addWidget(made)
    made.show()
    return made


def test_it_says_what_is_missing_and_how_to_fill_it(state):
    assert state.title.text() == "Nothing here"
    assert state.text.text() == "Drop a picture on the window."


def test_its_button_runs_the_command(qtbot, state):
    button = state.findChild(QToolButton)
    with qtbot.waitSignal(state.kept.triggered):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_its_button_looks_like_one(state):
    assert state.findChild(QToolButton).property("framed")


def test_the_title_stays_larger_than_the_text_at_any_text_size(qtbot, studio, state):
    sizes = []
    try:
        for scale in (100, 150):
            studio.settings["font_scale"] = scale
            studio.refresh_theme()
            assert state.title.font().pointSizeF() == pytest.approx(
                1.5 * state.text.font().pointSizeF()
            )
            sizes.append(state.title.font().pointSizeF())
    finally:
        studio.settings["font_scale"] = 100
        studio.refresh_theme()
    assert sizes[1] == pytest.approx(1.5 * sizes[0])
