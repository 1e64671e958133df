from __future__ import annotations

import dataclasses
import functools
import http.server
import shutil
import threading

import pytest
import torch

from resnet_studio import models
from resnet_studio.files import sha256_of
from resnet_studio.probe.network import WeightsChoice
from resnet_studio.training.config import default_config
from resnet_studio.training.runs import RunFolder, default_runs_dir


@pytest.fixture
def menu(panel):
    return panel.side.weights


@pytest.fixture
def trained_file(tiny_spec, tmp_path):
    path = tmp_path / "trained.safetensors"
    model = models.build_network(tiny_spec, seed=4)
    models.save_weights(path, model, classes=tuple("abcde"), preprocessing=None, info={})
    return path


def test_the_seed_field_draws_other_random_weights(panel, menu, studio, look, picture):
    look(panel, picture)
    first = studio.network.model.conv1.weight.clone()
    menu.seed.setValue(3)
    look(panel)
    assert studio.network.choice == WeightsChoice(seed=3)
    assert not torch.equal(studio.network.model.conv1.weight, first)
    menu.seed.setValue(0)
    look(panel)
    assert torch.equal(studio.network.model.conv1.weight, first)


def test_the_random_command_takes_the_next_seed(panel, menu, studio, look, picture):
    look(panel, picture)
    studio.commands.run("weights.random")
    look(panel)
    assert studio.network.choice.seed == 1
    assert menu.seed.value() == 1
    assert menu.seed.isVisible()


def test_weights_of_a_file_are_named_and_have_no_seed(
    panel, menu, studio, look, picture, trained_file
):
    look(panel, picture)
    studio.set_weights(WeightsChoice("file", str(trained_file)))
    look(panel)
    assert menu.button.text() == "trained.safetensors"
    assert not menu.seed.isVisible()
    assert str(trained_file) in menu.button.toolTip()


def test_the_last_run_is_the_newest_that_has_weights(panel, menu, studio, look, picture, tiny_spec):
    from resnet_studio.data.sources import DataConfig

    look(panel, picture)
    config = default_config(tiny_spec.replace(classes=10), DataConfig())
    done = RunFolder.create(default_runs_dir(), config)
    model = models.build_network(tiny_spec, seed=8)
    for which in ("best", "last"):
        models.save_weights(
            done.weights(which), model, classes=tuple("vwxyz"), preprocessing=None, info={}
        )
    RunFolder.create(default_runs_dir(), config)  # newer, but nothing was saved in it yet
    menu.use_last_run()
    look(panel)
    assert studio.network.choice == WeightsChoice("run", str(done.weights("best")), name=done.name)
    assert studio.network.classes == tuple("vwxyz")
    assert done.name in studio.network.description
    menu.use_last_run("last")
    look(panel)
    assert studio.network.choice.path == str(done.weights("last"))


def test_without_any_run_the_remedy_is_to_train(panel, menu, studio, messages, qtbot):
    studio.commands.run("weights.last_run")
    qtbot.waitUntil(lambda: bool(messages))
    assert "no training run" in messages[-1].text
    assert "Train" in messages[-1].remedy


def test_weights_of_another_network_come_with_the_offer_to_switch(
    panel, studio, look, picture, trained_file, tiny_spec, messages, qtbot
):
    look(panel, picture)
    studio.set_spec(tiny_spec.replace(widths=(4, 12)))
    look(panel)
    studio.set_weights(WeightsChoice("file", str(trained_file)))
    qtbot.waitUntil(lambda: bool(messages))
    assert not studio.network.trained
    label, switch = messages[-1].actions[0]
    assert "tiny" in label
    switch()
    look(panel)
    assert studio.spec == tiny_spec
    assert studio.network.trained
    assert studio.network.classes == tuple("abcde")


def test_a_foreign_file_that_does_not_fit_keeps_the_old_weights(
    panel, studio, look, picture, tmp_path, messages, qtbot, tiny_spec
):
    before = look(panel, picture)
    path = tmp_path / "foreign.pth"
    torch.save(models.build_network(tiny_spec.replace(widths=(4, 12)), seed=0).state_dict(), path)
    studio.set_weights(WeightsChoice("file", str(path)))
    qtbot.waitUntil(lambda: bool(messages))
    assert "foreign.pth" in messages[-1].text
    assert messages[-1].remedy
    assert panel.examination is before


# -- torchvision's weights, from a server of our own ---------------------------------------------


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args):
        """Says nothing."""


