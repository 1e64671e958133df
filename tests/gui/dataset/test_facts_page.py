"""Sizes and colours of the data set: measured, beside what is published and what is used."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from resnet_studio.data.augment import pipelines_for
from resnet_studio.data.dataset import FileDataset, Subset
from resnet_studio.data.measure import measure_sizes
from resnet_studio.gui import theme as themes
from resnet_studio.gui.dataset.class_rows import ClassRow
from resnet_studio.gui.dataset.facts import colour_rows, size_sentences
from resnet_studio.gui.theme import LIGHT
from tests.gui.dataset.conftest import WAIT_MS


@pytest.fixture
def facts(opened):
    return opened.views.show_view("facts")


def test_the_sizes_are_told_and_how_many_pictures_are_enlarged(facts, studio):
    assert [row.cells for row in facts.size_model.rows] == [
        ("24", "32", "32", "40"),
        ("16", "16", "16", "16"),
        ("16", "16", "16", "16"),
        ("1.50", "2.00", "2.00", "2.50"),
    ]
    assert facts.size_text.text().startswith(
        "The 28 pictures to learn from have 2 sizes; the commonest: "
    )
    assert "24 × 16 (14)" in facts.size_text.text()
    assert "All are smaller than the network's input of 32 px" in facts.size_text.text()
    studio.set_spec(studio.spec.replace(input_size=8))
    assert "None is smaller than the network's input of 8 px" in facts.size_text.text()


def test_one_of_a_thing_is_no_plural(qapp):
    labels = np.zeros(3, dtype=np.int64)
    stored = np.array([[20, 40], [40, 40], [40, 40]])
    owls = FileDataset("owls", ("owl",), ("a", "b", "c"), labels, read=str, sizes=stored)
    sizes = measure_sizes(Subset(owls, np.arange(3)))
    said = size_sentences(sizes, 32)
    assert said.endswith("1 (33.3 %) is smaller than the network's input of 32 px: it is enlarged.")
    assert ClassRow("owl", ("owl",), used=False, pictures=1).note == "left out: 1 picture"


def test_what_was_measured_becomes_the_pipelines(facts, studio, qtbot):
    train = studio.data.split.train
    pixels = np.concatenate(
        [train.picture(position).reshape(-1, 3) for position in range(len(train))]
    )
    facts.measure_button.click()
    qtbot.waitUntil(lambda: facts.measured is not None, timeout=WAIT_MS)
    assert facts.measured.mean == pytest.approx(pixels.mean(axis=0) / 255)
    assert "28 pictures to learn from" in facts.colour_text.text()
    facts.use_button.click()
    train_spec, validation_spec = studio.pipelines.own
    assert train_spec.normalise.mean == pytest.approx(facts.measured.mean)
    assert validation_spec.normalise.std == pytest.approx(facts.measured.std)
    assert not any(any(row.far) for row in facts.colour_model.rows)
    studio.undo_stack.undo()
    assert studio.pipelines.own is None
    assert any(any(row.far) for row in facts.colour_model.rows)


def test_the_measured_colours_are_kept_for_the_same_data_set(facts, studio, qtbot, settle):
    facts.measure()
    qtbot.waitUntil(lambda: facts.measured is not None, timeout=WAIT_MS)
    measured = facts.measured
    config = studio.data.config
    studio.data.set(config.model_copy(update={"split_seed": 1}))
    settle()
    assert facts.measured is None  # other pictures to learn from
    studio.undo_stack.undo()
    settle()
    assert facts.measured is measured


def test_published_figures_stand_beside_the_measured_ones():
    train, _ = pipelines_for(32, kind="cifar10")
    rows = {row.title: row for row in colour_rows(None, "cifar10", train)}
    assert rows["Mean, published"].cells == ("0.4914", "0.4822", "0.4465", "")
    assert rows["Mean, measured"].cells == ("–",) * 4
    assert "Mean, published" not in {row.title for row in colour_rows(None, "folder", train)}


def test_the_plots_stand_below_their_tables_where_letters_leave_no_room_beside_them(
    facts, opened, qtbot, qapp
):
    def beside():
        return facts.size_chart.x() > facts.size_table.mapTo(facts, QPoint()).x() + 100

    themes.apply(qapp, LIGHT, font_scale=100)  # as the window does before it is shown
    opened.resize(1100, 640)
    qtbot.waitUntil(beside, timeout=WAIT_MS)
    themes.apply(qapp, LIGHT, font_scale=160)
    try:
        qtbot.waitUntil(lambda: not beside(), timeout=WAIT_MS)
        assert facts.size_chart.width() > 300
        rows = facts.colour_model.rows
        assert facts.colour_table.height() >= len(rows) * facts.colour_table.rowHeight(0)
    finally:
        themes.apply(qapp, LIGHT, font_scale=100)
