"""What is chosen before a run: pictures, network, recipe, device; all of it remembered."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image
from PySide6.QtGui import QGuiApplication

from resnet_studio.architecture.catalog import get
from resnet_studio.data.sources import DataConfig
from resnet_studio.gui.training.data_summary import DataSummary
from resnet_studio.gui.training.panel import TrainingPanel
from resnet_studio.gui.training.plan import make_plan, offer_for, work_note
from resnet_studio.training.presets import DEFAULT_RECIPES
from resnet_studio.training.recipe import Recipe
from tests.gui.training.conftest import WAIT_MS


def summary(*, side: int = 8, classes: int = 10) -> DataSummary:
    names = tuple(map(str, range(classes)))
    return DataSummary(DataConfig(), "some", names, 1438, 359, (), side)


def opened(qtbot, panel) -> None:
    data = panel.setup.data
    qtbot.waitUntil(lambda: data.summary is not None or bool(data.problem), timeout=WAIT_MS)


def test_the_digits_are_there_at_once_with_a_network_that_suits(qtbot, bare_panel, studio):
    studio.set_spec(get("resnet50").spec)
    opened(qtbot, bare_panel)
    data, choice = bare_panel.setup.data, bare_panel.setup.network
    assert data.info.text() == "10 classes: 0, 1, 2, …\n1,438 pictures to learn from, 359 held out"
    assert choice.recommended.isVisible()
    assert choice.recommended.isChecked()
    assert bare_panel.setup.plan.config.network == get("cifar_resnet20").spec
    choice.form.click()
    fitted = bare_panel.setup.plan.config.network
    assert (fitted.name, fitted.classes) == ("resnet50", 10)
    assert "10 outputs for these 10 classes" in choice.notes.text()
    assert "64 × 64 pixels, instead of 224 × 224" in choice.notes.text()


def test_a_cifar_network_of_the_form_is_used_as_it_is(qtbot, bare_panel, studio):
    studio.set_spec(get("cifar_resnet32").spec)
    opened(qtbot, bare_panel)
    choice = bare_panel.setup.network
    assert not choice.recommended.isVisible()
    assert choice.only.text() == "cifar_resnet32, as the form says"
    assert bare_panel.setup.plan.config.network == get("cifar_resnet32").spec
    assert choice.notes.text() == ""


def test_an_offer_is_made_only_where_the_forms_network_does_not_suit():
    heavy, light = get("resnet50").spec, get("cifar_resnet20").spec
    small, large = summary(side=32), summary(side=300)
    assert offer_for(heavy, small, macs=4 * 10**9, accelerated=True).spec.name == "cifar_resnet20"
    assert offer_for(light, small, macs=4 * 10**7, accelerated=False) is None
    assert offer_for(heavy, large, macs=4 * 10**9, accelerated=True) is None
    offered = offer_for(heavy, large, macs=4 * 10**9, accelerated=False).spec
    assert (offered.name, offered.input_size) == ("resnet18", 96)
    assert offer_for(light, large, macs=4 * 10**7, accelerated=False) is None


def test_the_plan_says_what_it_changed():
    plan = make_plan(get("resnet18").spec, summary(classes=3), Recipe(epochs=2))
    assert plan.config.network.classes == 3
    assert plan.config.recipe.epochs == 2
    assert plan.notes[0] == ("The network gets 3 outputs for these 3 classes, instead of 1,000.")
    assert make_plan(get("cifar_resnet20").spec, summary(), Recipe()).notes == ()


def test_a_batch_of_more_pictures_than_there_are_is_told():
    spec = get("cifar_resnet20").spec
    assert make_plan(spec, summary(), Recipe(batch_size=8192)).notes == (
        "A batch of 8,192 is more than the 1,438 pictures to learn from: each epoch is one step.",
    )
    assert make_plan(spec, summary(), Recipe(batch_size=1438)).notes == ()


def test_slow_networks_are_told_from_quick_ones():
    assert work_note(4_089_184_256).startswith("It has 101 times the work")
    assert work_note(335_000_000) == ""


def test_what_was_left_out_is_listed_copied_and_saved(
    qtbot, bare_panel, pictures, studio, monkeypatch, tmp_path
):
    (pictures / "empty").mkdir()
    (pictures / "dark" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    bare_panel.set_data_folder(pictures)
    opened(qtbot, bare_panel)
    data = bare_panel.setup.data
    assert data.problems_button.isVisible()
    assert data.problems_button.text() == "2 left out…"
    dialog = data.show_problems()
    rows = [dialog.model.data(dialog.model.index(row, 0)) for row in range(2)]
    assert sorted(rows) == ["dark/broken.png", "empty"]
    dialog.copy.click()
    assert "dark/broken.png" in QGuiApplication.clipboard().text()
    monkeypatch.setattr(studio, "save_file", lambda *_: tmp_path / "list.csv")
    dialog.save.click()
    assert (
        (tmp_path / "list.csv").read_text().startswith("File or class,Reason,What to do,Left out\n")
    )
    dialog.close()


def test_a_folder_of_one_class_is_refused_with_the_remedy(qtbot, bare_panel, tmp_path):
    (tmp_path / "one" / "cat").mkdir(parents=True)
    Image.new("RGB", (20, 20)).save(tmp_path / "one" / "cat" / "a.png")
    bare_panel.set_data_folder(tmp_path / "one")
    opened(qtbot, bare_panel)
    data = bare_panel.setup.data
    assert "one class only" in data.info.text()
    assert data.info.property("error")
    assert not bare_panel.start_button.isEnabled()
    assert "cannot be used" in bare_panel.strip.phase.text()


def test_a_folder_that_is_gone_is_told(qtbot, bare_panel, tmp_path):
    bare_panel.set_data_folder(tmp_path / "gone")
    opened(qtbot, bare_panel)
    assert "gone" in bare_panel.setup.data.problem
    assert bare_panel.setup.plan is None


def test_no_folder_yet_says_how_to_choose_one(bare_panel):
    source = bare_panel.setup.data.source
    source.setCurrentIndex(source.findData("folder"))
    assert "drop one" in bare_panel.setup.data.info.text()
    assert bare_panel.setup.problem == "Choose pictures to learn from."


def test_choosing_a_folder_opens_it(qtbot, bare_panel, studio, monkeypatch, pictures):
    monkeypatch.setattr(studio, "open_folder", lambda _title: pictures)
    source = bare_panel.setup.data.source
    source.setCurrentIndex(source.findData("folder"))
    bare_panel.setup.data.folder_button.click()
    opened(qtbot, bare_panel)
    assert bare_panel.setup.data.summary.classes == ("bright", "dark")


def test_cifar10_is_fetched_only_after_a_yes(qtbot, bare_panel, studio, monkeypatch):
    source = bare_panel.setup.data.source
    source.setCurrentIndex(source.findData("cifar10"))
    opened(qtbot, bare_panel)
    assert "not on this computer" in bare_panel.setup.data.info.text()
    assert bare_panel.setup.data.download_button.isVisible()
    asked, begun = [], []
    studio.workers.task_started.connect(begun.append)
    monkeypatch.setattr(studio, "ask", lambda title, text, **_: asked.append(text) or False)
    bare_panel.setup.data.download_button.click()
    assert "170 MB" in asked[0]
    assert not begun


def test_a_cancelled_opening_can_be_chosen_again(qtbot, bare_panel, studio, pictures):
    bare_panel.set_data_folder(pictures)
    studio.workers.cancel_lane("data")
    qtbot.waitUntil(lambda: bool(bare_panel.setup.data.problem), timeout=WAIT_MS)
    assert "Choose them again" in bare_panel.setup.data.info.text()
    bare_panel.set_data_folder(pictures)
    opened(qtbot, bare_panel)
    assert bare_panel.setup.plan is not None


def test_the_recipe_follows_the_pictures_until_it_is_the_persons_own(qtbot, bare_panel, pictures):
    recipe = bare_panel.setup.recipe
    assert recipe.recipe.epochs == DEFAULT_RECIPES["digits"].recipe.epochs
    bare_panel.set_data_folder(pictures)
    assert recipe.recipe.batch_size == DEFAULT_RECIPES["folder"].recipe.batch_size
    recipe.fields["epochs"].editor.setText("77")
    source = bare_panel.setup.data.source
    source.setCurrentIndex(source.findData("digits"))
    assert recipe.recipe.epochs == 77


def test_recipe_and_data_are_remembered(qtbot, panel, studio, pictures):
    panel.setup.recipe.fields["epochs"].editor.setText("9")
    panel.setup.device.set_choice(panel.setup.device.choice.__class__.CPU)
    assert json.loads(studio.settings["data"])["path"] == str(pictures)
    again = TrainingPanel(studio)
    qtbot.addWidget(again)
    assert again.setup.recipe.recipe.epochs == 9
    assert again.setup.recipe.recipe.batch_size == 4
    assert again.setup.device.choice == "cpu"
    assert again.setup.data.config.path == str(pictures)


@pytest.mark.parametrize("stored", ["", "{", '{"epochs": -1}', '{"source": "nowhere"}', "[]"])
def test_damaged_settings_give_the_defaults(qtbot, studio, stored):
    studio.settings["recipe"] = stored
    studio.settings["data"] = stored
    panel = TrainingPanel(studio)
    qtbot.addWidget(panel)
    assert panel.setup.data.config == DataConfig()
    assert panel.setup.recipe.recipe == DEFAULT_RECIPES["digits"].recipe


def test_devices_that_are_missing_cannot_be_chosen_and_say_why(panel):
    box = panel.setup.device
    for row in range(box.box.count()):
        choice = box.box.itemData(row)
        missing = choice in box.devices.missing
        assert box.box.model().item(row).isEnabled() is not missing
        assert box.box.itemText(row).endswith(": not here") is missing
    for choice, reason in box.devices.missing.items():
        box.set_choice(choice)
        assert box.field.error.text() == reason
        assert not panel.start_button.isEnabled()


@pytest.fixture
def cifar_server(monkeypatch):
    """A server on this machine in the place of CIFAR-10's; `gate` lets the rest through."""
    from resnet_studio.data import cifar

    gate = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/missing":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", "4000000")
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(bytes(2_000_000))
                gate.wait(60)
                self.wfile.write(bytes(2_000_000))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"

    def serve(path):
        monkeypatch.setattr(cifar, "URL", f"{address}/{path}")
        return gate

    yield serve
    gate.set()
    server.shutdown()
    server.server_close()
    thread.join()


