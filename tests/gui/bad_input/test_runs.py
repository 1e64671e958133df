"""Training from the window with bad data, wrong moments, damaged runs, full disks and kills."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest
from PIL import Image

from resnet_studio.architecture.catalog import get
from resnet_studio.training.recorded import is_recorded
from resnet_studio.training.runs import RunFolder, default_runs_dir, list_runs
from tests.bad_input.commands import photograph, pipe, text
from tests.models import hostile
from tests.training.conftest import tiny_spec

LONG = 20_000


def opened(rig):
    rig.until(lambda: not rig.training.setup.data.opening)
    return rig.training.setup


def our_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("studio")]


# -- folders ------------------------------------------------------------------------------------


def test_an_untidy_folder_can_be_learned_from_and_what_is_left_out_is_listed(rig, pictures):
    (pictures / "none").mkdir()
    (pictures / "notes.txt").write_text("notes")
    (pictures / "dark" / "text.png").write_text("no picture")
    (pictures / "dark" / "up").symlink_to(pictures)
    pipe(pictures / "light" / "pipe.png")
    (pictures / "light").rename(pictures / "猫 🐱")
    assert rig.drop(pictures)
    setup = opened(rig)
    assert setup.plan is not None
    assert setup.data.summary.classes == ("dark", "猫 🐱")
    dialog = setup.data.show_problems()
    assert dialog is not None
    left_out = {problem.file for problem in setup.data.summary.problems}
    assert left_out == {"none", "notes.txt", "dark/text.png", "dark/up", "猫 🐱/pipe.png"}
    dialog.close()
    rig.prepare_training(pictures, epochs=1)
    rig.training.start_button.click()
    rig.until(lambda: rig.training.session is not None and rig.training.session.end is not None)
    rig.until(lambda: not rig.training.running)
    assert rig.training.session.end.outcome == "finished"


def test_folders_that_nothing_can_be_learned_from_say_why_and_start_stays_off(rig, pictures):
    broken = pictures.parent / "broken"
    for name in ("a", "b"):
        (broken / name).mkdir(parents=True)
        (broken / name / "0.png").write_text("no picture")
    single = pictures.parent / "single"
    shutil.copytree(pictures / "dark", single / "dark")
    reasons = {
        broken: "a/0.png: it is a text file",
        single: "one class only, dark",
        pictures.parent / "gone.zip": "No such file",
        text(pictures.parent / "text.zip", "no archive"): "not a readable zip archive",
        pipe(pictures.parent / "pipe.zip"): "neither a folder nor a .zip",
    }
    for path, reason in reasons.items():
        assert rig.drop(path)
        setup = opened(rig)
        assert reason in setup.data.info.text()
        assert setup.data.info.property("error")
        assert setup.plan is None
        assert not rig.training.start_button.isEnabled()
    rig.drop(pictures)
    assert opened(rig).plan is not None


def test_a_folder_that_vanishes_before_the_start_is_told(rig, pictures):
    rig.prepare_training(pictures, epochs=1)
    shutil.rmtree(pictures)
    rig.training.start_button.click()
    rig.until(lambda: not rig.training.running)
    assert "pictures cannot be opened" in rig.one_error()


# -- wrong moments ------------------------------------------------------------------------------


def test_start_pressed_twice_begins_one_run(rig, pictures):
    rig.prepare_training(pictures, epochs=LONG)
    rig.training.start_button.click()
    rig.training.start_button.click()
    rig.studio.commands.run("training.start")
    rig.training.start()
    rig.until(lambda: rig.training.session.latest is not None)
    rig.stop()
    assert len(list_runs(default_runs_dir())) == 1


def test_whatever_is_dropped_or_changed_during_a_run_leaves_it_alone(
    rig, pictures, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    rig.train(pictures, epochs=LONG)
    session = rig.training.session
    Image.fromarray(photograph()).save(tmp_path / "photo.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "photo.png").read_bytes()[:99])
    (tmp_path / "s.json").write_text("{ not")
    rig.messages.clear()
    rig.studio.set_spec(get("cifar_resnet20").spec)
    for path in (
        tmp_path / "photo.png",
        pictures,
        tmp_path / "cut.png",
        tmp_path / "s.json",
        hostile.code_in_a_zip(tmp_path),
    ):
        assert rig.drop(path)
        rig.idle(but="train")
    rig.studio.undo_stack.undo()
    rig.until(lambda: rig.features.examination is not None)
    told = rig.told()
    assert "A run is in progress; stop it" in told
    assert "cut.png" in told
    assert "s.json" in told
    assert "Nothing of it was run" in told
    assert not (tmp_path / hostile.MARKER).exists()
    step = session.latest.step
    rig.until(lambda: session.latest.step > step)
    assert rig.training.session is session
    rig.stop()
    assert session.end.outcome == "stopped"
    assert session.config.network.name == "tiny"


@pytest.mark.parametrize("paused", [False, True])
def test_closing_again_and_again_asks_once_and_keeps_the_checkpoint(rig, pictures, paused):
    rig.train(pictures, epochs=LONG)
    if paused:
        rig.training.pause_button.click()
        rig.until(lambda: rig.training.session.activity.phase == "paused")
    asked = []
    rig.studio.ask = lambda title, *_, **__: asked.append(title) or True
    for _ in range(3):
        rig.window.close()
    rig.until(lambda: not rig.window.isVisible())
    assert asked == ["Training is in progress"]
    folder = RunFolder(rig.training.session.run_dir)
    assert folder.status().state == "stopped"
    assert (folder.checkpoints / "last.pt").is_file()
    assert not our_threads()


def test_a_run_that_ends_while_the_question_stands_does_not_keep_the_window_open(rig, pictures):
    rig.train(pictures, epochs=LONG)

    def stop_and_agree(*_, **__):
        rig.stop()
        return True

    rig.studio.ask = stop_and_agree
    rig.window.close()
    assert not rig.window.isVisible()
    assert not our_threads()


@pytest.mark.parametrize("keep", [False, True])
def test_closing_right_after_the_start_ends_at_once(rig, pictures, keep):
    rig.prepare_training(pictures, epochs=LONG)
    rig.training.start_button.click()
    answers = [not keep, True]
    rig.studio.ask = lambda *_, **__: answers.pop(0)
    rig.window.close()
    if keep:
        assert rig.window.isVisible()
        rig.until(lambda: rig.training.session.latest is not None)
        rig.window.close()
    rig.until(lambda: not rig.window.isVisible())
    assert not our_threads()


def test_closing_while_much_is_under_way_ends_all_of_it(rig, pictures, tmp_path):
    Image.fromarray(photograph(900, 1200)).save(tmp_path / "photo.png")
    rig.studio.set_spec(get("resnet152").spec)
    rig.drop(pictures)
    rig.drop(tmp_path / "photo.png")
    rig.studio.ensure_network()
    assert rig.studio.workers.tasks
    rig.window.close()
    assert not rig.window.isVisible()
    assert not our_threads()


# -- damaged runs -------------------------------------------------------------------------------


def stopped_run(rig, pictures):
    rig.train(pictures, epochs=LONG)
    session = rig.training.session
    rig.until(lambda: session.checkpoint is not None)
    rig.stop()
    rig.messages.clear()
    return RunFolder(session.run_dir)


def earlier_runs(rig, expected: int):
    panel = rig.workspace.show_panel("training")
    panel.left.setCurrentWidget(panel.setup)
    panel.left.setCurrentWidget(panel.runs)
    rig.idle()
    own = [run for run in panel.runs.model.listings if not is_recorded(run.folder.path)]
    assert len(own) == expected
    return panel.runs


def choose(runs, name: str) -> None:
    names = [listing.folder.name for listing in runs.model.listings]
    runs.table.selectRow(names.index(name))


def test_damaged_runs_are_listed_and_shown_or_refused_and_never_hang_the_list(rig, pictures):
    good = stopped_run(rig, pictures)
    parent = good.path.parent
    damages = {
        "torn curves": lambda run: (run / "metrics.jsonl").write_bytes(b'{"event": "st'),
        "deep curves": lambda run: (run / "metrics.jsonl").write_text("[" * 100_000 + "\n"),
        "deep status": lambda run: (run / "status.json").write_text("[" * 100_000),
        "odd status": lambda run: (run / "status.json").write_text(
            '{"state": "odd", "best_accuracy": "high", "step": [], "message": 5}'
        ),
        "pipe status": lambda run: swap(run / "status.json"),
        "pipe lock": lambda run: swap(run / ".lock"),
        "pipe curves": lambda run: swap(run / "metrics.jsonl"),
        "no config": lambda run: (run / "run.toml").write_text(""),
        "endless config": lambda run: (run / "run.toml").write_text(".".join("a" * 99_999) + "=1"),
    }
    for name, damage in damages.items():
        shutil.copytree(good.path, parent / name)
        damage(parent / name)
    (parent / "circle").symlink_to(parent)
    (parent / "stray").touch()
    runs = earlier_runs(rig, len(damages) + 1)
    refused = {"pipe curves", "no config", "endless config"}
    for name in damages:
        choose(runs, name)
        runs.show_button.click()
        rig.idle()
        if name in refused:
            assert name in rig.one_error()
        else:
            assert rig.training.shown.folder.name == name
            assert rig.told() == ""
    rig.window.grab()


def swap(path) -> None:
    """Puts a pipe in the place of a file."""
    path.unlink(missing_ok=True)
    pipe(path)


def test_a_run_with_a_torn_checkpoint_and_torn_curves_goes_on_from_the_one_before(rig, pictures):
    good = stopped_run(rig, pictures)
    (good.checkpoints / "last.pt").write_bytes(b"PK\x03\x04 torn")
    with good.metrics_path.open("a") as file:
        file.write('{"event": "step", "st')
    runs = earlier_runs(rig, 1)
    choose(runs, good.name)
    runs.resume_button.click()
    first = rig.training.session
    rig.until(lambda: rig.training.session is not first)
    rig.until(lambda: rig.training.session.latest is not None)
    rig.stop()
    assert "goes on from the checkpoint before it" in rig.told()
    steps = [step.step for step in good.metrics().steps]
    assert steps == list(range(1, len(steps) + 1))


def test_a_run_without_a_whole_checkpoint_is_refused_and_the_window_goes_on(rig, pictures):
    good = stopped_run(rig, pictures)
    for path in good.checkpoints.glob("*.pt"):
        path.write_bytes(b"torn")
    runs = earlier_runs(rig, 1)
    choose(runs, good.name)
    first = rig.training.session
    runs.resume_button.click()
    rig.until(lambda: rig.training.session is not first and not rig.training.running)
    assert "cannot be used" in rig.one_error()
    rig.train(pictures, epochs=LONG)
    rig.stop()


@pytest.mark.slow
def test_a_window_that_is_killed_again_and_again_loses_nothing_it_had_saved(
    rig, pictures, home, tmp_path
):
    starts = [0]
    for number, mode in enumerate(("new", "again", "again")):
        starts.append(kill_after(mode, pictures, steps=20 + 7 * number))
        (listing,) = list_runs(default_runs_dir())
        assert listing.problem == ""
        assert listing.status.state == "interrupted"
    assert starts == sorted(starts)
    runs = earlier_runs(rig, 1)
    runs.table.selectRow(0)
    runs.resume_button.click()
    rig.until(lambda: rig.training.session is not None)
    rig.until(lambda: rig.training.session.latest is not None)
    assert rig.training.session.started.start_step >= starts[-1] > 0
    rig.stop()
    steps = [step.step for step in listing.folder.metrics().steps]
    assert steps == list(range(1, len(steps) + 1))


def kill_after(mode: str, folder, *, steps: int) -> int:
    """Kills a window that trains after it told so many steps; returns where it had started."""
    command = [sys.executable, "-m", "tests.gui.bad_input.killed", mode, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        start = -1
        for line in process.stdout:
            word, number = line.split()
            if word == "start":
                start = int(number)
            elif int(number) >= start + steps:
                break
        os.kill(process.pid, signal.SIGKILL)
    return start


# -- disks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["/proc/runs", "/dev/null/runs", "file", "\0", "n" * 300])
def test_a_runs_folder_that_cannot_be_written_is_told_and_can_be_changed(
    rig, pictures, tmp_path, place
):
    (tmp_path / "file").write_text("in the way")
    rig.studio.settings["runs_folder"] = str(tmp_path / place) if place == "file" else place
    rig.prepare_training(pictures, epochs=1)
    rig.training.start_button.click()
    rig.until(lambda: not rig.training.running)
    assert "cannot be kept in" in rig.one_error()
    earlier_runs(rig, 0)
    rig.studio.settings["runs_folder"] = ""
    rig.train(pictures, epochs=LONG)
    rig.stop()


def test_a_disk_that_is_full_for_a_while_is_told_and_the_run_goes_on(rig, pictures, monkeypatch):
    rig.train(pictures, epochs=LONG)
    rig.until(lambda: rig.training.session.checkpoint is not None)
    rig.messages.clear()

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    rig.until(lambda: rig.messages)
    assert "no room on the disk" in rig.messages[0].text
    monkeypatch.undo()
    told = rig.training.session.checkpoint.step
    rig.until(lambda: rig.training.session.checkpoint.step > told)
    rig.stop()
    assert rig.training.session.end.outcome == "stopped"
    assert RunFolder(rig.training.session.run_dir).status().state == "stopped"


def test_the_network_of_the_form_may_be_too_large_for_its_pictures(rig, pictures):
    """A plan that cannot be is said before the start, not after it."""
    rig.prepare_training(pictures, epochs=1)
    rig.studio.set_spec(tiny_spec(input_size=16, in_channels=1))
    assert rig.training.setup.plan is not None
    assert "3 colour channels" in " ".join(rig.training.setup.plan.notes)
