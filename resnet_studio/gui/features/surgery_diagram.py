"""All blocks of a network in a small diagram in which a click cuts.

Each block has its shortcut above and its residual branch below. A click on the one cuts it, a
click on the other removes it, a click on the number below only selects the block.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.architecture.graph import Block, NetworkGraph, ShortcutForm
from resnet_studio.gui.architecture.surgery_marks import paint_scissors
from resnet_studio.gui.surgery_words import operation_text
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.surgery import NO_SURGERY, Operation, Surgery

_WIDE, _BOX, _HIGH = 48.0, 24.0, 24.0
"""Pixels at a usual text size: of a block with its shortcut, and of the box of its branch."""
_RISE = 17.0
_STAGE_GAP = 12.0
_MARGIN = 8.0
_FADED = 0.25
_LARGEST = 1.6
"""The most by which blocks are enlarged to fill a row."""


class Target(StrEnum):
    """What of a block is meant by a point."""

    SHORTCUT = "shortcut"
    BRANCH = "branch"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block stands.

    Attributes:
        block: The block.
        section: Number of its section, from 1.
        left: Its left end in pixels.
        top: The upper edge of its row.
    """

    block: Block
    section: int
    left: float
    top: float


class SurgeryDiagram(QWidget):
    """Draws the blocks in rows, and tells what was clicked.

    Signals (GUI thread):
        clicked(str, Target): A block, and what of it was clicked.
        selected(str): Another block was chosen, by keyboard or by its number.
    """

    clicked = Signal(str, object)
    selected = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._graph: NetworkGraph | None = None
        self._places: list[_Place] = []
        self._hovered: tuple[str, Target] | None = None
        self.surgery = NO_SURGERY
        self.selection = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(self.tr("Blocks of the network"))

    # -- what is shown ------------------------------------------------------------------------

    def show_network(self, graph: NetworkGraph) -> None:
        """Draws the blocks of a network."""
        self._graph = graph
        self._arrange()
        self.updateGeometry()

    def show_surgery(self, surgery: Surgery) -> None:
        """Marks what is cut."""
        self.surgery = surgery
        self._describe()
        self.update()

    def select(self, block: str) -> None:
        """Marks a block; "" for none. Emits nothing."""
        self.selection = block
        self._describe()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def target_at(self, point: QPointF) -> tuple[str, Target] | None:
        """Returns what is at a pixel; None for nothing."""
        for place in self._places:
            for target, rect in self._parts(place).items():
                if rect.contains(point):
                    return place.block.name, target
        return None

    def part_rect(self, block: str, target: Target) -> QRectF:
        """Returns the pixels that stand for a part of a block; KeyError if it is not there."""
        place = {each.block.name: each for each in self._places}[block]
        return self._parts(place)[target]

    # -- arranging ----------------------------------------------------------------------------

    @property
    def _scale(self) -> float:
        return self._scale_at(float(self.width()))

    def _scale_at(self, width: float) -> float:
        """Returns the size over the usual: larger with large letters, and where there is room."""
        least = max(1.0, self.fontMetrics().height() / 16)
        if self._graph is None:
            return least
        blocks, gaps = len(self._graph.blocks), len(self._graph.stages) - 1
        needed = blocks * _WIDE + gaps * _STAGE_GAP
        return max(least, min(_LARGEST, (width - 2 * _MARGIN) / needed))

    def _row_height(self, scale: float) -> float:
        return 2.4 * self.fontMetrics().height() + (_RISE + _HIGH) * scale + 6

    def _arrange(self) -> None:
        self._places = self._placed(float(self.width()))
        self.update()

    def _placed(self, width: float) -> list[_Place]:
        """Returns the blocks from left to right, in as many rows as they need."""
        if self._graph is None:
            return []
        scale = self._scale_at(width)
        wide, gap, row = _WIDE * scale, _STAGE_GAP * scale, self._row_height(scale)
        places: list[_Place] = []
        left, top = _MARGIN, 0.0
        for number, stage in enumerate(self._graph.stages, start=1):
            if places:
                left += gap
            for block in stage.blocks:
                if left > _MARGIN and left + wide > width - _MARGIN + 1:
                    left, top = _MARGIN, top + row
                places.append(_Place(block, number, left, top))
                left += wide
        return places

    def _parts(self, place: _Place) -> dict[Target, QRectF]:
        """Returns the pixels of shortcut, branch and number."""
        line = self.fontMetrics().height()
        wide, high, rise = (value * self._scale for value in (_WIDE, _HIGH, _RISE))
        top = place.top + line + 4
        return {
            Target.SHORTCUT: QRectF(place.left, top, wide, rise),
            Target.BRANCH: QRectF(place.left, top + rise, wide, high),
            Target.NAME: QRectF(place.left, top + rise + high, wide, 1.2 * line),
        }

    def heightForWidth(self, width: int) -> int:
        """As many rows as the blocks need."""
        places = self._placed(float(width))
        row = self._row_height(self._scale_at(float(width)))
        return round((places[-1].top if places else 0.0) + row + 4)

    def hasHeightForWidth(self) -> bool:
        return True

    def sizeHint(self) -> QSize:
        """Some blocks side by side."""
        return QSize(480, self.heightForWidth(480))

    def minimumSizeHint(self) -> QSize:
        """Whatever the scroll area around leaves; the height follows from the width."""
        return QSize(200, 40)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Breaks the rows anew."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Follows the text size."""
        if event.type() == QEvent.Type.FontChange:
            self._arrange()
            self.updateGeometry()
        super().changeEvent(event)

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws titles, blocks and marks."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place in self._places:
            self._paint_title(painter, place)
            self._paint_block(painter, place)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _colour(self, place: _Place) -> QColor:
        sections = len(self._graph.sections) if self._graph else 1
        return QColor(self._theme.stage_colour(place.section, sections))

    def _paint_title(self, painter: QPainter, place: _Place) -> None:
        """A line in the colour of the stage, with its name above its first block of a row."""
        line = self.fontMetrics().height()
        painter.fillRect(
            QRectF(place.left, place.top + line, _WIDE * self._scale, 3), self._colour(place)
        )
        first = place.left == _MARGIN or place.block.index == 0
        if first:
            painter.setPen(QColor(self._theme.text))
            text = self.tr("Stage {number}").format(number=place.section)
            painter.drawText(QPointF(place.left, place.top + line - 4), text)

    def _paint_block(self, painter: QPainter, place: _Place) -> None:
        parts, operation = self._parts(place), self.surgery.of(place.block.name)
        self._paint_ground(painter, place, parts)
        middle = parts[Target.BRANCH].center().y()
        self._paint_line(painter, parts[Target.BRANCH], middle)
        self._paint_shortcut(painter, place, parts, operation)
        self._paint_branch(painter, place, self._box(parts), operation)
        painter.setPen(QColor(self._theme.text))
        number = str(place.block.index)
        painter.drawText(parts[Target.NAME], Qt.AlignmentFlag.AlignCenter, number)

    def _paint_ground(self, painter: QPainter, place: _Place, parts: dict[Target, QRectF]) -> None:
        name = place.block.name
        whole = parts[Target.SHORTCUT].united(parts[Target.NAME]).adjusted(1, 1, -1, -1)
        if self._hovered is not None and self._hovered[0] == name:
            painter.fillRect(parts[self._hovered[1]], QColor(self._theme.raised))
        if name == self.selection:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRoundedRect(whole, 4, 4)

    def _box(self, parts: dict[Target, QRectF]) -> QRectF:
        centre, scale = parts[Target.BRANCH].center(), self._scale
        box = QRectF(0, 0, _BOX * scale, (_HIGH - 4) * scale)
        box.moveCenter(QPointF(centre.x() - 3 * scale, centre.y()))
        return box

    def _paint_line(self, painter: QPainter, row: QRectF, middle: float) -> None:
        painter.setPen(QPen(QColor(self._theme.text), 1.4))
        painter.drawLine(QPointF(row.left(), middle), QPointF(row.right(), middle))

    def _paint_shortcut(
        self, painter: QPainter, place: _Place, parts: dict[Target, QRectF], operation: Operation
    ) -> None:
        if place.block.addition is None:
            return
        row, scale = parts[Target.SHORTCUT], self._scale
        middle = parts[Target.BRANCH].center().y()
        left, right, top = row.left() + 3 * scale, row.right() - 8 * scale, row.top() + 5 * scale
        pen = QPen(QColor(self._theme.text), 1.6)
        if place.block.shortcut_form is not ShortcutForm.IDENTITY:
            pen.setStyle(Qt.PenStyle.DashLine)
        if operation.cut:
            pen.setColor(QColor(self._theme.muted))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        path = QPainterPath(QPointF(left, middle))
        path.lineTo(left, top)
        path.lineTo(right, top)
        path.lineTo(right, middle)
        painter.drawPath(path)
        self._paint_plus(painter, QPointF(right, middle))
        centre = QPointF((left + right) / 2, top)
        if operation.cut:
            gap = QRectF(0, 0, 17 * scale, 13 * scale)
            gap.moveCenter(QPointF(centre.x(), centre.y() + 1))
            painter.fillRect(gap, QColor(self._theme.window))
            size = 13 * scale
            paint_scissors(painter, centre, size, QColor(self._theme.danger))
        elif operation.shortcut != 1:
            self._paint_factor(painter, centre, operation.shortcut)

    def _paint_plus(self, painter: QPainter, centre: QPointF) -> None:
        radius = 4.5 * self._scale
        painter.setPen(QPen(QColor(self._theme.text), 1.2))
        painter.setBrush(QColor(self._theme.surface))
        painter.drawEllipse(centre, radius, radius)
        arm = radius * 0.6
        for dx, dy in ((arm, 0.0), (0.0, arm)):
            painter.drawLine(centre - QPointF(dx, dy), centre + QPointF(dx, dy))

    def _paint_branch(
        self, painter: QPainter, place: _Place, box: QRectF, operation: Operation
    ) -> None:
        colour = self._colour(place)
        red = QColor(self._theme.danger)
        if operation.removed:
            colour.setAlphaF(_FADED)
        painter.setPen(QPen(red if operation.branch != 1 else QColor(self._theme.text), 1.2))
        painter.setBrush(QColor(self._theme.window))
        painter.drawRect(box)
        painter.fillRect(box.adjusted(1, 1, -1, -1), colour)
        if operation.removed:
            painter.setPen(QPen(red, 2.2))
            painter.drawLine(box.topLeft(), box.bottomRight())
            painter.drawLine(box.bottomLeft(), box.topRight())
        elif operation.branch != 1:
            self._paint_factor(painter, box.center(), operation.branch)

    def _paint_factor(self, painter: QPainter, centre: QPointF, factor: float) -> None:
        metrics = self.fontMetrics()
        text = f"×{factor:.2g}"
        box = QRectF(0, 0, metrics.horizontalAdvance(text) + 6, metrics.height() - 1)
        box.moveCenter(centre)
        painter.setPen(QPen(QColor(self._theme.danger), 1.2))
        painter.setBrush(QColor(self._theme.surface))
        painter.drawRoundedRect(box, 3, 3)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    # -- pointer and keys -----------------------------------------------------------------------

    def tip_of(self, block: str, target: Target) -> str:
        """Returns what a click on a part of a block would do."""
        operation = self.surgery.of(block)
        texts = {
            Target.SHORTCUT: (self.tr("Cut the shortcut of {block}"), self.tr("Mend it")),
            Target.BRANCH: (self.tr("Remove {block}: F = 0"), self.tr("Put it back")),
            Target.NAME: (self.tr("Select {block}"),) * 2,
        }
        undone = operation.cut if target is Target.SHORTCUT else operation.removed
        lines = [texts[target][undone].format(block=block)]
        if now := operation_text(operation):
            lines.append(f"{block}: {now}")
        return "\n".join(lines)

    def event(self, event: QEvent) -> bool:
        """Shows what a click would do."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.target_at(QPointF(event.pos()))
            if found is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self.tip_of(*found), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks what a click would change."""
        self._hover(self.target_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Marks nothing."""
        self._hover(None)
        super().leaveEvent(event)

    def _hover(self, found: tuple[str, Target] | None) -> None:
        if found != self._hovered:
            self._hovered = found
            hand = Qt.CursorShape.PointingHandCursor
            self.setCursor(hand if found is not None else Qt.CursorShape.ArrowCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Cuts, removes or selects what is under the pointer."""
        found = self.target_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            block, target = found
            self._choose(block)
            if target is not Target.NAME:
                self.clicked.emit(block, target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose a block, C cuts its shortcut, X or Delete removes it."""
        key = Qt.Key(event.key())
        names = [place.block.name for place in self._places]
        if not names:
            super().keyPressEvent(event)
            return
        here = names.index(self.selection) if self.selection in names else -1
        steps = {
            Qt.Key.Key_Right: min(here + 1, len(names) - 1),
            Qt.Key.Key_Left: max(here - 1, 0),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(names) - 1,
        }
        cuts = {
            Qt.Key.Key_C: Target.SHORTCUT,
            Qt.Key.Key_X: Target.BRANCH,
            Qt.Key.Key_Delete: Target.BRANCH,
        }
        if key in steps:
            self._choose(names[steps[key]])
        elif key in cuts and here >= 0:
            self.clicked.emit(names[here], cuts[key])
        else:
            super().keyPressEvent(event)

    def _choose(self, block: str) -> None:
        if block != self.selection:
            self.select(block)
            self.selected.emit(block)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows that the keys work here."""
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows that the keys work elsewhere."""
        self.update()
        super().focusOutEvent(event)

    def _describe(self) -> None:
        """Tells a screen reader what is selected and what is done to it."""
        keys = self.tr("Arrows choose a block, C cuts its shortcut, X removes it.")
        now = operation_text(self.surgery.of(self.selection)) or self.tr("intact")
        text = f"{self.selection}: {now}. {keys}" if self.selection else keys
        self.setAccessibleDescription(text)
