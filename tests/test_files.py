"""Files that survive: whole old or whole new, never between, and nothing left behind."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_studio.files import (
    atomic_write,
    give_second_name,
    read_plain,
    sha256_of,
    sweep_temporaries,
    write_bytes_atomic,
    write_text_atomic,
)


def test_bytes_and_text_are_written(tmp_path):
    write_bytes_atomic(tmp_path / "a.bin", b"\0\xff")
    write_text_atomic(tmp_path / "a.txt", "Größe 猫\n")
    assert (tmp_path / "a.bin").read_bytes() == b"\0\xff"
    assert (tmp_path / "a.txt").read_bytes() == "Größe 猫\n".encode()
    assert len(list(tmp_path.iterdir())) == 2


def test_the_folder_is_made(tmp_path):
    write_bytes_atomic(tmp_path / "new" / "er" / "a", b"1")
    assert (tmp_path / "new" / "er" / "a").read_bytes() == b"1"


def test_an_existing_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"a longer content than the new one")
    write_bytes_atomic(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail() -> None:
        with atomic_write(path) as temporary:
            temporary.write_bytes(b"half of the ne")
            raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError, match="luck"):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_is_there_until_the_body_ends(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with atomic_write(path) as temporary:
        temporary.write_bytes(b"new")
        assert path.read_bytes() == b"old"
        assert temporary.parent == path.parent
    assert path.read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
def test_a_kill_while_writing_keeps_the_old_file_and_the_rest_is_swept(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    code = (
        "import os, pathlib, signal, sys\n"
        "from resnet_studio.files import atomic_write\n"
        "with atomic_write(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_bytes(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2
    assert sweep_temporaries(tmp_path) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_sweeping_touches_nothing_else(tmp_path):
    for name in (".studio-notes", "a.tmp", "studio-1.tmp"):
        (tmp_path / name).write_bytes(b"")
    assert sweep_temporaries(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 3
    assert sweep_temporaries(tmp_path / "missing") == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_keeps_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def write_to_a_full_disk() -> None:
        with atomic_write(path) as temporary:
            temporary.unlink()
            temporary.symlink_to("/dev/full")
            temporary.write_bytes(b"new")

    with pytest.raises(OSError, match="No space"):
        write_to_a_full_disk()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_the_hash_is_that_of_all_bytes(tmp_path, size):
    content = os.urandom(size)
    (tmp_path / "a").write_bytes(content)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(content).hexdigest()


@pytest.mark.skipif(os.name == "nt", reason="permissions of Unix")
def test_a_file_has_the_permissions_that_the_person_gives_new_files(tmp_path):
    write_bytes_atomic(tmp_path / "a", b"1")
    (tmp_path / "b").write_bytes(b"1")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_small_plain_file_is_read_also_through_a_link(tmp_path):
    (tmp_path / "a").write_bytes(b"four")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert read_plain(tmp_path / "a", most=4) == b"four"
    assert read_plain(tmp_path / "link", most=4) == b"four"


def test_what_is_larger_than_it_may_be_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    with pytest.raises(OSError, match="more than 4 bytes"):
        read_plain(tmp_path / "a", most=4)


def test_pipes_devices_and_folders_are_refused_and_nothing_waits(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match="no plain file"):
            read_plain(path, most=10)


def test_a_pipe_that_takes_the_place_of_the_file_does_not_hang(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"1")
    status = (tmp_path / "file").stat()
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(Path, "stat", lambda *_: status)
    with pytest.raises(OSError, match="no plain file"):
        read_plain(tmp_path / "pipe", most=10)


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotADirectoryError) as caught:
        write_bytes_atomic(tmp_path / "file" / "a.bin", b"1")
    assert caught.value.filename == str(tmp_path / "file")


def test_a_second_name_stays_when_the_first_gets_another_file(tmp_path):
    write_bytes_atomic(tmp_path / "a", b"1")
    give_second_name(tmp_path / "a", tmp_path / "b")
    write_bytes_atomic(tmp_path / "a", b"2")
    assert (tmp_path / "b").read_bytes() == b"1"
    assert len(list(tmp_path.iterdir())) == 2


def test_where_a_disk_has_no_links_the_file_is_copied(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    write_bytes_atomic(tmp_path / "a", b"1")
    monkeypatch.setattr(os, "link", refuse)
    give_second_name(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"1"


def test_the_file_before_gets_its_name_only_when_the_new_one_is_whole(tmp_path):
    path, before = tmp_path / "a", tmp_path / "before"
    write_bytes_atomic(path, b"1")
    with atomic_write(path, before=before) as temporary:
        temporary.write_bytes(b"2")
        assert path.read_bytes() == b"1"
        assert not before.exists()
    assert (path.read_bytes(), before.read_bytes()) == (b"2", b"1")


def test_the_file_before_keeps_its_name_where_the_new_one_cannot_get_it(tmp_path, monkeypatch):
    path, before = tmp_path / "a", tmp_path / "before"
    write_bytes_atomic(path, b"1")
    real = Path.replace

    def fail(source: Path, target: Path) -> Path:
        if source.name.startswith(".studio-"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(source, target)

    def write() -> None:
        with atomic_write(path, before=before) as temporary:
            temporary.write_bytes(b"2")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="Input/output"):
        write()
    assert [each.name for each in tmp_path.iterdir()] == ["a"]
    assert path.read_bytes() == b"1"
