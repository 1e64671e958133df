"""The original picture with the rectangles that the samples are cut out of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.data.augment import CropBox, Draw
from resnet_studio.gui.augmentation.painting import (
    paint_border,
    paint_faint_frame,
    paint_shade,
    paint_strong_frame,
    scaled,
)
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.limit_height import limit_height

_MARGIN = 4  # half of the strong frame's line lies outside of the picture
_THINNEST = 3
_FAINTEST, _STRONGEST = 0.3, 0.75


class OriginalView(QWidget):
    """Draws the picture as large as fits, with the border that a pipeline adds around it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image = QImage()
        self._smooth = QImage()
        self._border = 0.0
        self.original = QSize()
        self.boxes: tuple[CropBox, ...] = ()
        self._visible: tuple[CropBox, ...] = ()
        self.strong: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 80)
        self.setAccessibleName(self.tr("The picture, with the part that each sample shows"))
        self.setToolTip(
            self.tr(
                "Thick: the part that the selected sample (or the one under the pointer) shows. "
                "Thin: those of the other samples."
            )
        )

    # -- what is shown ------------------------------------------------------------------------

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

    def show_boxes(
        self, boxes: Sequence[CropBox], visible: Sequence[CropBox], *, border: float
    ) -> None:
        """Shows the parts that the samples are cut out of.

        Args:
            boxes: A rectangle for each sample, in pixels of the picture.
            visible: What of each is not black border.
            border: How far a part may reach beyond the picture, as a share of the part's side.
        """
        self.boxes, self._visible = tuple(boxes), tuple(visible)
        widest = max((max(box.width, box.height) for box in boxes), default=0.0)
        self._border = border * widest
        self._smooth = QImage()
        self._limit_height()
        self.update()

    def show_strong(self, index: int | None) -> None:
        """Draws one of the rectangles strongly and dims what lies outside of it."""
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

    def box_area(self, index: int) -> QRectF:
        """Returns where the rectangle of a sample is drawn, in pixels of this widget."""
        return self._on_widget(self.boxes[index])

    def _on_widget(self, box: CropBox, area: QRectF | None = None) -> QRectF:
        area = self.picture_area() if area is None else area
        across = area.width() / self.original.width()
        down = area.height() / self.original.height()
        return QRectF(
            area.left() + box.left * across,
            area.top() + box.top * down,
            box.width * across,
            box.height * down,
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
        strong = self.strong if self.strong is not None and self.strong < len(self.boxes) else None
        if strong is not None:
            paint_shade(painter, area, self.box_area(strong), self._theme)
            border = self._on_widget(self._visible[strong])
            paint_border(painter, self.box_area(strong), border)
        # Many frames would hide the picture: the more there are, the fainter each.
        faint = min(_STRONGEST, max(_FAINTEST, 8 / max(1, len(self.boxes))))
        for index, box in enumerate(self.boxes):
            if index != strong:
                frame = self._on_widget(box, area)
                paint_faint_frame(painter, frame, self._theme, alpha=faint)
        if strong is not None:
            paint_strong_frame(painter, self.box_area(strong), self._theme)

    def _paint_picture(self, painter: QPainter, area: QRectF) -> None:
        if self._image.isNull():
            painter.fillRect(area, QColor(self._theme.raised))
            return
        if self._smooth.isNull() or self._smooth.devicePixelRatio() != self.devicePixelRatioF():
            size = area.size().toSize()
            self._smooth = scaled(self._image, size, ratio=self.devicePixelRatioF())
        painter.drawImage(area.topLeft(), self._smooth)


def visible_box(draw: Draw) -> CropBox:
    """Returns what of a draw's crop box is picture; a border added by an early step stays black."""
    left, top, right, bottom = 0.0, 0.0, float(draw.width), float(draw.height)
    for count in range(1, len(draw.steps) + 1):
        box = Draw(draw.height, draw.width, draw.steps[:count]).crop_box
        left, top = max(left, box.left), max(top, box.top)
        right, bottom = min(right, box.left + box.width), min(bottom, box.top + box.height)
    return CropBox(left, top, max(0.0, right - left), max(0.0, bottom - top))
