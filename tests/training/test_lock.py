from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from resnet_studio.errors import RunError
from resnet_studio.training import lock as locks
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


def sign(folder, **changes: object) -> None:
    """Writes a lock file as this very process would, but for the changes."""
    mine = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": psutil.Process().create_time(),
    }
    (folder / FILE_NAME).write_text(json.dumps(mine | changes))


def test_a_torn_lock_file_does_not_let_a_second_program_in(tmp_path, other_program):
    (tmp_path / FILE_NAME).write_bytes(b'{"pid": 12')
    with pytest.raises(RunError, match="trained by another program"):
        acquire(tmp_path)
    other_program.kill()
    other_program.wait()
    acquire(tmp_path).release()


@pytest.fixture
def no_locks(monkeypatch):
    """A network disk that knows no locks."""

    def refuse(_file: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(locks, "_lock", refuse)
    monkeypatch.setattr(locks, "_unlock", refuse)


def test_without_locks_of_the_disk_the_name_in_the_file_decides(tmp_path, no_locks):
    lock = acquire(tmp_path)
    with pytest.raises(RunError, match=f"process {os.getpid()} on") as caught:
        acquire(tmp_path)
    assert FILE_NAME in caught.value.remedy
    lock.release()
    acquire(tmp_path).release()


def test_without_locks_of_the_disk_a_program_on_another_computer_is_not_disturbed(
    tmp_path, no_locks
):
    sign(tmp_path, host="another-computer")
    before = (tmp_path / FILE_NAME).read_text()
    with pytest.raises(RunError, match="on another-computer"):
        acquire(tmp_path)
    assert (tmp_path / FILE_NAME).read_text() == before


@pytest.mark.parametrize("stale", [{"started": 1.0}, {"pid": 2**30}])
def test_without_locks_of_the_disk_a_dead_program_is_in_nobodys_way(tmp_path, no_locks, stale):
    sign(tmp_path, **stale)
    acquire(tmp_path).release()


class Refusing:
    """A file whose disk fails in everything."""

    closed = False

    def truncate(self, _size: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    fileno = truncate

    def close(self) -> None:
        self.closed = True
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_lock_is_given_free_whatever_the_disk_says(monkeypatch):
    file = Refusing()
    monkeypatch.setattr(locks, "_unlock", lambda file: file.truncate(0))
    locks.RunLock(file).release()
    assert file.closed


def test_a_lock_that_cannot_be_signed_is_not_kept(tmp_path, monkeypatch):
    before = psutil.Process().num_fds()

    def full(_file: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as context:
        context.setattr(locks, "_sign", full)
        with pytest.raises(OSError, match="No space"):
            acquire(tmp_path)
    assert psutil.Process().num_fds() == before
    acquire(tmp_path).release()


LEAVING_A_COPY = """
import os, signal, sys
from pathlib import Path
from resnet_studio.training.lock import acquire
lock = acquire(Path(sys.argv[1]))
if os.fork() == 0:
    print(os.getpid(), flush=True)
    signal.pause()
os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no programs")
def test_a_worker_that_outlives_its_killed_program_does_not_keep_the_lock(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", LEAVING_A_COPY, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        copy = int(process.stdout.readline())
        assert in_use(tmp_path)
        with pytest.raises(RunError):
            acquire(tmp_path)
        process.kill()
        process.wait()
        try:
            acquire(tmp_path).release()
        finally:
            os.kill(copy, signal.SIGKILL)
