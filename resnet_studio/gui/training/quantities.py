"""What the plots of a run show: which curves, in which range, and what is read at a step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QColor

from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.curves import Reading, RunCurves, names_of
from resnet_studio.gui.training.envelope import Series
from resnet_studio.gui.training.plot import Line, Plot, PlotTexts, TrainingPlot
from resnet_studio.gui.training.ranges import Range

if TYPE_CHECKING:
    import pyqtgraph

_WILD = 1.5
"""Validation losses above the highest smoothed training loss by this factor may leave the view."""
_FIRST_VALIDATIONS = 3
"""Validations in which the running statistics of batch normalisation are hardly filled yet."""
_DEEPEST = 8.0
"""Decades of gradient norms that are shown at most: a norm of nearly 0 would flatten the rest."""


class Quantity(StrEnum):
    """What a plot shows, in the order of the plots."""

    LOSS = "loss"
    ACCURACY = "accuracy"
    RATE = "rate"
    SPEED = "speed"
    GRADIENTS = "gradients"


USUAL = (Quantity.LOSS, Quantity.ACCURACY)
"""The plots that are shown until a person chooses others."""


def title(quantity: Quantity) -> str:
    """Returns what a plot is called in menus."""
    return {
        Quantity.LOSS: _tr("Loss"),
        Quantity.ACCURACY: _tr("Accuracy"),
        Quantity.RATE: _tr("Learning rate"),
        Quantity.SPEED: _tr("Images per second"),
        Quantity.GRADIENTS: _tr("Gradient norm of each stage"),
    }[quantity]


def make_plot(quantity: Quantity, item: pyqtgraph.PlotItem, parent: QObject) -> Plot:
    """Makes the plot of a quantity in an empty item."""
    if quantity is Quantity.LOSS:
        legend = (
            _tr("training, each step"),
            _tr("training, smoothed"),
            _tr("validation"),
        )
        return TrainingPlot(item, PlotTexts(_tr("Loss (nats)")), legend, parent=parent)
    if quantity is Quantity.ACCURACY:
        texts = PlotTexts(_tr("Accuracy (%)"), box_below=True)
        return TrainingPlot(item, texts, parent=parent, scale=100.0)
    label = {
        Quantity.RATE: _tr("Learning rate"),
        Quantity.SPEED: _tr("Images/s"),
        Quantity.GRADIENTS: _tr("Gradient norm"),
    }[quantity]
    if quantity is Quantity.GRADIENTS:
        plot = Plot(item, PlotTexts(label), parent=parent)
        plot.set_log(True)
        return plot
    return Plot(item, PlotTexts(label), (Line("", _training, width=2.0),), parent=parent)


def fill(plot: Plot, quantity: Quantity, curves: RunCurves) -> None:
    """Gives a plot the curves of a run; called again whenever they have grown."""
    if isinstance(plot, TrainingPlot):
        if quantity is Quantity.LOSS:
            plot.set_curves(curves.loss, curves.validation_loss, span=curves.span)
        else:
            plot.set_curves(curves.accuracy, curves.validation_accuracy, span=curves.span)
    elif quantity is Quantity.RATE:
        plot.set_series((curves.learning_rate,))
    elif quantity is Quantity.SPEED:
        plot.set_series((curves.images_per_second,))
    else:
        if len(plot.curves) != len(curves.gradients):
            plot.set_lines(_section_lines(curves))
        plot.set_series(curves.gradients)


def is_log(quantity: Quantity, *, log_loss: bool) -> bool:
    """Tells whether a plot's axis is logarithmic: gradients always, the loss by choice."""
    return quantity is Quantity.GRADIENTS or (quantity is Quantity.LOSS and log_loss)


def extremes(quantity: Quantity, curves: RunCurves, *, log: bool) -> Range:
    """Returns the lowest and highest value that the view of a quantity must hold."""
    if quantity is Quantity.LOSS:
        return _loss_extremes(curves, log=log)
    if quantity is Quantity.RATE:
        return 0.0, _ranges((curves.learning_rate,))[1]
    if quantity is Quantity.SPEED:
        return 0.0, _ranges((curves.images_per_second,))[1]
    low, high = _ranges(curves.gradients)
    return (max(low, high * 10.0**-_DEEPEST) if high > 0 else low), high


