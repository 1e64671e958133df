"""Closing the window while it trains: the step that was told last is saved."""

from __future__ import annotations

import pytest

from resnet_studio.training.checkpoint import LAST, read_state
from resnet_studio.training.loop import fit
from resnet_studio.training.runs import RunFolder
from tests.gui.training.conftest import WAIT_MS


@pytest.mark.parametrize("paused", [False, True])
def test_closing_saves_the_step_that_was_told_last_and_the_run_goes_on(
    qtbot, panel, studio, paused
):
    panel.setup.recipe.fields["epochs"].editor.setText("400")
    panel.start_button.click()
    qtbot.waitUntil(lambda: panel.session.latest is not None, timeout=WAIT_MS)
    if paused:
        panel.pause_button.click()
        qtbot.waitUntil(lambda: panel.session.activity.phase == "paused", timeout=WAIT_MS)
    studio.workers.shutdown()  # what the window does when it closes
    folder = RunFolder(panel.session.run_dir)
    told = folder.metrics().steps[-1].step
    saved = read_state(folder.checkpoints / LAST).position
    assert saved.step == told
    assert folder.status().state == "stopped"
    shorter = folder.config.recipe.replace(epochs=saved.epoch + 1)
    config = folder.config.model_copy(update={"recipe": shorter})
    *_, end = fit(config, run_dir=folder.path, resume=True)
    assert (end.outcome, end.epoch) == ("finished", saved.epoch + 1)
    steps = [step.step for step in folder.metrics().steps]
    assert steps == list(range(1, end.step + 1))
