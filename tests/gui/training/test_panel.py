"""The whole way through the real panel: choose, start, watch, pause, stop, resume, close."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from resnet_studio.gui.studio import TorchStatus
from resnet_studio.gui.training.panel import REDRAW_MS, TrainingPanel
from resnet_studio.training.runs import RunFolder
from tests.gui.training.conftest import WAIT_MS


def start(qtbot, panel, *, epochs: int) -> None:
    """Types the number of epochs, presses Start and waits for the first step."""
    panel.setup.recipe.fields["epochs"].editor.setText(str(epochs))
    panel.start_button.click()
    qtbot.waitUntil(lambda: panel.session.latest is not None, timeout=WAIT_MS)


def wait_for_end(qtbot, panel) -> None:
    qtbot.waitUntil(lambda: not panel.running, timeout=WAIT_MS)


def steps(panel) -> list[int]:
    panel.session.flush()
    return panel.session.curves.loss.raw.x.astype(int).tolist()


def test_a_run_draws_its_curves_and_ends_with_its_result(qtbot, panel, studio, messages):
    assert panel.start_button.isEnabled()
    start(qtbot, panel, epochs=3)
    assert studio.training
    assert not panel.start_button.isEnabled()
    assert not panel.setup.recipe.isEnabled()
    wait_for_end(qtbot, panel)
    assert panel.session.end.outcome == "finished"
    curves = panel.curves.curves
    assert curves is panel.session.curves
    assert steps(panel) == list(range(1, 25))
    assert [epoch.epoch for epoch in curves.epochs] == [1, 2, 3]
    assert panel.strip.epoch.value.text() == "3 / 3"
    assert panel.strip.step.value.text() == "24 / 24"
    assert panel.strip.bar.value() == panel.strip.bar.maximum()
    assert panel.curves.canvas.isVisible()
    assert not studio.training
    assert messages[-1].kind == "info"
    assert messages[-1].actions[0][0] == "Look inside with these weights"
    assert panel.setup.recipe.isEnabled()


def test_the_trained_weights_can_be_looked_into(qtbot, panel, studio, messages):
    start(qtbot, panel, epochs=1)
    wait_for_end(qtbot, panel)
    with qtbot.waitSignal(studio.weights_changed, timeout=WAIT_MS):
        messages[-1].actions[0][1]()
    assert studio.network.trained
    assert studio.network.classes == ("bright", "dark")
    assert studio.spec == panel.session.config.network
    assert studio.weights.kind == "run"


def test_pausing_stopping_and_resuming_neither_lose_nor_double_a_step(qtbot, panel, studio):
    start(qtbot, panel, epochs=400)
    panel.pause_button.click()
    qtbot.waitUntil(lambda: panel.session.activity.phase == "paused", timeout=WAIT_MS)
    assert panel.resume_button.isVisible()
    assert not panel.pause_button.isVisible()
    paused_at = steps(panel)[-1]
    panel.resume_button.click()
    qtbot.waitUntil(lambda: steps(panel)[-1] > paused_at, timeout=WAIT_MS)
    assert panel.pause_button.isVisible()
    panel.stop_button.click()
    assert not panel.stop_button.isEnabled()
    wait_for_end(qtbot, panel)
    first = panel.session
    assert first.end.outcome == "stopped"
    stopped_at = steps(panel)[-1]
    assert stopped_at == first.end.step
    assert panel.resume_button.isVisible()
    panel.resume_button.click()
    qtbot.waitUntil(
        lambda: panel.session is not first and panel.session.latest is not None, timeout=WAIT_MS
    )
    assert panel.session.started.start_step == stopped_at
    panel.stop_button.click()
    wait_for_end(qtbot, panel)
    assert steps(panel) == list(range(1, steps(panel)[-1] + 1))


def test_a_paused_run_can_be_stopped(qtbot, panel):
    start(qtbot, panel, epochs=400)
    panel.pause_button.click()
    qtbot.waitUntil(lambda: panel.session.activity.phase == "paused", timeout=WAIT_MS)
    panel.stop_button.click()
    wait_for_end(qtbot, panel)
    assert panel.session.end.outcome == "stopped"
    assert panel.session.end.checkpoint is not None


def test_closing_while_training_keeps_a_checkpoint(qtbot, panel):
    start(qtbot, panel, epochs=400)
    closed = []
    panel.stop_for_close(lambda: closed.append(panel.running))
    qtbot.waitUntil(lambda: bool(closed), timeout=WAIT_MS)
    assert closed == [False]
    folder = RunFolder(panel.session.run_dir)
    assert folder.status().state == "stopped"
    assert (folder.checkpoints / "last.pt").is_file()
    panel.stop_for_close(lambda: closed.append(True))
    assert closed == [False, True]


@pytest.mark.parametrize("paused", [False, True])
def test_the_end_of_the_program_ends_the_run_with_a_checkpoint(qtbot, panel, studio, paused):
    start(qtbot, panel, epochs=400)
    if paused:
        panel.pause_button.click()
        qtbot.waitUntil(lambda: panel.session.activity.phase == "paused", timeout=WAIT_MS)
    studio.workers.shutdown()
    assert not panel.running
    folder = RunFolder(panel.session.run_dir)
    assert folder.status().state == "stopped"
    assert (folder.checkpoints / "last.pt").is_file()


def test_curves_are_redrawn_at_most_eight_times_a_second(qtbot, panel):
    start(qtbot, panel, epochs=15)
    before, began = panel.curves.redraws, time.monotonic()
    wait_for_end(qtbot, panel)
    passed = time.monotonic() - began
    assert len(steps(panel)) == 120
    assert panel.curves.redraws - before <= passed * 1000 / REDRAW_MS + 3


def test_a_hidden_panel_loses_no_step(qtbot, panel):
    start(qtbot, panel, epochs=5)
    panel.hide()
    wait_for_end(qtbot, panel)
    panel.show()
    assert steps(panel) == list(range(1, 41))
    assert panel.strip.step.value.text() == "40 / 40"


def test_a_run_that_was_killed_repeats_no_point_of_its_curves(qtbot, panel):
    start(qtbot, panel, epochs=400)
    panel.stop_button.click()
    wait_for_end(qtbot, panel)
    stopped_at = panel.session.end.step
    metrics = RunFolder(panel.session.run_dir).metrics_path
    line = next(line for line in metrics.read_text().splitlines() if '"step"' in line)
    lost = [
        json.dumps({**json.loads(line), "event": "step", "step": stopped_at + n}) for n in (1, 2)
    ]
    metrics.write_text(metrics.read_text() + "\n".join(lost) + "\n")
    first = panel.session
    panel.resume_button.click()
    qtbot.waitUntil(
        lambda: panel.session is not first and len(steps(panel)) > stopped_at + 2, timeout=WAIT_MS
    )
    panel.stop_button.click()
    wait_for_end(qtbot, panel)
    assert steps(panel) == list(range(1, steps(panel)[-1] + 1))


def test_start_waits_for_torch_and_says_so(qtbot, panel, studio):
    studio.set_torch(TorchStatus("loading"))
    assert not panel.start_button.isEnabled()
    assert "PyTorch is being loaded" in panel.strip.phase.text()
    assert "PyTorch is being loaded" in panel.start_button.toolTip()
    studio.set_torch(TorchStatus("ready"))
    assert panel.start_button.isEnabled()
    assert panel.strip.phase.text().startswith("Ready: tiny on pictures, 3 epochs, 24 steps")


def test_missing_torch_is_told_with_its_remedy(panel, studio):
    studio.set_torch(TorchStatus("failed", message="No torch.", remedy="Install it."))
    assert not panel.start_button.isEnabled()
    assert panel.strip.phase.text() == "No torch. Install it."


def test_a_wrong_number_shows_its_message_and_disables_start(panel):
    field = panel.setup.recipe.fields["epochs"]
    field.editor.setText("0")
    assert not panel.start_button.isEnabled()
    assert field.error.text() == "It must be a whole number from 1 to 100,000."
    assert "Epochs" in panel.strip.phase.text()
    field.editor.setText("2")
    assert panel.start_button.isEnabled()
    assert field.error.isHidden()


def test_a_loss_that_explodes_is_told_and_the_panel_goes_on(qtbot, panel, messages):
    panel.setup.recipe.fields["learning_rate"].editor.setText("100")
    start(qtbot, panel, epochs=400)
    wait_for_end(qtbot, panel)
    assert panel.session.end.outcome == "failed"
    assert messages[-1].kind == "error"
    assert messages[-1].remedy
    panel.setup.recipe.fields["learning_rate"].editor.setText("0.01")
    start(qtbot, panel, epochs=1)
    wait_for_end(qtbot, panel)
    assert panel.session.end.outcome == "finished"


def test_a_runs_folder_that_cannot_be_written_is_told(qtbot, panel, studio, messages, tmp_path):
    (tmp_path / "file").write_text("no folder")
    studio.settings["runs_folder"] = str(tmp_path / "file")
    panel.start_button.click()
    wait_for_end(qtbot, panel)
    assert panel.session.end.outcome == "failed"
    assert str(tmp_path / "file") in messages[-1].text
    assert panel.start_button.isEnabled()


def test_pictures_dropped_during_a_run_are_refused_in_words(qtbot, panel, messages, tmp_path):
    start(qtbot, panel, epochs=400)
    panel.set_data_folder(tmp_path)
    assert "A run is in progress" in messages[-1].text
    panel.stop_button.click()
    wait_for_end(qtbot, panel)


def test_an_earlier_run_is_shown_and_resumed(qtbot, panel, studio, pictures):
    start(qtbot, panel, epochs=400)
    panel.stop_button.click()
    wait_for_end(qtbot, panel)
    recorded = panel.session.curves
    later = TrainingPanel(studio)
    qtbot.addWidget(later)
    later.show()
    later.left.setCurrentWidget(later.runs)
    qtbot.waitUntil(lambda: bool(later.runs.model.listings), timeout=WAIT_MS)
    later.runs.select(panel.session.run_dir)
    later.runs.show_button.click()
    qtbot.waitUntil(lambda: later.shown is not None, timeout=WAIT_MS)
    np.testing.assert_array_equal(later.curves.curves.loss.raw.y, recorded.loss.raw.y)
    assert later.curves.curves.steps_per_epoch == 8
    assert "Earlier run" in later.strip.phase.text()
    later.runs.resume_button.click()
    qtbot.waitUntil(
        lambda: later.session is not None and later.session.latest is not None, timeout=WAIT_MS
    )
    later.session.stop()
    wait_for_end(qtbot, later)
    done = steps(later)
    assert done == list(range(1, done[-1] + 1))
    assert done[-1] > recorded.last_step
    np.testing.assert_array_equal(
        later.session.curves.loss.raw.y[: recorded.last_step], recorded.loss.raw.y
    )


def test_an_earlier_run_can_be_looked_at_while_another_trains(qtbot, panel):
    start(qtbot, panel, epochs=1)
    wait_for_end(qtbot, panel)
    earlier = panel.session.run_dir
    panel.left.setCurrentWidget(panel.runs)
    qtbot.waitUntil(lambda: bool(panel.runs.model.listings), timeout=WAIT_MS)
    start(qtbot, panel, epochs=400)
    panel.runs.select(earlier)
    panel.runs.show_button.click()
    qtbot.waitUntil(lambda: panel.shown is not None, timeout=WAIT_MS)
    assert panel.curves.curves.last_step == 8
    assert panel.running
    assert not panel.runs.resume_button.isEnabled()
    panel.right.back_button.click()
    assert panel.curves.curves is panel.session.curves
    panel.stop_button.click()
    wait_for_end(qtbot, panel)


def test_the_run_folder_is_named_and_opened(qtbot, panel, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    assert not panel.right.folder_button.isEnabled()
    start(qtbot, panel, epochs=1)
    wait_for_end(qtbot, panel)
    panel.right.folder_button.click()
    assert opened == [QUrl.fromLocalFile(str(panel.session.run_dir))]
    assert panel.right.folder.toolTip() == str(panel.session.run_dir)


def test_a_batch_that_does_not_fit_is_offered_in_parts(qtbot, panel, messages, monkeypatch):
    from resnet_studio.training.steps import Stepper

    train = Stepper.train

    def short_of_memory(stepper, images, labels, *, planned):
        if stepper.recipe.accumulate == 1:
            raise MemoryError
        return train(stepper, images, labels, planned=planned)

    monkeypatch.setattr(Stepper, "train", short_of_memory)
    panel.start_button.click()
    wait_for_end(qtbot, panel)
    first = panel.session
    assert first.end.outcome == "failed"
    title, go_on = messages[-1].actions[-1]
    assert title == "Go on with each batch in 2 parts"
    go_on()
    qtbot.waitUntil(
        lambda: panel.session is not first and panel.session.end is not None, timeout=WAIT_MS
    )
    assert panel.session.end.outcome == "finished"
    assert panel.session.config.recipe.accumulate == 2
    assert panel.session.run_dir == first.run_dir
    assert steps(panel) == list(range(1, 25))


def test_a_full_disk_is_told_and_tried_again_on_request(qtbot, panel, messages, monkeypatch):
    from resnet_studio.training.keeper import Writer
    from resnet_studio.training.room import NoRoom

    save, full = Writer.save, [True]

    def without_room(keeper, *arguments, **words):
        if full[0]:
            return NoRoom(Path("last.pt"), 5 << 20, 1 << 20)
        return save(keeper, *arguments, **words)

    monkeypatch.setattr(Writer, "save", without_room)
    monkeypatch.setattr(NoRoom, "over", property(lambda _room: False))
    panel.start_button.click()
    qtbot.waitUntil(lambda: panel.session.activity.phase == "held", timeout=WAIT_MS)
    assert "5.0 MB are needed" in panel.strip.phase.text()
    assert "1.0 MB is free" in messages[-1].text
    assert messages[-1].kind == "warning"
    assert panel.resume_button.isVisible()
    full[0] = False
    panel.resume_button.click()
    wait_for_end(qtbot, panel)
    assert panel.session.end.outcome == "finished"
    assert steps(panel) == list(range(1, 25))


def test_what_the_program_chose_for_a_run_is_shown_with_its_reasons(qtbot, panel):
    start(qtbot, panel, epochs=1)
    wait_for_end(qtbot, panel)
    how = panel.right.how
    assert how.isVisible()
    assert "precision: " in how.text()
    for what, chosen, why in panel.session.started.choices:
        assert f"{what}: {chosen}: {why}" in how.toolTip()


def test_a_run_that_gave_up_early_has_finished_and_says_why(qtbot, panel, messages):
    panel.setup.recipe.fields["early_stopping"].editor.setText("1")
    panel.setup.recipe.fields["learning_rate"].editor.setText("1e-9")
    start(qtbot, panel, epochs=300)
    wait_for_end(qtbot, panel)
    end = panel.session.end
    assert end.outcome == "finished"
    assert end.epoch < 300
    assert panel.strip.phase.text() == end.message
    assert end.message in messages[-1].text


def test_a_missing_tensorboard_is_told_before_the_run(panel, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    panel.setup.recipe.fields["tensorboard"].editor.setChecked(True)
    assert not panel.start_button.isEnabled()
    assert "pip install tensorboard" in panel.strip.phase.text()


@pytest.mark.slow
def test_a_run_of_two_processes_is_followed_stopped_and_resumed(qtbot, panel):
    panel.setup.device.processes_box.setRange(1, 2)
    panel.setup.device.processes_box.setValue(2)
    start(qtbot, panel, epochs=400)
    assert not panel.pause_button.isVisible()
    qtbot.waitUntil(lambda: len(steps(panel)) > 4, timeout=WAIT_MS)
    # The strip follows at the next redraw.
    shown = panel.strip.step.value
    qtbot.waitUntil(lambda: shown.text().endswith(" / 3,200"), timeout=WAIT_MS)
    panel.stop_button.click()
    wait_for_end(qtbot, panel)
    first = panel.session
    assert first.end.outcome == "stopped"
    stopped_at = steps(panel)[-1]
    assert RunFolder(first.run_dir).status().step == stopped_at
    panel.resume_button.click()
    qtbot.waitUntil(
        lambda: panel.session is not first and len(steps(panel)) > stopped_at, timeout=WAIT_MS
    )
    closed = []
    panel.stop_for_close(lambda: closed.append(True))
    qtbot.waitUntil(lambda: bool(closed), timeout=WAIT_MS)
    assert RunFolder(panel.session.run_dir).status().state == "stopped"
    assert steps(panel) == list(range(1, steps(panel)[-1] + 1))
