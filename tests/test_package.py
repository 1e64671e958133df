"""The wheel: what a person installs, used away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOR_README_ONLY = {"screenshots"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Builds the wheel with the backend that pip uses."""
    folder = tmp_path_factory.mktemp("wheel")
    code = f"import hatchling.build; hatchling.build.build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Unpacks the wheel, as an installation would, and returns its folder."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_installed(folder, *words, code=None):
    command = (
        [sys.executable, "-c", code] if code else [sys.executable, "-m", "resnet_studio", *words]
    )
    environment = os.environ | {"PYTHONPATH": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


def test_every_resource_is_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    needed = {
        f"resnet_studio/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "resources").rglob("*")
        if path.is_file() and not FOR_README_ONLY & set(path.parts)
    }
    assert needed
    assert needed <= packed


def test_every_module_is_in_the_wheel_and_no_test(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.endswith(".py")}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "resnet_studio").rglob("*.py")}
    assert packed == modules


def test_the_installed_wheel_counts_networks(installed):
    told = json.loads(run_installed(installed, "summary", "resnet18", "--json"))
    assert told["parameters"] == 11_689_512


def test_the_installed_wheel_opens_its_window(installed):
    code = (
        "from PySide6.QtCore import QTimer\n"
        "from resnet_studio.gui import app\n"
        "import resnet_studio, os, tempfile\n"
        "os.environ['RESNET_STUDIO_HOME'] = tempfile.mkdtemp()\n"
        "application = app.make_application()\n"
        "from resnet_studio.gui.main_window import MainWindow\n"
        "window = MainWindow()\n"
        "window.furnished.connect(window.close)\n"
        "window.show()\n"
        "application.exec()\n"
        "print(resnet_studio.__file__, window.windowIcon().isNull())\n"
    )
    file, no_icon = run_installed(installed, code=code).split()
    assert Path(file).is_relative_to(installed)
    assert no_icon == "False"


def test_the_command_is_an_entry_point(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        assert "resnet-studio = resnet_studio.cli:main" in archive.read(name).decode()
