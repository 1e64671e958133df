"""Copying and saving: all samples as one sheet, and one sample pixel for pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QMenu, QWidget

from resnet_studio.gui.augmentation.export_menu import VIEW_COMMANDS, add_commands
from resnet_studio.gui.augmentation.grid_view import GridView
from resnet_studio.gui.augmentation.painting import (
    caption_lines,
    caption_width,
    paint_caption,
    rectangle,
    scaled,
)
from resnet_studio.gui.augmentation.samples import exact_sample
from resnet_studio.gui.augmentation.tiling import GAP, Tiling
from resnet_studio.gui.augmentation.words import caption
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.export import copy_image, save_image

if TYPE_CHECKING:
    from resnet_studio.gui.augmentation.samples_page import SamplesPage

_MARGIN = 16
_SMALLEST_SIDE, _LARGEST_SIDE = 128, 256
SAMPLE_COMMANDS = ("copy_sample", "save_sample", "copy_sample_code")


class SampleExports(QObject):
    """Connects the export commands of one sample and the context menus that offer them."""

    def __init__(self, page: SamplesPage) -> None:
        super().__init__(page)
        self._page = page
        self._studio = page.studio
        for name in SAMPLE_COMMANDS:
            self._studio.commands.connect(f"augmentation.{name}", getattr(self, name))
        self._offer_menu(page.grid, self.menu)
        self._offer_menu(page.side.sample, self.menu)
        self._offer_menu(page.side.original, self.original_menu)

    # -- commands -----------------------------------------------------------------------------

    def copy_sample(self) -> None:
        """Copies the selected sample, pixel for pixel."""
        said = self.tr("Sample {number} is in the clipboard, pixel for pixel.").format(
            number=self._page.grid.selected + 1
        )
        self._make_sample(lambda image: self._copy(image, said))

    def save_sample(self) -> None:
        """Saves the selected sample as PNG, pixel for pixel."""
        name = f"{self._file_stem()}_sample{self._page.grid.selected + 1}.png"
        self._make_sample(lambda image: save_image(self._studio, image, name))

    def copy_sample_code(self) -> None:
        """Copies the selected sample as Python that makes the same pixels with torchvision."""
        from resnet_studio.data.torchvision_code import code_of_draw

        request, grid = self._page.shown, self._page.grid
        if request is not None:
            code = code_of_draw(request.pipeline, grid.draws[grid.selected])
            QGuiApplication.clipboard().setText(code)
            said = self.tr("Sample {number} is in the clipboard, as torchvision code.")
            self._studio.show_message(said.format(number=grid.selected + 1))

    # -- menus --------------------------------------------------------------------------------

    def menu(self) -> QMenu:
        """Returns the menu of the samples."""
        menu = QMenu(self._page)
        add_commands(menu, self._studio, (*VIEW_COMMANDS, *SAMPLE_COMMANDS))
        return menu

    def original_menu(self) -> QMenu:
        """Returns the menu of the original with its outlines."""
        view = self._page.side.original
        name = f"{self._file_stem()}_crops.png"
        menu = QMenu(self._page)
        menu.addAction(
            self.tr("Copy the picture with the outlines"),
            lambda: self._copy(view.grab().toImage(), self.tr("The picture is in the clipboard.")),
        )
        menu.addAction(
            self.tr("Save the picture with the outlines…"),
            lambda: save_image(self._studio, view.grab().toImage(), name),
        )
        return menu

    def _offer_menu(self, widget: QWidget, make: Callable[[], QMenu]) -> None:
        def opened(point: QPoint) -> None:
            if self._page.shown is None:
                return
            menu = make()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(widget.mapToGlobal(point))

        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(opened)

    # -- helpers ------------------------------------------------------------------------------

    def _copy(self, image: QImage, said: str) -> None:
        """Copies a picture and says so: copying shows nothing of itself."""
        copy_image(image)
        self._studio.show_message(said)

    def _make_sample(self, use: Callable[[QImage], Any]) -> None:
        """Makes the selected sample at its full size in a worker and hands it on.

        What the grid keeps may be reduced for the screen.
        """
        request, index = self._page.shown, self._page.grid.selected
        if request is not None:
            self._studio.workers.start(
                lambda _state: exact_sample(request, index),
                title=self.tr("Preparing the sample"),
                lane="sample",
                visible=request.takes_long,
                on_result=use,
            )

    def _file_stem(self) -> str:
        request = self._page.shown
        if request is None:
            return "samples"
        stem = request.picture.path.stem if request.picture.path else request.picture.name
        name = f"{stem}_{request.pipeline.name}_seed{request.seed}"
        return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)


def grid_sheet(grid: GridView, title: list[str], theme: Theme, font: QFont) -> QImage:
    """Returns the samples of a grid as one picture, whatever the size of the window.

    Args:
        grid: The samples.
        title: Lines above them.
        theme: The colours.
        font: The font of all words.
    """
    tiling = _sheet_tiling(grid, font)
    metrics = QFontMetrics(font)
    width = max(
        tiling.columns * tiling.tile_width, *(metrics.horizontalAdvance(line) for line in title)
    )
    head = len(title) * metrics.lineSpacing() + _MARGIN // 2
    sheet = QImage(
        width + 2 * _MARGIN, head + tiling.height + 2 * _MARGIN, QImage.Format.Format_RGB32
    )
    sheet.fill(QColor(theme.window))
    painter = QPainter(sheet)
    painter.setFont(font)
    painter.translate(_MARGIN, _MARGIN)
    painter.setPen(QColor(theme.text))
    for place, line in enumerate(title):
        painter.drawText(0, metrics.ascent() + place * metrics.lineSpacing(), line)
    painter.translate(0, head)
    for index in range(tiling.count):
        _paint_tile(painter, tiling, grid, index, theme)
    painter.end()
    return sheet


def _sheet_tiling(grid: GridView, font: QFont) -> Tiling:
    """Lays the samples out about as wide as high."""
    count = len(grid.draws)
    side = min(_LARGEST_SIDE, max(_SMALLEST_SIDE, grid.image(0).width()))
    captions = [caption(draw) for draw in grid.draws]
    heads = [grid.head(index) for index in range(count)]
    words = max(
        caption_width(parts, font, head=head) for parts, head in zip(captions, heads, strict=True)
    )
    side = max(side, words)
    lines = max(
        len(caption_lines(parts, side, font, head=head))
        for parts, head in zip(captions, heads, strict=True)
    )
    columns = next(columns for columns in range(1, count + 1) if columns * columns >= count)
    height = lines * QFontMetrics(font).lineSpacing() + 2
    return Tiling(count, columns, side + 2 * GAP, side, height)


def _paint_tile(
    painter: QPainter, tiling: Tiling, grid: GridView, index: int, theme: Theme
) -> None:
    area = rectangle(tiling.picture(index))
    painter.drawImage(area.topLeft(), scaled(grid.image(index), QSize(tiling.side, tiling.side)))
    words = QRectF(area.left(), area.bottom() + 4, area.width(), tiling.caption)
    head = grid.head(index)
    lines = caption_lines(caption(grid.draws[index]), tiling.side, painter.font(), head=head)
    paint_caption(painter, words, lines, head=head, theme=theme)
