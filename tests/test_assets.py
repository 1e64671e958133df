"""Resources are found in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_studio import assets
from resnet_studio.assets import resource


def test_resources_of_the_checkout_are_found(tmp_path, monkeypatch):
    (tmp_path / "resources" / "icons").mkdir(parents=True)
    (tmp_path / "resources" / "icons" / "studio.svg").write_text("<svg/>")
    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "resnet_studio")
    assert resource("icons", "studio.svg").read_text() == "<svg/>"
    assert resource("icons").is_dir()


def test_resources_inside_the_package_come_first(tmp_path, monkeypatch):
    package = tmp_path / "resnet_studio"
    for folder in (package, tmp_path):
        (folder / "resources").mkdir(parents=True)
        (folder / "resources" / "a").write_text(folder.name)
    monkeypatch.setattr(assets, "_PACKAGE", package)
    assert resource("a").read_text() == "resnet_studio"


def test_a_missing_resource_names_itself():
    with pytest.raises(FileNotFoundError, match=r"resources/icons/no-such\.svg"):
        resource("icons", "no-such.svg")


def test_the_project_has_a_resources_folder():
    folder = resource()
    assert folder.name == "resources"
    assert isinstance(folder, Path)
    assert folder.is_dir()
