from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage

from resnet_studio import models
from resnet_studio.cli import main
from resnet_studio.gui.classification.entries import Column
from resnet_studio.gui.workers import TaskState
from resnet_studio.probe.classify_many import Crop, votes_of


def names(panel):
    return [entry.name for entry in panel.model.shown]


def by_file(text):
    return {line["file"]: line for line in csv.DictReader(io.StringIO(text))}


@pytest.mark.parametrize("crop", ["pipeline", "ten"])
def test_the_window_s_table_has_the_bits_of_the_command_line(
    panel, settle, folder, tmp_path, capsys, crop
):
    panel.crop_box.setCurrentIndex(panel.crop_box.findData(crop))
    panel.add_paths([folder])
    settle(panel)
    network = panel.studio.network
    weights = tmp_path / "tiny.safetensors"
    models.save_weights(
        weights,
        network.model,
        classes=network.classes,
        preprocessing=network.preprocessing.to_dict(),
    )
    table = tmp_path / "out.csv"
    words = ["classify", str(folder), "--weights", str(weights), "--crop", crop, "--json"]
    assert main([*words, "--csv", str(table)]) == 1
    assert by_file(panel.model.as_csv()) == by_file(table.read_text())
    told = {image["file"]: image for image in json.loads(capsys.readouterr().out)["images"]}
    for entry in panel.model.entries:
        if not entry.error:
            first = told[entry.file]["top"][0]
            assert first["probability"].hex() == entry.predictions[0].probability.hex()


def test_a_broken_picture_stays_in_the_table_and_says_why(panel, settle, folder):
    panel.add_paths([folder])
    settle(panel)
    row = names(panel).index("broken.png")
    assert panel.model.index(row, Column.FIRST).data() == "it is a text file"
    tip = panel.model.index(row, Column.FIRST).data(Qt.ItemDataRole.ToolTipRole)
    assert "broken.png cannot be opened" in tip
    panel.table.selectRow(row)
    assert not panel.detail.views


def test_the_folder_s_name_is_compared_with_the_class(panel, settle, folder):
    panel.add_paths([folder / "class 2"])
    settle(panel)
    right = sum(entry.predictions[0].index == 2 for entry in panel.model.entries)
    assert panel.model.counts.known == 4
    assert panel.model.counts.right == right
    assert not panel.table.isColumnHidden(Column.FOLDER)
    panel.clear()
    panel.add_paths([folder / "beside.png"])
    settle(panel)
    assert panel.table.isColumnHidden(Column.FOLDER)


def test_cancelling_keeps_what_is_done_and_going_on_does_the_rest(
    qtbot, panel, settle, folder, monkeypatch
):
    usual = TaskState.progress

    def waiting(state, done, total, text=""):
        usual(state, done, total, text)
        if done == 3:
            state.wait(60)  # until it is cancelled

    monkeypatch.setattr(TaskState, "progress", waiting)
    monkeypatch.setattr("resnet_studio.gui.classification.classifying._BATCH_S", 0.0)
    panel.add_paths([folder])
    qtbot.waitUntil(lambda: panel.classifying.done == 2, timeout=20_000)
    assert panel.line.button.text() == "Cancel"
    assert panel.line.speed.text().startswith("2 of 6 · ")
    qtbot.mouseClick(panel.line.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.classifying.running, timeout=20_000)
    assert [entry.waits for entry in panel.model.entries] == [False] * 2 + [True] * 4
    assert panel.line.button.text() == "Go on"
    monkeypatch.undo()
    qtbot.mouseClick(panel.line.button, Qt.MouseButton.LeftButton)
    settle(panel)
    assert panel.line.button.isHidden()


def test_surgery_makes_the_answers_old_and_brings_new_ones(qtbot, panel, settle, folder):
    panel.add_paths([folder / "class 2"])
    settle(panel)
    before = [entry.predictions for entry in panel.model.entries]
    panel.studio.operating.toggle_block("layer1.0")
    assert all(entry.stale for entry in panel.model.entries)
    assert [entry.predictions for entry in panel.model.entries] == before
    assert panel.model.counts.known == 0
    assert ",," in panel.model.as_csv().splitlines()[1]
    settle(panel)
    after = [entry.predictions for entry in panel.model.entries]
    assert all(one != other for one, other in zip(before, after, strict=True))


def test_another_crop_classifies_again_and_is_remembered(panel, settle, folder):
    panel.add_paths([folder / "beside.png"])
    settle(panel)
    usual = panel.model.entries[0].predictions
    panel.crop_box.setCurrentIndex(panel.crop_box.findData("letterbox"))
    settle(panel)
    assert panel.model.entries[0].predictions != usual
    assert panel.studio.settings["choices"]["classification.crop"] == "letterbox"


