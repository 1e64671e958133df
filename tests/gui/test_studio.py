from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import get
from resnet_studio.gui.studio import START_NETWORK, Studio, TorchStatus
from resnet_studio.models import build_network, save_weights
from resnet_studio.probe.network import WeightsChoice
from resnet_studio.settings import Settings

TINY = get("cifar_resnet20").spec.replace(name="tiny", depths=(1, 1), widths=(4, 8), stem_width=4)


@pytest.fixture
def weights(tmp_path):
    """A file of weights for the tiny network."""
    path = tmp_path / "tiny.safetensors"
    save_weights(path, build_network(TINY, seed=7), classes=[f"c{i}" for i in range(10)])
    return path


def loaded(qtbot, studio):
    qtbot.waitUntil(lambda: studio.network is not None, timeout=30_000)
    return studio.network


def idle(qtbot, studio):
    qtbot.waitUntil(lambda: not studio.workers.tasks, timeout=30_000)


def test_the_network_of_the_form_is_built_with_random_weights(qtbot, studio):
    studio.set_spec(TINY)
    studio.ensure_network()
    network = loaded(qtbot, studio)
    assert (network.spec, network.trained) == (TINY, False)


def test_asking_for_a_network_does_not_replace_weights_under_way(qtbot, studio, weights):
    """A panel that becomes visible asks for a network; weights just chosen must win."""
    studio.set_spec(TINY)
    studio.set_weights(WeightsChoice(kind="file", path=str(weights)))
    studio.ensure_network()
    assert loaded(qtbot, studio).trained
    idle(qtbot, studio)
    assert studio.network.trained
    assert studio.weights.kind == "file"


def test_weights_that_cannot_be_read_leave_the_present_ones(qtbot, studio, messages, tmp_path):
    studio.set_spec(TINY)
    studio.ensure_network()
    before = loaded(qtbot, studio)
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"not weights")
    studio.set_weights(WeightsChoice(kind="file", path=str(broken)))
    idle(qtbot, studio)
    assert studio.network is before
    assert messages[-1].kind == "error"
    assert "broken.pth" in messages[-1].text


def test_broken_weights_of_a_network_not_built_yet_leave_it_with_random_ones(
    qtbot, studio, messages, tmp_path
):
    studio.set_spec(TINY)
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"not weights")
    studio.set_weights(WeightsChoice(kind="file", path=str(broken)))
    assert not loaded(qtbot, studio).trained
    assert "broken.pth" in messages[-1].text


def test_weights_of_another_network_offer_to_switch_to_it(qtbot, studio, messages, weights):
    assert studio.spec.name == START_NETWORK
    studio.set_weights(WeightsChoice(kind="file", path=str(weights)))
    idle(qtbot, studio)
    label, switch = messages[-1].actions[0]
    assert "tiny" in label
    switch()
    assert loaded(qtbot, studio).trained
    assert studio.spec == TINY


def test_another_network_forgets_the_weights_of_the_one_before(qtbot, studio, weights):
    studio.set_spec(TINY)
    studio.set_weights(WeightsChoice(kind="file", path=str(weights)))
    loaded(qtbot, studio)
    studio.set_spec(TINY.replace(depths=(2, 1)))
    assert studio.network is None
    assert studio.weights.kind == "random"


def test_a_network_that_was_changed_while_it_was_built_is_not_shown(qtbot, studio):
    shown = []
    studio.network_changed.connect(shown.append)
    studio.set_spec(TINY)
    studio.ensure_network()
    other = TINY.replace(depths=(2, 2), name="other")
    studio.set_spec(other)
    studio.ensure_network()
    loaded(qtbot, studio)
    idle(qtbot, studio)
    assert [network.spec for network in shown if network is not None] == [other]


@pytest.fixture
def early(qapp, home):
    """The studio of a window that has just been opened."""
    studio = Studio(Settings(home / "other.json"))
    yield studio
    studio.shutdown()
    studio.deleteLater()


def test_weights_chosen_before_torch_is_ready_are_loaded_when_it_is(qtbot, early, weights):
    """They may be named on the command line, or dropped while the window is new."""
    shown = []
    early.message_posted.connect(shown.append)
    early.torch_changed.connect(lambda _status: early.ensure_network())  # as the panels do
    early.set_spec(TINY)
    early.set_weights(WeightsChoice(kind="file", path=str(weights)))
    assert "as soon as torch is ready" in shown[0].text
    assert not early.workers.tasks
    early.set_torch(TorchStatus("ready"))
    loaded(qtbot, early)
    idle(qtbot, early)
    assert early.network.choice.path == str(weights)
    assert len(shown) == 1


def test_weights_that_can_never_be_loaded_are_refused_with_the_reason(early, weights):
    shown = []
    early.message_posted.connect(shown.append)
    early.set_torch(TorchStatus("failed", message="torch is broken.", remedy="Install it."))
    early.set_weights(WeightsChoice(kind="file", path=str(weights)))
    assert (shown[0].text, shown[0].remedy) == ("torch is broken.", "Install it.")
    assert not early.workers.tasks


def test_a_selection_that_the_new_network_lacks_is_dropped(studio):
    studio.set_spec(get("resnet18").spec)
    studio.select("layer4")
    seen = []
    studio.selection_changed.connect(seen.append)
    studio.set_spec(TINY)
    assert seen == [""]
    studio.select("layer1")
    studio.set_spec(get("resnet34").spec)
    assert studio.selection == "layer1"


def test_a_defect_is_told_plainly_and_its_details_can_be_copied(studio, messages):
    studio.show_error(ZeroDivisionError("division by zero"))
    assert messages[-1].kind == "error"
    assert "ZeroDivisionError" in messages[-1].text
    assert "Traceback" in messages[-1].details or "ZeroDivisionError" in messages[-1].details


def test_a_torch_that_is_missing_is_told_with_the_remedy(studio, monkeypatch, qtbot):
    import sys

    from resnet_studio.gui.torch_loader import load_torch

    monkeypatch.setitem(sys.modules, "torch", None)
    load_torch(studio)
    qtbot.waitUntil(lambda: studio.torch.state == "failed", timeout=30_000)
    assert "torch is not installed" in studio.torch.message
    assert "pip install" in studio.torch.remedy
    assert studio.graph.parameters > 0


def test_settings_that_cannot_be_saved_do_not_keep_the_window_open(qapp, tmp_path):
    target = tmp_path / "file"
    target.write_text("in the way")
    studio = Studio(Settings(target / "settings.json"))
    studio.shutdown()
    studio.deleteLater()


def test_torch_states_enable_the_commands_that_need_it(studio):
    studio.commands.connect("weights.open", lambda: None)
    studio.set_torch(TorchStatus("loading"))
    assert not studio.commands.action("weights.open").isEnabled()
    studio.set_torch(TorchStatus("ready"))
    assert studio.commands.action("weights.open").isEnabled()
