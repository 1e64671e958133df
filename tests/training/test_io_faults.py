"""Every file operation of a save fails once, at the operating system, in seven ways."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.training.io_faults import KINDS

COMPILER = shutil.which("cc")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or COMPILER is None, reason="needs LD_PRELOAD and a C compiler"
)
BEFORE, AFTER = [2, 0], [2, 1]  # steps and epochs of the checkpoint that was there, and of the new
CRASHES = {"crash", "torn by a crash"}
FULL = {"no space", "no quota", "torn write"}


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("library") / "failing.so"
    source = Path(__file__).with_name("failing.c")
    subprocess.run(
        [COMPILER, "-shared", "-fPIC", "-O1", "-o", path, source, "-ldl"],
        check=True,
        capture_output=True,
    )
    return path


def check_faults(tmp_path, library, strides: dict[str, int]) -> Counter[tuple[str, str]]:
    """Makes calls of each kind fail, every so manyth; returns how many of each kind and name."""
    program = [sys.executable, "-m", "tests.training.io_faults", tmp_path]
    done = subprocess.run(
        [*program, *(str(strides[kind]) for kind in KINDS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        env=os.environ | {"LD_PRELOAD": str(library)},
    )
    assert done.returncode == 0, done.stderr
    whole, *lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(whole["operations"]) > 60  # else the library does not see the calls
    for line in lines:
        check(line, whole["whole"])
    return Counter((line["kind"], line["operation"]) for line in lines)


def check(line: dict, whole: str) -> None:
    """Checks what one fault did to a run."""
    assert line["listing"] == "", line
    assert line["problems"] == [], line  # nothing half-written has a final name
    assert line["loaded"] in (BEFORE, AFTER), line
    if line["kind"] in CRASHES:
        assert line["killed"], line
        assert line["acknowledged"] == BEFORE[0], line
    else:
        # Some failures are borne, as that of making a folder that is there.
        assert line["loaded"] == AFTER or line["told"] != "CheckpointSaved", line
        wanted = {"CheckpointSaved", "Paused" if line["kind"] in FULL else "Warned"}
        if line["operation"] == "seek":
            wanted.add("Warned")  # Python hides the number; no real disk is too full to seek
        assert line["told"] in wanted, line
    assert line["outcome"] == "finished", line
    assert line["identity"] == whole, line
    assert line["both"], line
    assert line["strays"] == [], line
    assert line["torn lines"] == 0, line


@pytest.mark.slow
def test_a_save_whose_calls_fail_here_and_there_loses_nothing(tmp_path, library):
    strides = dict.fromkeys(KINDS, 67) | {"torn write": 9, "torn by a crash": 9}
    counts = check_faults(tmp_path, library, strides)
    assert {kind for kind, _ in counts} == set(KINDS)


@pytest.mark.slow
def test_a_save_each_of_whose_calls_fails_loses_nothing(tmp_path, library):
    strides = {"no space": 2, "no quota": 12, "i/o error": 1, "read-only": 12, "crash": 1}
    counts = check_faults(tmp_path, library, strides | {"torn write": 1, "torn by a crash": 1})
    for kind, name in sorted(counts):
        sys.stdout.write(f"{kind:16} {name:8} {counts[kind, name]:4}\n")
    names = {name for _, name in counts}
    assert {"open", "write", "fsync", "close", "rename", "mkdir", "stat", "chmod"} <= names
    assert counts.total() > 300
