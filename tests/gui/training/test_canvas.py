"""The plots show the curves where they are, can be zoomed, and read at any step."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from resnet_studio.gui import theme
from resnet_studio.gui.training.canvas import Canvas
from resnet_studio.gui.training.curves import RunCurves
from resnet_studio.gui.training.envelope import Series
from resnet_studio.gui.training.quantities import Quantity
from resnet_studio.training.events import EpochDone


def curves(count: int = 1000, *, span: int = 1, loss=None) -> RunCurves:
    """A run of 100 steps an epoch whose loss falls from 2 and whose accuracy rises from 0."""
    run = RunCurves("run", steps_per_epoch=100, total_steps=count, span=span)
    steps = np.arange(1, count + 1)
    values = 2.0 * np.exp(-steps / (count / 3)) if loss is None else loss
    run.extend(
        steps,
        loss=values,
        accuracy=steps / count,
        learning_rate=np.full(count, 0.1),
        images_per_second=np.full(count, 500.0),
        gradient_norms=np.stack([np.geomspace(10.0 * n, n, count) for n in (1, 2, 4)], axis=1),
    )
    for number in range(1, count // 100 + 1):
        run.add_epoch(EpochDone(number, 100 * number, 1.0, 0.5, 1.0, number / 20, 3.0))
    return run


@pytest.fixture
def canvas(qtbot):
    shown = Canvas()
    qtbot.addWidget(shown)
    shown.resize(640, 480)
    shown.set_theme(theme.LIGHT)
    shown.show()
    return shown


def _near(colour: QColor, wanted: QColor) -> bool:
    pairs = zip(colour.getRgb()[:3], wanted.getRgb()[:3], strict=True)
    return max(abs(a - b) for a, b in pairs) < 60


def pixels_of(image: QImage, colour: str) -> set[tuple[int, int]]:
    wanted = QColor(colour).rgb()
    return {
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixel(x, y) == wanted
    }


def test_a_curve_is_painted_where_its_values_are(canvas):
    flat = curves(50_000, loss=np.full(50_000, 1.0))
    canvas.show_curves(flat)
    canvas.loss.validation.hide()
    image = canvas.grab().toImage()
    view = canvas.loss.view
    box = view.sceneBoundingRect()
    level = view.mapViewToScene(QPointF(1.0, 1.0)).y()
    line = QColor(theme.LIGHT.curve_train)
    for x in range(int(box.left()) + 15, int(box.right()) - 15, 10):  # beside the ticks
        column = [y for y in range(image.height()) if _near(image.pixelColor(x, y), line)]
        found = [y for y in column if box.top() < y < box.bottom()]
        legend = [y for y in found if y < box.top() + 60]  # its samples have the same colour
        assert [y for y in found if y not in legend] or level < box.top() + 60
        assert all(abs(y - level) <= 2 for y in found if y not in legend)


def test_a_million_points_are_drawn_with_two_corners_a_pixel(canvas):
    run = curves(1_000_000, loss=np.random.default_rng(1).random(1_000_000))
    canvas.show_curves(run)
    canvas.grab()
    corners = sum(piece.size() for piece in canvas.loss.smooth._pieces)
    assert 0 < corners <= 2 * canvas.width()


def test_a_gap_splits_the_line(canvas):
    loss = np.full(1000, 1.0)
    loss[400:500] = np.nan
    canvas.show_curves(curves(loss=loss))
    canvas.grab()
    assert len(canvas.loss.smooth._pieces) == 2


def test_the_whole_run_is_shown_and_followed_until_a_person_zooms(canvas, qtbot):
    run = curves(500)
    run.total_steps = 1000
    canvas.show_curves(run)
    assert canvas.following
    left, right = canvas.loss.view.viewRange()[0]
    assert left == 0.0
    assert 500 < right < 520
    with qtbot.waitSignal(canvas.view_changed):
        qtbot.keyClick(canvas.graphics, Qt.Key.Key_Plus)
    zoomed = canvas.loss.view.viewRange()[0]
    assert zoomed[1] - zoomed[0] < right - left
    run.extend([501], loss=[0.1], accuracy=[0.1], learning_rate=[0.1], images_per_second=[1.0])
    canvas.show_curves(run)
    assert canvas.loss.view.viewRange()[0] == zoomed
    assert canvas.accuracy.view.viewRange()[0] == pytest.approx(zoomed)
    qtbot.keyClick(canvas.graphics, Qt.Key.Key_Home)
    assert canvas.following
    left, right = canvas.loss.view.viewRange()[0]
    assert left == 0.0
    assert 1000 < right < 1020


def test_the_wheel_zooms(canvas):
    canvas.show_curves(curves())
    canvas.grab()
    left, right = canvas.loss.view.viewRange()[0]
    viewport = canvas.graphics.viewport()
    place = QPointF(canvas.graphics.mapFromScene(canvas.loss.view.sceneBoundingRect().center()))
    wheel = QWheelEvent(
        place,
        QPointF(viewport.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, wheel)
    zoomed = canvas.loss.view.viewRange()[0]
    assert not canvas.following
    assert left < zoomed[0] < zoomed[1] < right


def test_dragging_moves_the_curves(canvas, qtbot):
    canvas.show_curves(curves())
    canvas.grab()
    left, right = canvas.loss.view.viewRange()[0]
    viewport = canvas.graphics.viewport()
    place = canvas.graphics.mapFromScene(canvas.loss.view.sceneBoundingRect().center())
    press = {"buttons": Qt.MouseButton.LeftButton}
    _mouse(viewport, QEvent.Type.MouseButtonPress, place, **press)
    for distance in (20, 60, 100):
        _mouse(viewport, QEvent.Type.MouseMove, place + QPoint(distance, 0), **press)
    _mouse(viewport, QEvent.Type.MouseButtonRelease, place + QPoint(100, 0))
    moved = canvas.loss.view.viewRange()[0]
    assert not canvas.following
    assert moved[0] < left
    assert moved[1] - moved[0] == pytest.approx(right - left)


def _mouse(viewport, kind, place, *, buttons=Qt.MouseButton.NoButton):
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
    event = QMouseEvent(
        kind,
        QPointF(place),
        QPointF(viewport.mapToGlobal(place)),
        button,
        buttons,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, event)


def test_the_cross_hair_reads_all_curves(canvas):
    run = curves(span=20)
    canvas.show_curves(run)
    reading = canvas.read_at(250.2)
    assert (reading.step, reading.epochs) == (250, 2.5)
    assert reading.loss == pytest.approx(2 * math.exp(-0.75), rel=1e-5)
    assert reading.validation_accuracy == pytest.approx(0.1)
    text = canvas.accuracy._box.toPlainText()
    assert "step 250 · epoch 2.50" in text
    assert "validation 10.00 %" in text
    assert "this step 25.00 %" in text
    assert canvas.loss._upright.isVisible()
    canvas.read_at(None)
    assert not canvas.loss._upright.isVisible()


def test_the_cross_hair_tells_top5_where_it_was_measured(canvas):
    run = curves(150)
    run.add_epoch(EpochDone(2, 150, 1.0, 0.5, 1.0, 0.5, 3.0, validation_top5=0.875))
    canvas.show_curves(run)
    canvas.read_at(120)
    assert "most probable" not in canvas.accuracy._box.toPlainText()
    canvas.read_at(150)
    assert "among the five most probable 87.50 %" in canvas.accuracy._box.toPlainText()


def test_the_pointer_moves_the_cross_hair(canvas, qtbot):
    canvas.show_curves(curves())
    place = canvas.loss.view.mapViewToScene(canvas.loss.view.viewRect().center())
    canvas.graphics.scene().sigMouseMoved.emit(place)
    assert canvas.loss._level.isVisible()
    assert not canvas.accuracy._level.isVisible()
    assert canvas.accuracy._upright.isVisible()
    canvas.graphics.scene().sigMouseMoved.emit(canvas.graphics.mapToScene(1, 1))
    assert not canvas.loss._upright.isVisible()


def test_the_arrow_keys_move_the_cross_hair(canvas, qtbot):
    canvas.show_curves(curves())
    qtbot.keyClick(canvas.graphics, Qt.Key.Key_Left)
    first = canvas._pointer[0]
    qtbot.keyClick(canvas.graphics, Qt.Key.Key_Left)
    assert canvas._pointer[0] < first
    qtbot.keyClick(canvas.graphics, Qt.Key.Key_Escape)
    assert canvas._pointer is None


def test_a_logarithmic_axis_shows_decades(canvas):
    canvas.show_curves(curves(loss=np.geomspace(10, 0.001, 1000)))
    canvas.set_log(True)
    low, high = canvas.loss.view.viewRange()[1]
    # The dots of validation lie at 1; the curve spans four decades.
    assert low == pytest.approx(-3, abs=0.6)
    assert high == pytest.approx(1, abs=0.8)
    texts = [text for _, text in canvas.loss.item.getAxis("left")._tickLevels[0]]
    assert {"0.01", "0.1", "1"} <= set(texts)
    canvas.set_log(False)
    assert canvas.loss.view.viewRange()[1][0] == 0.0


def test_one_wild_validation_does_not_flatten_the_curves(canvas):
    run = curves(450)
    run.add_epoch(EpochDone(5, 430, 1.0, 0.5, 900.0, 0.1, 3.0))
    canvas.show_curves(run)
    assert canvas.loss.view.viewRange()[1][1] > 900  # the newest is always in view
    run.add_epoch(EpochDone(6, 450, 1.0, 0.5, 0.5, 0.1, 3.0))
    canvas.show_curves(run)
    assert canvas.loss.view.viewRange()[1][1] < 3


def test_an_early_wild_validation_does_not_widen_the_axis_even_while_it_is_the_newest(canvas):
    run = curves(90)
    run.add_epoch(EpochDone(1, 90, 1.0, 0.5, 40.0, 0.1, 3.0))
    canvas.show_curves(run)
    assert canvas.loss.view.viewRange()[1][1] < 3
    canvas.set_log(True)
    assert canvas.loss.view.viewRange()[1][1] > math.log10(40)  # there is room for it there


def test_a_validation_above_the_axis_is_pointed_at_with_its_value(canvas):
    run = curves(300)
    run.epochs.clear()
    run.validation_loss = Series()
    for number, loss in ((1, 159.0), (2, 1.0), (3, 1.1)):
        run.add_epoch(EpochDone(number, 100 * number, 1.0, 0.5, loss, 0.5, 3.0))
    canvas.show_curves(run)
    canvas.accuracy.validation.hide()
    assert canvas.loss.validation.above() == [(100.0, 159.0)]
    view = canvas.loss.view
    place = view.mapViewToScene(QPointF(100, view.viewRange()[1][1]))
    image = canvas.grab().toImage()
    painted = pixels_of(image, theme.LIGHT.curve_validation)
    assert {(round(place.x()) + x, round(place.y()) + 8) for x in (-2, 0, 2)} <= painted
    beside = {(x, y) for x, y in painted if place.x() + 7 <= x < place.x() + 30}
    assert {y for _, y in beside if place.y() < y < place.y() + 16}  # the digits of the value


def test_nothing_is_pointed_at_where_all_validations_are_in_view(canvas):
    canvas.show_curves(curves(300))
    assert canvas.loss.validation.above() == []
    canvas.set_log(True)
    assert canvas.loss.validation.above() == []


def test_other_plots_are_shown_on_request_and_move_together(canvas):
    run = curves(500)
    run.sections = ("stem", "stage 1", "head")
    canvas.show_curves(run)
    canvas.show_plots((Quantity.GRADIENTS, Quantity.RATE, Quantity.LOSS))
    assert canvas.shown == (Quantity.LOSS, Quantity.RATE, Quantity.GRADIENTS)
    canvas.show_steps(100, 200)
    assert all(plot.view.viewRange()[0] == [100, 200] for plot in canvas.plots)
    canvas.grab()
    boxes = [plot.view.sceneBoundingRect() for plot in canvas.plots]
    assert boxes[0].bottom() < boxes[1].top() < boxes[1].bottom() < boxes[2].top()
    assert all(box.height() > 80 for box in boxes)
    canvas.read_at(150)
    words = canvas.plot(Quantity.GRADIENTS)._box.toPlainText()
    assert all(name in words for name in run.sections)
    canvas.show_plots((Quantity.ACCURACY,))
    assert canvas.steps_shown == (100, 200)
    canvas.grab()
    assert canvas.accuracy.view.height() > 300


def test_each_section_has_a_line_in_the_colour_of_its_stage(canvas):
    canvas.show_plots((Quantity.GRADIENTS,))
    canvas.show_curves(curves(1000))
    image = canvas.grab().toImage()
    for index in range(3):
        wanted = QColor(theme.LIGHT.stage_colour(index, 3))
        box = canvas.plots[0].view.sceneBoundingRect().toRect().adjusted(0, 80, -20, 0)
        near = (
            QColor(*image.pixelColor(x, y).getRgb()[:3])
            for x in range(box.left(), box.right())
            for y in range(box.top(), box.bottom())
        )
        assert any(_near(pixel, wanted) for pixel in near)


def test_a_run_without_gradient_norms_can_be_shown_after_one_with_them(canvas):
    canvas.show_plots((Quantity.GRADIENTS, Quantity.SPEED))
    canvas.show_curves(curves(100))
    old = RunCurves("old", steps_per_epoch=10)
    old.extend([1, 2], loss=[2, 1], accuracy=[0, 1], learning_rate=[1, 1], images_per_second=[5, 5])
    canvas.show_curves(old)
    assert canvas.plot(Quantity.GRADIENTS).curves == ()
    assert not canvas.grab().isNull()


def test_panning_computes_only_the_columns_that_come_into_sight(canvas):
    run = curves(100_000, loss=np.random.default_rng(1).random(100_000))
    canvas.show_curves(run)
    canvas.show_steps(20_000, 60_000)
    canvas.grab()
    before = canvas.loss.smooth.outline.computed
    canvas.pan(0.01)
    canvas.grab()
    assert 0 < canvas.loss.smooth.outline.computed - before < 0.03 * canvas.width()


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_ground_follows_the_theme(canvas, colours):
    canvas.set_theme(colours)
    canvas.show_curves(curves())
    image = canvas.grab().toImage()
    assert image.pixelColor(2, 2).name() == colours.surface
    assert pixels_of(image, colours.curve_train)


def test_zero_and_one_step_can_be_shown(canvas):
    canvas.show_curves(RunCurves())
    canvas.show_curves(curves(1))
    canvas.set_log(True)
    assert not canvas.grab().isNull()


def test_no_name_of_a_curve_lies_over_a_plot_and_no_plot_is_too_low_to_be_read(canvas):
    canvas.resize(640, 360)
    canvas.show_plots(tuple(Quantity))
    canvas.show_curves(curves())
    canvas.grab()
    line = canvas.fontMetrics().lineSpacing()
    headers = [plot._header.sceneBoundingRect() for plot in canvas.plots]
    views = [plot.view.sceneBoundingRect() for plot in canvas.plots]
    assert min(view.height() for view in views) > 2.5 * line
    assert not any(view.intersects(header) for view in views for header in headers)
    assert canvas.drawing_size().height() > canvas.height()  # the rest is scrolled to


def test_page_keys_scroll_to_the_plots_below(canvas, qtbot):
    canvas.resize(640, 360)
    canvas.show_plots(tuple(Quantity))
    canvas.show_curves(curves())
    canvas.grab()
    bar = canvas.scroller.verticalScrollBar()
    qtbot.keyClick(canvas.graphics, Qt.Key.Key_PageDown)
    assert bar.value() == bar.maximum() > 0
    qtbot.keyClick(canvas.graphics, Qt.Key.Key_PageUp)
    assert bar.value() == 0


def test_names_that_find_no_room_stand_on_further_lines(canvas):
    canvas.show_curves(curves())
    canvas.grab()
    one_line = canvas.loss._header.height
    canvas.resize(300, 480)
    canvas.grab()
    assert canvas.loss._header.height > one_line
