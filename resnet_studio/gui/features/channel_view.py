"""One channel enlarged over the picture, with what one can do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QHideEvent, QImage, QKeyEvent, QWheelEvent
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
from resnet_studio.gui.features.overlay import Cell, FieldBoxes, OverlayCanvas
from resnet_studio.gui.features.reading import Reading, field_words, measured_words, place_words
from resnet_studio.gui.features.stage_view import section_title
from resnet_studio.gui.icons import icon
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.probe.framing import CropBox
from resnet_studio.probe.mosaic import Mosaic, value_range

if TYPE_CHECKING:
    from resnet_studio.probe.channels import ChannelMaps
    from resnet_studio.probe.field import LayerField, MeasuredField

_FIRST_OPACITY = 70
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class ChannelView(QWidget):
    """Shows a channel of a section or layer; the arrow keys go through the mosaic's order.

    Attributes:
        field_of: Returns what the cells of a section or layer can see, None if nobody knows.
        pinned: The cell that was chosen, as (row, column); None if none is.

    Signals:
        closed(): The person wants the mosaics back.
        channel_changed(str, int): Name of the section and number of the channel now shown.
        read(Reading | None): The number under the cursor, else the chosen one.
        measure_asked(Reading): What this number looks at is to be measured; `show_measured`
            takes the answer.
    """

    closed = Signal()
    channel_changed = Signal(str, int)
    read = Signal(object)
    measure_asked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._maps: ChannelMaps | None = None
        self._mosaic: Mosaic | None = None
        self._measured: tuple[Reading, MeasuredField] | None = None
        self.field_of: Callable[[str], LayerField | None] = lambda _name: None
        self.pinned: tuple[int, int] | None = None
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
        self.gradient = QCheckBox(self.tr("&Gradient"))
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

    def show_channel(self, maps: ChannelMaps, mosaic: Mosaic, channel: int) -> None:
        """Shows one channel of a mosaic."""
        if self._maps is not None and self._maps.maps.shape[1:] != maps.maps.shape[1:]:
            self._pin(None)
        self._maps, self._mosaic = maps, mosaic
        self.channel = channel
        self._measured = None
        self._colour()
        self._describe(mosaic.rank_of(channel))
        self._ask()
        self.channel_changed.emit(maps.name, channel)

    def step(self, by: int) -> None:
        """Goes to the next (1) or previous (-1) channel of the mosaic's order, around its ends."""
        if self._maps is None or self._mosaic is None:
            return
        ranking = self._mosaic.ranking
        position = (self._mosaic.rank_of(self.channel) + by) % len(ranking)
        self.show_channel(self._maps, self._mosaic, int(ranking[position]))

    def show_measured(self, reading: Reading, measured: MeasuredField) -> None:
        """Shows what a number looks at, if that is still the chosen one."""
        if self.gradient.isChecked() and reading == self._chosen():
            self._measured = (reading, measured)
            self._colour()
            self._show_reading(reading)

    def choose_cell(self, row: int, column: int) -> None:
        """Chooses a cell: it stays framed, with what it sees."""
        self._pin((row, column))
        self._measured = None
        self._colour()
        self._show_reading(self._chosen())
        self._ask()

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
        if self._measured is not None and self._measured[1].box is not None:
            values = self._measured[1].magnitude
            scale = Scale(0.0, value_range(values)[1])
        elif self.own_range.isChecked() or scale.per_channel:
            scale = Scale(*value_range(values, scale.palette), palette=scale.palette)
        self.canvas.show_map(self._maps.maps[self.channel], scale, instead=values)
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
        self._show_reading(self._chosen())

    # -- cells ----------------------------------------------------------------------------------

    def _reading(self, row: int, column: int) -> Reading:
        assert self._maps is not None
        value = float(self._maps.maps[self.channel, row, column])
        return Reading(self._maps.name, self.channel, row, column, value)

    def _chosen(self) -> Reading | None:
        """Returns the number in the chosen cell of the channel that is shown."""
        return None if self.pinned is None or self._maps is None else self._reading(*self.pinned)

    def _pin(self, cell: tuple[int, int] | None) -> None:
        self.pinned = cell
        self.canvas.mark_cell(cell)

    def _hovered(self, cell: Cell | None) -> None:
        self._show_reading(self._chosen() if cell is None else self._reading(cell.row, cell.column))

    def _show_reading(self, reading: Reading | None) -> None:
        self.read.emit(reading if self.isVisible() else None)
        field = None if reading is None else self.field_of(reading.layer)
        if reading is None:
            self.value.setText(
                self.tr("Point at the map to read its values; click to choose a cell.")
            )
            self.canvas.show_fields(None)
            return
        measured = self._measured[1] if self._measured and self._measured[0] == reading else None
        parts = [place_words(reading)]
        if field is not None:
            parts.append(field_words(field, reading))
            box = field.box(reading.row, reading.column)
            looked = None if measured is None else measured.box
            self.canvas.show_fields(FieldBoxes(field.size, box, looked))
        if measured is not None:
            parts.append(measured_words(measured))
        self.value.setText(" · ".join(parts))

    def _ask(self) -> None:
        """Asks for the gradient of the chosen number, where it is to be seen."""
        if self.gradient.isChecked() and (reading := self._chosen()) is not None:
            self.measure_asked.emit(reading)

    def _gradient_toggled(self, wanted: bool) -> None:
        """Measures the chosen cell, that in the middle if none is; or shows the map again."""
        if self._maps is None:
            return
        if wanted and self.pinned is None:
            _, height, width = self._maps.maps.shape
            self._pin((height // 2, width // 2))
        self._measured = None
        self._colour()
        self._show_reading(self._chosen())
        self._ask()

    def _move_cell(self, down: int, across: int) -> None:
        if self._maps is None:
            return
        _, height, width = self._maps.maps.shape
        row, column = self.pinned or (height // 2 - down, width // 2 - across)
        self.choose_cell(
            min(max(row + down, 0), height - 1), min(max(column + across, 0), width - 1)
        )

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 6)
        layout.setSpacing(4)
        layout.addLayout(self._head_row())
        layout.addWidget(self.canvas, 1)
        reading = QHBoxLayout()
        reading.addWidget(self.value, 1)
        reading.addWidget(self.gradient)
        layout.addLayout(reading)
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
        self.gradient.setToolTip(
            self.tr(
                "Show in place of the channel how much each pixel moves the chosen cell: its "
                "gradient. Click a cell, or move with Shift and the arrow keys; in whole lines "
                "what the cell can see, in dashes what 95 % of its gradient lies in"
            )
        )
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
        self.gradient.toggled.connect(self._gradient_toggled)
        self.canvas.cell_hovered.connect(self._hovered)
        self.canvas.cell_chosen.connect(lambda cell: self.choose_cell(cell.row, cell.column))
        self.canvas.set_opacity(_FIRST_OPACITY / 100)

    # -- Qt -----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys step, with Shift they choose a cell; Escape and Backspace go back."""
        key = event.key()
        shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if shifted and key in _STEPS:
            self._move_cell(*_STEPS[Qt.Key(key)])
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageUp):
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

    def hideEvent(self, event: QHideEvent) -> None:
        """Reads nothing any more."""
        super().hideEvent(event)
        self.read.emit(None)
