"""The curves as files: numbers as CSV, the plots as PNG or SVG."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QIODevice, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.canvas import Canvas
from resnet_studio.gui.training.curves import RunCurves
from resnet_studio.gui.training.envelope import Floats
from resnet_studio.training.events import EpochDone

_SCALE = 2
_HEADER = 30
COLUMNS = (
    "step",
    "epoch",
    "training_loss",
    "training_accuracy",
    "learning_rate",
    "images_per_second",
    "epoch_training_loss",
    "epoch_training_accuracy",
    "validation_loss",
    "validation_accuracy",
    "epoch_seconds",
)


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a run as they are now; it may be written in a worker while the run goes on.

    Attributes:
        steps_per_epoch: Optimiser steps in one epoch.
        columns: Step, training loss and accuracy, learning rate, images per second.
        epochs: What was measured at the end of each epoch.
    """

    steps_per_epoch: int
    columns: tuple[Floats, ...]
    epochs: tuple[EpochDone, ...]

    @classmethod
    def of(cls, curves: RunCurves) -> Table:
        """Returns the numbers without copying them: what is there is never changed."""
        columns = (
            curves.loss.raw.x,
            curves.loss.raw.y,
            curves.accuracy.raw.y,
            curves.learning_rate.values,
            curves.images_per_second.values,
        )
        return cls(curves.steps_per_epoch, columns, tuple(curves.epochs))


def to_csv(table: Table) -> str:
    """Returns every step as a row; what an epoch measured stands in the row of its last step.

    Accuracies are fractions from 0 to 1. What was not measured is left empty.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS)
    epochs = {epoch.step: epoch for epoch in table.epochs}
    for x, *numbers in zip(*table.columns, strict=True):
        step = int(x)
        done = step / table.steps_per_epoch
        writer.writerow([step, *map(_text, (done, *numbers, *_measured(epochs.get(step))))])
    return target.getvalue()


def _measured(epoch: EpochDone | None) -> tuple[float, ...]:
    if epoch is None:
        return (math.nan,) * 5
    return (
        epoch.train_loss,
        epoch.train_accuracy,
        epoch.validation_loss,
        epoch.validation_accuracy,
        epoch.seconds,
    )


def to_image(canvas: Canvas, title: str, theme: Theme) -> QImage:
    """Returns the plots as they are shown, at twice their size, under a title."""
    size = _size(canvas)
    image = QImage(size * _SCALE, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.surface))
    painter = QPainter(image)
    painter.scale(_SCALE, _SCALE)
    _paint(painter, canvas, title, theme)
    painter.end()
    return image


def to_svg(canvas: Canvas, title: str, theme: Theme) -> bytes:
    """Returns the plots as they are shown as an SVG drawing under a title."""
    size = _size(canvas)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # SVG 1.1 can clip; with SVG Tiny a zoomed curve would run over the axes.
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(title)
    painter = QPainter(generator)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), QColor(theme.surface))
    _paint(painter, canvas, title, theme)
    painter.end()
    return bytes(buffer.data().data())


def _size(canvas: Canvas) -> QSize:
    return QSize(canvas.width(), canvas.height() + _HEADER)


def _paint(painter: QPainter, canvas: Canvas, title: str, theme: Theme) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = QFont(canvas.font())
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    header = QRectF(12, 0, canvas.width() - 24, _HEADER)
    painter.drawText(header, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
    canvas.render_to(painter, QRectF(0, _HEADER, canvas.width(), canvas.height()))


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.7g}"
