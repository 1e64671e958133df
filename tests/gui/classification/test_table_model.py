from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from resnet_studio.errors import PictureError
from resnet_studio.gui.classification import table_model
from resnet_studio.gui.classification.entries import Column, Filter, Which
from resnet_studio.gui.classification.table import PicturesTable
from resnet_studio.gui.classification.table_model import PicturesModel
from resnet_studio.probe.classify_many import Classified
from resnet_studio.probe.predict import Prediction

NAMES = ("ant", "bee", "cat", "dog", "eel")


def answer(*probabilities):
    ranked = sorted(enumerate(probabilities), key=lambda pair: -pair[1])
    return tuple(Prediction(index, NAMES[index], value) for index, value in ranked)


@pytest.fixture
def model(qapp):
    """Five pictures: three classified, one broken, one that waits."""
    made = PicturesModel()
    made.set_classes(NAMES)
    files = ("dog/d.png", "dog/a.png", "x/c.png", "ant/e.png", "ant/b.png")
    made.add(Path(file) for file in files)
    results = [
        Classified(0, answer(0.1, 0.2, 0.05, 0.6, 0.05)),
        Classified(1, answer(0.5, 0.2, 0.1, 0.1, 0.1)),
        Classified(2, answer(0.0, 0.9, 0.1, 0.0, 0.0)),
        Classified(3, error=PictureError("e.png cannot be opened: it is empty.")),
    ]
    made.take(list(zip(made.entries, results, strict=False)))
    return made


def names(model):
    return "".join(entry.name[0] for entry in model.shown)


@pytest.mark.parametrize(
    ("column", "ascending", "descending"),
    [
        (Column.PICTURE, "abcde", "edcba"),
        (Column.FIRST, "acdeb", "dcaeb"),
        (Column.CONFIDENCE, "adceb", "cdaeb"),
        (Column.FOLDER, "ebadc", "daebc"),
        (-1, "daceb", "daceb"),
    ],
)
def test_every_column_sorts_and_what_is_not_there_comes_last(model, column, ascending, descending):
    model.sort(column, Qt.SortOrder.AscendingOrder)
    assert names(model) == ascending
    model.sort(column, Qt.SortOrder.DescendingOrder)
    assert names(model) == descending


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Filter("BEE"), "c"),
        (Filter("dog"), "da"),
        (Filter("b.png"), "b"),
        (Filter(which=Which.BELOW, percent=60), "a"),
        (Filter(which=Which.ABOVE, percent=60), "dc"),
        (Filter(which=Which.WRONG), "a"),
        (Filter(which=Which.BROKEN), "e"),
        (Filter("dog", Which.ABOVE, 50), "da"),
    ],
)
def test_a_filter_leaves_what_it_names(model, wanted, left):
    model.set_filter(wanted)
    assert names(model) == left
    model.set_filter(Filter())
    assert names(model) == "daceb"


def test_what_is_selected_stays_selected_when_the_order_changes(studio, qtbot, model):
    table = PicturesTable(studio, model)
    qtbot.addWidget(table)
    table.selectRow(2)
    chosen = table.current
    model.sort(Column.PICTURE, Qt.SortOrder.DescendingOrder)
    assert table.current is chosen
    assert table.selection == [chosen]
    model.set_filter(Filter("dog"))
    assert table.current is None or table.current.name != chosen.name


def test_the_same_file_is_there_once(model):
    assert model.add([Path("dog/d.png"), Path("new.png"), Path("new.png")]) == 1
    assert model.rowCount() == 6


def test_right_and_wrong_are_told_in_the_table(model):
    texts = [model.index(row, Column.FOLDER).data() for row in range(5)]
    assert texts == ["✓ dog", "✗ dog", "", "ant", "ant"]
    model.make_stale()
    assert model.index(0, Column.FOLDER).data() == "dog"


def test_ten_thousand_rows_cost_what_is_seen(studio, qtbot, monkeypatch):
    """Counted, not timed: rows that are not on the screen are not asked for anything."""
    model = PicturesModel()
    table = PicturesTable(studio, model)
    qtbot.addWidget(table)
    table.resize(900, 600)
    asked, keyed = [], []
    usual = PicturesModel.data

    def counted(self, index, role=Qt.ItemDataRole.DisplayRole):
        asked.append(index.row())
        return usual(self, index, role)

    def counted_key(column):
        key = table_key(column)

        def count(entry):
            keyed.append(entry)
            return key(entry)

        return count

    table_key = table_model.sort_key
    monkeypatch.setattr(PicturesModel, "data", counted)
    monkeypatch.setattr(table_model, "sort_key", counted_key)
    model.set_classes(NAMES)
    model.add(Path(f"dog/{number:05}.png") for number in range(10_000))
    table.show()
    qtbot.waitExposed(table)
    table.grab()
    assert len(set(asked)) < 40
    rng = np.random.default_rng(0)
    results = [Classified(n, answer(*rng.dirichlet(np.ones(5)))) for n in range(10_000)]
    table.sortByColumn(Column.CONFIDENCE, Qt.SortOrder.DescendingOrder)
    keyed.clear()
    asked.clear()
    for start in range(0, 10_000, 20):
        part = slice(start, start + 20)
        model.take(list(zip(model.entries[part], results[part], strict=True)))
    model.settle()
    assert len(keyed) <= 21 * 10_000
    assert not asked
    table.grab()
    assert len(set(asked)) < 40
    first, last = model.shown[0], model.shown[-1]
    assert first.predictions[0].probability > last.predictions[0].probability
