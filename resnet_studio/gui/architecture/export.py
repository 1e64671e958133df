"""The drawing as a picture: PNG of any size, or SVG and PDF that stay sharp."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Required, TypedDict, Unpack

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRect, QSize, QSizeF
from PySide6.QtGui import QFont, QGuiApplication, QImage, QPageSize, QPainter, QPdfWriter

from resnet_studio.gui.architecture import frame
from resnet_studio.gui.architecture.camera import fitted
from resnet_studio.gui.architecture.figures import Drawing
from resnet_studio.gui.architecture.painting import Artist
from resnet_studio.gui.architecture.style import Style
from resnet_studio.gui.architecture.surgery_marks import paint_surgery
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.surgery import NO_SURGERY, Surgery

if TYPE_CHECKING:
    from resnet_studio.gui.architecture.colouring import Shades

LEAST_WIDTH = 1600
MOST_WIDTH = 24_000
SHARPNESS = 2
"""Pixels of a saved picture per pixel of the layout, so that it stays sharp when printed."""
_MARGIN = 16.0
_POINTS_PER_INCH = 72.0
_LONGEST_PAGE = 14_400.0
"""Points: the largest page that PDF readers open (ISO 32000-1, annex C)."""


def whole_drawing_size(drawing: Drawing, style: Style) -> QSize:
    """Returns the size at which everything is readable, texts included, within limits."""
    zoom = min(max(1.2, LEAST_WIDTH / drawing.bounds.w), MOST_WIDTH / drawing.bounds.w)
    around = frame.header_height(style) + frame.legend_height(style) + style.title.height + 8
    return QSize(
        round(drawing.bounds.w * zoom + 2 * _MARGIN),
        round(drawing.bounds.h * zoom + 2 * _MARGIN + around),
    )


def paint_whole(
    painter: QPainter,
    drawing: Drawing,
    *,
    style: Style,
    size: QSize,
    title: str,
    surgery: Surgery = NO_SURGERY,
    shades: Shades | None = None,
) -> None:
    """Paints title, drawing with its colours and what surgery changed, and legend into `size`."""
    width, line = float(size.width()), style.title.height + 8
    height = size.height() - line
    painter.fillRect(QRect(0, 0, size.width(), size.height()), style.surface)
    painter.setFont(style.title.font)
    painter.setPen(style.text)
    painter.drawText(round(_MARGIN), round(4 + style.title.ascent), title)
    painter.translate(0, line)
    window = frame.drawing_window(width, height, style)
    camera = fitted(drawing.bounds, window.grown(-_MARGIN))
    Artist(
        painter,
        drawing,
        camera=camera,
        style=style,
        window=window,
        shades=shades,
        surgery=surgery,
    ).paint()
    paint_surgery(painter, drawing, camera=camera, window=window, style=style, surgery=surgery)
    frame.paint_header(painter, drawing, camera=camera, window=window, style=style)
    frame.paint_legend(painter, drawing, width=width, height=height, style=style, shades=shades)


class Dress(TypedDict, total=False):
    """What a saved drawing has besides its boxes.

    Attributes:
        title: The line above it.
        surgery: What is cut out of the network.
        shades_of: Makes the colours of the boxes in a style; None for those of the kinds.
    """

    title: Required[str]
    surgery: Surgery
    shades_of: Callable[[Style], Shades | None]


def drawing_image(drawing: Drawing, theme: Theme, font: QFont, **dress: Unpack[Dress]) -> QImage:
    """Returns the whole drawing as a picture."""
    style = Style(theme, font, sections=len(drawing.sections))
    size = whole_drawing_size(drawing, style)
    sharpness = SHARPNESS if size.width() * SHARPNESS <= MOST_WIDTH else 1
    image = QImage(size * sharpness, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.scale(sharpness, sharpness)
    _paint(painter, drawing, style, size, dress)
    painter.end()
    return image


def drawing_svg(drawing: Drawing, theme: Theme, font: QFont, **dress: Unpack[Dress]) -> bytes:
    """Returns the whole drawing as an SVG document."""
    from PySide6.QtSvg import QSvgGenerator  # not at the top: the window paints without it

    style = Style(theme, font, sections=len(drawing.sections))
    size = whole_drawing_size(drawing, style)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setResolution(_dots_per_inch())
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(dress["title"])
    painter = QPainter(generator)
    _paint(painter, drawing, style, size, dress)
    painter.end()
    return bytes(buffer.data().data())


def drawing_pdf(drawing: Drawing, theme: Theme, font: QFont, **dress: Unpack[Dress]) -> bytes:
    """Returns the whole drawing as a PDF document of one page, in lines and letters."""
    style = Style(theme, font, sections=len(drawing.sections))
    size, resolution = whole_drawing_size(drawing, style), _dots_per_inch()
    points = QSizeF(size) * (_POINTS_PER_INCH / resolution)
    shrink = min(1.0, _LONGEST_PAGE / max(points.width(), points.height()))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(dress["title"])
    writer.setResolution(resolution)  # a pixel of the window is a pixel of the page
    writer.setPageSize(QPageSize(points * shrink, QPageSize.Unit.Point))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    painter = QPainter(writer)
    painter.scale(shrink, shrink)
    _paint(painter, drawing, style, size, dress)
    painter.end()
    return bytes(buffer.data().data())


def _paint(painter: QPainter, drawing: Drawing, style: Style, size: QSize, dress: Dress) -> None:
    shades_of = dress.get("shades_of")
    paint_whole(
        painter,
        drawing,
        style=style,
        size=size,
        title=dress["title"],
        surgery=dress.get("surgery", NO_SURGERY),
        shades=shades_of(style) if shades_of is not None else None,
    )


def _dots_per_inch() -> int:
    return round(QGuiApplication.primaryScreen().logicalDotsPerInch())
