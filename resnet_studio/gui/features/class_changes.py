"""The most probable classes before and after a change of the network, side by side."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.gui.features.images import percent
from resnet_studio.gui.theme import Theme

if TYPE_CHECKING:
    from resnet_studio.probe.predict import Prediction

_SHOWN = 5
_BAR, _SPACE, _GAP = 4, 3, 24


class ClassChanges(QWidget):
    """Draws two lists of classes; in the second stands how each has changed.

    Attributes:
        before: All classes as the intact network ranks them; empty if there are none.
        after: All classes as the operated network ranks them.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.before: tuple[Prediction, ...] = ()
        self.after: tuple[Prediction, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("Most probable classes before and after"))

    def show_classes(self, before: tuple[Prediction, ...], after: tuple[Prediction, ...]) -> None:
        """Shows what the intact and the operated network say, the most probable first."""
        self.before, self.after = before, after
        self.setAccessibleDescription(self.as_text())
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def change_of(self, index: int) -> float:
        """Returns by how many percentage points the probability of a class has risen."""
        return 100 * (
            _by_index(self.after).get(index, 0.0) - _by_index(self.before).get(index, 0.0)
        )

    def as_text(self) -> str:
        """Returns a line for each of the classes after the change."""
        return "\n".join(
            f"{percent(each.probability)}  {each.name} ({self._change_text(each.index)})"
            for each in self.after[:_SHOWN]
        )

    def as_csv(self) -> str:
        """Returns every class that either network holds among the five most probable."""
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["class", "name", "intact_probability", "operated_probability", "change"])
        old, new = _by_index(self.before), _by_index(self.after)
        listed = {each.index: each.name for each in (*self.before[:_SHOWN], *self.after[:_SHOWN])}
        for index, name in listed.items():
            was, now = old.get(index, 0.0), new.get(index, 0.0)
            writer.writerow([index, name, repr(was), repr(now), repr(now - was)])
        return target.getvalue()

    def sizeHint(self) -> QSize:
        """A title and five lines."""
        around = self.contentsMargins()
        high = self.fontMetrics().height() + 8 + _SHOWN * self._pitch()
        return QSize(420, high + around.top() + around.bottom())

    def minimumSizeHint(self) -> QSize:
        """The same, narrower."""
        return QSize(240, self.sizeHint().height())

    def _pitch(self) -> int:
        return self.fontMetrics().height() + _BAR + _SPACE

    def _columns(self) -> tuple[QRectF, QRectF]:
        room = QRectF(self.contentsRect())
        width = (room.width() - _GAP) / 2
        left = QRectF(room.left(), room.top(), width, room.height())
        return left, left.translated(width + _GAP, 0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws both lists."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        titles = (self.tr("Intact"), self.tr("Operated (change in points)"))
        lists = (self.before, self.after)
        for number, (column, title, classes) in enumerate(
            zip(self._columns(), titles, lists, strict=True)
        ):
            self._paint_title(painter, column, title)
            for row, prediction in enumerate(classes[:_SHOWN]):
                self._paint_row(painter, self._row(column, row), prediction, after=number == 1)
        painter.end()

    def _row(self, column: QRectF, row: int) -> QRectF:
        top = column.top() + self.fontMetrics().height() + 6 + row * self._pitch()
        return QRectF(column.left(), top, column.width(), self._pitch())

    def _paint_title(self, painter: QPainter, column: QRectF, title: str) -> None:
        bold = QFont(self.font())
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(QColor(self._theme.text))
        text = painter.fontMetrics().elidedText(
            title, Qt.TextElideMode.ElideRight, int(column.width())
        )
        painter.drawText(column, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, text)
        painter.setFont(self.font())

    def _paint_row(
        self, painter: QPainter, row: QRectF, prediction: Prediction, *, after: bool
    ) -> None:
        metrics, theme = self.fontMetrics(), self._theme
        line = QRectF(row.left(), row.top(), row.width(), metrics.height())
        value = percent(prediction.probability)
        if after:
            value += f"  {self._change_text(prediction.index)}"
        room = line.width() - metrics.horizontalAdvance(value) - 10
        name = metrics.elidedText(prediction.name, Qt.TextElideMode.ElideRight, int(room))
        painter.setPen(QColor(theme.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, name)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, value)
        track = QRectF(row.left(), line.bottom() + 1, row.width(), _BAR)
        painter.fillRect(track, QColor(theme.grid))
        track.setWidth(track.width() * min(1.0, max(0.0, prediction.probability)))
        painter.fillRect(track, QColor(theme.danger if after and self._moved() else theme.accent))

    def _moved(self) -> bool:
        """Whether another class is the most probable now."""
        return bool(self.before and self.after) and self.before[0].index != self.after[0].index

    def _change_text(self, index: int) -> str:
        change = self.change_of(index)
        return f"{change:+.1f}".replace("-", "−")

    def event(self, event: QEvent) -> bool:
        """Tells the whole name of a class."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self._tip_at(event)
            if text:
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def _tip_at(self, event: QHelpEvent) -> str:
        old, new = _by_index(self.before), _by_index(self.after)
        for column, classes in zip(self._columns(), (self.before, self.after), strict=True):
            for row, each in enumerate(classes[:_SHOWN]):
                if self._row(column, row).contains(event.pos()):
                    return self.tr("{name}: {before} intact, {after} operated").format(
                        name=each.name,
                        before=percent(old.get(each.index, 0.0)),
                        after=percent(new.get(each.index, 0.0)),
                    )
        return ""


def _by_index(classes: tuple[Prediction, ...]) -> Mapping[int, float]:
    return {each.index: each.probability for each in classes}
