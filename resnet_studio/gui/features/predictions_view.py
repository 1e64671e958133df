"""The most probable classes as names with bars."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from resnet_studio.gui.features.images import percent
from resnet_studio.gui.theme import Theme

if TYPE_CHECKING:
    from resnet_studio.probe.predict import Prediction

_BAR = 5
_SPACE = 4


class PredictionsView(QWidget):
    """Draws one line a class: its name, its probability, and a bar that is as long as that.

    Signals:
        class_chosen(int): Number of the class that was clicked.
    """

    class_chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._faded = False
        self.predictions: tuple[Prediction, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_predictions(self, predictions: tuple[Prediction, ...], *, faded: bool) -> None:
        """Shows classes, the most probable first.

        Args:
            predictions: What the network says.
            faded: The weights are random: the bars are drawn grey, as they mean nothing.
        """
        self.predictions, self._faded = predictions, faded
        self.setAccessibleName(self.tr("Most probable classes"))
        self.setAccessibleDescription(self.as_text())
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def as_text(self) -> str:
        """Returns one line a class: "97.31 %  collie"."""
        return "\n".join(
            f"{100 * prediction.probability:6.2f} %  {prediction.name}"
            for prediction in self.predictions
        )

    def as_csv(self) -> str:
        """Returns rank, class number, class name and probability (0 to 1, every digit) as CSV."""
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["rank", "class", "name", "probability"])
        for rank, prediction in enumerate(self.predictions, start=1):
            writer.writerow([rank, prediction.index, prediction.name, repr(prediction.probability)])
        return target.getvalue()

    def sizeHint(self) -> QSize:
        """Five lines."""
        return QSize(240, max(5, len(self.predictions)) * self._pitch())

    def _pitch(self) -> int:
        return self.fontMetrics().height() + _BAR + _SPACE

    def _row(self, index: int) -> QRectF:
        return QRectF(0, index * self._pitch(), self.width(), self._pitch())

    def event(self, event: QEvent) -> bool:
        """Tells the whole name of a class where it had to be cut off."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = event.pos().y() // self._pitch()
            if 0 <= index < len(self.predictions):
                prediction = self.predictions[index]
                text = self.tr("{name} (class {number}): {probability}").format(
                    name=prediction.name,
                    number=prediction.index,
                    probability=percent(prediction.probability),
                )
                text += "\n" + self.tr("Click: which part of the picture speaks for it?")
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the class under the cursor."""
        super().mousePressEvent(event)
        index = int(event.position().y()) // self._pitch()
        if event.button() == Qt.MouseButton.LeftButton and index < len(self.predictions):
            self.class_chosen.emit(self.predictions[index].index)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws names, numbers and bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, prediction in enumerate(self.predictions):
            self._paint_row(painter, self._row(index), prediction)
        painter.end()

    def _paint_row(self, painter: QPainter, row: QRectF, prediction: Prediction) -> None:
        metrics = self.fontMetrics()
        line = QRectF(row.left(), row.top(), row.width(), metrics.height())
        value = percent(prediction.probability)
        room = line.width() - metrics.horizontalAdvance(value) - 12
        name = metrics.elidedText(prediction.name, Qt.TextElideMode.ElideRight, int(room))
        painter.setPen(QColor(self._theme.muted if self._faded else self._theme.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, name)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, value)
        track = QRectF(row.left(), line.bottom() + 1, row.width(), _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.grid))
        painter.drawRoundedRect(track, 2, 2)
        filled = QRectF(track)
        filled.setWidth(track.width() * min(1.0, max(0.0, prediction.probability)))
        painter.setBrush(QColor(self._theme.muted if self._faded else self._theme.accent))
        painter.drawRoundedRect(filled, 2, 2)