@pytest.fixture
def offer(tiny_spec, tmp_path, monkeypatch):
    """What torchvision would offer for the tiny network; its URL leads to this computer."""
    served = tmp_path / "served"
    served.mkdir()
    content = served / "tiny-00000000.pth"
    torch.save(models.build_network(tiny_spec, seed=6).state_dict(), content)
    prefix = sha256_of(content)[:8]
    file = content.rename(served / f"tiny-{prefix}.pth")
    handler = functools.partial(_Quiet, directory=str(served))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch_home"))
    torch.hub.set_dir(str(tmp_path / "hub"))
    real = models.pretrained_weights(_resnet18())[0]
    entry = dataclasses.replace(
        real,
        network="tiny",
        name="TINY_V1",
        url=f"http://127.0.0.1:{server.server_port}/{file.name}",
        sha256_prefix=prefix,
        size=file.stat().st_size,
        categories=tuple("klmno"),
        resize_size=40,
        crop_size=32,
    )
    monkeypatch.setattr(models, "pretrained_weights", lambda _spec: (entry,))
    yield entry
    server.shutdown()
    server.server_close()
    thread.join()
    monkeypatch.setattr(torch.hub, "_hub_dir", None)


def _resnet18():
    from resnet_studio.architecture.catalog import get

    return get("resnet18").spec


def test_pretrained_weights_are_fetched_after_a_yes_and_used(
    panel, menu, studio, look, picture, offer, monkeypatch, qtbot
):
    questions = []
    monkeypatch.setattr(
        studio, "ask", lambda title, text, **_: questions.append(f"{title} {text}") or True
    )
    look(panel, picture)
    studio.commands.run("weights.pretrained")
    qtbot.waitUntil(lambda: studio.network is not None and studio.network.trained, timeout=20_000)
    look(panel)
    assert offer.path.is_file()
    assert len(questions) == 1
    assert "127.0.0.1" in questions[0]
    assert "MB" in questions[0]
    assert str(offer.path.parent) in questions[0]
    assert studio.network.classes == tuple("klmno")
    assert panel.side.crop_text.text().startswith("shorter side resized to 40")


def test_a_file_that_is_there_already_is_used_without_a_question(
    panel, menu, studio, look, picture, offer, monkeypatch, tmp_path, qtbot
):
    offer.path.parent.mkdir(parents=True)
    shutil.copy(tmp_path / "served" / offer.file_name, offer.path)
    monkeypatch.setattr(studio, "ask", lambda *_args, **_more: pytest.fail("it asked"))
    look(panel, picture)
    menu.use_pretrained()
    qtbot.waitUntil(lambda: studio.network is not None and studio.network.trained, timeout=20_000)


def test_a_no_downloads_nothing(panel, menu, studio, look, picture, offer, monkeypatch, qtbot):
    answered = []
    monkeypatch.setattr(studio, "ask", lambda *_args, **_more: bool(answered.append(1)))
    look(panel, picture)
    menu.use_pretrained()
    qtbot.waitUntil(lambda: bool(answered))
    assert not studio.workers.tasks
    assert not offer.path.exists()
    assert not studio.network.trained


def test_offline_the_message_says_how_to_bring_the_file_here(
    panel, menu, studio, look, picture, offer, monkeypatch, messages, qtbot
):
    look(panel, picture)
    monkeypatch.setattr(studio, "ask", lambda *_args, **_more: True)
    gone = dataclasses.replace(offer, url=f"http://127.0.0.1:1/{offer.file_name}")
    menu.use_offer(gone)
    qtbot.waitUntil(lambda: bool(messages), timeout=20_000)
    assert messages[-1].kind == "error"
    assert gone.url in messages[-1].remedy
    assert messages[-1].actions[0][0] == "Try again"
    assert not gone.path.exists()


def test_a_file_with_another_content_is_not_kept(
    panel, menu, studio, look, picture, offer, monkeypatch, messages, qtbot
):
    look(panel, picture)
    monkeypatch.setattr(studio, "ask", lambda *_args, **_more: True)
    menu.use_offer(dataclasses.replace(offer, sha256_prefix="deadbeef"))
    qtbot.waitUntil(lambda: bool(messages), timeout=20_000)
    assert "not the expected file" in messages[-1].text
    assert not offer.path.exists()
    assert not studio.network.trained


def test_the_submenu_lists_size_and_accuracy(panel, menu, studio, offer, qtbot):
    with qtbot.waitSignal(menu.pretrained_listed):
        menu.pretrained_menu.aboutToShow.emit()
    texts = [action.text() for action in menu.pretrained_menu.actions()]
    assert len(texts) == 1
    assert texts[0].startswith("TINY_V1: ")
    assert "top-1" in texts[0]


def test_a_network_that_torchvision_does_not_know_is_told_so(panel, menu, studio, messages, qtbot):
    menu.use_pretrained()
    qtbot.waitUntil(lambda: bool(messages), timeout=20_000)
    assert "tiny" in messages[-1].text
    assert "ResNet-18" in messages[-1].remedy
