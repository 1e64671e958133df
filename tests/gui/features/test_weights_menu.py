from __future__ import annotations

import collections
import dataclasses

import pytest
import torch

from resnet_studio import downloads, models
from resnet_studio.architecture.catalog import get
from resnet_studio.downloads import kept_bytes
from resnet_studio.files import sha256_of
from resnet_studio.gui.features import offer_words, weights_menu
from resnet_studio.probe.network import WeightsChoice
from resnet_studio.training.config import default_config
from resnet_studio.training.runs import RunFolder, default_runs_dir
from tests import test_downloads
from tests.test_downloads import Handler, server

__all__ = ["server"]


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


def test_a_name_is_cut_to_the_room_that_the_seed_leaves_at_once(
    panel, menu, look, picture, trained_file
):
    """A text that is too wide beside the seed, but not without it, is shown whole."""
    look(panel, picture)
    name = "a" * 40
    beside = menu.button.width() - weights_menu._BUTTON_FRAME
    while menu.button.fontMetrics().horizontalAdvance(name) > beside + menu.seed.width() // 2:
        name = name[1:]
    assert menu.button.fontMetrics().horizontalAdvance(name) > beside
    menu._show_choice(WeightsChoice("file", str(trained_file.with_name(name))))
    assert menu.button.text() == name


def test_a_name_is_cut_again_when_the_font_grows(panel, menu, look, picture, trained_file):
    look(panel, picture)
    menu._show_choice(WeightsChoice("file", str(trained_file)))
    assert menu.button.text() == trained_file.name
    font = menu.button.font()
    font.setPointSizeF(3 * font.pointSizeF())
    menu.button.setFont(font)
    assert "…" in menu.button.text()
    assert menu.button.fontMetrics().horizontalAdvance(menu.button.text()) < menu.button.width()


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


