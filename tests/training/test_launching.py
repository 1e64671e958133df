from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from resnet_studio.cli import main
from resnet_studio.errors import RunError
from resnet_studio.training import launching
from resnet_studio.training.config import RunConfig
from resnet_studio.training.events import RunStarted, StepDone
from resnet_studio.training.following import follow
from resnet_studio.training.launching import LaunchedRun, launch, rank
from resnet_studio.training.loop import fit
from resnet_studio.training.metrics import read_lines
from resnet_studio.training.runs import RunFolder
from tests.training.conftest import tiny_config, tiny_spec
from tests.training.running import ended, last_state, of

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


class Heard:
    """Hears of the processes of `waiting`."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(60.0)
        self.port = self._server.getsockname()[1]

    def two(self) -> list[tuple[int, int]]:
        """Returns the numbers of two processes and their threads, once both are there."""
        return [self._one(), self._one()]

    def _one(self) -> tuple[int, int]:
        connection, _ = self._server.accept()
        with connection, connection.makefile() as lines:
            pid, threads = lines.readline().split()
        return int(pid), int(threads)

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def heard():
    heard = Heard()
    yield heard
    heard.close()


def waiting(port: int, how: str, processes: int = 2) -> LaunchedRun:
    program = launching._torchrun(processes, 0, "tests.training.waiting", [str(port), how])
    return LaunchedRun(RunFolder(Path("run")), processes, program, shown=False)


def gone(pids: list[int]) -> bool:
    """Waits until none of these processes is left."""
    alive = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    return not psutil.wait_procs(alive, timeout=15.0)[1]


# -- without starting anything ------------------------------------------------------------------


def test_a_process_of_torchrun_knows_its_number(monkeypatch):
    for name in ("RANK", "MASTER_ADDR"):
        monkeypatch.delenv(name, raising=False)
    assert rank() is None
    monkeypatch.setenv("RANK", "3")
    assert rank() is None  # other programs use this name, too
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    assert rank() == 3


@pytest.fixture
def started(monkeypatch):
    """What would be started, in place of starting it."""
    programs = []

    def start(folder, processes, program, *, shown):
        programs.append(program)
        return folder

    monkeypatch.setattr(launching, "LaunchedRun", start)
    return programs


def test_a_new_run_gets_its_folder_and_is_gone_on_with(tmp_path, config, started):
    path = tmp_path / "run"
    launch(path, processes=2, config=config, restarts=1)
    assert RunFolder(path).config == config
    (program,) = started
    assert program[-5:] == ["resnet_studio", "train", "--resume", str(path), "--json"]
    assert {"--nproc-per-node=2", "--max-restarts=1", "--standalone"} <= set(program)


def test_a_resumed_run_keeps_its_folder_and_may_change_its_recipe(tmp_path, config, started):
    path = tmp_path / "run"
    RunFolder(path).prepare(config)
    launch(path, processes=3, changes={"epochs": 9, "checkpoint_seconds": 2.5}, as_json=False)
    assert started[0][-4:] == ["--epochs", "9", "--checkpoint-seconds", "2.5"]


def test_what_cannot_be_launched_is_refused(tmp_path, config, started):
    path = tmp_path / "run"
    with pytest.raises(RunError, match="There is no run"):
        launch(path, processes=2)
    for processes in (0, 100_000):
        with pytest.raises(RunError, match="0; on this computer it must be at least 1"):
            launch(path, processes=processes, config=config)
    assert not path.exists()
    RunFolder(path).prepare(config)
    with pytest.raises(RunError, match="already holds a run"):
        launch(path, processes=2, config=config)
    assert started == []


# -- torchrun -----------------------------------------------------------------------------------


@posix
@pytest.mark.slow
def test_a_stop_ends_every_process_and_leaves_nothing(heard, monkeypatch):
    monkeypatch.setenv("RANK", "7")  # as in a process that torchrun itself has started
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with waiting(heard.port, "wait") as run:
        (first, threads), (second, _) = heard.two()
        assert threads == 1
        assert run.poll() is None
        assert run.wait(0.0) is None
        run.stop()
        assert run.wait(60.0) == 0
        run.stop()  # nothing happens any more
        assert run.error_text() == ""
    assert gone([first, second, run.pid])


@posix
@pytest.mark.slow
def test_processes_that_do_not_stop_are_killed(heard):
    run = waiting(heard.port, "ignore")
    (first, _), (second, _) = heard.two()
    assert run.close(0.2) == -signal.SIGKILL
    assert gone([first, second, run.pid])


@pytest.mark.slow
def test_what_the_processes_complain_of_is_kept(heard):
    with waiting(heard.port, "fail", processes=1) as run:
        assert run.wait(60.0) == 1
        assert run.error_text() == "process 0 has no data."


PARENT = """
import sys
from tests.training.test_launching import waiting
run = waiting(int(sys.argv[1]), "wait")
print(run.pid, flush=True)
sys.stdin.read()
"""


@posix
@pytest.mark.slow
def test_no_process_is_left_when_the_program_that_started_them_is_killed(heard):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(heard.port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        starter = int(parent.stdout.readline())
        (first, _), (second, _) = heard.two()
        parent.kill()
    assert gone([first, second, starter])


# -- whole runs ---------------------------------------------------------------------------------


def train(path: Path, config: RunConfig, **options: Any) -> LaunchedRun:
    return launch(path, processes=2, config=config, **options)


def steps_of(run: LaunchedRun) -> Iterator[int]:
    """Yields the steps as they appear in the run's folder, until its processes have ended."""
    stop = threading.Event()
    for event in follow(run.folder.path, stop=stop, poll_seconds=0.05):
        if isinstance(event, StepDone):
            yield event.step
        elif run.poll() is not None:
            stop.set()


