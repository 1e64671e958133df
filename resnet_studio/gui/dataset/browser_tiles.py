"""One tile of the picture browser: thumbnail, class, file and side."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from resnet_studio.gui.dataset.browser_list import Listing
from resnet_studio.gui.dataset.browser_thumbnails import Thumbnail
from resnet_studio.gui.theme import Theme

_NAMES_FROM = 72
"""Side in pixels from which there is room for the name of the file."""
_CHIP = 8
_GOLDEN_ANGLE = 137.508
"""Degrees: neighbouring classes get hues that lie far apart, however many there are."""
_MOST_WORDS = 4096
_RIGHT, _MIDDLE = Qt.TextElideMode.ElideRight, Qt.TextElideMode.ElideMiddle
"""Names of files differ at their ends."""


_CENTRE = Qt.AlignmentFlag.AlignCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class _Mark:
    """How the side of a picture is written on it.

    Attributes:
        words: What is written.
        width: Of its ground in pixels.
        ink: Colour of the words.
        ground: Colour behind them.
    """

    words: str
    width: int
    ink: QColor
    ground: QColor


class Tiles:
    """Paints tiles; keeps the words that had to be shortened."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._words: dict[tuple[str, int], str] = {}
        self._marks: dict[str, _Mark] = {}

    def set_theme(self, theme: Theme) -> None:
        """Paints in the colours of `theme`."""
        self._theme = theme
        self._marks.clear()

    def forget(self) -> None:
        """Shortens words anew: there is more or less room for them."""
        self._words.clear()
        self._marks.clear()

    def caption_height(self, side: int, font: QFont) -> int:
        """Returns the height of the words under a thumbnail."""
        return QFontMetrics(font).height() * (2 if side >= _NAMES_FROM else 1) + 4

    def description(self, listing: Listing, row: int, reason: str) -> str:
        """Returns what is known of a picture, a line each."""
        width, height = listing.size[row]
        lines = [
            listing.names[row],
            f"{listing.class_name(row)} · {side_words(listing.side_name(row))}",
        ]
        if width > 0:
            lines.append(_tr("{width} × {height} pixels").format(width=width, height=height))
        if reason:
            lines.append(_tr("It cannot be shown: {reason}.").format(reason=reason.rstrip(".")))
        return "\n".join(lines)

    def paint_none(self, painter: QPainter, rect: QRect) -> None:
        """Says that no picture is as it is wanted."""
        painter.setPen(QColor(self._theme.muted))
        words = _tr("No picture is like that. Search for something else, or show all.")
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(rect.adjusted(20, 20, -20, -20), flags, words)

    def paint(
        self,
        painter: QPainter,
        rect: QRect,
        listing: Listing,
        row: int,
        thumbnail: Thumbnail | None,
        *,
        side: int,
        chosen: bool,
        current: bool,
    ) -> None:
        """Paints a tile into `rect`, which it fills in height and is centred in."""
        square = QRect(rect.center().x() - side // 2, rect.top(), side, side)
        if chosen or current:
            self._paint_frame(painter, rect, chosen=chosen, current=current)
        self._paint_picture(painter, square, thumbnail)
        on = listing.side_name(row)
        if on != "train" or side >= _NAMES_FROM:  # of most pictures, and it would hide small ones
            self._paint_side(painter, square, on)
        words = QRect(square.left(), square.bottom() + 3, side, rect.bottom() - square.bottom())
        self._paint_words(painter, words, listing, row, named=side >= _NAMES_FROM)

    def _paint_frame(self, painter: QPainter, rect: QRect, *, chosen: bool, current: bool) -> None:
        around = rect.adjusted(-3, -3, 2, 2)
        if chosen:
            tint = QColor(self._theme.accent)
            tint.setAlpha(70)
            painter.fillRect(around, tint)
        painter.setPen(QPen(QColor(self._theme.accent), 2 if current else 1))
        painter.drawRect(around)

    def _paint_picture(self, painter: QPainter, square: QRect, thumbnail: Thumbnail | None) -> None:
        if thumbnail is None or thumbnail.reason:
            painter.fillRect(square, _colour(self._theme.raised))
            if thumbnail is not None:
                painter.setPen(QColor(self._theme.danger))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(square.adjusted(4, 4, -4, -4), flags, _tr("cannot be opened"))
            return
        image, ratio = thumbnail.image, thumbnail.side / square.width()
        width, height = round(image.width() / ratio), round(image.height() / ratio)
        corner = QPoint(
            square.left() + (square.width() - width) // 2,
            square.top() + (square.height() - height) // 2,
        )
        if ratio == 1:
            painter.drawImage(corner, image)
        else:
            painter.drawImage(QRect(corner.x(), corner.y(), width, height), image)

    def _paint_side(self, painter: QPainter, square: QRect, side: str) -> None:
        """Writes the side on the picture, on a ground of its own so that it can be read."""
        metrics = painter.fontMetrics()
        if (mark := self._marks.get(side)) is None:
            mark = self._marks[side] = self._mark(side, metrics)
        box = QRect(square.left(), square.top(), mark.width, metrics.height())
        painter.fillRect(box, mark.ground)
        painter.setPen(mark.ink)
        painter.drawText(box, _CENTRE, mark.words)

    def _mark(self, side: str, metrics: QFontMetrics) -> _Mark:
        words, theme = short_side_words(side), self._theme
        colours = {"train": theme.curve_train, "validation": theme.curve_validation}
        ground = QColor(theme.surface)
        ground.setAlpha(215)
        ink = QColor(colours.get(side, theme.text))
        return _Mark(words, metrics.horizontalAdvance(words) + 8, ink, ground)

    def _paint_words(
        self, painter: QPainter, rect: QRect, listing: Listing, row: int, *, named: bool
    ) -> None:
        metrics = painter.fontMetrics()
        height = metrics.height()
        chip = QRect(rect.left(), rect.top() + (height - _CHIP) // 2, _CHIP, _CHIP)
        painter.fillRect(chip, class_colour(int(listing.label[row]), dark=self._theme.dark))
        room = rect.width() - _CHIP - 4
        line = QRect(rect.left() + _CHIP + 4, rect.top(), room, height)
        painter.setPen(_colour(self._theme.text))
        painter.drawText(line, _LEFT, self._short(listing.class_name(row), room, metrics, _RIGHT))
        if named:
            painter.setPen(_colour(self._theme.muted))
            below = QRect(rect.left(), rect.top() + height, rect.width(), height)
            name = listing.names[row].rpartition("/")[2]
            painter.drawText(below, _LEFT, self._short(name, rect.width(), metrics, _MIDDLE))

    def _short(self, text: str, room: int, metrics: QFontMetrics, where: Qt.TextElideMode) -> str:
        """Returns the text as far as it fits; measured once, since that takes longest of all."""
        key = text, room
        if (short := self._words.get(key)) is None:
            if len(self._words) > _MOST_WORDS:
                self._words.clear()
            short = metrics.elidedText(text, where, room)
            self._words[key] = short
        return short


@functools.cache
def _colour(name: str) -> QColor:
    """Returns a colour of the theme: reading its text takes as long as painting with it."""
    return QColor(name)


@functools.lru_cache(4096)
def class_colour(label: int, *, dark: bool) -> QColor:
    """Returns the colour of a class; its name always stands beside it."""
    return QColor.fromHsv(round(label * _GOLDEN_ANGLE) % 360, 170, 235 if dark else 190)


def side_words(side: str) -> str:
    """Returns what a side is called, translated."""
    return {
        "train": _tr("training"),
        "validation": _tr("validation"),
        "test": _tr("test"),
    }[side]


def short_side_words(side: str) -> str:
    """Returns what a side is called where there is little room, translated."""
    return {"train": _tr("train"), "validation": _tr("val"), "test": _tr("test")}[side]


def _tr(text: str) -> str:
    return QCoreApplication.translate("browser_tiles", text)
