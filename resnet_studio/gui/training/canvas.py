"""The drawing area with two plots, one over the other: loss and accuracy over the same steps.

Made when the panel is first shown: pyqtgraph takes a third of a second to import.
"""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.curves import Reading, RunCurves
from resnet_studio.gui.training.plot import Plot, PlotTexts
from resnet_studio.gui.training.ranges import steps_range, values_range

_ZOOM = 1.25
_PAN = 0.1
_WILD = 1.5
"""Validation losses above the highest smoothed training loss by this factor may leave the view."""


class Canvas(QWidget):
    """Draws a `RunCurves`; zoomed with the wheel, moved by dragging, read with the pointer.

    Signals:
        view_changed(bool): Whether the whole curves are shown and followed.
        menu_wanted(QPoint): The context menu is asked for at this point of the screen.
    """

    view_changed = Signal(bool)
    menu_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: RunCurves | None = None
        self._log = False
        self._following = True
        self._pointer: tuple[float, float | None, Plot | None] | None = None
        self._values: dict[Plot, tuple[float, float]] = {}
        self._build()

    @property
    def following(self) -> bool:
        """Whether the view shows the whole curves and follows their growth."""
        return self._following

    def show_curves(self, curves: RunCurves) -> None:
        """Draws `curves`; called again whenever they have grown."""
        if curves is not self._curves:
            self._curves = curves
            self._values.clear()
            self._pointer = None
        for plot in self.plots:
            plot.set_epoch_length(curves.steps_per_epoch)
        self.loss.set_curves(curves.loss, curves.validation_loss, span=curves.span)
        self.accuracy.set_curves(curves.accuracy, curves.validation_accuracy, span=curves.span)
        if self._following:
            self._fit()
        self._show_reading()

    def set_log(self, log: bool) -> None:
        """Switches the axis of the loss between linear and logarithmic."""
        if log != self._log:
            self._log = log
            self._values.pop(self.loss, None)
            self.loss.set_log(log)
            self._fit_values(self.loss)

    def reset_view(self) -> None:
        """Shows the whole curves again, and follows them."""
        self._values.clear()
        self._set_following(True)
        self._fit()

    def set_theme(self, theme: Theme) -> None:
        """Colours everything."""
        self.graphics.setBackground(theme.surface)
        for plot in self.plots:
            plot.set_theme(theme, self.font())
        label = {"color": theme.text, "font-size": f"{self.font().pointSizeF():.1f}pt"}
        self.loss.item.getAxis("top").setLabel(self.tr("epoch"), **label)
        self.accuracy.item.getAxis("bottom").setLabel(self.tr("step"), **label)

    def render_to(self, painter: QPainter, target: QRectF) -> None:
        """Draws the plots as they are shown, for a file or the clipboard."""
        self.graphics.render(painter, target, self.graphics.viewport().rect())

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        import pyqtgraph

        self.graphics = pyqtgraph.GraphicsLayoutWidget(parent=self)
        self.graphics.setAccessibleName(self.tr("Curves of loss and accuracy"))
        self.graphics.setToolTip("")
        self.graphics.ci.layout.setContentsMargins(4, 2, 10, 2)
        self.graphics.ci.layout.setSpacing(0)
        self.graphics.ci.layout.setRowSpacing(0, 12)
        self.loss = Plot(self.graphics.addPlot(row=0, col=0), self._loss_texts(), parent=self)
        accuracy = PlotTexts(self.tr("accuracy (%)"), box_below=True)
        self.accuracy = Plot(
            self.graphics.addPlot(row=1, col=0), accuracy, scale=100.0, parent=self
        )
        self.plots = (self.loss, self.accuracy)
        self.loss.item.getAxis("bottom").setStyle(showValues=False)
        self.accuracy.item.getAxis("top").setStyle(showValues=False)
        self.accuracy.view.setXLink(self.loss.view)
        for plot in self.plots:
            plot.view.sigRangeChangedManually.connect(self._moved_by_hand)
        self.graphics.scene().sigMouseMoved.connect(self._pointer_moved)
        self.graphics.installEventFilter(self)
        self.graphics.viewport().installEventFilter(self)
        self.setFocusProxy(self.graphics)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.graphics)

    def _loss_texts(self) -> PlotTexts:
        legend = (
            self.tr("training, each step"),
            self.tr("training, smoothed"),
            self.tr("validation, each epoch"),
        )
        return PlotTexts(self.tr("loss (nats)"), legend)

    # -- range ------------------------------------------------------------------------------

    def _fit(self) -> None:
        if self._curves is None:
            return
        low, high = steps_range(self._curves.last_step, self._curves.total_steps)
        if [low, high] != self.loss.view.viewRange()[0]:
            self.loss.view.setXRange(low, high, padding=0)
        for plot in self.plots:
            self._fit_values(plot)

    def _fit_values(self, plot: Plot) -> None:
        if self._curves is None or not self._following:
            return
        if plot is self.accuracy:
            plot.set_y_range(-0.02, 1.04)
            return
        low, high = _extremes(self._curves, log=self._log)
        self._values[plot] = values_range(low, high, self._values.get(plot), log=self._log)
        plot.set_y_range(*self._values[plot])

    def _moved_by_hand(self, *_: object) -> None:
        self._set_following(False)

    def _set_following(self, following: bool) -> None:
        if following != self._following:
            self._following = following
            self.view_changed.emit(following)

    def _zoom(self, factor: float) -> None:
        self._set_following(False)
        self.loss.view.scaleBy((factor, 1.0))

    def _pan(self, part: float) -> None:
        self._set_following(False)
        left, right = self.loss.view.viewRange()[0]
        self.loss.view.translateBy(x=part * (right - left))

    # -- reading ----------------------------------------------------------------------------

    def read_at(self, step: float | None) -> Reading | None:
        """Puts the cross hair on the step nearest to `step`, or takes it away.

        Returns:
            What is shown there.
        """
        self._pointer = None if step is None else (step, None, None)
        return self._show_reading()

    def _pointer_moved(self, place: QPointF) -> None:
        for plot in self.plots:
            if plot.view.sceneBoundingRect().contains(place):
                point = plot.view.mapSceneToView(place)
                self._pointer = (point.x(), point.y(), plot)
                self._show_reading()
                return
        self.read_at(None)

    def _show_reading(self) -> Reading | None:
        reading = None
        if self._pointer is not None and self._curves is not None:
            reading = self._curves.reading(self._pointer[0])
        if reading is None or self._curves is None or self._pointer is None:
            for plot in self.plots:
                plot.hide_reading()
            return None
        _, y, under = self._pointer
        where = self.tr("step {step:,} · epoch {epochs:.2f}").format(
            step=reading.step, epochs=reading.epochs
        )
        for plot, lines in zip(self.plots, self._lines(reading), strict=True):
            plot.show_reading(reading.step, y if plot is under else None, [("", where), *lines])
        return reading

    def _lines(self, reading: Reading) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        smoothed = self._curves is not None and self._curves.span > 1
        training = self.tr("training {value} (this step {raw})") if smoothed else "{value}"
        if not smoothed:
            training = self.tr("training {value}")
        validation = self.tr("validation {value}")
        r = reading
        return (
            [
                (
                    "curve_train",
                    training.format(value=_number(r.smooth_loss), raw=_number(r.loss)),
                ),
                ("curve_validation", validation.format(value=_number(r.validation_loss))),
            ],
            [
                (
                    "curve_train",
                    training.format(value=_percent(r.smooth_accuracy), raw=_percent(r.accuracy)),
                ),
                ("curve_validation", validation.format(value=_percent(r.validation_accuracy))),
            ],
        )

    # -- keys, pointer, menu ----------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Takes keys and the context menu from the graphics view; hides the cross hair."""
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if kind == QEvent.Type.ContextMenu and isinstance(event, QContextMenuEvent):
            self.menu_wanted.emit(event.globalPos())
            return True
        if kind == QEvent.Type.Leave and watched is self.graphics.viewport():
            self.read_at(None)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key, shift = event.key(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            sign = 1 if key == Qt.Key.Key_Right else -1
            if shift:
                self._pan(sign * _PAN)
            else:
                self._step_reading(sign)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(1 / _ZOOM)
        elif key == Qt.Key.Key_Minus:
            self._zoom(_ZOOM)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_0):
            self.reset_view()
        elif key == Qt.Key.Key_Escape and self._pointer is not None:
            self.read_at(None)
        else:
            return False
        return True

    def _step_reading(self, sign: int) -> None:
        """Moves the cross hair by one step, or by one pixel where steps are denser."""
        (left, right), _ = self.loss.view.viewRange()
        if self._pointer is None:
            last = self._curves.last_step if self._curves is not None else 0
            self.read_at(min(right, last))
            return
        pixel = (right - left) / max(1.0, self.loss.view.width())
        self.read_at(self._pointer[0] + sign * max(1.0, pixel))


def _extremes(curves: RunCurves, *, log: bool) -> tuple[float, float]:
    """Returns the lowest and highest loss that the view must hold.

    A linear axis is not stretched by single wild values, which would flatten all the rest: the
    raw curve may leave it at the top, and so may the first few validations, in which the batch
    normalisation has hardly any statistics yet. The newest validation is always in view. On a
    logarithmic axis there is room for everything.
    """
    last = curves.last_step
    raw, smooth = (
        series.range_between(0, last) for series in (curves.loss.raw, curves.loss.smooth)
    )
    held_out = curves.validation_loss.y
    held_out = held_out[np.isfinite(held_out)]
    lows = [raw[0], smooth[0], *held_out]
    if log:
        highs = [raw[1], smooth[1], *held_out]
    else:
        highs = [smooth[1], *held_out[-1:]]
        highs += [value for value in held_out if value <= _WILD * smooth[1]]
    low = min((float(v) for v in lows if math.isfinite(v)), default=math.nan)
    high = max((float(v) for v in highs if math.isfinite(v)), default=math.nan)
    return low, high


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4g}"


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.2f} %"
