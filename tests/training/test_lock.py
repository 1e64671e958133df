from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from resnet_studio.errors import RunError
from resnet_studio.training.lock import FILE_NAME, acquire, in_use

HOLDER = """
import sys
from pathlib import Path
from resnet_studio.training.lock import acquire
lock = acquire(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_program(tmp_path):
    """Another program that has the lock of `tmp_path`."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_folder_is_in_use_while_its_lock_is_held(tmp_path):
    assert not in_use(tmp_path)
    lock = acquire(tmp_path)
    assert in_use(tmp_path)
    lock.release()
    assert not in_use(tmp_path)
    lock.release()  # a second time does nothing


def test_a_second_run_in_the_same_program_is_refused(tmp_path):
    lock = acquire(tmp_path)
    with pytest.raises(RunError, match=f"process {os.getpid()} on"):
        acquire(tmp_path)
    lock.release()
    acquire(tmp_path).release()


def test_another_program_is_refused_and_told_who_has_it(tmp_path, other_program):
    assert in_use(tmp_path)
    with pytest.raises(RunError, match=f"process {other_program.pid} on") as caught:
        acquire(tmp_path)
    assert caught.value.remedy


def test_the_lock_of_a_killed_program_is_free(tmp_path, other_program):
    other_program.send_signal(signal.SIGKILL)
    other_program.wait()
    assert (tmp_path / FILE_NAME).stat().st_size > 0  # it could not sign off
    assert not in_use(tmp_path)
    acquire(tmp_path).release()


def test_a_process_that_got_the_number_of_a_dead_one_is_not_the_owner(tmp_path):
    acquire(tmp_path).release()
    owner = {"pid": os.getpid(), "host": os.uname().nodename, "started": 1.0}
    (tmp_path / FILE_NAME).write_text(json.dumps(owner))
    assert not in_use(tmp_path)


def test_a_run_on_another_computer_counts_as_alive(tmp_path):
    owner = {"pid": 1, "host": "another-computer", "started": 1.0}
    (tmp_path / FILE_NAME).write_text(json.dumps(owner))
    assert in_use(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b"[1]", b'{"pid": "x", "host": 1}'])
def test_a_lock_file_that_says_nothing_is_nobodys(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    assert not in_use(tmp_path)
