"""One plot: some lines over the steps, axes, title with legend, and cross hair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont, QPen

from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.curve_item import CurveItem
from resnet_studio.gui.training.curves import Smoothed
from resnet_studio.gui.training.envelope import Series
from resnet_studio.gui.training.marks import Grid, Header
from resnet_studio.gui.training.ranges import linear_ticks, log_ticks

if TYPE_CHECKING:
    import pyqtgraph

_RAW_OPACITY = 0.36
_BOX_OPACITY = 0.94
_AXIS_WIDTH = 52
_TICK_ROOM = (70.0, 27.0)
"""Pixels that a tick's text needs across and down."""


@dataclass(frozen=True, slots=True)
class PlotTexts:
    """The translated words of a plot.

    Attributes:
        quantity: Title above the plot, with its unit.
        box_below: Whether the reading stands at the bottom, because the curves rise to the top.
    """

    quantity: str
    box_below: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """How one curve is drawn.

    Attributes:
        name: What the legend calls it; empty for no entry.
        colour: Its colour in a theme.
        width: In pixels.
        dots: Whether its points are marked where there is room.
        row: Line of text, from the top, in which the values of points above the plot stand.
    """

    name: str
    colour: Callable[[Theme], QColor]
    width: float = 1.0
    dots: bool = False
    row: int = 0


