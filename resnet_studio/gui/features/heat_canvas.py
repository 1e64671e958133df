"""A heat map over the picture, and its colour bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.gui.features.heat import HeatScale, bar_image, heat_image
from resnet_studio.gui.features.picture_view import paint_crop_frame
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.limit_height import limit_height
from resnet_studio.probe.mosaic import enlarge

if TYPE_CHECKING:
    from resnet_studio.probe.framing import CropBox
    from resnet_studio.probe.mosaic import FloatArray

_BAR_HEIGHT = 10
_PIXELS_SHOWN = 3
"""From this enlargement on pixels are shown as they are instead of blurred."""
_FINEST = 480.0
"""Maps are blended to so many pixels across and stretched from there: nobody sees more."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies under a heat map.

    Attributes:
        picture: The picture, perhaps reduced for the screen.
        original: Its size in its own pixels.
        crop: What the network sees of it, in these pixels; may reach beyond it.
        seen: That part as the network sees it, one pixel a pixel of the input.
    """

    picture: QImage
    original: QSize
    crop: CropBox
    seen: QImage

    def grey(self) -> Ground:
        """Returns the same without colours, which are then the map's alone."""
        grey = QImage.Format.Format_Grayscale8
        return Ground(
            self.picture.convertToFormat(grey),
            self.original,
            self.crop,
            self.seen.convertToFormat(grey),
        )


