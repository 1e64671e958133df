from __future__ import annotations

import importlib
import threading

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from resnet_studio.data.imaging import picture_from_array
from resnet_studio.gui.features import why_page
from resnet_studio.gui.features.heat import HeatScale, heat_image
from resnet_studio.gui.features.why_page import WhyPage
from resnet_studio.probe.attribution import Method, explain, look_at
from resnet_studio.probe.framing import Framing, FramingKind
from resnet_studio.probe.predict import classify
from resnet_studio.probe.surgery import NO_SURGERY


@pytest.fixture(scope="module", autouse=True)
def captum_is_there():
    """Importing it takes two seconds, which no test waits for."""
    importlib.import_module("captum.attr")


@pytest.fixture
def page(studio, qtbot, tiny_spec):
    """The view on the tiny network, shown, without a picture; occlusion in four squares."""
    studio.set_spec(tiny_spec)
    studio.settings["choices"] = {"why.window": "2", "why.stride": "1", "why.steps": "16"}
    made = WhyPage(studio)
    qtbot.addWidget(made)
    made.resize(700, 640)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def answers(qtbot, studio, page):
    """Waits until every method that is shown has answered."""

    def wait(picture=None):
        if picture is not None:
            studio.set_picture(picture)
        qtbot.waitUntil(lambda: _answered(page), timeout=90_000)
        return {card.method: card.found for card in page.widgets.shown_cards()}

    return wait


def _answered(page) -> bool:
    cards = page.widgets.shown_cards()
    asked = page.studio.network is not None and page.network is page.studio.network
    return (
        asked
        and page.subject is not None
        and not page.studio.workers.tasks
        and not any(card.waiting or card.found is None for card in cards)
    )


def _choose(box, data) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_without_a_picture_it_says_how_to_get_one(page):
    assert page.place.currentWidget() is page.waiting
    assert "Drop a picture" in page.waiting.text()
    assert page.image() is None


def test_three_methods_answer_side_by_side_for_the_most_probable_class(page, answers, picture):
    found = answers(picture)
    assert list(found) == [Method.GRADCAM, Method.INTEGRATED, Method.OCCLUSION]
    best = classify(page.network, picture, top=1)[0]
    assert {each.target for each in found.values()} == {best.index}
    how = page.widgets.choices.how(32)
    assert (how.window, how.stride, how.steps) == (16, 16, 16)
    subject = look_at(page.network, picture)
    for method, each in found.items():
        np.testing.assert_array_equal(each.map, explain(subject, method, how=how).map)
    assert "random weights" in page.widgets.statement.text()
    assert page.image().width() > 600


