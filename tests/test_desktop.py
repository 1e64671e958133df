from __future__ import annotations

import ctypes
import ctypes.util

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


def test_a_chosen_platform_is_a_display(no_screen, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "something")
    assert desktop.display_problem() == ""


def test_wayland_is_a_display_where_its_socket_is(no_screen, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    assert "no display" in desktop.display_problem()
    (tmp_path / "wayland-7").touch()
    assert desktop.display_problem() == ""


def test_an_x_server_that_is_not_there_is_found_before_qt_ends_the_process(no_screen, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    try:
        ctypes.CDLL("libxcb.so.1")
    except OSError:
        pytest.skip("this machine has no libxcb")
    monkeypatch.setattr(desktop, "_x11_plugin", lambda: ctypes.util.find_library("c"))
    problem = desktop.display_problem()
    assert ":4711 does not answer" in problem
    assert "\n" not in problem


def test_a_library_of_torch_is_named_without_those_of_the_window():
    advice = desktop.import_advice(ImportError("libgomp.so.1: cannot open shared object file"))
    assert advice.endswith("«apt-get install libgomp1».")


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (OSError("libgomp.so.1: cannot open shared object file"), "apt-get install libgomp1"),
        (OSError("libtorch_cpu.so: cannot open shared object file"), "--force-reinstall torch"),
        (RuntimeError("compiled for another numpy\nand so on"), "(compiled for another numpy)"),
        (ValueError(), "(ValueError)"),
    ],
)
def test_a_broken_torch_gives_one_line_with_the_remedy(error, hint):
    advice = desktop.torch_advice(error)
    assert hint in advice
    assert "\n" not in advice


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
