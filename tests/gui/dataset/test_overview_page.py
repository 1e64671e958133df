"""The class table: counts that training uses, and changes that leave the files alone."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from resnet_studio.gui.dataset.class_model import Column
from resnet_studio.gui.dataset.class_rows import ClassRow, imbalance, imbalance_text
from resnet_studio.training.recipe import Recipe
from tests.gui.dataset.conftest import write


def table_of(overview):
    """Returns what stands in the table, row by row."""
    order = overview.table.order
    columns = (Column.NAME, Column.TRAIN, Column.VALIDATION, Column.NOTE)
    return [
        tuple(order.index(row, column).data() for column in columns)
        for row in range(order.rowCount())
    ]


def test_the_counts_are_those_that_training_uses(overview, studio):
    assert table_of(overview) == [
        ("bird", "16", "4", ""),
        ("cat", "8", "2", ""),
        ("dog", "4", "1", ""),
    ]
    assert overview.table.isColumnHidden(Column.TEST)
    assert "4 times the pictures of the smallest, dog (4)" in overview.uneven.text()
    assert (studio.data.summary.train_size, studio.data.summary.validation_size) == (28, 7)


def test_classes_are_renamed_merged_and_left_out_and_all_of_it_is_undone(
    overview, studio, settle, pictures
):
    before = sorted(path.name for path in pictures.rglob("*"))
    overview.rename(overview.model.rows[0], "Vögel")
    settle()
    assert table_of(overview)[0] == ("Vögel", "16", "4", "was bird")
    overview.table.select({"cat", "dog"})
    studio.commands.run("dataset.merge")
    settle()
    assert table_of(overview)[1] == ("cat", "12", "3", "made of cat, dog")
    assert [row.name for row in overview.table.selection] == ["cat"]  # stays selected
    assert studio.data.split.classes == ("Vögel", "cat")
    while studio.undo_stack.index() > 1:  # the first is the choice of the folder
        studio.undo_stack.undo()
    settle()
    assert [row[0] for row in table_of(overview)] == ["bird", "cat", "dog"]
    assert sorted(path.name for path in pictures.rglob("*")) == before


def test_a_class_that_is_left_out_stays_in_sight_and_can_be_taken_in_again(
    overview, studio, settle
):
    overview.table.select({"bird"})
    QTest.keyClick(overview.table, Qt.Key.Key_Delete)
    settle()
    assert table_of(overview)[-1] == ("bird", "", "", "left out: 20 pictures")
    assert studio.data.summary.classes == ("cat", "dog")
    overview.table.select({"bird"})
    assert studio.commands.run("dataset.take_in")
    settle()
    assert studio.data.summary.classes == ("bird", "cat", "dog")
    assert not studio.data.config.edits


def test_the_last_two_classes_cannot_be_left_out(overview, studio, messages):
    overview.table.select({"bird", "cat"})
    overview.leave_out()
    assert "Fewer than two classes" in messages[-1].text
    assert studio.data.summary is not None
    assert not studio.data.config.edits


def test_a_name_that_cannot_be_shown_is_refused_in_words(overview, studio, messages):
    overview.rename(overview.model.rows[0], "x" * 200)
    assert "at most 100" in messages[-1].text
    assert not studio.data.config.edits


def test_another_share_and_seed_divide_anew_without_reading_the_disk(
    overview, studio, settle, pictures
):
    (pictures / "bird" / "0.png").unlink()  # would be missed if it were looked for
    before = set(studio.data.split.validation.indices.tolist())
    overview.division.share.setValue(50)
    settle()
    assert table_of(overview)[0] == ("bird", "10", "10", "")
    overview.division.share.setValue(20)
    overview.division.seed.setValue(3)
    settle()
    after = set(studio.data.split.validation.indices.tolist())
    assert len(after) == len(before) == 7
    assert after != before
    studio.undo_stack.undo()
    settle()
    assert set(studio.data.split.validation.indices.tolist()) == before


def test_the_table_is_sorted_searched_and_copied(overview, opened):
    order = overview.table.order
    overview.table.sortByColumn(Column.TRAIN, Qt.SortOrder.AscendingOrder)
    assert [row[0] for row in table_of(overview)] == ["dog", "cat", "bird"]
    overview.search.setText("AT")
    assert order.rowCount() == 1
    opened.copy_table()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[1].startswith("cat,8,2,")


def test_each_class_shows_one_of_its_pictures(overview, qtbot):
    def shown():
        index = overview.model.index(0, Column.NAME)
        return overview.model.data(index, Qt.ItemDataRole.DecorationRole)

    qtbot.waitUntil(lambda: shown() is not None, timeout=30_000)
    assert max(shown().width(), shown().height()) == 32


def test_uneven_classes_come_with_an_offer_that_changes_the_recipe(overview, studio):
    wished = []
    studio.recipe_wished.connect(wished.append)
    assert overview.weighing.loss.isVisible()
    overview.weighing.loss.click()
    assert wished == [{"class_weights": "balanced"}]
    studio.settings["recipe"] = Recipe(class_weights="balanced").model_dump_json()
    overview.weighing.follow()
    assert overview.weighing.loss.isChecked()
    studio.set_training(True)
    assert not overview.weighing.loss.isEnabled()
    studio.set_training(False)


def test_even_classes_are_said_to_be_even():
    rows = [ClassRow(name, (name,), train=7, share=0.5) for name in ("a", "b")]
    assert imbalance(rows) == 1
    assert imbalance_text(rows) == "All classes have the same number of pictures to learn from."
    empty = ClassRow("c", ("c",))
    assert "The class c has no picture to learn from." in imbalance_text([*rows, empty])


def test_a_command_for_classes_shows_them_first(overview, opened, studio):
    overview.table.select({"cat"})
    opened.views.show_view("facts")
    assert studio.commands.run("dataset.rename")
    assert opened.views.current == "overview"
    assert overview.table.state() == overview.table.State.EditingState


def test_a_data_set_with_its_own_validation_needs_no_share(panel, settle, tmp_path):
    noise = np.random.default_rng(3)
    for side, count in (("train", 4), ("val", 2)):
        for name in ("cat", "dog"):
            for number in range(count):
                write(tmp_path / "both" / side / name / f"{number}.png", noise)
    panel.set_data_folder(tmp_path / "both")
    panel.show()
    settle()
    overview = panel.views.show_view("overview")
    assert table_of(overview) == [("cat", "4", "2", ""), ("dog", "4", "2", "")]
    assert not overview.division.share.isEnabled()
    assert "brings its own validation" in overview.division.note.text()
