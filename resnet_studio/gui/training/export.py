"""The curves as files: numbers as CSV, the plots as PNG or SVG."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.curves import RunCurves, names_of
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
)
EPOCH_COLUMNS = (
    "epoch_training_loss",
    "epoch_training_accuracy",
    "epoch_training_top5",
    "validation_loss",
    "validation_accuracy",
    "validation_top5",
    "epoch_seconds",
)
COMPARED_COLUMNS = (
    "run",
    "step",
    "epoch",
    "smoothed_training_loss",
    "smoothed_training_accuracy",
    "validation_loss",
    "validation_accuracy",
)


class Drawing(Protocol):
    """A widget with plots that can paint itself anywhere."""

    def drawing_size(self) -> QSize:
        """Returns the size of all its plots in pixels."""

    def font(self) -> QFont:
        """Returns the font of its texts."""

    def render_to(self, painter: QPainter, target: QRectF) -> None:
        """Draws the plots as they are shown."""


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a run as they are now; it may be written in a worker while the run goes on.

    Attributes:
        steps_per_epoch: Optimiser steps in one epoch.
        columns: Step, training loss and accuracy, learning rate, images per second, and the
            gradient norm of each section.
        epochs: What was measured at the end of each epoch.
        sections: Names of the sections.
    """

    steps_per_epoch: int
    columns: tuple[Floats, ...]
    epochs: tuple[EpochDone, ...]
    sections: tuple[str, ...] = ()

    @classmethod
    def of(cls, curves: RunCurves) -> Table:
        """Returns the numbers without copying them: what is there is never changed."""
        columns = (
            curves.steps,
            curves.loss.raw.y,
            curves.accuracy.raw.y,
            curves.learning_rate.y,
            curves.images_per_second.y,
            *(series.y for series in curves.gradients),
        )
        return cls(curves.steps_per_epoch, columns, tuple(curves.epochs), names_of(curves))


def to_csv(table: Table) -> str:
    """Returns every step as a row; what an epoch measured stands in the row of its last step.

    Accuracies are fractions from 0 to 1. What was not measured is left empty.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    norms = [f"gradient_norm_{name.replace(' ', '_')}" for name in table.sections]
    writer.writerow([*COLUMNS, *norms, *EPOCH_COLUMNS])
    epochs = {epoch.step: epoch for epoch in table.epochs}
    for x, *numbers in zip(*table.columns, strict=True):
        step = int(x)
        done = step / table.steps_per_epoch
        writer.writerow([step, *map(_text, (done, *numbers, *_measured(epochs.get(step))))])
    return target.getvalue()


def compared_to_csv(runs: Sequence[tuple[str, RunCurves]]) -> str:
    """Returns the curves of several runs, each with its name, one run below the other.

    Accuracies are fractions from 0 to 1. What was not measured at a step is left empty.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COMPARED_COLUMNS)
    for name, curves in runs:
        training = zip(curves.loss.smooth.y, curves.accuracy.smooth.y, strict=True)
        measured = dict(zip(map(int, curves.steps), training, strict=True))
        epochs = {epoch.step: epoch for epoch in curves.epochs}
        for step in sorted(measured.keys() | epochs.keys()):
            loss, accuracy = measured.get(step, (None, None))
            end = epochs.get(step)
            held_out = (end.validation_loss, end.validation_accuracy) if end else (None, None)
            done = step / curves.steps_per_epoch
            writer.writerow([name, step, *map(_text, (done, loss, accuracy, *held_out))])
    return target.getvalue()


def _measured(epoch: EpochDone | None) -> tuple[float | None, ...]:
    if epoch is None:
        return (None,) * len(EPOCH_COLUMNS)
    return (
        epoch.train_loss,
        epoch.train_accuracy,
        epoch.train_top5,
        epoch.validation_loss,
        epoch.validation_accuracy,
        epoch.validation_top5,
        epoch.seconds,
    )


def to_image(canvas: Drawing, title: str, theme: Theme) -> QImage:
    """Returns the plots as they are shown, at twice their size, under a title."""
    size = _size(canvas)
    image = QImage(size * _SCALE, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.surface))
    painter = QPainter(image)
    painter.scale(_SCALE, _SCALE)
    _paint(painter, canvas, title, theme)
    painter.end()
    return image


def to_svg(canvas: Drawing, title: str, theme: Theme) -> bytes:
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


def _size(canvas: Drawing) -> QSize:
    return canvas.drawing_size() + QSize(0, _HEADER)


def _paint(painter: QPainter, canvas: Drawing, title: str, theme: Theme) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = QFont(canvas.font())
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    header = QRectF(12, 0, canvas.drawing_size().width() - 24, _HEADER)
    painter.drawText(header, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)
    canvas.render_to(painter, QRectF(QPoint(0, _HEADER), canvas.drawing_size()))


def _text(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.7g}"
