"""Ctrl+C, an end asked for by the system, and a terminal that is closed: saved at that step."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from resnet_studio.training.runs import RunFolder
from tests.bad_input.commands import PATIENCE_SECONDS
from tests.training.conftest import tiny_config
from tests.training.running import last_state, run

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs signals of Unix")


def signals(tmp_path, config, *, each: int) -> list[dict]:
    """Sends so many signals of each kind; returns what came of them."""
    (tmp_path / "config.toml").write_text(config.to_toml(), encoding="utf-8")
    program = [
        sys.executable,
        "-m",
        "tests.training.signalling",
        tmp_path,
        tmp_path / "config.toml",
    ]
    done = subprocess.run(
        [*program, str(each), *NAMES],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(told: list[dict], *, each: int) -> None:
    assert [line["signal"] for line in told] == [name for name in NAMES for _ in range(each)]
    for line in told:
        assert line["code"] == 0, line
        assert line["end"]["event"] == "RunEnded"
        assert line["end"]["outcome"] == "stopped"
        assert line["end"]["step"] == line["step"]
        assert line["saved"] == line["step"], "the step that was told last must be saved"
        assert line.get("on disk", 0) == line["step"]
        # Before the first step the signal may come while the run is prepared, or after that.
        assert line["state"] in ({"stopped"} if line["step"] else {"new", "stopped"}), line
        assert line["same"], "resumed, it must end with the bits of a run never stopped"


@pytest.mark.slow
def test_a_signal_ends_a_run_with_the_step_it_told_last_and_it_goes_on_exactly(tmp_path, pictures):
    config = tiny_config(pictures, epochs=15, threads=1)
    check(signals(tmp_path, config, each=1), each=1)


@pytest.mark.slow
def test_thirty_signals_at_random_moments_lose_no_step(tmp_path, pictures):
    config = tiny_config(pictures, epochs=15, threads=1, optimiser="adamw", ema_decay=0.9)
    check(signals(tmp_path, config, each=10), each=10)


@pytest.mark.slow
def test_a_program_of_its_own_whose_terminal_is_closed_saves_its_run(tmp_path, pictures):
    """Nobody reads what it still prints, so that its last lines go nowhere."""
    config = tiny_config(pictures, epochs=2_000, threads=1, schedule="constant")
    folder = RunFolder(tmp_path / "run")
    folder.prepare(config)
    command = [sys.executable, "-m", "resnet_studio", "train", "--resume", str(folder.path)]
    with subprocess.Popen(
        [*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            told = json.loads(line)
            if told["event"] == "StepDone" and told["step"] >= 9:
                break
        process.stdout.close()
        process.send_signal(signal.SIGHUP)
        errors = process.stderr.read()
        process.wait(PATIENCE_SECONDS)
    assert "Traceback" not in errors
    assert folder.status().state == "stopped"
    step = last_state(folder.path).position.step
    assert step >= told["step"]
    metrics = folder.metrics()
    assert metrics.steps[-1].step == step
    short = config.model_copy(update={"recipe": config.recipe.replace(epochs=-(-step // 4) + 1)})
    run(short, folder.path, resume=True)
    run(short, tmp_path / "whole")
    assert [each.loss for each in folder.metrics().steps] == [
        each.loss for each in RunFolder(tmp_path / "whole").metrics().steps
    ]
