from __future__ import annotations

import math
import re

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest

from resnet_studio.architecture.spec import ShortcutKind
from resnet_studio.gui.architecture import frame
from resnet_studio.gui.architecture.export import drawing_svg
from resnet_studio.gui.architecture.figures import Part
from resnet_studio.gui.architecture.outline import Folds, every_stage_folded
from resnet_studio.gui.architecture.surgery_marks import cut_place, paint_cut_arc
from resnet_studio.probe.surgery import NO_SURGERY

_ON_LINE = (Part.MARK, Part.CHIP)


@pytest.fixture
def small(show, panel):
    """ResNet-18, whose blocks are large in the drawing."""
    show("resnet18")
    return panel


def _figure(view, block):
    return next(
        each for section in view.drawing.sections for each in section.blocks if each.name == block
    )


def _sides(rect) -> tuple[float, float, float, float]:
    return rect.x, rect.y, rect.w, rect.h


def _on_arc(view, block) -> QPoint:
    arc = _figure(view, block).arc
    start, _ = view.camera.to_screen(arc.start, 0)
    end, top = view.camera.to_screen(arc.end, arc.top)
    return QPointF(start + (end - start) / 4, top).toPoint()


def _on_body(view, block) -> QPoint:
    rect = view.camera.rect(_figure(view, block).boxes[0].rect)
    return QPointF(rect.cx, rect.cy).toPoint()


def _click(view, point: QPoint) -> None:
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=point)


def _reds(image: QImage, theme) -> int:
    """Counts the pixels in the colour of the marks."""
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    words = np.frombuffer(plain.constBits(), dtype=np.uint32)
    return int(np.count_nonzero(words == QColor(theme.danger).rgb()))


def test_outside_the_mode_a_click_selects_and_cuts_nothing(small, studio):
    _click(small.view, _on_arc(small.view, "layer2.1"))
    _click(small.view, _on_body(small.view, "layer2.1"))
    assert studio.selection == "layer2.1"
    assert not studio.operating.surgery


def test_in_the_mode_a_click_on_a_shortcut_cuts_it_and_one_on_a_block_removes_it(small, studio):
    assert studio.commands.run("surgery.mode")
    _click(small.view, _on_arc(small.view, "layer2.1"))
    assert studio.operating.surgery == NO_SURGERY.changed("layer2.1", shortcut=0.0)
    _click(small.view, _on_body(small.view, "layer3.0"))
    assert studio.operating.surgery.of("layer3.0").removed
    assert studio.selection.startswith("layer3.0")
    _click(small.view, _on_arc(small.view, "layer2.1"))
    assert not studio.operating.surgery.of("layer2.1").cut


def test_a_double_click_in_the_mode_cuts_once_and_folds_nothing(small, studio):
    studio.commands.run("surgery.mode")
    QTest.mouseClick(small.view, Qt.MouseButton.LeftButton, pos=_on_body(small.view, "layer1.0"))
    QTest.mouseDClick(small.view, Qt.MouseButton.LeftButton, pos=_on_body(small.view, "layer1.0"))
    assert small.view.folds == Folds()


def test_dragging_in_the_mode_moves_the_drawing_and_cuts_nothing(small, studio):
    studio.commands.run("surgery.mode")
    start = _on_body(small.view, "layer2.0")
    before = small.view.camera
    QTest.mousePress(small.view, Qt.MouseButton.LeftButton, pos=start)
    for step in (20, 40):
        QTest.mouseMove(small.view, start + QPoint(step, 0))
    QTest.mouseRelease(small.view, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 0))
    assert not studio.operating.surgery
    assert small.view.camera != before


def test_the_mode_says_what_a_click_would_do_and_escape_ends_it(small, studio):
    studio.commands.run("surgery.mode")
    assert "cuts the shortcut of layer2.1" in small.cutting.tip_at(
        QPointF(_on_arc(small.view, "layer2.1"))
    )
    assert "removes the residual branch of layer2.1" in small.cutting.tip_at(
        QPointF(_on_body(small.view, "layer2.1"))
    )
    QTest.keyClick(small.view, Qt.Key.Key_Escape)
    assert not small.cutting.cutting
    assert not studio.commands.action("surgery.mode").isChecked()
    assert small.cutting.tip_at(QPointF(_on_arc(small.view, "layer2.1"))) == ""


def test_the_menu_of_a_block_offers_surgery(small, studio):
    studio.select("layer2.1.conv1")
    menu = small.context_menu()
    actions = {action.text(): action for action in menu.actions()}
    actions["Remove block"].trigger()
    assert studio.operating.surgery.of("layer2.1").removed
    menu.deleteLater()
    again = small.context_menu()
    texts = [action.text() for action in again.actions()]
    assert "Put layer2.1 back" in texts
    assert any("Undo all sur" in text for text in texts)
    again.deleteLater()


