from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from resnet_studio.errors import RunError
from resnet_studio.training import launching
from resnet_studio.training.launching import LaunchedRun, launch, rank
from resnet_studio.training.runs import RunFolder

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
    with pytest.raises(RunError, match="0 processes; it must be at least 1"):
        launch(path, processes=0, config=config)
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
