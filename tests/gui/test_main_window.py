from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QScrollArea, QTextEdit

from resnet_studio.architecture.catalog import get
from resnet_studio.gui.main_window import MainWindow
from resnet_studio.gui.studio import START_NETWORK, TorchStatus
from resnet_studio.gui.workspace import PANELS
from resnet_studio.settings import Settings


@pytest.fixture
def make_window(qtbot, home):
    """Opens the real window as a launch does; a second call is a second launch."""
    made = []

    def make():
        window = MainWindow(Settings(home / "config" / "settings.json"))
        made.append(window)
        with qtbot.waitSignal(window.furnished, timeout=20_000):
            window.show()
        qtbot.waitUntil(lambda: len(window.workspace.panels) == len(PANELS), timeout=20_000)
        return window

    yield make
    for window in made:
        if window.workspace is not None:
            window.workspace.studio.set_training(False)
        window.close()
        window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(make_window):
    return make_window()


def ready(qtbot, window):
    studio = window.workspace.studio
    qtbot.waitUntil(lambda: studio.torch.state == "ready", timeout=60_000)
    return studio


def drop(window, mime):
    centre = QPointF(window.rect().center())
    common = (
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(centre.toPoint(), *common)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, QDropEvent(centre, *common))
    return enter.isAccepted()


def files(*paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def photograph(folder, name="photo.png"):
    rng = np.random.default_rng(0)
    path = folder / name
    Image.fromarray(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)).save(path)
    return path


def test_the_window_is_painted_before_it_is_furnished(qtbot, home):
    window = MainWindow(Settings(home / "settings.json"))
    order = []
    window.painted.connect(lambda: order.append(("painted", window.workspace)))
    window.furnished.connect(lambda: order.append(("furnished", None)))
    with qtbot.waitSignal(window.furnished, timeout=20_000):
        window.show()
    assert order[0] == ("painted", None)
    assert order[1][0] == "furnished"
    window.close()
    window.deleteLater()


def test_all_six_panels_are_there_and_fit_a_small_screen(window):
    tabs = window.workspace.tabs
    titles = [tabs.tabText(index) for index in range(tabs.count())]
    assert titles == [
        *("Architecture", "Feature maps", "Augmentation", "Training", "Classification"),
        "Data set",
    ]
    assert window.minimumSizeHint().width() <= 1280
    assert window.minimumSizeHint().height() <= 760


def test_the_architecture_works_when_torch_is_missing(qtbot, window):
    workspace = window.workspace
    studio = workspace.studio
    ready(qtbot, window)
    studio.set_torch(TorchStatus("failed", message="torch is not installed.", remedy="Install it."))
    assert "torch is not installed. Install it." in workspace.message_bar.label.text()
    assert "missing" in workspace.status.torch.text()
    studio.set_spec(get("resnet50").spec)
    assert "25,557,032" in workspace.panels["architecture"].title.text()
    assert not studio.commands.action("training.start").isEnabled()


def test_a_picture_dropped_anywhere_is_shown_and_classified(qtbot, window, tmp_path):
    studio = ready(qtbot, window)
    studio.set_spec(get("cifar_resnet20").spec)
    assert drop(window, files(photograph(tmp_path)))
    features = window.workspace.panels["features"]
    qtbot.waitUntil(lambda: features.examination is not None, timeout=60_000)
    assert window.workspace.tabs.currentWidget() is features
    assert len(features.examination.predictions) == 5
    assert [maps.name for maps in features.examination.sections] == [
        "stem",
        "layer1",
        "layer2",
        "layer3",
    ]


def test_every_widget_lets_a_drop_through_to_the_window(window):
    """A text field that took the drop itself would show the path instead of the picture."""
    takers = [
        field
        for kind in (QLineEdit, QTextEdit, QPlainTextEdit)
        for field in window.findChildren(kind)
        if field.window() is window and field.acceptDrops()
    ]
    assert not takers, [field.accessibleName() for field in takers]


def test_a_broken_picture_keeps_the_one_that_is_shown(qtbot, window, tmp_path):
    studio = window.workspace.studio
    drop(window, files(photograph(tmp_path)))
    qtbot.waitUntil(lambda: studio.picture is not None, timeout=20_000)
    before = studio.picture
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff no picture")
    drop(window, files(broken))
    bar = window.workspace.message_bar
    qtbot.waitUntil(lambda: "broken.jpg" in bar.label.text(), timeout=20_000)
    assert studio.picture is before


