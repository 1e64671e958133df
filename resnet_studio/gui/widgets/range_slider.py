"""A slider with two handles for the lower and the upper end of a range."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

_RADIUS = 7
_GROOVE = 4


class RangeSlider(QWidget):
    """Two handles on one groove; they never cross.

    For the mouse: the keyboard has the two boxes beside it, so the slider takes no focus.

    Signals (GUI thread):
        pressed(): A handle has been taken.
        moved(float, float): A handle was dragged; the range between the two.
    """

    pressed = Signal()
    moved = Signal(float, float)

    def __init__(self, low: float, high: float, parent: QWidget | None = None) -> None:
        """Makes the slider.

        Args:
            low: The value at the left end.
            high: The value at the right end.
            parent: Parent widget.
        """
        super().__init__(parent)
        self._reach = (low, high)
        self._values = [low, high]
        self._held: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def values(self) -> tuple[float, float]:
        """The lower and the upper end as they are shown."""
        return self._values[0], self._values[1]

    def set_values(self, low: float, high: float) -> None:
        """Shows a range; ends beyond the slider's own stand at its ends. Emits nothing."""
        self._values = [self._within(low), self._within(high)]
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(110, 2 * _RADIUS + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 2 * _RADIUS + 4)

    def place_of(self, value: float) -> float:
        """Returns where a value lies, in pixels from the left."""
        low, high = self._reach
        share = (self._within(value) - low) / (high - low) if high > low else 0.0
        return _RADIUS + share * (self.width() - 2 * _RADIUS)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes the nearer handle; of two at one place the one that can move that way."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        low, high = (self.place_of(value) for value in self._values)
        nearer_low = abs(x - low) < abs(x - high) or (low == high and x < low)
        self._held = 0 if nearer_low else 1
        self.pressed.emit()
        self._drag_to(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags the handle that is held."""
        if self._held is not None:
            self._drag_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets the handle go."""
        self._held = None
        self.update()

    def _drag_to(self, x: float) -> None:
        assert self._held is not None
        low, high = self._reach
        room = max(1, self.width() - 2 * _RADIUS)
        value = self._within(low + (x - _RADIUS) / room * (high - low))
        bound = self._values[1 - self._held]
        value = min(value, bound) if self._held == 0 else max(value, bound)
        if value != self._values[self._held]:
            self._values[self._held] = value
            self.update()
            self.moved.emit(*self._values)

    def _within(self, value: float) -> float:
        return min(max(value, self._reach[0]), self._reach[1])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints groove, range and handles in the colours of the palette, as `QSlider` has them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self.palette()
        muted = colours.color(QPalette.ColorRole.PlaceholderText)
        active = colours.color(QPalette.ColorRole.Accent) if self.isEnabled() else muted
        middle = self.height() / 2
        low, high = (self.place_of(value) for value in self._values)
        painter.setPen(Qt.PenStyle.NoPen)
        groove = QColor(muted)
        groove.setAlphaF(0.45)
        self._bar(painter, _RADIUS, self.width() - _RADIUS, groove)
        self._bar(painter, low, high, active)
        for number, place in enumerate((low, high)):
            held = number == self._held
            painter.setPen(QPen(active if held else muted, 1))
            painter.setBrush(active if held else colours.color(QPalette.ColorRole.Base))
            painter.drawEllipse(QPointF(place, middle), _RADIUS - 0.5, _RADIUS - 0.5)

    def _bar(self, painter: QPainter, left: float, right: float, colour: QColor) -> None:
        painter.setBrush(colour)
        bar = QRectF(left, (self.height() - _GROOVE) / 2, max(0.0, right - left), _GROOVE)
        painter.drawRoundedRect(bar, _GROOVE / 2, _GROOVE / 2)
