"""One section of the network: its title, how large its maps are, its mosaic and colour bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from resnet_studio.gui.features.colour_bar import ColourBar, Scale, paint_colour_bar
from resnet_studio.gui.features.mosaic_view import MosaicView, ground
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.probe.colours import Palette

if TYPE_CHECKING:
    from resnet_studio.probe.activations import SectionMaps
    from resnet_studio.probe.channels import ChannelMaps

translate = QCoreApplication.translate

_STRIPE = 5
_EXPORT_MARGIN = 16
_EXPORT_LEAST_WIDTH = 640
_EXPORT_BAR = 240


def section_title(name: str) -> str:
    """Returns what a section is called on screen: "stem" is "Stem", "layer2" is "Stage 2".

    Blocks and layers are called by their names.
    """
    if name == "stem":
        return translate("StageView", "Stem")
    number = name.removeprefix("layer")
    if not (number.isdigit() and name.startswith("layer")):
        return name
    return translate("StageView", "Stage {number}").format(number=number)


def section_size(maps: ChannelMaps) -> str:
    """Returns how many channels of which size a section or layer has."""
    channels, height, width = maps.maps.shape
    if height == width == 1:
        return translate("StageView", "{count} numbers").format(count=channels)
    return translate("StageView", "{channels} channels of {width}×{height}").format(
        channels=channels, width=width, height=height
    )


def section_note(maps: SectionMaps) -> str:
    """Returns where the maps were taken, and how many values are broken if any."""
    notes = []
    if maps.name == "stem":
        notes.append(_stem_note(maps.module))
    if maps.broken:
        notes.append(
            translate("StageView", "{count} values are not finite").format(count=maps.broken)
        )
    return ", ".join(notes)


def _stem_note(module: str) -> str:
    """Returns after which layer the stem ends: pre-activated stems have no ReLU of their own."""
    return {
        "maxpool": translate("StageView", "after the max pool"),
        "relu": translate("StageView", "after the first ReLU"),
        "bn1": translate("StageView", "after the first batch normalisation"),
        "conv1": translate("StageView", "after the first convolution"),
    }[module]


class StageView(QWidget):
    """A titled mosaic.

    Signals:
        title_clicked(str): The name of the section ("layer2").
        channel_chosen(str, int): Name of the section and number of the channel.
    """

    title_clicked = Signal(str)
    channel_chosen = Signal(str, int)

    def __init__(self, theme: Theme, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._colour = colour
        self._selected = False
        self.name = ""
        self.title = QToolButton()
        self.size_label = ElidedLabel()
        self.bar = ColourBar(theme)
        self.mosaic_view = MosaicView(theme)
        self._build()
        self.title.clicked.connect(lambda: self.title_clicked.emit(self.name))
        self.mosaic_view.channel_chosen.connect(
            lambda channel: self.channel_chosen.emit(self.name, channel)
        )
        self.mosaic_view.scale_changed.connect(self._show_scale)

    @property
    def selected(self) -> bool:
        """Whether this is the section selected in the studio."""
        return self._selected

    def show_maps(self, maps: SectionMaps) -> None:
        """Shows the feature maps of a section."""
        self.name = maps.name
        self.title.setText(section_title(maps.name))
        self.title.setAccessibleName(section_title(maps.name))
        self.title.setToolTip(
            self.tr(
                "Output of {module}. Click to select it here and in the architecture drawing."
            ).format(module=maps.module)
        )
        note = section_note(maps)
        size = section_size(maps)
        self.size_label.setText(f"{size} · {note}" if note else size)
        self.mosaic_view.setAccessibleName(
            self.tr("Feature maps of {section}: {size}").format(
                section=section_title(maps.name), size=size
            )
        )
        self.mosaic_view.show_maps(maps)

    def set_selected(self, selected: bool) -> None:
        """Marks the section as the selected one."""
        if selected != self._selected:
            self._selected = selected
            self.title.setChecked(selected)
            self.update()

    def set_theme(self, theme: Theme, colour: str) -> None:
        """Draws in the colours of `theme`, the stripe in `colour`."""
        self._theme = theme
        self._colour = colour
        self.bar.set_theme(theme)
        self.mosaic_view.set_theme(theme)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the stripe in the colour that the section has in the architecture drawing."""
        painter = QPainter(self)
        if self._selected:
            painter.fillRect(self.rect(), QColor(self._theme.raised))
        painter.fillRect(0, 0, _STRIPE, self.height(), QColor(self._colour))
        painter.end()

    def _build(self) -> None:
        self.title.setCheckable(True)
        self.title.setFont(_bold(self.title.font()))
        self.size_label.setProperty("muted", True)
        header = QHBoxLayout()
        header.setContentsMargins(0, 0, 0, 0)
        header.setSpacing(8)
        header.addWidget(self.title)
        header.addWidget(self.size_label, 1)
        header.addWidget(self.bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_STRIPE + 7, 2, 4, 6)
        layout.setSpacing(4)
        layout.addLayout(header)
        layout.addWidget(self.mosaic_view)

    def _show_scale(self) -> None:
        if self.mosaic_view.mosaic is not None:
            self.bar.set_scale(Scale.of(self.mosaic_view.mosaic))


