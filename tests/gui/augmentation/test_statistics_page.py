"""Many draws on screen: bars that count them all, theory over them, and words that fit both."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPointF
from PySide6.QtGui import QColor

from resnet_studio.data.augment import PRESETS
from resnet_studio.data.draw_statistics import measure
from tests.gui.augmentation.conftest import LONG_MS
from tests.gui.augmentation.helpers import pixels


@pytest.fixture
def page(panel, studio, qtbot, make_picture):
    studio.pipelines.set((PRESETS["imagenet_train"], PRESETS["imagenet_val"]))
    studio.set_picture(make_picture(90, 60))
    page = panel.views.page("statistics")
    page.draws.setValue(300)
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        panel.views.show_view("statistics")
    return page


def test_every_draw_is_in_a_bar_and_is_that_of_training(page):
    counted = page.counted.statistics
    expected = measure(PRESETS["imagenet_train"], 60, 90, seed=page.seed, count=300)
    assert counted.kept.tolist() == expected.kept.tolist()
    for name in ("kept", "distortion", "x", "y", "attempts"):
        found = page.charts[name].histogram
        assert found.counts.sum() == 300
        assert found.expected.sum() == pytest.approx(300)
        assert not page.sections[name].isHidden()
    assert page.sections["short_side"].isHidden()
    assert "300 draws" in page.summary.text()
    assert "agree" in page.sections["kept"].note.text()


def test_the_bar_under_the_cursor_tells_its_counts(page, qtbot):
    chart = page.charts["kept"]
    chart.resize(480, 220)
    frame = chart.frame_()
    text = chart.text_at(QPointF(frame.area.left() + 2, frame.area.center().y()))
    assert f"{int(chart.histogram.counts[0])} draws" in text
    assert "expected" in text
    assert chart.text_at(QPointF(0, 0)) == ""


def test_more_draws_and_another_seed_are_counted_anew(page, qtbot):
    before = page.counted.statistics.kept
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        page.draws.setValue(400)
    assert len(page.counted.statistics) == 400
    assert page.counted.statistics.kept[:300].tolist() == before.tolist()
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        page.controls.new_seed()
    assert page.counted.statistics.kept[:300].tolist() != before.tolist()


def test_a_pipeline_without_chance_says_that_there_is_nothing_to_count(page, qtbot):
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        page.controls.validation.click()
    assert not page.filled
    assert "nothing to chance" in page.waiting.text()


def test_what_only_rounding_changes_is_said_instead_of_plotted(page, studio, qtbot):
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        studio.pipelines.set((PRESETS["paper_train"], PRESETS["paper_val"]))
    assert page.sections["distortion"].isHidden()
    assert "Distortion is the same in all draws, up to rounding" in page.why.text()
    assert not page.sections["short_side"].isHidden()
    assert page.other.isHidden()


def test_the_table_holds_every_bar(page):
    rows = list(csv.DictReader(io.StringIO(page.table())))
    kept = [row for row in rows if row["quantity"] == "kept"]
    assert sum(int(row["draws"]) for row in kept) == 300
    assert sum(float(row["expected"]) for row in kept) == pytest.approx(300, abs=0.1)


def test_the_exported_picture_holds_the_bars_of_all_plots(page, studio):
    image = page.image()
    bars = (pixels(image) == QColor(studio.theme.curve_train).getRgb()[:3]).all(axis=2)
    shown = [section for section in page.sections.values() if not section.isHidden()]
    assert len(shown) == 5
    height = sum(section.height() for section in shown) / page._columns_now()
    assert image.height() > height
    # In each third of the picture there are bars, also where the screen ends before.
    assert all(part.any() for part in np.array_split(bars, 3))


def test_the_other_rule_is_drawn_on_demand_with_its_own_theory(page):
    chart = page.charts["distortion"]
    assert chart.other is None
    page.other.click()
    assert chart.other_name == "older rule"
    assert chart.other.sum() == pytest.approx(300, rel=0.1)
    assert abs(chart.other - chart.histogram.expected).max() > 0.1
    plain = chart.grab().toImage()
    page.other.click()
    assert chart.grab().toImage() != plain


def test_no_part_of_the_view_ever_is_a_window_of_its_own(panel, studio, qtbot, make_picture, qapp):
    windows = []

    class Watch(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Show and watched.isWidgetType() and watched.isWindow():
                windows.append(watched)
            return False

    watch = Watch()
    studio.pipelines.set((PRESETS["imagenet_train"], PRESETS["imagenet_val"]))
    studio.set_picture(make_picture(90, 60))
    qapp.installEventFilter(watch)
    try:
        for name in ("statistics", "coverage"):
            page = panel.views.page(name)
            page.draws.setValue(100)
            with qtbot.waitSignal(page.settled, timeout=LONG_MS):
                panel.views.show_view(name)
    finally:
        qapp.removeEventFilter(watch)
    assert windows == []
