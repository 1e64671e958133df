"""One channel enlarged over the picture, with what one can do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QImage, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.features.colour_bar import ColourBar, Scale
from resnet_studio.gui.features.images import number
from resnet_studio.gui.features.overlay import Cell, OverlayCanvas
from resnet_studio.gui.features.stage_view import section_title
from resnet_studio.gui.icons import icon
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.probe.framing import CropBox
from resnet_studio.probe.mosaic import Mosaic, value_range

if TYPE_CHECKING:
    from resnet_studio.probe.activations import SectionMaps

_FIRST_OPACITY = 70


class ChannelView(QWidget):
    """Shows a channel of a section; the arrow keys go through the mosaic's order.

    Signals:
        closed(): The person wants the mosaics back.
        channel_changed(str, int): Name of the section and number of the channel now shown.
    """

    closed = Signal()
    channel_changed = Signal(str, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._maps: SectionMaps | None = None
        self._mosaic: Mosaic | None = None
        self.channel = 0
        self.canvas = OverlayCanvas(theme)
        self.back = QToolButton()
        self.previous = QToolButton()
        self.next = QToolButton()
        self.title = QLabel()
        self.details = ElidedLabel()
        self.value = ElidedLabel()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.smooth = QCheckBox(self.tr("Smooth"))
        self.own_range = QCheckBox(self.tr("Own range"))
        self.bar = ColourBar(theme)
        self._build()
        self._connect()
        self.set_theme(theme)

    # -- what is shown ------------------------------------------------------------------------

    @property
    def section(self) -> str:
        """Name of the section whose channel is shown; empty for none."""
        return "" if self._maps is None else self._maps.name

    def show_picture(self, image: QImage, original: QSize, crop: CropBox) -> None:
        """Sets the picture under the map."""
        self.canvas.show_picture(image, original, crop)

    def show_channel(self, maps: SectionMaps, mosaic: Mosaic, channel: int) -> None:
        """Shows one channel of a mosaic."""
        self._maps, self._mosaic = maps, mosaic
        self.channel = channel
        self._colour()
        self._describe(mosaic.position_of(channel))
        self.channel_changed.emit(maps.name, channel)

    def step(self, by: int) -> None:
        """Goes to the next (1) or previous (-1) channel of the mosaic's order, around its ends."""
        if self._maps is None or self._mosaic is None:
            return
        position = (self._mosaic.position_of(self.channel) + by) % self._mosaic.grid.count
        self.show_channel(self._maps, self._mosaic, int(self._mosaic.order[position]))

    def picture(self) -> QImage:
        """Returns picture and map as they are shown, for copying and saving."""
        return self.canvas.grab_image()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self._theme = theme
        self.canvas.set_theme(theme)
        self.bar.set_theme(theme)
        self.back.setIcon(icon("mdi6.arrow-left", theme))
        self.previous.setIcon(icon("mdi6.chevron-left", theme))
        self.next.setIcon(icon("mdi6.chevron-right", theme))

    def _colour(self) -> None:
        """Colours the map by its own range, or by the range that its stage has in the mosaic."""
        if self._maps is None or self._mosaic is None:
            return
        values = self._maps.maps[self.channel]
        scale = Scale.of(self._mosaic)
        if self.own_range.isChecked() or scale.per_channel:
            scale = Scale(*value_range(values))
        self.canvas.show_map(values, scale)
        self.bar.set_scale(scale)

    def _describe(self, position: int) -> None:
        assert self._maps is not None
        channels, height, width = self._maps.maps.shape
        self.title.setText(
            self.tr("{section}, channel {channel}").format(
                section=section_title(self._maps.name), channel=self.channel
            )
        )
        self.details.setText(
            self.tr("{position} of {channels} · {width}×{height} cells · mean {mean}").format(
                position=position + 1,
                channels=channels,
                width=width,
                height=height,
                mean=number(float(self._maps.channel_mean[self.channel])),
            )
        )
        self._show_cell(None)

    def _show_cell(self, cell: Cell | None) -> None:
        if cell is None:
            self.value.setText(self.tr("Point at the map to read its values."))
            return
        self.value.setText(
            self.tr("row {row}, column {column}: {value}").format(
                row=cell.row, column=cell.column, value=number(cell.value)
            )
        )

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 6)
        layout.setSpacing(4)
        layout.addLayout(self._head_row())
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.value)
        layout.addLayout(self._control_row())

    def _head_row(self) -> QHBoxLayout:
        for button, text, tip in (
            (self.back, self.tr("All channels"), self.tr("Back to the mosaics (Escape)")),
            (self.previous, self.tr("Previous"), self.tr("Previous channel (left arrow key)")),
            (self.next, self.tr("Next"), self.tr("Next channel (right arrow key)")),
        ):
            button.setText(text)
            button.setAccessibleName(text)
            button.setToolTip(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.back.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bold = QFont(self.title.font())
        bold.setBold(True)
        self.title.setFont(bold)
        self.details.setProperty("muted", True)
        row = QHBoxLayout()
        for widget in (self.back, self.previous, self.next, self.title):
            row.addWidget(widget)
        row.addSpacing(6)
        row.addWidget(self.details, 1)
        return row

    def _control_row(self) -> QHBoxLayout:
        self.opacity.setRange(0, 100)
        self.opacity.setValue(_FIRST_OPACITY)
        self.opacity.setFixedWidth(120)
        self.opacity.setAccessibleName(self.tr("Opacity of the map"))
        self.opacity.setToolTip(self.tr("How much the map covers the picture"))
        self.smooth.setToolTip(
            self.tr("Interpolate between the cells, or show each value as it is")
        )
        self.own_range.setChecked(True)
        self.own_range.setToolTip(
            self.tr(
                "Colours from the channel's lowest to its highest value; without it the colours "
                "are those of the mosaic, so that channels can be compared"
            )
        )
        self.value.setAccessibleName(self.tr("Value under the cursor"))
        label = QLabel(self.tr("Opacity"))
        label.setBuddy(self.opacity)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.opacity)
        row.addWidget(self.smooth)
        row.addWidget(self.own_range)
        row.addStretch(1)
        row.addWidget(self.bar)
        return row

    def _connect(self) -> None:
        self.back.clicked.connect(self.closed)
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.opacity.valueChanged.connect(lambda value: self.canvas.set_opacity(value / 100))
        self.smooth.toggled.connect(self.canvas.set_smooth)
        self.own_range.toggled.connect(lambda _checked: self._colour())
        self.canvas.cell_hovered.connect(self._show_cell)
        self.canvas.set_opacity(_FIRST_OPACITY / 100)

    # -- Qt -----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys step, Escape and Backspace go back."""
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageUp):
            self.step(-1)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_PageDown):
            self.step(1)
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel steps through the channels."""
        delta = event.angleDelta().y()
        if delta:
            self.step(-1 if delta > 0 else 1)
        event.accept()
