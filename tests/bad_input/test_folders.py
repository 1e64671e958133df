"""Folders and archives of pictures that are untidy, broken or hostile, handed to `train`."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from resnet_studio.cli import EXIT_FAILED, main
from tests.bad_input.commands import events, huge_png, photograph, pipe, refusal, text, train_words
from tests.data.conftest import as_nobody  # noqa: F401 - a fixture
from tests.training.conftest import write_pictures


def with_an_empty_class(folder: Path) -> None:
    (folder / "none").mkdir()


def with_stray_files(folder: Path) -> None:
    (folder / "notes.txt").write_text("notes")
    shutil.copy(folder / "dark" / "00.png", folder / "outside.png")


def with_broken_pictures(folder: Path) -> None:
    (folder / "dark" / "text.png").write_text("no picture")
    (folder / "dark" / "empty.jpg").touch()
    content = (folder / "light" / "00.png").read_bytes()
    (folder / "light" / "cut.png").write_bytes(content[:-40])


def with_clutter(folder: Path) -> None:
    for name in (".hidden", "__MACOSX", "dark/.thumbnails", "dark/__MACOSX/dark"):
        (folder / name).mkdir(parents=True)
        shutil.copy(folder / "light" / "00.png", folder / name / "00.png")
    shutil.copy(folder / "light" / "00.png", folder / "dark" / "._00.png")
    (folder / "dark" / "Thumbs.db").write_bytes(b"no picture")


def with_second_names(folder: Path) -> None:
    (folder / "dark" / "twin.png").hardlink_to(folder / "light" / "01.png")
    (folder / "light" / "linked.png").symlink_to(folder / "dark" / "01.png")
    (folder / "linked class").symlink_to(folder / "dark")


def with_case_twins(folder: Path) -> None:
    (folder / "Dark").mkdir()
    (folder / "light").rename(folder / "caf\u00e9")
    (folder / "cafe\u0301").mkdir()
    for number in range(3):
        (folder / "dark" / f"0{number}.png").rename(folder / "Dark" / f"0{number}.PNG")
        (folder / "caf\u00e9" / f"0{number}.png").rename(folder / "cafe\u0301" / f"0{number}.Png")


def with_unicode_names(folder: Path) -> None:
    (folder / "dark").rename(folder / "猫 🐱")
    (folder / "light").rename(folder / "e\u0301")


def with_circles(folder: Path) -> None:
    (folder / "dark" / "up").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")


def with_pipes(folder: Path) -> None:
    os.mkfifo(folder / "dark" / "pipe.png")


def with_a_huge_picture(folder: Path) -> None:
    huge_png(folder / "dark" / "huge.png", 20_000)


def with_more_folders_around(folder: Path) -> None:
    inner = folder / "photos" / "all"
    inner.mkdir(parents=True)
    for name in ("dark", "light"):
        (folder / name).rename(inner / name)


USABLE_FOLDERS = {
    with_an_empty_class: ("none: the class has no picture",),
    with_stray_files: ("notes.txt: it is not a picture", "outside.png: it lies outside"),
    with_broken_pictures: ("text.png: it is a text file", "empty.jpg: it is empty", "cut.png"),
    with_clutter: (),
    with_second_names: (
        "light/01.png: it is the same file as dark/twin.png",
        "light/linked.png: it is a link to a picture",
        "linked class: the link leads back",
    ),
    with_case_twins: ("dark: its name looks like that of the class Dark", "looks like"),
    with_unicode_names: (),
    with_circles: ("dark/up: the link leads back", "self: the link leads nowhere"),
    with_pipes: ("pipe.png: it is not a plain file",),
    with_a_huge_picture: ("huge.png: it is far too large",),
    with_more_folders_around: (),
}


@pytest.mark.parametrize("spoil", USABLE_FOLDERS, ids=lambda spoil: spoil.__name__)
def test_what_cannot_be_used_is_left_out_and_listed_and_the_rest_is_learned(
    spoil, tmp_path, capsys, spec_file
):
    folder = write_pictures(tmp_path / "pictures", each=6)
    spoil(folder)
    assert main(train_words(spec_file, folder, tmp_path / "run")) == 0
    told = events(capsys)
    assert told[-1]["outcome"] == "finished"
    (started,) = [event for event in told if event["event"] == "RunStarted"]
    assert started["train_size"] + started["validation_size"] == 12
    assert len(started["problems"]) == len(USABLE_FOLDERS[spoil])
    for expected in USABLE_FOLDERS[spoil]:
        assert any(expected in problem for problem in started["problems"]), expected


def test_what_may_not_be_read_is_left_out_and_listed(
    tmp_path,
    capsys,
    spec_file,
    finished,
    as_nobody,  # noqa: F811
):
    """`finished` has imported all that is needed, from folders that nobody may perhaps not read."""
    folder = write_pictures(tmp_path / "pictures", each=6)
    shutil.copytree(folder / "dark", folder / "closed")
    (folder / "light" / "00.png").chmod(0)
    (folder / "closed").chmod(0)
    spec = shutil.copy(spec_file, tmp_path / "tiny.toml")
    words = train_words(spec, folder, tmp_path / "runs" / "run")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs").chmod(0o777)
    try:
        with as_nobody(tmp_path):
            assert main(words) == 0
    finally:
        (folder / "closed").chmod(0o755)
    (started,) = [event for event in events(capsys) if event["event"] == "RunStarted"]
    assert started["classes"] == ["dark", "light"]
    assert any("closed" in problem for problem in started["problems"])
    assert any("light/00.png: you have no permission" in p for p in started["problems"])


def test_two_pictures_of_each_class_are_enough(tmp_path, capsys, spec_file):
    folder = write_pictures(tmp_path / "pictures", each=2)
    assert main(train_words(spec_file, folder, tmp_path / "run")) == 0
    assert events(capsys)[-1]["outcome"] == "finished"


def test_a_zip_with_names_that_lead_out_of_it_writes_nothing_and_is_learned(
    tmp_path, capsys, spec_file
):
    folder = write_pictures(tmp_path / "pictures", each=4)
    content = (folder / "dark" / "00.png").read_bytes()
    archive = tmp_path / "inside" / "pictures.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(folder.glob("*/*.png")):
            packed.write(path, path.relative_to(folder))
        for name in ("../evil.png", "dark/../../evil.png", "/evil.png"):
            packed.writestr(zipfile.ZipInfo(name), content)
    assert main(train_words(spec_file, archive, tmp_path / "run")) == 0
    told = events(capsys)
    (started,) = [event for event in told if event["event"] == "RunStarted"]
    assert started["classes"] == ["dark", "light"]
    assert len([p for p in started["problems"] if "leads out of the archive" in p]) == 3
    assert not list(tmp_path.rglob("*evil*"))


def broken_behind_their_headers(folder: Path) -> Path:
    """Pictures of several sizes are decoded only when they are needed."""
    for number, path in enumerate(sorted(folder.glob("*/*.png"))):
        Image.fromarray(photograph(8, 8 + number)).save(path)
        content = path.read_bytes()
        path.write_bytes(content[:-80] + content[-12:])  # it ends as it should
    return folder


def one_class(folder: Path) -> Path:
    shutil.rmtree(folder / "light")
    return folder


def all_broken(folder: Path) -> Path:
    for path in folder.glob("*/*.png"):
        path.write_text("no picture")
    return folder


REFUSED_FOLDERS = {
    "one class": (one_class, "one class only, dark"),
    "all broken": (all_broken, "dark/00.png: it is a text file"),
    "broken behind headers": (broken_behind_their_headers, "too few can be read"),
    "missing": (lambda f: f / "missing", "cannot be opened"),
    "a file": (lambda f: f / "dark" / "00.png", "neither a folder nor a .zip"),
    "no zip": (lambda f: text(f / "x.zip", "no archive"), "not a readable zip archive"),
    "pipe": (lambda f: pipe(f / "x.zip"), "neither a folder nor a .zip"),
    "no unicode": (lambda f: f.rename(f.with_name(os.fsdecode(b"caf\xe9"))), "Rename"),
    "name too long": (lambda f: f / ("n" * 300), "too long"),
    "no name": (lambda f: "", "No folder is chosen"),
}


@pytest.mark.parametrize("kind", REFUSED_FOLDERS)
def test_folders_that_nothing_can_be_learned_from_are_refused(kind, tmp_path, capsys, spec_file):
    make, hint = REFUSED_FOLDERS[kind]
    data = make(write_pictures(tmp_path / "pictures", each=4))
    words = train_words(spec_file, data, tmp_path / "run")
    assert main(words) == EXIT_FAILED
    assert hint in refusal(capsys)


def test_broken_pictures_are_named_although_none_is_left(tmp_path, capsys, spec_file):
    data = broken_behind_their_headers(write_pictures(tmp_path / "pictures", each=4))
    assert main(train_words(spec_file, data, tmp_path / "run")) == EXIT_FAILED
    warned = [event["message"] for event in events(capsys) if event["event"] == "Warned"]
    assert any("dark/0" in message and "cut off" in message for message in warned)
