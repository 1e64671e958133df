from __future__ import annotations

import pytest

from resnet_studio import desktop


@pytest.fixture
def no_screen(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")


def test_without_a_display_one_line_names_the_tour(no_screen):
    problem = desktop.display_problem()
    assert "no display" in problem
    assert "resnet-studio tour" in problem
    assert "\n" not in problem


@pytest.mark.parametrize("name", ["WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_wayland_and_a_chosen_platform_are_displays(no_screen, monkeypatch, name):
    monkeypatch.setenv(name, "something")
    assert desktop.display_problem() == ""


def test_a_missing_system_library_names_the_debian_packages():
    error = ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
    advice = desktop.import_advice(error)
    assert "libEGL.so.1" in advice
    assert "apt-get install libegl1" in advice
    assert "libxcb-cursor0" in advice


def test_an_unknown_library_is_named_all_the_same():
    assert "libstrange.so.7" in desktop.import_advice(ImportError("libstrange.so.7: not found"))


def test_a_missing_python_package_names_the_command_that_installs_it():
    error = ModuleNotFoundError("No module named 'torch'", name="torch")
    assert "pip install torch" in desktop.import_advice(error)


def test_a_broken_x11_plugin_is_found_before_qt_ends_the_process(no_screen, monkeypatch, tmp_path):
    plugin = tmp_path / "libqxcb.so"
    plugin.write_bytes(b"not a library")
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setattr(desktop, "_x11_plugin", lambda: plugin)
    assert desktop.display_problem()
