"""The drawing coloured by a quantity: colours from dark violet to light yellow, and their legend.

The colours are samples of `probe.colours.sequential_map`, whose lightness only rises, so that
they read the same for every kind of colour blindness; they stand here as numbers because numpy
must not be loaded before the window is painted. One scale holds for everything that is drawn: a
folded part has its sum on the same bar as the layers of an unfolded one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen

from resnet_studio.gui.architecture import labels, quantities
from resnet_studio.gui.architecture.figures import Drawing
from resnet_studio.gui.architecture.outline import Entry, Outline
from resnet_studio.gui.architecture.quantities import NOT_MEASURED, MeasuredTimes, Quantity
from resnet_studio.gui.architecture.style import Style, Tones, mixed

SAMPLES = (
    *("#29023e", "#2e0959", "#2e1972", "#252d86", "#13418e", "#0d538b", "#0e658d", "#117792"),
    *("#158997", "#1b9c9a", "#26ae9a", "#39bf94", "#58cc8a", "#83d87e", "#ade176", "#d5e973"),
    "#faf176",
)
"""Every sixteenth colour of the map, the darkest first."""
LOGARITHMIC_FROM = 20.0
"""Largest over smallest value from which a linear scale would show most parts in one colour."""
_BAR = 110.0
_NONE_SHARE = 0.14


@dataclass(frozen=True, slots=True)
class Range:
    """Which values the two ends of the colour bar stand for.

    Attributes:
        low: Value of the darkest colour.
        high: Value of the lightest colour.
        logarithmic: Whether equal factors, and not equal differences, are equally far apart.
    """

    low: float
    high: float
    logarithmic: bool

    def share(self, number: float) -> float:
        """Returns where a value lies on the bar, from 0 to 1; the middle if all are alike."""
        if self.high <= self.low:
            return 0.5
        if self.logarithmic:
            place = math.log(number / self.low) / math.log(self.high / self.low)
        else:
            place = (number - self.low) / (self.high - self.low)
        return min(max(place, 0.0), 1.0)


def range_of(numbers: list[float]) -> Range | None:
    """Returns the range of what is not zero; None if nothing is."""
    positive = [number for number in numbers if number > 0]
    if not positive:
        return None
    low, high = min(positive), max(positive)
    return Range(low, high, high / low >= LOGARITHMIC_FROM)


def colour_at(share: float) -> QColor:
    """Returns the colour at a place of the bar, 0 for the darkest and 1 for the lightest."""
    place = min(max(share, 0.0), 1.0) * (len(SAMPLES) - 1)
    first = min(int(place), len(SAMPLES) - 2)
    return mixed(QColor(SAMPLES[first]), QColor(SAMPLES[first + 1]), place - first)


class Shades:
    """The colours of everything in one drawing, by one quantity.

    Attributes:
        quantity: What the colours show.
        range: Of the values that are drawn now; None if there are none.
    """

    def __init__(
        self,
        drawing: Drawing,
        outline: Outline,
        quantity: Quantity,
        *,
        style: Style,
        times: MeasuredTimes = NOT_MEASURED,
    ) -> None:
        """Prepares the colours.

        Args:
            drawing: What is drawn, with its folds.
            outline: The names of the same network.
            quantity: Any but the kind.
            style: Colours and fonts of the theme.
            times: What was measured, for the quantity of time.
        """
        self.quantity = quantity
        self._drawing = drawing
        self._outline = outline
        self._style = style
        self._times = times
        self._values: dict[str, float | None] = {}
        self._tones: dict[str, Tones] = {}
        numbers = [self._value(entry) for entry in self._shown()]
        self.range = range_of([number for number in numbers if number is not None])

    def number(self, name: str) -> float | None:
        """Returns the value that a name is coloured by: its own, or that of what it is folded in.

        None for what has none, and for unknown names.
        """
        unit = self._unit(name)
        return None if unit is None else self._value(unit)

    def tones(self, name: str) -> Tones:
        """Returns the colours of a box, a block or a part."""
        if name not in self._tones:
            self._tones[name] = self._made(self.number(name))
        return self._tones[name]

    @cached_property
    def nothing(self) -> QColor:
        """The colour of what has no value, or 0."""
        return mixed(self._style.surface, self._style.text, _NONE_SHARE)

    def _made(self, number: float | None) -> Tones:
        fill = self.nothing
        if self.range is not None and number is not None and number > 0:
            fill = colour_at(self.range.share(number))
        return Tones(
            fill,
            mixed(fill, QColor(Qt.GlobalColor.white), 0.4),
            mixed(fill, QColor(Qt.GlobalColor.black), 0.3),
            mixed(fill, self._style.text, 0.45),
        )

    def _value(self, entry: Entry) -> float | None:
        if entry.name not in self._values:
            self._values[entry.name] = quantities.value(entry.item, self.quantity, self._times)
        return self._values[entry.name]

    def _unit(self, name: str) -> Entry | None:
        """Returns the outermost folded part around a name, or what has the name."""
        lineage = list(self._outline.lineage(name))
        folds = self._drawing.folds
        for entry in reversed(lineage):
            if not folds.shows_children(entry) or not entry.children:
                return entry
        return lineage[0] if lineage else None

    def _shown(self) -> list[Entry]:
        """Returns each part that has a colour of its own."""
        folds, found = self._drawing.folds, []
        pending = list(self._outline.sections)
        while pending:
            entry = pending.pop()
            if entry.children and folds.shows_children(entry):
                pending += entry.children
            else:
                found.append(entry)
        return found

    # -- legend -----------------------------------------------------------------------------

    def words(self) -> tuple[str, str, str, str]:
        """Returns what the legend says: quantity, lowest and highest value, kind of scale."""
        name = quantities.title(self.quantity)
        if self.range is None:
            return name, "", "", labels.tr("not measured: Network › Measure each layer's time")
        kind = labels.tr("log scale") if self.range.logarithmic else labels.tr("linear scale")
        low = quantities.text(self.quantity, self.range.low)
        high = quantities.text(self.quantity, self.range.high)
        return name, low, high, kind

    def paint_legend(self, painter: QPainter, x: float, middle: float) -> float:
        """Paints the colour bar with its values around a height; returns where it ends."""
        name, low, high, kind = self.words()
        face = self._style.note

        def write(text: str, at: float) -> float:
            painter.setPen(self._style.text)
            painter.setFont(face.font)
            painter.drawText(QPointF(at, middle + face.capital / 2), text)
            return at + face.width(text)

        x = write(f"{name}:", x) + 6
        if self.range is None:
            return write(kind, x) + 18
        x = write(low, x) + 5
        self._paint_bar(painter, QRectF(x, middle - 5, _BAR, 10))
        x = write(f"{high}, {kind}", x + _BAR + 5) + 10
        painter.setPen(QPen(self._style.border, 1))
        painter.setBrush(self.nothing)
        painter.drawRect(QRectF(x, middle - 5, 10, 10))
        return write(labels.tr("none"), x + 15) + 18

    def _paint_bar(self, painter: QPainter, rect: QRectF) -> None:
        gradient = QLinearGradient(rect.topLeft(), rect.topRight())
        for place, sample in enumerate(SAMPLES):
            gradient.setColorAt(place / (len(SAMPLES) - 1), QColor(sample))
        painter.setPen(QPen(self._style.border, 1))
        painter.setBrush(gradient)
        painter.drawRect(rect)
