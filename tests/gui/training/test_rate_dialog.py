"""The range test from the button to the rate in the form, and back."""

from __future__ import annotations

import csv
import io

import pytest
from PySide6.QtGui import QColor, QImage
from shiboken6 import delete, isValid

from resnet_studio.gui.training import rate_dialog
from resnet_studio.gui.training.rate_plot import Measured, RatePlot
from resnet_studio.training.rate_range import RangeFound, RatePoint
from tests.gui.training.conftest import WAIT_MS


@pytest.fixture
def dialog(panel, monkeypatch):
    """The dialog as the button opens it, with a short test."""
    monkeypatch.setattr(rate_dialog.RateDialog.__init__, "__kwdefaults__", {"steps": 20})
    return panel.find_rate()


def test_a_rate_is_found_used_and_taken_back(qtbot, panel, studio, messages, dialog, tmp_path):
    assert dialog.cancel_button.isVisible()
    assert not dialog.use_button.isEnabled()
    qtbot.waitUntil(lambda: not dialog.running, timeout=WAIT_MS)
    assert 5 < len(dialog.points) <= 20
    assert dialog.text.text() == dialog.found.reason
    # What so short a test says is not the point here: the way of its result is.
    points = tuple(RatePoint(n, 10.0**-n, 2.0, 2.0) for n in range(1, 4))
    dialog._take(RangeFound(points, 0.003, 0.003, "Because."))
    dialog._done()
    dialog.use_button.click()
    assert not isValid(dialog) or not dialog.isVisible()
    field = panel.setup.recipe.fields["learning_rate"].editor
    assert field.text() == "0.003"
    title, back = messages[-1].actions[0]
    assert title == "Back to 0.02"
    back()
    assert field.text() == "0.02"
    assert not studio.training
    assert not list(tmp_path.rglob("run.toml"))


def test_a_test_can_be_cancelled_and_begun_again(qtbot, dialog):
    dialog.cancel_button.click()
    qtbot.waitUntil(lambda: not dialog.running, timeout=WAIT_MS)
    assert "cancelled" in dialog.text.text()
    assert dialog.found is None
    dialog.again_button.click()
    assert dialog.running
    dialog.cancel_button.click()
    qtbot.waitUntil(lambda: not dialog.running, timeout=WAIT_MS)


def test_closing_the_dialog_ends_the_test_and_then_the_dialog(qtbot, dialog):
    task = dialog._task
    dialog.reject()
    assert task.cancelled
    qtbot.waitUntil(lambda: not task.running, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not isValid(dialog), timeout=WAIT_MS)


def test_picture_and_numbers_are_saved(qtbot, dialog, studio, monkeypatch, tmp_path):
    dialog.cancel_button.click()
    qtbot.waitUntil(lambda: not dialog.running, timeout=WAIT_MS)
    dialog.points = [Measured(10.0**-n, 2.0 + n, 2.5) for n in (3, 2, 1)]
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _filters: tmp_path / name)
    for suffix in ("png", "svg", "csv"):
        dialog.save(suffix)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "learning_rates.csv").read_text())))
    assert [float(row["learning_rate"]) for row in rows] == [0.001, 0.01, 0.1]
    assert rows[0]["loss"] == "5"
    assert QImage(str(tmp_path / "learning_rates.png")).width() == 2 * dialog.plot.width()
    assert "<svg" in (tmp_path / "learning_rates.svg").read_text()


def test_the_suggestion_is_marked_where_it_is(qtbot, dialog, studio):
    dialog.cancel_button.click()
    qtbot.waitUntil(lambda: not dialog.running, timeout=WAIT_MS)
    plot = dialog.plot
    plot.resize(600, 300)
    plot.show_points([Measured(1e-6, 2.0, 2.0), Measured(10.0, 1.0, 1.0)], (1e-6, 10.0))
    plot.mark(10.0**-2.5)
    image = plot.grab().toImage()
    wanted = QColor(studio.theme.curve_validation).rgb()
    columns = {
        x for x in range(image.width()) for y in range(20, 150) if image.pixel(x, y) == wanted
    }
    lines = [x for x in range(image.width()) if image.pixel(x, 12) == image.pixel(300, 12)]
    assert columns
    area = (min(lines), max(lines))
    assert sum(columns) / len(columns) == pytest.approx(sum(area) / 2, abs=30)


def test_a_plot_that_is_gone_hears_nothing_of_other_colours(qtbot, studio):
    plot = RatePlot(studio)
    delete(plot)
    with qtbot.captureExceptions() as raised:
        studio.theme_changed.emit(studio.theme)
    assert raised == []
