"""What is cut out of a network, seen in its drawing, and where a click cuts.

A cut shortcut is pale and broken at a pair of scissors, a removed block is faded and crossed out,
and a scaled side has its factor beside it. Nothing moves: what is gone was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from resnet_studio.gui.architecture import frame, labels
from resnet_studio.gui.architecture.camera import Camera
from resnet_studio.gui.architecture.figures import BlockFigure, Drawing, Part, SectionFigure
from resnet_studio.gui.architecture.geometry import Rect, around
from resnet_studio.gui.architecture.glyphs import qrect
from resnet_studio.gui.architecture.style import Style
from resnet_studio.probe.surgery import Operation, Surgery

_NEAR_ARC = 7.0
"""Pixels beside the line of a shortcut at which a click still means it."""
_SCISSORS = 15.0
"""Pixels of the scissors where there is room for them."""
_LEAST = 5.0
"""Pixels of the smallest mark: of hundreds of blocks each must still be seen."""
_GAP = 0.18
"""Share of a shortcut's width that is missing on either side of the scissors."""
_PALE = 0.45
_FADED = 0.72
_BESIDE = (Part.ADD, Part.CHIP, Part.MARK)
"""Boxes of a block that are no part of its residual branch."""


def arc_at(drawing: Drawing, camera: Camera, point: QPointF) -> str:
    """Returns the block whose shortcut is drawn at a pixel; "" where there is none."""
    x, _ = camera.to_drawing(point.x(), point.y())
    section = drawing.section_at(x)
    if section is None:
        return ""
    for figure in section.blocks_between(x, x):
        arc = figure.arc
        if arc is None:
            continue
        start, middle = camera.to_screen(arc.start, 0)
        end, top = camera.to_screen(arc.end, arc.top)
        inside = start - _NEAR_ARC <= point.x() <= end + _NEAR_ARC
        on_top = inside and abs(point.y() - top) <= _NEAR_ARC
        # Its legs stand among the maps; near the main line a click means the block.
        high = top <= point.y() <= (2 * top + middle) / 3
        leg = min(abs(point.x() - start), abs(point.x() - end)) <= _NEAR_ARC / 2
        if on_top or (high and leg):
            return figure.name
    return ""


class CutPlace(NamedTuple):
    """Where a shortcut is cut: the gap in its line, and the scissors in it.

    Attributes:
        start: Pixel at which the line ends.
        end: Pixel at which it goes on.
        scissors: The pixels of the scissors.
    """

    start: float
    end: float
    scissors: Rect


def cut_place(figure: BlockFigure, camera: Camera) -> CutPlace:
    """Returns where a block's shortcut is cut: beside its layers and the block's handle."""
    arc = figure.arc
    assert arc is not None  # only a shortcut is cut
    start, _ = camera.to_screen(arc.start, 0)
    end, top = camera.to_screen(arc.end, arc.top)
    on_line = [box.rect for box in figure.boxes if box.part in (Part.MARK, Part.CHIP)]
    left = max([start, *(camera.rect(rect).right for rect in on_line)])
    handle = frame.block_handle(figure.rect, camera, name=figure.name, plus=True).rect
    if handle.bottom > top - _SCISSORS / 2:
        left = max(left, handle.right)
    if end - left < _LEAST + 2:  # the handle is larger than the block
        left = start
    size = max(_LEAST, min(_SCISSORS, (end - left) * 0.6))
    middle = (left + end) / 2
    half = max(size * 0.75, (end - start) * _GAP)
    # Below the line, above which stands what it is.
    scissors = Rect(middle - size / 2, top - 3, size, size)
    return CutPlace(max(middle - half, left), min(middle + half, end), scissors)


def paint_cut_arc(
    painter: QPainter, figure: BlockFigure, *, camera: Camera, style: Style, fine: bool
) -> None:
    """Paints what is left of a cut shortcut: a pale line with a gap, that points nowhere."""
    arc = figure.arc
    assert arc is not None  # only a shortcut is cut
    start, middle = camera.to_screen(arc.start, 0)
    end, top = camera.to_screen(arc.end, arc.top)
    foot = camera.to_screen(0, arc.foot)[1]
    place = cut_place(figure, camera)
    pen = style.shortcut_pen(arc.form, fine=fine)
    colour = pen.color()
    colour.setAlphaF(_PALE)
    pen.setColor(colour)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for x, y, gap in ((start, middle, place.start), (end, foot, place.end)):
        radius = min(7.0, abs(gap - x), abs(y - top) / 3)
        path = QPainterPath(QPointF(x, y))
        path.lineTo(x, top + radius)
        path.quadTo(x, top, x + (radius if gap > x else -radius), top)
        path.lineTo(gap, top)
        painter.drawPath(path)


