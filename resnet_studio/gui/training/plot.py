"""One plot: the raw and smoothed training curve, the validation curve, axes and cross hair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont, QPen

from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.curve_item import CurveItem
from resnet_studio.gui.training.curves import Smoothed
from resnet_studio.gui.training.envelope import Series
from resnet_studio.gui.training.marks import Grid, Legend
from resnet_studio.gui.training.ranges import linear_ticks, log_ticks

if TYPE_CHECKING:
    import pyqtgraph

_RAW_OPACITY = 0.36
_BOX_OPACITY = 0.94
_AXIS_WIDTH = 64
_TICK_ROOM = (70.0, 27.0)
"""Pixels that a tick's text needs across and down."""


@dataclass(frozen=True, slots=True)
class PlotTexts:
    """The translated words of a plot.

    Attributes:
        quantity: Label of the left axis, with its unit.
        legend: Names of the raw, the smoothed and the validation curve; empty for no legend.
        box_below: Whether the reading stands at the bottom, because the curves rise to the top.
    """

    quantity: str
    legend: tuple[str, ...] = ()
    box_below: bool = False


class Plot(QObject):
    """Draws one quantity in a row of a `GraphicsLayout`; knows nothing of runs.

    Attributes:
        item: The pyqtgraph plot.
        view: Its view box.
    """

    def __init__(
        self,
        item: pyqtgraph.PlotItem,
        texts: PlotTexts,
        *,
        parent: QObject,
        scale: float = 1.0,
    ) -> None:
        """Fills an empty plot.

        Args:
            item: The plot.
            texts: Its words.
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
        self.raw = CurveItem(self.view, width=1.0)
        self.smooth = CurveItem(self.view, width=2.0)
        self.validation = CurveItem(self.view, width=2.0, dots=True)
        self._grid = Grid(self.view)
        self._legend = Legend(self.view, texts.legend) if texts.legend else None
        self._build_axes()
        self._build_cross_hair()

    def set_curves(self, training: Smoothed, validation: Series, *, span: int) -> None:
        """Draws these series; called again whenever they have grown."""
        self.raw.set_series(training.raw)
        self.raw.setVisible(span > 1)
        self.smooth.set_series(training.smooth)
        self.validation.set_series(validation)

    def set_log(self, log: bool) -> None:
        """Switches the left axis between linear and logarithmic."""
        self._log = log
        for curve in (self.raw, self.smooth, self.validation):
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
        """Shows the cross hair; the legend makes room for it.

        Args:
            x: Step under the upright line.
            y: Height of the level line in view coordinates; None leaves it out.
            lines: Lines of the box beside it as (colour name of the theme or "", text).
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
        if self._legend is not None:
            self._legend.setVisible(beyond)

    def hide_reading(self) -> None:
        """Hides the cross hair."""
        for part in (self._upright, self._level, self._box):
            part.hide()
        if self._legend is not None:
            self._legend.show()

    def set_theme(self, theme: Theme, font: QFont) -> None:
        """Colours everything."""
        self._theme = theme
        raw = QColor(theme.curve_train)
        raw.setAlphaF(_RAW_OPACITY)
        self.raw.set_colour(raw)
        self.smooth.set_colour(QColor(theme.curve_train))
        self.validation.set_colour(QColor(theme.curve_validation))
        self._grid.set_colour(QColor(theme.grid))
        self._colour_axes(theme, font)
        self._colour_legend(theme, font, raw)
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
        self.item.getAxis("left").setWidth(_AXIS_WIDTH)
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
        label = {"color": theme.text, "font-size": f"{font.pointSizeF():.1f}pt"}
        self.item.getAxis("left").setLabel(self._texts.quantity, **label)

    def _colour_legend(self, theme: Theme, font: QFont, raw: QColor) -> None:
        if self._legend is None:
            return
        ground = QColor(theme.surface)
        ground.setAlphaF(0.8)
        colours = (raw, QColor(theme.curve_train), QColor(theme.curve_validation))
        self._legend.set_look(
            pens=[QPen(colour, 2.0) for colour in colours],
            dots=(False, False, True),
            font=font,
            text=QColor(theme.text),
            ground=ground,
        )

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
            mark = f'<span style="color:{getattr(theme, colour)}">■</span> ' if colour else ""
            rows.append(f'{mark}<span style="color:{theme.text}">{text}</span>')
        return "<br>".join(rows)

    def _tick(self, *_: object) -> None:
        """Sets the ticks of all axes and the grid for the present range."""
        (left, right), (low, high) = self.view.viewRange()
        across = max(2, int(self.view.width() / _TICK_ROOM[0]))
        down = max(2, int(self.view.height() / _TICK_ROOM[1]))
        steps = linear_ticks(left, right, across, whole=True)
        several = right - left > 2 * self._epoch_length
        epochs = linear_ticks(left, right, across, scale=1 / self._epoch_length, whole=several)
        if self._log:
            values = log_ticks(low, high)
        else:
            values = linear_ticks(low, high, down, scale=self._scale)
        for name, ticks in (("left", values), ("bottom", steps), ("top", epochs), ("right", [])):
            self.item.getAxis(name).setTicks([ticks])
        self._grid.set_ticks(upright=[x for x, _ in steps], level=[y for y, _ in values])
