"""What is cut out of a network, seen in its drawing, and where a click cuts.

A cut shortcut is broken by a pair of scissors, a removed block is faded and crossed out, and a
scaled side has its factor beside it. The drawing itself does not change: what is gone was there.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from resnet_studio.gui.architecture import labels
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
        start, _ = self._camera.to_screen(arc.start, 0)
        end, top = self._camera.to_screen(arc.end, arc.top)
        if operation.cut:
            self._break(start, end, top)
        elif operation.shortcut != 1:
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

    def _break(self, start: float, end: float, top: float) -> None:
        """Takes a piece out of the line and puts the scissors there."""
        room = end - start
        size = min(_SCISSORS, max(_LEAST, room * 0.6))
        middle = (start + end) / 2
        ground = self._style.surface
        gap = QRectF(middle - size * 0.75, top - 3, size * 1.5, size + 3)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(ground)
        self._painter.drawRoundedRect(gap, 3, 3)
        if size < 9:
            self._small_cross(middle, top, size)
        else:  # below the line, above which stands what it is
            paint_scissors(self._painter, QPointF(middle, top + size / 2 - 3), size, self._red)

    def _small_cross(self, x: float, y: float, size: float) -> None:
        self._painter.setPen(QPen(self._red, 1.6))
        arm = size / 2
        self._painter.drawLine(QPointF(x - arm, y - arm), QPointF(x + arm, y + arm))
        self._painter.drawLine(QPointF(x - arm, y + arm), QPointF(x + arm, y - arm))

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
