"""One parameter varies, and nothing else does."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from resnet_studio.data.augment import PRESETS, AugmentSpec, draw, sample_rng
from resnet_studio.data.augment_steps import HorizontalFlip, RandomResizedCrop, RandomRotation
from resnet_studio.data.colour_steps import RandAugment
from resnet_studio.data.mean_picture import packed
from resnet_studio.data.preview import preview_sample
from resnet_studio.errors import SpecError
from resnet_studio.gui.augmentation.variation import knobs_of, spread, with_value
from tests.gui.augmentation.conftest import LONG_MS
from tests.gui.augmentation.helpers import pixels

SPEC = AugmentSpec(
    name="varied",
    steps=(
        RandomRotation(degrees=20),
        RandomResizedCrop(size=24),
        HorizontalFlip(),
        RandAugment(),
        PRESETS["imagenet_train"].steps[-1],
    ),
)


@pytest.fixture
def page(panel, studio, qtbot, make_picture):
    """The view on a small picture."""
    studio.pipelines.set((SPEC, PRESETS["imagenet_val"]), "test")
    view = panel.views.show_view("vary")
    with qtbot.waitSignal(panel.settled, timeout=LONG_MS):
        studio.set_picture(make_picture(60, 40))
    return view


@pytest.fixture
def settle_page(panel, qtbot):
    def run(action, *arguments):
        with qtbot.waitSignal(panel.settled, timeout=LONG_MS):
            action(*arguments)

    return run


def knob(field, part=None):
    return next(one for one in knobs_of(SPEC) if (one.field, one.part) == (field, part))


def choose(page, field, part=None):
    page.parameter.setCurrentIndex(knobs_of(SPEC).index(knob(field, part)))


def test_every_sample_is_the_one_of_the_changed_pipeline_and_the_same_chance(page):
    turn = knob("degrees")
    assert page.knob == turn
    assert [one.value for one in page.variants] == [0, 7.5, 15, 22.5, 30, 37.5, 45]
    for place, one in enumerate(page.variants):
        changed = with_value(SPEC, turn, one.value)
        expected = preview_sample(changed, page.picture, seed=0, epoch=0, index=0)
        assert one.draw == expected.draw
        assert np.array_equal(pixels(page.grid.image(place)), expected.image)
        assert page.grid.head(place) == f"{one.value:g}°"


def test_what_is_not_varied_stays_to_the_last_bit(page):
    base = draw(SPEC, 40, 60, sample_rng(0, 0, 0))
    for one in page.variants:
        assert one.draw.steps[1:] == base.steps[1:]
    assert len({one.draw.steps[0].values["angle"] for one in page.variants}) == 7


def test_ends_and_number_of_values_can_be_chosen(page, settle_page):
    settle_page(page.high.setValue, 20.0)
    settle_page(page.values.setCurrentIndex, 0)
    assert [one.value for one in page.variants] == [0, 10, 20]


def test_a_share_is_chosen_in_percent(page, settle_page):
    settle_page(choose, page, "scale", 0)
    assert page.low.suffix() == " %"
    settle_page(page.low.setValue, 20.0)
    assert page.variants[0].value == pytest.approx(0.2)
    assert page.grid.head(0) == "20\u00a0%"
    assert page.variants[0].draw.steps[1].attempts[0].area_fraction >= 0.2


def test_values_that_are_not_possible_are_left_out_and_say_why(page, settle_page):
    settle_page(choose, page, "magnitude")
    settle_page(page.high.setValue, 60)
    possible = [one for one in page.variants if one.draw is not None]
    assert 0 < len(possible) < 7
    assert len(page.grid.draws) == len(possible)
    assert page.refused.isVisible()
    assert "30 at most" in page.refused.text()
    settle_page(page.high.setValue, 30)
    assert not page.refused.isVisible()


def test_a_choice_gives_its_choices_and_asks_for_no_range(page, settle_page):
    settle_page(choose, page, "rule")
    assert [one.value for one in page.variants] == ["log_uniform", "uniform_swap"]
    assert not page.low.isVisible()


def test_chance_itself_can_be_varied(page, settle_page):
    settle_page(choose, page, "epoch")
    for place, one in enumerate(page.variants):
        assert one.value == place
        assert one.draw == draw(SPEC, 40, 60, sample_rng(0, place, 0))
        assert page.grid.head(place) == str(place + 1)
    settle_page(choose, page, "seed")
    assert [one.draw for one in page.variants][3] == draw(SPEC, 40, 60, sample_rng(3, 0, 0))


def test_the_parameter_stays_while_the_pipeline_is_edited(page, studio, settle_page):
    settle_page(choose, page, "p")
    other = AugmentSpec(name="varied", steps=(RandomRotation(degrees=3), *SPEC.steps[1:]))
    settle_page(lambda: studio.pipelines.set((other, PRESETS["imagenet_val"]), "edited"))
    assert page.knob.field == "p"
    assert page.variants[0].draw.steps[0] == draw(other, 40, 60, sample_rng(0, 0, 0)).steps[0]


def test_the_table_tells_every_value(page):
    rows = list(csv.DictReader(io.StringIO(page.table())))
    assert [float(row["value"]) for row in rows] == [one.value for one in page.variants]
    assert [float(row["kept_fraction"]) for row in rows] == pytest.approx(
        [one.draw.kept_fraction for one in page.variants], abs=1e-6
    )


def test_whole_numbers_come_once_each():
    assert spread(knob("operations"), 1, 3, 7) == (1, 2, 3)
    assert spread(knob("operations"), 1, 1, 5) == (1,)


def test_a_value_out_of_bounds_is_refused_by_the_model():
    with pytest.raises(SpecError, match="degrees is 200"):
        with_value(SPEC, knob("degrees"), 200.0)


def test_a_size_can_be_varied_where_a_mean_picture_of_one_size_ends_the_pipeline():
    ending = packed(np.zeros((24, 24, 3)), pictures=1)
    spec = SPEC.with_ending(ending)
    size = next(one for one in knobs_of(spec) if one.field == "size")
    assert with_value(spec, size, 30).output_size == 30


def test_what_the_eye_does_not_see_is_not_offered():
    assert not [one for one in knobs_of(SPEC) if one.field in ("mean", "std", "fill")]