def paint_surgery(
    painter: QPainter,
    drawing: Drawing,
    *,
    camera: Camera,
    window: Rect,
    style: Style,
    surgery: Surgery,
) -> None:
    """Marks in a painted drawing what surgery has changed.

    Args:
        painter: Where the drawing was painted.
        drawing: What was painted.
        camera: Which part of it, in pixels of `painter`.
        window: The pixels that show the drawing.
        style: Colours and fonts.
        surgery: What is done to the network.
    """
    if not surgery:
        return
    painter.save()
    painter.setClipRect(qrect(window))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    left, _ = camera.to_drawing(window.x, 0)
    right, _ = camera.to_drawing(window.right, 0)
    marks = _Marks(painter, camera, style)
    for section in drawing.sections:
        if section.rect.right < left or section.rect.x > right:
            continue
        if section.folded:
            marks.folded(section, _changes_in(section, surgery))
        for figure in section.blocks_between(left, right):
            if figure.name in surgery.operations:
                marks.block(figure, section.index, surgery.of(figure.name))
    painter.restore()


class _Marks:
    """Paints the marks of one frame."""

    def __init__(self, painter: QPainter, camera: Camera, style: Style) -> None:
        self._painter = painter
        self._camera = camera
        self._style = style
        self._red = QColor(style.theme.danger)

    def block(self, figure: BlockFigure, section: int, operation: Operation) -> None:
        """Marks one block."""
        body = self._body(figure)
        if operation.removed:
            self._cross_out(body, section)
        elif operation.branch != 1:
            self._shield((f"F ×{operation.branch:g}",), body.cx, body.cy, room=body.w + 30)
        arc = figure.arc
        if arc is None:
            return
        if operation.cut:
            self._scissors(cut_place(figure, self._camera).scissors)
        elif operation.shortcut != 1:
            start, _ = self._camera.to_screen(arc.start, 0)
            end, top = self._camera.to_screen(arc.end, arc.top)
            middle, below = (start + end) / 2, top + self._style.small.height / 2
            self._shield((f"×{operation.shortcut:g}",), middle, below, room=end - start + 30)

    def folded(self, section: SectionFigure, changes: int) -> None:
        """Says at a folded section how many of its blocks are changed."""
        if changes:
            rect = self._camera.rect(section.boxes[0].rect)
            room = section.rect.w * self._camera.zoom
            self._shield(_texts_of(changes), rect.cx, rect.y - 14, room=room)

    def _body(self, figure: BlockFigure) -> Rect:
        """Where the residual branch is drawn."""
        boxes = [box.rect for box in figure.boxes if box.part not in _BESIDE]
        rect = self._camera.rect(around(boxes))
        wanting = max(0.0, _LEAST - rect.w)
        return Rect(rect.x - wanting / 2, rect.y, rect.w + wanting, rect.h)

    def _cross_out(self, body: Rect, section: int) -> None:
        painter, style = self._painter, self._style
        veil = QColor(style.bands[section])
        veil.setAlphaF(_FADED)
        painter.fillRect(qrect(body.grown(3)), veil)
        painter.setPen(QPen(self._red, 2.2 if body.w > 12 else 1.4))
        painter.drawLine(QPointF(body.x, body.y), QPointF(body.right, body.bottom))
        painter.drawLine(QPointF(body.x, body.bottom), QPointF(body.right, body.y))

    def _scissors(self, place: Rect) -> None:
        centre = QPointF(place.cx, place.cy)
        if place.w >= 9:
            paint_scissors(self._painter, centre, place.w, self._red)
            return
        self._painter.setPen(QPen(self._red, 1.6))
        arm = QPointF(place.w / 2, place.w / 2)
        self._painter.drawLine(centre - arm, centre + arm)
        arm.setY(-arm.y())
        self._painter.drawLine(centre - arm, centre + arm)

    def _shield(self, texts: Sequence[str], x: float, y: float, *, room: float) -> None:
        """Writes the first text that fits on a little shield; a dot stands for one too long."""
        painter, face = self._painter, self._style.small
        text = face.fitting(texts, max(room, 24.0) - 8)
        width = face.width(text) + 8
        painter.setPen(QPen(self._red, 1.4))
        painter.setBrush(self._style.surface)
        if not text:
            painter.drawEllipse(QPointF(x, y), 3.0, 3.0)
            return
        box = QRectF(x - width / 2, y - face.height / 2 - 1, width, face.height + 2)
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(face.font)
        painter.setPen(self._red)
        painter.drawText(QPointF(x - face.width(text) / 2, y + face.capital / 2), text)


def paint_scissors(painter: QPainter, centre: QPointF, size: float, colour: QColor) -> None:
    """Paints open scissors of `size` pixels that cut downwards."""
    painter.save()
    painter.translate(centre)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(colour, max(1.2, size / 9))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    half, ring = size / 2, size * 0.16
    for side in (-1.0, 1.0):
        handle = QPointF(side * half * 0.62, -half * 0.62)
        blade = QPainterPath(QPointF(-side * half * 0.62, half))
        blade.lineTo(handle.x() - side * ring * 0.7, handle.y() + ring * 0.7)
        painter.drawPath(blade)
        painter.drawEllipse(handle, ring, ring)
    painter.restore()


def _changes_in(section: SectionFigure, surgery: Surgery) -> int:
    return sum(block.name in surgery.operations for block in section.section.blocks)


def _texts_of(changes: int) -> tuple[str, ...]:
    if changes == 1:
        return labels.tr("1 block operated"), labels.tr("1 operated")
    return (
        labels.tr("{count} blocks operated").format(count=changes),
        labels.tr("{count} operated").format(count=changes),
    )
