from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from resnet_studio.gui.network_form.group import Group


@pytest.fixture
def group(qtbot):
    made = Group("Shortcuts")
    made.rows.addWidget(QLabel("inside"))
    made.set_summary("identity")
    qtbot.addWidget(made)
    made.resize(260, 200)
    made.show()
    return made


def test_a_group_is_closed_at_first_and_says_what_is_in_it(group):
    assert not group.is_open
    assert group.summary.isVisible()
    assert group.summary.text() == "identity"


def test_its_header_opens_and_closes_it(qtbot, group):
    with qtbot.waitSignal(group.toggled) as opened:
        qtbot.mouseClick(group.header, Qt.MouseButton.LeftButton)
    assert opened.args == [True]
    assert group.body.isVisible()
    assert not group.summary.isVisible()
    qtbot.keyClick(group.header, Qt.Key.Key_Space)
    assert not group.is_open


def test_a_click_on_the_summary_opens_it_as_well(qtbot, group):
    qtbot.mouseClick(group.summary, Qt.MouseButton.LeftButton)
    assert group.is_open


def test_a_click_between_the_fields_leaves_it_open(qtbot, group):
    group.set_open(True)
    qtbot.mouseClick(group, Qt.MouseButton.LeftButton, pos=QPoint(5, group.height() - 3))
    assert group.is_open


def test_a_screen_reader_hears_whether_it_is_open(group):
    assert group.header.accessibleName() == "Shortcuts"
    assert group.header.accessibleDescription() == "closed. identity"
    group.set_open(True)
    assert group.header.accessibleDescription() == "open. identity"
