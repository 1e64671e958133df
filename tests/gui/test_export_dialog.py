from __future__ import annotations

import pytest
import torch
from PySide6.QtWidgets import QApplication, QLabel

from resnet_studio.architecture.spec import NetworkSpec, parse_spec
from resnet_studio.export import Format
from resnet_studio.gui import theme as themes
from resnet_studio.gui.export_dialog import ExportDialog
from resnet_studio.gui.theme import LIGHT
from resnet_studio.models import read_weights

TINY = {
    "name": "tiny",
    "block": "basic",
    "stem": "cifar",
    "depths": (1, 1),
    "stem_width": 4,
    "widths": (4, 8),
    "classes": 5,
    "input_size": 32,
}


@pytest.fixture
def dialog(qtbot, studio, tmp_path):
    studio.set_spec(parse_spec(TINY))
    studio.settings["export_folder"] = str(tmp_path)
    made = ExportDialog(studio)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: studio.network is not None and not studio.workers.tasks, timeout=20_000)
    return made


def wait(qtbot, studio):
    qtbot.waitUntil(lambda: not studio.workers.tasks, timeout=60_000)


def test_it_says_what_is_exported_and_that_random_weights_have_learned_nothing(dialog):
    assert "tiny" in dialog.weights.text()
    assert "random weights, seed 0" in dialog.weights.text()
    assert "learned nothing" in dialog.weights.text()


def test_a_kind_of_file_changes_the_name_and_a_name_changes_the_kind(dialog, tmp_path):
    dialog.formats.button(list(Format).index(Format.ONNX)).click()
    assert dialog.path.text() == str(tmp_path / "tiny.onnx")
    dialog.path.setText(str(tmp_path / "other.toml"))
    assert dialog.format is Format.TOML


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".toml", ".json"])
def test_the_file_holds_the_network_of_the_window(
    qtbot, studio, dialog, messages, tmp_path, suffix
):
    target = tmp_path / f"mine{suffix}"
    dialog.path.setText(str(target))
    dialog.export.click()
    wait(qtbot, studio)
    assert not dialog.isVisible()
    assert str(target) in messages[-1].text
    if suffix in (".toml", ".json"):
        assert NetworkSpec.load(target) == studio.spec
        return
    state = read_weights(target).state
    wanted = studio.network.model.state_dict()
    assert state.keys() == wanted.keys()
    assert all(torch.equal(state[name], wanted[name]) for name in wanted)


def test_the_last_kind_is_offered_first_the_next_time(qtbot, studio, dialog, tmp_path):
    dialog.path.setText(str(tmp_path / "mine.json"))
    dialog.export.click()
    wait(qtbot, studio)
    again = ExportDialog(studio)
    qtbot.addWidget(again)
    assert again.format is Format.JSON


@pytest.mark.parametrize("name", ["", "mine", "mine.txt"])
def test_a_name_of_no_kind_is_refused_where_it_is_typed(dialog, name):
    dialog.path.setText(name)
    assert dialog.problem.isVisible()
    assert not dialog.export.isEnabled()


def test_a_folder_that_cannot_be_written_is_told_in_the_dialog(qtbot, studio, dialog, tmp_path):
    (tmp_path / "file").write_text("no folder")
    dialog.path.setText(str(tmp_path / "file" / "mine.pth"))
    dialog.export.click()
    wait(qtbot, studio)
    assert dialog.isVisible()
    assert dialog.problem.isVisible()
    assert str(tmp_path / "file") in dialog.problem.text()
    assert dialog.export.isEnabled()  # to try again once the folder is mended


def test_a_file_that_is_there_is_replaced_only_with_consent(
    qtbot, studio, dialog, tmp_path, monkeypatch
):
    target = tmp_path / "mine.json"
    target.write_text("mine")
    monkeypatch.setattr(studio, "ask", lambda *_, **__: False)
    dialog.path.setText(str(target))
    dialog.export.click()
    assert not studio.workers.tasks
    assert target.read_text() == "mine"
    monkeypatch.setattr(studio, "ask", lambda *_, **__: True)
    dialog.export.click()
    wait(qtbot, studio)
    assert NetworkSpec.load(target) == studio.spec


def test_cancelling_leaves_nothing(qtbot, studio, dialog, tmp_path):
    target = tmp_path / "mine.onnx"
    dialog.path.setText(str(target))
    dialog.export.click()
    assert studio.workers.tasks
    dialog.cancel.click()
    wait(qtbot, studio)
    assert not dialog.isVisible()
    assert [path.name for path in tmp_path.iterdir() if "mine" in path.name] == []


@pytest.mark.parametrize("scale", [100, 150])
def test_no_line_of_a_note_is_cut(qapp, qtbot, dialog, scale):
    themes.apply(qapp, LIGHT, font_scale=scale)
    try:
        dialog.resize(dialog.minimumWidth(), 100)
        for _ in range(3):
            QApplication.processEvents()
        notes = [label for label in dialog.findChildren(QLabel) if label.isVisible()]
        assert len(notes) > len(Format)
        for note in notes:
            assert note.height() >= note.heightForWidth(note.width()), note.text()
    finally:
        themes.apply(qapp, LIGHT, font_scale=100)


def test_the_folder_of_the_last_export_is_offered_and_not_that_of_a_picture(
    qtbot, studio, dialog, tmp_path
):
    (tmp_path / "out").mkdir()
    dialog.path.setText(str(tmp_path / "out" / "mine.json"))
    dialog.export.click()
    wait(qtbot, studio)
    studio.settings["last_folder"] = str(tmp_path / "pictures")
    again = ExportDialog(studio)
    qtbot.addWidget(again)
    assert again.path.text() == str(tmp_path / "out" / "tiny.json")


def test_a_missing_folder_is_refused_where_it_is_typed(dialog, tmp_path):
    dialog.path.setText(str(tmp_path / "nodir" / "mine.pth"))
    assert f"There is no folder {tmp_path / 'nodir'}." in dialog.problem.text()
    assert not dialog.export.isEnabled()
    assert not (tmp_path / "nodir").exists()
