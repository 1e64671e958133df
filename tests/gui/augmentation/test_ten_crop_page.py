"""The ten crops on screen have the votes that the classification panel has, bit for bit."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from resnet_studio.architecture.spec import parse_spec
from resnet_studio.probe.classify_many import Crop, averaged, views_of, votes_of
from tests.gui.augmentation.conftest import LONG_MS

TINY = {
    "name": "tiny",
    "block": "basic",
    "stem": "cifar",
    "depths": (1, 1),
    "stem_width": 4,
    "widths": (4, 8),
    "classes": 5,
    "input_size": 32,
}


@pytest.fixture
def page(panel, studio, qtbot, make_picture):
    studio.set_spec(parse_spec(TINY))
    studio.set_picture(make_picture(90, 60))
    page = panel.views.show_view("ten_crops")
    qtbot.waitUntil(lambda: page.single is not None, timeout=LONG_MS)
    return page


def test_votes_and_mean_are_those_of_classification(page, studio):
    network, picture = studio.network, studio.picture
    expected = votes_of(network, views_of(network, picture, Crop.TEN))
    for found, vote in zip(page.votes, expected, strict=True):
        np.testing.assert_array_equal(found.values, vote.values)
    assert page.predictions.predictions == averaged(network, expected)
    (single,) = votes_of(network, views_of(network, picture, Crop.PIPELINE))
    np.testing.assert_array_equal(page.single.values, single.values)
    assert [tile.mirrored for tile in page.tiles.tiles] == [False] * 5 + [True] * 5
    assert page.crops.tiles == page.tiles.tiles


def test_the_pipeline_above_is_said_to_have_no_part(page, studio):
    side = studio.network.preprocessing.output_size
    assert f"crops of {side} px" in page.own_crops.text()
    assert "no part" in page.own_crops.text()


def test_agreement_counts_the_votes_for_the_class_of_the_mean(page, studio):
    mean = np.mean([vote.values for vote in page.votes], axis=0)
    winner = int(mean.argmax())
    votes = sum(int(vote.values.argmax()) == winner for vote in page.votes)
    assert page.agreement.text().startswith(
        f"{votes} of 10 crops vote for “{studio.network.classes[winner]}”"
    )


def test_a_crop_that_is_struck_out_does_not_count(page, studio):
    page.tiles.clicked.emit(0)
    assert page.tiles.tiles[0].struck
    assert page.predictions.predictions == averaged(studio.network, page.votes[1:])
    for number in range(1, 10):
        page.strike(number)
    assert len(page.struck) == 9  # the last one that counts stays
    page.strike(0)
    assert 0 not in page.struck


def test_the_crop_under_the_pointer_tells_its_place(page):
    QTest.mouseMove(page.tiles, page.tiles.tile_area(6).center())
    page.tiles.lit.emit(6)
    assert "upper right, mirror image" in page.place_label.text()
    page.tiles.lit.emit(-1)
    assert "Point at a crop" in page.place_label.text()


def test_the_table_has_ten_crops_their_mean_and_the_single_one(page):
    rows = list(csv.DictReader(io.StringIO(page.table())))
    assert [row["crop"] for row in rows] == [*map(str, range(1, 11)), "mean", "single"]
    of_winner = [float(row["of_winner"]) for row in rows]
    assert of_winner[10] == pytest.approx(np.mean(of_winner[:10]))
    assert not page.image().isNull()


def test_votes_that_nobody_sees_keep_no_network_alive(page, panel, studio):
    panel.views.show_view("samples")
    studio.set_spec(parse_spec(TINY | {"classes": 7}))
    assert studio.network is None
    assert page.network is None
    assert page.votes == []


def test_no_height_of_the_window_makes_the_tiles_grow_and_shrink_without_end(page, panel):
    """Such a loop of scroll bar and tiles ended the whole program."""
    for height in range(300, 800, 4):
        panel.resize(900, height)
        QApplication.processEvents()
    bar = page._right.parentWidget().parentWidget().verticalScrollBar()
    assert bar.isVisible()
    assert page.tiles.width() < page._right.width() + bar.width()
