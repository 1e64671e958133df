from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from resnet_studio.gui.status_bar import TRAINING_LANE, StatusBar
from resnet_studio.gui.studio import TorchStatus


@pytest.fixture
def window(qtbot, studio):
    made = QMainWindow()
    made.setStatusBar(StatusBar(studio))
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    yield made
    made.statusBar()._clock.stop()
    made.statusBar()._delay.stop()


@pytest.fixture
def bar(window):
    return window.statusBar()


@pytest.fixture
def work(studio):
    """Starts tasks that last until they are let go or cancelled."""
    gates = []

    def start(title="Reading", *, lane="io", progress=None, **options):
        gate = threading.Event()
        gates.append(gate)

        def job(state):
            if progress is not None:
                state.progress(*progress)
            while not gate.wait(0.005):
                state.check()

        return studio.workers.start(job, title=title, lane=lane, **options), gate

    yield start
    for gate in gates:
        gate.set()


def test_nothing_is_shown_while_nothing_runs(bar):
    assert bar.activity.isHidden()
    assert bar.bar.isHidden()
    assert bar.cancel.isHidden()


def test_long_work_shows_its_title_and_a_moving_bar(qtbot, bar, work):
    work("Reading the folder")
    qtbot.waitUntil(bar.activity.isVisible)
    assert bar.activity.text() == "Reading the folder"
    assert (bar.bar.minimum(), bar.bar.maximum()) == (0, 0)
    assert bar.cancel.isVisible()


def test_short_work_flashes_nothing(qtbot, studio, bar):
    shown = []
    bar.activity.show = lambda: shown.append(1)
    with qtbot.waitSignal(studio.workers.task_finished):
        studio.workers.start(lambda _state: None, title="Quick")
    bar._delay.timeout.emit()  # as if the timer had run out just then
    assert not shown


def test_known_progress_fills_the_bar_and_says_what_is_done(qtbot, bar, work):
    work(progress=(3, 4, "Checking 3 of 4"))
    qtbot.waitUntil(bar.activity.isVisible)
    qtbot.waitUntil(lambda: bar.activity.text() == "Checking 3 of 4")
    assert bar.bar.value() / bar.bar.maximum() == pytest.approx(0.75)
    assert bar.activity.toolTip() == "Checking 3 of 4"


def test_cancel_stops_the_work_and_clears_the_bar(qtbot, bar, work):
    task, _gate = work()
    qtbot.waitUntil(bar.cancel.isVisible)
    qtbot.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    assert task.cancelled
    assert bar.activity.isHidden()
    qtbot.waitUntil(lambda: not task.running)


def test_work_that_cannot_be_stopped_has_no_cancel(qtbot, bar, work):
    work("Loading torch", cancellable=False)
    qtbot.waitUntil(bar.activity.isVisible)
    assert bar.cancel.isHidden()


def test_work_behind_the_scenes_is_not_shown(qtbot, bar, work):
    work("Thumbnails", visible=False)
    assert bar.task is None


def test_a_run_gives_way_to_other_work_and_comes_back(qtbot, bar, work):
    work("Training", lane=TRAINING_LANE)
    qtbot.waitUntil(lambda: bar.activity.text() == "Training" and bar.activity.isVisible())
    _task, gate = work("Opening the picture", lane="picture")
    qtbot.waitUntil(lambda: bar.activity.text() == "Opening the picture")
    gate.set()
    qtbot.waitUntil(lambda: bar.activity.text() == "Training")


def test_a_long_name_is_cut_and_does_not_widen_the_window(qtbot, window, bar, work):
    before = window.minimumSizeHint().width()
    name = "a_name_without_end_" * 30 + ".jpg"
    work(f"Preparing samples of {name}")
    qtbot.waitUntil(bar.activity.isVisible)
    assert window.minimumSizeHint().width() < before + 400
    assert window.width() == 900
    assert "…" in bar.activity.shown_text()
    assert bar.activity.shown_text().endswith(".jpg")
    assert name in bar.activity.toolTip()
    assert bar.cancel.geometry().right() < bar.memory.geometry().left()


def test_the_state_of_torch_is_told_in_words(studio, bar):
    studio.set_torch(TorchStatus("loading"))
    assert "loading" in bar.torch.text()
    studio.set_torch(TorchStatus("ready", version="2.15", device="CPU, 2 threads"))
    assert bar.torch.text() == "CPU, 2 threads · torch 2.15"


def test_a_missing_torch_is_red_and_said_once_with_its_remedy(studio, bar, messages):
    studio.refresh_theme()
    studio.set_torch(TorchStatus("failed", message="torch is missing.", remedy="Install it."))
    assert "missing" in bar.torch.text()
    assert bar.torch.palette().windowText().color().name() == studio.theme.danger
    assert [(m.text, m.remedy) for m in messages] == [("torch is missing.", "Install it.")]


def test_memory_has_a_unit(bar):
    assert bar.memory.text().endswith(" GB")


def test_closing_says_what_it_waits_for(bar):
    bar.show_closing()
    assert "Saving the run" in bar.currentMessage()
