"""The short motion between two states of the drawing, so that the eye can follow what unfolds.

Two pictures of the widget are taken, before and after. Columns that are in both are stretched
and moved from their old place to their new one while the one picture fades into the other. What
a frame costs does not depend on the network: a thousand layers move as smoothly as twenty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEasingCurve, QObject, QRectF, QVariantAnimation, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QWidget

from resnet_studio.gui.architecture.geometry import Rect
from resnet_studio.gui.architecture.glyphs import qrect

DURATION_MS = 150


@dataclass(frozen=True, slots=True)
class Still:
    """The drawing at one moment.

    Attributes:
        picture: The whole widget.
        places: Left and right end of each column, in pixels of the widget; they may lie outside.
        middle: Height of the main line in pixels.
        zoom: Of the camera.
    """

    picture: QPixmap
    places: Sequence[tuple[float, float]]
    middle: float
    zoom: float


class FoldMotion(QObject):
    """Plays from one still to another; begins anew or ends at any moment.

    Signals (GUI thread):
        moved(): Another frame is to be painted.
        ended(): The drawing itself is to be painted again.
    """

    moved = Signal()
    ended = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._stills: tuple[Still, Still] | None = None
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(DURATION_MS)
        self._animation.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._animation.valueChanged.connect(lambda _value: self.moved.emit())
        self._animation.finished.connect(self.stop)

    @property
    def running(self) -> bool:
        """Whether the drawing is moving."""
        return self._stills is not None

    def start(self, before: Still, after: Still) -> None:
        """Plays from `before` to `after`."""
        self._stills = (before, after)
        self._animation.stop()
        self._animation.start()

    def stop(self) -> None:
        """Ends the motion where it will have led to; no timer stays."""
        if self._stills is not None:
            self._stills = None
            self._animation.stop()
            self.ended.emit()

    def paint(self, painter: QPainter, window: Rect) -> None:
        """Paints the present moment into the pixels of the drawing.

        Args:
            painter: Of the widget.
            window: The pixels of the drawing, without titles and legend.
        """
        if self._stills is None:
            return
        before, after = self._stills
        share = float(self._animation.currentValue())
        painter.save()
        painter.setClipRect(qrect(window))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for still, opacity in ((after, 1.0), (before, 1.0 - share)):
            painter.setOpacity(opacity)
            for index, (start, end) in enumerate(still.places):
                source = Rect(start, window.y, end - start, window.h)
                left, right = (
                    a + (b - a) * share
                    for a, b in zip(before.places[index], after.places[index], strict=True)
                )
                _paint_piece(painter, still, source, (left, right), self._height(still, share))
        painter.restore()

    def _height(self, still: Still, share: float) -> tuple[float, float]:
        """Returns how much taller than its still the drawing is now, and how far it is moved."""
        assert self._stills is not None
        before, after = self._stills
        zoom = before.zoom * (after.zoom / before.zoom) ** share
        middle = before.middle + (after.middle - before.middle) * share
        grown = zoom / still.zoom
        return grown, middle - still.middle * grown


def _paint_piece(
    painter: QPainter,
    still: Still,
    source: Rect,
    place: tuple[float, float],
    height: tuple[float, float],
) -> None:
    """Paints the part of a column that the picture has, where that part is now."""
    width = float(still.picture.deviceIndependentSize().width())
    stretch = (place[1] - place[0]) / max(source.w, 1e-6)
    if stretch <= 0:
        return
    # Only what the picture has, and of that only what is in sight: a column of a thousand
    # unfolded layers is some hundred thousand pixels wide, too many for the painter.
    left = max(source.x, 0.0, source.x - place[0] / stretch)
    right = min(source.right, width, source.x + (width - place[0]) / stretch)
    if right - left <= 0:
        return
    grown, moved = height
    target = QRectF(
        place[0] + (left - source.x) * stretch,
        source.y * grown + moved,
        (right - left) * stretch,
        source.h * grown,
    )
    ratio = still.picture.devicePixelRatio()
    taken = QRectF(left * ratio, source.y * ratio, (right - left) * ratio, source.h * ratio)
    painter.drawPixmap(target, still.picture, taken)


def motion_wanted(widget: QWidget) -> bool:
    """Tells whether the platform lets things move: its style has no animations if it does not."""
    hint = QStyle.StyleHint.SH_Widget_Animation_Duration
    return bool(widget.style().styleHint(hint, None, widget) > 0)
