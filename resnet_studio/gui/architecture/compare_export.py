"""The picture of a comparison: both drawings one above the other, with their marks and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRect, QSize
from PySide6.QtGui import QFont, QGuiApplication, QImage, QPainter

from resnet_studio.architecture.diff import ChangeState
from resnet_studio.gui.architecture import compare_words as words
from resnet_studio.gui.architecture import frame
from resnet_studio.gui.architecture.camera import fitted
from resnet_studio.gui.architecture.compare_marks import (
    BADGE,
    RULER,
    States,
    paint_badge,
    paint_outlines,
    paint_ruler,
)
from resnet_studio.gui.architecture.export import (
    MOST_WIDTH,
    SHARPNESS,
    paint_whole,
    whole_drawing_size,
)
from resnet_studio.gui.architecture.figures import Drawing
from resnet_studio.gui.architecture.style import Style
from resnet_studio.gui.theme import Theme

_MARGIN = 16.0
"""What `paint_whole` leaves free around a drawing; the ruler stands there."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two drawings: its title, and what has happened to its parts."""

    drawing: Drawing
    states: States
    title: str


def comparison_image(sides: Sequence[Side], theme: Theme, font: QFont, *, note: str) -> QImage:
    """Returns both drawings as a picture.

    Args:
        sides: The upper and the lower network.
        theme: Colours.
        font: Of the words.
        note: What differs, in words; stands at the bottom.
    """
    size = _size(sides, theme, font)
    sharpness = SHARPNESS if size.width() * SHARPNESS <= MOST_WIDTH else 1
    image = QImage(size * sharpness, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.scale(sharpness, sharpness)
    _paint(painter, sides, theme, font, size=size, note=note)
    painter.end()
    return image


def comparison_svg(sides: Sequence[Side], theme: Theme, font: QFont, *, note: str) -> bytes:
    """Returns both drawings as an SVG document."""
    from PySide6.QtSvg import QSvgGenerator  # not at the top: the window paints without it

    size = _size(sides, theme, font)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setResolution(round(QGuiApplication.primaryScreen().logicalDotsPerInch()))
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(" · ".join(side.title for side in sides))
    painter = QPainter(generator)
    _paint(painter, sides, theme, font, size=size, note=note)
    painter.end()
    return bytes(buffer.data().data())


def _style(side: Side, theme: Theme, font: QFont) -> Style:
    return Style(theme, font, sections=len(side.drawing.sections))


def _size(sides: Sequence[Side], theme: Theme, font: QFont) -> QSize:
    sizes = [whole_drawing_size(side.drawing, _style(side, theme, font)) for side in sides]
    foot = _style(sides[0], theme, font).note.height * 2 + 24
    return QSize(
        max(size.width() for size in sizes), round(sum(size.height() for size in sizes) + foot)
    )


def _paint(
    painter: QPainter, sides: Sequence[Side], theme: Theme, font: QFont, *, size: QSize, note: str
) -> None:
    top = 0
    for side in sides:
        style = _style(side, theme, font)
        height = whole_drawing_size(side.drawing, style).height()
        painter.save()
        painter.translate(0, top)
        _paint_side(painter, side, style, QSize(size.width(), height))
        painter.restore()
        top += height
    style = _style(sides[0], theme, font)
    painter.fillRect(QRect(0, top, size.width(), size.height() - top), style.surface)
    present = {state for side in sides for state in side.states.values()}
    states = [state for state in ChangeState if state in present - {ChangeState.SAME}]
    _paint_foot(painter, style, states, top=top, note=note)


def _paint_side(painter: QPainter, side: Side, style: Style, size: QSize) -> None:
    """Paints a drawing with its title, and over it the marks at the same places."""
    paint_whole(painter, side.drawing, style=style, size=size, title=side.title)
    line = style.title.height + 8  # `paint_whole` has moved the painter below its title
    window = frame.drawing_window(float(size.width()), size.height() - line, style)
    camera = fitted(side.drawing.bounds, window.grown(-_MARGIN))
    paint_outlines(
        painter, side.drawing, camera=camera, window=window, style=style, states=side.states
    )
    paint_ruler(
        painter,
        side.drawing,
        camera=camera,
        window=window,
        top=window.bottom - RULER,
        style=style,
        states=side.states,
    )


def _paint_foot(
    painter: QPainter, style: Style, states: Sequence[ChangeState], *, top: int, note: str
) -> None:
    """Paints what the marks mean that are there, and below it what differs."""
    x, middle = _MARGIN, top + 8 + style.note.height / 2
    painter.setFont(style.note.font)
    for state in states:
        paint_badge(painter, x + BADGE / 2, middle, state=state, theme=style.theme)
        text = words.state_text(state)
        painter.setPen(style.text)
        painter.drawText(QPointF(x + BADGE + 6, middle + style.note.capital / 2), text)
        x += BADGE + 6 + style.note.width(text) + 24
    painter.setPen(style.text)
    painter.drawText(QPointF(_MARGIN, middle + style.note.height + style.note.capital / 2), note)