def test_a_crop_struck_out_by_a_click_leaves_the_mean_of_the_others(qtbot, panel, settle, folder):
    panel.crop_box.setCurrentIndex(panel.crop_box.findData("ten"))
    panel.add_paths([folder / "class 2" / "3.png"])
    settle(panel)
    detail = panel.detail
    assert [tile.mirrored for tile in detail.tiles.tiles] == [False] * 5 + [True] * 5
    assert detail.predictions.predictions == panel.model.entries[0].predictions
    qtbot.mouseClick(
        detail.tiles, Qt.MouseButton.LeftButton, pos=detail.tiles.tile_area(7).center()
    )
    votes = votes_of(panel.studio.network, detail.views)
    by_hand = np.mean([vote.values for number, vote in enumerate(votes) if number != 7], axis=0)
    found = {each.index: each.probability for each in detail.predictions.predictions}
    assert [found[index] for index in range(5)] == pytest.approx(list(by_hand), rel=1e-12)
    assert "9 of 10" in detail.heading.text()
    left = detail.picture.box_area(detail.picture.tiles[0].box)
    qtbot.mouseClick(
        detail.picture, Qt.MouseButton.LeftButton, pos=(left.topLeft() + QPointF(4, 4)).toPoint()
    )
    assert detail.struck == {7, 0}
    for number in range(10):
        detail.strike(number)
        detail.strike(number)
    assert len(detail.struck) == 2


def test_the_crop_is_drawn_where_it_lies_and_shown_as_the_network_gets_it(panel, settle, folder):
    panel.add_paths([folder / "beside.png"])
    settle(panel)
    (tile,) = panel.detail.picture.tiles
    assert tile.box == pytest.approx((0, 8, 32, 32), abs=0.6)
    assert panel.detail.crop.image.width() == 32
    panel.crop_box.setCurrentIndex(panel.crop_box.findData("letterbox"))
    settle(panel)
    assert panel.detail.picture.tiles[0].box[0] < 0
    assert "borders" in panel.detail.crop_text.text()


def test_enter_shows_the_picture_in_the_feature_maps(qtbot, panel, settle, folder):
    panel.add_paths([folder / "beside.png"])
    settle(panel)
    asked = []
    panel.studio.commands.about_to_run.connect(asked.append)
    with qtbot.waitSignal(panel.studio.picture_changed, timeout=10_000):
        qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert panel.studio.picture.path == folder / "beside.png"
    assert asked == ["classification.look_inside"]
    assert panel.studio.commands.command(asked[0]).panel == "features"


def test_rows_are_copied_and_removed_by_the_keyboard(qtbot, panel, settle, folder):
    panel.add_paths([folder])
    settle(panel)
    panel.table.selectRow(1)
    flags = QItemSelectionModel.SelectionFlag
    panel.table.selectionModel().select(panel.model.index(2, 0), flags.Select | flags.Rows)
    chosen = [entry.file for entry in panel.table.selection]
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == chosen
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert len(panel.model.entries) == 4
    assert not {entry.file for entry in panel.model.entries} & set(chosen)
    settle(panel)


def test_what_is_shown_is_saved_as_csv(panel, settle, folder, tmp_path):
    panel.add_paths([folder])
    settle(panel)
    panel.filter_bar.text.setText("broken")
    target = tmp_path / "table.csv"
    panel.studio.save_file = lambda *_: target
    panel.studio.commands.run("classification.save_csv")
    assert list(by_file(target.read_text())) == [str(folder / "broken.png")]


def test_a_folder_without_pictures_says_so(qtbot, panel, tmp_path, messages):
    (tmp_path / "empty").mkdir()
    panel.add_paths([tmp_path / "empty"])
    qtbot.waitUntil(lambda: bool(messages), timeout=10_000)
    assert "There are no pictures in empty" in messages[0].text
    assert panel.pages.currentIndex() == 0


def test_a_pasted_picture_has_no_file_and_is_classified_all_the_same(panel, settle):
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGreen)
    panel.add_image(image, "clipboard")
    settle(panel)
    (entry,) = panel.model.entries
    assert entry.file == "clipboard"
    assert len(entry.predictions) == 5


def test_the_side_and_the_table_agree_for_every_crop(panel, settle, folder):
    panel.add_paths([folder / "class 2" / "1.png"])
    for crop in Crop:
        panel.crop_box.setCurrentIndex(panel.crop_box.findData(crop.value))
        settle(panel)
        assert panel.detail.predictions.predictions == panel.model.entries[0].predictions
        assert len(panel.detail.views) == (10 if crop is Crop.TEN else 1)
