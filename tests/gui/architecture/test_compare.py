"""The commands that open, change and close a comparison, and the list to choose from."""

from __future__ import annotations

import pytest
import torch
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from resnet_studio import models
from resnet_studio.architecture.catalog import CATALOG, get
from resnet_studio.gui.architecture.compare_dialog import CompareDialog
from resnet_studio.gui.studio import START_NETWORK, TorchStatus
from resnet_studio.gui.training.runs_view import runs_dir
from resnet_studio.training.runs import RunFolder
from tests.training.conftest import tiny_config


@pytest.fixture
def comparing(panel):
    """The panel's comparison; it is closed again after the test."""
    yield panel.comparing
    if panel.comparing.dialog is not None:
        panel.comparing.dialog.reject()
    panel.comparing.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def titles(dialog: CompareDialog):
    return [item.text(0) for item in dialog.matches()]


def choose(dialog: CompareDialog, text):
    """Types a text and presses Enter."""
    QTest.keyClicks(dialog.search, text)
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)


def test_the_command_opens_a_list_of_variants_and_networks(studio, comparing):
    assert studio.commands.run("architecture.compare")
    listed = titles(comparing.dialog)
    assert listed[0] == "Basic against bottleneck: as many blocks"
    assert "ResNet-101" in listed
    assert len(listed) > len(CATALOG)
    assert comparing.dialog.search.hasFocus() or comparing.dialog.isVisible()


def test_the_list_is_opened_once_only(studio, comparing):
    studio.commands.run("architecture.compare")
    first = comparing.dialog
    studio.commands.run("architecture.compare")
    assert comparing.dialog is first
    first.reject()
    assert comparing.dialog is None


def test_typing_leaves_what_has_every_word_also_in_its_id(studio, comparing):
    studio.commands.run("architecture.compare")
    QTest.keyClicks(comparing.dialog.search, "resnext 101 64")
    assert titles(comparing.dialog) == ["ResNeXt-101 64×4d"]
    comparing.dialog.search.setText("cifar_resnet110")
    assert "CIFAR ResNet-110" in titles(comparing.dialog)
    comparing.dialog.search.setText("no such network")
    assert titles(comparing.dialog) == []
    QTest.keyClick(comparing.dialog.search, Qt.Key.Key_Return)
    assert comparing.page is None
    assert "No network" in comparing.dialog.hint.text()


def test_the_arrow_keys_go_through_the_list_from_the_search(studio, comparing):
    studio.commands.run("architecture.compare")
    dialog = comparing.dialog
    QTest.keyClick(dialog.search, Qt.Key.Key_Down)
    assert dialog.list.currentItem().text(0) == titles(dialog)[1]
    QTest.keyClick(dialog.search, Qt.Key.Key_Up)
    QTest.keyClick(dialog.search, Qt.Key.Key_Up)
    assert dialog.list.currentItem().text(0) == titles(dialog)[0]
    QTest.keyClick(dialog.search, Qt.Key.Key_PageDown)
    assert dialog.list.currentItem().text(0) == titles(dialog)[10]


def test_choosing_shows_both_networks_in_place_of_the_usual_view(panel, studio, comparing):
    studio.commands.run("architecture.compare")
    choose(comparing.dialog, "resnet34")
    assert comparing.dialog is None
    assert panel.place.currentWidget() is comparing.page
    assert comparing.page.names == ("ResNet-50", "ResNet-34")
    assert studio.commands.why_not("architecture.compare_swap") == ""


def test_the_commands_of_the_drawing_work_on_the_comparison_and_go_back(panel, studio, comparing):
    studio.commands.run("architecture.compare")
    choose(comparing.dialog, "resnet34")
    page = comparing.page
    studio.commands.run("architecture.show_stages")
    assert all(len(view.folds.folded) == 4 for view in page.pair.views)
    assert not panel.view.folds.folded
    studio.commands.run("architecture.zoom_in")
    assert not page.pair.views[1].is_fitted
    studio.commands.run("architecture.fit")
    assert page.pair.views[1].is_fitted
    studio.commands.run("architecture.copy_table")
    assert QGuiApplication.clipboard().text().startswith("level,state")
    studio.commands.run("architecture.compare_swap")
    assert page.names == ("ResNet-34", "ResNet-50")
    studio.commands.run("architecture.compare_close")
    assert panel.place.currentIndex() == 0
    studio.commands.run("architecture.show_stages")
    assert len(panel.view.folds.folded) == 4
    assert "Compare" in studio.commands.action("architecture.compare").text().replace("&", "")
    assert studio.commands.why_not("architecture.compare_swap").startswith("No comparison")


