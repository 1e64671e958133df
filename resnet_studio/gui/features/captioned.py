"""Pictures of a view for copying and saving: side by side, with a heading that says of what."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from resnet_studio.gui.theme import Theme

_MARGIN, _GAP = 12, 16


def captioned(
    pictures: Sequence[QImage], lines: Sequence[str], theme: Theme, font: QFont
) -> QImage:
    """Returns pictures in a row below lines of text, the first of them bold.

    Args:
        pictures: At least one; may have a device pixel ratio.
        lines: What is written above; empty ones are left out.
        theme: Colours of paper and ink.
        font: Of the text.
    """
    ratio = max(picture.devicePixelRatio() for picture in pictures)
    sizes = [picture.deviceIndependentSize() for picture in pictures]
    texts = [line for line in lines if line]
    pitch = QFontMetricsF(font).height() + 2
    top = _MARGIN + pitch * len(texts) + (_GAP / 2 if texts else 0)
    width = sum(size.width() for size in sizes) + _GAP * (len(sizes) - 1) + 2 * _MARGIN
    height = top + max(size.height() for size in sizes) + _MARGIN
    page = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    page.setDevicePixelRatio(ratio)
    page.fill(QColor(theme.window))
    painter = QPainter(page)
    _write(painter, texts, theme, font, QRectF(_MARGIN, _MARGIN, width - 2 * _MARGIN, pitch))
    left = float(_MARGIN)
    for picture, size in zip(pictures, sizes, strict=True):
        painter.drawImage(QPointF(left, top), picture)
        left += size.width() + _GAP
    painter.end()
    return page


def _write(
    painter: QPainter, texts: Sequence[str], theme: Theme, font: QFont, line: QRectF
) -> None:
    for number, text in enumerate(texts):
        bold = QFont(font)
        bold.setBold(number == 0)
        painter.setFont(bold)
        painter.setPen(QColor(theme.text if number == 0 else theme.muted))
        shown = QFontMetricsF(bold).elidedText(text, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, shown)
        line = line.translated(0, line.height())
