"""The original picture with the outlines of the parts that the samples show."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.data.augment import CropBox, Draw
from resnet_studio.gui.augmentation.painting import (
    is_upright,
    paint_faint_frame,
    paint_faint_outline,
    paint_strong_frame,
    paint_strong_outline,
    scaled,
    shade_colour,
)
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.limit_height import limit_height

_MARGIN = 4  # half of the strong frame's line lies outside of the picture
_THINNEST = 3
_FAINTEST, _STRONGEST = 0.3, 0.75
_BLACK = QColor(Qt.GlobalColor.black)


class OriginalView(QWidget):
    """Draws the picture as large as fits, with the border that a pipeline adds around it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image = QImage()
        self._smooth = QImage()
        self._border = 0.0
        self._fill = _BLACK
        self.original = QSize()
        self.draws: tuple[Draw, ...] = ()
        self.strong: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 80)
        self.setAccessibleName(self.tr("The picture, with the part that each sample shows"))
        self.setToolTip(
            self.tr(
                "Thick: the part that the selected sample (or the one under the pointer) shows; "
                "the dot is the sample's own top left corner. Thin: those of the other samples."
            )
        )

    # -- what is shown ------------------------------------------------------------------------

    @property
    def boxes(self) -> tuple[CropBox, ...]:
        """The smallest upright rectangle around the part of each sample."""
        return tuple(draw.crop_box for draw in self.draws)

    def show_picture(self, image: QImage, original: QSize) -> None:
        """Shows a picture.

        Args:
            image: The picture, perhaps reduced for the screen; null while it is being reduced.
            original: Size of the picture in its own pixels.
        """
        self._image, self.original = image, original
        self._smooth = QImage()
        self._limit_height()
        self.update()

    def show_draws(
        self, draws: Sequence[Draw], *, border: float, fill: QColor | None = None
    ) -> None:
        """Shows the parts of the picture that the samples show.

        Args:
            draws: What chance decided for each sample.
            border: How far a part may reach beyond the picture, as a share of the part's side.
            fill: The colour of that border; black if it is left out.
        """
        self.draws = tuple(draws)
        self._fill = fill or _BLACK
        widest = max((max(box.width, box.height) for box in self.boxes), default=0.0)
        if border * widest != self._border or border:
            self._border = border * widest
            self._smooth = QImage()
            self._limit_height()
        self.update()

    def show_strong(self, index: int | None) -> None:
        """Draws one of the parts strongly and dims what lies outside of it."""
        self.strong = index
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    # -- geometry -------------------------------------------------------------------------------

    def picture_area(self) -> QRectF:
        """Returns where the picture is drawn, in pixels of this widget."""
        if self.original.isEmpty():
            return QRectF()
        extent = self._extent()
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        scale = min(room.width() / extent.width(), room.height() / extent.height())
        size = QSizeF(self.original) * scale
        # A line of one pixel stays visible: it is drawn thicker than it is.
        size = size.expandedTo(QSizeF(_THINNEST, _THINNEST))
        shown = QRectF(QPointF(), QSizeF(extent.size()) * scale)
        shown.moveCenter(room.center())
        corner = shown.topLeft() - extent.topLeft() * scale
        return QRectF(QPointF(round(corner.x()), round(corner.y())), size.toSize())

    def outline(self, index: int) -> QPolygonF:
        """Returns where the part of a sample is drawn, in pixels of this widget."""
        return self._on_widget(self.draws[index].corners)

    def _on_widget(self, points: Sequence[tuple[float, float]]) -> QPolygonF:
        area = self.picture_area()
        across = area.width() / self.original.width()
        down = area.height() / self.original.height()
        return QPolygonF(
            [QPointF(area.left() + x * across, area.top() + y * down) for x, y in points]
        )

    def _extent(self) -> QRectF:
        """Returns all that must be seen, in pixels of the picture: it, and what lies beyond.

        The border counts in full, so that the picture stays where it is with another seed.
        """
        border = self._border
        extent = QRectF(QPointF(), QSizeF(self.original)).adjusted(-border, -border, border, border)
        for box in self.boxes:
            extent = extent.united(QRectF(*box))
        return extent

    def sizeHint(self) -> QSize:
        return QSize(300, 220)

    # -- Qt -------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Resamples at the next paint."""
        super().resizeEvent(event)
        self._smooth = QImage()
        self._limit_height()

    def _limit_height(self) -> None:
        """Takes no more height than the picture needs at this width."""
        if not self.original.isEmpty():
            extent = self._extent()
            needed = (self.width() - 2 * _MARGIN) * extent.height() / extent.width() + 2 * _MARGIN
            limit_height(self, needed)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws border, picture, shade and frames."""
        if self.original.isEmpty():
            return
        painter = QPainter(self)
        self.paint(painter)
        painter.end()

    def paint(self, painter: QPainter) -> None:
        """Draws the view with a painter in this widget's pixels."""
        area = self.picture_area()
        self._paint_picture(painter, area)
        strong = self.strong if self.strong is not None and self.strong < len(self.draws) else None
        if strong is not None:
            self._paint_shade(painter, area, strong)
        # Many frames would hide the picture: the more there are, the fainter each.
        faint = min(_STRONGEST, max(_FAINTEST, 8 / max(1, len(self.draws))))
        for index in range(len(self.draws)):
            if index != strong:
                self._paint_faint(painter, index, faint)
        if strong is not None:
            self._paint_strong(painter, self.outline(strong))

    def _paint_shade(self, painter: QPainter, area: QRectF, index: int) -> None:
        """Dims what lies outside of a part, and fills what of it is border.

        What is seen is drawn once more on top: to subtract polygons whose edges coincide, as these
        do, goes wrong in Qt now and then.
        """
        painter.fillRect(area, shade_colour(self._theme))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._fill)
        painter.drawPolygon(self.outline(index))
        painter.save()
        painter.setClipPath(_path(self._on_widget(self.draws[index].visible)))
        self._paint_picture(painter, area)
        painter.restore()

    def _paint_faint(self, painter: QPainter, index: int, alpha: float) -> None:
        outline = self.outline(index)
        if is_upright(outline):
            paint_faint_frame(painter, outline.boundingRect(), self._theme, alpha=alpha)
        else:
            paint_faint_outline(painter, outline, self._theme, alpha=alpha)

    def _paint_strong(self, painter: QPainter, outline: QPolygonF) -> None:
        if is_upright(outline):
            paint_strong_frame(painter, outline.boundingRect(), self._theme)
        else:
            paint_strong_outline(painter, outline, self._theme)
        painter.setPen(QColor(self._theme.surface))
        painter.setBrush(QColor(self._theme.accent))
        painter.drawEllipse(outline.at(0), 4, 4)

    def _paint_picture(self, painter: QPainter, area: QRectF) -> None:
        if self._image.isNull():
            painter.fillRect(area, QColor(self._theme.raised))
            return
        size = area.size().toSize()
        ratio = self.devicePixelRatioF()
        if self._smooth.isNull() or self._smooth.deviceIndependentSize().toSize() != size:
            self._smooth = QImage()
        if self._smooth.isNull() or self._smooth.devicePixelRatio() != ratio:
            self._smooth = scaled(self._image, size, ratio=ratio)
        painter.drawImage(area.topLeft(), self._smooth)


def _path(polygon: QPolygonF) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(polygon)
    path.closeSubpath()
    return path