def test_another_choice_takes_the_place_of_the_first(studio, comparing):
    for name in ("resnet34", "resnet152"):
        studio.commands.run("architecture.compare")
        choose(comparing.dialog, name)
    assert comparing.page.names == ("ResNet-50", "ResNet-152")


def test_the_network_before_the_last_change_stands_above(studio, comparing):
    assert studio.previous_spec.name == START_NETWORK  # the fixture has changed it
    studio.set_spec(get("resnet50").spec.replace(shortcut="C", name="mine"))
    studio.commands.run("architecture.compare")
    choose(comparing.dialog, "before the last change")
    assert comparing.page.names[0] == "ResNet-50"
    assert comparing.page.comparison.after.spec.name == "mine"
    assert "Shortcut" in comparing.page.differing.text()


def test_without_a_change_there_is_no_network_before_it(studio):
    while studio.undo_stack.canUndo():
        studio.undo_stack.undo()
    assert studio.previous_spec is None


def test_the_network_of_a_file_is_compared(studio, comparing, tmp_path, monkeypatch):
    path = tmp_path / "mine.toml"
    get("resnet50").spec.replace(shortcut="C", name="mine").save(path)
    monkeypatch.setattr(studio, "open_file", lambda *_words: path)
    studio.commands.run("architecture.compare")
    comparing.dialog.file_wanted.emit()
    assert comparing.page.names == ("ResNet-50", "mine")


def test_a_broken_file_is_told_and_changes_nothing(
    studio, comparing, messages, tmp_path, monkeypatch
):
    path = tmp_path / "broken.toml"
    path.write_text("block = 'triangular'\ndepths = [1]\n")
    monkeypatch.setattr(studio, "open_file", lambda *_words: path)
    comparing.ask_for_file()
    assert comparing.page is None
    assert "broken.toml" in messages[-1].text
    assert "triangular" in messages[-1].text
    monkeypatch.setattr(studio, "open_file", lambda *_words: None)
    comparing.ask_for_file()
    assert comparing.page is None


@pytest.fixture
def weights_file(tmp_path):
    """Weights as another program saves them: nothing but tensors."""
    path = tmp_path / "theirs.pth"
    torch.save(models.build_network(get("cifar_resnet20").spec, seed=0).state_dict(), path)
    return path


def test_the_network_of_a_file_of_weights_is_compared(
    studio, comparing, weights_file, monkeypatch, qtbot
):
    before = studio.spec, studio.weights
    monkeypatch.setattr(studio, "open_file", lambda *_words: weights_file)
    comparing.ask_for_file()
    qtbot.waitUntil(lambda: comparing.page is not None, timeout=10_000)
    assert comparing.page.names == ("ResNet-50", "theirs")
    assert comparing.page.comparison.after.spec.depths == (3, 3, 3)
    assert (studio.spec, studio.weights) == before


def test_a_file_that_holds_no_network_is_told_and_changes_nothing(
    studio, comparing, messages, tmp_path, monkeypatch, qtbot
):
    path = tmp_path / "words.pth"
    torch.save(torch.nn.Linear(3, 4).state_dict(), path)
    monkeypatch.setattr(studio, "open_file", lambda *_words: path)
    comparing.ask_for_file()
    qtbot.waitUntil(lambda: bool(messages), timeout=10_000)
    assert "words.pth" in messages[-1].text
    assert comparing.page is None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (TorchStatus("loading"), "as soon as torch is ready"),
        (TorchStatus("failed", message="torch is broken."), "torch is broken."),
    ],
)
def test_without_torch_weights_are_not_compared_and_that_is_said(
    studio, comparing, messages, weights_file, monkeypatch, status, said
):
    studio.set_torch(status)
    monkeypatch.setattr(studio, "open_file", lambda *_words: weights_file)
    comparing.ask_for_file()
    assert said in messages[-1].text
    assert not studio.workers.tasks


def test_networks_of_earlier_runs_are_added_when_they_are_read(studio, comparing, qtbot, tmp_path):
    folder = runs_dir(studio)
    run = RunFolder.create(folder, tiny_config(tmp_path, spec=get("cifar_resnet20").spec))
    studio.commands.run("architecture.compare")
    qtbot.waitUntil(lambda: run.name in titles(comparing.dialog), timeout=10_000)
    choose(comparing.dialog, run.name)
    assert comparing.page.names[1] == run.name


def test_runs_that_are_read_after_the_dialog_was_closed_are_dropped(studio, comparing, qtbot):
    studio.commands.run("architecture.compare")
    comparing.dialog.reject()
    qtbot.waitUntil(lambda: not studio.workers.tasks, timeout=10_000)
    assert comparing.dialog is None
