"""The picture of a strided layer's edge, and where the details show it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QGuiApplication

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.graph import build_graph
from resnet_studio.gui import theme as themes
from resnet_studio.gui.architecture.unread import EdgePicture, never_colour, never_read_text


def layer(network, name, **changes):
    return build_graph(get(network).spec.replace(**changes)).find(name)


def picture(qapp, network, name, theme=themes.LIGHT, **changes):
    return EdgePicture(layer(network, name, **changes), theme, qapp.font(), colour="#009e73")


def colours(image):
    """Returns the colours of a picture, with how many of its pixels have each."""
    pixels = np.frombuffer(image.constBits(), np.uint32)  # 32 bits each, so without padding
    values, counts = np.unique(pixels, return_counts=True)
    return {QColor(int(value)).name(): int(n) for value, n in zip(values, counts, strict=True)}


@pytest.mark.parametrize("theme", [themes.LIGHT, themes.DARK])
def test_what_is_never_read_is_drawn_in_the_colour_of_danger(qapp, theme):
    """At 225 pixels the stem reads every row; at 224 it leaves one of the padding."""
    unread = colours(picture(qapp, "resnet50", "conv1", theme).image(600))
    exact = colours(picture(qapp, "resnet50", "conv1", theme, input_size=225).image(600))
    assert unread.get(never_colour(theme).name(), 0) > 300
    assert never_colour(theme).name() not in exact


def test_a_strided_projection_shows_fewer_numbers_read_than_skipped(qapp):
    read = colours(picture(qapp, "resnet50", "layer2.0.conv2").image(600))
    skipped = colours(picture(qapp, "resnet50", "layer2.0.downsample.0").image(600))
    ground = max(
        (name for name in read if name not in (themes.LIGHT.surface, themes.LIGHT.text)),
        key=lambda name: read[name],
    )
    never = never_colour(themes.LIGHT).name()
    assert skipped[ground] < read[ground] / 2
    assert skipped[ground] < skipped[never]
    assert read[never] < read[ground]


def test_in_a_narrow_pane_the_legend_stands_below(qapp):
    drawn = picture(qapp, "resnet50", "conv1")
    wide, narrow = drawn.size(800), drawn.size(150)
    assert wide.width() > narrow.width()
    assert wide.height() < narrow.height()
    assert drawn.image(150).size() == narrow
    assert drawn.image(150, 2.0).size() == narrow * 2


def test_a_copy_has_a_line_above_it(qapp):
    drawn = picture(qapp, "resnet50", "maxpool")
    assert drawn.image(400, heading="maxpool").height() > drawn.image(400).height()


def test_a_layer_that_is_not_strided_has_no_picture(qapp):
    with pytest.raises(ValueError, match="not strided"):
        picture(qapp, "resnet50", "layer1.0.conv2")


@pytest.mark.parametrize(
    ("network", "name", "changes", "text"),
    [
        ("resnet50", "conv1", {}, "1 row and column of padding"),
        ("resnet50", "conv1", {"input_size": 225}, "nothing: every row and column is read"),
        ("resnet50", "layer2.0.downsample.0", {}, "28 of 56 rows and columns"),
        ("tutorial96", "conv1", {}, "1 of 96 rows and columns"),
        ("resnet50", "layer1.0.conv2", {}, ""),
    ],
)
def test_what_is_never_read_is_said_in_a_few_words(qapp, network, name, changes, text):
    assert never_read_text(layer(network, name, **changes)) == text


def test_the_details_show_the_picture_of_a_strided_layer_alone(panel, studio):
    studio.select("conv1")
    assert panel.details.picture() is not None
    assert "1 row and column of padding" in panel.details.toPlainText()
    assert "\ufffc" in panel.details.toPlainText()  # where an image stands
    assert panel.details.toPlainText().count("Receptive field") == 1
    studio.select("layer1.0.conv2")
    assert panel.details.picture() is None
    assert "\ufffc" not in panel.details.toPlainText()


def test_the_details_of_a_network_and_of_a_stage_link_to_its_strided_layers(panel, studio):
    text = panel.details.toPlainText()
    assert "conv1: 1 row and column of padding" in text
    assert "layer4.0.downsample.0: 7 of 14 rows and columns" in text
    studio.select("layer2")
    assert "layer2.0.conv2: 1 row and column of padding" in panel.details.toPlainText()
    assert "layer3" not in panel.details.toPlainText()
    panel.details.anchorClicked.emit(QUrl("layer2.0.conv2"))
    assert studio.selection == "layer2.0.conv2"
    studio.select("layer1")
    assert "never read" not in panel.details.toPlainText()


def test_the_details_say_how_the_receptive_field_grows(panel, studio):
    studio.select("layer2.0.conv2")
    text = panel.details.toPlainText().replace("\u00a0", " ")
    assert "35 + (3 − 1) × 4 = 43 px; the step becomes 4 × 2 = 8 px" in text


def test_the_picture_is_copied_and_saved(panel, studio, tmp_path, monkeypatch):
    studio.select("conv1")
    panel.details.copy_picture()
    assert not QGuiApplication.clipboard().image().isNull()
    monkeypatch.setattr(studio, "save_file", lambda _title, name, _kinds: tmp_path / name)
    panel.details.save_picture()
    with Image.open(tmp_path / "conv1.png") as saved:
        assert saved.width == panel.details.picture().width()


def test_the_details_of_a_network_have_published_figures_beside_its_own(panel, studio):
    text = panel.details.toPlainText().replace("\u00a0", " ")
    assert "3.8 × 10⁹ · here 4,089,184,256" in text
    assert "+231,211,008 multiply-adds" in text
    studio.set_spec(get("cifar_resnet20").spec)
    text = panel.details.toPlainText().replace("\u00a0", " ")
    assert "0.27 × 10⁶ · here 269,722 (He et al. 2015, table 6)" in text
    assert "8.75 %" in text
    studio.set_spec(get("cifar_resnet20").spec.replace(name="x", depths=(1, 1, 1)))
    assert "He et al." not in panel.details.toPlainText()