class HeatCanvas(QWidget):
    """Draws what the network sees, or the whole picture, and the map over it.

    Signals:
        pointed(QPointF | None): Where in the crop the cursor is, 0 to 1 across and down.
    """

    pointed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._ground: Ground | None = None
        self._grey: Ground | None = None
        self._overlay = QImage()
        self.map: FloatArray | None = None
        self.scale = HeatScale(True, 0.0)
        self.whole = False
        self.opacity = 0.8
        self.smooth = True
        self.setMouseTracking(True)
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # -- what is shown ------------------------------------------------------------------------

    def show_ground(self, ground: Ground | None, grey: Ground | None) -> None:
        """Sets the picture under the map, with colours and without."""
        self._ground, self._grey = ground, grey
        self._overlay = QImage()
        self._limit_height()
        self.update()

    def show_map(self, values: FloatArray | None, scale: HeatScale) -> None:
        """Lays a (h, w) map over the crop; None takes it away."""
        self.map, self.scale = values, scale
        self._overlay = QImage()
        self.update()

    def show_as(self, *, whole: bool, opacity: float, smooth: bool) -> None:
        """Sets how it is shown.

        Args:
            whole: The whole picture, not only what the network sees.
            opacity: How much the map covers the picture, 0 to 1; at 0 that has its colours.
            smooth: Interpolate between the centres of the cells.
        """
        if (whole, smooth) != (self.whole, self.smooth):
            self._overlay = QImage()
        self.whole, self.opacity, self.smooth = whole, opacity, smooth
        self._limit_height()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def crop_area(self) -> QRectF:
        """Returns where the crop, and so the map, is drawn in this widget."""
        return self._placed(self._shown()[1]) if self._ground is not None else QRectF()

    def value_at(self, place: QPointF) -> float | None:
        """Returns the value at a place of the crop, 0 to 1 across and down."""
        if self.map is None:
            return None
        rows, columns = self.map.shape
        row = min(rows - 1, int(place.y() * rows))
        column = min(columns - 1, int(place.x() * columns))
        return float(self.map[row, column])

    # -- geometry -----------------------------------------------------------------------------

    def _shown(self) -> tuple[QRectF, QRectF]:
        """Returns what is drawn and where the crop lies in it, in pixels of the one or the other.

        Without the picture around it the crop has the network's own pixels, which are square; on
        the picture it may be a little wider or higher, as the preprocessing rounds sizes.
        """
        if self._ground is None:
            return QRectF(0, 0, 1, 1), QRectF(0, 0, 1, 1)
        if not self.whole:
            seen = QRectF(self._ground.seen.rect())
            return seen, seen
        crop, size = QRectF(*self._ground.crop), self._ground.original
        return QRectF(0, 0, size.width(), size.height()).united(crop), crop

    def _placed(self, area: QRectF) -> QRectF:
        """Returns where a part of what is drawn lies in this widget."""
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        shown, _ = self._shown()
        zoom = min(room.width() / shown.width(), room.height() / shown.height())
        corner = room.center() - QPointF(shown.width(), shown.height()) * zoom / 2
        return QRectF(
            corner + (area.topLeft() - shown.topLeft()) * zoom,
            QSizeF(area.width() * zoom, area.height() * zoom),
        )

    def _limit_height(self) -> None:
        """Takes no more height than the picture needs at this width."""
        shown, _ = self._shown()
        limit_height(self, self.width() * shown.height() / shown.width())

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(260, 260)

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws picture, map and frame."""
        hidden = self.map is None or self.opacity == 0
        ground = self._ground if hidden else self._grey
        if ground is None:
            return
        crop, size = self.crop_area(), ground.original
        picture = self._placed(QRectF(0, 0, size.width(), size.height()))
        painter = QPainter(self)
        if not self.whole or not picture.contains(crop):
            self._paint_picture(painter, crop, ground.seen)
        if self.whole:
            self._paint_picture(painter, picture, ground.picture)
        if self.map is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.smooth)
            painter.setOpacity(self.opacity)
            painter.drawImage(crop, self._overlay_image(crop))
            painter.setOpacity(1.0)
        if self.whole:
            paint_crop_frame(painter, picture, crop, self._theme)
        painter.end()

    @staticmethod
    def _paint_picture(painter: QPainter, area: QRectF, image: QImage) -> None:
        smooth = area.width() < _PIXELS_SHOWN * image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(area, image)

    def _overlay_image(self, area: QRectF) -> QImage:
        """Returns the coloured map; smooth ones are interpolated as values, then coloured."""
        if self._overlay.isNull() and self.map is not None:
            values = self.map
            if self.smooth:
                zoom = self.devicePixelRatioF() * min(1.0, _FINEST / max(1.0, area.width()))
                rows, columns = round(area.height() * zoom), round(area.width() * zoom)
                values = enlarge(values, max(1, rows), max(1, columns), smooth=True)
            self._overlay = heat_image(values, self.scale)
        return self._overlay

    # -- Qt -----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Resamples at the next paint."""
        super().resizeEvent(event)
        self._overlay = QImage()
        self._limit_height()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells where in the crop the cursor is."""
        area = self.crop_area()
        if not area.contains(event.position()):
            self.pointed.emit(None)
            return
        inside = event.position() - area.topLeft()
        self.pointed.emit(QPointF(inside.x() / area.width(), inside.y() / area.height()))

    def leaveEvent(self, event: QEvent) -> None:
        """The cursor is nowhere any more."""
        super().leaveEvent(event)
        self.pointed.emit(None)


class HeatBar(QWidget):
    """The colour bar of a heat map, with numbers, and below them the unit."""

    def __init__(self, theme: Theme, unit: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.unit = unit
        self.scale = HeatScale(True, 0.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)

    def set_scale(self, scale: HeatScale) -> None:
        """Shows other numbers."""
        self.scale = scale
        low, _, high = scale.labels()
        self.setAccessibleName(
            self.tr("Colour bar from {low} to {high}: {unit}").format(
                low=low, high=high, unit=self.unit
            )
        )
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """The bar and two lines of text."""
        metrics = self.fontMetrics()
        width = max(160, metrics.horizontalAdvance(self.unit))
        return QSize(width, _BAR_HEIGHT + 4 + 2 * metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Three short numbers."""
        return QSize(self.minimumWidth(), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws bar, numbers and unit."""
        painter = QPainter(self)
        bar = QRectF(0.5, 0.5, self.width() - 1, _BAR_HEIGHT)
        painter.fillRect(bar, QColor(self._theme.surface))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawImage(bar, bar_image(self.scale))
        painter.setPen(QPen(QColor(self._theme.border), 1))
        painter.drawRect(bar)
        painter.setPen(QColor(self._theme.muted))
        line = self.fontMetrics().height()
        numbers = QRectF(0, _BAR_HEIGHT + 3, self.width(), line)
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter)
        for side, text in zip(
            (*sides, Qt.AlignmentFlag.AlignRight), self.scale.labels(), strict=True
        ):
            painter.drawText(numbers, side, text)
        elided = self.fontMetrics().elidedText(self.unit, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(numbers.translated(0, line), Qt.AlignmentFlag.AlignHCenter, elided)
        painter.end()
