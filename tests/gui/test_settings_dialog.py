from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QPushButton

from resnet_studio.data.caches import DiskCache
from resnet_studio.gui.cache_row import CacheRow
from resnet_studio.gui.settings_dialog import SettingsDialog, folder_problem
from resnet_studio.settings import TABLE, data_dir

SHOWN = [setting for setting in TABLE if setting.title]


@pytest.fixture
def dialog(qtbot, studio):
    made = SettingsDialog(studio)
    qtbot.addWidget(made)
    made.show()
    yield made
    studio.settings["appearance"], studio.settings["font_scale"] = "light", 100
    studio.refresh_theme()


def press(dialog, kind):
    dialog.findChild(QDialogButtonBox).button(kind).click()


def test_every_setting_with_a_title_has_an_editor_and_its_sentence(dialog):
    words = {label.text() for label in dialog.findChildren(QLabel)}
    for setting in SHOWN:
        editor = dialog.editors[setting.key]
        assert editor.accessibleName() == setting.title
        assert editor.toolTip() == setting.description
        assert setting.description in words


def test_it_shows_what_is_remembered(qtbot, studio, tmp_path):
    studio.settings["appearance"] = "dark"
    studio.settings["font_scale"] = 150
    studio.settings["runs_folder"] = str(tmp_path)
    studio.settings["ask_before_download"] = False
    dialog = SettingsDialog(studio)
    qtbot.addWidget(dialog)
    assert dialog.editors["appearance"].currentText() == "Dark"
    assert dialog.editors["font_scale"].text() == "150 %"
    assert dialog.editors["runs_folder"].text() == str(tmp_path)
    assert not dialog.editors["ask_before_download"].isChecked()


def test_ok_remembers_applies_and_saves(studio, dialog, tmp_path):
    dialog.editors["appearance"].setCurrentIndex(dialog.editors["appearance"].findData("dark"))
    dialog.editors["font_scale"].setValue(120)
    dialog.editors["runs_folder"].setText(str(tmp_path / "runs"))
    base = QApplication.font().pointSizeF()
    press(dialog, QDialogButtonBox.StandardButton.Ok)
    assert not dialog.isVisible()
    assert studio.theme.dark
    assert QApplication.font().pointSizeF() == pytest.approx(base * 1.2)
    stored = json.loads(studio.settings.path.read_text(encoding="utf-8"))
    assert stored["runs_folder"] == str(tmp_path / "runs")
    assert stored["font_scale"] == 120


def test_cancel_changes_nothing(studio, dialog):
    before = {setting.key: studio.settings[setting.key] for setting in SHOWN}
    dialog.editors["font_scale"].setValue(180)
    dialog.editors["ask_before_download"].setChecked(False)
    press(dialog, QDialogButtonBox.StandardButton.Cancel)
    assert before == {setting.key: studio.settings[setting.key] for setting in SHOWN}


def test_the_defaults_are_shown_and_hold_only_after_ok(studio, dialog):
    studio.settings["font_scale"] = 150
    dialog.editors["font_scale"].setValue(150)
    press(dialog, QDialogButtonBox.StandardButton.RestoreDefaults)
    assert dialog.isVisible()
    assert dialog.editors["font_scale"].value() == 100
    assert studio.settings["font_scale"] == 150
    press(dialog, QDialogButtonBox.StandardButton.Ok)
    assert studio.settings["font_scale"] == 100


def test_a_folder_that_cannot_be_is_refused_under_its_field(qtbot, studio, dialog, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("no folder")
    dialog.editors["runs_folder"].setText(str(file / "runs"))
    assert str(file) in dialog.fields["runs_folder"].error.text()
    assert dialog.fields["runs_folder"].error.isVisible()
    press(dialog, QDialogButtonBox.StandardButton.Ok)
    assert dialog.isVisible()
    assert studio.settings["runs_folder"] == ""
    dialog.editors["runs_folder"].clear()
    assert not dialog.fields["runs_folder"].error.isVisible()
    press(dialog, QDialogButtonBox.StandardButton.Ok)
    assert not dialog.isVisible()


def test_the_empty_folder_field_shows_where_runs_are_kept(dialog):
    assert dialog.editors["runs_folder"].placeholderText() == str(data_dir() / "runs")


def test_a_folder_can_be_chosen(studio, dialog, tmp_path):
    studio.open_folder = lambda _title: tmp_path
    choose = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Choose…")
    choose.click()
    assert dialog.editors["runs_folder"].text() == str(tmp_path)
    studio.open_folder = lambda _title: None
    choose.click()
    assert dialog.editors["runs_folder"].text() == str(tmp_path)


def test_settings_that_cannot_be_saved_hold_all_the_same_and_it_is_said(
    studio, dialog, messages, monkeypatch
):
    def full(*_arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr("resnet_studio.settings.write_text_atomic", full)
    dialog.editors["font_scale"].setValue(110)
    press(dialog, QDialogButtonBox.StandardButton.Ok)
    assert studio.settings["font_scale"] == 110
    assert "No space left" in messages[0].text


def test_a_wheel_that_scrolls_by_changes_no_value(dialog):
    spin = dialog.editors["font_scale"]
    dialog.editors["appearance"].setFocus()
    where = QPointF(spin.rect().center())
    wheel = QWheelEvent(
        where,
        QPointF(spin.mapToGlobal(where.toPoint())),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(spin, wheel)
    assert spin.value() == 100


@pytest.mark.parametrize("text", ["runs", "./runs", "~nobody_of_that_name/runs"])
def test_a_path_that_depends_on_where_the_studio_was_started_is_refused(text):
    assert "whole path" in folder_problem(text)


def test_a_folder_that_is_not_there_yet_is_fine_where_it_can_be_made(tmp_path):
    assert folder_problem(str(tmp_path / "a" / "b" / "runs")) == ""
    assert folder_problem("~") == ""


def test_a_folder_in_which_nothing_may_be_written_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_arguments: False)  # root may write everywhere
    assert "Nothing may be written" in folder_problem(str(tmp_path / "runs"))


def test_the_cache_shows_its_size_and_can_be_cleared(qtbot, studio):
    DiskCache().put("thumbnails", "a", bytes(2_000_000))
    dialog = SettingsDialog(studio)
    qtbot.addWidget(dialog)
    row = dialog.findChild(CacheRow)
    qtbot.waitUntil(lambda: "2.0 MB" in row.size_label.text())
    row.clear_button.click()
    qtbot.waitUntil(lambda: "0.0 MB" in row.size_label.text())
    assert DiskCache().get("thumbnails", "a") is None
    assert not row.clear_button.isEnabled()


def test_a_dialog_that_closes_while_the_cache_is_measured_is_no_error(qtbot, studio, messages):
    dialog = SettingsDialog(studio)
    dialog.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.waitUntil(lambda: not studio.workers.tasks)
    assert messages == []
