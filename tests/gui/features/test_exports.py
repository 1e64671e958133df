from __future__ import annotations

import csv
import io

import pytest
from PySide6.QtGui import QColor, QGuiApplication, QImage

from resnet_studio.probe.colours import sequential_map


def _clipboard_image() -> QImage:
    return QGuiApplication.clipboard().image()


def _holds(page: QImage, part: QImage, left: int, top: int) -> bool:
    """Tells whether `part` lies in `page` at that place; transparent pixels of it do not count."""
    return all(
        part.pixelColor(x, y).alpha() == 0
        or page.pixelColor(left + x, top + y) == part.pixelColor(x, y)
        for x in range(part.width())
        for y in range(part.height())
    )


def _nearest(image: QImage, colour: QColor) -> int:
    """Returns the smallest difference in any channel between `colour` and a pixel of `image`."""
    wanted = colour.getRgb()
    return min(
        max(abs(one - other) for one, other in zip(found.getRgb(), wanted, strict=True))
        for found in (
            image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())
        )
    )


def test_commands_wait_for_maps_and_for_a_channel(panel, studio, look, picture):
    commands = studio.commands
    assert not commands.action("features.copy_mosaic").isEnabled()
    look(panel, picture)
    assert commands.action("features.copy_mosaic").isEnabled()
    assert not commands.action("features.copy_channel").isEnabled()
    panel.enlarge("layer1", 0)
    assert commands.action("features.copy_channel").isEnabled()


def test_a_copied_mosaic_has_every_cell_and_the_colour_bar(panel, studio, look, picture):
    look(panel, picture)
    panel.mosaics.choices.tile.setCurrentIndex(panel.mosaics.choices.tile.findData(16))
    view = panel.mosaics.stages[2].mosaic_view
    assert view.zoom == 1
    studio.select("layer2")
    studio.commands.run("features.copy_mosaic")
    page = _clipboard_image()
    top = page.height() - 16 - view.image.height()
    assert _holds(page, view.image, 16, top)
    head = page.copy(page.width() - 40, 0, 40, top)
    assert _nearest(head, QColor(*map(int, sequential_map()[-1]))) <= 3  # the bar is resampled


def test_the_menu_of_a_stage_means_that_stage(panel, studio, look, picture):
    look(panel, picture)
    studio.select("layer2")
    menu = panel.exports.stage_menu(panel.mosaics.stages[0])
    assert len(menu.actions()) == 3
    menu.actions()[0].trigger()
    stem = _clipboard_image()
    studio.commands.run("features.copy_mosaic")
    assert _clipboard_image() != stem
    menu.deleteLater()


def test_without_a_selection_the_visible_stage_is_meant(panel, studio, look, picture, monkeypatch):
    look(panel, picture)
    asked = []
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _filters: asked.append(name))
    studio.commands.run("features.save_mosaic")
    assert asked == ["tiny_stem.png"]


def test_saved_pictures_are_png_files_of_what_is_shown(
    panel, studio, look, picture, monkeypatch, tmp_path
):
    look(panel, picture)
    panel.enlarge("layer2", 1)
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _filters: tmp_path / name)
    studio.commands.run("features.save_channel")
    saved = QImage(str(tmp_path / "tiny_layer2_channel1.png"))
    assert saved.size() == panel.channel_view.canvas.size()
    assert saved == panel.channel_view.picture()


def test_classes_are_copied_as_text_and_saved_with_every_digit(
    panel, studio, look, picture, monkeypatch, tmp_path
):
    examination = look(panel, picture)
    studio.commands.run("features.copy_predictions")
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 5
    assert lines[0].endswith(examination.predictions[0].name)
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _filters: tmp_path / name)
    studio.commands.run("features.save_predictions")
    text = (tmp_path / "tiny_classes.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [float(row["probability"]) for row in rows] == [
        prediction.probability for prediction in examination.predictions
    ]
    assert [int(row["class"]) for row in rows] == [
        prediction.index for prediction in examination.predictions
    ]


def test_a_folder_that_cannot_be_written_gives_a_message(
    panel, studio, look, picture, monkeypatch, tmp_path, messages
):
    look(panel, picture)
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(studio, "save_file", lambda *_: blocked / "maps.png")
    studio.commands.run("features.save_mosaic")
    assert messages[-1].kind == "error"
    assert "maps.png" in messages[-1].text


@pytest.mark.parametrize("which", ["picture", "crop"])
def test_picture_and_crop_have_menus_too(panel, look, picture, which):
    look(panel, picture)
    side = panel.side
    image = side.crop.image if which == "crop" else side.picture.grab().toImage()
    menu = panel.exports.picture_menu(image, which)
    menu.actions()[0].trigger()
    assert _clipboard_image().size() == image.size()
    menu.deleteLater()


@pytest.mark.parametrize("command", ["copy_mosaic", "copy_channel", "copy_predictions"])
def test_every_copy_is_said_because_it_cannot_be_seen(
    panel, studio, look, picture, messages, command
):
    look(panel, picture)
    panel.enlarge("layer1", 0)
    studio.commands.run(f"features.{command}")
    assert "in the clipboard" in messages[-1].text
    assert messages[-1].kind == "info"


def test_a_picture_copied_from_the_left_column_is_said_too(panel, look, picture, messages):
    look(panel, picture)
    menu = panel.exports.picture_menu(panel.side.crop.image, "crop")
    menu.actions()[0].trigger()
    assert _clipboard_image() == panel.side.crop.image
    assert "in the clipboard" in messages[-1].text
    menu.deleteLater()


def test_the_statistics_of_the_selected_stage_are_saved(
    panel, studio, look, picture, tmp_path, monkeypatch
):
    examination = look(panel, picture)
    studio.select("layer2.0")
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _kinds: tmp_path / name)
    studio.commands.run("features.save_statistics")
    text = (tmp_path / "tiny_layer2_channels.csv").read_text(encoding="utf-8")
    means = [float(row["mean"]) for row in csv.DictReader(io.StringIO(text))]
    assert means == pytest.approx(examination.sections[2].channel_mean.tolist())


def test_whichever_view_is_shown_can_be_copied_and_saved(
    panel, studio, look, picture, qtbot, tmp_path, monkeypatch
):
    look(panel, picture)
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _kinds: tmp_path / name)
    studio.commands.run("features.copy_view")
    stage = _clipboard_image()
    page = panel.views.show_view("layer")
    qtbot.waitUntil(lambda: page.shown is not None, timeout=20_000)
    studio.commands.run("features.copy_view")
    assert _clipboard_image() == page.image() != stage
    studio.commands.run("features.save_view")
    assert QImage(str(tmp_path / "tiny_layer.png")).size() == page.image().size()
    studio.commands.run("features.save_statistics")
    assert (tmp_path / "tiny_conv1_channels.csv").exists()
