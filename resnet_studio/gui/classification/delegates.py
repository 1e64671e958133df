"""How the cells of the table of pictures are painted: thumbnails, classes with bars, verdicts."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from resnet_studio.gui.classification.entries import RANKS, Column, Entry
from resnet_studio.gui.classification.table_model import ENTRY_ROLE
from resnet_studio.gui.features.images import percent, scaled
from resnet_studio.gui.theme import Theme

_MARGIN = 6
_BAR = 4
_LEAST_HEIGHT = 44

_Index = QModelIndex | QPersistentModelIndex


class PictureDelegate(QStyledItemDelegate):
    """Paints every cell of the table, in the colours of the theme.

    Attributes:
        theme: The colours.
        faded: The weights are random: the bars are drawn grey, as they mean nothing.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.faded = False

    def row_height(self, line: int) -> int:
        """Returns the height of a row for text lines of that height, in pixels."""
        return max(_LEAST_HEIGHT, 2 * line + _BAR + 8)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """Returns the same size for every cell; the columns have widths of their own."""
        return QSize(120, _LEAST_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paints ground and selection as every view does, then what the column shows."""
        entry: Entry = index.data(ENTRY_ROLE)
        style = option.widget.style() if option.widget is not None else QApplication.style()
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        column = Column(index.column())
        room = option.rect.adjusted(_MARGIN, 3, -_MARGIN, -3)
        painter.setPen(self._colour(option, entry))
        painter.setFont(_font(option.font, entry))
        if column is Column.PICTURE:
            self._paint_picture(painter, room, entry)
        elif column is Column.CONFIDENCE:
            self._paint_confidence(painter, room, entry)
        elif column in RANKS and len(entry.predictions) > RANKS[column]:
            self._paint_class(painter, room, option, entry, RANKS[column])
        else:
            self._paint_text(painter, room, option, entry, str(index.data() or ""))
        painter.restore()

    # -- columns ----------------------------------------------------------------------------------

    def _paint_picture(self, painter: QPainter, room: QRect, entry: Entry) -> None:
        side = room.height()
        if not entry.thumbnail.isNull():
            size = entry.thumbnail.size().scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
            corner = QPoint((side - size.width()) // 2, (side - size.height()) // 2)
            ratio = painter.device().devicePixelRatioF()
            painter.drawImage(room.topLeft() + corner, scaled(entry.thumbnail, size, ratio=ratio))
        text = room.adjusted(side + _MARGIN, 0, 0, 0)
        middle = Qt.TextElideMode.ElideMiddle
        name = painter.fontMetrics().elidedText(entry.name, middle, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)

    def _paint_class(
        self, painter: QPainter, room: QRect, option: QStyleOptionViewItem, entry: Entry, rank: int
    ) -> None:
        """Paints the name above, and below it the probability with its bar."""
        prediction = entry.predictions[rank]
        metrics = painter.fontMetrics()
        line = metrics.height()
        top = room.top() + (room.height() - 2 * line) // 2
        upper = QRect(room.left(), top, room.width(), line)
        right = Qt.TextElideMode.ElideRight
        name = metrics.elidedText(prediction.name, right, room.width())
        painter.drawText(upper, Qt.AlignmentFlag.AlignLeft, name)
        lower = upper.translated(0, line)
        value = percent(prediction.probability)
        if rank:  # the first has a column of its own for that
            painter.drawText(lower, Qt.AlignmentFlag.AlignLeft, value)
            lower = lower.adjusted(metrics.horizontalAdvance("< 0.01 %") + _MARGIN, 0, 0, 0)
        self._paint_bar(painter, lower, option, entry, prediction.probability)

    def _paint_confidence(self, painter: QPainter, room: QRect, entry: Entry) -> None:
        if entry.predictions:
            text = percent(entry.predictions[0].probability)
            painter.drawText(
                room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text
            )

    def _paint_text(
        self,
        painter: QPainter,
        room: QRect,
        option: QStyleOptionViewItem,
        entry: Entry,
        text: str,
    ) -> None:
        if not _selected(option):
            if entry.error:
                painter.setPen(QColor(self.theme.danger))
            elif entry.right is not None and not entry.stale:
                painter.setPen(QColor(self.theme.good if entry.right else self.theme.danger))
        painter.setClipRect(room)  # the tool tip has what two lines do not hold
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, flags | Qt.TextFlag.TextWordWrap, text)

    def _paint_bar(
        self,
        painter: QPainter,
        room: QRect,
        option: QStyleOptionViewItem,
        entry: Entry,
        share: float,
    ) -> None:
        track = QRectF(room.left(), room.center().y() - _BAR / 2 + 1, room.width(), _BAR)
        chosen = _selected(option)
        painter.setPen(Qt.PenStyle.NoPen)
        old = entry.stale or self.faded
        ground = QColor(self.theme.grid)
        filled = QColor(self.theme.muted if old else self.theme.accent)
        if chosen:
            ground, filled = QColor(self.theme.accent_text), QColor(self.theme.accent_text)
            ground.setAlphaF(0.3)
        painter.setBrush(ground)
        painter.drawRoundedRect(track, 2, 2)
        painter.setBrush(filled)
        track.setWidth(track.width() * min(1.0, max(0.0, share)))
        painter.drawRoundedRect(track, 2, 2)

    def _colour(self, option: QStyleOptionViewItem, entry: Entry) -> QColor:
        if _selected(option):
            return option.palette.color(QPalette.ColorRole.HighlightedText)
        return QColor(self.theme.muted if entry.waits else self.theme.text)


def _selected(option: QStyleOptionViewItem) -> bool:
    return bool(option.state & QStyle.StateFlag.State_Selected)


def _font(usual: QFont, entry: Entry) -> QFont:
    font = QFont(usual)
    font.setItalic(entry.stale)
    return font
