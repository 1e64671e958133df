"""The panel: one selection for drawing, table and details; commands; exports."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from resnet_studio.architecture.catalog import get
from resnet_studio.gui.architecture.figures import Part
from resnet_studio.gui.architecture.panel import network_title


def current_row(panel):
    entry = panel.table.table_model().entry(panel.table.currentIndex())
    return entry.name if entry else ""


def title(panel):
    return panel.title.text().replace("\u00a0", " ")


def test_the_title_line_states_the_published_figures(panel, show):
    assert (
        "25,557,032 parameters · 4.09 G MACs · input 3×224×224 · receptive field 427 px"
        in title(panel)
    )
    assert "<b>ResNet-50</b>" in title(panel)
    show("resnet34")
    assert "<b>ResNet-34</b> · 21,797,672 parameters" in title(panel)


def test_buttons_that_wait_for_their_icons_do_not_widen_the_window(panel, studio):
    with_icons = panel.minimumSizeHint().width()
    for button in panel.findChildren(QToolButton):
        button.setIcon(QIcon())
    assert panel.minimumSizeHint().width() <= with_icons


@pytest.mark.parametrize("size", [100, 150])
def test_the_title_is_whole_and_takes_three_lines_at_the_most(panel, studio, qtbot, size):
    studio.settings["font_scale"] = size
    studio.refresh_theme()
    label = panel.title
    for width in (956, 1400, 956):
        panel.resize(width, 640)
        qtbot.waitUntil(lambda: label.height() <= 3.5 * label.fontMetrics().lineSpacing())
        assert label.height() >= label.heightForWidth(label.width())


def test_no_line_ends_between_a_number_and_its_unit(panel, studio):
    """Wherever a line may end, at a plain space, no unit follows a number."""
    studio.select("layer2.0.conv2")
    shown = panel.details.document().toRawText() + panel.title.text()
    assert "43\u00a0px" in shown
    assert "116\u00a0M" in shown
    assert not re.search(r"\d (px|G|M|k)\b", shown)


def test_switching_the_network_redraws_all_of_the_panel(panel, view, show, studio):
    def picture():
        return panel.grab().toImage()

    bottleneck = picture()
    maps = [box for box in view.drawing.boxes() if box.name.startswith("layer3.1")]
    assert [box.part for box in maps] == [Part.MAP] * 3 + [Part.ADD]
    studio.set_spec(studio.spec.replace(block="basic", name="custom"))
    basic = picture()
    assert basic != bottleneck
    maps = [box for box in view.drawing.boxes() if box.name.startswith("layer3.1")]
    assert [box.part for box in maps] == [Part.MAP] * 2 + [Part.ADD]
    show("resnet18")
    assert picture() != basic
    assert panel.table.table_model().rowCount(panel.table.table_model().index_of("layer3")) == 2
    studio.undo_stack.undo()
    assert picture() == basic


def test_a_row_selects_in_the_drawing_and_the_drawing_selects_a_row(
    panel, view, studio, qtbot, middle_of
):
    with qtbot.waitSignal(studio.selection_changed) as signal:
        panel.table.setCurrentIndex(panel.table.table_model().index_of("layer2.0.conv2"))
    assert signal.args == ["layer2.0.conv2"]
    assert view.selection == "layer2.0.conv2"
    assert view.visible_rect("layer2.0.conv2") == view.drawing.rect_of("layer2.0.conv2")
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle_of("layer4.1").toPoint())
    assert studio.selection == "layer4.1"
    assert current_row(panel) == "layer4.1"
    assert panel.table.isExpanded(panel.table.table_model().index_of("layer4"))


def test_a_selection_made_elsewhere_reaches_drawing_table_and_details(panel, view, studio):
    studio.select("layer1.0.bn1")
    assert view.selection == current_row(panel) == "layer1.0.bn1"
    assert view.visible_rect("layer1.0.bn1") == view.drawing.rect_of("layer1.0")
    assert "layer1.0.bn1" in panel.details.toPlainText()
    studio.select("")
    assert current_row(panel) == ""
    assert not panel.table.selectionModel().hasSelection()
    assert "ResNet-50" in panel.details.toPlainText()


def test_the_keys_of_the_table_move_the_selection_of_all(panel, view, studio):
    studio.select("layer1")
    QTest.keyClick(panel.table, Qt.Key.Key_Down)
    assert studio.selection == view.selection == "layer2"


def test_a_selected_name_that_the_next_network_lacks_is_dropped(panel, view, studio, show):
    studio.select("layer4.2.conv3")
    show("resnet18")
    assert studio.selection == view.selection == current_row(panel) == ""


def test_the_details_say_how_the_figures_come_about(panel, studio):
    studio.select("conv1")
    text = panel.details.toPlainText()
    assert "(224 + 2 × 3 − 7) / 2" in text
    assert "padding" in text
    assert "118,013,952" in text
    studio.select("layer2.0")
    text = panel.details.toPlainText()
    assert "ReLU(F(x) + Wx)" in text
    assert "from 256×56×56 to 512×28×28" in text
    studio.select("layer3")
    assert "512×28×28 becomes 1024×14×14" in panel.details.toPlainText()
    assert "1 × projection; 5 × identity" in panel.details.toPlainText()


@pytest.mark.parametrize(
    ("name", "part", "said"),
    [
        ("plain18", "layer1.0", "No shortcut"),
        ("cifar_resnet20", "layer2.0", "gets channels of zeros"),
        ("cifar_resnet20", "layer2.1", "x itself"),
    ],
)
def test_the_details_explain_every_kind_of_shortcut(panel, studio, show, name, part, said):
    show(name)
    studio.select(part)
    assert said in panel.details.toPlainText()


@pytest.mark.parametrize(
    ("name", "part", "said"),
    [
        ("seresnet50", "layer1.1.se", "Hu et al. 2017, arXiv:1709.01507"),
        ("cifar_highway20", "layer1.1.gate", "Srivastava et al. 2015, arXiv:1505.00387"),
        ("cifar_highway20", "layer1.1", "g(x) is a convolution with bias and a sigmoid"),
        ("cifar_preact_resnet164", "layer1.1", "x′ = ReLU(BN(x)); the shortcut carries x as it is"),
        ("cifar_preact_resnet164", "layer2.0", "x′ = ReLU(BN(x)), made before the shortcut leaves"),
        ("cifar_preact_resnet164", "bn_last", "He et al. 2016, arXiv:1603.05027"),
        ("cifar_resnet110_stochastic", "layer1.1", "the branch is now and then left out"),
        ("resnet50d", "layer2.0", "an average pool and a 1×1 convolution W"),
        ("cifar_resnet110_exclusive_gate", "layer2.1", "ReLU(g(x) F(x) + (1 − g(x)) x)"),
        ("cifar_highway20", "layer2", "1 × zero-pad, gated; 2 × identity, gated"),
    ],
)
def test_the_details_say_what_is_special_with_its_paper(panel, studio, show, name, part, said):
    show(name)
    studio.select(part)
    assert said in panel.details.toPlainText().replace("\u00a0", " ")


def test_a_wide_network_says_how_its_layers_are_counted(panel, show):
    show("wrn28_10")
    assert "28 convolutions, a projection of each stage included" in panel.details.toPlainText()


def test_a_network_of_ones_own_does_not_bear_the_name_of_a_published_one(studio):
    spec = get("cifar_resnet20").spec.replace(shortcut_type="highway")
    assert network_title(spec) == "Residual network, 20 layers"


def test_the_levels_fold_and_unfold_everything(panel, view, studio):
    run = studio.commands.run
    assert run("architecture.show_stages")
    stacks = [box.name for box in view.drawing.boxes() if box.part is Part.STACK]
    assert stacks == ["layer1", "layer2", "layer3", "layer4"]
    assert view.is_fitted
    assert run("architecture.show_layers")
    assert view.drawing.rect_of("layer4.2.relu3") is not None
    assert view.camera.zoom > 0.8, "letters are readable although not everything is in sight"
    assert run("architecture.show_blocks")
    assert view.drawing.rect_of("layer4.2") is not None
    assert view.drawing.rect_of("layer4.2.relu3") is None


def test_the_zoom_commands_work_and_fit_ends_them(panel, view, studio):
    fitted = view.camera
    studio.commands.run("architecture.zoom_in")
    assert view.camera.zoom > fitted.zoom
    studio.commands.run("architecture.zoom_out")
    studio.commands.run("architecture.zoom_out")
    assert view.camera.zoom < fitted.zoom
    studio.commands.run("architecture.fit")
    assert view.camera == fitted


def test_every_button_has_a_tool_tip_and_a_name(panel):
    buttons = [button for button in panel.findChildren(QToolButton) if button.isVisible()]
    assert len(buttons) >= 7
    for button in buttons:
        assert button.toolTip()
        assert button.accessibleName()


def test_the_context_menu_names_the_selection_and_its_entries_work(panel, view, studio):
    studio.select("layer2.0")
    menu = panel.context_menu()
    actions = {action.text(): action for action in menu.actions() if action.text()}
    actions["Fold or unfold layer2.0"].trigger()
    assert "layer2.0" in view.folds.opened
    zoom = view.camera.zoom
    actions["Zoom to layer2.0"].trigger()
    assert view.camera.zoom != zoom
    menu.deleteLater()


def test_the_drawing_is_copied_as_a_picture(panel, studio):
    studio.commands.run("architecture.copy_drawing")
    image = QGuiApplication.clipboard().image()
    assert image.width() >= 3000
    count = len(studio.graph.sections)
    wanted = {studio.theme.stage_colour(index, count) for index in range(count)}
    found = {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 6)
        for y in range(0, image.height(), 6)
    }
    assert wanted <= found


def test_the_drawing_is_saved_as_png_and_svg(panel, studio, tmp_path, monkeypatch, messages):
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _filters: tmp_path / name)
    studio.commands.run("architecture.save_png")
    with Image.open(tmp_path / "resnet50.png") as picture:
        picture.load()
        assert picture.width >= 3000
        assert len(picture.convert("RGB").resize((200, 80)).getcolors(16_000)) > 100
    studio.commands.run("architecture.save_svg")
    content = (tmp_path / "resnet50.svg").read_bytes()
    tree = ElementTree.parse(io.BytesIO(content))
    assert tree.getroot().tag.endswith("svg")
    text = " ".join(tree.getroot().itertext())
    assert "25,557,032 parameters" in text
    assert "Stage 3" in text
    assert len(content) > 20_000
    assert [message.kind for message in messages] == ["info", "info"]


def test_an_exported_drawing_shows_what_is_unfolded(panel, view, studio, tmp_path, monkeypatch):
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _filters: tmp_path / name)
    view.toggle("layer2.0")
    studio.commands.run("architecture.save_svg")
    text = (tmp_path / "resnet50.svg").read_text(encoding="utf-8")
    assert "y = ReLU(F(x) + Wx)" in text
    assert "BN + ReLU" in text


def test_the_table_is_copied_and_saved_as_csv(panel, studio, tmp_path, monkeypatch):
    studio.commands.run("architecture.copy_table")
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("Name,Kind,Output shape,")
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _filters: tmp_path / name)
    studio.commands.run("architecture.save_table")
    assert (tmp_path / "resnet50.csv").read_text(encoding="utf-8") == copied


def test_a_file_that_cannot_be_written_gives_a_message(
    panel, studio, tmp_path, monkeypatch, messages
):
    (tmp_path / "folder").write_text("a file where a folder should be")
    target = tmp_path / "folder" / "x.svg"
    monkeypatch.setattr(studio, "save_file", lambda *_: target)
    studio.commands.run("architecture.save_svg")
    assert [message.kind for message in messages] == ["error"]
    assert "x.svg" in messages[0].text


def test_giving_up_the_file_dialog_saves_nothing(panel, studio, monkeypatch, messages):
    monkeypatch.setattr(studio, "save_file", lambda *_: None)
    for command in ("save_png", "save_svg", "save_table"):
        studio.commands.run(f"architecture.{command}")
    assert not messages


def test_a_network_of_ones_own_is_called_by_its_kind():
    spec = get("resnet50").spec
    assert network_title(spec) == "ResNet-50"
    assert network_title(spec.replace(classes=10)) == "ResNet-50"
    other = spec.replace(depths=(1, 1, 1, 1))
    assert network_title(other) == "Residual network, 14 layers"
    assert network_title(other.replace(shortcut="none")) == "Plain network, 14 layers"


def test_the_panel_takes_neither_torch_nor_numpy():
    code = (
        "import sys, resnet_studio.gui.architecture.panel;"
        "assert not {'torch', 'numpy', 'pyqtgraph', 'qtawesome'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_network_of_a_thousand_layers_is_drawn_in_the_colours_of_its_stages(panel, view, studio):
    studio.set_spec(get("cifar_resnet110").spec.replace(depths=(200, 200, 200), name="deep"))
    assert "1,202 weighted layers" in panel.details.toPlainText()
    image = view.grab().toImage()
    y = round(view.camera.y) - 6  # beside the main line
    for figure in view.drawing.sections[1:-1]:
        column = view.camera.rect(figure.rect)
        row = [image.pixelColor(x, y) for x in range(round(column.x) + 3, round(column.right) - 3)]
        stage, ground = view.look.colours[figure.index], view.look.bands[figure.index]
        saturation = sum(pixel.hsvSaturationF() for pixel in row) / len(row)
        assert saturation > (stage.hsvSaturationF() + ground.hsvSaturationF()) / 2


def test_zoomed_into_a_thousand_layers_single_maps_are_seen(panel, view, studio):
    studio.set_spec(get("cifar_resnet110").spec.replace(depths=(200, 200, 200), name="deep"))
    view.semantic = False
    studio.select("layer2.100")
    view.zoom_to_selection()
    view.zoom_by(8)
    count = len(studio.graph.sections)
    image = view.grab().toImage()
    rect = view.camera.rect(view.drawing.rect_of("layer2.100.conv1"))
    pixel = image.pixelColor(round(rect.cx), round(view.camera.y - 12))
    assert pixel.name() == studio.theme.stage_colour(2, count)
