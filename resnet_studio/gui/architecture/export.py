"""The drawing as a picture: PNG of any size, or SVG that stays sharp."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice, QRect, QSize
from PySide6.QtGui import QFont, QGuiApplication, QImage, QPainter

from resnet_studio.gui.architecture import frame
from resnet_studio.gui.architecture.camera import fitted
from resnet_studio.gui.architecture.figures import Drawing
from resnet_studio.gui.architecture.painting import Artist
from resnet_studio.gui.architecture.style import Style
from resnet_studio.gui.architecture.surgery_marks import paint_surgery
from resnet_studio.gui.theme import Theme
from resnet_studio.probe.surgery import NO_SURGERY, Surgery

LEAST_WIDTH = 1600
MOST_WIDTH = 24_000
SHARPNESS = 2
"""Pixels of a saved picture per pixel of the layout, so that it stays sharp when printed."""
_MARGIN = 16.0


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
) -> None:
    """Paints title, drawing with what surgery changed, and legend into `size` pixels."""
    width, line = float(size.width()), style.title.height + 8
    height = size.height() - line
    painter.fillRect(QRect(0, 0, size.width(), size.height()), style.surface)
    painter.setFont(style.title.font)
    painter.setPen(style.text)
    painter.drawText(round(_MARGIN), round(4 + style.title.ascent), title)
    painter.translate(0, line)
    window = frame.drawing_window(width, height, style)
    camera = fitted(drawing.bounds, window.grown(-_MARGIN))
    Artist(painter, drawing, camera=camera, style=style, window=window).paint()
    paint_surgery(painter, drawing, camera=camera, window=window, style=style, surgery=surgery)
    frame.paint_header(painter, drawing, camera=camera, window=window, style=style)
    frame.paint_legend(painter, drawing, width=width, height=height, style=style)


def drawing_image(
    drawing: Drawing, theme: Theme, font: QFont, *, title: str, surgery: Surgery = NO_SURGERY
) -> QImage:
    """Returns the whole drawing as a picture."""
    style = Style(theme, font, sections=len(drawing.sections))
    size = whole_drawing_size(drawing, style)
    sharpness = SHARPNESS if size.width() * SHARPNESS <= MOST_WIDTH else 1
    image = QImage(size * sharpness, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.scale(sharpness, sharpness)
    paint_whole(painter, drawing, style=style, size=size, title=title, surgery=surgery)
    painter.end()
    return image


def drawing_svg(
    drawing: Drawing, theme: Theme, font: QFont, *, title: str, surgery: Surgery = NO_SURGERY
) -> bytes:
    """Returns the whole drawing as an SVG document."""
    from PySide6.QtSvg import QSvgGenerator  # not at the top: the window paints without it

    style = Style(theme, font, sections=len(drawing.sections))
    size = whole_drawing_size(drawing, style)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setResolution(round(QGuiApplication.primaryScreen().logicalDotsPerInch()))
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(title)
    painter = QPainter(generator)
    paint_whole(painter, drawing, style=style, size=size, title=title, surgery=surgery)
    painter.end()
    return bytes(buffer.data().data())
