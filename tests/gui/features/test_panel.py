from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip

from resnet_studio.data.imaging import picture_from_array
from resnet_studio.gui.features.mosaic_view import MosaicView
from resnet_studio.gui.features.panel import FeaturesPanel
from resnet_studio.gui.studio import TorchStatus
from resnet_studio.probe.activations import examine
from resnet_studio.probe.colours import Palette, diverging_map, sequential_map
from resnet_studio.probe.field import PixelBox
from resnet_studio.probe.mosaic import Colouring, Order, ordering
from resnet_studio.probe.network import WeightsChoice, load_network
from resnet_studio.probe.predict import classify


def _centre(view: MosaicView, channel: int) -> QPoint:
    return view.channel_box(channel).center().toPoint()


def test_an_empty_panel_says_how_to_fill_it(panel, studio):
    assert panel.outer.currentWidget() is panel.empty
    texts = [label.text() for label in panel.empty.findChildren(type(panel.waiting))]
    assert any("Drop a picture anywhere on the window" in text for text in texts)
    assert len(panel.samples.buttons) == 5


def test_a_sample_is_one_click_away(panel, studio, look):
    panel.samples.buttons[0].click()
    look(panel)
    assert studio.picture.name == "china.jpg"
    assert panel.side.name.text() == "china.jpg"
    assert panel.outer.currentWidget() is panel.splitter


def test_a_dropped_file_brings_maps_that_are_those_of_a_direct_pass(
    panel, studio, look, picture, tmp_path, qtbot
):
    path = tmp_path / "noise.png"
    from PIL import Image

    Image.fromarray(picture.rgb).save(path)
    studio.open_picture(path)
    qtbot.waitUntil(lambda: studio.picture is not None)
    look(panel)
    expected = examine(load_network(studio.spec), picture)
    assert [stage.name for stage in panel.mosaics.stages] == ["stem", "layer1", "layer2"]
    for stage, section in zip(panel.mosaics.stages, expected.sections, strict=True):
        np.testing.assert_array_equal(stage.mosaic_view.maps.maps, section.maps)
    assert panel.side.predictions.predictions == classify(load_network(studio.spec), picture)


def test_titles_and_sizes_are_said_in_words(panel, look, picture):
    look(panel, picture)
    stem, first, second = panel.mosaics.stages
    assert [stage.title.text() for stage in (stem, first, second)] == [
        "Stem",
        "Stage 1",
        "Stage 2",
    ]
    assert stem.size_label.text() == "4 channels of 32×32 · after the first ReLU"
    assert second.size_label.text() == "8 channels of 16×16"


def test_each_pixel_of_a_mosaic_has_the_colour_of_its_value(panel, look, picture):
    look(panel, picture)
    view = panel.mosaics.stages[2].mosaic_view
    mosaic = view.mosaic
    for position, channel in enumerate(mosaic.order):
        left, top, _, _ = mosaic.grid.box(position)
        for row, column in ((0, 0), (3, 9), (15, 15)):
            value = view.maps.maps[channel, row, column]
            share = np.clip((value - mosaic.low) / (mosaic.high - mosaic.low), 0, 1)
            colour = view.image.pixelColor(left + column, top + row)
            level = int(np.argmin(np.abs(_map_colours() - colour.rgb()).sum(axis=1)))
            assert abs(level - share * 254) <= 1


def _map_colours() -> np.ndarray:
    return np.array([[QColor(*map(int, rgb)).rgb()] for rgb in sequential_map()], dtype=np.int64)


def test_the_colour_bar_has_the_numbers_of_the_mosaic(panel, look, picture):
    look(panel, picture)
    stage = panel.mosaics.stages[1]
    mosaic = stage.mosaic_view.mosaic
    assert (stage.bar.scale.low, stage.bar.scale.high) == (mosaic.low, mosaic.high)
    assert stage.bar.scale.clipped == mosaic.clipped
    panel.mosaics.choices.range.setCurrentIndex(1)
    assert stage.bar.scale.labels() == ("channel's lowest", "", "highest")


def test_sorting_by_mean_puts_the_strongest_channel_first_everywhere(panel, look, picture):
    examination = look(panel, picture)
    assert panel.mosaics.stages[2].mosaic_view.mosaic.order.tolist() == list(range(8))
    panel.mosaics.choices.order.setCurrentIndex(panel.mosaics.choices.order.findData(Order.MEAN))
    for stage, section in zip(panel.mosaics.stages, examination.sections, strict=True):
        expected = ordering(section.maps, Order.MEAN)
        assert stage.mosaic_view.mosaic.order.tolist() == expected.tolist()
        assert section.channel_mean[expected[0]] == section.channel_mean.max()