def reading_lines(
    quantity: Quantity, reading: Reading, curves: RunCurves, theme: Theme
) -> list[tuple[str, str]]:
    """Returns what a plot's box says of a step, as lines of (colour or "", text)."""
    r = reading
    if quantity is Quantity.LOSS:
        values = tuple(map(number, (r.smooth_loss, r.loss, r.validation_loss)))
        return _training_lines(values, curves, theme)
    if quantity is Quantity.ACCURACY:
        values = tuple(map(percent, (r.smooth_accuracy, r.accuracy, r.validation_accuracy)))
        told = _training_lines(values, curves, theme)
        if not math.isnan(r.validation_top5):
            top5 = _tr("among the five most probable {value}").format(
                value=percent(r.validation_top5)
            )
            told.append((theme.curve_validation, top5))
        return told
    if quantity is Quantity.RATE:
        return [(theme.curve_train, _tr("learning rate {v}").format(v=number(r.learning_rate)))]
    if quantity is Quantity.SPEED:
        return [(theme.curve_train, _tr("{v:,.0f} images/s").format(v=r.images_per_second))]
    lines = _section_lines(curves)
    return [
        (line.colour(theme).name(), f"{line.name} {number(norm)}")
        for line, norm in zip(lines, r.gradient_norms, strict=True)
    ]


def number(value: float) -> str:
    """Returns a reading in four digits; a dash where nothing was measured."""
    return "–" if math.isnan(value) else f"{value:.4g}"


def percent(value: float) -> str:
    """Returns a fraction as percent; a dash where nothing was measured."""
    return "–" if math.isnan(value) else f"{100 * value:.2f} %"


def _training_lines(
    values: tuple[str, ...], curves: RunCurves, theme: Theme
) -> list[tuple[str, str]]:
    smooth, raw, held_out = values
    training = _tr("training {value} (this step {raw})") if curves.span > 1 else ""
    training = training or _tr("training {value}")
    return [
        (theme.curve_train, training.format(value=smooth, raw=raw)),
        (theme.curve_validation, _tr("validation {value}").format(value=held_out)),
    ]


def _training(theme: Theme) -> QColor:
    return QColor(theme.curve_train)


def _section_lines(curves: RunCurves) -> list[Line]:
    """Returns a line for each section, in the colours that the drawing of the network has."""
    count = len(curves.gradients)
    return [
        Line(name, partial(_section_colour, index=index, count=count), width=1.5)
        for index, name in enumerate(names_of(curves))
    ]


def _section_colour(theme: Theme, *, index: int, count: int) -> QColor:
    return QColor(theme.stage_colour(index, count))


def _ranges(several: Sequence[Series]) -> Range:
    """Returns the lowest and highest value of some series; NaN if there is none."""
    found = [series.range_between(-math.inf, math.inf) for series in several]
    lows = [low for low, _ in found if not math.isnan(low)]
    highs = [high for _, high in found if not math.isnan(high)]
    return min(lows, default=math.nan), max(highs, default=math.nan)


def _loss_extremes(curves: RunCurves, *, log: bool) -> Range:
    """Returns the lowest and highest loss that the view must hold.

    A linear axis is not stretched by single wild values, which would flatten all the rest: the
    raw curve may leave it at the top, and so may validations above `_WILD` times the highest
    smoothed training loss. The newest validation is always in view, unless it is one of the
    first few, in which the batch normalisation has hardly any statistics yet: an axis that once
    was stretched shrinks late. On a logarithmic axis there is room for everything.
    """
    raw, smooth = _ranges((curves.loss.raw,)), _ranges((curves.loss.smooth,))
    held_out = curves.validation_loss.y
    held_out = held_out[np.isfinite(held_out)]
    lows = [raw[0], smooth[0], *held_out]
    if log or math.isnan(smooth[1]):
        highs = [raw[1], smooth[1], *held_out]
    else:
        newest = held_out[-1:] if len(held_out) > _FIRST_VALIDATIONS else held_out[:0]
        highs = [smooth[1], *newest]
        highs += [value for value in held_out if value <= _WILD * smooth[1]]
    low = min((float(v) for v in lows if math.isfinite(v)), default=math.nan)
    high = max((float(v) for v in highs if math.isfinite(v)), default=math.nan)
    return low, high


def _tr(text: str) -> str:
    return QCoreApplication.translate("plots", text)
