"""The column of a run asks for no room for buttons that are not there yet."""

from __future__ import annotations

from resnet_studio.gui.training.run_view import RunView


def test_buttons_of_a_run_take_no_room_before_there_is_one(qtbot, studio):
    view = RunView(studio)
    qtbot.addWidget(view)
    before = view.minimumSizeHint().width()
    hidden = (view.pause_button, view.resume_button, view.look_button, view.back_button)
    assert all(button.isHidden() for button in hidden)
    for button in hidden:
        button.show()
    assert view.minimumSizeHint().width() > before
