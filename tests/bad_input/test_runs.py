"""Runs that were damaged, killed or have no place, and a disk, terminal or torch that fails."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from resnet_studio.cli import EXIT_FAILED, main
from resnet_studio.training.runs import RunFolder
from tests.bad_input.commands import (
    PATIENCE_SECONDS,
    events,
    photograph,
    refusal,
    train_words,
)
from tests.training.conftest import write_pictures


@pytest.mark.parametrize("run", ["/proc/run", "/dev/null/run", "file", "n" * 300])
def test_a_run_that_cannot_be_kept_is_refused(run, tmp_path, capsys, spec_file):
    (tmp_path / "file").write_text("in the way")
    folder = write_pictures(tmp_path / "pictures", each=4)
    words = train_words(spec_file, folder, tmp_path / run)
    assert main(words) == EXIT_FAILED
    assert run in refusal(capsys)


def test_a_learning_rate_that_makes_the_loss_infinite_ends_with_the_remedy(
    tmp_path, capsys, spec_file
):
    folder = write_pictures(tmp_path / "pictures")
    words = train_words(spec_file, folder, tmp_path / "run", epochs=40)
    assert main([*words, "--learning-rate", "100", "--weight-decay", "1"]) == EXIT_FAILED
    assert "smaller learning rate" in refusal(capsys)
    assert RunFolder(tmp_path / "run").status().state == "failed"


def in_place(name: str, content: bytes | str):
    def damage(run: Path) -> None:
        (run / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return damage


def a_pipe(name: str):
    def damage(run: Path) -> None:
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)

    return damage


def more(name: str, content: str):
    def damage(run: Path) -> None:
        with (run / name).open("a") as file:
            file.write(content)

    return damage


STRANGE_LINES = "".join(
    f"{line}\n"
    for line in (
        '{"event": "step", "step": "x"}',
        '{"event": ["step"], "step": 1}',
        '{"event": "epoch", "epoch": null}',
        '{"event": "step", "step": NaN, "epoch": 1, "loss": 1, "accuracy": 1}',
        "[" * 100_000,
        "\x00\x01",
    )
)
HARMLESS = {
    "torn curves": more("metrics.jsonl", '{"event": "step", "st'),
    "strange curves": more("metrics.jsonl", STRANGE_LINES),
    "no curves": lambda run: (run / "metrics.jsonl").unlink(),
    "torn checkpoint": in_place("checkpoints/last.pt", b"PK\x03\x04 torn"),
    "pipe for a checkpoint": a_pipe("checkpoints/last.pt"),
    "torn weights": in_place("checkpoints/last.safetensors", b"torn"),
    "torn status": in_place("status.json", '{"state": "stop'),
    "strange status": in_place("status.json", '{"state": ["x"], "best_accuracy": "high"}'),
    "deep status": in_place("status.json", "[" * 100_000),
    "pipe for a status": a_pipe("status.json"),
    "strange lock": in_place(".lock", '{"pid": 1e999, "host": "x", "started": 1}'),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_a_damaged_run_goes_on(kind, finished, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    HARMLESS[kind](run)
    assert main(["train", "--resume", str(run), "--epochs", "3", "--json"]) == 0
    assert events(capsys)[-1]["outcome"] == "finished"
    folder = RunFolder(run)
    assert folder.status().state == "finished"
    assert [epoch.epoch for epoch in folder.metrics().epochs][-1] == 3


FATAL = {
    "broken config": (in_place("run.toml", "[network\n"), "run.toml"),
    "empty config": (in_place("run.toml", ""), "network is missing"),
    "endless config": (in_place("run.toml", ".".join("a" * 100_000) + "=1"), "run.toml"),
    "no checkpoint": (
        lambda run: [p.write_text("x") for p in (run / "checkpoints").glob("*.pt")],
        "cannot be used",
    ),
    "pipe for curves": (a_pipe("metrics.jsonl"), "metrics.jsonl"),
    "pipe for the lock": (a_pipe(".lock"), "run"),
}


@pytest.mark.parametrize("kind", FATAL)
def test_a_run_that_cannot_go_on_is_refused(kind, finished, tmp_path, capsys):
    damage, hint = FATAL[kind]
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    damage(run)
    assert main(["train", "--resume", str(run), "--epochs", "3"]) == EXIT_FAILED
    assert hint in capsys.readouterr().err


def test_a_run_is_found_among_broken_ones(finished, home, tmp_path, capsys):
    """The newest run with weights is looked for through whatever else lies in the folder."""
    runs = home / "data" / "runs"
    shutil.copytree(finished, runs / "good")
    for number, damage in enumerate(
        (
            a_pipe("status.json"),
            a_pipe(".lock"),
            a_pipe("run.toml"),
            in_place("status.json", "[" * 100_000),
            in_place("run.toml", ".".join("a" * 100_000) + "=1"),
        )
    ):
        shutil.copytree(finished, runs / f"broken {number}")
        damage(runs / f"broken {number}")
        shutil.rmtree(runs / f"broken {number}" / "checkpoints")
    (runs / "circle").symlink_to(runs)
    (runs / "stray.txt").touch()
    Image.fromarray(photograph()).save(tmp_path / "photo.png")
    words = ["classify", str(tmp_path / "photo.png"), "--weights", "last-run", "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["weights"] == "weights of the run good"


# -- disks, terminals, torch ------------------------------------------------------------------


class FullAfter(io.StringIO):
    """A place to print to that has no room after some lines."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.left = lines

    def write(self, content: str) -> int:
        self.left -= content.count("\n")
        if self.left < 0:
            raise OSError(28, "No space left on device")
        return super().write(content)


