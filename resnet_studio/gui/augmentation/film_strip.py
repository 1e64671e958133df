"""A film of a sample: the picture, and small what left each step; one of them is selected."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.gui.augmentation.painting import scaled
from resnet_studio.gui.theme import Theme

_GAP = 6
_ARROW = 14
_WIDEST, _NARROWEST = 190, 64
_USUAL_LINES = 4
"""A picture of the film is so many lines of text high."""


class FilmStrip(QWidget):
    """Draws a row of pictures with two lines of words under each.

    Signals:
        chosen(int): A picture of the film was clicked.
        moved(int): A key asks for the next (1) or the previous (-1) moment.
        jumped(bool): Home (False) or End (True) was pressed.
        play_asked(): The space bar was pressed.
    """

    chosen = Signal(int)
    moved = Signal(int)
    jumped = Signal(bool)
    play_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._images: tuple[QImage, ...] = ()
        self._words: tuple[tuple[str, str], ...] = ()
        self._lines = _USUAL_LINES
        self.selected = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("The picture after each step"))

    def show_film(self, images: Sequence[QImage], words: Sequence[tuple[str, str]]) -> None:
        """Shows pictures, each with a title and a line below it."""
        self._images, self._words = tuple(images), tuple(words)
        self.selected = min(self.selected, max(0, len(images) - 1))
        self.update()

    def select(self, place: int, description: str) -> None:
        """Marks a picture; `description` is said to those who hear the window."""
        self.selected = place
        self.setAccessibleDescription(description)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def set_low(self, low: bool) -> None:
        """Makes the pictures half as high where there is little room."""
        self._lines = _USUAL_LINES // 2 if low else _USUAL_LINES
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().lineSpacing()
        return QSize(400, (self._lines + 2) * line + 3 * _GAP)

    def minimumSizeHint(self) -> QSize:
        return QSize(_NARROWEST, self.sizeHint().height())

    # -- where things lie ---------------------------------------------------------------------

    def area(self, place: int) -> QRectF:
        """Returns where a picture of the film with its words lies."""
        width = self._width()
        left = place * (width + _ARROW) - self._offset()
        return QRectF(left, 0, width, self.height())

    def at(self, x: float) -> int | None:
        """Returns which picture lies at so many pixels from the left."""
        for place in range(len(self._images)):
            area = self.area(place)
            if area.left() <= x < area.right():
                return place
        return None

    def _width(self) -> float:
        count = max(1, len(self._images))
        fitting = (self.width() - _ARROW * (count - 1)) / count
        return min(float(_WIDEST), max(float(_NARROWEST), fitting))

    def _offset(self) -> float:
        """Moves a long film so that the selected picture is in its middle."""
        pitch = self._width() + _ARROW
        beyond = pitch * len(self._images) - _ARROW - self.width()
        wished = (self.selected + 0.5) * pitch - self.width() / 2
        return min(max(0.0, wished), max(0.0, beyond))

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the film."""
        painter = QPainter(self)
        for place in range(len(self._images)):
            area = self.area(place)
            if area.right() >= 0 and area.left() <= self.width():
                self._paint(painter, place, area)
        painter.end()

    def _paint(self, painter: QPainter, place: int, area: QRectF) -> None:
        metrics = self.fontMetrics()
        if place:
            arrow = QRectF(area.left() - _ARROW, 0, _ARROW, self._picture(area).bottom())
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(arrow, Qt.AlignmentFlag.AlignCenter, "→")
        if place == self.selected:
            self._paint_selection(painter, area)
        self._paint_picture(painter, place, self._picture(area))
        words = QRectF(area.left() + 2, 0, area.width() - 4, metrics.lineSpacing())
        words.moveTop(self._picture(area).bottom() + _GAP / 2)
        for text, colour in zip(
            self._words[place], (self._theme.text, self._theme.muted), strict=True
        ):
            painter.setPen(QColor(colour))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(words.width()))
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, shown)
            words.translate(0, metrics.lineSpacing())

    def _picture(self, area: QRectF) -> QRectF:
        words = 2 * QFontMetrics(self.font()).lineSpacing() + _GAP
        return area.adjusted(_GAP, _GAP, -_GAP, -words - _GAP / 2)

    def _paint_picture(self, painter: QPainter, place: int, room: QRectF) -> None:
        image = self._images[place]
        if image.isNull() or room.isEmpty():
            return
        size = image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        size = size.expandedTo(QSize(2, 2))
        corner = QPointF(
            room.center().x() - size.width() / 2, room.center().y() - size.height() / 2
        )
        painter.drawImage(
            QPointF(round(corner.x()), round(corner.y())),
            scaled(image, size, ratio=self.devicePixelRatioF()),
        )

    def _paint_selection(self, painter: QPainter, area: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setBrush(QColor(self._theme.raised))
        painter.setPen(QPen(QColor(self._theme.accent), 3 if self.hasFocus() else 2))
        painter.drawRoundedRect(area.adjusted(1.5, 1.5, -1.5, -1.5), 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # -- pointer and keys ---------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the picture under the pointer."""
        place = self.at(event.position().x())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go from moment to moment, Home and End to the ends."""
        match event.key():
            case Qt.Key.Key_Left:
                self.moved.emit(-1)
            case Qt.Key.Key_Right:
                self.moved.emit(1)
            case Qt.Key.Key_Home | Qt.Key.Key_End:
                self.jumped.emit(event.key() == Qt.Key.Key_End)
            case Qt.Key.Key_Space:
                self.play_asked.emit()
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Shows the words of a picture whole as its tool tip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.at(event.pos().x())
            text = "" if place is None else "\n".join(self._words[place])
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """Makes room for larger words."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Frames the selected picture more strongly."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Frames it as before."""
        super().focusOutEvent(event)
        self.update()
