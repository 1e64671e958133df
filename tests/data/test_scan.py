"""Folders and archives of class folders: what counts, what is left out and why."""

from __future__ import annotations

import os
import random
import shutil
import socket
import stat
import unicodedata
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.data import stores
from resnet_studio.data.imaging import UnreadablePictureError
from resnet_studio.data.scan import (
    FolderScan,
    ScanProgress,
    keep_only,
    open_file,
    scan_folder,
)
from resnet_studio.data.stores import FolderStore, ZipStore, open_store
from resnet_studio.errors import DataError
from tests.data.folders import colour, make_classes, make_zip
from tests.data.pictures import encoded, gradient

TWO = {"cats": 3, "dogs": 2}


def scanned(path: Path) -> FolderScan:
    progress = scan_folder(path)
    while True:
        try:
            assert isinstance(next(progress), ScanProgress)
        except StopIteration as end:
            return end.value


def refusal(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        scanned(path)
    assert caught.value.remedy
    return caught.value


def reasons(scan: FolderScan) -> dict[str, str]:
    return {problem.file: problem.reason for problem in scan.problems}


# What counts


def test_folders_are_classes_in_alphabetical_order(tmp_path):
    scan = scanned(make_classes(tmp_path, {"dogs": 2, "cats": 3, "Ants": 1}))
    assert scan.classes == ("Ants", "cats", "dogs")
    assert scan.files == (
        *("Ants/0.png", "cats/0.png", "cats/1.png", "cats/2.png"),
        *("dogs/0.png", "dogs/1.png"),
    )
    assert scan.labels.tolist() == [0, 1, 1, 1, 2, 2]
    assert scan.labels.dtype == np.int64
    assert (scan.sizes == 4).all()
    assert scan.held_out is None
    assert scan.problems == ()


def test_the_order_does_not_depend_on_the_disk(tmp_path):
    names = [f"{number:02}.png" for number in range(30)]
    for folder, seed in (("one", 1), ("two", 2)):
        shuffled = random.Random(seed).sample(names, len(names))
        for name in shuffled:
            for cls in ("b", "a"):
                (tmp_path / folder / cls).mkdir(parents=True, exist_ok=True)
                (tmp_path / folder / cls / name).write_bytes(colour(1))
    one, two = scanned(tmp_path / "one"), scanned(tmp_path / "two")
    assert one.files == two.files
    assert one.files[:30] == tuple(f"a/{name}" for name in names)


def test_subfolders_count_to_their_class(tmp_path):
    make_classes(tmp_path, {"cats": 1, "dogs": 1, "cats/tabby/indoors": 2})
    scan = scanned(tmp_path)
    assert scan.classes == ("cats", "dogs")
    assert scan.labels.tolist() == [0, 0, 0, 1]


def test_suffixes_count_whatever_their_case(tmp_path):
    make_classes(tmp_path, TWO)
    (tmp_path / "cats" / "SHOUT.PnG").write_bytes(colour(9))
    assert "cats/SHOUT.PnG" in scanned(tmp_path).files


def test_names_keep_their_unicode_form(tmp_path):
    composed, taken_apart = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    scan = scanned(make_classes(tmp_path, {composed: 1, "猫 🐈": 1, "Ñandú": 1}))
    assert set(scan.classes) == {composed, "猫 🐈", "Ñandú"}
    scan = scanned(make_classes(tmp_path / "more", {taken_apart: 1, "b": 1}))
    assert taken_apart in scan.classes


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no case")
def test_classes_that_look_alike_stay_apart_and_are_listed(tmp_path):
    composed, taken_apart = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    scan = scanned(make_classes(tmp_path, {"cats": 1, "Cats": 1, composed: 1, taken_apart: 1}))
    assert len(scan.classes) == 4
    assert reasons(scan) == {
        "cats": "its name looks like that of the class Cats",
        composed: f"its name looks like that of the class {taken_apart}",
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_name_that_is_no_unicode_is_escaped(tmp_path):
    make_classes(tmp_path, TWO)
    odd = os.fsdecode(b"caf\xe9")
    make_classes(tmp_path, {odd: 1})
    scan = scanned(tmp_path)
    assert r"caf\xe9" in scan.classes
    for name in scan.classes:
        name.encode("utf-8")
    position = scan.classes.index(r"caf\xe9")
    file = scan.files[scan.labels.tolist().index(position)]
    assert open_file(FolderStore(tmp_path), file).name == r"caf\xe9/0.png"


def test_a_folder_that_only_wraps_another_is_stepped_over(tmp_path):
    make_classes(tmp_path / "archive" / "pictures", TWO)
    assert scanned(tmp_path).classes == ("cats", "dogs")


def test_class_folders_named_by_a_relative_path(tmp_path, monkeypatch):
    make_classes(tmp_path / "set", TWO)
    monkeypatch.chdir(tmp_path / "set")
    scan = scanned(Path())
    assert (scan.name, scan.classes) == ("set", ("cats", "dogs"))


# Data sets that come divided


@pytest.mark.parametrize(
    ("train", "validation"), [("train", "val"), ("Training", "VALID"), ("train", "validation")]
)
def test_train_and_validation_folders_are_used(tmp_path, train, validation):
    make_classes(tmp_path / train, TWO)
    make_classes(tmp_path / validation, {"cats": 1, "dogs": 1})
    scan = scanned(tmp_path)
    assert scan.classes == ("cats", "dogs")
    assert scan.held_out is not None
    held = [file for file, out in zip(scan.files, scan.held_out, strict=True) if out]
    assert held == [f"{validation}/cats/0.png", f"{validation}/dogs/0.png"]


@pytest.mark.parametrize("others", [["val", "test"], ["TESTING"], ["valid", "Test"]])
def test_a_test_folder_is_kept_apart_from_validation(tmp_path, others):
    for side in ("train", *others):
        make_classes(tmp_path / side, TWO)
    scan = scanned(tmp_path)
    assert scan.test is not None
    kept = [file for file, out in zip(scan.files, scan.test, strict=True) if out]
    assert len(kept) == 5
    assert all(file.startswith(f"{others[-1]}/") for file in kept)
    if len(others) == 1:
        assert scan.held_out is None
    else:
        assert scan.held_out is not None
        assert (scan.held_out.sum(), (scan.held_out & scan.test).sum()) == (5, 0)
    assert scan.problems == ()


def test_of_two_validation_folders_one_is_used(tmp_path):
    for side in ("train", "val", "validation"):
        make_classes(tmp_path / side, TWO)
    scan = scanned(tmp_path)
    assert not any(file.startswith("validation/") for file in scan.files)
    assert reasons(scan)["validation"] == "it is not used: val is used"


def test_classes_that_are_on_one_side_only_are_listed(tmp_path):
    make_classes(tmp_path / "train", {**TWO, "fish": 1})
    make_classes(tmp_path / "val", {**TWO, "birds": 1})
    scan = scanned(tmp_path)
    assert scan.classes == ("cats", "dogs", "fish")
    assert reasons(scan)["val/birds"] == "the class is missing from train"
    assert reasons(scan)["train/fish"] == "the class is missing from val"


@pytest.mark.parametrize("flat", [0, 3])
def test_a_test_set_without_class_folders_is_not_used(tmp_path, flat):
    make_classes(tmp_path, {"train/cats": 3, "train/dogs": 2, "test": flat})
    scan = scanned(tmp_path)
    assert scan.classes == ("cats", "dogs")
    assert (scan.held_out, scan.test) == (None, None)
    assert reasons(scan) == {"test": "it is not used: it has no class folders"}


def test_a_class_called_train_is_a_class(tmp_path):
    assert scanned(make_classes(tmp_path, {"train": 2, "val": 1, "car": 2})).held_out is None
    scan = scanned(make_classes(tmp_path / "flat", {"train": 2, "test": 2}))
    assert scan.classes == ("test", "train")


# What is left out


def test_an_empty_class_is_listed_and_left_out(tmp_path):
    make_classes(tmp_path, {**TWO, "birds": 0, "fish/inner": 0})
    scan = scanned(tmp_path)
    assert scan.classes == ("cats", "dogs")
    assert scan.labels.max() == 1
    assert reasons(scan) == {
        "birds": "the class has no picture",
        "fish": "the class has no picture",
    }


def test_stray_files_at_the_top_are_listed(tmp_path):
    make_classes(tmp_path, TWO)
    (tmp_path / "stray.png").write_bytes(colour(1))
    (tmp_path / "README.txt").write_text("about")
    scan = scanned(tmp_path)
    assert "stray.png" not in scan.files
    assert reasons(scan) == {
        "stray.png": "it lies outside the class folders",
        "README.txt": "it is not a picture",
    }


def test_many_stray_files_are_counted(tmp_path):
    make_classes(tmp_path, TWO)
    for number in range(25):
        (tmp_path / f"{number}.png").write_bytes(colour(1))
        (tmp_path / f"{number}.csv").write_text("1")
    scan = scanned(tmp_path)
    assert len(scan.problems) == 2 * (20 + 1)
    texts = " ".join(str(problem) for problem in scan.problems)
    assert "5 more pictures lie outside the class folders" in texts
    assert "5 files are not pictures (.csv)" in texts


def test_other_files_inside_a_class_are_counted_but_a_single_one_is_named(tmp_path):
    make_classes(tmp_path, TWO)
    for name in ("a.txt", "b.txt", "c.heic", "noend"):
        (tmp_path / "cats" / name).write_text("x")
    (tmp_path / "dogs" / "one.doc").write_text("x")
    assert reasons(scanned(tmp_path)) == {
        "cats": "4 files are not pictures (.heic, .txt, no suffix)",
        "dogs/one.doc": "it is not a picture",
    }


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no case")
def test_what_is_only_remarked_on_is_told_from_what_is_left_out(tmp_path):
    make_classes(tmp_path, {"train/cats": 2, "train/Cats": 2, "train/fish": 1})
    make_classes(tmp_path, {"val/cats": 1, "val/Cats": 1, "val/birds": 1})
    (tmp_path / "train" / "cats" / "fake.png").write_text("no picture at all")
    problems = {problem.file: problem for problem in scanned(tmp_path).problems}
    assert {file for file, each in problems.items() if each.left_out} == {
        "train/cats/fake.png",
        "val/birds",
    }
    assert {file for file, each in problems.items() if not each.left_out} == {"cats", "train/fish"}
    assert "in its place" in problems["train/cats/fake.png"].remedy


def test_hidden_and_system_entries_are_passed_over_in_silence(tmp_path):
    make_classes(tmp_path, {**TWO, ".cache": 1, "__MACOSX": 1, "@eaDir": 1, "cats/.git": 1})
    for name in ("Thumbs.db", ".DS_Store", "desktop.ini", ".hidden.png"):
        (tmp_path / "cats" / name).write_bytes(b"x")
    scan = scanned(tmp_path)
    assert len(scan.files) == 5
    assert scan.problems == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"hello", "it is a text file"),
        (colour(1)[:20], "it is cut off; its end is missing"),
    ],
)
def test_broken_pictures_are_listed_with_the_reason(tmp_path, content, reason):
    make_classes(tmp_path, TWO)
    (tmp_path / "cats" / "bad.png").write_bytes(content)
    scan = scanned(tmp_path)
    assert "cats/bad.png" not in scan.files
    assert len(scan.files) == 5
    assert reasons(scan) == {"cats/bad.png": reason}
    assert scan.problems[0].remedy


