"""The pictures of a data set as tiles: only those in sight are painted and asked for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from resnet_studio.gui.dataset.browser_list import Listing
from resnet_studio.gui.dataset.browser_thumbnails import Thumbnail, ThumbnailLoader
from resnet_studio.gui.dataset.browser_tiles import Tiles
from resnet_studio.gui.theme import Theme

SMALLEST, LARGEST, USUAL = 48, 256, 96
"""Side of a thumbnail in pixels of the screen."""

_GAP = 5
_WHEEL_ROWS = 0.5
_EMPTY = np.empty(0, dtype=np.int64)


class PictureGrid(QAbstractScrollArea):
    """Shows rows of a `Listing` as tiles, with a selection.

    Attributes:
        loader: Makes the thumbnails.
        tiles: Paints the tiles.
        rows: (n,) int64, the rows that are shown.
        current: Number of the tile on which the keyboard stands.
        columns: Tiles in a row.
        row_height: Height of a row of tiles in pixels.

    Signals:
        opened(int): A row was double-clicked, or Enter pressed on it.
        selected(): Other pictures are selected, or another is current.
        menu_wanted(QPoint): The menu is asked for at a place of the screen.
        leave_out_wanted(): Del was pressed.
        zoom_wanted(int): Thumbnails of so many more pixels are wanted.
    """

    opened = Signal(int)
    selected = Signal()
    menu_wanted = Signal(QPoint)
    leave_out_wanted = Signal()
    zoom_wanted = Signal(int)

    def __init__(
        self, theme: Theme, loader: ThumbnailLoader, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.loader = loader
        self.tiles = Tiles(theme)
        self.rows: NDArray[np.int64] = _EMPTY
        self.current = 0
        self._listing: Listing | None = None
        self._chosen: NDArray[np.bool_] = np.empty(0, dtype=np.bool_)
        self._anchor = 0
        self._side = USUAL
        self.columns = self.row_height = self._tile_width = 1
        # Thumbnails arrive some dozens at once: what is in sight is asked for once after that.
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.timeout.connect(self._ask)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setAccessibleName(self.tr("Pictures of the data set"))
        self.viewport().setMouseTracking(False)
        loader.arrived.connect(self._arrived)

    # -- what is shown ------------------------------------------------------------------------

    def show_listing(self, listing: Listing | None, rows: NDArray[np.int64]) -> None:
        """Shows pictures of another data set."""
        self._listing = listing
        self.tiles.forget()
        self._chosen = np.zeros(0 if listing is None else len(listing), dtype=np.bool_)
        self.current = self._anchor = 0
        self.show_rows(rows)

    def show_rows(self, rows: NDArray[np.int64]) -> None:
        """Shows other pictures of the same data set; the current one stays if it is among them."""
        row = self.current_row
        self.rows = rows
        found = np.flatnonzero(rows == row) if row is not None else _EMPTY
        self.current = self._anchor = int(found[0]) if len(found) else 0
        visible = np.zeros_like(self._chosen)
        visible[rows] = True
        self._chosen &= visible
        self._lay_out()
        self.verticalScrollBar().setValue(0)
        if len(found):
            self._show_current()
        self.viewport().update()
        self.selected.emit()

    @property
    def side(self) -> int:
        """Side of a thumbnail in pixels of the screen."""
        return self._side

    def set_side(self, side: int) -> None:
        """Shows larger or smaller thumbnails; the current one, or the middle, stays in sight."""
        side = min(max(side, SMALLEST), LARGEST)
        if side == self._side:
            return
        seen = self.tile_rect(self.current).intersects(self.viewport().rect())
        middle = self._first_in_sight() + self.columns * (self._rows_in_sight() // 2)
        kept = self.current if seen else middle
        self._side = side
        self.tiles.forget()
        self._lay_out()
        self._scroll_to_row_of(kept)
        self.viewport().update()
        self._ask_soon()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.tiles.set_theme(theme)
        self.viewport().update()

    # -- selection ----------------------------------------------------------------------------

    @property
    def current_row(self) -> int | None:
        """The picture on which the keyboard stands."""
        return int(self.rows[self.current]) if self.current < len(self.rows) else None

    @property
    def selection(self) -> NDArray[np.int64]:
        """The selected rows in the order in which they are shown."""
        chosen: NDArray[np.int64] = self.rows[self._chosen[self.rows]]
        return chosen

    def go_to(self, place: int, *, extend: bool = False, keep: bool = False) -> None:
        """Puts the keyboard on a tile and selects it.

        Args:
            place: Number of the tile, from 0; brought within those that there are.
            extend: Select everything from the last one that was chosen alone.
            keep: Leave the selection as it is.
        """
        if not len(self.rows):
            return
        self.current = min(max(place, 0), len(self.rows) - 1)
        if not keep:
            self._chosen[:] = False
            first, last = sorted((self._anchor if extend else self.current, self.current))
            self._chosen[self.rows[first : last + 1]] = True
        if not extend:
            self._anchor = self.current
        self._show_current()
        self._selection_changed()

    def reveal(self, row: int) -> bool:
        """Selects a picture and scrolls to it; False if it is not among those shown."""
        found = np.flatnonzero(self.rows == row)
        if len(found):
            self.go_to(int(found[0]))
        return bool(len(found))

    def select_all(self) -> None:
        """Selects every picture that is shown."""
        self._chosen[self.rows] = True
        self._selection_changed()

    def _toggle(self, place: int) -> None:
        row = self.rows[place]
        self._chosen[row] = not self._chosen[row]
        self.current = self._anchor = place
        self._selection_changed()

    def _selection_changed(self) -> None:
        row = self.current_row
        if row is not None and self._listing is not None:
            self.setAccessibleDescription(self.describe(row))
        self.viewport().update()
        self.selected.emit()

    def describe(self, row: int) -> str:
        """Returns name, class, side, size and what is wrong with a picture, a line each."""
        if self._listing is None:
            return ""
        found = self.loader.thumbnail(row)
        return self.tiles.description(self._listing, row, found.reason if found else "")

    # -- geometry -----------------------------------------------------------------------------

    def tile_rect(self, place: int) -> QRect:
        """Returns where a tile lies on the viewport."""
        row, column = divmod(place, self.columns)
        top = row * self.row_height - self.verticalScrollBar().value()
        return QRect(column * self._tile_width, top, self._tile_width, self.row_height)

    def place_at(self, point: QPoint) -> int | None:
        """Returns the number of the tile at a point of the viewport; None beside them."""
        column = point.x() // self._tile_width
        row = (point.y() + self.verticalScrollBar().value()) // self.row_height
        place = row * self.columns + column
        return place if 0 <= column < self.columns and 0 <= place < len(self.rows) else None

    def _first_in_sight(self) -> int:
        return self.verticalScrollBar().value() // self.row_height * self.columns

    def _rows_in_sight(self) -> int:
        return -(-self.viewport().height() // self.row_height) + 1

    def _measure(self) -> None:
        """Keeps what each tile asks for: measuring text for each of them takes longest of all."""
        width = self.viewport().width()
        self.columns = max(1, width // (self._side + 2 * _GAP))
        self.row_height = self._side + 2 * _GAP + self.tiles.caption_height(self._side, self.font())
        self._tile_width = max(1, width // self.columns)

    def _lay_out(self) -> None:
        self._measure()
        lines = -(-len(self.rows) // self.columns)
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setPageStep(max(1, height - self.row_height))
        bar.setSingleStep(round(self.row_height * _WHEEL_ROWS))
        bar.setRange(0, max(0, lines * self.row_height - height))
        self._ask_soon()

    def _scroll_to_row_of(self, place: int) -> None:
        top = min(place, max(0, len(self.rows) - 1)) // self.columns * self.row_height
        self.verticalScrollBar().setValue(top - self.viewport().height() // 2)

    def _show_current(self) -> None:
        rect, bar = self.tile_rect(self.current), self.verticalScrollBar()
        if rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() >= self.viewport().height():
            bar.setValue(bar.value() + rect.bottom() + 1 - self.viewport().height())

    # -- thumbnails ---------------------------------------------------------------------------

    def _ask_soon(self) -> None:
        self._asking.start(0)

    def _ask(self) -> None:
        """Asks for what is in sight, then for a screen after and one before it."""
        if self._listing is None or not self.isVisible():
            return
        first, count = self._first_in_sight(), self._rows_in_sight() * self.columns
        places = [
            self.rows[first : first + count],
            self.rows[first + count : first + 2 * count],
            self.rows[max(0, first - count) : first],
        ]
        side = round(self._side * self.devicePixelRatioF())
        self.loader.want(np.concatenate(places).tolist(), side)

    def _arrived(self, thumbnail: Thumbnail) -> None:
        first = self._first_in_sight()
        in_sight = self.rows[first : first + self._rows_in_sight() * self.columns]
        for offset in np.flatnonzero(in_sight == thumbnail.row).tolist():
            self.viewport().update(self.tile_rect(first + offset))

    # -- Qt -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the tiles that have changed or come into sight."""
        if self._listing is None:
            return
        painter = QPainter(self.viewport())
        painter.setFont(self.font())
        if not len(self.rows):
            self.tiles.paint_none(painter, self.viewport().rect())
        # A region: with a rectangle around two tiles that came at once all between are painted.
        first, area = self._first_in_sight(), event.region()
        last = min(len(self.rows), first + self._rows_in_sight() * self.columns)
        for place in range(first, last):
            rect = self.tile_rect(place)
            if area.intersects(rect):
                row = int(self.rows[place])
                chosen = bool(self._chosen[row])
                here = place == self.current and self.hasFocus()
                self.tiles.paint(
                    painter,
                    rect.adjusted(_GAP, _GAP, -_GAP, -_GAP),
                    self._listing,
                    row,
                    self.loader.thumbnail(row),
                    side=self._side,
                    chosen=chosen,
                    current=here,
                )
        painter.end()

    def scrollContentsBy(self, _dx: int, dy: int) -> None:
        """Moves what is painted already; only the rest is painted anew."""
        self.viewport().scroll(0, dy)
        self._ask_soon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays the tiles out anew; the first one in sight stays there."""
        super().resizeEvent(event)
        first, columns = self._first_in_sight(), self.columns
        self._lay_out()
        if columns != self.columns:
            self.verticalScrollBar().setValue(first // self.columns * self.row_height)
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scrolls; with Ctrl the thumbnails become larger or smaller."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_wanted.emit(16 if event.angleDelta().y() > 0 else -16)
            event.accept()
            return
        super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Selects; with Shift up to here, with Ctrl one more or less."""
        place = self.place_at(event.position().toPoint())
        held = event.modifiers()
        if place is None:
            self._chosen[:] = False
            self._selection_changed()
        elif event.button() == Qt.MouseButton.RightButton and self._chosen[self.rows[place]]:
            self.go_to(place, keep=True)
        elif held & Qt.KeyboardModifier.ControlModifier:
            self._toggle(place)
        else:
            self.go_to(place, extend=bool(held & Qt.KeyboardModifier.ShiftModifier))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens the picture."""
        place = self.place_at(event.position().toPoint())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(int(self.rows[place]))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the menu, also by its key."""
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self.tile_rect(self.current).center() if keyboard else event.pos()
        if self.current_row is not None:
            self.menu_wanted.emit(self.viewport().mapToGlobal(place))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Page and Home walk (Shift selects), Enter opens, Del leaves out."""
        step = self._steps().get(Qt.Key(event.key()))
        row = self.current_row
        if step is not None:
            extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.go_to(step(), extend=extend)
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select_all()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            self.opened.emit(row)
        elif event.key() == Qt.Key.Key_Delete and row is not None:
            self.leave_out_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _steps(self) -> dict[Qt.Key, Callable[[], int]]:
        page = max(1, self._rows_in_sight() - 2) * self.columns
        return {
            Qt.Key.Key_Left: lambda: self.current - 1,
            Qt.Key.Key_Right: lambda: self.current + 1,
            Qt.Key.Key_Up: lambda: self._below(-self.columns),
            Qt.Key.Key_Down: lambda: self._below(self.columns),
            Qt.Key.Key_PageUp: lambda: self._below(-page),
            Qt.Key.Key_PageDown: lambda: self._below(page),
            Qt.Key.Key_Home: lambda: 0,
            Qt.Key.Key_End: lambda: len(self.rows) - 1,
        }

    def _below(self, places: int) -> int:
        """Returns the tile so far on; the same one where no row is left in that direction."""
        return (
            self.current
            if not 0 <= self.current + places < len(self.rows)
            else (self.current + places)
        )

    def viewportEvent(self, event: QEvent) -> bool:
        """Tells under the cursor what a tile shows."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.place_at(event.pos())
            text = "" if place is None else self.describe(int(self.rows[place]))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().viewportEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Lays the tiles out anew where the letters have changed."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.tiles.forget()
            self._lay_out()
            self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Frames the current tile."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes the frame away."""
        super().focusOutEvent(event)
        self.viewport().update()