class Weights(Handler):
    """Answers every path with the file, or with the rest of it; may stop in the middle."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range")))
        self.file()

    def answer(self, code, body=b"", **headers):
        if not self.server.halting:
            super().answer(code, body, **headers)
            return
        self.server.halting = False
        half = len(body) // 2
        super().answer(code, body[:half], **headers)
        self.server.wake.wait(30)
        self.wfile.write(body[half:])


class WithoutRange(Weights):
    """Sends the whole file whatever part of it is asked for."""

    def start(self) -> int:
        return 0


@pytest.fixture
def offer(tiny_spec, tmp_path, monkeypatch, server):
    """What torchvision would offer for the tiny network; its URL leads to this computer."""
    content = tmp_path / "served.pth"
    torch.save(models.build_network(tiny_spec, seed=6).state_dict(), content)
    prefix = sha256_of(content)[:8]
    monkeypatch.setattr(test_downloads, "CONTENT", content.read_bytes())
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    server.RequestHandlerClass, server.halting = Weights, False
    real = models.pretrained_weights(_resnet18())[0]
    entry = dataclasses.replace(
        real,
        network="tiny",
        name="TINY_V1",
        url=server.url(f"tiny-{prefix}.pth"),
        sha256_prefix=prefix,
        size=content.stat().st_size,
        categories=tuple("klmno"),
        resize_size=40,
        crop_size=32,
    )
    entry.path.parent.mkdir(parents=True)
    monkeypatch.setattr(models, "pretrained_weights", lambda _spec: (entry,))
    return entry


@pytest.fixture
def questions(studio, monkeypatch):
    """Answers every question with yes, and keeps them."""
    asked = []

    def agree(title, text, **_options):
        asked.append(f"{title} {text}")
        return True

    monkeypatch.setattr(studio, "ask", agree)
    return asked


def _resnet18():
    return get("resnet18").spec


def has_learned(studio) -> bool:
    return studio.network is not None and studio.network.trained


def test_pretrained_weights_are_fetched_after_a_yes_and_used(
    panel, menu, studio, look, picture, offer, questions, qtbot
):
    look(panel, picture)
    studio.commands.run("weights.pretrained")
    qtbot.waitUntil(lambda: has_learned(studio), timeout=20_000)
    look(panel)
    assert offer.path.read_bytes() == test_downloads.CONTENT
    assert len(questions) == 1
    assert studio.network.classes == tuple("klmno")
    assert panel.side.crop_text.text().startswith("shorter side resized to 40")


def test_the_question_tells_size_place_accuracy_preprocessing_and_classes(offer):
    text = offer_words.question(offer)
    for part in ("127.0.0.1", "MB", str(offer.path.parent), "TINY_V1", "69.8 % top-1"):
        assert part in text
    for part in ("89.1 % top-5", "resized to 40", "central 32 × 32", "5 classes: k, l, m, … o"):
        assert part in text


def test_a_file_that_is_there_already_is_used_without_a_question(
    panel, menu, studio, look, picture, offer, monkeypatch, server, qtbot
):
    offer.path.write_bytes(test_downloads.CONTENT)
    monkeypatch.setattr(studio, "ask", lambda *_args, **_more: pytest.fail("it asked"))
    look(panel, picture)
    menu.use_pretrained()
    qtbot.waitUntil(lambda: has_learned(studio), timeout=20_000)
    assert server.asked == []


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_file_that_is_not_the_published_one_is_replaced_after_a_yes(
    panel, menu, studio, look, picture, offer, questions, qtbot, share
):
    offer.path.write_bytes(bytes(round(offer.size * share)))
    look(panel, picture)
    menu.use_pretrained()
    qtbot.waitUntil(lambda: has_learned(studio), timeout=20_000)
    assert "not the published one" in questions[0]
    assert offer.path.read_bytes() == test_downloads.CONTENT


@pytest.mark.parametrize("handler", [Weights, WithoutRange])
def test_a_cancelled_download_keeps_its_part_and_goes_on_from_there(
    panel, menu, studio, look, picture, offer, questions, server, qtbot, handler
):
    look(panel, picture)
    server.RequestHandlerClass, server.halting = handler, True
    menu.use_pretrained()
    qtbot.waitUntil(lambda: kept_bytes(offer.path) > 0, timeout=20_000)
    studio.workers.cancel_lane("download")
    server.wake.set()
    qtbot.waitUntil(lambda: not studio.workers.tasks, timeout=20_000)
    kept = kept_bytes(offer.path)
    assert 0 < kept < offer.size
    assert not offer.path.exists()
    assert not studio.network.trained
    menu.use_pretrained()
    qtbot.waitUntil(lambda: has_learned(studio), timeout=20_000)
    assert [asked for _, asked in server.asked] == [None, f"bytes={kept}-"]
    assert "have arrived already" in questions[1]
    assert offer.path.read_bytes() == test_downloads.CONTENT


def test_a_full_disk_is_told_and_the_download_can_be_tried_again(
    panel, menu, studio, look, picture, offer, questions, messages, monkeypatch, qtbot
):
    look(panel, picture)
    room = collections.namedtuple("room", "total used free")
    with monkeypatch.context() as little:
        little.setattr(downloads.shutil, "disk_usage", lambda _folder: room(1, 1, 0))
        menu.use_pretrained()
        qtbot.waitUntil(lambda: bool(messages), timeout=20_000)
    assert "The disk has 0 MB free" in messages[-1].text
    assert "Make room" in messages[-1].remedy
    label, again = messages[-1].actions[0]
    assert label == "Try again"
    again()
    qtbot.waitUntil(lambda: has_learned(studio), timeout=20_000)


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
    first = menu.pretrained_menu.actions()[0]
    assert first.text().startswith("TINY_V1: 69.8 % top-1, 89.1 % top-5, download of ")
    assert "resized to 40" in first.toolTip()
    assert menu.pretrained_menu.actions()[-1].menu() is menu.others_menu


def test_every_set_of_torchvision_is_listed_by_its_name(panel, menu, studio, qtbot):
    with qtbot.waitSignal(menu.others_listed, timeout=20_000):
        menu.others_menu.aboutToShow.emit()
    texts = [action.text() for action in menu.others_menu.actions()]
    assert len(texts) == 17
    assert texts[0].startswith("ResNet-18 IMAGENET1K_V1: 69.8 % top-1, 89.1 % top-5")
    assert any(text.startswith("ResNet-50 IMAGENET1K_V2: 80.9 % top-1") for text in texts)


def test_weights_of_another_network_bring_that_network_once_they_are_here(
    panel, menu, studio, look, picture, offer, questions, tiny_spec, monkeypatch, qtbot
):
    wider = studio.spec.replace(name="wider", widths=(4, 12))
    studio.set_spec(wider)
    look(panel, picture)
    entry = dataclasses.replace(get("cifar_resnet20"), id="tiny", spec=tiny_spec)
    monkeypatch.setattr(weights_menu, "CATALOG", {"tiny": entry})
    monkeypatch.setattr(models, "all_pretrained_weights", lambda: (offer,))
    with qtbot.waitSignal(menu.others_listed, timeout=20_000):
        menu.others_menu.aboutToShow.emit()
    menu.others_menu.actions()[0].trigger()
    assert studio.spec == wider
    qtbot.waitUntil(lambda: has_learned(studio), timeout=20_000)
    assert studio.spec == tiny_spec
    assert len(questions) == 1
    assert studio.network.classes == tuple("klmno")


def test_a_network_that_torchvision_does_not_know_is_told_so(panel, menu, studio, messages, qtbot):
    menu.use_pretrained()
    qtbot.waitUntil(lambda: bool(messages), timeout=20_000)
    assert "tiny" in messages[-1].text
    assert "ResNet-18" in messages[-1].remedy