def test_a_class_of_broken_pictures_is_left_out(tmp_path):
    make_classes(tmp_path, {**TWO, "birds": 1})
    (tmp_path / "birds" / "0.png").write_bytes(b"")
    scan = scanned(tmp_path)
    assert scan.classes == ("cats", "dogs")
    assert scan.labels.tolist() == [0, 0, 0, 1, 1]
    assert reasons(scan)["birds"] == "the class has no picture that can be opened"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_and_sockets_are_listed_and_not_opened(tmp_path, monkeypatch):
    make_classes(tmp_path, TWO)
    os.mkfifo(tmp_path / "cats" / "pipe.png")
    os.mkfifo(tmp_path / "cats" / "pipe")
    monkeypatch.chdir(tmp_path / "cats")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.jpg")
    what = "it is not a plain file but a pipe, socket or device"
    assert reasons(scanned(tmp_path)) == {"cats/pipe.png": what, "cats/socket.jpg": what}


def test_a_folder_that_may_not_be_read_is_listed(tmp_path, as_nobody):
    make_classes(tmp_path, {**TWO, "secret": 1})
    (tmp_path / "secret").chmod(0)
    with as_nobody(tmp_path):
        found = reasons(scanned(tmp_path))
    (tmp_path / "secret").chmod(0o755)
    assert "cannot be read" in found["secret"]


