"""How samples, captions and crop rectangles are drawn; shared by the window and the exports."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QPainter,
    QPen,
    QPolygonF,
)

from resnet_studio.data.augment import Draw
from resnet_studio.gui.augmentation.tiling import Box
from resnet_studio.gui.augmentation.words import SEPARATOR
from resnet_studio.gui.theme import Theme

_SHARP_FROM = 2.0  # enlarged as much, pixels are shown as squares: a smooth blur would be a lie
_NUMBER_GAP = 6
_OUTSIDE = 0.5
_UNDERLAID_FROM = 0.4
_CORNERS = 4
_STRAIGHT = 0.01  # pixels


def scaled(image: QImage, size: QSize, *, ratio: float = 1.0) -> QImage:
    """Resamples to `size` logical pixels on a screen of `ratio` device pixels each.

    Reduced pictures are averaged, enlarged ones keep sharp pixels.
    """
    device = QSize(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)))
    mode = Qt.TransformationMode.SmoothTransformation
    if device.width() >= _SHARP_FROM * image.width():
        mode = Qt.TransformationMode.FastTransformation
    result = image.scaled(device, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
    result.setDevicePixelRatio(ratio)
    return result


def bold(font: QFont) -> QFont:
    """Returns the bold form of a font."""
    result = QFont(font)
    result.setBold(True)
    return result


def rectangle(box: Box) -> QRectF:
    """Returns a box as Qt has it."""
    return QRectF(box.left, box.top, box.width, box.height)


# --- captions -------------------------------------------------------------------------------------


def caption_lines(parts: Sequence[str], width: int, font: QFont, *, head: str) -> list[str]:
    """Sets the parts of a caption into as few lines as the width allows.

    Args:
        parts: The parts; one is never broken.
        width: Width in pixels.
        font: Font of the parts.
        head: The sample's number, or what else stands before the first.
    """
    metrics = QFontMetrics(font)
    lines: list[str] = []
    taken = head_width(head, font)
    for part in parts:
        longer = f"{lines[-1]}{SEPARATOR}{part}" if lines else part
        if not lines or taken + metrics.horizontalAdvance(longer) <= width:
            lines[-1:] = [longer]
        else:
            lines.append(part)
            taken = 0
    return lines


def caption_width(parts: Sequence[str], font: QFont, *, head: str) -> int:
    """Returns the least width at which no part of a caption is cut."""
    metrics = QFontMetrics(font)
    wide = [metrics.horizontalAdvance(part) for part in parts]
    return max([head_width(head, font) + wide[0], *wide])


def head_width(head: str, font: QFont) -> int:
    """Returns the width of what stands before a caption, with the gap behind it."""
    return _bold_metrics(font).horizontalAdvance(head) + _NUMBER_GAP


_BOLD: dict[str, QFontMetrics] = {}
_MOST_FONTS = 16


def _bold_metrics(font: QFont) -> QFontMetrics:
    """Returns the measures of the bold form, made once for each font.

    A grid asks a few hundred times when it is laid out, and each bold font costs 60 µs.
    """
    key = font.key()
    if key not in _BOLD:
        if len(_BOLD) >= _MOST_FONTS:
            _BOLD.clear()
        _BOLD[key] = QFontMetrics(bold(font))
    return _BOLD[key]


def paint_caption(
    painter: QPainter, area: QRectF, lines: Sequence[str], *, head: str, theme: Theme
) -> None:
    """Draws head and words, centred, line below line."""
    font = painter.font()
    metrics = QFontMetrics(font)
    painter.setPen(QColor(theme.text))
    top = area.top() + metrics.ascent()
    for place, line in enumerate(lines):
        lead = head_width(head, font) if place == 0 else 0
        wide = lead + metrics.horizontalAdvance(line)
        left = area.left() + max(0.0, (area.width() - wide) / 2)
        if place == 0:
            painter.setFont(bold(font))
            painter.drawText(QPointF(left, top), head)
            painter.setFont(font)
        painter.drawText(QPointF(left + lead, top), line)
        top += metrics.lineSpacing()


# --- rectangles -----------------------------------------------------------------------------------


def paint_outline(painter: QPainter, area: QRectF, draw: Draw, theme: Theme) -> None:
    """Draws where the crop lies, in place of pixels that are not there (yet)."""
    size = QSizeF(draw.width, draw.height).scaled(
        area.width() * 0.8, area.height() * 0.8, Qt.AspectRatioMode.KeepAspectRatio
    )
    picture = QRectF(QPointF(), size.expandedTo(QSizeF(3, 3)))
    picture.moveCenter(area.center())
    painter.setBrush(QColor(theme.raised))
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.drawRect(picture)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.accent), 2))
    painter.drawPolygon(on_picture(draw, picture))


def on_picture(draw: Draw, picture: QRectF) -> QPolygonF:
    """Returns where a sample lies on the original as it is drawn."""
    across, down = picture.width() / draw.width, picture.height() / draw.height
    return QPolygonF(
        [QPointF(picture.left() + x * across, picture.top() + y * down) for x, y in draw.corners]
    )


def paint_faint_frame(painter: QPainter, frame: QRectF, theme: Theme, *, alpha: float) -> None:
    """Draws a thin frame that can be seen on bright and on dark pictures."""
    lines = [(theme.surface, 2), (theme.accent, 1)]
    if alpha < _UNDERLAID_FROM:
        del lines[0]  # many bright lines together would hide the picture
    for colour, width in lines:
        faint = QColor(colour)
        faint.setAlphaF(alpha)
        _paint_frame(painter, frame, faint, width)


def paint_strong_frame(painter: QPainter, frame: QRectF, theme: Theme) -> None:
    """Draws a frame of two colours that can be seen from the back of a room."""
    for colour, width in ((theme.surface, 6), (theme.accent, 3)):
        _paint_frame(painter, frame, QColor(colour), width)


def _paint_frame(painter: QPainter, frame: QRectF, colour: QColor, width: int) -> None:
    """Draws a frame of filled rectangles: ten times as fast as Qt strokes one."""
    left, top = round(frame.left() - width / 2), round(frame.top() - width / 2)
    right, bottom = round(frame.right() + width / 2), round(frame.bottom() + width / 2)
    outer = QRectF(left, top, right - left, bottom - top)
    _fill_around(painter, outer, outer.adjusted(width, width, -width, -width), colour)


def shade_colour(theme: Theme) -> QColor:
    """Returns what dims the part of a picture that is not meant."""
    shade = QColor(theme.window)
    shade.setAlphaF(_OUTSIDE)
    return shade


def is_upright(outline: QPolygonF) -> bool:
    """Returns whether the edges of an outline of four corners run along those of the screen."""
    if outline.size() != _CORNERS:
        return False
    edges = [outline.at((place + 1) % _CORNERS) - outline.at(place) for place in range(_CORNERS)]
    return all(min(abs(edge.x()), abs(edge.y())) < _STRAIGHT for edge in edges)


def paint_faint_outline(
    painter: QPainter, outline: QPolygonF, theme: Theme, *, alpha: float
) -> None:
    """Draws a thin outline of any direction."""
    _paint_outline(painter, outline, ((theme.accent, 1.0),), alpha)


def paint_strong_outline(painter: QPainter, outline: QPolygonF, theme: Theme) -> None:
    """Draws an outline of any direction that can be seen from the back of a room."""
    _paint_outline(painter, outline, ((theme.surface, 6.0), (theme.accent, 3.0)), 1.0)


def _paint_outline(
    painter: QPainter,
    outline: QPolygonF,
    lines: Sequence[tuple[str, float]],
    alpha: float,
) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for name, width in lines:
        colour = QColor(name)
        colour.setAlphaF(alpha)
        painter.setPen(QPen(colour, width, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawPolygon(outline)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _fill_around(painter: QPainter, outer: QRectF, inner: QRectF, colour: QColor) -> None:
    """Fills what of one rectangle is not in the other, to whole pixels, as four rectangles."""
    left, top, right, bottom = _edges(outer)
    hole = inner.intersected(outer)
    if hole.isEmpty():
        painter.fillRect(left, top, right - left, bottom - top, colour)
        return
    hole_left, hole_top, hole_right, hole_bottom = _edges(hole)
    for x, y, to_x, to_y in (
        (left, top, right, hole_top),
        (left, hole_bottom, right, bottom),
        (left, hole_top, hole_left, hole_bottom),
        (hole_right, hole_top, right, hole_bottom),
    ):
        if to_x > x and to_y > y:
            painter.fillRect(x, y, to_x - x, to_y - y, colour)


def _edges(area: QRectF) -> tuple[int, int, int, int]:
    return round(area.left()), round(area.top()), round(area.right()), round(area.bottom())