def test_marks_stand_at_the_operated_blocks_and_nowhere_else(small, studio):
    before = small.view.grab().toImage()
    studio.operating.toggle_shortcut("layer2.1")
    studio.operating.toggle_block("layer3.1")
    after = small.view.grab().toImage()
    for block, marked in (("layer2.1", True), ("layer3.1", True), ("layer1.0", False)):
        rect = small.view.camera.rect(_figure(small.view, block).rect)
        box = QPointF(rect.x, rect.y).toPoint(), QPointF(rect.right, rect.bottom).toPoint()
        area = (box[0].x(), box[0].y(), box[1].x() - box[0].x(), box[1].y() - box[0].y())
        assert (before.copy(*area) != after.copy(*area)) == marked
    assert _reds(before, studio.theme) == 0
    assert small.cutting.badge.isVisibleTo(small.view)


def _painted(view, figure) -> np.ndarray:
    """What is left of a block's cut shortcut, as the lightness of each pixel."""
    image = QImage(view.size(), QImage.Format.Format_Grayscale8)
    image.fill(view.look.surface)
    painter = QPainter(image)
    paint_cut_arc(painter, figure, camera=view.camera, style=view.look, fine=False)
    painter.end()
    rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width()].astype(int)


@pytest.mark.parametrize("block", ["layer1.1", "layer2.0", "layer4.1"])
@pytest.mark.parametrize("opened", [False, True])
def test_a_cut_shortcut_is_pale_and_broken_at_scissors_that_nothing_covers(
    small, studio, block, opened
):
    view = small.view
    if opened:
        view.toggle(block)
    studio.select(block)  # so that it has a handle
    figure = _figure(view, block)
    place, pixels = cut_place(figure, view.camera), _painted(view, figure)
    top = round(view.camera.to_screen(0, figure.arc.top)[1])
    ground, line = pixels[0, 0], pixels[top - 2 : top + 3]
    assert place.end - place.start > 9
    assert np.all(line[:, math.ceil(place.start) : math.floor(place.end) - 2] == ground)
    assert 0 < ground - pixels.min() < 0.75 * (ground - view.look.text.lightness())
    handles = {each.name: each.rect for each in view.handles()}
    on_line = [view.camera.rect(box.rect) for box in figure.boxes if box.part in _ON_LINE]
    for other in [handles[block], *on_line]:
        assert not QRectF(*_sides(place.scissors)).intersects(QRectF(*_sides(other)))


def test_the_badge_stands_in_the_legend_and_covers_nothing(small, studio, monkeypatch):
    written = []
    monkeypatch.setattr(frame, "_write", lambda _painter, text, x, *_: written.append((x, text)))
    small.view.grab()
    usual, texts = min(written), {text for _, text in written}
    written.clear()
    studio.operating.toggle_shortcut("layer2.1")
    small.view.grab()
    badge = small.cutting.badge.geometry()
    assert small.view.rect().contains(badge)
    assert badge.top() >= small.view.drawing_area().bottom
    assert min(written)[0] > badge.right() > usual[0]
    assert {text for _, text in written} <= texts
    written.clear()
    studio.operating.reset()
    small.view.grab()
    assert min(written) == usual


def test_a_cut_shortcut_is_called_cut_and_no_longer_what_it_was(small, studio):
    def words():
        drawn = drawing_svg(small.view.drawing, studio.theme, small.font(), **small._dress())
        return re.findall(r">\s*(identity\b[^<]*|cut)\s*<", drawn.decode())

    before = words()
    studio.operating.toggle_shortcut("layer3.1")
    after = words()
    assert (before.count("cut"), after.count("cut")) == (0, 1)
    assert len(after) == len(before)  # one "identity" less


def test_a_folded_stage_and_a_saved_picture_show_surgery_too(small, studio):
    small.view.set_folds(every_stage_folded(small.view.graph))
    folded = small.view.grab().toImage()
    studio.operating.toggle_block("layer2.1")
    small.cutting.badge.hide()  # which is as red
    assert _reds(small.view.grab().toImage(), studio.theme) > _reds(folded, studio.theme)
    small.view.set_folds(Folds())
    assert _reds(small._image(), studio.theme) > 20


def test_a_plain_network_ends_the_mode(small, studio):
    studio.commands.run("surgery.mode")
    studio.set_spec(studio.spec.replace(name="plain", shortcut=ShortcutKind.NONE))
    assert not small.cutting.cutting
    assert not studio.commands.run("surgery.mode")
