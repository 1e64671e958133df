"""The column of a run asks for no room for buttons that are not there yet."""

from __future__ import annotations

from resnet_studio.gui.training.run_view import RunView


def test_buttons_of_a_run_are_not_there_before_there_is_one(qtbot, studio):
    view = RunView(studio)
    qtbot.addWidget(view)
    view.show()
    for button in (view.pause_button, view.resume_button, view.look_button, view.back_button):
        assert not button.isVisible()
    assert view.start_button.isVisible()