def test_a_picture_that_may_not_be_read_is_listed(tmp_path, as_nobody):
    make_classes(tmp_path, TWO)
    (tmp_path / "cats" / "0.png").chmod(0)
    with as_nobody(tmp_path):
        assert reasons(scanned(tmp_path)) == {"cats/0.png": "you have no permission to read it"}


# Links


def test_links_that_lead_in_circles_end(tmp_path):
    make_classes(tmp_path / "set", TWO)
    (tmp_path / "set" / "cats" / "self").symlink_to(".", target_is_directory=True)
    (tmp_path / "set" / "cats" / "top").symlink_to("..", target_is_directory=True)
    (tmp_path / "set" / "cats" / "above").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "set" / "dogs" / "other").symlink_to("../cats", target_is_directory=True)
    (tmp_path / "set" / "loop").symlink_to("loop")
    scan = scanned(tmp_path / "set")
    assert len(scan.files) == 5
    back = "the link leads back into the data set"
    assert reasons(scan) == {
        **dict.fromkeys(["cats/self", "cats/top", "cats/above", "dogs/other"], back),
        "loop": "the link leads nowhere",
    }


def test_a_link_out_of_the_folder_is_followed_once(tmp_path):
    make_classes(tmp_path / "pool", {"inner": 2})
    (tmp_path / "pool" / "inner" / "round").symlink_to("..", target_is_directory=True)
    make_classes(tmp_path / "set", TWO)
    for name in ("a", "b"):
        (tmp_path / "set" / "cats" / name).symlink_to(tmp_path / "pool", target_is_directory=True)
    scan = scanned(tmp_path / "set")
    assert [file for file in scan.files if "inner" in file] == [
        "cats/a/inner/0.png",
        "cats/a/inner/1.png",
    ]
    assert set(reasons(scan)) == {"cats/b", "cats/a/inner/round"}


