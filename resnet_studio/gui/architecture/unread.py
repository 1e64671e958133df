"""The picture of a strided layer's edge: its last windows, and what they read and never read."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from resnet_studio.architecture.arithmetic import unread
from resnet_studio.architecture.edges import Edge, RowState, cell_state, kinds, layer_edge
from resnet_studio.architecture.graph import Layer, LayerKind
from resnet_studio.gui.architecture import labels
from resnet_studio.gui.architecture.style import mixed
from resnet_studio.gui.theme import Theme

_MARGIN, _GAP, _APART = 6.0, 12.0, 4.0
_TINT = 0.16
"""How much of the colour of danger the ground of what is never read has."""


class EdgePicture:
    """The lower right corner of the map that a strided layer reads, number by number.

    The corner is at the left; what its colours mean stands beside it, or below it where the pane
    is narrow.
    """

    def __init__(self, layer: Layer, theme: Theme, font: QFont, *, colour: str) -> None:
        """Measures the picture.

        Args:
            layer: A strided layer.
            theme: Colours.
            font: Of the words; everything grows with it.
            colour: Of the part of the network that the layer belongs to.
        """
        found = layer_edge(layer)
        if found is None:
            raise ValueError(f"{layer.name} is not strided")
        self._layer = layer
        self._edge: Edge = found
        self._theme = theme
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._colour = mixed(QColor(theme.surface), QColor(colour), 0.6)
        self._side = max(11.0, round(0.95 * self._metrics.height()))
        self._margin_left = self._metrics.horizontalAdvance(self._row_text(self._edge.last)) + 6

    # -- measures -----------------------------------------------------------------------------

    def size(self, width: int) -> QSize:
        """Returns the size of the picture in a pane of `width` pixels."""
        corner, legend = self._corner_size(), self._legend_size()
        if self._beside(width):
            across = corner.width() + _GAP + legend.width()
            down = max(corner.height(), self._line + legend.height())
        else:
            across = max(corner.width(), legend.width())
            down = corner.height() + _APART + legend.height()
        return QSize(round(across + 2 * _MARGIN), round(down + 2 * _MARGIN))

    @property
    def _line(self) -> float:
        return self._metrics.height() + 4

    def _corner_size(self) -> QSizeF:
        """Returns the room of the corner with its numbers at the left and above."""
        side = len(self._edge.states) * self._side
        return QSizeF(self._margin_left + side, self._line + side)

    def _legend_size(self) -> QSizeF:
        texts = [text for _, text in self._legend()]
        width = max(self._metrics.horizontalAdvance(text) for text in texts)
        return QSizeF(self._side + 8 + width, len(texts) * self._line)

    def _beside(self, width: int) -> bool:
        needed = self._corner_size().width() + _GAP + self._legend_size().width() + 2 * _MARGIN
        return needed <= width

    # -- painting -----------------------------------------------------------------------------

    def image(self, width: int, ratio: float = 1.0, *, heading: str = "") -> QImage:
        """Returns the picture for a pane of `width` pixels, `ratio` pixels of the screen each.

        Args:
            width: Of the pane.
            ratio: Device pixels per pixel.
            heading: A line above the picture, for one that leaves the window.
        """
        size, above = self.size(width), self._line if heading else 0.0
        if heading:
            room = self._metrics.horizontalAdvance(heading) + 2 * _MARGIN
            size = QSize(max(size.width(), round(room)), size.height() + round(above))
        image = QImage(size * ratio, QImage.Format.Format_RGB32)
        image.fill(QColor(self._theme.surface))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(ratio, ratio)
        painter.setFont(self._font)
        painter.setPen(QColor(self._theme.text))
        painter.drawText(QPointF(_MARGIN, _MARGIN + self._metrics.ascent()), heading)
        painter.translate(_MARGIN, _MARGIN + above)
        self._paint_corner(painter)
        corner = self._corner_size()
        if self._beside(width):
            self._paint_legend(painter, corner.width() + _GAP, self._line)
        else:
            self._paint_legend(painter, 0.0, corner.height() + _APART)
        painter.end()
        return image

    def _paint_corner(self, painter: QPainter) -> None:
        painter.save()
        painter.translate(self._margin_left, self._line)
        states, side = self._edge.states, self._side
        for down, row in enumerate(states):
            for across, column in enumerate(states):
                rect = QRectF(across * side, down * side, side, side)
                self._paint_cell(painter, rect, cell_state(row, column))
        self._paint_windows(painter)
        self._paint_numbers(painter)
        painter.restore()

    def _paint_cell(self, painter: QPainter, rect: QRectF, state: RowState) -> None:
        theme = self._theme
        painter.setPen(QPen(QColor(theme.surface), 1.0))
        painter.setBrush(self._colour if state is RowState.READ else QColor(theme.raised))
        painter.drawRect(rect)
        if state is RowState.PADDING and self._pads_zeros():
            painter.setPen(QColor(theme.muted))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, "0")
        if not state.is_read:
            self._paint_never(painter, rect, state)

    def _paint_never(self, painter: QPainter, rect: QRectF, state: RowState) -> None:
        """Hatches what is never read; of the map itself it is crossed out."""
        danger = QColor(self._theme.danger)
        painter.fillRect(rect.adjusted(1, 1, -1, -1), never_colour(self._theme))
        painter.setPen(QPen(danger, 1.2))
        inner = rect.adjusted(3, 3, -3, -3)
        painter.drawLine(inner.bottomLeft(), inner.topRight())
        if state is RowState.SKIPPED:
            painter.drawLine(inner.topLeft(), inner.bottomRight())

    def _paint_windows(self, painter: QPainter) -> None:
        """Outlines the last window, and thinner its neighbours to the left and above."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        windows = self._edge.windows
        if len(windows) > 1:
            thin = QPen(QColor(self._theme.text), 1.2, Qt.PenStyle.DashLine)
            painter.setPen(thin)
            painter.drawRect(self._window(windows[-2], windows[-1]))
            painter.drawRect(self._window(windows[-1], windows[-2]))
        thick = QPen(QColor(self._theme.text), 2.4)
        thick.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(thick)
        painter.drawRect(self._window(windows[-1], windows[-1]))

    def _window(self, rows: tuple[int, int], columns: tuple[int, int]) -> QRectF:
        first, side = self._edge.first, self._side
        corner = QPointF((columns[0] - first) * side, (rows[0] - first) * side)
        end = QPointF((columns[1] - first) * side, (rows[1] - first) * side)
        return QRectF(corner, end)

    def _paint_numbers(self, painter: QPainter) -> None:
        """Numbers the last row of the map and those of the padding."""
        painter.setPen(QColor(self._theme.muted))
        side, first = self._side, self._edge.first
        for place in range(len(self._edge.states)):
            text = self._row_text(first + place)
            room = QRectF(-self._margin_left, place * side, self._margin_left - 4, side)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, right, text)
        last = QRectF(0, -self._line, (self._edge.last - first + 1) * side, self._line - 2)
        text = labels.tr("… columns to {last}").format(last=self._layer.input_shape[1])
        if self._metrics.horizontalAdvance(text) > last.width():
            text = str(self._layer.input_shape[1])
        painter.drawText(last, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _row_text(self, row: int) -> str:
        """Returns the number of a row of the map, counted from 1; "+1" in the padding below."""
        beyond = row - self._edge.last
        if beyond > 0:
            return f"+{beyond}"
        return str(self._layer.input_shape[1] + beyond) if row >= self._layer.padding else ""

    def _paint_legend(self, painter: QPainter, left: float, top: float) -> None:
        side, line = self._side, self._line
        for state, text in self._legend():
            box = QRectF(left, top + (line - side) / 2, side, side)
            if isinstance(state, RowState):
                self._paint_cell(painter, box, state)
            elif state:
                painter.setPen(QPen(QColor(self._theme.text), 2.4))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(box.adjusted(2, 2, -2, -2))
            painter.setPen(QColor(self._theme.text))
            baseline = top + (line + self._metrics.capHeight()) / 2
            painter.drawText(QPointF(left + side + 8, baseline), text)
            top += line

    # -- words --------------------------------------------------------------------------------

    def _legend(self) -> Iterator[tuple[RowState | str | None, str]]:
        layer = self._layer
        words = {
            RowState.READ: labels.tr("map, read"),
            RowState.SKIPPED: labels.tr("map, never read"),
            RowState.PADDING: labels.tr("padding, read")
            if self._pads_zeros()
            else labels.tr("padding (never the largest)"),
            RowState.UNREAD_PADDING: labels.tr("padding, never read"),
        }
        for state in kinds(self._edge):
            yield state, words[state]
        window = labels.tr("last window, {kernel}×{kernel}, step {stride}")
        yield "window", window.format(kernel=layer.kernel, stride=layer.stride)
        if layer.padding:
            first = labels.tr("the first begins {count} before the map")
            yield None, first.format(count=layer.padding)

    def _pads_zeros(self) -> bool:
        return self._layer.kind is not LayerKind.MAX_POOL


def never_colour(theme: Theme) -> QColor:
    """Returns the ground of what is never read."""
    return mixed(QColor(theme.surface), QColor(theme.danger), _TINT)


def never_read_text(layer: Layer) -> str:
    """Returns in a few words what a strided layer never reads; "" for one that is not strided.

    "1 row and column of padding", "28 of 56 rows and columns", or that nothing is.
    """
    if layer_edge(layer) is None:
        return ""
    size = layer.input_shape[1]
    lost = unread(size, kernel=layer.kernel, stride=layer.stride, padding=layer.padding)
    said = []
    if lost.rows:
        text = labels.tr("{count} of {size} rows and columns")
        said.append(text.format(count=lost.rows, size=size))
    if lost.padding:
        one = labels.tr("1 row and column of padding")
        more = labels.tr("{count} rows and columns of padding").format(count=lost.padding)
        said.append(one if lost.padding == 1 else more)
    return ", ".join(said) or labels.tr("nothing: every row and column is read")
