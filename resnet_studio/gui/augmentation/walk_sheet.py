"""A whole walk as one picture, for slides and notes: every step with its words."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter

from resnet_studio.gui.augmentation.painting import bold, scaled
from resnet_studio.gui.augmentation.walk import Walk
from resnet_studio.gui.augmentation.walk_words import tile_words
from resnet_studio.gui.theme import Theme

_MARGIN, _GAP = 16, 14
_SIDE = 280
_COLUMNS = 4
_WORD_LINES = 5


def walk_sheet(walk: Walk, title: Sequence[str], theme: Theme, font: QFont) -> QImage:
    """Returns the picture and what left each step, four in a row, with what each step did.

    Args:
        walk: The walk.
        title: Lines above.
        theme: The colours.
        font: The font of all words.
    """
    line = QFontMetrics(font).lineSpacing()
    columns = min(_COLUMNS, len(walk.images))
    rows = math.ceil(len(walk.images) / columns)
    head = len(title) * line + _GAP
    tile = QSize(_SIDE, _SIDE + _WORD_LINES * line)
    sheet = QImage(
        2 * _MARGIN + columns * (tile.width() + _GAP) - _GAP,
        2 * _MARGIN + head + rows * (tile.height() + _GAP) - _GAP,
        QImage.Format.Format_RGB32,
    )
    sheet.fill(QColor(theme.window))
    painter = QPainter(sheet)
    painter.setFont(font)
    painter.setPen(QColor(theme.text))
    ascent = QFontMetrics(font).ascent()
    for number, text in enumerate(title):
        painter.drawText(_MARGIN, _MARGIN + ascent + number * line, text)
    for place in range(len(walk.images)):
        row, column = divmod(place, columns)
        left = _MARGIN + column * (tile.width() + _GAP)
        top = _MARGIN + head + row * (tile.height() + _GAP)
        _paint_tile(painter, walk, place, QRectF(left, top, tile.width(), tile.height()), theme)
    painter.end()
    return sheet


def _paint_tile(painter: QPainter, walk: Walk, place: int, area: QRectF, theme: Theme) -> None:
    font = painter.font()
    line = QFontMetrics(font).lineSpacing()
    size = walk.images[place].size().scaled(QSize(_SIDE, _SIDE), Qt.AspectRatioMode.KeepAspectRatio)
    picture = scaled(walk.images[place], size.expandedTo(QSize(2, 2)))
    left = area.left() + (area.width() - picture.width()) / 2
    painter.drawImage(round(left), round(area.top() + _SIDE - picture.height()), picture)
    title, pixels = tile_words(walk, place)
    what = "" if place == 0 else walk.draw.steps[place - 1].text
    words = QRectF(area.left(), area.top() + _SIDE + 2, area.width(), line)
    painter.setFont(bold(font))
    painter.setPen(QColor(theme.text))
    painter.drawText(words, Qt.AlignmentFlag.AlignHCenter, title)
    painter.setFont(font)
    below = QRectF(words.left(), words.bottom(), words.width(), (_WORD_LINES - 1) * line)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(below, flags, f"{pixels} px\n{what}")
