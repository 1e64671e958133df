"""The colour bar beside a mosaic: which colour is which number."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_studio.gui.features.images import number, ramp_image
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.colours import Palette
from resnet_studio.probe.mosaic import Mosaic

translate = QCoreApplication.translate

_BAR_HEIGHT = 10.0


@dataclass(frozen=True, slots=True)
class Scale:
    """What the ends of the colour map mean.

    Attributes:
        low: Value of the first colour.
        high: Value of the last colour.
        clipped: The last colour also stands for larger values, and with zero in the middle the
            first for smaller ones.
        per_channel: Each channel has ends of its own, so there are no numbers to show.
        palette: Which colours there are.
    """

    low: float
    high: float
    clipped: bool = False
    per_channel: bool = False
    palette: Palette = Palette.SEQUENTIAL

    @classmethod
    def of(cls, mosaic: Mosaic) -> Scale:
        """Returns the scale by which a mosaic was coloured."""
        return cls(mosaic.low, mosaic.high, mosaic.clipped, mosaic.per_channel, mosaic.palette)

    def labels(self) -> tuple[str, str, str]:
        """Returns what stands at the left, in the middle and at the right end of the bar."""
        symmetric = self.palette == Palette.DIVERGING
        if self.per_channel and symmetric:
            return translate("ColourBar", "below zero"), "0", translate("ColourBar", "above zero")
        if self.per_channel:
            return translate("ColourBar", "channel's lowest"), "", translate("ColourBar", "highest")
        low, high = number(self.low), number(self.high)
        if self.clipped:
            low, high = f"≤ {low}" if symmetric else low, f"≥ {high}"
        return low, number((self.low + self.high) / 2), high


def paint_colour_bar(painter: QPainter, area: QRectF, scale: Scale, theme: Theme) -> None:
    """Draws the bar at the top of `area` and its numbers below."""
    bar = QRectF(area.left() + 0.5, area.top() + 0.5, area.width() - 1, _BAR_HEIGHT)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(bar, ramp_image(scale.palette))
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(bar)
    painter.setPen(QColor(theme.muted))
    below = QRectF(area.left(), bar.bottom() + 2, area.width(), area.bottom() - bar.bottom() - 2)
    sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
    for side, text in zip(sides, scale.labels(), strict=True):
        painter.drawText(below, side | Qt.AlignmentFlag.AlignTop, text)


class ColourBar(QWidget):
    """Shows the colour map with the numbers at its ends and its middle."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.scale = Scale(0.0, 0.0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            self.tr(
                "Colour of each activation; «≥» and «≤» mean that a few values beyond it share "
                "the end."
            )
        )

    def set_scale(self, scale: Scale) -> None:
        """Shows other numbers."""
        self.scale = scale
        self.setAccessibleName(
            self.tr("Colour bar from {low} to {high}").format(
                low=scale.labels()[0], high=scale.labels()[2]
            )
        )
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for three numbers."""
        metrics = self.fontMetrics()
        ends = Scale(0.0, 0.0, per_channel=True).labels()
        widest = metrics.horizontalAdvance("    ".join(ends))
        return QSize(max(200, widest), round(_BAR_HEIGHT) + 4 + metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Three short numbers: with large text the rows must still fit into the window."""
        narrow = self.fontMetrics().horizontalAdvance("0.000  0.000  0.000")
        return QSize(min(narrow, self.sizeHint().width()), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws bar and numbers."""
        painter = QPainter(self)
        paint_colour_bar(painter, QRectF(self.rect()), self.scale, self._theme)
        painter.end()
