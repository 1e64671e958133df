"""Pictures that are there twice, and what is left when one of each stays."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from resnet_studio.data.duplicates import Duplicates, Group, Member
from resnet_studio.gui.dataset.duplicates_facts import statement, surplus
from tests.gui.dataset.conftest import WAIT_MS, write


@pytest.fixture
def duplicates(pictures, panel, settle):
    """Every picture of the cats is there twice."""
    for file in list((pictures / "cat").iterdir()):
        shutil.copy(file, pictures / "cat" / f"copy of {file.name}")
    panel.set_data_folder(pictures)
    panel.show()
    settle()
    return panel.views.show_view("duplicates")


def look(qtbot, page):
    page.look_button.click()
    qtbot.waitUntil(lambda: page.found is not None and not page.computing, timeout=WAIT_MS)


def test_nothing_is_read_before_the_person_asks(duplicates):
    assert duplicates.found is None
    assert duplicates.pages.currentIndex() == 0
    assert not duplicates.one_button.isEnabled()


def test_pictures_on_both_sides_are_counted_shown_and_left_out(duplicates, studio, settle, qtbot):
    look(qtbot, duplicates)
    found = duplicates.found
    assert len(found.exact) == 10
    leaked = found.leaked()
    assert leaked > 0
    assert f"{leaked} picture" in duplicates.said.text()
    assert duplicates.said.property("error")
    first = duplicates.groups.groups[0]
    assert first.across
    assert duplicates.pictures.count() == len(first.members)
    qtbot.waitUntil(lambda: not duplicates.pictures.item(1).icon().isNull(), timeout=WAIT_MS)
    duplicates.one_button.click()
    settle()
    assert len(studio.data.config.edits.excluded_files) == 10
    # What was read serves the new division, too: the answer comes without another look.
    qtbot.waitUntil(lambda: duplicates.found not in (None, found), timeout=WAIT_MS)
    assert duplicates.found.exact == ()
    assert duplicates.found.pictures == 35
    assert duplicates.said.property("good")
    studio.undo_stack.undo()
    settle()
    assert studio.data.summary.train_size + studio.data.summary.validation_size == 45


def test_the_groups_are_copied_as_a_table_of_pictures(duplicates, panel, qtbot):
    look(qtbot, duplicates)
    panel.copy_table()
    rows = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text())))
    assert rows[0][-1] == "File"
    files = {row[-1] for row in rows[1:]}
    assert {"cat/0.png", "cat/copy of 0.png"} <= files
    assert len(rows) == 21


def test_selected_pictures_alone_are_left_out(duplicates, studio, settle, qtbot):
    look(qtbot, duplicates)
    duplicates.pictures.item(0).setSelected(True)
    file = duplicates.pictures.selection[0]
    duplicates.leave_button.click()
    settle()
    assert studio.data.config.edits.excluded_files == (file,)


def test_one_of_each_group_stays_where_groups_overlap():
    def group(*files):
        return Group("near", tuple(Member("train", n, n, file, 0) for n, file in enumerate(files)))

    assert surplus([group("a", "b"), group("a", "b", "c")]) == ("b", "c")
    assert surplus([group("a", "b"), group("c", "b")]) == ("b",)


def test_the_same_picture_in_two_classes_is_called_out_and_left_to_the_person(
    pictures, panel, settle, qtbot, studio
):
    shutil.copy(pictures / "cat" / "1.png", pictures / "dog" / "the same.png")
    shutil.copy(pictures / "bird" / "1.png", pictures / "bird" / "copy.png")
    panel.set_data_folder(pictures)
    panel.show()
    settle()
    page = panel.views.show_view("duplicates")
    look(qtbot, page)
    assert page.said.text().startswith("The same picture is in several classes: cat, dog.")
    assert page.said.property("warning") or page.said.property("error")
    rows = [page.groups.index(row, 3).data() for row in range(page.groups.rowCount())]
    assert sorted(rows) == ["bird", "contradictory: cat, dog"]
    told = []
    studio.show_message = lambda text, **_: told.append(text)
    page.one_button.click()
    settle()
    left_out = studio.data.config.edits.excluded_files
    assert len(left_out) == 1
    assert left_out[0].startswith("bird/")
    assert "Groups of several classes stay as they are." in told[0]


def test_doubles_of_one_class_go_although_another_class_has_a_similar_picture():
    def member(place, label):
        return Member("train", place, place, f"{place}", label)

    same = Group("exact", (member(0, 0), member(1, 0)))
    alike = Group("near", (member(0, 0), member(1, 0), member(2, 1)))
    wrong = Group("exact", (member(3, 0), member(4, 1)))
    near_wrong = Group("near", (member(3, 0), member(5, 0)))
    assert surplus([same, alike, wrong, near_wrong]) == ("1", "5")


def test_the_same_pixels_are_told_from_mere_likeness():
    def member(side, position):
        return Member(side, position, position, f"{side}{position}", 0)

    same = Group("exact", (member("train", 0), member("validation", 0)))
    alike = Group("near", (member("train", 1), member("validation", 1), member("validation", 2)))
    assert statement(Duplicates((same,), (alike,), 9)) == (
        "1 picture of validation is also in training. 2 pictures of validation are much like one"
        " in training. The accuracy measured on them is better than it would be on new pictures.",
        "error",
    )
    assert statement(Duplicates((), (alike,), 9))[1] == "warning"
    assert statement(Duplicates((), (), 9)) == ("All 9 pictures are different.", "good")


def test_a_picture_of_a_group_is_shown_among_all_others(duplicates, panel, qtbot):
    look(qtbot, duplicates)
    item = duplicates.pictures.item(0)
    member = duplicates.groups.groups[0].members[0]
    duplicates.pictures.itemActivated.emit(item)
    assert panel.views.current == "pictures"
    page = panel.views.current_page
    qtbot.waitUntil(lambda: page.listing is not None, timeout=WAIT_MS)
    row = page.listing.row_of(member.side, member.position)
    qtbot.waitUntil(lambda: page.grid.current == row, timeout=WAIT_MS)


def test_what_was_read_of_another_data_set_is_never_taken_for_this_one(
    duplicates, panel, studio, settle, qtbot, tmp_path
):
    look(qtbot, duplicates)
    known = Path(studio.data.config.path)
    files = [file.relative_to(known) for file in known.rglob("*.png") if "bird" not in str(file)]
    other, noise = tmp_path / "other", np.random.default_rng(9)
    for file in files:  # called the same, and no two alike
        write(other / file, noise)
    panel.views.show_view("overview")
    edits = studio.data.config.edits.exclude_classes(["bird"])  # divided anew while out of sight
    studio.data.set(studio.data.config.model_copy(update={"edits": edits}))
    settle()
    panel.set_data_folder(other)
    settle()
    assert panel.views.show_view("duplicates") is duplicates
    qtbot.waitUntil(lambda: duplicates.found is not None, timeout=WAIT_MS)  # small: at once
    assert duplicates.found.exact == ()
    assert duplicates.found.pictures == len(files)
