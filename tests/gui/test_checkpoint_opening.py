"""A file of weights is opened whoever wrote it: found out, asked about, loaded, undone."""

from __future__ import annotations

import pytest
import torch
from PySide6.QtWidgets import QComboBox, QLineEdit
from torch import nn

from resnet_studio.architecture.spec import ShortcutKind, ZeroPadding, parse_spec
from resnet_studio.gui.checkpoint_opening import CheckpointOpening
from resnet_studio.gui.studio import TorchStatus
from resnet_studio.models import build_network, save_weights

CIFAR_20 = {"block": "basic", "depths": (3, 3, 3), "stem": "cifar"}
OTHER = {"block": "basic", "depths": (1, 1), "stem": "cifar", "name": "other"}


@pytest.fixture
def opening(studio):
    studio.set_spec(parse_spec(OTHER))
    return CheckpointOpening(studio)


@pytest.fixture
def foreign(tmp_path):
    """A file of a usual program for CIFAR: three stages, option A, a head named linear."""
    model = build_network(parse_spec(CIFAR_20), seed=3)
    state = {
        f"module.{name.replace('fc.', 'linear.')}": tensor
        for name, tensor in model.state_dict().items()
    }
    path = tmp_path / "resnet20.th"
    torch.save({"state_dict": state, "best_prec1": 91.7, "epoch": 200}, path)
    return path


def wait(qtbot, studio):
    qtbot.waitUntil(lambda: not studio.workers.tasks, timeout=30_000)


def asked(qtbot, studio, opening, path):
    opening.open(path)
    wait(qtbot, studio)
    assert opening.dialog is not None
    return opening.dialog


def test_a_foreign_file_is_shown_with_its_questions_answered(qtbot, studio, opening, foreign):
    dialog = asked(qtbot, studio, opening, foreign)
    assert dialog.found.spec.depths == (3, 3, 3)
    assert {"zero_padding", "normalisation", "classes"} <= dialog.editors.keys()
    assert dialog.editors["zero_padding"].currentData() == ZeroPadding.BOTH
    assert studio.spec.name == "other"  # nothing has changed yet
    dialog.reject()


def test_enter_loads_the_network_of_the_file(qtbot, studio, opening, foreign, messages):
    asked(qtbot, studio, opening, foreign).open_button.click()
    wait(qtbot, studio)
    assert opening.dialog is None
    assert studio.spec.depths == (3, 3, 3)
    assert studio.spec.zero_padding is ZeroPadding.BOTH
    wanted = build_network(parse_spec(CIFAR_20), seed=3).fc.weight
    assert torch.equal(studio.network.model.fc.weight, wanted)
    assert studio.network.trained
    assert "resnet20.th" in " ".join(message.text for message in messages)


def test_undo_takes_the_network_back_and_redo_brings_it_with_its_weights(
    qtbot, studio, opening, foreign, messages
):
    studio.network_changed.connect(lambda network: network or studio.ensure_network())
    dialog = asked(qtbot, studio, opening, foreign)
    dialog.editors["classes"].setText(",".join("abcdefghij"))
    dialog.accept()
    wait(qtbot, studio)
    messages.clear()
    studio.undo_stack.undo()
    wait(qtbot, studio)
    assert studio.spec.name == "other"
    assert not studio.network.trained
    studio.undo_stack.redo()
    wait(qtbot, studio)
    assert studio.network.trained
    assert studio.network.classes == tuple("abcdefghij")
    assert messages == []


def test_redo_after_the_file_has_gone_says_so_and_goes_on(
    qtbot, studio, opening, foreign, messages
):
    studio.network_changed.connect(lambda network: network or studio.ensure_network())
    asked(qtbot, studio, opening, foreign).accept()
    wait(qtbot, studio)
    studio.undo_stack.undo()
    wait(qtbot, studio)
    foreign.unlink()
    messages.clear()
    studio.undo_stack.redo()
    wait(qtbot, studio)
    assert studio.spec.depths == (3, 3, 3)
    assert not studio.network.trained
    assert [message.kind for message in messages] == ["error"]


