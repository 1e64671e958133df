"""A Python process of its own, for what cannot be interrupted or must not see this program."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from resnet_studio.errors import Cancelled, ExportError
from resnet_studio.export.progress import Asked

_TICK_SECONDS = 0.1
_SHOWN = 300


def run_python(
    arguments: Sequence[str], *, folder: Path, seconds: float, cancelled: Asked, what: str
) -> Generator[None, None, str]:
    """Runs `python ARGUMENTS` in `folder` and returns what it printed.

    It computes with as many threads as torch does here, so that it gets the same bits. The
    process ends with this generator, also when that is closed half-way.

    Args:
        arguments: What follows the name of the interpreter.
        folder: Working directory.
        seconds: After which it is stopped.
        cancelled: Asked ten times a second.
        what: The program in words, for messages: "The exported script".

    Yields:
        None, ten times a second.

    Raises:
        Cancelled: If `cancelled` said so.
        ExportError: If it fails or takes too long; with the last line that it wrote.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    with process:
        try:
            output, complaints = yield from _waited(process, seconds, cancelled, what)
        finally:
            if process.poll() is None:
                process.kill()
    if process.returncode != 0:
        raise ExportError(f"{what} failed: {_last_line(complaints or output)}")
    return output


def _waited(
    process: subprocess.Popen[str], seconds: float, cancelled: Asked, what: str
) -> Generator[None, None, tuple[str, str]]:
    deadline = time.monotonic() + seconds
    while True:
        if cancelled():
            raise Cancelled
        try:
            return process.communicate(timeout=_TICK_SECONDS)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise ExportError(f"{what} did not end within {seconds:,.0f} s.") from None
        yield


def _environment() -> dict[str, str]:
    import torch

    return {
        **os.environ,
        "OMP_NUM_THREADS": str(torch.get_num_threads()),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:_SHOWN] if lines else "it said nothing"
