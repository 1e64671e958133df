"""Looking inside a network while it trains."""

from __future__ import annotations

import contextlib
import threading

import pytest
from PySide6.QtWidgets import QWidget

from resnet_studio.probe.network import WeightsChoice
from tests.gui.training.conftest import WAIT_MS


@pytest.fixture
def elsewhere(qtbot, panel):
    """The panel while a person looks at another one, with a run that does not end by itself."""
    panel.setup.recipe.fields["epochs"].editor.setText("2000")
    qtbot.waitUntil(lambda: panel.setup.plan is not None, timeout=WAIT_MS)
    panel.start()
    qtbot.waitUntil(lambda: panel.session.latest is not None, timeout=WAIT_MS)
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    panel.hide()
    return panel


@contextlib.contextmanager
def stopped_at_last(qtbot, panel):
    """Ends the run before the widgets go, which they do before any fixture ends."""
    try:
        yield
    finally:
        panel.stop()
        qtbot.waitUntil(lambda: not panel.running, timeout=WAIT_MS)


def switch_on(studio):
    assert studio.commands.run("training.live")


def test_the_other_panels_get_the_network_as_it_is_now_again_and_again(qtbot, studio, elsewhere):
    with stopped_at_last(qtbot, elsewhere):
        switch_on(studio)
        seen = []
        studio.network_changed.connect(seen.append)
        qtbot.waitUntil(lambda: len(seen) >= 2, timeout=WAIT_MS)
        first, second = seen[0], seen[-1]
        assert first.choice.kind == "live"
        assert first.classes == ("bright", "dark")
        assert not first.model.training
        assert first.description != second.description
        assert not first.model.fc.weight.equal(second.model.fc.weight)
        assert elsewhere.running


def test_after_the_run_the_weights_are_those_that_were_saved_last(qtbot, studio, elsewhere):
    switch_on(studio)
    qtbot.waitUntil(lambda: studio.network is not None, timeout=WAIT_MS)
    elsewhere.stop()
    qtbot.waitUntil(lambda: studio.network.choice.kind == "run", timeout=WAIT_MS)
    assert studio.weights.path.endswith("last.safetensors")


def test_nothing_is_copied_while_the_curves_are_looked_at_or_when_it_is_switched_off(
    qtbot, studio, elsewhere
):
    with stopped_at_last(qtbot, elsewhere):
        switch_on(studio)
        qtbot.waitUntil(lambda: studio.network is not None, timeout=WAIT_MS)
        studio.commands.run("training.live")
        taken = []
        elsewhere.session.snapshot_taken.connect(taken.append)
        elsewhere.show()
        switch_on(studio)
        asked = elsewhere.live._timer
        with qtbot.waitSignals([asked.timeout, asked.timeout], timeout=WAIT_MS):
            pass
        assert taken == []
        elsewhere.hide()
        qtbot.waitUntil(lambda: len(taken) > 0, timeout=WAIT_MS)


def test_a_person_who_goes_on_to_another_network_is_not_called_back(
    qtbot, studio, messages, elsewhere
):
    with stopped_at_last(qtbot, elsewhere):
        switch_on(studio)
        qtbot.waitUntil(lambda: studio.network is not None, timeout=WAIT_MS)
        other = studio.spec.model_copy(update={"name": "other", "depths": (2, 1)})
        studio.set_spec(other)
        assert not elsewhere.live.on
        assert "chosen another" in messages[-1].text
        qtbot.waitUntil(lambda: not elsewhere.live._timer.isActive(), timeout=WAIT_MS)
        assert studio.spec == other
        studio.undo_stack.undo()
        switch_on(studio)
        qtbot.waitUntil(lambda: studio.weights.kind == "live", timeout=WAIT_MS)
        studio.set_weights(WeightsChoice(seed=7))
        qtbot.waitUntil(lambda: not elsewhere.live.on, timeout=WAIT_MS)
        assert studio.network.choice.seed == 7


def test_no_copy_is_asked_for_before_all_that_the_last_one_led_to_is_computed(
    qtbot, studio, elsewhere, monkeypatch
):
    free = threading.Event()
    with stopped_at_last(qtbot, elsewhere):
        switch_on(studio)
        qtbot.waitUntil(lambda: studio.network is not None, timeout=WAIT_MS)
        asked, ask, timer = [], elsewhere.session.ask_snapshot, elsewhere.live._timer
        monkeypatch.setattr(elsewhere.session, "ask_snapshot", lambda: (asked.append(1), ask()))
        try:
            studio.workers.start(lambda _state: free.wait(60), lane="features")
            with qtbot.waitSignals([timer.timeout, timer.timeout], timeout=WAIT_MS):
                pass
            assert asked == []
        finally:
            free.set()
        qtbot.waitUntil(lambda: len(asked) > 0, timeout=WAIT_MS)


def test_switching_it_on_without_a_run_says_when_there_will_be_something_to_see(studio, panel):
    said = []
    studio.message_posted.connect(said.append)
    switch_on(studio)
    assert "as soon as it is trained" in said[-1].text
