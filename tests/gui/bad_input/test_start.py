"""A start with damaged choices or a broken torch; saving where there is no room."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from resnet_studio.architecture.catalog import get
from resnet_studio.gui.widgets.empty_state import EmptyState
from resnet_studio.models import build_network
from tests.bad_input.commands import photograph
from tests.training.conftest import tiny_spec

DEEP = "[" * 50_000
HALF = chr(0xD800)
"""Half of a pair of UTF-16: JSON may have it and no file can."""
SETTINGS = {
    "empty": "",
    "cut": '{"appearance": "dark"',
    "a list": "[1]",
    "deep": DEEP,
    "other types": {"panel": "x", "font_scale": [], "recent_pictures": 5, "splitters": []},
    "wrong contents": {
        "geometry": "AAAA",
        "window_state": "////",
        "panel": 99,
        "network": '{"block": 5}',
        "recipe": "{",
        "data": '{"source": "folder", "path": "\\u0000"}',
        "last_folder": "\0",
        "recent_pictures": [1, None],
        "splitters": {"features": "x", "augmentation": {"a": []}, "training": [1e308]},
        "runs_folder": "\0",
    },
    "no unicode": dict.fromkeys(
        ("geometry", "network", "recipe", "data", "last_folder", "runs_folder"), HALF
    ),
    "deep inside": {"network": DEEP, "recipe": DEEP, "data": DEEP},
    "strange data": {"panel": 3, "data": '{"source": "folder", "path": "/dev/zero"}'},
    "strange cifar": {"panel": 3, "data": '{"source": "cifar10", "path": "/dev"}'},
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_damaged_choices_never_keep_the_window_from_opening_or_closing(kind, open_window, home):
    path = home / "config" / "settings.json"
    path.parent.mkdir(parents=True)
    content = SETTINGS[kind]
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    rig = open_window()
    assert not [name for name, panel in rig.panels.items() if isinstance(panel, EmptyState)]
    rig.ready()
    for name in rig.panels:
        rig.workspace.show_panel(name)
    rig.training.left.setCurrentWidget(rig.training.runs)
    rig.studio.set_spec(tiny_spec())
    rig.idle()
    assert rig.told() == ""
    rig.close()
    assert isinstance(json.loads(path.read_text()), dict)


def test_choices_that_cannot_be_read_or_kept_are_done_without(open_window, home):
    os.mkfifo(home / "pipe")
    (home / "config").mkdir()
    (home / "pipe").rename(home / "config" / "settings.json")
    rig = open_window()
    assert rig.studio.settings["appearance"] == "system"
    rig.close()
    assert (home / "config" / "settings.json").is_file()
    (home / "config" / "settings.json").unlink()
    (home / "config").rmdir()
    (home / "config").write_text("in the way")
    rig = open_window()
    rig.close()
    assert (home / "config").read_text() == "in the way"


class Broken:
    """A finder that makes the import of torch fail in some way."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def find_spec(self, name, _path=None, _target=None):
        if name == "torch":
            raise self.error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "torch is not installed"),
        (OSError("libtorch_cpu.so: no such file"), "libtorch_cpu.so"),
        (RuntimeError("compiled for another numpy"), "another numpy"),
    ],
)
def test_without_torch_all_that_needs_none_works_and_the_rest_says_why(
    open_window, tmp_path, monkeypatch, error, reason
):
    weights = tmp_path / "w.pth"
    weights.write_bytes(b"weights")
    Image.fromarray(photograph()).save(tmp_path / "photo.png")
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(sys, "meta_path", [Broken(error), *sys.meta_path])
    rig = open_window()
    rig.ready()
    assert rig.studio.torch.state == "failed"
    assert reason in rig.told()
    rig.drop(weights)
    assert reason in rig.one_error()
    rig.drop(tmp_path / "photo.png")
    rig.idle()
    assert rig.studio.picture is not None
    assert reason in rig.features.waiting.text()
    panel = rig.workspace.show_panel("training")
    rig.idle()
    assert not panel.start_button.isEnabled()
    for command in ("training.start", "weights.random", "weights.last_run"):
        assert not rig.studio.commands.run(command)
    rig.workspace.show_panel("augmentation")
    rig.studio.set_spec(get("resnet50").spec)
    assert "25,557,032" in rig.panels["architecture"].title.text()
    assert rig.told() == ""


def test_weights_dropped_before_torch_is_there_are_loaded_when_it_is(open_window, tmp_path):
    import torch

    rig = open_window()
    rig.studio.set_spec(tiny_spec())
    torch.save(build_network(tiny_spec(), seed=1).state_dict(), tmp_path / "w.pth")
    rig.drop(tmp_path / "w.pth")
    rig.ready()
    rig.until(lambda: rig.workspace.drops.checkpoints.dialog is not None)
    rig.workspace.drops.checkpoints.dialog.accept()
    rig.until(lambda: rig.studio.network is not None and rig.studio.network.trained)


def test_closing_before_torch_is_loaded_waits_for_no_more_than_it_must(open_window):
    rig = open_window()
    rig.window.close()
    assert not rig.window.isVisible()
    assert not rig.studio.workers.tasks


def savers(rig) -> list[str]:
    commands = rig.studio.commands
    names = [command.id for command in commands.table if "save" in command.id]
    return [name for name in names if commands.action(name).isEnabled()]


def test_what_finds_no_room_is_told_by_name_and_leaves_nothing_behind(
    rig, tmp_path, pictures, monkeypatch
):
    Image.fromarray(photograph()).save(tmp_path / "photo.png")
    rig.drop(tmp_path / "photo.png")
    rig.until(lambda: rig.features.examination is not None)
    rig.features.enlarge("layer1", 0)
    grid = rig.workspace.show_panel("augmentation").samples.grid
    rig.until(lambda: grid.complete)
    rig.train(pictures, epochs=1)
    rig.until(lambda: not rig.training.running)
    rig.messages.clear()
    target = tmp_path / "saved"
    target.mkdir()
    names = []

    def choose(_title, suggested, _filters):
        names.append(suggested)
        return target / suggested

    def full(_handle):
        raise OSError(28, "No space left on device")

    rig.studio.save_file = choose
    commands = [*savers(rig), "training.export_csv", "training.export_png", "training.export_svg"]
    assert len(commands) >= 10
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        for command in commands:
            assert rig.studio.commands.run(command), command
            rig.until(lambda: rig.messages)
            error = rig.one_error()
            assert "No space left on device" in error
            assert Path(names[-1]).stem in error
    assert list(target.iterdir()) == []
    for command in commands:
        assert rig.studio.commands.run(command)
        rig.until(lambda: rig.messages)
        assert rig.told().startswith("info: Saved")
    assert len(list(target.iterdir())) == len({*names})


def test_keys_reach_the_window_after_an_error(rig, tmp_path, qtbot):
    """The message bar takes no keyboard from what the person was doing."""
    (tmp_path / "empty.png").touch()
    rig.drop(tmp_path / "empty.png")
    rig.until(lambda: rig.messages)
    qtbot.keyClick(rig.window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    rig.until(lambda: rig.workspace.tabs.currentWidget() is rig.features)
    assert rig.workspace.message_bar.isVisible()
