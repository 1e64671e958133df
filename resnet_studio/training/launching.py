"""Starts a run in several processes of this computer, by torchrun, and watches over them.

The run's folder says what is trained; the processes go on with whatever is in it, so torchrun may
start all of them again after one has died. What happens is read from the folder (`following`).

No process outlives its purpose: this program holds a pipe to torchrun, whose end tells torchrun
to stop; torchrun stops the processes, and these stop by themselves, with a checkpoint, when
torchrun is gone (`World.deserted`).

No torch here: the window is shown before it is loaded.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

import psutil

from resnet_studio.errors import RunError
from resnet_studio.training.config import RunConfig
from resnet_studio.training.runs import RunFolder

STOP_SECONDS: Final = 30.0
"""How long a run may take to save and end, before its processes are killed."""
# Far more than is of use; beyond, a slip of the finger would take all of the computer's memory.
_PROCESSES_PER_CORE: Final = 4
_TAIL_BYTES: Final = 1 << 14
_TAIL_LINES: Final = 8
_COMPLAINT: Final = "resnet-studio: "


def rank() -> int | None:
    """Returns this process's number among those that torchrun started; None without torchrun."""
    if "MASTER_ADDR" not in os.environ:
        return None
    try:
        return int(os.environ["RANK"])
    except (KeyError, ValueError):
        return None


class LaunchedRun:
    """A run that trains in other processes of this computer.

    Attributes:
        folder: Its folder; `folder.status()` says how it ended.
        processes: How many share the work.
    """

    def __init__(
        self, folder: RunFolder, processes: int, program: Sequence[str], *, shown: bool
    ) -> None:
        """Starts them.

        Raises:
            RunError: If no process can be started.
        """
        self.folder = folder
        self.processes = processes
        self._errors: IO[bytes] | None = None if shown else tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "resnet_studio.training.launching", *program],
                stdin=subprocess.PIPE,
                stdout=None if shown else subprocess.DEVNULL,
                stderr=self._errors,
                env=_environment(),
                # Ctrl+C in the terminal is for this program, which then asks the run to stop.
                start_new_session=True,
            )
        except OSError as error:
            self._close_errors()
            raise RunError(
                f"The processes of the run could not be started: {error.strerror or error}.",
                remedy="Close other programs and try again.",
            ) from error

    @property
    def pid(self) -> int:
        """Number of the process that started the others."""
        return self._process.pid

    def poll(self) -> int | None:
        """Returns the exit code, 0 if the run finished or was stopped; None while it goes on."""
        return self._process.poll()

    def stop(self) -> None:
        """Asks all processes to stop after the present step, with a checkpoint; does not wait."""
        if self._process.poll() is None:
            self._process.terminate()

    def wait(self, seconds: float | None = None) -> int | None:
        """Waits until the run has ended; returns the exit code, None if the time was too short."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self, seconds: float = STOP_SECONDS) -> int:
        """Stops the run, waits, and kills what has not ended then; nothing is left behind.

        Returns:
            The exit code.
        """
        self.stop()
        code = self.wait(seconds)
        if code is None:
            code = self._kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._close_errors()
        return code

    def error_text(self) -> str:
        """Returns why the run failed: a process's own sentence, else the last lines of all.

        Empty while it goes on, if it ended well, and once it is closed.
        """
        if self._errors is None or self._errors.closed or self.poll() in {None, 0}:
            return ""
        end = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, end - _TAIL_BYTES))
        lines = self._errors.read().decode("utf-8", "replace").splitlines()
        told = [line.removeprefix(_COMPLAINT) for line in lines if line.startswith(_COMPLAINT)]
        return told[-1] if told else "\n".join(lines[-_TAIL_LINES:])

    def _kill(self) -> int:
        """Kills the processes and waits for the one that started them."""
        with contextlib.suppress(psutil.NoSuchProcess):
            # First the one that would start them anew.
            others = psutil.Process(self.pid).children(recursive=True)  # type: ignore[no-untyped-call]
            self._process.kill()
            for process in others:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        return self._process.wait()

    def _close_errors(self) -> None:
        if self._errors is not None:
            self._errors.close()

    def __enter__(self) -> LaunchedRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_processes(processes: int) -> None:
    """Refuses a number of processes that makes no sense on this computer.

    Raises:
        RunError: Naming the number and its range.
    """
    most = _PROCESSES_PER_CORE * (os.cpu_count() or 1)
    if not 1 <= processes <= most:
        raise RunError(
            f"processes is {processes:,}; on this computer it must be at least 1 and at most "
            f"{most}.",
            remedy="One process for each GPU, or a few for a processor with many cores.",
        )


def launch(
    run_dir: Path,
    *,
    processes: int,
    config: RunConfig | None = None,
    changes: Mapping[str, Any] | None = None,
    restarts: int = 0,
    shown: bool = False,
    as_json: bool = True,
) -> LaunchedRun:
    """Starts or resumes a run in several processes of this computer.

    Args:
        run_dir: Folder of the run.
        processes: How many; each takes an even part of every batch.
        config: A new run, whose folder is made; None goes on with the one in `run_dir`.
        changes: Fields of the recipe that are changed when a run is resumed.
        restarts: How often all processes are started again, from the last checkpoint, after one
            has died or failed.
        shown: Whether they write to this program's output; else what they complain of is kept
            for `LaunchedRun.error_text`.
        as_json: Whether that output is lines of JSON.

    Raises:
        RunError: If there is no such run, the folder holds another one already, or no process
            can be started.
    """
    check_processes(processes)
    folder = RunFolder(run_dir)
    if config is not None:
        folder.prepare(config)
    elif not folder.exists:
        raise RunError(
            f"There is no run in {run_dir} to resume.",
            remedy="Choose the folder of a run, the one that contains run.toml.",
        )
    words = ["train", "--resume", str(run_dir.absolute()), *(["--json"] if as_json else [])]
    for field, value in (changes or {}).items():
        words += [f"--{field.replace('_', '-')}", str(value)]
    return LaunchedRun(
        folder, processes, _torchrun(processes, restarts, "resnet_studio", words), shown=shown
    )


def _torchrun(processes: int, restarts: int, module: str, words: Sequence[str]) -> list[str]:
    """Returns the arguments of torchrun for processes that meet on this computer only."""
    return [
        "--standalone",
        # Else the computer's own name is looked up, which not every network answers.
        "--local-addr=127.0.0.1",
        f"--nproc-per-node={processes}",
        f"--max-restarts={restarts}",
        "--module",
        module,
        *words,
    ]


def _environment() -> dict[str, str]:
    """Returns the environment without what this process itself may have from a torchrun."""
    given = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in given and not name.startswith(("LOCAL_", "GROUP_", "ROLE_", "TORCHELASTIC_"))
    }
    # torchrun would set it and warn; `distributed.join` then divides the cores.
    return {"OMP_NUM_THREADS": "1", **kept}


def _stop_with_parent() -> None:
    """Ends this process as SIGTERM does once the program that started it is gone."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def main(arguments: Sequence[str]) -> int:
    """Is torchrun, but for its tracebacks, and stops when the program that started it is gone."""
    _stop_with_parent()
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    try:
        run.main(list(arguments))
    except SignalException:
        return 0  # the processes have stopped, each with exit code 0
    except ChildFailedError:
        return 1  # they have said why
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