def workers(run: LaunchedRun) -> list[psutil.Process]:
    """Returns the processes that train, by rank."""
    found = psutil.Process(run.pid).children()
    return sorted(found, key=lambda process: int(process.environ()["RANK"]))


LONG = {"epochs": 100_000, "checkpoint_seconds": 1.0, "validation_batch_size": 8}


@posix
@pytest.mark.slow
def test_sigterm_stops_both_processes_at_one_step_saved_and_one_process_goes_on(tmp_path, pictures):
    path = tmp_path / "run"
    with train(path, tiny_config(pictures, **LONG)) as run:
        steps = steps_of(run)
        assert next(step for step in steps if step >= 10)
        both = workers(run)
        # Some get it twice, as where a whole group of processes is told to end.
        both[1].terminate()
        run.stop()
        assert run.wait(60.0) == 0
        *_, last = steps
    assert gone([process.pid for process in both])
    status = run.folder.status()
    assert status.state == "stopped"
    assert status.step == last_state(path).position.step == last
    config = run.folder.config
    more = last // 4 + 2  # 4 steps an epoch
    config = config.model_copy(update={"recipe": config.recipe.replace(epochs=more)})
    events = list(fit(config, run_dir=path, resume=True))
    assert ended(events).outcome == "finished"
    assert of(RunStarted, events)[0].start_step == last


@posix
@pytest.mark.slow
def test_after_a_process_was_killed_the_run_goes_on_from_its_last_checkpoint(tmp_path, pictures):
    path = tmp_path / "run"
    config = tiny_config(pictures, epochs=40)
    with train(path, config, restarts=1) as run:
        steps = steps_of(run)
        assert next(step for step in steps if step >= 12)
        workers(run)[1].kill()
        assert run.wait(120.0) == 0
    assert run.folder.status().state == "finished"
    starts = [
        line["step"] for line in read_lines(run.folder.metrics_path) if line["event"] == "start"
    ]
    assert len(starts) == 2
    assert starts[1] > 0
    assert [step.step for step in run.folder.metrics().steps] == list(range(1, 161))


@posix
@pytest.mark.slow
def test_processes_whose_torchrun_was_killed_stop_saved(tmp_path, pictures):
    path = tmp_path / "run"
    with train(path, tiny_config(pictures, **LONG)) as run:
        assert next(step for step in steps_of(run) if step >= 10)
        both = workers(run)
        os.kill(run.pid, signal.SIGKILL)
        assert gone([process.pid for process in both])
    status = run.folder.status()
    assert status.state == "stopped"
    assert status.step == last_state(path).position.step


@pytest.mark.slow
def test_a_run_that_cannot_begin_says_why(tmp_path, pictures):
    config = tiny_config(pictures, spec=tiny_spec(classes=3))
    with train(tmp_path / "run", config) as run:
        assert run.wait(60.0) == 1
        assert "The network has 3 outputs" in run.error_text()


# -- the command line ---------------------------------------------------------------------------


def test_a_restarted_process_goes_on_with_the_run_that_it_would_begin(
    tmp_path, config, monkeypatch, capsys
):
    file, path = tmp_path / "config.toml", tmp_path / "run"
    file.write_text(config.to_toml(), encoding="utf-8")
    words = ["train", "--config", str(file), "--run-dir", str(path), "--json"]
    assert main([*words, "--epochs", "1"]) == 0
    assert main([*words, "--epochs", "2"]) == 1
    assert "already holds a run" in capsys.readouterr().err
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert main([*words, "--epochs", "2"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["start_step"] for event in events if event["event"] == "RunStarted"] == [4]


def test_processes_of_torchrun_that_name_no_folder_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    assert main(["train", "--data", "digits"]) == 1
    assert "Name it with --run-dir DIR." in capsys.readouterr().err