def test_another_tile_size_leaves_the_order_alone(panel, look, picture):
    look(panel, picture)
    panel.mosaics.choices.tile.setCurrentIndex(panel.mosaics.choices.tile.findData(32))
    view = panel.mosaics.stages[2].mosaic_view
    assert view.mosaic.order.tolist() == list(range(8))
    assert view.zoom == 2


def test_control_and_the_wheel_change_the_tile_size(panel, look, picture, qtbot):
    look(panel, picture)
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    viewport = panel.mosaics.area.viewport()
    event = QWheelEvent(
        QPointF(10, 10),
        QPointF(viewport.mapToGlobal(QPoint(10, 10))),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)
    assert panel.mosaics.choices.tile.currentData() == 8


@pytest.mark.parametrize("order", [Order.CHANNEL, Order.MEAN])
def test_a_click_on_a_tile_enlarges_the_channel_drawn_there(panel, look, picture, order, qtbot):
    examination = look(panel, picture)
    panel.mosaics.choices.order.setCurrentIndex(panel.mosaics.choices.order.findData(order))
    view = panel.mosaics.stages[2].mosaic_view
    strongest = int(examination.sections[2].channel_mean.argmax())
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=_centre(view, strongest))
    assert panel.pages.currentWidget() is panel.channel_view
    assert (panel.channel_view.section, panel.channel_view.channel) == ("layer2", strongest)
    assert panel.channel_view.title.text() == f"Stage 2, channel {strongest}"


def test_the_gap_between_tiles_belongs_to_no_channel(panel, look, picture, qtbot):
    look(panel, picture)
    view = panel.mosaics.stages[2].mosaic_view
    edge = view.channel_box(0).topRight().toPoint() + QPoint(1, 3)
    assert view.channel_at(edge) is None
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=edge)
    assert panel.pages.currentWidget() is panel.mosaics


def test_hovering_a_tile_tells_its_number_and_mean(panel, look, picture):
    examination = look(panel, picture)
    view = panel.mosaics.stages[0].mosaic_view
    QTest.mouseMove(view, _centre(view, 2))
    mean = examination.sections[0].channel_mean[2]
    assert view.describe(2).startswith("channel 2 · mean ")
    assert f"{mean:.2g}"[:3] in view.describe(2)
    assert QToolTip.text().startswith(view.describe(2))
    QToolTip.hideText()


def test_the_keyboard_goes_from_tile_to_tile_and_enlarges(panel, look, picture, qtbot):
    look(panel, picture)
    view = panel.mosaics.stages[2].mosaic_view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.current_channel == 1
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert panel.channel_view.channel == 1


def test_random_weights_are_called_random_in_plain_words(panel, look, picture):
    look(panel, picture)
    assert panel.side.notice.isVisible()
    assert "These weights are random" in panel.side.notice.text()
    assert "the classes mean nothing" in panel.side.notice.text()


def test_trained_weights_come_without_that_notice(panel, studio, look, picture, tmp_path):
    from resnet_studio import models

    path = tmp_path / "w.safetensors"
    model = models.build_network(studio.spec, seed=1)
    models.save_weights(path, model, classes=tuple("abcde"), preprocessing=None, info={})
    look(panel, picture)
    studio.set_weights(WeightsChoice("file", str(path)))
    look(panel)
    assert studio.network.trained
    assert not panel.side.notice.isVisible()
    assert {prediction.name for prediction in panel.side.predictions.predictions} == set("abcde")


def test_the_crop_is_framed_on_the_picture_and_shown_beside_it(panel, look, picture):
    examination = look(panel, picture)
    side = panel.side
    assert side.picture.crop == examination.crop_box
    frame, whole = side.picture.crop_area(), side.picture.picture_area()
    left, _, width, _ = examination.crop_box
    assert frame.width() / whole.width() == pytest.approx(width / picture.width)
    assert (frame.left() - whole.left()) / whole.width() == pytest.approx(left / picture.width)
    shown = side.crop.image.pixelColor(3, 5)
    assert (shown.red(), shown.green(), shown.blue()) == tuple(examination.crop_rgb[5, 3])
    assert "32" in side.crop_text.text()


