"""Colours, pens and fonts of the drawing, made once for a theme and a text size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPen

from resnet_studio.architecture.graph import Layer, LayerKind, ShortcutForm
from resnet_studio.gui.theme import Theme

_DASHES: dict[ShortcutForm, tuple[float, ...]] = {
    ShortcutForm.IDENTITY: (),
    ShortcutForm.PROJECTION: (5.0, 2.5),
    ShortcutForm.ZERO_PAD: (1.0, 2.0),
}
_POINTWISE = 0.45
"""How much of the stage's colour a 1×1 convolution has: it mixes channels, not places."""

_POOLS = (LayerKind.MAX_POOL, LayerKind.AVG_POOL, LayerKind.ZERO_PAD)

_SAMPLE, _SAMPLE_PIXELS = "64×112×112", 68.0
"""A text, and its width in pixels in the letters for which the layout's rooms were chosen."""


class Face:
    """A font with its measures; measuring a text once is enough."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        metrics = QFontMetricsF(font)
        self.ascent = metrics.ascent()
        self.height = metrics.height()
        self.capital = metrics.capHeight()
        # Not the method itself: `cache` copies its doc string, which PySide takes 4 ms to write.
        self.width = cache(lambda text: metrics.horizontalAdvance(text))

    def fitting(self, texts: Sequence[str], room: float) -> str:
        """Returns the first of `texts` that fits into `room` pixels, "" if none does."""
        return next((text for text in texts if self.width(text) <= room), "")

    def lines(self, texts: Sequence[str], room: float, most: int) -> tuple[str, ...]:
        """Returns the first of `texts` that fits into `most` lines, none if none does.

        Half a text says something else than the whole.
        """
        for text in texts:
            if 0 < len(lines := self.wrapped(text, room)) <= most:
                return lines
        return ()

    def wrapped(self, text: str, room: float) -> tuple[str, ...]:
        """Returns `text` in lines of at most `room` pixels, none if a word does not fit.

        Lines end at commas if that is enough.
        """
        clauses = text.split(", ", 1)
        if all(self.width(clause) <= room for clause in clauses):
            return tuple(clauses) if self.width(text) > room else (text,)
        lines: list[str] = []
        for word in text.split(" "):
            if self.width(word) > room:
                return ()
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return tuple(line.rstrip(",") for line in lines)


class Tones(NamedTuple):
    """The colours of one box: its front, its top, its side, its outline."""

    fill: QColor
    top: QColor
    side: QColor
    edge: QColor


class Style:
    """How the drawing looks in one theme."""

    def __init__(self, theme: Theme, font: QFont, *, sections: int) -> None:
        self.theme = theme
        self.surface = QColor(theme.surface)
        self.text = QColor(theme.text)
        self.muted = QColor(theme.muted)
        self.border = QColor(theme.border)
        self.accent = QColor(theme.accent)
        self.title = Face(_resized(font, 1.0, bold=True))
        self.note = Face(_resized(font, -0.5))
        self.small = Face(_resized(font, -1.5))
        self.has_notes = True
        self.text_scale = self.small.width(_SAMPLE) / _SAMPLE_PIXELS
        self.colours = [
            QColor(theme.stage_colour(index, sections)) for index in range(max(1, sections))
        ]
        self.edges = [mixed(colour, self.text, 0.45) for colour in self.colours]
        self.tops = [mixed(colour, QColor(Qt.GlobalColor.white), 0.4) for colour in self.colours]
        self.sides = [mixed(colour, QColor(Qt.GlobalColor.black), 0.3) for colour in self.colours]
        self.bands = [mixed(self.surface, colour, 0.09) for colour in self.colours]
        self.headers = [mixed(self.surface, colour, 0.24) for colour in self.colours]
        self._fills: dict[tuple[int, float], QColor] = {}

    def fill(self, section: int, layer: Layer | None) -> QColor:
        """Returns the colour of a box: pale for a 1×1 convolution, paler for pools and BN.

        ReLUs are dark.
        """
        if layer is not None and layer.kind is LayerKind.RELU:
            return self.sides[section]
        return self._shade(section, _strength(layer))

    def tones(self, section: int, layer: Layer | None) -> Tones:
        """Returns the colours of a box of a part; None for a whole block or part."""
        return Tones(
            self.fill(section, layer), self.tops[section], self.sides[section], self.edges[section]
        )

    def convolution(self, section: int, *, kernel: int) -> QColor:
        """Returns the colour of a convolution of a part."""
        return self._shade(section, _POINTWISE if kernel == 1 else 1.0)

    def _shade(self, section: int, strength: float) -> QColor:
        key = (section, strength)
        if key not in self._fills:
            self._fills[key] = mixed(self.surface, self.colours[section], strength)
        return self._fills[key]

    def shortcut_pen(self, form: ShortcutForm, *, fine: bool = False) -> QPen:
        """Returns the line of a shortcut: solid, dashed or dotted."""
        pen = QPen(self.muted, 1.0) if fine else QPen(self.text, 1.6)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if dashes := _DASHES[form]:
            pen.setDashPattern(list(dashes))
        return pen

    def readable_on(self, ground: QColor) -> QColor:
        """Returns black or white, whichever stands out more from `ground`."""
        light = luminance(ground) > 0.18
        return QColor(Qt.GlobalColor.black if light else Qt.GlobalColor.white)


def _strength(layer: Layer | None) -> float:
    if layer is None or layer.kind is LayerKind.LINEAR:
        return 1.0
    if layer.kind is LayerKind.CONV:
        return _POINTWISE if layer.kernel == 1 else 1.0
    return 0.3 if layer.kind in _POOLS else 0.12


def mixed(first: QColor, second: QColor, share: float) -> QColor:
    """Returns the colour `share` of the way from `first` to `second`."""
    return QColor.fromRgbF(
        first.redF() + (second.redF() - first.redF()) * share,
        first.greenF() + (second.greenF() - first.greenF()) * share,
        first.blueF() + (second.blueF() - first.blueF()) * share,
    )


def luminance(colour: QColor) -> float:
    """Returns the relative luminance of WCAG 2, 0 for black and 1 for white."""

    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return (
        0.2126 * linear(colour.redF())
        + 0.7152 * linear(colour.greenF())
        + 0.0722 * linear(colour.blueF())
    )


def _resized(font: QFont, points: float, *, bold: bool = False) -> QFont:
    changed = QFont(font)
    if font.pointSizeF() > 0:
        changed.setPointSizeF(max(6.5, font.pointSizeF() + points))
    else:
        changed.setPixelSize(max(9, round(font.pixelSize() + points * 4 / 3)))
    changed.setBold(bold)
    return changed