def ask_for_cifar(qtbot, panel, studio, monkeypatch):
    source = panel.setup.data.source
    source.setCurrentIndex(source.findData("cifar10"))
    opened(qtbot, panel)
    monkeypatch.setattr(studio, "ask", lambda *_args, **_words: True)
    panel.setup.data.download_button.click()


def test_a_download_that_fails_says_why(qtbot, bare_panel, studio, monkeypatch, cifar_server):
    cifar_server("missing")
    ask_for_cifar(qtbot, bare_panel, studio, monkeypatch)
    opened(qtbot, bare_panel)
    assert bare_panel.setup.data.info.property("error")
    assert "not on this computer" not in bare_panel.setup.data.problem
    assert bare_panel.setup.data.download_button.isVisible()


def test_a_download_shows_progress_and_can_be_cancelled(
    qtbot, bare_panel, studio, monkeypatch, cifar_server
):
    gate = cifar_server("slow")
    ask_for_cifar(qtbot, bare_panel, studio, monkeypatch)
    data = bare_panel.setup.data
    qtbot.waitUntil(lambda: "Downloading CIFAR-10" in data.info.text(), timeout=WAIT_MS)
    task = next(task for task in studio.workers.tasks if task.lane == "data")
    assert task.visible
    assert task.cancellable
    task.cancel()
    gate.set()
    qtbot.waitUntil(lambda: "not on this computer" in data.info.text(), timeout=WAIT_MS)
    assert data.download_button.isVisible()
