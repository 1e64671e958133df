from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from resnet_studio.gui.widgets.message_bar import MessageBar, MessagePlace

LONG_WORD = "/home/anna/" + "without_any_break_in_it_" * 20 + "/photo.png"


@pytest.fixture
def bar(qtbot, studio):
    widget = MessageBar(studio)
    content = QLabel("workspace")
    place = MessagePlace(widget, content)
    widget.content = content
    qtbot.addWidget(place)
    place.resize(800, 500)
    place.show()
    yield widget
    widget._timer.stop()


def texts(bar):
    return [button.text() for button in bar.buttons]


def test_a_message_shows_its_sentence_and_its_remedy(studio, bar):
    assert bar.isHidden()
    studio.show_message("The disk is full.", remedy="Free some space.", kind="error")
    assert bar.isVisible()
    assert bar.label.text() == "The disk is full. Free some space."


def test_information_goes_by_itself_and_an_error_stays(qtbot, studio, bar):
    studio.show_message("Saved.")
    assert bar._timer.isActive()
    bar._timer.start(1)
    qtbot.waitUntil(bar.isHidden)
    studio.show_message("Broken.", kind="error")
    assert not bar._timer.isActive()


def test_an_offer_stays_longer_than_mere_information(studio, bar):
    studio.show_message("Saved.")
    short = bar._timer.interval()
    studio.show_message("Stopped.", actions=(("Resume", lambda: None),))
    assert bar._timer.isActive()
    assert bar._timer.interval() > 2 * short


def test_information_waits_while_the_keyboard_is_in_it(qtbot, studio, bar):
    studio.show_message("Stopped.", actions=(("Resume", lambda: None),))
    bar.window().activateWindow()
    bar.buttons[0].setFocus()
    qtbot.waitUntil(bar.buttons[0].hasFocus)
    bar._time_is_up()
    assert bar.isVisible()
    bar.buttons[0].clearFocus()
    bar._time_is_up()
    assert bar.isHidden()


def test_an_error_comes_back_when_what_replaced_it_is_closed(studio, bar):
    studio.show_message("The picture is broken.", kind="error")
    studio.show_message("The weights do not fit.", kind="warning")
    studio.show_message("Saved.")
    assert bar.label.text() == "Saved."
    assert bar.more.text() == "2 more"
    bar.dismiss()
    assert bar.label.text() == "The weights do not fit."
    bar.dismiss()
    assert bar.label.text() == "The picture is broken."
    assert bar.more.isHidden()
    bar.dismiss()
    assert bar.isHidden()


def test_the_same_error_again_is_one_message(studio, bar):
    for _ in range(5):
        studio.show_message("The picture is broken.", kind="error")
        studio.show_message("Saved.")
    bar.dismiss()
    bar.dismiss()
    assert bar.isHidden()


def test_a_flood_of_errors_is_soon_closed(studio, bar):
    for number in range(50):
        studio.show_message(f"Error {number}.", kind="error")
    closed = 0
    while bar.isVisible():
        bar.dismiss()
        closed += 1
    assert closed == 4


def test_a_button_closes_the_message_and_acts_once(qtbot, studio, bar):
    done = []
    studio.show_message("Stopped.", actions=(("Resume", lambda: done.append(1)),))
    assert texts(bar) == ["Resume"]
    qtbot.mouseClick(bar.buttons[0], Qt.MouseButton.LeftButton)
    assert done == [1]
    assert bar.isHidden()


def test_the_buttons_of_the_message_before_are_gone(studio, bar):
    studio.show_message("Stopped.", actions=(("Resume", lambda: None),))
    studio.show_message("Broken.", kind="error", details="Traceback")
    assert texts(bar) == ["Copy details"]


def test_details_can_be_copied(qtbot, studio, bar):
    studio.show_message("Broken.", kind="error", details="Traceback: line 1")
    qtbot.mouseClick(bar.buttons[0], Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "Traceback: line 1"


def test_escape_closes_it(qtbot, studio, bar):
    studio.show_message("Broken.", kind="error")
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert bar.isHidden()


def test_a_new_run_takes_the_offer_of_the_last_one_away(studio, bar):
    studio.show_message("Stopped at step 46.", actions=(("Resume", lambda: None),))
    studio.set_training(True)
    assert bar.isHidden()
    studio.set_training(False)


def test_a_new_run_leaves_an_error_alone(studio, bar):
    studio.show_message("Broken.", kind="error")
    studio.set_training(True)
    assert bar.isVisible()
    studio.set_training(False)


def test_a_word_longer_than_a_line_does_not_widen_the_window(qtbot, studio, bar):
    place = bar.parentWidget()
    before = place.minimumSizeHint().width()
    studio.show_message(f"{LONG_WORD} was not saved.", kind="error")
    qtbot.waitUntil(lambda: "…" in bar.label.text())
    assert place.minimumSizeHint().width() < before + 200
    assert place.width() == 800
    assert bar.label.text().endswith("photo.png was not saved.")
    assert bar.label.toolTip() == f"{LONG_WORD} was not saved."
    metrics = bar.label.fontMetrics()
    widest = max(map(metrics.horizontalAdvance, bar.label.text().split()))
    assert widest <= bar.label.width()


def test_information_moves_nothing_and_an_error_makes_room(qtbot, studio, bar):
    content = bar.content
    before = content.geometry()
    studio.show_message("Saved.")
    qtbot.waitUntil(lambda: bar.geometry().bottom() == before.bottom())
    assert content.geometry() == before
    assert bar.parentWidget().childAt(bar.geometry().center() - QPoint(0, 1)) is not content
    studio.show_message("Broken.", kind="error")
    qtbot.waitUntil(lambda: content.geometry().top() > bar.geometry().bottom())


def test_it_is_drawn_in_the_colours_of_the_theme(studio, bar):
    studio.show_message("Broken.", kind="error")
    studio.set_appearance("dark")
    try:
        assert studio.theme.danger in bar.styleSheet()
        dark = bar.grab().toImage().pixelColor(200, 3)
        assert dark.lightness() < 100
    finally:
        studio.set_appearance("light")
