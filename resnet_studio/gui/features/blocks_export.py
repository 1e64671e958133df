"""Copying and saving of the view of the blocks: as a picture, and its numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPoint, QRect, Qt
from PySide6.QtGui import QCursor, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QMenu, QWidget

from resnet_studio.gui.features.blocks_figures import BlockFigures
from resnet_studio.gui.features.blocks_maps import BlockMaps
from resnet_studio.gui.features.blocks_scene import Look
from resnet_studio.gui.features.blocks_strip import BlockStrip
from resnet_studio.gui.features.inside_page import InsidePage
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.export import copy_image, save_bytes, save_image
from resnet_studio.probe.residual import Dissection, Survey, survey_csv

_WIDTH, _MAPS, _STRIP = 1120, 400, 220
_MARGIN = 12


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What the view shows.

    Attributes:
        survey: The numbers of all blocks.
        found: The block.
        channel: Its channel.
        look: How it is shown.
        figures: The table of its figures.
        title: Its shortcut and shape in words.
    """

    survey: Survey
    found: Dissection
    channel: int
    look: Look
    figures: BlockFigures
    title: str


def picture(shown: Shown, caption: str, font: QFont, theme: Theme) -> QImage:
    """Returns maps, figures and strip below two lines that say what was looked at.

    In a size of its own, whatever the size of the window.
    """
    maps, strip = BlockMaps(theme), BlockStrip(theme)
    maps.show_channel(shown.channel)
    maps.show_as(shown.look)
    maps.set_room(_MAPS)
    maps.resize(_WIDTH, _MAPS)
    maps.show_block(shown.found)
    maps.resize(_WIDTH, maps.minimumSizeHint().height())
    strip.show_readings(shown.survey.readings)
    strip.choose(shown.found.reading.block.name)
    strip.resize(_WIDTH, _STRIP)
    parts = [part.grab().toImage() for part in (maps, shown.figures, strip)]
    for made in (maps, strip):
        made.deleteLater()
    heading = (caption, f"{shown.found.reading.block.name} · {shown.title}")
    return _stacked(parts, heading, font, theme)


class BlocksExport(QObject):
    """Copies and saves what a page shows, and offers that in menus."""

    def __init__(self, page: InsidePage) -> None:
        super().__init__(page)
        self._page = page
        self._studio = page.studio
        self.shown: Shown | None = None

    def copy_picture(self) -> None:
        """Copies the view as a picture."""
        if (image := self._page.image()) is not None:
            copy_image(image)
            self._studio.show_message(self.tr("The maps of the block are in the clipboard."))

    def save_picture(self) -> None:
        """Saves the view as PNG."""
        image = self._page.image()
        if image is not None and self.shown is not None:
            name = self.shown.found.reading.block.name
            save_image(self._studio, image, f"{self._file_stem()}_{name}.png")

    def save_numbers(self) -> None:
        """Saves the numbers of all blocks as CSV."""
        if self.shown is None:
            return
        path = self._studio.save_file(
            self.tr("Save the numbers of all blocks"),
            f"{self._file_stem()}_blocks.csv",
            self.tr("CSV table (*.csv)"),
        )
        if path is not None:
            content = survey_csv(self.shown.survey).encode("utf-8")
            save_bytes(self._studio, content, path.with_suffix(".csv"))

    def menu(self) -> QMenu:
        """Returns a menu that copies and saves."""
        menu = QMenu(self._page)
        menu.addAction(self.tr("Copy the picture"), self.copy_picture)
        menu.addAction(self.tr("Save as PNG…"), self.save_picture)
        menu.addAction(self.tr("Save the numbers of all blocks as CSV…"), self.save_numbers)
        return menu

    def offer_on(self, widget: QWidget) -> None:
        """Opens the menu where the right button is pressed on a widget."""

        def opened(_point: QPoint) -> None:
            menu = self.menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(QCursor.pos())

        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(opened)

    def _file_stem(self) -> str:
        name = self._studio.spec.name
        return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)


def _stacked(parts: Sequence[QImage], heading: Sequence[str], font: QFont, theme: Theme) -> QImage:
    """Returns pictures one below the other under lines of text."""
    ratio = parts[0].devicePixelRatio()
    sizes = [part.deviceIndependentSize().toSize() for part in parts]
    width = max(size.width() for size in sizes) + 2 * _MARGIN
    top = 2 * _MARGIN + round(len(heading) * QFontMetricsF(font).lineSpacing())
    height = top + sum(size.height() + _MARGIN for size in sizes)
    page = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    page.setDevicePixelRatio(ratio)
    page.fill(theme.window)
    painter = QPainter(page)
    painter.setFont(font)
    painter.setPen(theme.text)
    words = QRect(_MARGIN, _MARGIN, width - 2 * _MARGIN, top - _MARGIN)
    painter.drawText(words, Qt.AlignmentFlag.AlignLeft, "\n".join(heading))
    for part, size in zip(parts, sizes, strict=True):
        painter.drawImage(_MARGIN, top, part)
        top += size.height() + _MARGIN
    painter.end()
    return page
