"""The drawing area with the plots, one over the other: all over the same steps.

Made when the panel is first shown: pyqtgraph takes a third of a second to import.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractSlider, QFrame, QScrollArea, QVBoxLayout, QWidget

from resnet_studio.gui.theme import LIGHT, Theme
from resnet_studio.gui.training.curves import Reading, RunCurves
from resnet_studio.gui.training.plot import Plot, TrainingPlot
from resnet_studio.gui.training.quantities import (
    USUAL,
    Quantity,
    extremes,
    fill,
    is_log,
    make_plot,
    reading_lines,
)
from resnet_studio.gui.training.ranges import steps_range, values_range

_ZOOM = 1.25
_PAN = 0.1
_ROW_SPACING = 4
_LEAST_LINES = 5.5
"""Least height of a plot with its title, in lines of text; what finds no room is scrolled to."""
_EPOCHS_LINES, _STEPS_LINES = 4.0, 2.5
"""Lines for the axis of the epochs, with a second line of names, and for that of the steps."""


class Canvas(QWidget):
    """Draws a `RunCurves`: zoomed with the wheel, moved by dragging, read with the pointer.

    Plots that find no room below each other are scrolled to, with Page Up and Page Down, too.

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
        self._linking = False
        self._theme = LIGHT
        self._pointer: tuple[float, float | None, Plot | None] | None = None
        self._values: dict[Quantity, tuple[float, float]] = {}
        self._made: dict[Quantity, Plot] = {}
        self._shown: tuple[Quantity, ...] = ()
        self._build()
        self.show_plots(USUAL)

    @property
    def following(self) -> bool:
        """Whether the view shows the whole curves and follows their growth."""
        return self._following

    @property
    def shown(self) -> tuple[Quantity, ...]:
        """What the plots show, from the top."""
        return self._shown

    @property
    def plots(self) -> tuple[Plot, ...]:
        """The plots that are shown, from the top."""
        return tuple(self._made[quantity] for quantity in self._shown)

    @property
    def loss(self) -> TrainingPlot:
        """The plot of the loss."""
        return self._made[Quantity.LOSS]  # type: ignore[return-value]

    @property
    def accuracy(self) -> TrainingPlot:
        """The plot of the accuracy."""
        return self._made[Quantity.ACCURACY]  # type: ignore[return-value]

    @property
    def steps_shown(self) -> tuple[float, float]:
        """The first and last step in view."""
        low, high = self.plots[0].view.viewRange()[0]
        return float(low), float(high)

    def plot(self, quantity: Quantity) -> Plot:
        """Returns the plot of a quantity; KeyError if it was never shown."""
        return self._made[quantity]

    def show_plots(self, quantities: Sequence[Quantity]) -> None:
        """Shows these plots, in the order of `Quantity`, and no others; at least one."""
        wanted = tuple(quantity for quantity in Quantity if quantity in quantities) or USUAL
        if wanted == self._shown:
            return
        view = self.steps_shown if self._shown else None
        for quantity in self._shown:
            self.graphics.ci.removeItem(self._made[quantity].item)
        for row, quantity in enumerate(wanted):
            self._place(quantity, row)
        self._shown = wanted
        self._name_axes()
        self._keep_readable()
        if view is not None and not self._following:
            self._set_steps(*view)
        if self._curves is not None:
            self.show_curves(self._curves)

    def show_curves(self, curves: RunCurves) -> None:
        """Draws `curves`; called again whenever they have grown."""
        if curves is not self._curves:
            self._curves = curves
            self._values.clear()
            self._pointer = None
        for quantity, plot in zip(self._shown, self.plots, strict=True):
            plot.set_epoch_length(curves.steps_per_epoch)
            fill(plot, quantity, curves)
        if self._following:
            self._fit()
        self._show_reading()

    def show_steps(self, low: float, high: float) -> None:
        """Shows the steps from `low` to `high` and follows the growth no more."""
        self._set_following(False)
        self._set_steps(low, high)

    def set_log(self, log: bool) -> None:
        """Switches the axis of the loss between linear and logarithmic."""
        if log != self._log:
            self._log = log
            self._values.pop(Quantity.LOSS, None)
            if Quantity.LOSS in self._made:
                self.loss.set_log(log)
            self._fit_values(Quantity.LOSS)

    def reset_view(self) -> None:
        """Shows the whole curves again, and follows them."""
        self._values.clear()
        self._set_following(True)
        self._fit()

    def set_theme(self, theme: Theme) -> None:
        """Colours everything."""
        self._theme = theme
        self.graphics.setBackground(theme.surface)
        for plot in self._made.values():
            plot.set_theme(theme, self.font())
        self._name_axes()
        self._keep_readable()

    def drawing_size(self) -> QSize:
        """Returns the size of all plots, also of those that are scrolled out of sight."""
        return self.graphics.size()

    def render_to(self, painter: QPainter, target: QRectF) -> None:
        """Draws the plots as they are shown, for a file or the clipboard."""
        self.graphics.render(painter, target, self.graphics.viewport().rect())

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        import pyqtgraph

        self.graphics = pyqtgraph.GraphicsLayoutWidget(parent=self)
        self.graphics.setAccessibleName(self.tr("Curves of the run"))
        self.graphics.setToolTip("")
        self.graphics.ci.layout.setContentsMargins(4, 2, 10, 2)
        self.graphics.ci.layout.setSpacing(0)
        for row in range(len(Quantity)):
            self.graphics.ci.layout.setRowSpacing(row, _ROW_SPACING)
        self.graphics.scene().sigMouseMoved.connect(self._pointer_moved)
        self.graphics.installEventFilter(self)
        self.graphics.viewport().installEventFilter(self)
        self.setFocusProxy(self.graphics)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.scroller = QScrollArea()
        self.scroller.setFrameShape(QFrame.Shape.NoFrame)
        self.scroller.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroller.setWidgetResizable(True)
        self.scroller.setWidget(self.graphics)
        layout.addWidget(self.scroller)

    def _keep_readable(self) -> None:
        line = QFontMetricsF(self.font()).lineSpacing()
        for plot in self.plots:
            lines = _LEAST_LINES
            lines += _EPOCHS_LINES if plot is self.plots[0] else 0.0
            lines += _STEPS_LINES if plot is self.plots[-1] else 0.0
            plot.item.setMinimumHeight(lines * line)
        lines = _LEAST_LINES * len(self._shown) + _EPOCHS_LINES + _STEPS_LINES
        self.graphics.setMinimumHeight(round(lines * line) + _ROW_SPACING * len(self._shown))

    def _place(self, quantity: Quantity, row: int) -> None:
        """Puts a plot into its row; makes it when it is first shown."""
        if quantity in self._made:
            self.graphics.ci.addItem(self._made[quantity].item, row=row, col=0)
            return
        plot = make_plot(quantity, self.graphics.addPlot(row=row, col=0), self)
        plot.set_theme(self._theme, self.font())
        if quantity is Quantity.LOSS:
            plot.set_log(self._log)
        if quantity is Quantity.ACCURACY:
            plot.set_y_range(-0.02, 1.04)
        plot.view.sigXRangeChanged.connect(self._link)
        plot.view.sigRangeChangedManually.connect(self._moved_by_hand)
        self._made[quantity] = plot

    def _name_axes(self) -> None:
        """Names the epochs above the first plot and the steps below the last one."""
        for plot in self.plots:
            plot.name_axis("top", self.tr("epoch") if plot is self.plots[0] else "")
            plot.name_axis("bottom", self.tr("step") if plot is self.plots[-1] else "")
        self.graphics.ci.layout.activate()  # an export may come before the next event

    # -- range ------------------------------------------------------------------------------

    def _link(self, _view: object, steps: Sequence[float]) -> None:
        """Shows the same steps in all plots."""
        if not self._linking:
            self._set_steps(*steps)

    def _set_steps(self, low: float, high: float) -> None:
        self._linking = True
        try:
            for plot in self.plots:
                if [low, high] != plot.view.viewRange()[0]:
                    plot.view.setXRange(low, high, padding=0)
        finally:
            self._linking = False

    def _fit(self) -> None:
        if self._curves is None:
            return
        self._set_steps(*steps_range(self._curves.last_step, self._curves.total_steps))
        for quantity in self._shown:
            self._fit_values(quantity)

    def _fit_values(self, quantity: Quantity) -> None:
        if self._curves is None or not self._following or quantity not in self._shown:
            return
        if quantity is Quantity.ACCURACY:
            self.accuracy.set_y_range(-0.02, 1.04)
            return
        log = is_log(quantity, log_loss=self._log)
        low, high = extremes(quantity, self._curves, log=log)
        self._values[quantity] = values_range(low, high, self._values.get(quantity), log=log)
        self._made[quantity].set_y_range(*self._values[quantity])

    def _moved_by_hand(self, *_: object) -> None:
        self._set_following(False)

    def _set_following(self, following: bool) -> None:
        if following != self._following:
            self._following = following
            self.view_changed.emit(following)

    def _zoom(self, factor: float) -> None:
        low, high = self.steps_shown
        middle, half = (low + high) / 2, factor * (high - low) / 2
        self.show_steps(middle - half, middle + half)

    def pan(self, part: float) -> None:
        """Moves the view by a part of its width, to later steps if it is positive."""
        low, high = self.steps_shown
        distance = part * (high - low)
        self.show_steps(low + distance, high + distance)

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
        for quantity, plot in zip(self._shown, self.plots, strict=True):
            lines = reading_lines(quantity, reading, self._curves, self._theme)
            plot.show_reading(reading.step, y if plot is under else None, [("", where), *lines])
        return reading

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
                self.pan(sign * _PAN)
            else:
                self._step_reading(sign)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(1 / _ZOOM)
        elif key == Qt.Key.Key_Minus:
            self._zoom(_ZOOM)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_0):
            self.reset_view()
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            up = key == Qt.Key.Key_PageUp
            action = QAbstractSlider.SliderAction
            self.scroller.verticalScrollBar().triggerAction(
                action.SliderPageStepSub if up else action.SliderPageStepAdd
            )
        elif key == Qt.Key.Key_Escape and self._pointer is not None:
            self.read_at(None)
        else:
            return False
        return True

    def _step_reading(self, sign: int) -> None:
        """Moves the cross hair by one step, or by one pixel where steps are denser."""
        left, right = self.steps_shown
        if self._pointer is None:
            last = self._curves.last_step if self._curves is not None else 0
            self.read_at(min(right, last))
            return
        pixel = (right - left) / max(1.0, self.plots[0].view.width())
        self.read_at(self._pointer[0] + sign * max(1.0, pixel))