def test_class_folders_may_be_links(tmp_path):
    make_classes(tmp_path / "pool", TWO)
    (tmp_path / "set").mkdir()
    for name in TWO:
        (tmp_path / "set" / name).symlink_to(tmp_path / "pool" / name, target_is_directory=True)
    scan = scanned(tmp_path / "set")
    assert scan.classes == ("cats", "dogs")
    assert scan.problems == ()


def test_links_to_a_hidden_folder_inside_are_followed(tmp_path):
    make_classes(tmp_path, {".pool/cats": 2, ".pool/dogs": 1})
    for name in ("cats", "dogs"):
        (tmp_path / name).symlink_to(f".pool/{name}", target_is_directory=True)
    assert len(scanned(tmp_path).files) == 3


def test_a_linked_picture_counts_once_and_in_its_own_place(tmp_path):
    make_classes(tmp_path, TWO)
    (tmp_path / "cats" / "a-dog.png").symlink_to("../dogs/0.png")
    (tmp_path / "outside.png").write_bytes(colour(5))
    (tmp_path / "outside.png").rename(tmp_path.parent / f"{tmp_path.name}.png")
    outside = tmp_path.parent / f"{tmp_path.name}.png"
    (tmp_path / "cats" / "in.png").symlink_to(outside)
    (tmp_path / "dogs" / "in.png").symlink_to(outside)
    scan = scanned(tmp_path)
    assert "dogs/0.png" in scan.files
    assert "cats/in.png" in scan.files
    listed = "it is a link to a picture that is listed already"
    assert reasons(scan) == {"cats/a-dog.png": listed, "dogs/in.png": listed}


