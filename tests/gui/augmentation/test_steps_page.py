"""The walk through one sample: its pictures and numbers are those of training."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import Qt

from resnet_studio.data.augment import PRESETS, AugmentSpec, draw, sample_rng
from resnet_studio.data.augment_steps import (
    HorizontalFlip,
    RandomResizedCrop,
    RandomRotation,
    Resize,
)
from resnet_studio.data.colour_steps import RandomErasing
from resnet_studio.data.preview import stages
from resnet_studio.gui.augmentation.walk import Moment
from tests.gui.augmentation.conftest import LONG_MS
from tests.gui.augmentation.helpers import pixels

SPEC = AugmentSpec(
    name="walked",
    steps=(
        Resize(size=40),
        RandomRotation(degrees=30),
        RandomResizedCrop(size=24, scale=(0.5, 1.0)),
        HorizontalFlip(),
        RandomErasing(p=1.0),
        PRESETS["imagenet_train"].steps[-1],
    ),
)


@pytest.fixture
def page(panel, studio, qtbot, make_picture):
    """The view on a wide picture, in which the first attempts of the crop do not fit."""
    studio.pipelines.set((SPEC, PRESETS["imagenet_val"]), "test")
    view = panel.views.show_view("steps")
    with qtbot.waitSignal(panel.settled, timeout=LONG_MS):
        studio.set_picture(make_picture(90, 50))
    return view


def walk_to(qtbot, panel, index):
    with qtbot.waitSignal(panel.settled, timeout=LONG_MS):
        panel.show_index(index)


def first_with_a_refusal():
    """Returns a sample of which an attempt was refused and one accepted."""
    for index in range(1, 100):  # the first is shown already
        drawn = draw(SPEC, 50, 90, sample_rng(0, 0, index))
        attempts = drawn.steps[2].attempts
        if len(attempts) > 1 and attempts[-1].accepted:
            return index, drawn
    raise AssertionError("no sample has a refused and an accepted attempt")


def test_the_pictures_are_those_of_the_stages_of_data(page, make_picture):
    drawn = draw(SPEC, 50, 90, sample_rng(0, 0, 0))
    assert page.walk.draw == drawn
    expected = stages(SPEC, page.picture, drawn)
    assert len(page.walk.images) == 7
    assert np.array_equal(pixels(page.walk.images[0]), page.picture.rgb)
    for image, stage in zip(page.walk.images[1:6], expected, strict=False):
        assert np.array_equal(pixels(image), stage.image)


def test_the_numbers_of_the_steps_are_the_stream_of_the_sample_in_order(page):
    together = [number for numbers in page.walk.numbers for number in numbers]
    assert together == list(sample_rng(0, 0, 0).random(SPEC.numbers))
    assert [len(numbers) for numbers in page.walk.numbers] == [step.numbers for step in SPEC.steps]


def test_every_attempt_is_a_moment_of_its_own_and_refused_ones_say_why(page, panel, qtbot):
    index, drawn = first_with_a_refusal()
    walk_to(qtbot, panel, index)
    attempts = drawn.steps[2].attempts
    moments = page.walk.moments
    assert [m.attempt for m in moments if m.step == 2] == [*range(len(attempts)), None]
    page.go_to(moments.index(Moment(2, 0)))
    assert page.heading.text().startswith("Attempt 1: area ")
    assert "refused: " in page.heading.text()
    assert page.before.refused == attempts[:1]
    assert page.before.strong is None
    assert page.after.image.isNull()
    page.go_to(moments.index(Moment(2, len(attempts) - 1)))
    assert page.heading.text().endswith("accepted")
    assert page.before.strong == 0
    assert not page.after.image.isNull()


def test_a_refused_attempt_is_drawn_whole_although_it_does_not_fit(page, panel, qtbot):
    index, _drawn = first_with_a_refusal()
    walk_to(qtbot, panel, index)
    page.go_to(page.walk.moments.index(Moment(2, 0)))
    view = page.before
    box = view.refused_box(view.refused[0])
    area = view.picture_area()
    scale = area.width() / view.original.width()
    assert box.height() > view.original.height() or box.width() > view.original.width()
    assert area.top() + box.top() * scale >= 0
    assert area.top() + box.bottom() * scale <= view.height()


def test_keys_slider_and_clicks_go_through_the_moments(page, qtbot):
    last = len(page.walk.moments) - 1
    page.film.setFocus()
    qtbot.keyClick(page.film, Qt.Key.Key_Right)
    assert page.place_in_walk == page.slider.value() == 1
    qtbot.keyClick(page.film, Qt.Key.Key_Left)
    assert page.place_in_walk == 0
    assert not page.back.isEnabled()
    qtbot.keyClick(page.film, Qt.Key.Key_End)
    assert page.place_in_walk == last
    assert not page.forth.isEnabled()
    page.slider.setValue(2)
    assert page.moment == page.walk.moments[2]
    place = page.film.area(5).center().toPoint()
    qtbot.mouseClick(page.film, Qt.MouseButton.LeftButton, pos=place)
    assert page.moment == Moment(4)
    assert page.film.selected == 5
    assert page.film.accessibleDescription() == page.heading.text()


def test_the_walk_plays_to_its_end_and_stops(page, qtbot):
    page.go_to(len(page.walk.moments) - 2)
    page.play.click()
    assert page.clock.isActive()
    page.clock.setInterval(1)
    qtbot.waitUntil(lambda: not page.clock.isActive(), timeout=LONG_MS)
    assert page.place_in_walk == len(page.walk.moments) - 1
    assert not page.play.isChecked()


def test_the_space_bar_plays_and_going_by_hand_or_hiding_the_view_stops(page, panel, qtbot):
    page.film.setFocus()
    qtbot.keyClick(page.film, Qt.Key.Key_Space)
    assert page.clock.isActive()
    page.step(1)
    assert not page.clock.isActive()
    page.play.click()
    panel.views.show_view("samples")
    assert not page.clock.isActive()


def test_another_seed_keeps_the_step_that_is_looked_at(page, panel, qtbot):
    page.go_to(page.walk.moments.index(Moment(3)))
    with qtbot.waitSignal(panel.settled, timeout=LONG_MS):
        panel.controls.seed.setValue(12)
    assert page.walk.seed == 12
    assert page.moment == Moment(3)


def test_the_tale_derives_the_figures_from_the_numbers(page):
    page.go_to(page.walk.moments.index(Moment(2, 0)))
    text = page.tale.toPlainText().replace("\u00a0", " ")
    area, ratio = page.walk.numbers[2][:2]
    attempt = page.walk.draw.steps[2].attempts[0]
    low, high = 0.5, 1.0
    assert attempt.area_fraction == pytest.approx(low + (high - low) * area)
    assert f"{area:.3f} → area 50 % + (100 % − 50 %) × {area:.3f}" in text
    assert attempt.ratio == pytest.approx(0.75 * (16 / 9) ** ratio)
    assert f"{ratio:.3f} → ratio 0.75 × (1.33 ÷ 0.75)^{ratio:.3f}" in text


def test_what_erasing_covers_is_framed_where_it_lies(page):
    page.go_to(page.walk.moments.index(Moment(4)))
    left, top, width, height = page.before.covered
    before, after = (pixels(page.walk.images[place]).astype(int) for place in (4, 5))
    changed = np.argwhere(np.abs(before - after).sum(axis=2) > 0)
    (first_row, first_column), (last_row, last_column) = changed.min(axis=0), changed.max(axis=0)
    assert (first_column, first_row) == (left, top)
    assert (last_column + 1, last_row + 1) == (left + width, top + height)


def test_the_table_has_a_line_for_every_attempt_and_every_number(page, panel, qtbot):
    index, drawn = first_with_a_refusal()
    walk_to(qtbot, panel, index)
    rows = list(csv.DictReader(io.StringIO(page.table())))
    tries = [row for row in rows if row["step"] == "3"]
    assert [row["accepted"] for row in tries] == [
        str(int(attempt.accepted)) for attempt in drawn.steps[2].attempts
    ]
    numbers = [float(text) for text in tries[0]["numbers"].split()]
    assert numbers == list(page.walk.numbers[2])
    assert {row["sample"] for row in rows} == {str(index + 1)}


def test_the_saved_picture_shows_every_stage(page):
    sheet = page.image()
    assert sheet.width() > 4 * 280
    assert sheet.height() > 2 * 280


def test_a_sample_opened_in_the_grid_is_walked_through(panel, studio, page, qtbot):
    panel.views.show_view("samples")
    qtbot.waitUntil(lambda: panel.samples.grid.complete, timeout=LONG_MS)
    panel.samples.grid.select(3)
    qtbot.keyClick(panel.samples.grid, Qt.Key.Key_Return)
    assert panel.views.current == "steps"
    qtbot.waitUntil(lambda: page.walk.index == 3, timeout=LONG_MS)
    for name in ("values", "vary"):
        assert panel.views.page(name).sample.spin.value() == 4
