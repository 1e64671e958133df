"""The numbers that are shown are those that the network reads."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from resnet_studio.data.augment import PRESETS, AugmentSpec, draw, sample_rng
from resnet_studio.data.augment_steps import Normalise, RandomResizedCrop
from resnet_studio.data.mean_picture import packed
from resnet_studio.data.transforms import apply, apply_uint8
from resnet_studio.probe.colours import diverging_map
from tests.gui.augmentation.conftest import LONG_MS
from tests.gui.augmentation.helpers import pixels

HALVES = Normalise(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


def spec_ending_in(*ending):
    return AugmentSpec(name="read", steps=(RandomResizedCrop(size=20), *ending))


@pytest.fixture
def show(panel, studio, qtbot, make_picture):
    """Shows a pipeline in the view and returns the view."""

    def run(spec):
        studio.pipelines.set((spec, spec), "test")
        view = panel.views.show_view("values")
        with qtbot.waitSignal(panel.settled, timeout=LONG_MS):
            studio.set_picture(make_picture(60, 40))
        return view

    return run


def expected_values(page):
    drawn = draw(page.pipeline, 40, 60, sample_rng(0, 0, 0))
    return apply(page.pipeline, page.picture.rgb, drawn).numpy()


def test_the_values_are_those_of_training_and_give_the_colours_back(show):
    page = show(spec_ending_in(PRESETS["imagenet_train"].steps[-1]))
    values = expected_values(page)
    assert np.array_equal(page.reading.values, values)
    drawn = draw(page.pipeline, 40, 60, sample_rng(0, 0, 0))
    colours = apply_uint8(page.pipeline, page.picture.rgb, drawn).numpy().transpose(1, 2, 0)
    assert np.array_equal(page.reading.levels, colours)
    assert np.array_equal(page.reading.back, colours)
    page.for_the_eye.click()
    assert np.array_equal(pixels(page.tiles.image(0)), colours)
    assert np.array_equal(pixels(page.tiles.image(2))[..., 0], colours[..., 1])


def test_the_colours_of_a_channel_are_those_of_the_bar(show):
    page = show(spec_ending_in(HALVES))
    assert (page.bar.scale.low, page.bar.scale.high) == pytest.approx((-1, 1))
    values = expected_values(page)
    middle = len(diverging_map()) // 2
    for channel in range(3):
        shown = pixels(page.tiles.image(channel + 1)).astype(int)
        places = np.round(middle + values[channel] * middle).astype(int)
        assert np.array_equal(shown, diverging_map()[places].astype(int))


def test_the_pixel_under_the_cursor_is_told_with_its_sum(show):
    page = show(spec_ending_in(HALVES))
    area = page.tiles.picture(1)
    step = area.width() / 20
    point = area.topLeft() + QPointF(3.5 * step, 7.5 * step)
    none, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    place = page.tiles.mapToGlobal(point)
    move = QMouseEvent(QEvent.Type.MouseMove, point, place, none, none, no_key)
    QApplication.sendEvent(page.tiles, move)
    assert page.tiles.cursor_at == (3, 7)
    one = page.reading.pixel(0, 3, 7)
    assert one.value == expected_values(page)[0, 7, 3]
    assert one.mean == pytest.approx(0.5, abs=1e-6)
    text = page.under_cursor.text()
    assert "Pixel 3, 7 of 20 × 20" in text
    assert f"({one.level / 255:.3f} − 0.500) ÷ 0.500" in text
    assert f"<b>{one.value:.3f}</b>".replace("-", "−") in text


def test_the_arrow_keys_move_the_cursor_and_stop_at_the_edge(show, qtbot):
    page = show(spec_ending_in(HALVES))
    tiles = page.tiles
    tiles.setFocus()
    tiles.move_cursor(5, 5)
    qtbot.keyClick(tiles, Qt.Key.Key_Right)
    qtbot.keyClick(tiles, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert tiles.cursor_at == (6, 13)
    for _ in range(3):
        qtbot.keyClick(tiles, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert tiles.cursor_at == (6, 19)
    assert "Pixel 6, 19" in tiles.accessibleDescription()


def test_the_figures_are_those_of_the_sample(show):
    page = show(spec_ending_in(PRESETS["imagenet_train"].steps[-1]))
    values = expected_values(page)
    for channel in range(3):
        figures = page.after.figures[channel]
        assert figures.mean == pytest.approx(values[channel].mean(), abs=1e-5)
        assert figures.std == pytest.approx(values[channel].std(), abs=1e-5)
        assert figures.counts.sum() == page.before.figures[channel].counts.sum() == 400
    rows = list(csv.DictReader(io.StringIO(page.table())))
    assert len(rows) == 2 * 3 * 64
    assert sum(int(row["pixels"]) for row in rows) == 2 * 3 * 400


def test_a_mean_picture_is_subtracted_pixel_by_pixel(show):
    means = np.random.default_rng(3).integers(0, 256, (20, 20, 3)).astype(np.float64)
    page = show(spec_ending_in(packed(means, pictures=5)))
    assert np.array_equal(page.reading.values, expected_values(page))
    for x, y in ((0, 0), (13, 4)):
        for channel in range(3):
            one = page.reading.pixel(channel, x, y)
            assert one.mean == pytest.approx(means[y, x, channel] / 255, abs=1e-4)
    assert np.array_equal(page.reading.back, page.reading.levels)


def test_without_an_ending_the_numbers_are_the_colours_over_255(show):
    page = show(spec_ending_in())
    assert page.reading.lowest == 0
    assert page.reading.highest == pytest.approx(1)
    one = page.reading.pixel(1, 2, 3)
    assert (one.mean, one.std) == (pytest.approx(0, abs=1e-6), 1.0)


def test_the_choice_how_to_show_it_is_remembered(show, studio, panel):
    page = show(spec_ending_in(HALVES))
    page.for_the_eye.click()
    assert studio.settings["choices"]["lab.values"] == "eye"
    assert not page.bar.isVisible()
    page.as_it_is.click()
    assert studio.settings["choices"]["lab.values"] == ""
    assert page.bar.isVisible()
