from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from resnet_studio.data.imaging import picture_from_array
from resnet_studio.gui.features.images import number
from resnet_studio.probe.mosaic import Order


@pytest.fixture
def enlarged(panel, look, picture):
    """The panel with channel 3 of stage 2 enlarged."""
    look(panel, picture)
    panel.enlarge("layer2", 3)
    return panel


def test_arrow_keys_go_through_the_channels_and_around_the_ends(enlarged, qtbot):
    view = enlarged.channel_view
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.channel == 4
    for _ in range(5):
        qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.channel == 7
    view.next.click()
    assert view.channel == 0


def test_arrow_keys_follow_the_order_of_the_mosaic(enlarged, qtbot):
    mosaics = enlarged.mosaics
    mosaics.choices.order.setCurrentIndex(mosaics.choices.order.findData(Order.MEAN))
    order = mosaics.stages[2].mosaic_view.mosaic.order
    enlarged.enlarge("layer2", int(order[0]))
    qtbot.keyClick(enlarged.channel_view, Qt.Key.Key_Right)
    assert enlarged.channel_view.channel == order[1]
    assert "2 of 8" in enlarged.channel_view.details.text()


def test_escape_brings_the_mosaics_back_with_the_keyboard_on_that_channel(enlarged, qtbot):
    qtbot.keyClick(enlarged.channel_view, Qt.Key.Key_Right)
    qtbot.keyClick(enlarged.channel_view, Qt.Key.Key_Escape)
    assert enlarged.pages.currentWidget() is enlarged.mosaics
    assert enlarged.mosaics.stages[2].mosaic_view.current_channel == 4


def test_the_value_under_the_cursor_is_that_of_the_map(enlarged):
    view = enlarged.channel_view
    values = enlarged.examination.sections[2].maps[3]
    area = view.canvas.crop_area()
    for row, column in ((0, 0), (5, 11), (15, 15)):
        point = QPointF(
            area.left() + (column + 0.5) * area.width() / 16,
            area.top() + (row + 0.5) * area.height() / 16,
        )
        cell = view.canvas.cell_at(point)
        assert (cell.row, cell.column, cell.value) == (row, column, float(values[row, column]))
        QTest.mouseMove(view.canvas, point.toPoint())
        expected = f"row {row}, column {column}: {number(float(values[row, column]))}"
        assert view.value.text().split(" · ")[0] == expected
    assert view.canvas.cell_at(QPointF(0, 0)) is None


def _pixel(view, row: int, column: int):
    """Returns the colour at the centre of a cell as it is on screen."""
    area = view.canvas.crop_area()
    image = view.picture()
    ratio = image.devicePixelRatio()
    x = area.left() + (column + 0.5) * area.width() / 16
    y = area.top() + (row + 0.5) * area.height() / 16
    return image.pixelColor(int(x * ratio), int(y * ratio))


def test_full_opacity_shows_the_map_alone_and_none_the_picture(enlarged):
    from resnet_studio.gui.features.images import levels_image
    from resnet_studio.probe.mosaic import to_levels

    view = enlarged.channel_view
    values = enlarged.examination.sections[2].maps[3]
    colours = levels_image(to_levels(values, float(values.min()), float(values.max())))
    view.opacity.setValue(100)
    for row, column in ((2, 2), (8, 13)):
        assert _pixel(view, row, column) == colours.pixelColor(column, row)
    view.opacity.setValue(0)
    plain = [_pixel(view, row, row) for row in range(16)]
    view.step(1)
    assert [_pixel(view, row, row) for row in range(16)] == plain


def test_smooth_interpolates_between_cells_and_plain_does_not(enlarged):
    view = enlarged.channel_view
    view.opacity.setValue(100)

    def colours_across() -> int:
        image = view.picture()
        middle = int(view.canvas.crop_area().center().y())
        area = view.canvas.crop_area()
        return len(
            {
                image.pixelColor(x, middle).rgb()
                for x in range(int(area.left()) + 4, int(area.right()) - 4)
            }
        )

    plain = colours_across()
    view.smooth.setChecked(True)
    assert plain <= 16
    assert colours_across() > 2 * plain


def test_the_range_is_the_channels_own_or_that_of_the_stage(enlarged):
    view = enlarged.channel_view
    values = enlarged.examination.sections[2].maps[3]
    assert (view.bar.scale.low, view.bar.scale.high) == (
        pytest.approx(float(values.min())),
        pytest.approx(float(values.max())),
    )
    view.own_range.setChecked(False)
    mosaic = enlarged.mosaics.stages[2].mosaic_view.mosaic
    assert (view.bar.scale.low, view.bar.scale.high) == (mosaic.low, mosaic.high)


def test_another_picture_keeps_the_channel_enlarged(enlarged, look, picture):
    look(enlarged, picture_from_array(255 - picture.rgb, name="negative"))
    assert enlarged.pages.currentWidget() is enlarged.channel_view
    shown = enlarged.channel_view.canvas.map
    np.testing.assert_array_equal(shown, enlarged.examination.sections[2].maps[3])


def test_a_network_without_that_channel_brings_the_mosaics_back(enlarged, studio, look):
    studio.set_spec(studio.spec.replace(depths=(1,), widths=(4,)))
    look(enlarged)
    assert enlarged.pages.currentWidget() is enlarged.mosaics
    assert not studio.commands.action("features.copy_channel").isEnabled()


def test_selecting_a_stage_elsewhere_brings_the_mosaics_back(enlarged, studio):
    studio.select("layer1.0")
    assert enlarged.pages.currentWidget() is enlarged.mosaics
    assert enlarged.mosaics.stages[1].selected
