"""The comparison of runs says what it draws, and can be copied and saved."""

from __future__ import annotations

import csv
import io
import math

import pytest
from PySide6.QtGui import QGuiApplication, QImage

from resnet_studio.gui.training.comparison_dialog import MOST, ComparisonDialog
from resnet_studio.gui.training.curves import RunCurves
from resnet_studio.training.events import EpochDone


def run(name: str, *, wild: float = 0.6) -> RunCurves:
    """Two epochs of four steps, of which the last was not recorded."""
    curves = RunCurves(name, steps_per_epoch=4)
    curves.extend(
        [1, 2, 3, 4, 5, 6, 7],
        loss=[2.0, 1.8, 1.6, 1.4, 1.2, 1.0, math.nan],
        accuracy=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
        learning_rate=[0.1] * 7,
        images_per_second=[100.0] * 7,
    )
    curves.add_epoch(EpochDone(1, 4, 1.7, 0.25, wild, 0.35, 1.0))
    curves.add_epoch(EpochDone(2, 8, 1.1, 0.55, 0.9, 0.75, 1.0))
    return curves


@pytest.fixture
def make(qtbot, studio):
    def make(*names: str, **options) -> ComparisonDialog:
        dialog = ComparisonDialog(studio, [(name, run(name)) for name in names], **options)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return make


def test_the_comparison_is_copied_and_saved_as_it_is_shown(make, studio, monkeypatch, tmp_path):
    dialog = make("first", "second")
    dialog.copy()
    assert QGuiApplication.clipboard().image().width() == 2 * dialog.graphics.width()
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _filters: tmp_path / name)
    for suffix in ("png", "svg", "csv"):
        dialog.save(suffix)
        assert dialog.said.text() == f"Saved runs_compared.{suffix}."
    assert QImage(str(tmp_path / "runs_compared.png")).width() == 2 * dialog.graphics.width()
    drawing = (tmp_path / "runs_compared.svg").read_text(encoding="utf-8")
    assert "first" in drawing
    assert "second" in drawing


def test_the_numbers_hold_every_step_and_every_validation(make, studio, monkeypatch, tmp_path):
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _filters: tmp_path / name)
    make("first", "second").save("csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "runs_compared.csv").read_text())))
    assert [row["run"] for row in rows] == ["first"] * 8 + ["second"] * 8
    assert [row["step"] for row in rows[:8]] == list("12345678")
    assert (rows[0]["smoothed_training_loss"], rows[0]["validation_loss"]) == ("2", "")
    assert (rows[3]["epoch"], rows[3]["validation_loss"]) == ("1", "0.6")
    assert rows[6]["smoothed_training_loss"] == ""
    last = rows[7]
    assert (last["smoothed_training_loss"], last["validation_accuracy"]) == ("", "0.75")


def test_validations_are_drawn_in_the_colour_of_their_run(make, studio):
    for plot in make("first", "second").plots:
        training, held_out = plot._lines[:2], plot._lines[2:]
        assert [line.dots for line in (*training, *held_out)] == [False, False, True, True]
        colours = [[line.colour(studio.theme) for line in two] for two in (training, held_out)]
        assert colours[0] == colours[1]
        assert [len(curve._series) for curve in plot.curves] == [7, 7, 2, 2]


def test_a_wild_first_validation_does_not_flatten_the_curves(qtbot, studio):
    dialog = ComparisonDialog(studio, [("calm", run("calm")), ("wild", run("wild", wild=159.0))])
    qtbot.addWidget(dialog)
    plot = dialog.plots[0]
    assert plot.view.viewRange()[1][1] < 3.0
    assert [curve.above() for curve in plot.curves[2:]] == [[], [(4.0, 159.0)]]
    assert [line.row for line in plot._lines[2:]] == [0, 1]  # no value over another's


def test_runs_that_are_not_drawn_are_told(make):
    assert "chosen runs" not in make("first", "second").note.text()
    many = make(*map(str, range(MOST)), chosen=9)
    assert many.note.text().endswith("Of 9 chosen runs the first 6 are drawn.")
    more = make(*map(str, range(MOST + 1)))
    assert more.note.text().endswith("Of 7 chosen runs the first 6 are drawn.")
    assert len(more.plots[0].curves) == 2 * MOST
