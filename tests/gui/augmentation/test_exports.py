"""What is copied and saved can be read again and is exact."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QGuiApplication

from resnet_studio.data.augment import pipelines_for
from resnet_studio.data.preview import preview
from resnet_studio.gui.augmentation.samples import LARGEST_KEPT
from tests.gui.augmentation.conftest import LONG_MS
from tests.gui.augmentation.helpers import choose, pixels


@pytest.fixture
def target(studio, tmp_path):
    """Every save dialog is answered with a name in a folder of the test."""
    asked = []

    def save_file(_title, suggested, _filters):
        asked.append(tmp_path / suggested)
        return asked[-1]

    studio.save_file = save_file
    return asked


def test_a_saved_sample_is_what_training_reads(filled, studio, qtbot, target, photograph):
    filled.samples.grid.select(2)
    studio.commands.run("augmentation.save_sample")
    qtbot.waitUntil(lambda: bool(target) and target[0].exists(), timeout=LONG_MS)
    expected = preview(pipelines_for(224)[0], photograph, seed=0, count=3)[2]
    assert np.array_equal(np.asarray(Image.open(target[0])), expected.image)
    assert target[0].name == "china_imagenet_train_seed0_sample3.png"


def test_a_sample_too_large_for_the_grid_is_saved_whole(filled, studio, settle, qtbot, target):
    settle(studio.set_spec, studio.spec.replace(input_size=600))
    assert filled.samples.grid.image(0).width() == LARGEST_KEPT
    studio.commands.run("augmentation.save_sample")
    qtbot.waitUntil(lambda: bool(target) and target[0].exists(), timeout=LONG_MS)
    assert Image.open(target[0]).size == (600, 600)


def test_a_copied_sample_is_what_the_grid_shows(filled, studio, qtbot):
    QGuiApplication.clipboard().clear()
    studio.commands.run("augmentation.copy_sample")
    qtbot.waitUntil(lambda: not QGuiApplication.clipboard().image().isNull(), timeout=LONG_MS)
    shown = pixels(filled.samples.grid.image(0))
    assert np.array_equal(pixels(QGuiApplication.clipboard().image()), shown)


def test_the_saved_grid_holds_every_sample(filled, studio, target):
    studio.commands.run("augmentation.save_view")
    sheet = np.asarray(Image.open(target[0]).convert("RGB"))
    for index in range(12):
        sample = pixels(filled.samples.grid.image(index))
        assert _holds(sheet, sample), index


def _holds(sheet, sample):
    """Returns whether a picture stands somewhere in a larger one, pixel for pixel."""
    height, width = sample.shape[:2]
    rows, columns = sheet.shape[0] - height, sheet.shape[1] - width
    corner = (sheet[: rows + 1, : columns + 1] == sample[0, 0]).all(axis=2)
    return any(
        np.array_equal(sheet[top : top + height, left : left + width], sample)
        for top, left in np.argwhere(corner)
    )


def test_the_copied_grid_is_the_saved_one(filled, studio, target):
    studio.commands.run("augmentation.copy_view")
    copied = pixels(QGuiApplication.clipboard().image())
    studio.commands.run("augmentation.save_view")
    assert np.array_equal(np.asarray(Image.open(target[0]).convert("RGB")), copied)


def test_the_saved_parameters_are_those_of_the_draws(filled, studio, target, settle):
    settle(filled.controls.seed.setValue, 5)
    studio.commands.run("augmentation.save_table")
    rows = list(csv.DictReader(io.StringIO(target[0].read_text(encoding="utf-8"))))
    assert len(rows) == 12
    for index, (row, drawn) in enumerate(zip(rows, filled.samples.grid.draws, strict=True)):
        box = drawn.crop_box
        assert (int(row["sample"]), int(row["index"])) == (index + 1, index)
        assert (row["seed"], row["epoch"], row["pipeline"]) == ("5", "1", "imagenet_train")
        figures = [float(row[name]) for name in ("left", "top", "width", "height")]
        assert figures == pytest.approx(list(box), rel=1e-5)
        assert float(row["kept_fraction"]) == pytest.approx(drawn.kept_fraction, abs=1e-6)
        assert float(row["distortion"]) == pytest.approx(drawn.distortion, abs=1e-6)
        assert row["flipped"] == str(int(drawn.flipped))
        assert int(row["attempts"]) == len(drawn.steps[0].attempts)


def test_parameters_of_a_pipeline_without_that_crop_leave_its_columns_empty(filled, studio, settle):
    settle(choose, filled.controls.source, "cifar")
    studio.commands.run("augmentation.copy_table")
    rows = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text())))
    assert {(row["attempts"], row["fallback"]) for row in rows} == {("", "")}


def test_a_folder_that_cannot_be_written_gives_a_message(filled, studio, messages, tmp_path):
    studio.save_file = lambda *_: tmp_path / "missing" / "folder" / "x.csv"
    (tmp_path / "missing").write_text("a file, not a folder")
    studio.commands.run("augmentation.save_table")
    assert messages[-1].kind == "error"
    assert "x.csv" in messages[-1].text


def test_the_menus_offer_the_commands(filled):
    names = ["copy_view", "save_view", "copy_table", "save_table", "copy_sample", "save_sample"]
    names.append("copy_sample_code")
    for menu in (filled.samples.exports.menu(), filled.samples.export_button.menu()):
        actions = [action for action in menu.actions() if not action.isSeparator()]
        assert [action.objectName() for action in actions] == [f"augmentation.{n}" for n in names]
        assert all(action.isEnabled() for action in actions)


def test_the_code_of_a_sample_holds_what_was_drawn_for_it(filled, studio):
    filled.samples.grid.select(1)
    studio.commands.run("augmentation.copy_sample_code")
    code = QGuiApplication.clipboard().text()
    compile(code, "sample.py", "exec")
    region = filled.samples.grid.draws[1].steps[0].region
    for number in (region.top, region.left, region.height, region.width):
        assert str(number) in code


def test_the_picture_with_its_rectangles_can_be_saved(filled, target):
    menu = filled.samples.exports.original_menu()
    menu.actions()[1].trigger()
    saved = np.asarray(Image.open(target[0]).convert("RGB"))
    assert np.array_equal(saved, pixels(filled.samples.side.original.grab().toImage()))


@pytest.mark.parametrize("what", ["view", "sample", "table"])
def test_every_copy_is_said_because_it_cannot_be_seen(filled, studio, qtbot, messages, what):
    studio.commands.run(f"augmentation.copy_{what}")
    qtbot.waitUntil(lambda: bool(messages), timeout=LONG_MS)
    assert "in the clipboard" in messages[-1].text
    assert messages[-1].kind == "info"