def test_another_network_brings_other_maps(panel, studio, look, picture):
    look(panel, picture)
    studio.set_spec(studio.spec.replace(depths=(1, 1, 1), widths=(4, 8, 12)))
    look(panel)
    assert [stage.name for stage in panel.mosaics.stages] == ["stem", "layer1", "layer2", "layer3"]
    assert panel.mosaics.stages[3].size_label.text() == "12 channels of 8×8"
    studio.undo_stack.undo()
    look(panel)
    assert len(panel.mosaics.stages) == 3


def test_the_last_of_many_pictures_is_the_one_that_is_shown(panel, studio, look):
    pictures = [
        picture_from_array(np.full((40, 40, 3), grey, dtype=np.uint8), name=str(grey))
        for grey in (10, 90, 200)
    ]
    for shown in pictures:
        studio.set_picture(shown)
    examination = look(panel)
    assert examination.picture is pictures[-1]
    assert panel.side.crop.image.pixelColor(4, 4).red() == 200


def test_classes_of_the_old_picture_go_at_once(panel, studio, look, picture):
    look(panel, picture)
    studio.set_picture(picture_from_array(255 - picture.rgb, name="negative"))
    assert panel.side.predictions.predictions == ()
    assert panel.side.picture.crop is None
    look(panel)
    assert len(panel.side.predictions.predictions) == 5


def test_a_hidden_panel_computes_nothing_until_it_is_shown(panel, studio, look, picture, qtbot):
    panel.hide()
    studio.set_picture(picture)
    assert not {task.lane for task in studio.workers.tasks} & {"network", "features"}
    assert studio.network is None
    panel.show()
    look(panel)
    assert panel.examination.picture is picture


def test_the_busy_line_runs_while_something_is_computed(panel, studio, look, picture):
    assert panel.busy.maximum() == 1
    studio.set_picture(picture)
    assert panel.busy.maximum() == 0
    look(panel)
    assert panel.busy.maximum() == 1


def test_a_network_that_cannot_read_colours_says_so_and_recovers(
    panel, studio, look, picture, messages, qtbot
):
    look(panel, picture)
    colours = studio.spec
    studio.set_spec(studio.spec.replace(in_channels=1))
    qtbot.waitUntil(lambda: any(message.kind == "error" for message in messages))
    assert "1 channels" in messages[-1].text
    assert "3" in messages[-1].remedy
    assert panel.pages.currentWidget() is panel.waiting
    assert "1 channels" in panel.waiting.text()
    qtbot.waitUntil(lambda: not studio.workers.tasks)
    assert panel.busy.maximum() == 1
    studio.set_spec(colours)
    look(panel)
    assert panel.pages.currentWidget() is panel.mosaics


def test_a_broken_picture_leaves_the_old_maps(panel, studio, look, picture, messages, qtbot):
    before = look(panel, picture)
    studio.open_picture(b"no picture at all", name="broken.png")
    qtbot.waitUntil(lambda: bool(messages))
    assert "broken.png" in messages[-1].text
    assert panel.examination is before


def test_without_torch_the_panel_says_why_and_what_to_do(studio, qtbot, picture):
    studio.set_torch(TorchStatus("failed", message="torch is broken.", remedy="Reinstall it."))
    panel = FeaturesPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    studio.set_picture(picture)
    assert panel.pages.currentWidget() is panel.waiting
    assert "torch is broken." in panel.waiting.text()
    assert "Reinstall it." in panel.waiting.text()
    assert panel.busy.maximum() == 1


def test_nothing_seems_to_work_on_when_torch_fails_while_it_is_awaited(studio, qtbot, picture):
    studio.set_torch(TorchStatus("loading"))
    panel = FeaturesPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    studio.set_picture(picture)
    assert panel.busy.isVisible()
    studio.set_torch(TorchStatus("failed", message="torch is broken.", remedy="Reinstall it."))
    assert not panel.busy.isVisible()


def test_maps_follow_when_torch_arrives_after_the_picture(studio, qtbot, tiny_spec, picture, look):
    studio.set_torch(TorchStatus("loading"))
    studio.set_spec(tiny_spec)
    panel = FeaturesPanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    studio.set_picture(picture)
    assert "torch is being loaded" in panel.waiting.text()
    studio.set_torch(TorchStatus("ready"))
    look(panel)
    assert panel.pages.currentWidget() is panel.mosaics


def test_a_selection_elsewhere_scrolls_to_its_stage(panel, studio, look, picture):
    look(panel, picture)
    panel.resize(960, 320)
    studio.select("layer2.0.conv1")
    last = panel.mosaics.stages[2]
    assert last.selected
    bar = panel.mosaics.area.verticalScrollBar()
    assert bar.value() == min(last.y(), bar.maximum())
    assert bar.value() > 0
    studio.select("conv1")
    assert panel.mosaics.stages[0].selected
    assert not last.selected
    assert bar.value() == 0


