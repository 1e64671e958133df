from __future__ import annotations

from pathlib import Path

import pytest

from resnet_studio.errors import ExportError
from resnet_studio.export.staging import publish, staging


@pytest.fixture
def folder(tmp_path):
    """A staging folder with two files."""
    folder = tmp_path / "staging"
    folder.mkdir()
    (folder / "one").write_text("new one")
    (folder / "two").write_text("new two")
    return folder


def test_all_files_take_their_names(folder, tmp_path):
    publish(folder, (tmp_path / "one", tmp_path / "two"))
    assert (tmp_path / "one").read_text() == "new one"
    assert (tmp_path / "two").read_text() == "new two"


@pytest.mark.parametrize("linked", [True, False])
def test_if_the_last_cannot_be_named_the_first_is_as_it_was(folder, tmp_path, linked, monkeypatch):
    (tmp_path / "one").write_text("old one")
    replace = Path.replace

    def refused(self, target):
        if self == folder / "two":
            raise PermissionError(13, "no")
        return replace(self, target)

    def no_links(*_arguments):
        raise OSError("this disk has no links")

    monkeypatch.setattr(Path, "replace", refused)
    if not linked:
        monkeypatch.setattr("os.link", no_links)
    with pytest.raises(PermissionError):
        publish(folder, (tmp_path / "one", tmp_path / "two"))
    assert (tmp_path / "one").read_text() == "old one"
    assert {path.name for path in tmp_path.iterdir()} == {"staging", "one"}


def test_a_first_file_that_was_not_there_is_removed_again(folder, tmp_path):
    (folder / "two").unlink()
    with pytest.raises(OSError, match="two"):
        publish(folder, (tmp_path / "one", tmp_path / "two"))
    assert not (tmp_path / "one").exists()


def test_the_staging_folder_goes_whatever_happens(tmp_path):
    def fail():
        with staging(tmp_path / "a.pth") as folder:
            (folder / "half").write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not list(tmp_path.iterdir())


def test_errors_of_the_disk_name_the_file_and_a_remedy(tmp_path):
    with (
        pytest.raises(ExportError, match=r"a\.pth cannot be written: No space left") as caught,
        staging(tmp_path / "a.pth"),
    ):
        raise OSError(28, "No space left on device")
    assert "space" in caught.value.remedy


def test_a_missing_folder_is_refused_and_not_made(tmp_path):
    path = tmp_path / "nodir" / "a.pth"
    with pytest.raises(ExportError, match="There is no folder") as caught, staging(path):
        pass
    assert "make this one" in caught.value.remedy
    assert not path.parent.exists()
