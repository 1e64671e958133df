"""How often each colour and each number occurs, a line for each channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from resnet_studio.gui.augmentation.reading import BINS, Figures
from resnet_studio.gui.features.filters_chart import Chart, Frame, Ticks
from resnet_studio.gui.features.images import number
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.ranges import linear_ticks

_HEADROOM = 1.08
_LEAST_HEIGHT, _LEAST_LINES = 120, 7
_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
"""So that channels are told apart without colours."""


class ChannelChart(Chart):
    """A histogram of one sample, a line for each channel, with its mean below the axis."""

    def __init__(self, theme: Theme, across: str) -> None:
        """Makes an empty plot; `across` names the lower axis, with its unit."""
        super().__init__(theme)
        self._across = across
        self._ends = (0.0, 1.0)
        self.figures: tuple[Figures, ...] = ()
        self._make_room()
        self.setAccessibleName(across)

    def show_figures(self, figures: Sequence[Figures], ends: tuple[float, float]) -> None:
        """Shows the figures of the channels; `ends` are the ends of their bins."""
        self.figures, self._ends = tuple(figures), ends
        self.setAccessibleDescription(
            ", ".join(f"{number(one.mean)} ± {number(one.std)}" for one in figures)
        )
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Makes room for larger letters."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._make_room()

    def _make_room(self) -> None:
        self.setMinimumHeight(max(_LEAST_HEIGHT, _LEAST_LINES * self.fontMetrics().lineSpacing()))

    def names(self) -> tuple[str, str]:
        """What the axes are."""
        return self._across, self.tr("pixels (%)")

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """All bins, and the largest share."""
        if not self.figures:
            return None
        top = max(float(self._shares(one).max()) for one in self.figures)
        return self._ends, (0.0, max(top, 1e-3) * _HEADROOM)

    def ticks(self, frame: Frame, across: int, down: int) -> tuple[Ticks, Ticks]:
        """Round values and shares."""
        return linear_ticks(*frame.across, across), linear_ticks(*frame.up, down)

    def paint_inside(self, painter: QPainter, frame: Frame) -> None:
        """Draws the steps of each channel, its mean, and one deviation to both sides."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = channel_colours(self.theme)
        for place, (one, name, style) in enumerate(
            zip(self.figures, colours, _STYLES, strict=True)
        ):
            painter.setPen(QPen(QColor(name), 2, style))
            painter.drawPolyline(self._steps(one, frame))
            painter.setPen(QPen(QColor(name), 2))
            x, y = frame.x(one.mean), frame.area.top() + 6 + 7 * place
            painter.drawLine(QLineF(frame.x(one.mean - one.std), y, frame.x(one.mean + one.std), y))
            painter.setBrush(QColor(name))
            painter.drawEllipse(QRectF(x - 3.5, y - 3.5, 7, 7))

    def _steps(self, one: Figures, frame: Frame) -> QPolygonF:
        edges = np.linspace(*self._ends, BINS + 1)
        points = []
        for low, high, share in zip(edges, edges[1:], self._shares(one), strict=False):
            y = frame.y(float(share))
            points += [QPointF(frame.x(float(low)), y), QPointF(frame.x(float(high)), y)]
        return QPolygonF(points)

    def _shares(self, one: Figures) -> np.ndarray:  # type: ignore[type-arg]
        return 100.0 * one.counts / max(1, int(one.counts.sum()))

    def text_at(self, point: QPointF) -> str:
        """The bin under the cursor."""
        frame = self.frame_()
        if frame is None or not frame.area.contains(point):
            return ""
        place = min(BINS - 1, int((point.x() - frame.area.left()) / frame.area.width() * BINS))
        edges = np.linspace(*self._ends, BINS + 1)
        shares = [f"{float(self._shares(one)[place]):.1f} %" for one in self.figures]
        return self.tr("{low} to {high}: red {red}, green {green}, blue {blue}").format(
            low=number(float(edges[place])),
            high=number(float(edges[place + 1])),
            red=shares[0],
            green=shares[1],
            blue=shares[2],
        )


def channel_colours(theme: Theme) -> tuple[str, str, str]:
    """Returns the lines' colours for red, green and blue: vermilion, green and blue of the theme.

    They stay apart for those who do not tell pure red from pure green (Okabe and Ito 2008).
    """
    return theme.stages[5], theme.stages[2], theme.stages[1]
