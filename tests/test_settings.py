"""Remembered choices: declared once, checked on the way in and out."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest

from resnet_studio import settings
from resnet_studio.settings import TABLE, Setting, Settings


def test_keys_are_declared_once_and_defaults_fit_their_declaration():
    keys = [setting.key for setting in TABLE]
    assert len(keys) == len(set(keys))
    for setting in TABLE:
        assert setting.accepts(setting.default), setting.key
        assert json.loads(json.dumps(setting.default)) == setting.default


def test_what_is_shown_in_the_dialog_is_described():
    for setting in TABLE:
        assert bool(setting.title) == bool(setting.description), setting.key


def test_a_new_installation_has_the_defaults(tmp_path):
    fresh = Settings(tmp_path / "none" / "settings.json")
    assert all(fresh[setting.key] == setting.default for setting in TABLE)
    assert not (tmp_path / "none").exists()


def test_choices_are_remembered(tmp_path):
    path = tmp_path / "new" / "settings.json"
    first = Settings(path)
    first["appearance"] = "dark"
    first["recent_pictures"] = ["/Bilder/Größe.png"]
    assert not path.exists()
    first.save()
    again = Settings(path)
    assert (again["appearance"], again["recent_pictures"]) == ("dark", ["/Bilder/Größe.png"])
    assert again["font_scale"] == 100


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("appearance", "pink"),
        ("font_scale", 500),
        ("font_scale", "100"),
        ("ask_before_download", 1),
        ("panel", True),
        ("recent_pictures", None),
        ("recent_pictures", ["a.png", 1]),
        ("splitters", {"features": "wide"}),
        ("splitters", {"features": [300, 1e308]}),
        ("splitters", {"features": [300, 1 << 24]}),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_ignored_in_the_file(tmp_path, key, value):
    path = tmp_path / "settings.json"
    fresh = Settings(path)
    default = fresh[key]
    with pytest.raises(ValueError, match=key):
        fresh[key] = value
    assert fresh[key] == default
    path.write_text(json.dumps({key: value, "last_folder": "/here"}))
    stored = Settings(path)
    assert stored[key] == default
    assert stored["last_folder"] == "/here"


TOO_DEEP = b"[" * 100_000


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1, 2]", b"null", b"\xff\xfe\x00", b'{"unknown": 1}', TOO_DEEP],
)
def test_a_damaged_file_gives_the_defaults(tmp_path, content):
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    assert Settings(path)["appearance"] == "system"


def test_a_folder_in_place_of_the_file_gives_the_defaults(tmp_path):
    assert Settings(tmp_path)["appearance"] == "system"


def test_a_pipe_in_place_of_the_file_gives_the_defaults_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "settings.json")
    assert Settings(tmp_path / "settings.json")["appearance"] == "system"


def test_a_file_name_that_is_no_unicode_is_remembered(tmp_path):
    """Such names come from the command line; UTF-8 cannot hold them."""
    name = os.fsdecode(b"/pictures/caf\xe9")
    settings = Settings(tmp_path / "settings.json")
    settings["last_folder"] = name
    settings.save()
    assert Settings(tmp_path / "settings.json")["last_folder"] == name


def test_an_undeclared_key_is_a_defect(tmp_path):
    fresh = Settings(tmp_path / "settings.json")
    with pytest.raises(KeyError):
        fresh["unknown"]
    with pytest.raises(KeyError):
        fresh["unknown"] = 1


def test_changing_one_installations_list_does_not_change_the_default(tmp_path, monkeypatch):
    table = {setting.key: dataclasses.replace(setting) for setting in TABLE}
    for key, fresh in (("recent_pictures", []), ("splitters", {})):
        table[key] = dataclasses.replace(table[key], default=fresh)
    monkeypatch.setattr(settings, "_BY_KEY", table)
    one = Settings(tmp_path / "one.json")
    one["recent_pictures"].append("/a.png")
    one["splitters"]["main"] = 3
    other = Settings(tmp_path / "other.json")
    assert (other["recent_pictures"], other["splitters"]) == ([], {})


def test_bounds_include_their_ends():
    scale = Setting("x", 100, bounds=(80.0, 200.0))
    assert scale.accepts(80)
    assert scale.accepts(200)
    assert not scale.accepts(79)


def test_all_folders_lie_in_the_chosen_home(home):
    assert settings.config_dir() == home / "config"
    assert settings.data_dir() == home / "data"
    assert settings.cache_dir() == home / "cache"
    assert settings.log_dir() == home / "log"
    assert Settings().path == home / "config" / "settings.json"


def test_without_a_chosen_home_the_platforms_folders_are_used(monkeypatch):
    monkeypatch.delenv(settings.HOME_VARIABLE)
    folders = {settings.config_dir(), settings.data_dir(), settings.cache_dir()}
    assert len(folders) >= 2
    for folder in folders:
        assert isinstance(folder, Path)
        assert folder.is_absolute()
        assert "ResNet Studio" in str(folder)
