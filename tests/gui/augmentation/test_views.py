"""The bar of views: what is offered, remembered, and when a view computes."""

from __future__ import annotations

import importlib.util
import threading

import pytest
from PySide6.QtCore import Qt

from resnet_studio.data.augment import PRESETS
from resnet_studio.gui.augmentation import views as views_module
from resnet_studio.gui.augmentation.lab_page import LabPage
from resnet_studio.gui.augmentation.panel import AugmentationPanel
from resnet_studio.gui.augmentation.views import VIEWS
from resnet_studio.gui.studio import TorchStatus
from tests.gui.augmentation.conftest import LONG_MS


class Counting(LabPage):
    """A view that records what it was asked for and waits until it may answer."""

    follows = frozenset({"picture", "seed", "torch"})

    def __init__(self, studio, controls):
        super().__init__(studio, controls)
        self.seeds = []
        self.shown = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def start(self):
        self.seeds.append(self.seed)
        seed = self.seed

        def job(state):
            self.may_answer.wait(LONG_MS / 1000)
            state.check()
            return seed

        self.compute(job, self.shown.append)


@pytest.fixture
def page(studio, qtbot, panel, make_picture):
    """A view that counts, on a small picture."""
    studio.set_picture(make_picture(12, 8))
    widget = Counting(studio, panel.controls)
    qtbot.addWidget(widget)
    panel.hide()
    with qtbot.waitSignal(widget.settled, timeout=LONG_MS):
        widget.show()
    return widget


def test_every_view_offered_has_its_module_and_no_other_is(panel):
    there = [
        view.name
        for view in VIEWS
        if importlib.util.find_spec(f"resnet_studio.gui.augmentation.{view.module}")
    ]
    assert [view.name for view in panel.views.offered] == there
    assert panel.views.bar.count() == len(there)
    assert {"samples", "steps", "values", "vary"} <= set(there)


def test_a_view_whose_module_is_missing_is_not_offered(studio, qtbot, monkeypatch):
    missing = views_module._View("future", "Future", "Not written yet.", "future_page", "Future")
    monkeypatch.setattr(views_module, "VIEWS", (*VIEWS, missing))
    panel = AugmentationPanel(studio)
    qtbot.addWidget(panel)
    assert "future" not in [view.name for view in panel.views.offered]


def test_a_view_without_room_is_scrolled_and_nothing_in_it_is_squeezed(filled, qtbot):
    side, area = filled.samples.side, filled.views.stack.currentWidget()
    for height in (640, 330):
        filled.resize(700, height)
        qtbot.waitUntil(lambda height=height: filled.height() == height)
        assert side.facts.height() >= side.facts.heightForWidth(side.facts.width())
        assert filled.samples.width() <= area.viewport().width()
    assert area.verticalScrollBar().maximum() > 0
    filled.resize(960, 1000)
    qtbot.waitUntil(lambda: filled.samples.size() == area.viewport().size())
    assert not area.verticalScrollBar().isVisible()


def test_the_arrow_keys_go_from_view_to_view_and_the_last_one_is_remembered(panel, studio, qtbot):
    bar = panel.views.bar
    bar.setFocus()
    qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert panel.views.current == "steps"
    assert studio.settings["choices"]["lab.page"] == "steps"
    again = AugmentationPanel(studio)
    qtbot.addWidget(again)
    assert again.views.current == "steps"


def test_every_view_is_named_for_those_who_hear_the_window_and_has_a_tip(panel):
    assert panel.views.bar.accessibleName()
    for number in range(panel.views.bar.count()):
        assert panel.views.bar.tabText(number)
        assert panel.views.bar.tabToolTip(number)


def test_a_view_that_needs_a_picture_says_how_to_get_one(panel):
    panel.views.show_view("steps")
    assert panel.empty.isVisible()
    assert not panel.views.current_page.isVisible()


def test_a_view_computes_only_what_it_follows(page, panel, qtbot):
    panel.controls.epoch.setValue(7)
    assert page.seeds == [0]
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        panel.controls.seed.setValue(3)
    assert page.seeds == page.shown == [0, 3]


def test_while_a_slider_is_dragged_the_job_under_way_ends_and_the_newest_follows(
    page, panel, qtbot
):
    page.may_answer.clear()
    for seed in range(1, 6):
        panel.controls.seed.setValue(seed)
    assert page.seeds == [0, 1]
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        page.may_answer.set()
    assert page.seeds == page.shown == [0, 1, 5]


def test_another_picture_replaces_at_once_what_is_under_way(page, studio, qtbot, make_picture):
    page.may_answer.clear()
    page.controls.seed.setValue(1)
    studio.set_picture(make_picture(9, 9))
    assert page.seeds == [0, 1, 1]
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        page.may_answer.set()
    assert page.shown == [0, 1]


def test_a_hidden_view_does_nothing_and_follows_when_it_is_shown(page, panel, qtbot):
    page.hide()
    panel.controls.seed.setValue(4)
    assert page.seeds == [0]
    with qtbot.waitSignal(page.settled, timeout=LONG_MS):
        page.show()
    assert page.shown == [0, 4]


def test_before_its_first_result_a_view_says_that_it_is_at_work(studio, qtbot, panel, make_picture):
    studio.set_picture(make_picture(12, 8))
    view = Counting(studio, panel.controls)
    qtbot.addWidget(view)
    view.may_answer.clear()
    view.show()
    assert view.place.currentWidget() is view.waiting
    assert view.waiting.text() == "Preparing…"
    assert view.busy.isVisible()
    with qtbot.waitSignal(view.settled, timeout=LONG_MS):
        view.may_answer.set()
    assert view.place.currentWidget() is view.body
    assert not view.busy.isVisible()


def test_without_torch_a_view_that_needs_it_says_so(page, studio):
    studio.set_torch(TorchStatus("failed", message="It is broken.", remedy="Mend it."))
    assert page.place.currentWidget() is page.waiting
    assert page.waiting.text() == "It is broken.\nMend it."
    assert not page.has_image


def test_a_view_of_chance_says_that_there_is_none(page, panel, studio, monkeypatch):
    monkeypatch.setattr(Counting, "needs_chance", True)
    studio.pipelines.set((PRESETS["cifar_val"], PRESETS["cifar_val"]), "no chance")
    page.refresh(again=True)
    assert "nothing to chance" in page.waiting.text()


def test_copying_is_offered_only_where_there_is_something(filled, studio, settle):
    action = studio.commands.action("augmentation.copy_view")
    assert action.isEnabled()
    settle(studio.set_picture, None)
    assert not action.isEnabled()