def test_the_head_selects_no_stage(panel, studio, look, picture):
    look(panel, picture)
    studio.select("layer1")
    studio.select("fc")
    assert not any(stage.selected for stage in panel.mosaics.stages)


def test_a_click_on_a_title_selects_its_stage_everywhere(panel, studio, look, picture, qtbot):
    look(panel, picture)
    title = panel.mosaics.stages[1].title
    with qtbot.waitSignal(studio.selection_changed) as caught:
        qtbot.mouseClick(title, Qt.MouseButton.LeftButton)
    assert caught.args == ["layer1"]
    assert panel.mosaics.stages[1].selected
    qtbot.mouseClick(title, Qt.MouseButton.LeftButton)
    assert studio.selection == ""
    assert not title.isChecked()


def test_light_and_dark_switch_at_once(panel, studio, look, picture):
    look(panel, picture)
    studio.set_appearance("light")
    light = panel.mosaics.stages[1].grab().toImage().pixelColor(2, 10)
    studio.set_appearance("dark")
    dark = panel.mosaics.stages[1].grab().toImage().pixelColor(2, 10)
    assert light.name() != dark.name()
    assert dark.name() == studio.theme.stage_colour(1)


def test_the_mosaic_is_painted_where_the_geometry_says(panel, look, picture):
    look(panel, picture)
    view = panel.mosaics.stages[1].mosaic_view
    shot = view.grab().toImage()
    ratio = shot.devicePixelRatio()
    for channel in range(4):
        box = view.channel_box(channel)
        left, top, _, _ = view.mosaic.grid.box(view.mosaic.position_of(channel))
        corner = box.topLeft() + QPoint(1, 1)
        x, y = round(corner.x() * ratio), round(corner.y() * ratio)
        assert shot.pixelColor(x, y) == view.image.pixelColor(left, top)


def test_the_panel_fits_beside_the_form_on_a_small_screen(panel, look, picture):
    look(panel, picture)
    assert panel.minimumSizeHint().width() <= 960
    assert panel.size().width() == 960
    assert panel.side.width() <= panel.splitter.sizes()[0]
    panel.enlarge("layer1", 0)
    assert panel.minimumSizeHint().width() <= 960


def test_a_narrower_network_leaves_the_enlarged_channel_that_it_lacks(panel, studio, look, picture):
    look(panel, picture)
    panel.enlarge("layer2", 7)
    studio.set_spec(studio.spec.replace(widths=(4, 4)))
    look(panel)
    assert panel.pages.currentWidget() is panel.mosaics
    assert panel.mosaics.stages[2].mosaic_view.current_channel == 0


def test_pointing_at_a_number_shows_on_the_picture_what_it_sees(panel, studio, look, picture):
    examination = look(panel, picture)
    view = panel.mosaics.stages[1].mosaic_view
    told = []
    studio.pointed_at.connect(told.append)
    box = view.channel_box(2)
    point = QPoint(round(box.left() + 20.5 * view.zoom), round(box.top() + 3.5 * view.zoom))
    QTest.mouseMove(view, point)
    reading = view.reading_at(point)
    assert reading.value == float(view.maps.maps[2, 3, 20])
    # A stage of one basic block behind a 3x3 stem: 7 x 7 pixels around the same place.
    seen = PixelBox(17, 0, 24, 7).on_picture(examination.crop_box, 32)
    assert told == [seen]
    assert "row 3, column 20" in QToolTip.text()
    QTest.mouseMove(panel.side, QPoint(1, 1))
    assert told[-1] is None


def test_a_stage_can_be_coloured_with_zero_in_the_middle(panel, look, picture):
    look(panel, picture)
    choices, stage = panel.mosaics.choices, panel.mosaics.stages[2]
    assert stage.bar.scale.palette is Palette.SEQUENTIAL  # what leaves a ReLU is never negative
    choices.colours.setCurrentIndex(choices.colours.findData(Colouring.SYMMETRIC))
    mosaic = stage.mosaic_view.mosaic
    assert stage.bar.scale.palette is Palette.DIVERGING
    assert mosaic.low == -mosaic.high
    assert stage.bar.scale.labels()[1] == "0"
    zero = np.argwhere(stage.mosaic_view.maps.maps[mosaic.order[0]] == 0)[0]
    colour = stage.mosaic_view.image.pixelColor(int(zero[1]), int(zero[0]))
    assert colour == QColor(*map(int, diverging_map()[127]))