def test_a_seed_holds_for_the_network_that_undo_brings_back(qtbot, studio, opening):
    from resnet_studio.probe.network import WeightsChoice

    studio.set_spec(parse_spec(CIFAR_20))
    studio.set_weights(WeightsChoice(seed=5))
    wait(qtbot, studio)
    studio.undo_stack.undo()
    assert studio.weights.seed == 5


def test_what_is_answered_reaches_the_network_that_looks(qtbot, studio, opening, foreign):
    dialog = asked(qtbot, studio, opening, foreign)
    padding = dialog.editors["zero_padding"]
    padding.setCurrentIndex(padding.findData(ZeroPadding.END))
    names = [f"thing {number}" for number in range(10)]
    dialog.editors["classes"].setText(", ".join(names))
    dialog.editors["normalisation"].findChild(QComboBox).setCurrentText("halves")
    dialog.accept()
    wait(qtbot, studio)
    assert studio.spec.zero_padding is ZeroPadding.END
    assert studio.network.classes == tuple(names)
    last = studio.network.preprocessing.steps[-1]
    assert (last.mean, last.std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def test_a_plain_network_can_be_said_to_be_one(qtbot, studio, opening, foreign):
    dialog = asked(qtbot, studio, opening, foreign)
    shortcut = dialog.editors["shortcut"]
    shortcut.setCurrentIndex(shortcut.findData(ShortcutKind.NONE))
    dialog.accept()
    wait(qtbot, studio)
    assert studio.network.spec.shortcut is ShortcutKind.NONE


@pytest.mark.parametrize("typed", ["a, b", "0.5"])
def test_an_answer_that_makes_no_sense_is_refused_in_the_dialog(
    qtbot, studio, opening, foreign, typed
):
    dialog = asked(qtbot, studio, opening, foreign)
    if typed == "a, b":
        dialog.editors["classes"].setText(typed)
    else:
        dialog.editors["normalisation"].findChildren(QLineEdit)[0].setText(typed)
    dialog.accept()
    assert dialog.isVisible()
    assert dialog._problem.isVisible()
    dialog.reject()
    assert studio.spec.name == "other"


def test_a_refused_file_leaves_the_network_as_it_is(qtbot, studio, opening, tmp_path, messages):
    studio.ensure_network()
    wait(qtbot, studio)
    before = studio.network
    path = tmp_path / "other.pth"
    torch.save(nn.Linear(3, 4).state_dict(), path)
    opening.open(path)
    wait(qtbot, studio)
    assert studio.network is before
    assert messages[-1].kind == "error"
    assert "other.pth" in messages[-1].text


def test_a_file_that_tells_everything_is_loaded_without_a_question(
    qtbot, studio, opening, tmp_path
):
    from resnet_studio.data.augment import pipelines_for

    model = build_network(parse_spec(CIFAR_20), seed=5)
    path = tmp_path / "own.safetensors"
    names = [str(number) for number in range(10)]
    pipeline = pipelines_for(32, "cifar10")[1].to_dict()
    save_weights(path, model, classes=names, preprocessing=pipeline)
    opening.open(path)
    wait(qtbot, studio)
    assert opening.dialog is None
    assert studio.network.classes == tuple(names)
    assert torch.equal(studio.network.model.conv1.weight, model.conv1.weight)


def test_before_torch_is_ready_the_wish_is_remembered(qtbot, studio, opening, foreign):
    studio.set_torch(TorchStatus("loading"))
    opening.open(foreign)
    assert not studio.workers.tasks
    studio.set_torch(TorchStatus("ready", version="test", device="CPU"))
    wait(qtbot, studio)
    assert opening.dialog is not None
    opening.dialog.reject()


def test_another_file_replaces_the_question(qtbot, studio, opening, foreign, tmp_path):
    first = asked(qtbot, studio, opening, foreign)
    second = tmp_path / "second.th"
    second.write_bytes(foreign.read_bytes())
    dialog = asked(qtbot, studio, opening, second)
    assert dialog is not first
    assert dialog.found.path == second
    dialog.reject()
