"""All samples as one picture, each with its parameters under it; one of them is selected."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
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
    QResizeEvent,
)
from PySide6.QtWidgets import QScrollArea, QToolTip, QWidget

from resnet_studio.data.augment import Draw
from resnet_studio.gui.augmentation.painting import (
    caption_lines,
    caption_width,
    paint_caption,
    paint_outline,
    rectangle,
    scaled,
)
from resnet_studio.gui.augmentation.tiling import GAP, Tiling, choose_tiling
from resnet_studio.gui.augmentation.words import SEPARATOR, caption
from resnet_studio.gui.theme import Theme

_SMALLEST_SIDE = 72
_EARLIER = 0.35
_SMOOTHING_S = 0.008  # per paint; what is left is drawn coarsely and follows in the next


class GridView(QWidget):
    """Draws the samples; arrow keys, pointer and click choose among them.

    Signals:
        selection_changed(int): Another sample is selected.
        hovered(int): The sample under the pointer; -1 for none.
        opened(int): A sample was clicked twice, or Enter was pressed.
    """

    selection_changed = Signal(int)
    hovered = Signal(int)
    opened = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._images: list[QImage] = []
        self._earlier: list[QImage] = []
        self._smooth: dict[int, QImage] = {}
        self._longest: Sequence[str] = ("",)
        self._heads: tuple[str, ...] = ()
        self._widest = ""
        self._tallest: list[Sequence[str]] = []
        self._captions: list[tuple[str, ...]] = []
        self._room = QSize(480, 320)
        self._scroll_bar = 0
        self._hovered = -1
        self.draws: tuple[Draw, ...] = ()
        self.tiling = Tiling(1, 1, 1, 1, 0)
        self.selected = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Samples"))

    # -- what is shown ------------------------------------------------------------------------

    @property
    def complete(self) -> bool:
        """Whether all samples have their pixels."""
        return bool(self._images) and all(not image.isNull() for image in self._images)

    @property
    def hovered_index(self) -> int:
        """The sample under the pointer; -1 for none."""
        return self._hovered

    def is_smooth(self, index: int) -> bool:
        """Returns whether a sample has been resampled for its tile."""
        return index in self._smooth

    def image(self, index: int) -> QImage:
        """Returns the pixels of a sample; null while they are not there."""
        return self._images[index] if index < len(self._images) else QImage()

    def show_draws(
        self, draws: Sequence[Draw], longest: Sequence[str], heads: Sequence[str] = ()
    ) -> None:
        """Shows what chance decided; the pixels are not known yet.

        Args:
            draws: A draw for each sample.
            longest: The longest caption that such draws can have.
            heads: What stands before each caption; the numbers from 1 if they are left out.
        """
        self.draws = tuple(draws)
        self._heads = tuple(heads) or tuple(str(number + 1) for number in range(len(draws)))
        self._widest = max(self._heads, key=len, default="")
        self._longest = longest
        self._captions = [caption(draw) for draw in draws]
        # Parts are hardly ever wider than those of the longest caption, but there may be more.
        most = max(self._captions, key=lambda parts: len("".join(parts)), default=())
        more = {parts for parts in self._captions if len(parts) > len(longest)} | {most}
        self._tallest = [longest, *more]
        # What was there is shown faintly until the new pixels come: a grid that is followed while a
        # slider is dragged would flicker otherwise.
        earlier = [new if old.isNull() else old for old, new in self._before(len(draws))]
        self._earlier = earlier
        self._images = [QImage()] * len(draws)
        self._smooth.clear()
        self.selected = min(self.selected, max(0, len(draws) - 1))
        if self._hovered >= len(draws):
            self._hovered = -1
        self._lay_out()
        self._describe()

    def _before(self, count: int) -> list[tuple[QImage, QImage]]:
        """Returns what each tile showed last, and what it showed before that."""
        if len(self._images) != count:
            return [(QImage(), QImage())] * count
        return list(zip(self._images, self._earlier, strict=True))

    def show_pixels(self, index: int, image: QImage) -> None:
        """Shows the pixels of one sample."""
        self._images[index] = image
        self._smooth.pop(index, None)
        self.update(self._tile_rect(index))

    def clear(self) -> None:
        """Shows nothing."""
        self.show_draws((), ("",))

    def select(self, index: int) -> None:
        """Selects a sample."""
        if index != self.selected and 0 <= index < len(self.draws):
            self.selected = index
            self.update()
            self._describe()
            self.selection_changed.emit(index)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`; its text size may be another."""
        self._theme = theme
        self._lay_out()

    def set_room(self, room: QSize, scroll_bar: int) -> None:
        """Says how large the visible part is, and how wide its scroll bar would be."""
        self._room, self._scroll_bar = room, scroll_bar
        self._lay_out()

    def describe(self, index: int) -> str:
        """Returns the number and the parameters of a sample in a line."""
        words = SEPARATOR.join(caption(self.draws[index]))
        return self.tr("Sample {number}: {words}").format(number=self.head(index), words=words)

    def head(self, index: int) -> str:
        """Returns what stands before the caption of a sample: its number, or a value."""
        return self._heads[index]

    def sizeHint(self) -> QSize:
        return QSize(self._room.width(), self.tiling.height)

    def _lay_out(self) -> None:
        """Makes the tiles as large as the visible part allows."""
        count = len(self.draws)
        if count:
            self.tiling = choose_tiling(
                count,
                self._room.width(),
                self._room.height(),
                smallest=_SMALLEST_SIDE,
                narrowest=caption_width(self._longest, self.font(), head=self._widest),
                scroll_bar=self._scroll_bar,
                caption=self._caption_height,
            )
        self._smooth.clear()
        self.setMinimumHeight(self.tiling.height if count else 0)
        self.updateGeometry()
        self.update()

    def _caption_height(self, width: int) -> int:
        font, head = self.font(), self._widest
        lines = max(len(caption_lines(parts, width, font, head=head)) for parts in self._tallest)
        return lines * QFontMetrics(font).lineSpacing() + 2

    def _tile_rect(self, index: int) -> QRect:
        return rectangle(self.tiling.tile(index)).toRect()

    def _describe(self) -> None:
        text = self.describe(self.selected) if self.draws else ""
        self.setAccessibleDescription(text)
        event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        QAccessible.updateAccessibility(event)

    # -- painting -------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the tiles of the exposed part."""
        until = perf_counter() + _SMOOTHING_S
        coarse = False
        painter = QPainter(self)
        for index in range(len(self.draws)):
            if self._tile_rect(index).intersects(event.rect()):
                coarse |= not self._paint_tile(painter, index, until)
        painter.end()
        if coarse:
            self.update()

    def _paint_tile(self, painter: QPainter, index: int, until: float) -> bool:
        """Draws one tile; returns False if its picture is only a coarse one for now."""
        self._paint_ground(painter, index)
        area = rectangle(self.tiling.picture(index))
        image = self._images[index]
        final = True
        if image.isNull():
            if not self._earlier[index].isNull():
                painter.setOpacity(_EARLIER)
                painter.drawImage(area, self._earlier[index])
                painter.setOpacity(1.0)
            paint_outline(painter, area, self.draws[index], self._theme)
        else:
            final = self._smoothed(index, until)
            painter.drawImage(area, self._smooth.get(index, image))
        tile = self.tiling.tile(index)
        width = self.tiling.words
        words = QRectF(tile.left + GAP, area.bottom() + 4, width, self.tiling.caption)
        parts = self._captions[index]
        lines = caption_lines(parts, width, self.font(), head=self._heads[index])
        paint_caption(painter, words, lines, head=self._heads[index], theme=self._theme)
        return final

    def _smoothed(self, index: int, until: float) -> bool:
        """Resamples a picture once for its tile, unless the time for it is over."""
        ratio = self.devicePixelRatioF()
        kept = self._smooth.get(index)
        if kept is not None and kept.devicePixelRatio() == ratio:
            return True
        if perf_counter() > until:
            return False
        size = QSize(self.tiling.side, self.tiling.side)
        self._smooth[index] = scaled(self._images[index], size, ratio=ratio)
        return True

    def _paint_ground(self, painter: QPainter, index: int) -> None:
        """Marks the selected and the hovered tile."""
        if index not in (self.selected, self._hovered):
            return
        theme = self._theme
        area = rectangle(self.tiling.tile(index)).adjusted(2, 1, -2, -1)
        selected = index == self.selected
        painter.setBrush(QColor(theme.raised) if selected else Qt.BrushStyle.NoBrush)
        strong = 3 if selected and self.hasFocus() else 2
        painter.setPen(QPen(QColor(theme.accent if selected else theme.border), strong))
        painter.drawRoundedRect(area, 4, 4)

    # -- pointer and keys -----------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Marks the sample under the pointer."""
        self._hover(self._at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """Marks none."""
        super().leaveEvent(event)
        self._hover(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects the sample under the pointer."""
        index = self._at(event.position().toPoint())
        if index >= 0 and event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self.select(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens the sample under the pointer."""
        index = self._at(event.position().toPoint())
        if index >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys, Home and End move the selection; Enter opens the sample."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.draws:
            self.opened.emit(self.selected)
            return
        target = self._target(event.key())
        if target is None or not 0 <= target < len(self.draws):
            super().keyPressEvent(event)
        else:
            self.select(target)

    def _target(self, key: int) -> int | None:
        columns = self.tiling.columns
        return {
            Qt.Key.Key_Left: self.selected - 1,
            Qt.Key.Key_Right: self.selected + 1,
            Qt.Key.Key_Up: self.selected - columns,
            Qt.Key.Key_Down: self.selected + columns,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(self.draws) - 1,
        }.get(Qt.Key(key))

    def event(self, event: QEvent) -> bool:
        """Shows a sample's parameters as its tool tip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self._at(event.pos())
            text = self.describe(index) if index >= 0 else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        """Makes room for larger words."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._lay_out()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Frames the selected tile more strongly."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Frames it as before."""
        super().focusOutEvent(event)
        self.update()

    def _at(self, point: QPoint) -> int:
        index = self.tiling.at(point.x(), point.y()) if self.draws else None
        return -1 if index is None else index

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            self.update()
            self.hovered.emit(index)


class GridScroll(QScrollArea):
    """Scrolls a `GridView` where its tiles would become too small to read."""

    def __init__(self, view: GridView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self.setWidget(view)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(200, 150)
        view.selection_changed.connect(self.show_sample)

    def show_sample(self, index: int) -> None:
        """Scrolls to a sample."""
        tile = self._view.tiling.tile(index)
        self.ensureVisible(
            tile.left + tile.width // 2, tile.top + tile.height // 2, 0, tile.height // 2 + 1
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays the tiles out anew.

        The size without a scroll bar decides: one that came and went would go on for ever.
        """
        super().resizeEvent(event)
        extent = self.verticalScrollBar().sizeHint().width()
        self._view.set_room(self.maximumViewportSize(), extent)
