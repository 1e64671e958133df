from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from resnet_studio.architecture.spec import ShortcutKind
from resnet_studio.gui.features.surgery_diagram import Target
from resnet_studio.gui.features.surgery_page import SurgeryPage
from resnet_studio.probe.lesion import Side
from resnet_studio.probe.predict import classify
from resnet_studio.probe.surgery import NO_SURGERY, Operation

COUNT = 6


@pytest.fixture
def folder(tmp_path):
    """Six pictures of each of five classes, called as numbers of a network without names."""
    rng = np.random.default_rng(1)
    for name in "abcde":
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(COUNT):
            pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / name / f"{number}.png")
    return tmp_path / "set"


@pytest.fixture
def page(studio, qtbot, tiny_spec):
    studio.set_spec(tiny_spec.replace(depths=(1, 2)))
    made = SurgeryPage(studio)
    qtbot.addWidget(made)
    made.resize(700, 640)
    made.show()
    qtbot.waitUntil(lambda: made.network is not None and not studio.workers.tasks, timeout=30_000)
    return made


@pytest.fixture
def settle(qtbot, studio):
    return lambda: qtbot.waitUntil(lambda: not studio.workers.tasks, timeout=30_000)


def _click(page, block, target):
    point = page.diagram.part_rect(block, target).center().toPoint()
    QTest.mouseClick(page.diagram, Qt.MouseButton.LeftButton, pos=point)


def test_a_click_on_a_shortcut_cuts_it_on_a_block_removes_it_on_a_number_selects_it(page, studio):
    _click(page, "layer2.1", Target.NAME)
    assert (studio.selection, studio.operating.surgery) == ("layer2.1", NO_SURGERY)
    _click(page, "layer2.0", Target.SHORTCUT)
    _click(page, "layer1.0", Target.BRANCH)
    assert studio.operating.surgery.of("layer2.0") == Operation(shortcut=0.0)
    assert studio.operating.surgery.of("layer1.0") == Operation(branch=0.0)
    assert "layer1.0: block removed" in page.state.text()
    QTest.keyClick(page.diagram, Qt.Key.Key_End)
    QTest.keyClick(page.diagram, Qt.Key.Key_X)
    assert studio.operating.surgery.of("layer2.1").removed


@pytest.mark.parametrize("depths", [(1, 2), (9, 30)])
def test_at_any_size_every_block_is_whole_inside_the_diagram(page, studio, depths):
    """Rows that depend on the width, and a scroll bar that takes some of it, must come to rest."""
    studio.set_spec(studio.spec.replace(name="any", depths=depths))
    names = [block.name for block in studio.graph.blocks]
    for width in range(420, 1700, 61):
        page.resize(width, 500 + width % 7 * 80)
        QCoreApplication.processEvents()
        for name in names:
            whole = page.diagram.part_rect(name, Target.SHORTCUT)
            whole = whole.united(page.diagram.part_rect(name, Target.NAME))
            assert page.diagram.rect().toRectF().contains(whole)


def test_factors_of_the_selected_block_are_set_by_number_and_reset(page, studio):
    studio.select("layer2.1.conv1")
    page.editor.branch.box.setValue(0.25)
    page.editor.shortcut.box.setValue(1.5)
    assert studio.operating.surgery.of("layer2.1") == Operation(shortcut=1.5, branch=0.25)
    studio.undo_stack.undo()
    assert page.editor.shortcut.box.value() == 1
    page.editor.reset.click()
    assert not studio.operating.surgery


def test_the_classes_stand_side_by_side_as_both_networks_say(page, studio, picture, settle):
    studio.set_picture(picture)
    settle()
    _click(page, "layer2.0", Target.SHORTCUT)
    settle()
    assert page.classes.before[:5] == classify(studio.intact_network, picture)
    assert page.classes.after[:5] == classify(studio.network, picture)
    first = page.classes.after[0]
    before = {each.index: each.probability for each in page.classes.before}
    expected = 100 * (first.probability - before[first.index])
    assert page.classes.change_of(first.index) == pytest.approx(expected)
    assert expected != 0
    rows = list(csv.reader(io.StringIO(page.classes.as_csv())))
    assert rows[1][0] == str(page.classes.before[0].index)


