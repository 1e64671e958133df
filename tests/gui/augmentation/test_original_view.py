"""The outlines on the original lie where the samples come from, also when they are turned."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPolygonF

from resnet_studio.data.augment import AugmentSpec, draw, sample_rng
from resnet_studio.data.augment_steps import RandomResizedCrop, RandomRotation
from resnet_studio.gui.augmentation.original_view import OriginalView
from resnet_studio.gui.augmentation.painting import is_upright
from resnet_studio.gui.theme import LIGHT
from tests.gui.augmentation.helpers import pixels

TURNED = AugmentSpec(steps=(RandomRotation(degrees=40), RandomResizedCrop(size=32)))
WIDTH, HEIGHT = 320, 200


@pytest.fixture
def view(qtbot):
    """A view of a white picture, as large as the widget but for a margin."""
    widget = OriginalView(LIGHT)
    qtbot.addWidget(widget)
    widget.resize(648, 408)
    white = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    white.fill(QColor("white"))
    widget.show_picture(white, QSize(WIDTH, HEIGHT))
    return widget


def a_turned_draw(*, beyond):
    """Returns a draw that is turned and reaches beyond the picture, or does not."""
    for index in range(500):
        drawn = draw(TURNED, HEIGHT, WIDTH, sample_rng(0, 0, index))
        reaches = drawn.padded_fraction > 0.05
        if abs(drawn.turned) > 10 and drawn.kept_fraction > 0.2 and reaches == beyond:
            return drawn
    raise AssertionError("no such draw")


def test_a_turned_sample_is_outlined_by_its_four_corners(view):
    drawn = a_turned_draw(beyond=False)
    view.show_draws([drawn], border=0)
    outline = view.outline(0)
    assert not is_upright(outline)
    area = view.picture_area()
    for place, corner in enumerate(drawn.corners):
        assert (outline.at(place) - _on(area, corner)).manhattanLength() < 0.01


def test_what_is_seen_stays_bright_what_is_outside_is_dimmed_and_what_is_border_is_filled(view):
    drawn = a_turned_draw(beyond=True)
    view.show_draws([drawn], border=0, fill=QColor(200, 30, 60))
    view.show_strong(0)
    screen = pixels(view.grab().toImage()).astype(int)
    area = view.picture_area()
    seen = QPolygonF([_on(area, point) for point in drawn.visible])
    outline = view.outline(0)
    kinds = {"seen": [], "filled": [], "dimmed": []}
    for y in range(10, view.height() - 10, 9):
        for x in range(10, view.width() - 10, 9):
            name = _kind(QPointF(x, y), seen, outline, area)
            if name is not None:
                kinds[name].append(screen[y, x])
    assert all(len(found) > 5 for found in kinds.values())
    assert np.all(np.array(kinds["seen"]) == 255)
    assert np.all(np.array(kinds["filled"]) == (200, 30, 60))
    assert np.all(np.array(kinds["dimmed"]) < 255)


def _on(area, point):
    across, down = area.width() / WIDTH, area.height() / HEIGHT
    return QPointF(area.left() + point[0] * across, area.top() + point[1] * down)


def _kind(point, seen, outline, area):
    """Returns where a point lies; None for one too near to a line."""
    around = [point + QPointF(dx, dy) for dx in (-8, 0, 8) for dy in (-8, 0, 8)]
    rule = Qt.FillRule.OddEvenFill
    inside = [seen.containsPoint(one, rule) for one in around]
    within = [outline.containsPoint(one, rule) for one in around]
    if all(inside):
        return "seen"
    if any(inside):
        return None
    if all(within):
        return "filled"
    if any(within) or not all(area.contains(one) for one in around):
        return None
    return "dimmed"