def test_another_class_is_found_by_typing_and_asked_about(page, answers, picture, qtbot):
    answers(picture)
    asked = page.subject.ranking[-1]
    edit = page.widgets.classes.lineEdit()
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, page.network.classes[asked])
    QTest.keyClick(edit.completer().popup(), Qt.Key.Key_Down)
    QTest.keyClick(edit.completer().popup(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.target == asked)
    assert {each.target for each in answers().values()} == {asked}
    assert page.network.classes[asked] in page.widgets.statement.text()
    page.choose_class(None)
    assert {each.target for each in answers().values()} == {page.subject.ranking[0]}


def test_gradcam_follows_what_is_selected_and_selects_what_is_chosen(
    page, answers, picture, studio
):
    _choose(page.widgets.method, Method.GRADCAM.value)
    assert answers(picture)[Method.GRADCAM].layer == "layer2"
    studio.select("layer1.0.conv1")
    assert answers()[Method.GRADCAM].layer == "layer1.0.conv1"
    _choose(page.widgets.choices.layer, "stem")
    assert studio.selection == "stem"
    assert answers()[Method.GRADCAM].layer == "stem"
    studio.select("fc")  # has no maps
    assert answers()[Method.GRADCAM].layer == "layer2"


def test_surgery_and_framing_are_looked_at_as_they_are(page, answers, picture, studio):
    before = answers(picture)
    studio.operating.set(NO_SURGERY.changed("layer1.0", branch=0.0))
    operated = answers()
    assert page.network.surgery
    assert not np.array_equal(operated[Method.GRADCAM].map, before[Method.GRADCAM].map)
    studio.framing_choice.set(Framing(FramingKind.BOX, (0.0, 0.0, 20.0, 20.0)))
    assert answers()[Method.OCCLUSION].crop_box == (0.0, 0.0, 20.0, 20.0)


def test_an_answer_that_is_known_is_not_computed_again(page, answers, picture, studio):
    first = answers(picture)[Method.GRADCAM]
    _choose(page.widgets.method, Method.SALIENCY.value)
    assert list(answers()) == [Method.SALIENCY]
    started = []
    studio.workers.task_started.connect(started.append)
    _choose(page.widgets.method, "all")
    assert answers()[Method.GRADCAM] is first
    assert not started
    assert studio.settings["choices"]["why.method"] == "all"


def test_a_cancel_keeps_what_is_there_and_offers_to_go_on(page, answers, picture, studio, qtbot):
    answers(picture)
    page.choose_class(page.subject.ranking[1])
    studio.workers.cancel_lane("probe")
    qtbot.waitUntil(lambda: not studio.workers.tasks)
    assert page.widgets.again.isVisible()
    assert page.cards[Method.OCCLUSION].facts.text() == "not computed"
    page.widgets.again.click()
    assert answers()[Method.OCCLUSION].target == page.subject.ranking[1]
    assert not page.widgets.again.isVisible()


def test_the_cursor_reads_the_same_place_in_every_map(page, answers, picture):
    found = answers(picture)
    canvas = page.cards[Method.OCCLUSION].canvas
    area = canvas.crop_area()
    QTest.mouseMove(canvas, (area.topLeft() + QPointF(area.width() * 0.8, 4)).toPoint())
    value = found[Method.GRADCAM].map[0, 12]
    assert page.cards[Method.GRADCAM].canvas.value_at(QPointF(0.8, 0.02)) == value
    assert page.cards[Method.GRADCAM].value.text().startswith("row 0, column 12: ")
    assert page.cards[Method.INTEGRATED].value.text().startswith("row 0, column 25: ")


def test_the_whole_picture_is_drawn_with_the_map_in_its_place(page, answers, picture):
    _choose(page.widgets.method, Method.GRADCAM.value)
    answers(picture)
    canvas = page.cards[Method.GRADCAM].canvas
    square = canvas.crop_area()
    assert square.width() == pytest.approx(square.height())
    _choose(page.widgets.place_choice, "whole")
    crop = canvas.crop_area()
    left, _, width, _ = page.subject.prepared.crop_box
    zoom = crop.width() / width
    assert crop.left() == pytest.approx(canvas.width() / 2 - 56 * zoom / 2 + left * zoom, abs=0.5)
    assert page.studio.settings["choices"]["why.place"] == "whole"


def test_at_no_opacity_the_picture_is_seen_in_its_colours(page, answers, picture):
    _choose(page.widgets.method, Method.OCCLUSION.value)
    answers(picture)
    canvas = page.cards[Method.OCCLUSION].canvas
    place = canvas.crop_area().center() + QPointF(1, 1)
    page.widgets.opacity.setValue(0)
    colour = canvas.grab().toImage().pixelColor(place.toPoint())
    assert [*colour.getRgb()[:3]] == page.subject.prepared.rgb[16, 16].tolist()
    page.widgets.opacity.setValue(100)
    assert canvas.grab().toImage().pixelColor(place.toPoint()) != colour
    assert page.studio.settings["choices"]["why.opacity"] == "100"


def test_maps_are_copied_and_saved_with_their_numbers(
    page, answers, picture, monkeypatch, tmp_path
):
    found = answers(picture)
    copy, save, numbers = page.widgets.export.menu().actions()
    copy.trigger()
    assert QGuiApplication.clipboard().image().size() == page.image().size()
    monkeypatch.setattr(page.studio, "save_file", lambda *_: tmp_path / "why")
    save.trigger()
    numbers.trigger()
    assert (tmp_path / "why.png").read_bytes()[:4] == b"\x89PNG"
    lines = (tmp_path / "why.csv").read_text().splitlines()
    assert lines[0] == "method,layer,class,name,row,column,value"
    first = lines[1].split(",")
    assert first[:3] == ["gradcam", "layer2", str(found[Method.GRADCAM].target)]
    assert float(first[-1]) == found[Method.GRADCAM].map[0, 0]
    assert len(lines) == 1 + 16 * 16 + 2 * 32 * 32


def test_zero_is_transparent_and_signs_have_their_own_colours():
    values = np.array([[-2.0, 0.0, 2.0, np.nan]], dtype=np.float32)
    scale = HeatScale.of(values, signed=True)
    image = heat_image(values, scale)
    against, nothing, speaks_for, broken = (image.pixelColor(x, 0) for x in range(4))
    assert scale.labels() == ("−2", "0", "2")
    assert (nothing.alpha(), broken.alpha()) == (0, 0)
    assert against.blue() > against.red()
    assert speaks_for.red() > speaks_for.blue()
    positive = HeatScale.of(values, signed=False)
    alphas = [heat_image(values, positive).pixelColor(x, 0).alpha() for x in range(4)]
    assert alphas == [0, 0, 255, 0]


def test_a_single_strong_pixel_does_not_hide_the_others():
    values = np.ones((32, 32), dtype=np.float32)
    values[3, 3] = 100.0
    scale = HeatScale.of(values, signed=True)
    assert scale.reach == 1.0
    assert scale.labels()[2] == "≥ 1"


def test_a_network_that_overflows_says_so(page, picture, qtbot, studio):
    studio.ensure_network()
    qtbot.waitUntil(lambda: studio.network is not None and not studio.workers.tasks)
    studio.network.model.fc.weight.fill_(float("inf"))
    studio.set_picture(picture)
    qtbot.waitUntil(lambda: "overflow" in page.waiting.text())
    assert page.place.currentWidget() is page.waiting


def test_a_click_on_a_prediction_asks_why_that_class(panel, look, picture, qtbot, studio):
    look(panel, picture)
    studio.settings["choices"] = {"why.method": "saliency"}
    predictions = panel.side.predictions
    row = QPoint(20, predictions._pitch() + 3)
    QTest.mouseClick(predictions, Qt.MouseButton.LeftButton, pos=row)
    assert panel.views.current == "why"
    page = panel.views.page("why")
    assert page.target == predictions.predictions[1].index
    qtbot.waitUntil(lambda: page.cards[Method.SALIENCY].found is not None)
    assert page.cards[Method.SALIENCY].found.target == page.target
    qtbot.waitUntil(lambda: not studio.workers.tasks)


def test_pictures_of_any_shape_are_drawn(page, answers, qtbot):
    tall = picture_from_array(np.zeros((3000, 40, 3), dtype=np.uint8), name="tall")
    _choose(page.widgets.method, Method.SALIENCY.value)
    _choose(page.widgets.place_choice, "whole")
    answers(tall)
    assert not page.grab().isNull()


def test_an_answer_on_its_way_is_not_shown_when_another_class_is_asked_about_again(
    page, answers, picture, studio, qtbot, monkeypatch
):
    best = next(iter(answers(picture).values())).target
    began, free, inner = threading.Event(), threading.Event(), why_page.explain

    def held(*args, **options):
        began.set()
        assert free.wait(20)
        return inner(*args, **options)

    monkeypatch.setattr(why_page, "explain", held)
    page.choose_class((best + 1) % 5)
    qtbot.waitUntil(began.is_set)
    page.choose_class(None)
    free.set()
    assert {found.target for found in answers().values()} == {best}