def test_a_run_whose_output_finds_no_room_ends_with_a_checkpoint(
    tmp_path, capsys, spec_file, monkeypatch
):
    folder = write_pictures(tmp_path / "pictures")
    words = train_words(spec_file, folder, tmp_path / "run", epochs=50)
    monkeypatch.setattr(sys, "stdout", FullAfter(20))
    assert main(words) == EXIT_FAILED
    monkeypatch.undo()
    assert "No space left" in refusal(capsys)
    status = RunFolder(tmp_path / "run").status()
    assert status.state == "stopped"
    assert status.step > 0
    assert main(["train", "--resume", str(tmp_path / "run"), "--epochs", "50", "--json"]) == 0


def in_a_process(*words: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "resnet_studio", *words],
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
        **options,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [("summary", "resnet18"), ("--help",)])
def test_a_full_disk_behind_the_output_is_told_in_one_line(words):
    with Path("/dev/full").open("w") as full:
        done = in_a_process(*words, stdout=full)
    assert done.returncode == EXIT_FAILED
    expected = "resnet-studio: The output cannot be written: No space left on device.\n"
    assert done.stderr == expected


@pytest.mark.parametrize(
    ("failure", "hint"),
    [
        ("ModuleNotFoundError(\"No module named 'torch'\", name='torch')", "pip install torch"),
        ("OSError('libtorch_cpu.so: cannot open shared object file')", "--force-reinstall torch"),
        ("RuntimeError('compiled for another numpy')", "--force-reinstall torch"),
        ("ImportError('libgomp.so.1: cannot open')", "apt-get install libgomp1»"),
    ],
)
def test_a_torch_that_is_missing_or_broken_is_told_in_one_line(tmp_path, failure, hint):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(f"raise {failure}")
    place = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    done = in_a_process(
        "classify", "photo.png", stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": place}
    )
    assert done.returncode == EXIT_FAILED
    assert done.stderr.count("\n") == 1
    assert hint in done.stderr


@pytest.mark.slow
def test_a_run_that_is_ended_or_killed_by_the_system_goes_on(tmp_path, capsys, spec_file):
    """SIGTERM saves and ends; SIGKILL loses what came after the last save. Nothing doubles."""
    folder, run = write_pictures(tmp_path / "pictures"), tmp_path / "run"
    words = train_words(spec_file, folder, run, epochs=5_000)
    resume = ["train", "--resume", str(run), "--json"]
    ended = end_after(15, signal.SIGTERM, words)
    assert ended == 0
    assert RunFolder(run).status().state == "stopped"
    assert end_after(15, signal.SIGKILL, resume) == -signal.SIGKILL
    status = RunFolder(run).status()
    assert status.state == "interrupted"
    last = RunFolder(run).metrics().epochs[-1].epoch
    assert main([*resume, "--epochs", str(last + 2)]) == 0
    assert events(capsys)[-1]["outcome"] == "finished"
    steps = [step.step for step in RunFolder(run).metrics().steps]
    assert steps == list(range(1, len(steps) + 1))


def end_after(steps: int, number: signal.Signals, words: list[str]) -> int:
    """Runs the command, sends a signal after so many steps, and returns the exit code."""
    command = [sys.executable, "-m", "resnet_studio", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            steps -= '"StepDone"' in line
            if steps == 0:
                process.send_signal(number)
                break
        process.stdout.read()
    return process.returncode
