"""A mixed batch on screen is the one of the recipe, and its choices go into the recipe."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PIL import Image

from resnet_studio.data.augment import pipelines_for
from resnet_studio.data.sources import DataConfig
from resnet_studio.gui.augmentation import mixing_words
from resnet_studio.training.mixed_batch import Mixture, mixed_batch
from resnet_studio.training.recipe import Recipe
from tests.gui.augmentation.conftest import LONG_MS
from tests.gui.augmentation.helpers import choose, pixels


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(1)
    for name in ("cat", "dog", "owl"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(8):
            levels = rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(levels).save(tmp_path / "set" / name / f"{number}.png")
    return tmp_path / "set"


@pytest.fixture
def page(panel, studio, qtbot, pictures):
    studio.settings["recipe"] = Recipe(batch_size=6).model_dump_json()
    studio.pipelines.set(pipelines_for(16))
    studio.data.replace(DataConfig(source="folder", path=str(pictures)))
    page = panel.views.show_view("mixing")
    qtbot.waitUntil(lambda: page.batch is not None, timeout=LONG_MS)
    return page


def test_the_batch_is_that_of_the_recipe(page, studio, qtbot):
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        page.choices.batch.setValue(2)
    recipe = Recipe(batch_size=6, seed=page.seed, mixup=0.2)
    found = mixed_batch(studio.data.split, page.pipeline, recipe, epoch=0, number=1)
    np.testing.assert_array_equal(page.batch.images.numpy(), found.images.numpy())
    first = page.pairs.pairs[0]
    np.testing.assert_array_equal(pixels(first.mixed), found.mixed[0])
    np.testing.assert_array_equal(pixels(first.second), found.plain[-1])
    assert first.share == found.mixture.share
    assert f"{found.mixture.share:.3f}" in page.summary.text()
    shares = dict(first.target)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares[studio.data.split.classes[found.labels[0]]] >= found.mixture.share - 1e-6


def test_cutmix_shows_the_region_that_is_pasted(page, qtbot):
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        choose(page.choices.method, "cutmix")
    assert page.batch.mixture.method == "cutmix"
    edges = np.multiply(page.pairs.pairs[0].region, 16)
    assert edges == pytest.approx(page.batch.mixture.region)
    assert page.choices.strengths == (0.0, 1.0)


def test_the_next_batch_is_one_click_away_and_the_first_follows_on_the_last(page, qtbot):
    for number in range(1, page.batch.per_epoch + 1):
        assert page.batch.number == number - 1
        with qtbot.waitSignal(page.settled, timeout=LONG_MS):
            page.choices.next.click()
    assert page.batch.number == 0


def test_a_batch_that_is_hardly_mixed_is_said_to_be_so(page, qtbot):
    assert page.choices.strengths == (0.2, 0.0)
    seen = set()
    for _ in range(page.batch.per_epoch):
        far = not 0.05 <= page.batch.mixture.share <= 0.95
        assert page.faint.text().startswith("Nearly nothing") == far
        assert page.faint.isHidden() == (not far)
        seen.add(far)
        with qtbot.waitSignal(page.settled, timeout=LONG_MS):
            page.choices.next.click()
    assert True in seen  # else nothing was tested
    assert mixing_words.faint(Mixture("mixup", 0.5), 0.2) == ""
    assert mixing_words.faint(None, 0.2) == ""


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_how_often_a_batch_is_hardly_mixed_is_what_many_draws_give(alpha):
    shares = np.random.default_rng(0).beta(alpha, alpha, 200_000)
    faint = np.mean((shares < 0.05) | (shares > 0.95))
    assert mixing_words.faint_share(alpha) == pytest.approx(faint, abs=0.005)


def test_what_is_chosen_goes_into_the_recipe(page, studio, qtbot, messages):
    wished = []
    studio.recipe_wished.connect(wished.append)
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        choose(page.choices.method, "both")
    page.choices.use.click()
    assert wished == [{"mixup": 0.2, "cutmix": 1.0}]
    assert "MixUp 0.2 and CutMix 1" in messages[-1].text


def test_validation_is_not_mixed(page, qtbot):
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        page.controls.validation.click()
    assert not page.filled
    assert "Only training" in page.waiting.text()


def test_the_table_has_the_target_of_every_picture(page):
    rows = list(csv.DictReader(io.StringIO(page.table())))
    sums = {}
    for row in rows:
        sums[row["place"]] = sums.get(row["place"], 0) + float(row["share"])
    assert len(sums) == len(page.batch.labels)
    assert list(sums.values()) == pytest.approx([1] * len(sums))
    last = page.pairs.pair_area(len(page.pairs.pairs) - 1)
    assert page.image().height() > last.bottom()  # all pairs, also those to be scrolled to