def test_links_that_lead_nowhere_are_listed(tmp_path):
    make_classes(tmp_path, TWO)
    (tmp_path / "cats" / "gone.png").symlink_to("nowhere.png")
    assert reasons(scanned(tmp_path)) == {"cats/gone.png": "the link leads nowhere"}


def test_endless_nesting_is_cut(tmp_path):
    make_classes(tmp_path, TWO)
    deep = tmp_path / "cats" / "/".join(["d"] * 70)
    deep.mkdir(parents=True)
    (deep / "x.png").write_bytes(colour(1))
    scan = scanned(tmp_path)
    assert len(scan.files) == 5
    assert "nested more than 64 deep" in scan.problems[0].reason


# Folders that are no data set


def test_one_class_is_an_error(tmp_path):
    error = refusal(make_classes(tmp_path, {"cats": 3, "empty": 0}))
    assert "one class only, cats" in error.message


def test_one_class_with_folders_inside_names_the_better_choice(tmp_path):
    make_classes(tmp_path, {"images/cats": 1, "images/dogs": 1, "notes": 0})
    assert "choose images itself" in refusal(tmp_path).remedy


def test_one_readable_class_is_an_error(tmp_path):
    make_classes(tmp_path, TWO)
    for number in range(2):
        (tmp_path / "dogs" / f"{number}.png").write_bytes(b"")
    assert "only the class cats is left" in refusal(tmp_path).message


def test_no_readable_picture_is_an_error(tmp_path):
    make_classes(tmp_path, {"a": 1, "b": 1})
    for name in "ab":
        (tmp_path / name / "0.png").write_bytes(b"")
    assert "2 of 2 pictures" in refusal(tmp_path).message
    assert "The first is a/0.png: it is empty." in refusal(tmp_path).message


