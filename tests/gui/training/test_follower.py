"""A run that another program trains is shown as it grows."""

from __future__ import annotations

import pytest

from resnet_studio.data.sources import DataConfig
from resnet_studio.training import lock
from resnet_studio.training.config import default_config
from resnet_studio.training.metrics import MetricsLog
from resnet_studio.training.runs import RunFolder, RunStatus
from tests.gui.training.conftest import WAIT_MS
from tests.gui.training.test_curves import epoch, step


@pytest.fixture
def other(tiny, tmp_path):
    """A folder that another program has locked and writes: 40 steps of 4 an epoch in all."""
    config = default_config(tiny, DataConfig(), classes=10)
    folder = RunFolder.create(tmp_path / "elsewhere", config)
    held = lock.acquire(folder.path)
    folder.write_status(RunStatus("running", step=0, total_steps=40))
    log = MetricsLog(folder.metrics_path)
    yield folder, log
    log.close()
    held.release()


def follow(qtbot, panel, studio, monkeypatch, folder) -> None:
    monkeypatch.setattr(studio, "open_folder", lambda _title: folder.path)
    panel.follow_folder()
    qtbot.waitUntil(lambda: panel.follower is not None, timeout=WAIT_MS)


def seen(panel) -> list[int]:
    return panel.curves.curves.steps.astype(int).tolist()


def test_the_curves_follow_a_run_of_another_program_until_it_ends(
    qtbot, bare_panel, studio, monkeypatch, other
):
    folder, log = other
    panel = bare_panel
    for number in range(1, 5):
        log.write(step(number))
    follow(qtbot, panel, studio, monkeypatch, folder)
    qtbot.waitUntil(lambda: seen(panel) == [1, 2, 3, 4], timeout=WAIT_MS)
    log.write(epoch(1, accuracy=0.75))
    for number in range(5, 8):
        log.write(step(number))
    qtbot.waitUntil(lambda: len(seen(panel)) == 7, timeout=WAIT_MS)
    assert panel.strip.best.value.text() == "75.00 %"
    assert panel.strip.step.value.text() == "7 / 40"
    assert "Another program trains it" in panel.strip.phase.text()
    assert not studio.training
    assert not panel.resume_button.isVisible()
    folder.write_status(RunStatus("stopped", step=7, total_steps=40, epoch=1, message="Stopped."))
    monkeypatch.setattr("resnet_studio.training.runs.in_use", lambda _path: False)
    qtbot.waitUntil(lambda: "Stopped." in panel.strip.phase.text(), timeout=WAIT_MS)
    assert panel.shown.status.resumable
    panel.follower.stop()


def test_a_run_that_went_back_to_its_checkpoint_shows_no_step_twice(
    qtbot, bare_panel, studio, monkeypatch, other
):
    folder, log = other
    for number in range(1, 9):
        log.write(step(number))
    follow(qtbot, bare_panel, studio, monkeypatch, folder)
    qtbot.waitUntil(lambda: len(seen(bare_panel)) == 8, timeout=WAIT_MS)
    log.close()
    folder.metrics_path.write_text(
        "".join(folder.metrics_path.read_text().splitlines(keepends=True)[:4])
    )
    again = MetricsLog(folder.metrics_path)
    for number in (5, 6):
        again.write(step(number, loss=0.25))
    again.close()
    qtbot.waitUntil(lambda: seen(bare_panel) == [1, 2, 3, 4, 5, 6], timeout=WAIT_MS)
    assert bare_panel.curves.curves.loss.raw.y[-1] == 0.25
    bare_panel.follower.stop()


def test_a_folder_without_a_run_is_refused_in_words(
    qtbot, bare_panel, studio, monkeypatch, tmp_path, messages
):
    monkeypatch.setattr(studio, "open_folder", lambda _title: tmp_path)
    bare_panel.follow_folder()
    failed = []
    studio.workers.failed.connect(failed.append)
    qtbot.waitUntil(lambda: bool(messages) or bool(failed), timeout=WAIT_MS)
    assert "holds no run" in (messages[-1].text if messages else str(failed[-1]))
    assert bare_panel.follower is None
