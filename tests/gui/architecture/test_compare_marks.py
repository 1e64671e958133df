"""What has changed is marked in the drawing: by outline, hatching, badge and ruler."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.diff import ChangeState, compare
from resnet_studio.gui.architecture.camera import Camera
from resnet_studio.gui.architecture.compare_marks import (
    badge_pixmap,
    mark_colour,
    paint_outlines,
    paint_ruler,
    segments,
)
from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.layout import lay_out
from resnet_studio.gui.architecture.outline import every_block_opened, every_stage_folded
from resnet_studio.gui.architecture.style import Style, luminance
from resnet_studio.gui.theme import DARK, LIGHT

CHANGED, ONLY_AFTER = ChangeState.CHANGED, ChangeState.ONLY_AFTER


def after(first, second, **changes):
    """The second network's graph and what has happened to each of its names."""
    comparison = compare(CATALOG[first].spec, CATALOG[second].spec.replace(**changes))
    return comparison.after, {name: row.state for name, row in comparison.rows_after.items()}


def ruler(graph, states, folds=None):
    drawing = lay_out(graph, folds)
    return drawing, list(segments(drawing, states, -1e9, 1e9))


def test_neighbouring_blocks_of_one_state_are_one_piece_of_the_ruler():
    graph, states = after("cifar_resnet20", "cifar_resnet32")
    drawing, pieces = ruler(graph, states)
    assert [piece.state for piece in pieces] == [ONLY_AFTER] * 3
    assert pieces[0].start == drawing.rect_of("layer1.3").x
    assert pieces[0].end == drawing.rect_of("layer1.4").right


def test_a_folded_stage_is_one_piece_if_anything_in_it_differs():
    graph, states = after("resnet50_v1", "resnet50")
    drawing, pieces = ruler(graph, states, every_stage_folded(graph))
    starts = [drawing.rect_of(f"layer{stage}").x for stage in (2, 3, 4)]
    assert [(piece.start, piece.state) for piece in pieces] == [(x, CHANGED) for x in starts]


def test_in_an_opened_block_each_column_has_its_own_piece():
    graph, states = after("resnet50_v1", "resnet50")
    drawing, pieces = ruler(graph, states, every_block_opened(graph))
    first, third = drawing.rect_of("layer2.0.conv1"), drawing.rect_of("layer2.0.conv3")
    covered = [piece for piece in pieces if piece.start <= first.cx <= piece.end]
    assert [piece.state for piece in covered] == [CHANGED]
    assert not [piece for piece in pieces if piece.start <= third.cx <= piece.end]


def test_what_is_out_of_sight_is_not_looked_at():
    graph, states = after("cifar_resnet20", "cifar_resnet32")
    drawing = lay_out(graph)
    left, right = drawing.rect_of("layer2").x + 1, drawing.rect_of("layer2").right - 1
    (piece,) = segments(drawing, states, left, right)
    assert left <= piece.start
    assert piece.end <= right


def painted(theme, qapp):
    """Both kinds of mark over ResNet-34 turned into ResNet-50, and nothing else."""
    graph, states = after("resnet34", "resnet50")
    drawing = lay_out(graph)
    image = QImage(1200, 320, QImage.Format.Format_RGB32)
    style = Style(theme, qapp.font(), sections=len(graph.sections))
    image.fill(style.surface)
    painter = QPainter(image)
    window = Rect(0, 0, 1200, 300)
    camera = Camera(1200 / drawing.bounds.w, 0, 150)
    paint_outlines(painter, drawing, camera=camera, window=window, style=style, states=states)
    paint_ruler(painter, drawing, camera=camera, window=window, top=300, style=style, states=states)
    painter.end()
    return image, drawing, camera


def count(image, colour, area):
    return sum(
        image.pixelColor(x, y) == colour
        for x in range(area.left(), area.right())
        for y in range(area.top(), area.bottom())
    )


def area_of(drawing, camera, name):
    rect = camera.rect(drawing.rect_of(name)).grown(2)
    return QRect(round(rect.x), round(rect.y), round(rect.w), round(rect.h))


def test_changed_and_new_layers_are_told_apart_by_colour_and_by_hatching(qapp):
    for theme in (LIGHT, DARK):
        image, drawing, camera = painted(theme, qapp)
        changed, new = mark_colour(CHANGED, theme), mark_colour(ONLY_AFTER, theme)
        first = area_of(drawing, camera, "layer3.1.conv1")
        third = area_of(drawing, camera, "layer3.1.conv3")
        assert count(image, changed, first) > first.height()
        assert count(image, new, first) == 0
        inside = third.adjusted(6, 6, -6, -6)
        assert count(image, new, inside) > inside.width() * inside.height() / 20  # the hatching
        assert count(image, changed, QRect(0, 302, 1200, 14)) > 500  # the ruler


def test_the_badges_of_the_states_have_different_shapes(qapp):
    shapes = set()
    for state in ChangeState:
        image = badge_pixmap(state, LIGHT, side=14, ratio=1.0).toImage()
        grey = [
            round(8 * luminance(image.pixelColor(x, y))) if image.pixelColor(x, y).alpha() else -1
            for x in range(14)
            for y in range(14)
        ]
        shapes.add(tuple(value > 4 for value in grey))
    assert len(shapes) == len(ChangeState)


def test_a_badge_is_readable_on_its_colour():
    for theme in (LIGHT, DARK):
        for state in (CHANGED, ONLY_AFTER):
            bright, dim = sorted(
                (luminance(mark_colour(state, theme)), luminance(QColor(theme.surface))),
                reverse=True,
            )
            assert (bright + 0.05) / (dim + 0.05) >= 4.5
