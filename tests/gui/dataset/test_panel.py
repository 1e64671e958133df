"""The panel: which data set, what is wrong with it, and one of it in the whole window."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from resnet_studio.gui.command_table import TABLE
from resnet_studio.gui.dataset.panel import DataSetPanel
from resnet_studio.gui.training.data_form import DataForm
from tests.gui.dataset.conftest import WAIT_MS, write


def choose(box, source):
    box.setCurrentIndex(box.findData(source))


def test_nothing_is_opened_before_the_panel_is_shown(panel, studio, settle):
    assert not studio.data.busy
    panel.show()
    settle()
    assert panel.bar.summary.text() == (
        "Digits: 1,797 pictures in 10 classes · 1,438 to learn from · 359 for validation"
    )


def test_the_training_panel_and_this_one_show_the_same_data_set(opened, studio, qtbot, settle):
    form = DataForm(studio)
    qtbot.addWidget(form)
    assert form.summary is studio.data.summary
    assert form.summary.classes == ("bird", "cat", "dog")
    choose(form.source, "digits")
    settle()
    assert opened.bar.source.currentData() == "digits"
    assert "Digits" in opened.bar.summary.text()
    studio.undo_stack.undo()
    settle()
    assert "3 classes" in form.info.text()


def test_a_source_comes_back_with_its_folder_and_changes(opened, studio, settle, pictures):
    edits = studio.data.config.edits.exclude_classes(["dog"])
    studio.data.set(studio.data.config.model_copy(update={"edits": edits}))
    choose(opened.bar.source, "digits")
    choose(opened.bar.source, "folder")
    settle()
    assert studio.data.config.path == str(pictures)
    assert studio.data.summary.classes == ("bird", "cat")
    stored = json.loads(studio.settings["data"])
    assert stored["edits"]["excluded_classes"] == ["dog"]
    assert studio.commands.run("dataset.forget_changes")
    settle()
    assert studio.data.summary.classes == ("bird", "cat", "dog")


@pytest.mark.parametrize("source", ["cifar100", "mnist", "fashion_mnist", "imagenette"])
def test_what_is_missing_is_offered_for_download_with_address_size_and_folder(
    panel, studio, settle, qtbot, monkeypatch, source
):
    asked = []
    monkeypatch.setattr(studio, "ask", lambda title, text, **_: asked.append(text) and False)
    panel.show()
    choose(panel.bar.source, source)
    settle()
    qtbot.waitUntil(lambda: not studio.data.busy, timeout=WAIT_MS)  # the look has ended, too
    assert panel.bar.summary.property("error")
    assert panel.bar.download_button.isVisible()
    panel.bar.download_button.click()
    assert "http" in asked[0]
    assert " MB)" in asked[0]
    assert asked[0].count(source) >= 1  # the folder
    assert "No other server is asked" in asked[0]
    assert not studio.data.busy


def test_imagenet_cannot_be_downloaded_but_chosen(panel, studio, settle):
    panel.show()
    choose(panel.bar.source, "imagenet")
    settle()
    assert not panel.bar.download_button.isVisible()
    assert panel.bar.place_button.isVisible()


def test_problems_are_listed_searched_and_copied(panel, studio, settle, pictures):
    (pictures / "empty").mkdir()
    write(pictures / "owl" / "alone.png", np.random.default_rng(1))  # learnt, never validated
    (pictures / "dog" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    panel.set_data_folder(pictures)
    panel.show()
    settle()
    page = panel.views.show_view("problems")
    assert panel.views.bar.tabText(panel.views.bar.currentIndex()) == "Problems (3)"
    assert "2 left out, 1 to look at" in panel.bar.summary.text()
    assert page.count.text().startswith("2 left out, 1 to look at")
    page.search.setText("broken")
    assert page.order.rowCount() == 1
    assert page.path_of(page.order.index(0, 0)) == pictures / "dog" / "broken.png"
    panel.copy_table()
    copied = QGuiApplication.clipboard().text()
    assert "dog/broken.png" in copied
    assert "empty" not in copied


def test_no_problems_is_good_news(opened):
    page = opened.views.show_view("problems")
    assert page.pages.currentIndex() == 0


def test_the_page_is_remembered(opened, studio, qtbot):
    opened.views.show_view("facts")
    again = DataSetPanel(studio)
    qtbot.addWidget(again)
    assert again.views.current == "facts"


def test_an_opening_that_is_cancelled_says_so_and_can_be_tried_again(
    panel, studio, settle, pictures
):
    panel.set_data_folder(pictures)
    panel.show()
    panel.bar.row.cancel.click()
    settle()
    assert "were not opened" in panel.bar.summary.text()
    assert "reason stands above" in panel.views.current_page.waiting.text()
    studio.data.reopen()
    settle()
    assert studio.data.summary is not None


def test_every_command_of_the_panel_does_something(opened, studio):
    for command in TABLE:
        if command.id.startswith("dataset."):
            assert studio.commands.why_not(command.id) != "Its panel is not there yet.", command.id