def export_mosaic(view: MosaicView, theme: Theme, *, caption: str = "") -> QImage:
    """Draws the whole mosaic with title and colour bar, at its zoom but at least cell for pixel.

    Args:
        view: What is to be drawn.
        theme: Colours of paper and ink.
        caption: What was looked at, a line under the title.
    """
    assert view.mosaic is not None
    assert view.maps is not None
    zoom, picture = max(1, round(view.zoom)), view.image
    size = QSize(picture.width() * zoom, picture.height() * zoom)
    width = max(_EXPORT_LEAST_WIDTH, size.width())
    top = 2 * _EXPORT_MARGIN + 2 * view.fontMetrics().height() + 4
    page = QImage(
        width + 2 * _EXPORT_MARGIN, top + size.height() + _EXPORT_MARGIN, QImage.Format.Format_RGB32
    )
    page.fill(QColor(theme.surface))
    painter = QPainter(page)
    head = QRectF(_EXPORT_MARGIN, _EXPORT_MARGIN, width, top)
    _paint_export_head(painter, view, theme, head, caption)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    if view.mosaic.palette == Palette.DIVERGING:  # zeros would vanish in light paper
        for last in (False, True):
            box = ground(view.mosaic.grid, zoom, last=last)
            painter.fillRect(box.translated(_EXPORT_MARGIN, top), QColor(theme.border))
    painter.drawImage(QRectF(_EXPORT_MARGIN, top, size.width(), size.height()), picture)
    painter.end()
    return page


def _paint_export_head(
    painter: QPainter, view: MosaicView, theme: Theme, area: QRectF, caption: str
) -> None:
    """Draws title, size, caption and colour bar of an exported mosaic."""
    assert view.mosaic is not None
    assert view.maps is not None
    metrics = view.fontMetrics()
    line = QPointF(area.left(), area.top() + metrics.ascent())
    painter.setFont(_bold(view.font()))
    painter.setPen(QColor(theme.text))
    painter.drawText(line, f"{section_title(view.maps.name)}: {section_size(view.maps)}")
    painter.setFont(view.font())
    painter.setPen(QColor(theme.muted))
    room = int(area.width() - _EXPORT_BAR - _EXPORT_MARGIN)
    shown = metrics.elidedText(caption, Qt.TextElideMode.ElideRight, room)
    painter.drawText(line + QPointF(0, metrics.height() + 4), shown)
    bar = QRectF(area.right() - _EXPORT_BAR, area.top(), _EXPORT_BAR, metrics.height() + 16)
    paint_colour_bar(painter, bar, Scale.of(view.mosaic), theme)


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold
