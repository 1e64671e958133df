"""What is listed of folders in which one file has several names."""

from __future__ import annotations

import os

import numpy as np
import pytest

from resnet_studio.data.stores import FolderStore
from tests.data.folders import make_classes


def listed(root):
    walk = FolderStore(root).listing()
    while True:
        try:
            next(walk)
        except StopIteration as end:
            return end.value


def test_a_file_with_two_names_is_listed_once_and_the_other_name_is_told(tmp_path):
    root = make_classes(tmp_path / "pets", {"cats": 2, "dogs": 2})
    (root / "dogs" / "again.png").hardlink_to(root / "cats" / "0.png")
    (root / "cats" / "twin.png").hardlink_to(root / "cats" / "1.png")
    (root / "dogs" / "linked.png").symlink_to(root / "cats" / "1.png")
    found = listed(root)
    assert sorted(found.pictures) == ["cats/0.png", "cats/1.png", "dogs/0.png", "dogs/1.png"]
    assert [(problem.file, problem.reason) for problem in found.problems] == [
        ("cats/twin.png", "it is the same file as cats/1.png"),
        ("dogs/again.png", "it is the same file as cats/0.png"),
        ("dogs/linked.png", "it is a link to a picture that is listed already"),
    ]


def test_a_second_name_outside_of_the_folder_is_no_matter(tmp_path):
    root = make_classes(tmp_path / "pets", {"cats": 2, "dogs": 2})
    (tmp_path / "kept.png").hardlink_to(root / "cats" / "0.png")
    found = listed(root)
    assert len(found.pictures) == 4
    assert found.problems == []


def test_files_to_which_a_file_system_gives_one_number_are_all_listed(tmp_path, monkeypatch):
    root = make_classes(tmp_path / "pets", {"cats": 3, "dogs": 3})
    (root / "cats" / "twin.png").hardlink_to(root / "cats" / "1.png")

    class OneNumber:
        """An entry of a folder as a careless file system tells of it."""

        def __init__(self, entry):
            self._entry = entry

        def inode(self):
            return 1

        def __getattr__(self, name):
            return getattr(self._entry, name)

    class Scan(list):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            """Nothing is open."""

    whole = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: Scan(OneNumber(each) for each in whole(path)))
    assert len(listed(root).pictures) == 7


@pytest.mark.parametrize("seed", range(3))
def test_the_walk_of_any_tree_lists_every_file_once(tmp_path, seed):
    """Against rglob, on trees with links of both kinds made at random."""
    rng = np.random.default_rng(seed)
    root = tmp_path / "tree"
    folders, files = [root], []
    root.mkdir()
    for number in range(60):
        place = folders[rng.integers(len(folders))] / f"{number}"
        kind = rng.choice(["folder", "file", "file", "hard", "soft", "loop"])
        if kind == "folder":
            place.mkdir()
            folders.append(place)
        elif kind == "file" or not files:
            place.with_suffix(".png").write_bytes(bytes([number]))
            files.append(place.with_suffix(".png"))
        elif kind == "hard":
            place.with_suffix(".png").hardlink_to(files[rng.integers(len(files))])
        elif kind == "soft":
            place.with_suffix(".png").symlink_to(files[rng.integers(len(files))])
        else:
            place.symlink_to(folders[rng.integers(len(folders))])
    found = listed(root)
    inodes = {path.stat().st_ino for path in root.rglob("*.png")}
    assert len(found.pictures) == len(inodes)
    assert {(root / name).stat().st_ino for name in found.pictures} == inodes
