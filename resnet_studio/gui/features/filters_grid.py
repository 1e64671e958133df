"""The filters that read the picture, as small pictures in rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.gui.features.images import number, rgb_image
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.filters import filter_pictures

if TYPE_CHECKING:
    from resnet_studio.probe.filters import FirstFilters

_GAP = 4
_LARGEST_TILE = 96
_LEAST_HEIGHT = 170


class FilterGrid(QWidget):
    """Draws every filter as large as all of them fit, each weight a plain square."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.filters: FirstFilters | None = None
        self.shared = False
        self.images: list[QImage] = []
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("First filters as pictures"))

    def show_filters(self, filters: FirstFilters | None) -> None:
        """Shows the filters of a network."""
        self.filters = filters
        self._colour()

    def set_shared(self, shared: bool) -> None:
        """One scale for all filters, or one for each."""
        self.shared = shared
        self._colour()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def tile(self, index: int) -> QRectF:
        """Returns where a filter is drawn."""
        columns, side = self._grid()
        row, column = divmod(index, columns)
        return QRectF(column * (side + _GAP), row * (side + _GAP), side, side)

    def filter_at(self, point: QPointF) -> int | None:
        """Returns the number of the filter under a point."""
        found = (n for n in range(len(self.images)) if self.tile(n).contains(point))
        return next(found, None)

    def _grid(self) -> tuple[int, int]:
        """Returns how many columns there are, and the side of a tile in pixels."""
        count = max(1, len(self.images))
        best = (1, 1)
        for columns in range(1, count + 1):
            rows = math.ceil(count / columns)
            across = (self.width() + _GAP) / columns - _GAP
            down = (self.height() + _GAP) / rows - _GAP
            side = max(1, int(min(across, down, _LARGEST_TILE)))
            if side > best[1] or (side == best[1] and columns == best[0] + 1):
                best = (columns, side)
        return best

    def _colour(self) -> None:
        self.images = []
        if self.filters is not None:
            pictures = filter_pictures(self.filters, shared=self.shared)
            self.images = [rgb_image(picture) for picture in pictures]
        self.update()

    def sizeHint(self) -> QSize:
        """Some rows."""
        return QSize(480, 210)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the filters."""
        painter = QPainter(self)
        painter.setPen(QPen(QColor(self._theme.border), 1))
        for index, image in enumerate(self.images):
            tile = self.tile(index)
            painter.drawImage(tile, image)
            painter.drawRect(tile.adjusted(0, 0, -1, -1))
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Tells number and size of the filter under the cursor."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index, filters = self.filter_at(QPointF(event.pos())), self.filters
            text = ""
            if index is not None and filters is not None:
                text = self.tr("Filter {index}: L2 norm {norm}, weights {low} to {high}").format(
                    index=index,
                    norm=number(float(filters.norms[index])),
                    low=number(float(filters.weights[index].min())),
                    high=number(float(filters.weights[index].max())),
                )
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