def test_the_accuracy_of_chosen_pictures_follows_every_operation(page, studio, folder, settle):
    assert "No pictures" in page.accuracy.note.text()
    page.accuracy.choice.set_path(folder)
    settle()
    known = page.bench.known
    assert known.intact.total == 5 * COUNT
    assert "(intact network)" in page.accuracy.result.text()
    assert "All 30 pictures of set" in page.accuracy.note.text()
    _click(page, "layer2.0", Target.SHORTCUT)
    settle()
    changed = known.operated.changed_from(known.intact)
    assert (known.operated_as, changed > 0) == (studio.network, True)
    assert f"Another answer for {changed} of 30" in page.accuracy.as_text()
    studio.operating.reset()
    settle()
    assert known.operated is known.intact
    page.accuracy.choice.count.setValue(10)
    settle()
    assert page.bench.known.intact.total == 10
    assert page.bench.known.pictures is known.pictures


def test_a_folder_is_remembered_for_networks_of_the_same_classes(page, studio, folder, settle):
    page.accuracy.choice.set_path(folder)
    settle()
    spec = studio.spec
    studio.set_spec(spec.replace(name="seven", classes=7))
    settle()
    assert page.accuracy.choice.config is None
    assert "No pictures" in page.accuracy.note.text()
    studio.set_spec(spec.replace(name="five"))
    settle()
    assert page.accuracy.choice.config == folder
    assert page.bench.known.intact.total == 5 * COUNT


def test_pictures_of_other_classes_are_refused_in_words(page, folder, settle):
    (folder / "e").rename(folder.parent / "e")
    page.accuracy.choice.set_path(folder)
    settle()
    assert "5 outputs" in page.accuracy.note.text()
    assert "Choose pictures" in page.accuracy.note.text()


def test_each_block_in_turn_gives_a_bar_each_and_a_click_selects_its_block(
    page, studio, folder, settle, tmp_path, monkeypatch
):
    page.accuracy.choice.set_path(folder)
    settle()
    page.remove_each_block()
    settle()
    study = page.bench.known.studies[Side.BRANCH]
    plot = page.lesions.plot
    assert list(plot.bars.lesions.values()) == list(study.lesions)
    assert plot.tip_of("layer2.0").startswith("layer2.0 without its block")
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.middle_of("layer2.0").toPoint())
    assert studio.selection == "layer2.0"
    target = tmp_path / "study.csv"
    monkeypatch.setattr(studio, "save_file", lambda *_: target)
    page.lesions.save("csv")
    rows = list(csv.DictReader(target.read_text().splitlines()))
    assert [row["block"] for row in rows] == ["layer1.0", "layer2.0", "layer2.1"]
    assert [int(row["correct"]) for row in rows] == [each.correct for each in study.lesions]


def test_a_cancelled_study_keeps_what_is_known(page, studio, folder, settle, qtbot):
    page.accuracy.choice.set_path(folder)
    settle()
    page.lesions.start()
    assert page.lesions.cancel.isVisibleTo(page.lesions)
    page.lesions.cancel.click()
    settle()
    assert Side.BRANCH not in page.bench.known.studies
    assert page.lesions.button.isVisibleTo(page.lesions)


def test_another_network_forgets_what_was_measured(page, studio, folder, settle, tiny_spec):
    page.accuracy.choice.set_path(folder)
    settle()
    page.lesions.start()
    settle()
    studio.set_spec(tiny_spec.replace(name="next", widths=(4, 12)))
    settle()
    assert page.bench.known.studies == {}
    assert page.network.spec.name == "next"
    assert page.bench.known.intact.total == 30  # little work: it is done unasked


def test_a_plain_network_is_told_why_nothing_can_be_cut(page, studio, settle):
    studio.set_spec(studio.spec.replace(name="plain", shortcut=ShortcutKind.NONE))
    settle()
    assert page.place.currentWidget() is page.waiting
    assert "no shortcut leads past them" in page.waiting.text()


def test_the_figures_are_copied_as_text(page, studio, picture, settle):
    studio.set_picture(picture)
    studio.operating.toggle_block("layer1.0")
    settle()
    page.copy_text()
    text = QGuiApplication.clipboard().text()
    assert "layer1.0: block removed (F = 0)" in text
    assert page.classes.after[0].name in text
