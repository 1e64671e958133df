"""Accuracy lost by the removal of each block, as bars; a click on one selects its block."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.architecture.graph import Block, NetworkGraph, ShortcutForm
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.ranges import linear_ticks

if TYPE_CHECKING:
    from resnet_studio.probe.lesion import Lesion

_SURELY = 1.96
"""Standard errors on each side within which the true loss lies with 95 %."""
_LEAST_RANGE = 5.0
"""Percentage points that the axis shows at least: noise must not look like a finding."""
_TICK_ROOM = 34.0
_COLUMNS = (
    "block",
    "stage",
    "shortcut",
    "pictures",
    "intact_correct",
    "correct",
    "accuracy",
    "points_lost",
    "standard_error_points",
    "answers_changed",
)
_LEAST_NUMBER = 15.0
"""Pixels of a bar from which the number of its block has room below."""


@dataclass(frozen=True, slots=True)
class Bars:
    """What is drawn.

    Attributes:
        graph: The network.
        lesions: What is known, by block.
        noun: What was taken away, for the axis: "block" or "shortcut", translated.
    """

    graph: NetworkGraph
    lesions: Mapping[str, Lesion]
    noun: str

    @property
    def blocks(self) -> Sequence[Block]:
        """The blocks in the order of the network."""
        return self.graph.blocks


class LesionPlot(QWidget):
    """Draws one bar a block, stages in their colours, with whiskers of 95 %.

    Signals:
        selected(str): The person chose a block.
    """

    selected = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.bars: Bars | None = None
        self.selection = ""
        self.setMinimumHeight(130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Accuracy lost by the removal of each block"))

    def show_bars(self, bars: Bars | None) -> None:
        """Shows results; None for none."""
        self.bars = bars
        self._describe()
        self.update()

    def select(self, block: str) -> None:
        """Marks the bar of a block; emits nothing."""
        self.selection = block
        self._describe()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """A size in which it can be read."""
        return QSize(560, 220)

    def as_csv(self) -> str:
        """Returns a line for each block with all that was counted."""
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(
            [
                "block",
                "stage",
                "shortcut",
                "pictures",
                "intact_correct",
                "correct",
                "accuracy",
                "points_lost",
                "standard_error_points",
                "answers_changed",
            ]
        )
        for block in self.bars.blocks if self.bars else ():
            lesion = self.bars.lesions.get(block.name) if self.bars else None
            if lesion is not None and lesion.seen:
                writer.writerow(
                    [
                        block.name,
                        block.stage,
                        block.shortcut_form.value,
                        lesion.seen,
                        lesion.intact,
                        lesion.correct,
                        f"{lesion.accuracy:.6f}",
                        f"{lesion.points_lost:.4f}",
                        f"{lesion.points_error:.4f}",
                        lesion.changed,
                    ]
                )
        return target.getvalue()

    # -- places -------------------------------------------------------------------------------

    def _area(self, target: QRectF) -> QRectF:
        line = QFontMetricsF(self.font()).height()
        return target.adjusted(line + 44, line + 14, -12, -2 * line - 8)

    def _range(self) -> tuple[float, float]:
        lesions = [each for each in self._known() if each.seen]
        tops = [each.points_lost + _SURELY * each.points_error for each in lesions]
        lows = [each.points_lost - _SURELY * each.points_error for each in lesions]
        high, low = max([_LEAST_RANGE, *tops]), min([0.0, *lows])
        room = 0.06 * (high - low)
        return (low - room if low < 0 else 0.0), high + room

    def _known(self) -> Sequence[Lesion]:
        return list(self.bars.lesions.values()) if self.bars else []

    def _slot(self, area: QRectF, index: int) -> QRectF:
        assert self.bars is not None  # only called while something is shown
        width = area.width() / max(1, len(self.bars.blocks))
        return QRectF(area.left() + index * width, area.top(), width, area.height())

    def _y(self, area: QRectF, value: float) -> float:
        low, high = self._range()
        return area.bottom() - area.height() * (value - low) / (high - low)

    def block_at(self, point: QPointF) -> str:
        """Returns the block whose bar stands at a pixel; "" for none."""
        area = self._area(QRectF(self.rect()))
        inside = area.left() <= point.x() < area.right() and point.y() >= area.top() - 4
        if self.bars is None or not inside:
            return ""
        index = int((point.x() - area.left()) / area.width() * len(self.bars.blocks))
        return self.bars.blocks[min(index, len(self.bars.blocks) - 1)].name

    def middle_of(self, block: str) -> QPointF:
        """Returns the pixel in the middle of a bar's slot."""
        assert self.bars is not None
        names = [each.name for each in self.bars.blocks]
        return self._slot(self._area(QRectF(self.rect())), names.index(block)).center()

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the plot, and a frame while the keys work in it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._theme.surface))
        self.render_to(painter, QRectF(self.rect()))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def drawing_size(self) -> QSize:
        """Returns the size on the screen, which files take over."""
        return self.size()

    def render_to(self, painter: QPainter, target: QRectF) -> None:
        """Draws axes, bars and names, for the screen or a file."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        if self.bars is None:
            return
        area = self._area(target)
        self._paint_axes(painter, area)
        for index, block in enumerate(self.bars.blocks):
            self._paint_bar(painter, area, index, block)
        self._paint_intact(painter, area)
        self._paint_stages(painter, area)

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        theme, line = self._theme, QFontMetricsF(self.font()).height()
        low, high = self._range()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value, text in linear_ticks(low, high, max(2, int(area.height() / _TICK_ROOM))):
            y = self._y(area, value)
            painter.setPen(QPen(QColor(theme.grid), 1.0))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(theme.muted))
            label = text.replace("-", "−")
            painter.drawText(QRectF(area.left() - 56, y - line / 2, 50, line), right, label)
        painter.save()
        painter.setPen(QColor(theme.text))
        painter.translate(area.left() - 40 - line / 2, area.center().y())
        painter.rotate(-90)
        reach = area.height() + 2 * line
        beside = QRectF(-reach / 2, -line / 2, reach, line)
        texts = (self.tr("accuracy lost (percentage points)"), self.tr("lost (points)"))
        metrics = QFontMetricsF(self.font())
        text = next((each for each in texts if metrics.horizontalAdvance(each) <= reach), texts[1])
        painter.drawText(beside, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()

    def _paint_bar(self, painter: QPainter, area: QRectF, index: int, block: Block) -> None:
        assert self.bars is not None
        slot = self._slot(area, index)
        lesion = self.bars.lesions.get(block.name)
        if block.name == self.selection:
            chosen = QColor(self._theme.accent)
            chosen.setAlphaF(0.18)
            painter.fillRect(slot, chosen)
        if lesion is not None and lesion.seen:
            self._paint_value(painter, area, slot, block, lesion)
        if block.shortcut_form is not ShortcutForm.IDENTITY:
            self._paint_diamond(painter, QPointF(slot.center().x(), area.top() - 5))
        line = QFontMetricsF(self.font()).height()
        if slot.width() >= _LEAST_NUMBER:
            painter.setPen(QColor(self._theme.muted))
            below = QRectF(slot.left() - 8, area.bottom() + 2, slot.width() + 16, line)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, str(block.index))

    def _paint_value(
        self, painter: QPainter, area: QRectF, slot: QRectF, block: Block, lesion: Lesion
    ) -> None:
        zero, top = self._y(area, 0.0), self._y(area, lesion.points_lost)
        width = max(1.0, min(slot.width() * 0.68, 46.0))
        left = slot.center().x() - width / 2
        sections = len(self.bars.graph.sections) if self.bars else 1
        colour = QColor(self._theme.stage_colour(block.stage, sections))
        painter.fillRect(QRectF(left, min(zero, top), width, max(1.0, abs(zero - top))), colour)
        if slot.width() < 5:
            return
        reach = _SURELY * lesion.points_error
        painter.setPen(QPen(QColor(self._theme.text), 1.2))
        ends = [self._y(area, lesion.points_lost + sign * reach) for sign in (-1, 1)]
        x, half = slot.center().x(), min(4.0, width / 3)
        painter.drawLine(QPointF(x, ends[0]), QPointF(x, ends[1]))
        for y in ends:
            painter.drawLine(QPointF(x - half, y), QPointF(x + half, y))

    def _paint_diamond(self, painter: QPainter, centre: QPointF) -> None:
        """Marks a block whose shortcut changes the shape: there a stage begins."""
        size = 4.0
        painter.setPen(QPen(QColor(self._theme.text), 1.0))
        painter.setBrush(QColor(self._theme.surface))
        corners = ((0.0, -size), (size, 0.0), (0.0, size), (-size, 0.0))
        painter.drawPolygon(QPolygonF([centre + QPointF(*corner) for corner in corners]))

    def _paint_intact(self, painter: QPainter, area: QRectF) -> None:
        """The line of the intact network: nothing lost."""
        known = [each for each in self._known() if each.seen]
        y = self._y(area, 0.0)
        painter.setPen(QPen(QColor(self._theme.text), 1.6, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        if known:
            most = max(known, key=lambda each: each.seen)
            text = self.tr("intact: {accuracy:.1f} % of {count:,} pictures").format(
                accuracy=100 * most.intact / most.seen, count=most.seen
            )
            painter.setPen(QColor(self._theme.text))
            metrics = QFontMetricsF(self.font())
            place = QRectF(area.left(), 1, area.width(), metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, text)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, self.tr("◇ shape changes"))

    def _paint_stages(self, painter: QPainter, area: QRectF) -> None:
        assert self.bars is not None
        metrics = QFontMetricsF(self.font())
        top, start = area.bottom() + metrics.height() + 3, 0
        for number, stage in enumerate(self.bars.graph.stages, start=1):
            first = self._slot(area, start)
            start += len(stage.blocks)
            whole = first.united(self._slot(area, start - 1))
            sections = len(self.bars.graph.sections)
            colour = QColor(self._theme.stage_colour(number, sections))
            painter.fillRect(QRectF(whole.left() + 1, top, whole.width() - 2, 3), colour)
            texts = (self.tr("Stage {number}").format(number=number), str(number))
            fits = [text for text in texts if metrics.horizontalAdvance(text) < whole.width()]
            if fits:
                painter.setPen(QColor(self._theme.text))
                below = QRectF(whole.left(), top + 4, whole.width(), metrics.height())
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, fits[0])

    # -- pointer and keys -----------------------------------------------------------------------

    def tip_of(self, name: str) -> str:
        """Returns what is known of a block in words."""
        if self.bars is None:
            return ""
        lesion = self.bars.lesions.get(name)
        if lesion is None or not lesion.seen:
            return self.tr("{block}: not measured yet").format(block=name)
        text = self.tr(
            "{block} without its {noun}: {accuracy:.1f} % right, {lost:+.1f} ± {error:.1f} points"
            " lost (95 %)\nAnother answer for {changed:,} of {seen:,} pictures"
        ).format(
            block=name,
            noun=self.bars.noun,
            accuracy=100 * lesion.accuracy,
            lost=lesion.points_lost,
            error=_SURELY * lesion.points_error,
            changed=lesion.changed,
            seen=lesion.seen,
        )
        return text.replace("-", "−")

    def event(self, event: QEvent) -> bool:
        """Tells the numbers of a bar."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            if block := self.block_at(QPointF(event.pos())):
                QToolTip.showText(event.globalPos(), self.tip_of(block), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects the block of the bar."""
        block = self.block_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and block:
            self._choose(block)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from bar to bar."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None or self.bars is None:
            super().keyPressEvent(event)
            return
        names = [block.name for block in self.bars.blocks]
        here = names.index(self.selection) if self.selection in names else -1
        self._choose(names[min(max(here + step, 0), len(names) - 1)])

    def _choose(self, block: str) -> None:
        self.select(block)
        self.selected.emit(block)

    def _describe(self) -> None:
        """Tells a screen reader the numbers of the bar that is selected."""
        self.setAccessibleDescription(self.tip_of(self.selection) if self.selection else "")
