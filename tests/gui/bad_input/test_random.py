"""Random drops, commands and resizing: whatever the order, the window lives and says no defect."""

from __future__ import annotations

import random

import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication, QMenu

from resnet_studio.architecture.catalog import get
from resnet_studio.gui import window_commands
from resnet_studio.gui.training import panel as training_panel
from tests.bad_input.commands import huge_png, photograph, pipe
from tests.models import hostile
from tests.training.conftest import tiny_spec

ACTIONS = 150
LEFT_OUT = {"app.quit", "view.fullscreen"}


class NoDesktop:
    """Opens nothing, so that no file manager comes up where the tests run on a desktop."""

    @staticmethod
    def openUrl(_url):
        return False


@pytest.fixture
def files(tmp_path, pictures):
    """Good and bad files of every kind, and a folder to train on."""
    for name, size in (("wide.png", (20, 90)), ("line.png", (3, 4000)), ("even.png", (60, 60))):
        Image.fromarray(photograph(*size)).save(tmp_path / name)
    (tmp_path / "cut.png").write_bytes((tmp_path / "even.png").read_bytes()[:200])
    (tmp_path / "s.toml").write_text("depths = [")
    (tmp_path / "w.pth").write_bytes(bytes(range(256)) * 9)
    tiny_spec(input_size=16, depths=(2, 1)).save(tmp_path / "good.toml")
    huge_png(tmp_path / "huge.png", 20_000)
    pipe(tmp_path / "pipe.png")
    return [*tmp_path.glob("*.*"), hostile.code_in_a_zip(tmp_path), pictures, tmp_path / "gone"]


@pytest.mark.parametrize("seed", [0, 1])
def test_no_order_of_actions_breaks_the_window(rig, files, tmp_path, monkeypatch, seed):
    monkeypatch.chdir(tmp_path)
    for module in (window_commands, training_panel):
        monkeypatch.setattr(module, "QDesktopServices", NoDesktop)
    dice = random.Random(seed)
    target = tmp_path / "saved"
    rig.studio.save_file = lambda _title, name, _kinds: dice.choice([None, target / name])
    rig.studio.open_file = lambda *_: dice.choice([None, *files])
    rig.studio.open_files = lambda *_: dice.choice([[], files[:4]])
    rig.studio.open_folder = lambda *_: dice.choice([None, *files])
    rig.studio.ask = lambda *_, **__: False
    rig.prepare_training(files[-2], epochs=40)
    commands = [c.id for c in rig.studio.commands.table if c.id not in LEFT_OUT]
    commands += ["training.start", "training.pause", "training.resume", "training.stop"] * 8
    networks = [rig.studio.spec, get("cifar_resnet20").spec, get("plain18").spec]
    kinds = {
        "command": lambda: rig.studio.commands.run(dice.choice(commands)),
        "drop": lambda: rig.drop(dice.choice(files)),
        "network": lambda: rig.studio.set_spec(dice.choice(networks)),
        "undo": rig.studio.undo_stack.undo,
        "tab": lambda: rig.workspace.tabs.setCurrentIndex(dice.randrange(6)),
        "resize": lambda: rig.window.resize(dice.randrange(700, 1700), dice.randrange(400, 1000)),
        "select": lambda: rig.studio.select(dice.choice(["", "stem", "layer1.0", "no such"])),
        "settle": lambda: rig.idle(but="train"),
    }
    weights = (8, 5, 1, 1, 2, 2, 1, 1)
    for action in dice.choices(list(kinds), weights, k=ACTIONS):
        kinds[action]()
        QApplication.processEvents()
        close_dialogs()
        rig.told()  # which fails if the program itself was at fault
    assert not (tmp_path / hostile.MARKER).exists()
    assert rig.window.isVisible()


def close_dialogs() -> None:
    """Closes whatever a command has opened over the window."""
    for widget in QApplication.topLevelWidgets():
        if widget.isVisible() and (widget.parent() is not None or isinstance(widget, QMenu)):
            widget.close()
