"""Smoothing, axis and export of the curves, through the buttons and commands."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ElementTree

import pytest
from PySide6.QtGui import QGuiApplication, QImage

from resnet_studio.gui.training.curves import SPANS
from resnet_studio.gui.training.curves_view import CurvesView
from resnet_studio.gui.training.quantities import Quantity
from tests.gui.training.conftest import WAIT_MS
from tests.gui.training.test_canvas import curves


@pytest.fixture
def view(qtbot, studio):
    shown = CurvesView(studio)
    qtbot.addWidget(shown)
    shown.resize(700, 500)
    shown.show()
    return shown


@pytest.fixture
def target(studio, monkeypatch, tmp_path):
    """Where the person saves; the suggested names are collected."""
    suggested = []

    def save_file(_title, name, _filters):
        suggested.append(name)
        return tmp_path / "curves"

    monkeypatch.setattr(studio, "save_file", save_file)
    return tmp_path, suggested


def test_before_there_are_curves_the_view_says_how_to_get_some(view, studio):
    assert view.empty.isVisible()
    assert not studio.commands.action("training.export_csv").isEnabled()
    view.show_curves(curves(100))
    assert view.canvas.isVisible()
    assert studio.commands.action("training.export_csv").isEnabled()
    view.show_curves(None)
    assert view.empty.isVisible()


def test_the_slider_smooths(view):
    run = curves(100)
    view.show_curves(run)
    view.slider.setValue(0)
    assert run.span == 1
    assert view.span_label.text() == "off"
    assert not view.canvas.loss.raw.isVisible()
    view.slider.setValue(SPANS.index(50))
    assert run.span == 50
    assert view.span_label.text() == "50 steps"
    assert view.canvas.loss.raw.isVisible()


def test_the_log_command_switches_the_axis(view, studio):
    view.show_curves(curves(100))
    studio.commands.run("training.log_axis")
    assert view.canvas.loss._log
    studio.commands.run("training.log_axis")
    assert not view.canvas.loss._log


def test_the_theme_can_be_switched_while_curves_are_shown(view, studio):
    view.show_curves(curves(100))
    studio.set_appearance("dark")
    assert view.canvas.grab().toImage().pixelColor(2, 2).name() == studio.theme.surface
    studio.set_appearance("light")
    assert view.canvas.grab().toImage().pixelColor(2, 2).name() == studio.theme.surface


def test_the_table_holds_every_step_and_epoch(qtbot, view, studio, target, messages):
    folder, suggested = target
    view.show_curves(curves(250))
    studio.commands.run("training.export_csv")
    qtbot.waitUntil(lambda: bool(messages), timeout=WAIT_MS)
    rows = list(csv.DictReader(io.StringIO((folder / "curves.csv").read_text(encoding="utf-8"))))
    assert suggested == ["run.csv"]
    assert [int(row["step"]) for row in rows] == list(range(1, 251))
    assert float(rows[49]["training_accuracy"]) == pytest.approx(0.2)
    assert float(rows[99]["epoch"]) == 1.0
    assert float(rows[199]["validation_accuracy"]) == pytest.approx(0.1)
    assert rows[0]["validation_accuracy"] == ""
    assert float(rows[0]["learning_rate"]) == pytest.approx(0.1)
    assert float(rows[-1]["gradient_norm_head"]) == pytest.approx(4)
    assert rows[99]["validation_top5"] == ""


def test_the_plots_are_chosen_from_a_menu_and_remembered(qtbot, view, studio):
    view.show_curves(curves(100))
    view.plot_actions[Quantity.RATE].setChecked(True)
    view.plot_actions[Quantity.LOSS].setChecked(False)
    assert view.canvas.shown == (Quantity.ACCURACY, Quantity.RATE)
    for action in view.plot_actions.values():
        action.setChecked(False)
    assert view.canvas.shown == (Quantity.LOSS,)  # something must be shown
    view.plot_actions[Quantity.SPEED].setChecked(True)
    again = CurvesView(studio)
    qtbot.addWidget(again)
    again.show()
    again.show_curves(curves(100))
    assert again.canvas.shown == (Quantity.LOSS, Quantity.SPEED)


def test_the_picture_is_readable_and_shows_the_curves(view, studio, target):
    folder, _ = target
    view.show_curves(curves(250))
    studio.commands.run("training.export_png")
    image = QImage(str(folder / "curves.png"))
    assert image.width() == 2 * view.canvas.width()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in (300, 700)}
    assert studio.theme.curve_train in colours or len(colours) > 20


def test_the_drawing_is_well_formed_and_has_lines_and_words(view, studio, target):
    folder, _ = target
    view.show_curves(curves(250))
    studio.commands.run("training.export_svg")
    root = ElementTree.parse(folder / "curves.svg").getroot()
    names = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert names.count("polyline") + names.count("path") >= 4
    words = " ".join(element.text or "" for element in root.iter() if element.tag.endswith("text"))
    assert "Loss (nats)" in words
    assert "training, smoothed validation" in words


def test_the_curves_can_be_copied(view, studio, messages):
    view.show_curves(curves(100))
    studio.commands.run("training.copy_curves")
    assert QGuiApplication.clipboard().image().width() == 2 * view.canvas.width()
    assert "clipboard" in messages[-1].text


def test_nothing_is_written_if_the_person_changes_their_mind(view, studio, monkeypatch, messages):
    monkeypatch.setattr(studio, "save_file", lambda *_: None)
    view.show_curves(curves(100))
    for name in ("export_png", "export_svg", "export_csv"):
        studio.commands.run(f"training.{name}")
    assert not messages
    assert not studio.workers.tasks


def test_a_file_that_cannot_be_written_is_told(view, studio, monkeypatch, messages, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(studio, "save_file", lambda *_: tmp_path / "file" / "curves")
    view.show_curves(curves(100))
    studio.commands.run("training.export_png")
    assert messages[-1].kind == "error"
