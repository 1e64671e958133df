from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF, QSize

from resnet_studio.gui.features.crop_drag import (
    LEAST_SIDE,
    Drag,
    Grip,
    centred,
    grip_at,
    grown,
    moved,
)

PICTURE = QSize(100, 60)
BOX = (20.0, 10.0, 40.0, 40.0)


def pulled(grip, across, down, box=BOX):
    return Drag(grip, QPointF(0, 0), box, PICTURE).to(QPointF(across, down))


@pytest.mark.parametrize(
    ("way", "expected"),
    [((5, -3), (25, 7, 40, 40)), ((500, 500), (60, 20, 40, 40)), ((-500, 0), (0, 10, 40, 40))],
)
def test_a_drag_of_the_inside_moves_the_square_as_far_as_the_picture_reaches(way, expected):
    assert pulled(Grip.INSIDE, *way) == expected
    assert moved(BOX, *way, PICTURE) == expected


@pytest.mark.parametrize(
    ("grip", "way", "expected"),
    [
        (Grip.LOWER_RIGHT, (6, 2), (20, 10, 46, 46)),
        (Grip.LOWER_RIGHT, (-10, -12), (20, 10, 30, 30)),
        (Grip.UPPER_LEFT, (-6, -4), (14, 4, 46, 46)),
        (Grip.UPPER_RIGHT, (5, -5), (20, 5, 45, 45)),
        (Grip.LOWER_LEFT, (-5, 0), (15, 10, 45, 45)),
        (Grip.LOWER_RIGHT, (500, 500), (20, 10, 50, 50)),
        (Grip.UPPER_LEFT, (-500, -500), (10, 0, 50, 50)),
        (Grip.UPPER_LEFT, (500, 500), (52, 42, LEAST_SIDE, LEAST_SIDE)),
    ],
)
def test_a_pulled_corner_leaves_the_opposite_one_where_it_is(grip, way, expected):
    assert pulled(grip, *way) == expected


def test_each_key_stroke_grows_or_shrinks_by_a_pixel_at_least():
    assert grown((10, 10, 9, 9), 1.01, PICTURE)[2] == 10
    assert grown((10, 10, 9, 9), 0.99, PICTURE)[2] == LEAST_SIDE
    assert grown((10, 10, LEAST_SIDE, LEAST_SIDE), 0.5, PICTURE)[2] == LEAST_SIDE
    assert grown(BOX, 100, PICTURE) == (10, 0, 60, 60)


def test_a_point_beside_the_square_becomes_its_centre():
    assert centred(BOX, QPointF(70, 30), PICTURE) == (50, 10, 40, 40)
    assert centred(BOX, QPointF(99, 0), PICTURE) == (60, 0, 40, 40)


def test_corners_are_caught_around_themselves_and_a_small_square_keeps_its_inside():
    frame = QRectF(10, 10, 80, 80)
    assert grip_at(frame, QPointF(5, 95), 8) is Grip.LOWER_LEFT
    assert grip_at(frame, QPointF(86, 12), 8) is Grip.UPPER_RIGHT
    assert grip_at(frame, QPointF(50, 50), 8) is Grip.INSIDE
    assert grip_at(frame, QPointF(50, 5), 8) is None
    assert grip_at(QRectF(0, 0, 12, 12), QPointF(6, 6), 8) is Grip.INSIDE
