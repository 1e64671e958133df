from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.spec import ShortcutKind
from resnet_studio.gui.export_dialog import ExportDialog
from resnet_studio.gui.surgery_words import lines_of
from resnet_studio.gui.widgets.operated_badge import OperatedBadge
from resnet_studio.probe.network import load_network
from resnet_studio.probe.surgery import NO_SURGERY, Operation

TINY = get("cifar_resnet20").spec.replace(name="tiny", depths=(1, 2), widths=(4, 8), stem_width=4)


@pytest.fixture
def operating(studio, qtbot):
    """Surgery on a tiny network that is loaded."""
    studio.set_spec(TINY)
    studio.ensure_network()
    qtbot.waitUntil(lambda: studio.network is not None, timeout=30_000)
    return studio.operating


def test_a_cut_shows_the_operated_network_and_keeps_the_intact_one(studio, operating):
    intact, heard = studio.network, []
    studio.network_changed.connect(heard.append)
    operating.toggle_shortcut("layer2.0")
    assert heard == [studio.network]
    assert studio.network.surgery.of("layer2.0") == Operation(shortcut=0.0)
    assert studio.intact_network is intact
    operating.toggle_shortcut("layer2.0")
    assert studio.network is intact


def test_every_cut_is_a_step_of_undo_and_so_is_the_reset(studio, operating):
    operating.toggle_shortcut("layer2.0")
    operating.toggle_block("layer2.1")
    operating.reset()
    assert studio.network is studio.intact_network
    texts = [studio.undo_stack.text(each) for each in range(1, studio.undo_stack.count())]
    assert texts == ["Cut the shortcut of layer2.0", "Remove layer2.1", "Undo all surgery"]
    studio.commands.run("edit.undo")
    assert studio.network.surgery.changes == 2
    studio.commands.run("edit.undo")
    assert lines_of(operating.surgery) == ["layer2.0: shortcut cut"]
    studio.commands.run("edit.redo")
    assert lines_of(operating.surgery) == [
        "layer2.0: shortcut cut",
        "layer2.1: block removed (F = 0)",
    ]


def test_a_dragged_slider_is_one_step_of_undo(studio, operating):
    before = studio.undo_stack.count()
    for factor in (0.9, 0.5, 0.3):
        after = operating.surgery.changed("layer1.0", branch=factor)
        operating.set(after, drag="layer1.0 branch 1")
    operating.set(operating.surgery.changed("layer1.0", branch=0.2), drag="layer1.0 branch 2")
    assert studio.undo_stack.count() == before + 2
    studio.undo_stack.undo()
    assert operating.surgery.of("layer1.0").branch == 0.3
    studio.undo_stack.undo()
    assert operating.surgery == NO_SURGERY


def test_another_network_begins_intact_and_undo_brings_the_surgery_back(studio, operating, qtbot):
    operating.toggle_block("layer2.1")
    studio.set_spec(TINY.replace(name="other", depths=(1, 1)))
    studio.ensure_network()
    qtbot.waitUntil(lambda: studio.network is not None, timeout=30_000)
    assert (operating.surgery, studio.network.surgery) == (NO_SURGERY, NO_SURGERY)
    studio.undo_stack.undo()
    studio.ensure_network()
    qtbot.waitUntil(lambda: studio.network is not None, timeout=30_000)
    assert studio.network.spec == TINY
    assert studio.network.surgery.of("layer2.1").removed


def test_other_weights_of_the_same_network_are_operated_on_as_well(studio, operating):
    operating.toggle_block("layer2.1")
    other = load_network(TINY)
    studio.show_network(other)
    assert studio.intact_network is other
    assert studio.network.surgery.of("layer2.1").removed


def test_the_export_takes_the_intact_network(studio, operating, qtbot, tmp_path, monkeypatch):
    exported = []
    monkeypatch.setattr("resnet_studio.export.export", lambda _to, what, **_: exported.append(what))
    operating.toggle_block("layer2.1")
    dialog = ExportDialog(studio)
    qtbot.addWidget(dialog)
    dialog.path.setText(str(tmp_path / "tiny.onnx"))
    dialog.start()
    qtbot.waitUntil(lambda: not studio.workers.tasks)
    assert exported[0].model is studio.intact_network.model
    assert exported[0].model is not studio.network.model


def test_commands_act_on_the_block_of_the_selection(studio, operating):
    commands = studio.commands
    assert "Select a block" in commands.why_not("surgery.toggle_block")
    studio.select("layer2.1.conv2")
    assert commands.run("surgery.toggle_block")
    assert commands.run("surgery.toggle_shortcut")
    assert operating.surgery.of("layer2.1") == Operation(shortcut=0.0, branch=0.0)
    studio.select("layer2")
    assert not commands.run("surgery.toggle_block")
    assert commands.run("surgery.reset")
    assert not commands.run("surgery.reset")


def test_a_plain_network_says_why_nothing_can_be_cut(studio, operating):
    studio.set_spec(TINY.replace(name="plain", shortcut=ShortcutKind.NONE))
    studio.select("layer2.1")
    operating.toggle_block("layer2.1")
    assert not operating.surgery
    assert "no shortcuts" in studio.commands.why_not("surgery.toggle_block")


def test_a_badge_counts_the_changes_and_undoes_them(studio, operating, qtbot):
    badge = OperatedBadge(studio)
    qtbot.addWidget(badge)
    assert badge.isHidden()
    operating.toggle_shortcut("layer2.0")
    assert (badge.isHidden(), badge.text()) == (False, "operated: 1 change — undo all")
    operating.set(operating.surgery.changed("layer2.0", branch=0.5))
    assert badge.text() == "operated: 2 changes — undo all"
    assert "layer2.0: shortcut cut, F × 0.5" in badge.toolTip()
    badge.click()
    assert badge.isHidden()
    assert not operating.surgery