class Plot(QObject):
    """Draws one quantity in a row of a `GraphicsLayout`; knows nothing of runs.

    Attributes:
        item: The pyqtgraph plot.
        view: Its view box.
        curves: What is drawn, in the order of the lines.
    """

    def __init__(
        self,
        item: pyqtgraph.PlotItem,
        texts: PlotTexts,
        lines: Sequence[Line] = (),
        *,
        parent: QObject,
        scale: float = 1.0,
    ) -> None:
        """Fills an empty plot.

        Args:
            item: The plot.
            texts: Its words.
            lines: Its curves, the last in front.
            parent: Owner.
            scale: What a value is multiplied by on the axis: 100 shows fractions as percent.
        """
        super().__init__(parent)
        self.item = item
        self.view = item.getViewBox()
        self._texts = texts
        self._scale = scale
        self._epoch_length = 1
        self._log = False
        self._theme: Theme | None = None
        self._font = QFont()
        self._lines: tuple[Line, ...] = ()
        self._named: set[str] = set()
        self.curves: tuple[CurveItem, ...] = ()
        self._grid = Grid(self.view)
        self._header = Header(item, _AXIS_WIDTH)
        self._build_axes()
        self._build_cross_hair()
        self.set_lines(lines)

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Draws these curves from now on, without points until they are given."""
        for curve in self.curves:
            self.view.removeItem(curve)
        self._lines = tuple(lines)
        self.curves = tuple(
            CurveItem(self.view, width=line.width, dots=line.dots, scale=self._scale, row=line.row)
            for line in self._lines
        )
        for curve in self.curves:
            curve.set_log(self._log)
        if self._theme is not None:
            self.set_theme(self._theme, self._font)

    def set_series(self, series: Sequence[Series]) -> None:
        """Draws these points, a series for each line; called again whenever they have grown."""
        for curve, points in zip(self.curves, series, strict=True):
            curve.set_series(points)

    def set_log(self, log: bool) -> None:
        """Switches the left axis between linear and logarithmic."""
        self._log = log
        for curve in self.curves:
            curve.set_log(log)
        self._tick()

    def set_y_range(self, low: float, high: float) -> None:
        """Shows the values between `low` and `high` (logarithms if the axis is logarithmic)."""
        if [low, high] != self.view.viewRange()[1]:
            self.view.setYRange(low, high, padding=0)

    def set_epoch_length(self, steps: int) -> None:
        """Scales the upper axis, which counts epochs."""
        if steps != self._epoch_length:
            self._epoch_length = max(1, steps)
            self._tick()

    def show_reading(self, x: float, y: float | None, lines: Sequence[tuple[str, str]]) -> None:
        """Shows the cross hair.

        Args:
            x: Step under the upright line.
            y: Height of the level line in view coordinates; None leaves it out.
            lines: Lines of the box beside it as (colour "#rrggbb" or "", text).
        """
        self._upright.setPos(x)
        self._upright.show()
        self._level.setVisible(y is not None)
        if y is not None:
            self._level.setPos(y)
        (left, right), (bottom, top) = self.view.viewRange()
        self._box.setHtml(self._html(lines))
        beyond = x > (left + right) / 2
        below = self._texts.box_below
        self._box.setAnchor((1.06 if beyond else -0.06, 1.0 if below else 0.0))
        edge = 0.03 * (top - bottom)
        self._box.setPos(x, bottom + edge if below else top - edge)
        self._box.show()

    def hide_reading(self) -> None:
        """Hides the cross hair."""
        for part in (self._upright, self._level, self._box):
            part.hide()

    def set_theme(self, theme: Theme, font: QFont) -> None:
        """Colours everything."""
        self._theme, self._font = theme, font
        for curve, line in zip(self.curves, self._lines, strict=True):
            curve.set_colour(line.colour(theme))
            curve.set_font(font)
        self._grid.set_colour(QColor(theme.grid))
        self._colour_axes(theme, font)
        self._colour_header(theme, font)
        self._colour_cross_hair(theme, font)

    # -- building ---------------------------------------------------------------------------

    def _build_axes(self) -> None:
        self.item.setMenuEnabled(False)
        self.item.hideButtons()
        self.view.disableAutoRange()
        self.view.setDefaultPadding(0.0)
        for name in ("left", "bottom", "top", "right"):
            self.item.showAxis(name)
            self.item.getAxis(name).enableAutoSIPrefix(False)
            self.item.getAxis(name).setTicks([[]])
        self.item.getAxis("left").setWidth(_AXIS_WIDTH)
        self.item.getAxis("top").geometryChanged.connect(self._place_upper_name)
        self.item.getAxis("right").setStyle(showValues=False)
        self.item.getAxis("right").setWidth(1)
        for signal in (self.view.sigRangeChanged, self.view.sigResized):
            signal.connect(self._tick)

    def _build_cross_hair(self) -> None:
        import pyqtgraph

        self._upright = pyqtgraph.InfiniteLine(angle=90)
        self._level = pyqtgraph.InfiniteLine(angle=0)
        self._box = pyqtgraph.TextItem()
        for part in (self._upright, self._level, self._box):
            part.setZValue(20)
            self.view.addItem(part, ignoreBounds=True)
            part.hide()

    # -- colours ----------------------------------------------------------------------------

    def _colour_axes(self, theme: Theme, font: QFont) -> None:
        for name in ("left", "bottom", "top", "right"):
            axis = self.item.getAxis(name)
            axis.setPen(QColor(theme.border))
            axis.setTextPen(QColor(theme.muted))
            axis.setTickFont(font)

    def _colour_header(self, theme: Theme, font: QFont) -> None:
        named = [line for line in self._lines if line.name]
        self._header.set_entries(
            title=self._texts.quantity,
            names=[line.name for line in named],
            pens=[QPen(line.colour(theme), 2.0) for line in named],
            dots=[line.dots for line in named],
        )
        self._header.set_look(font=font, text=QColor(theme.text))

    def _colour_cross_hair(self, theme: Theme, font: QFont) -> None:
        pen = QPen(QColor(theme.muted), 1.0, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self._upright.setPen(pen)
        self._level.setPen(pen)
        ground = QColor(theme.raised)
        ground.setAlphaF(_BOX_OPACITY)
        self._box.setFont(font)
        self._box.fill.setColor(ground)
        self._box.fill.setStyle(Qt.BrushStyle.SolidPattern)
        self._box.border = QPen(QColor(theme.border), 1.0)

    def _html(self, lines: Sequence[tuple[str, str]]) -> str:
        theme = self._theme
        if theme is None:
            return ""
        rows = []
        for colour, text in lines:
            mark = f'<span style="color:{colour}">■</span> ' if colour else ""
            rows.append(f'{mark}<span style="color:{theme.text}">{text}</span>')
        return "<br>".join(rows)

    def name_axis(self, name: str, text: str) -> None:
        """Gives the upper or lower axis its name and its ticks; an empty name takes both away."""
        axis = self.item.getAxis(name)
        colour = self._theme.text if self._theme is not None else "#000000"
        axis.setLabel(text, **{"color": colour, "font-size": f"{self._font.pointSizeF():.1f}pt"})
        axis.showLabel(bool(text))
        axis.setStyle(showValues=bool(text))
        (self._named.add if text else self._named.discard)(name)
        if name == "top":
            self._place_upper_name()
        self._tick()

    def _place_upper_name(self) -> None:
        """Puts the name before the first tick: in the middle it would go on with the legend."""
        axis = self.item.getAxis("top")
        box = axis.label.boundingRect()
        left = max(-box.width(), -float(_AXIS_WIDTH))
        axis.label.setPos(left, axis.size().height() - box.height())

    def _tick(self, *_: object) -> None:
        """Sets the ticks of all axes and the grid for the present range."""
        (left, right), (low, high) = self.view.viewRange()
        across = max(2, int(self.view.width() / _TICK_ROOM[0]))
        down = max(3, int(self.view.height() / _TICK_ROOM[1]))
        steps = linear_ticks(left, right, across, whole=True)
        if self._log:
            values = log_ticks(low, high, down)
        else:
            values = linear_ticks(low, high, down, scale=self._scale)
        self.item.getAxis("left").setTicks([values])
        several = right - left > 2 * self._epoch_length
        epochs = linear_ticks(left, right, across, scale=1 / self._epoch_length, whole=several)
        for name, ticks in (("bottom", steps), ("top", epochs)):
            self.item.getAxis(name).setTicks([ticks if name in self._named else []])
        self._grid.set_ticks(upright=[x for x, _ in steps], level=[y for y, _ in values])


class TrainingPlot(Plot):
    """A quantity of training and validation: raw, smoothed, and measured after each epoch."""

    def __init__(
        self,
        item: pyqtgraph.PlotItem,
        texts: PlotTexts,
        legend: Sequence[str] = ("", "", ""),
        *,
        parent: QObject,
        scale: float = 1.0,
    ) -> None:
        """Fills an empty plot; `legend` names the three curves, see `Plot` for the rest."""
        lines = (
            Line(legend[0], _pale),
            Line(legend[1], lambda theme: QColor(theme.curve_train), width=2.0),
            Line(legend[2], lambda theme: QColor(theme.curve_validation), width=2.0, dots=True),
        )
        super().__init__(item, texts, lines, parent=parent, scale=scale)
        self.raw, self.smooth, self.validation = self.curves

    def set_curves(self, training: Smoothed, validation: Series, *, span: int) -> None:
        """Draws these series; called again whenever they have grown."""
        self.set_series((training.raw, training.smooth, validation))
        self.raw.setVisible(span > 1)


def _pale(theme: Theme) -> QColor:
    colour = QColor(theme.curve_train)
    colour.setAlphaF(_RAW_OPACITY)
    return colour
