"""The cache folder: a limit, several users, damage, and disks that take nothing."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from resnet_studio.data.caches import DiskCache
from resnet_studio.settings import cache_dir


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_is_kept_is_found_again_by_any_program():
    DiskCache().put("thumbnails", "a", b"content")
    assert DiskCache().get("thumbnails", "a") == b"content"
    assert DiskCache().get("thumbnails", "b") is None
    assert DiskCache().get("headers", "a") is None
    assert len(files_in(cache_dir())) == 1
    DiskCache().clear()
    assert DiskCache().get("thumbnails", "a") is None
    assert DiskCache().used_bytes() == 0


@pytest.mark.parametrize("letter", [0xDCFF, 0xD800, 0])
def test_a_file_may_be_called_anything(letter):
    DiskCache().put("thumbnails", chr(letter), b"content")
    assert DiskCache().get("thumbnails", chr(letter)) == b"content"


def test_what_was_used_longest_ago_goes_first(monkeypatch):
    cache = DiskCache(1)
    for number in range(10):
        cache.put("t", str(number), bytes(90_000))
        path = cache._path("t", str(number))
        os.utime(path, (number * 10, number * 10))
    assert cache.get("t", "0") is not None  # used just now
    cache.put("t", "10", bytes(90_000))
    cache.put("t", "11", bytes(90_000))
    left = [number for number in range(12) if cache.get("t", str(number)) is not None]
    assert left[0] == 0
    assert 1 not in left
    assert {10, 11} < set(left)
    assert cache.used_bytes() <= 1_000_000


def test_a_lower_limit_holds_from_the_first_entry_on():
    DiskCache(5).put("t", "large", bytes(3_000_000))
    cache = DiskCache(1)
    cache.put("t", "small", b"1")
    assert cache.get("t", "large") is None
    assert cache.get("t", "small") == b"1"


def test_damaged_entries_are_as_if_missing_and_made_anew():
    cache = DiskCache()
    cache.put("t", "a", b"content")
    (path,) = files_in(cache.folder)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert cache.get("t", "a") is None
    cache.put("t", "a", b"content")
    assert cache.get("t", "a") == b"content"
    path.write_bytes(b"")
    assert cache.get("t", "a") is None


def test_a_folder_that_takes_nothing_is_said_once_and_does_not_matter(home):
    (home / "cache").write_text("a file where the folder should be")
    cache = DiskCache()
    cache.put("t", "a", b"content")
    assert cache.get("t", "a") is None
    assert str(home) in cache.problem
    said = cache.problem
    cache.put("t", "b", b"content")
    assert cache.problem is said
    assert cache.used_bytes() == 0
    cache.clear()


def test_a_limit_of_nothing_keeps_nothing():
    cache = DiskCache(0)
    cache.put("t", "a", b"content")
    assert cache.get("t", "a") is None
    assert not cache.folder.exists()


def test_temporary_files_of_killed_programs_are_swept_and_fresh_ones_kept():
    cache = DiskCache()
    cache.put("t", "a", b"content")
    folder = files_in(cache.folder)[0].parent
    for name, when in (("old.tmp", 0), ("new.tmp", None)):
        (folder / name).write_bytes(b"half")
        if when is not None:
            os.utime(folder / name, (when, when))
    cache.make_room()
    assert not (folder / "old.tmp").exists()
    assert (folder / "new.tmp").exists()


def test_programs_that_fill_and_clear_at_once_never_read_anything_wrong():
    wrong: list[object] = []

    def use(own: int) -> None:
        cache = DiskCache(1)
        for number in range(150):
            key = str(number % 20)
            cache.put("t", key, key.encode() * 5000)
            found = cache.get("t", key)
            if found not in (None, key.encode() * 5000):
                wrong.append(found)
            if number % 40 == own:
                cache.clear()
        if cache.problem:
            wrong.append(cache.problem)

    threads = [threading.Thread(target=use, args=(own,)) for own in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_read_only_folder_is_no_error(home):
    (home / "cache").mkdir()
    (home / "cache").chmod(0o500)
    cache = DiskCache()
    cache.put("t", "a", b"content")
    assert cache.problem
    (home / "cache").chmod(0o700)