def test_pictures_without_class_folders_are_an_error_that_says_how_to_arrange(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(colour(number))
    error = refusal(tmp_path)
    assert "no class folders" in error.message
    assert "one folder for each class" in error.remedy


@pytest.mark.parametrize("counts", [{}, {"cats": 0, "dogs": 0}])
def test_a_folder_without_pictures_is_an_error(tmp_path, counts):
    assert "no picture" in refusal(make_classes(tmp_path, counts)).message


def test_a_folder_of_other_files_says_what_they_are(tmp_path):
    make_classes(tmp_path, {"cats": 0})
    (tmp_path / "cats" / "1.HEIC").write_bytes(b"x")
    assert "only files of other kinds (.heic)" in refusal(tmp_path).message


def test_a_missing_folder_is_an_error(tmp_path):
    assert "No such file" in refusal(tmp_path / "gone").message


def test_a_single_picture_is_no_data_set(tmp_path):
    (tmp_path / "cat.png").write_bytes(colour(1))
    assert "neither a folder nor a .zip" in refusal(tmp_path / "cat.png").message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_no_data_set(tmp_path):
    os.mkfifo(tmp_path / "set.zip")
    assert "neither" in refusal(tmp_path / "set.zip").message


def test_a_folder_without_permission_is_an_error(tmp_path, as_nobody):
    make_classes(tmp_path / "set", TWO)
    (tmp_path / "set").chmod(0)
    with as_nobody(tmp_path):
        assert "cannot be read" in refusal(tmp_path / "set").message
    (tmp_path / "set").chmod(0o755)


# Progress and later losses


def test_progress_grows_and_ends_at_the_total(tmp_path):
    seen = list(scan_folder(make_classes(tmp_path, {"a": 70, "b": 70})))
    checking = [step for step in seen if step.phase == "checking"]
    assert seen[0].phase == "listing"
    assert [step.done for step in checking] == [0, 64, 128, 140]
    assert all(step.total == 140 for step in checking)


def test_closing_cancels_the_scan(tmp_path):
    progress = scan_folder(make_classes(tmp_path, TWO))
    next(progress)
    progress.close()
    with pytest.raises(StopIteration):
        next(progress)


def test_keeping_only_some_renumbers_the_classes(tmp_path):
    scan = scanned(make_classes(tmp_path, {"a": 1, "b": 2, "c": 1}))
    fewer = keep_only(scan, [1, 3])
    assert fewer.classes == ("b", "c")
    assert fewer.files == ("b/0.png", "c/0.png")
    assert fewer.labels.tolist() == [0, 1]
    assert reasons(fewer) == {"a": "the class has no picture that can be opened"}
    with pytest.raises(DataError):
        keep_only(scan, [1, 2])


# Archives


def test_an_archive_is_read_like_a_folder(tmp_path):
    folder = scanned(make_classes(tmp_path / "set", {**TWO, "cats/more": 1}))
    files = [(f"set/{file}", (tmp_path / "set" / file).read_bytes()) for file in folder.files]
    before = sorted(tmp_path.iterdir())
    path = make_zip(tmp_path / "Set.ZIP", reversed(files))
    scan = scanned(path)
    assert scan.name == "Set"
    assert scan.classes == folder.classes
    assert scan.files == tuple(f"set/{file}" for file in folder.files)
    store = open_store(path)
    for in_zip, on_disk in zip(scan.files, folder.files, strict=True):
        picture = open_file(store, in_zip)
        assert np.array_equal(picture.rgb, open_file(FolderStore(tmp_path / "set"), on_disk).rgb)
        assert picture.name == in_zip
    assert sorted(tmp_path.iterdir()) == sorted([*before, path])


def two_classes() -> list[tuple[str | zipfile.ZipInfo, bytes]]:
    return [("cats/0.png", colour(0)), ("dogs/0.png", colour(1))]


def test_members_that_lead_out_of_the_archive_are_listed(tmp_path):
    bad = ["../evil.png", "/etc/evil.png", "cats/../../evil.png", "..\\evil.png"]
    scan = scanned(make_zip(tmp_path / "a.zip", two_classes() + [(n, colour(2)) for n in bad]))
    assert len(scan.files) == 2
    assert {problem.reason for problem in scan.problems} == {"its name leads out of the archive"}
    assert len(scan.problems) == 4
    assert not (tmp_path.parent / "evil.png").exists()


def test_archives_from_windows_and_macs_are_understood(tmp_path):
    members = [
        ("set\\cats\\0.png", colour(0)),
        ("set\\dogs\\0.png", colour(1)),
        ("__MACOSX/set/cats/._0.png", b"x"),
        ("set/Thumbs.db", b"x"),
        ("set/empty/", b""),
    ]
    scan = scanned(make_zip(tmp_path / "a.zip", members))
    assert scan.classes == ("cats", "dogs")
    assert reasons(scan) == {"set/empty": "the class has no picture"}


def test_links_in_an_archive_are_listed(tmp_path):
    link = zipfile.ZipInfo("cats/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    scan = scanned(make_zip(tmp_path / "a.zip", [*two_classes(), (link, b"/etc/passwd")]))
    assert reasons(scan) == {"cats/link.png": "it is a link, which has no meaning in an archive"}


def test_encrypted_members_are_listed(tmp_path):
    path = make_zip(tmp_path / "a.zip", [*two_classes(), ("dogs/1.png", colour(2))])
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.rindex(signature)
        content[start + offset] |= 1
    path.write_bytes(content)
    assert reasons(scanned(path)) == {"dogs/1.png": "it is encrypted"}


def test_two_members_of_one_name_count_once(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = make_zip(tmp_path / "a.zip", [*two_classes(), ("dogs/0.png", colour(7))])
    scan = scanned(path)
    assert len(scan.files) == 2
    assert "two files of this name" in reasons(scan)["dogs/0.png"]


def test_a_member_beyond_the_limit_is_not_unpacked(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", [*two_classes(), ("dogs/1.png", b"\0" * 100_000)])
    monkeypatch.setattr(stores, "MAX_MEMBER_BYTES", 5000)
    assert "unpacks to more than" in reasons(scanned(path))["dogs/1.png"]


def test_a_member_that_lies_about_its_size_is_listed(tmp_path):
    path = make_zip(tmp_path / "a.zip", [*two_classes(), ("dogs/1.png", b"\0" * 100_000)])
    content = bytearray(path.read_bytes())
    start = content.rindex(b"PK\x01\x02")
    content[start + 24 : start + 28] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    assert "archive is damaged there" in reasons(scanned(path))["dogs/1.png"]


def test_a_damaged_member_is_listed(tmp_path):
    path = make_zip(tmp_path / "a.zip", [*two_classes(), ("dogs/1.png", os.urandom(500))])
    content = bytearray(path.read_bytes())
    start = content.rindex(b"PK\x03\x04") + 100
    content[start : start + 50] = bytes(50)
    path.write_bytes(content)
    assert "archive is damaged there" in reasons(scanned(path))["dogs/1.png"]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"\0" * 50])
def test_a_file_that_is_no_archive_is_an_error(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    assert "not a readable zip archive" in refusal(tmp_path / "a.zip").message


def test_a_truncated_archive_is_an_error(tmp_path):
    path = make_zip(tmp_path / "a.zip", two_classes())
    path.write_bytes(path.read_bytes()[:-40])
    assert "not a readable zip archive" in refusal(path).message


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), patch=st.binary(min_size=1, max_size=8))
def test_a_patched_archive_gives_a_scan_or_a_data_error(tmp_path_factory, place, patch):
    folder = tmp_path_factory.mktemp("zip")
    path = make_zip(folder / "a.zip", [*two_classes(), ("dogs/1.png", colour(3))])
    content = bytearray(path.read_bytes())
    start = int(place * len(content))
    content[start : start + len(patch)] = patch
    path.write_bytes(content)
    try:
        scan = scanned(path)
    except DataError:
        return
    for file in scan.files:
        try:
            rgb = open_file(ZipStore(path), file).rgb
        except UnreadablePictureError:
            continue
        assert rgb.ndim == 3


def test_one_archive_is_read_by_many_threads(tmp_path):
    members = [(f"{n % 2}/{n}.png", colour(n, side=16)) for n in range(60)]
    store = ZipStore(make_zip(tmp_path / "a.zip", members))
    with ThreadPoolExecutor(4) as pool:
        names = [name for name, _ in members] * 5
        pictures = list(pool.map(lambda name: open_file(store, str(name)).rgb, names))
    for name, rgb in zip(names, pictures, strict=True):
        number = int(str(name).split("/")[1].removesuffix(".png"))
        assert rgb[0, 0].tolist() == [number * 37 % 256, number * 91 % 256, number * 151 % 256]


@pytest.mark.parametrize("packed", [False, True])
def test_a_picture_whose_end_is_missing_is_left_out_and_one_with_more_behind_it_is_not(
    tmp_path, packed
):
    """An interrupted copy has a whole header."""
    folder = make_classes(tmp_path / "set", {"a": 2, "b": 2})
    for name, kind in (("cut.jpg", "JPEG"), ("cut.png", "PNG")):
        content = encoded(gradient(40, 50), kind)
        (folder / "a" / name).write_bytes(content[: len(content) // 2])
        (folder / "b" / name.replace("cut", "longer")).write_bytes(content + b"more behind it")
    path = folder
    if packed:
        path = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", folder))
    scan = scanned(path)
    assert [problem.file for problem in scan.problems] == ["a/cut.jpg", "a/cut.png"]
    assert all("its end is missing" in problem.reason for problem in scan.problems)
    assert {"b/longer.jpg", "b/longer.png"} <= set(scan.files)
