"""Pairs of pictures and what MixUp or CutMix make of them, with the target of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.gui.augmentation.painting import bold, scaled
from resnet_studio.gui.features.images import percent
from resnet_studio.gui.theme import Theme

_SMALLEST, _LARGEST = 64, 168
_GAP, _SIGN, _BETWEEN = 8, 26, 28
_BAR = 6


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One picture of a mixed batch.

    Attributes:
        number: Its place in the batch, from 0.
        other: Place of the one it is mixed with.
        first: The picture.
        second: The other.
        mixed: What the network reads.
        target: The classes it shall be taken for with their shares, the largest first.
        share: Share of its own that it keeps; None where nothing is mixed.
        region: (left, top, right, bottom) of what is pasted, as shares of the side; None for none.
    """

    number: int
    other: int
    first: QImage
    second: QImage
    mixed: QImage
    target: tuple[tuple[str, float], ...]
    share: float | None = None
    region: tuple[float, float, float, float] | None = None


class PairsView(QWidget):
    """Draws one line a pair: the picture, the other, the mixture, and its target as bars."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.pairs: tuple[Pair, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Mixed pairs of pictures"))

    def show_pairs(self, pairs: Sequence[Pair]) -> None:
        """Shows pairs."""
        self.pairs = tuple(pairs)
        self.setAccessibleDescription("\n".join(self._told(pair) for pair in pairs))
        self._fit()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    # -- geometry -----------------------------------------------------------------------------

    def columns(self) -> int:
        """Returns how many pairs stand side by side."""
        return 2 if self.width() >= 2 * (self._least_width() + _BETWEEN) else 1

    def side(self) -> int:
        """Returns the side of a picture in pixels."""
        room = self._column_width() - 2 * _SIGN - 4 * _GAP - self._words_width()
        return min(_LARGEST, max(_SMALLEST, room // 3))

    def pair_area(self, place: int) -> QRect:
        """Returns where a pair is drawn."""
        row, column = divmod(place, self.columns())
        wide = self._column_width()
        return QRect(column * (wide + _BETWEEN), row * self._pitch(), wide, self._pitch() - _GAP)

    def sizeHint(self) -> QSize:
        """All pairs."""
        rows = -(-len(self.pairs) // self.columns()) if self.pairs else 1
        return QSize(self._least_width(), rows * self._pitch())

    def minimumSizeHint(self) -> QSize:
        """As high, and wide enough for one pair."""
        return QSize(self._least_width(), self.sizeHint().height())

    def _column_width(self) -> int:
        columns = self.columns()
        return (self.width() - (columns - 1) * _BETWEEN) // columns

    def _words_width(self) -> int:
        return self.fontMetrics().horizontalAdvance("automobile 100.0 %  ")

    def _least_width(self) -> int:
        return 3 * _SMALLEST + 2 * _SIGN + 4 * _GAP + self._words_width()

    def _pitch(self) -> int:
        return max(self.side(), 3 * self._line()) + self.fontMetrics().height() + 2 * _GAP

    def _line(self) -> int:
        return self.fontMetrics().height() + _BAR + 4

    def _fit(self) -> None:
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wider pairs are higher, too."""
        super().resizeEvent(event)
        self._fit()

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the pairs."""
        painter = QPainter(self)
        for place, pair in enumerate(self.pairs):
            self._paint_pair(painter, self.pair_area(place), pair)
        painter.end()

    def _paint_pair(self, painter: QPainter, area: QRect, pair: Pair) -> None:
        side, left, top = self.side(), area.left(), area.top()
        squares = []
        for number, image in enumerate((pair.first, pair.second, pair.mixed)):
            square = QRect(left + number * (side + _SIGN), top, side, side)
            squares.append(square)
            size = image.size().scaled(square.size(), Qt.AspectRatioMode.KeepAspectRatio)
            painter.drawImage(square.topLeft(), scaled(image, size, ratio=self.devicePixelRatioF()))
        for sign, square in zip(("+", "="), squares, strict=False):
            place = QRect(square.right() + 1, top, _SIGN, side)
            painter.setPen(QColor(self._theme.text))
            painter.setFont(bold(self.font()))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, sign)
        painter.setFont(self.font())
        if pair.region is not None:
            self._paint_region(painter, squares[1], pair.region)
            self._paint_region(painter, squares[2], pair.region)
        self._paint_captions(painter, squares, pair)
        self._paint_target(painter, squares[2].right() + 2 * _GAP, area, pair)

    def _paint_region(
        self, painter: QPainter, square: QRect, region: tuple[float, float, float, float]
    ) -> None:
        left, top, right, bottom = (edge * square.width() for edge in region)
        frame = QRectF(square.left() + left, square.top() + top, right - left, bottom - top)
        for colour, width in ((self._theme.surface, 3.0), (self._theme.accent, 1.5)):
            painter.setPen(QPen(QColor(colour), width, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(frame)

    def _paint_captions(self, painter: QPainter, squares: list[QRect], pair: Pair) -> None:
        shares = ("", "") if pair.share is None else (percent(pair.share), percent(1 - pair.share))
        texts = (
            " · ".join(filter(None, (f"№ {pair.number + 1}", shares[0]))),
            " · ".join(filter(None, (f"№ {pair.other + 1}", shares[1]))),
            self.tr("read"),
        )
        painter.setPen(QColor(self._theme.muted))
        for square, text in zip(squares, texts, strict=True):
            line = QRect(square.left(), square.bottom() + 2, square.width(), self._line())
            line.adjust(-_SIGN // 2, 0, _SIGN // 2, 0)  # "№ 128 · 100.0 %" is wider than 64 pixels
            painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, text)

    def _paint_target(self, painter: QPainter, left: int, area: QRect, pair: Pair) -> None:
        """Draws the target as a bar for each class that it has."""
        metrics, wide = self.fontMetrics(), area.right() - left
        top = area.top()
        for name, share in pair.target:
            line = QRect(left, top, wide, metrics.height())
            value = percent(share)
            room = wide - metrics.horizontalAdvance(value) - 8
            painter.setPen(QColor(self._theme.text))
            elided = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, elided)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight, value)
            track = QRectF(left, line.bottom() + 2, wide, _BAR)
            painter.fillRect(track, QColor(self._theme.grid))
            track.setWidth(wide * share)
            painter.fillRect(track, QColor(self._theme.accent))
            top += self._line()

    # -- words --------------------------------------------------------------------------------

    def _told(self, pair: Pair) -> str:
        target = ", ".join(f"{name} {percent(share)}" for name, share in pair.target)
        return self.tr("Picture {number} with picture {other}: {target}").format(
            number=pair.number + 1, other=pair.other + 1, target=target
        )

    def event(self, event: QEvent) -> bool:
        """Tells the whole names of the pair under the cursor."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            point = QPointF(event.pos()).toPoint()
            text = next(
                (
                    self._told(pair)
                    for place, pair in enumerate(self.pairs)
                    if self.pair_area(place).contains(point)
                ),
                "",
            )
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