def test_a_picture_in_the_clipboard_can_be_pasted(qtbot, window):
    image = QImage(30, 20, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    studio = window.workspace.studio
    assert studio.commands.run("picture.paste")
    qtbot.waitUntil(lambda: studio.picture is not None, timeout=20_000)
    assert studio.picture.rgb.shape == (20, 30, 3)
    assert tuple(studio.picture.rgb[0, 0]) == (255, 0, 0)


def test_pasting_nothing_says_what_to_do(window):
    QGuiApplication.clipboard().clear()
    window.workspace.studio.commands.run("picture.paste")
    assert "Copy a picture" in window.workspace.message_bar.label.text()


def test_a_folder_goes_to_the_training_panel(window, tmp_path):
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for number in range(2):
            photograph(tmp_path / name, f"{number}.png")
    assert drop(window, files(tmp_path))
    assert window.workspace.tabs.currentWidget() is window.workspace.panels["training"]


def test_a_folder_of_loose_pictures_goes_to_the_classification(window, tmp_path):
    for number in range(2):
        photograph(tmp_path, f"{number}.png")
    (tmp_path / "notes.txt").write_text("which pictures these are")
    assert drop(window, files(tmp_path))
    assert window.workspace.tabs.currentWidget() is window.workspace.panels["classification"]


def test_training_can_be_started_from_any_panel_and_shows_its_curves(qtbot, window):
    studio = ready(qtbot, window)
    window.workspace.show_panel("architecture")
    start = studio.commands.action("training.start")
    qtbot.waitUntil(start.isEnabled, timeout=30_000)
    studio.commands.run("training.start")
    panel = window.workspace.panels["training"]
    assert window.workspace.tabs.currentWidget() is panel
    qtbot.waitUntil(lambda: panel.session is not None and panel.session.running, timeout=30_000)
    panel.session.stop()
    qtbot.waitUntil(lambda: not panel.session.running, timeout=60_000)


def test_a_spec_file_becomes_the_network(window, tmp_path):
    path = tmp_path / "mine.toml"
    get("cifar_resnet56").spec.replace(name="mine").save(path)
    drop(window, files(path))
    assert window.workspace.studio.spec.name == "mine"
    window.workspace.studio.commands.run("edit.undo")
    assert window.workspace.studio.spec.name == START_NETWORK


def test_a_broken_spec_file_leaves_the_network(window, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text("{ not json")
    before = window.workspace.studio.spec
    drop(window, files(path))
    assert "mine.json" in window.workspace.message_bar.label.text()
    assert window.workspace.studio.spec == before


def test_a_hostile_checkpoint_is_refused_and_nothing_runs(qtbot, window, tmp_path):
    import pickle

    marker = tmp_path / "executed"

    class Trap:
        def __reduce__(self):
            return (open, (str(marker), "w"))

    path = tmp_path / "trap.pth"
    path.write_bytes(pickle.dumps(Trap()))
    studio = ready(qtbot, window)
    studio.set_spec(get("cifar_resnet20").spec)
    drop(window, files(path))
    bar = window.workspace.message_bar
    qtbot.waitUntil(lambda: "trap.pth" in bar.label.text(), timeout=30_000)
    assert not marker.exists()
    assert window.isVisible()


def test_text_that_is_dropped_is_not_taken(window):
    mime = QMimeData()
    mime.setText("not a picture")
    assert not drop(window, mime)


def test_choices_are_remembered_for_the_next_launch(make_window, home):
    first = make_window()
    first.workspace.studio.set_spec(get("cifar_resnet110").spec)
    first.workspace.show_panel("augmentation")
    first.workspace.studio.set_appearance("dark")
    first.resize(700, 650)
    first.close()
    stored = json.loads((home / "config" / "settings.json").read_text())
    assert stored["appearance"] == "dark"
    second = make_window()
    assert second.workspace.studio.spec.name == "cifar_resnet110"
    assert second.workspace.tabs.currentIndex() == 2
    assert second.workspace.studio.theme.dark
    second.workspace.studio.set_appearance("light")


def test_a_file_to_open_wins_over_the_panel_that_was_remembered(qtbot, make_window, tmp_path):
    first = make_window()
    first.workspace.show_panel("features")
    first.close()
    second = MainWindow(first.settings)
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for number in range(2):
            photograph(tmp_path / name, f"{number}.png")
    second.furnished.connect(lambda: second.workspace.drops.open_path(tmp_path))
    with qtbot.waitSignal(second.furnished, timeout=20_000):
        second.show()
    qtbot.waitUntil(lambda: len(second.workspace.panels) == len(PANELS), timeout=20_000)
    assert second.workspace.tabs.currentWidget() is second.workspace.panels["training"]
    second.close()
    second.deleteLater()


def test_light_and_dark_switch_without_restart(window):
    studio = window.workspace.studio
    studio.set_appearance("light")
    light = window.grab().toImage().pixelColor(5, window.height() // 2)
    studio.commands.run("view.theme")
    dark = window.grab().toImage().pixelColor(5, window.height() // 2)
    assert light.lightness() > 200
    assert dark.lightness() < 60
    studio.commands.run("view.theme")


def test_closing_asks_while_a_run_is_in_progress(window):
    studio = window.workspace.studio
    asked = []

    def keep(title, text, **_buttons):
        asked.append(text)
        return False

    studio.ask = keep
    studio.set_training(True)
    window.close()
    assert window.isVisible()
    assert "checkpoint is kept" in asked[0]


def test_a_defect_in_a_slot_is_shown_and_the_window_stays(window):
    from resnet_studio.gui.app import install_exception_hooks

    restore = install_exception_hooks(window)
    try:
        window.workspace.studio.commands.connect("help.log", lambda: 1 / 0)
        window.workspace.studio.commands.run("help.log")
    finally:
        restore()
    assert "ZeroDivisionError" in window.workspace.message_bar.label.text()
    assert window.isVisible()


def test_tab_leads_from_the_form_to_the_tabs_and_into_the_panel(qtbot, window):
    workspace = window.workspace
    window.activateWindow()
    workspace.form.open_group("start")
    for name in ("architecture", "features", "augmentation"):
        panel = workspace.show_panel(name)
        workspace.form.zero_init.setFocus()
        qtbot.waitUntil(workspace.form.zero_init.hasFocus)
        qtbot.keyClick(workspace.form.zero_init, Qt.Key.Key_Tab)
        assert workspace.tabs.tabBar().hasFocus()
        qtbot.keyClick(workspace.tabs.tabBar(), Qt.Key.Key_Tab)
        assert panel.isAncestorOf(QApplication.focusWidget())


def test_no_scroll_area_takes_the_keyboard_without_showing_it(window):
    """Training's own form is tested with it."""
    workspace = window.workspace
    for widget in (workspace.form.area, *workspace.panels["features"].findChildren(QScrollArea)):
        assert widget.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_every_command_is_in_a_menu_and_says_there_why_it_is_disabled(window):
    commands = window.workspace.studio.commands
    shown = {
        action.objectName(): action
        for menu in window.menuBar().actions()
        for action in menu.menu().actions()
    }
    assert {command.id for command in commands.table} <= set(shown)
    assert all(menu.menu().toolTipsVisible() for menu in window.menuBar().actions())
    for command in commands.table:
        reason = commands.why_not(command.id)
        assert shown[command.id].isEnabled() == (not reason)
        assert reason in shown[command.id].toolTip()


def test_a_command_brings_the_panel_to_the_front_in_which_its_effect_is_seen(window):
    workspace = window.workspace
    workspace.show_panel("training")
    before = workspace.panels["architecture"].view.folds
    workspace.studio.commands.run("architecture.show_stages")
    assert workspace.tabs.currentWidget() is workspace.panels["architecture"]
    assert workspace.panels["architecture"].view.folds != before
    workspace.studio.commands.run("architecture.copy_table")
    assert workspace.message_bar.message is not None


def test_every_command_that_is_enabled_has_a_handler_and_every_menu_is_filled(window):
    menus = [action.menu() for action in window.menuBar().actions()]
    assert all(menu.actions() for menu in menus)
    commands = window.workspace.studio.commands
    orphans = [command.id for command in commands.table if command.id not in commands._handlers]
    assert not orphans


def test_the_palette_finds_and_runs_a_command(qtbot, window):
    palette = window.workspace.window_commands.palette
    window.workspace.studio.commands.run("app.palette")
    qtbot.keyClicks(palette.search, "light or dark")
    assert palette.list.count() == 1
    before = window.workspace.studio.theme.dark
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert window.workspace.studio.theme.dark is not before
    assert not palette.isVisible()
    window.workspace.studio.set_appearance("light")
